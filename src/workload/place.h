/* Where and when a generated workload lives: what all generated sources are told. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WORKLOAD_PLACE_H
#define WORKLOAD_PLACE_H

#include "model/job.h"
#include "util/date.h"
#include "util/rng.h"

/* What one job needs, whenever it comes. */
struct job_mean {
    bool known;     /* the rest is filled in */
    double share;   /* of jobs that fit */
    double size;    /* processors of those, times that share */
    double runtime; /* seconds; processor-seconds where jobs are given by work */
};

struct place {
    struct rng_seed seed;
    const char *path;     /* of the workload: "tenants/urgent/w"; addresses its draws; borrowed */
    simtime start;        /* the scenario's start: microseconds since 1970-01-01T00:00Z */
    int32_t offset;       /* of the start, seconds east of UTC: hours and days are local there */
    simtime limit;        /* end of the run: no submission at or after; SIMTIME_NEVER: none */
    struct job_spec spec; /* what every job has in common: workload, tenant, priority ... */
};

/* A date of the scenario as time of the run, which may be negative; `otherwise` if not given. */
simtime place_time(const struct place *place, const struct date_value *date, simtime otherwise);

/* Microseconds of local time since 1970-01-01T00:00 on the wall. */
simtime place_local(const struct place *place, simtime t);

#endif
