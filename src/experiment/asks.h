/* The jobs of a workload one by one, as a run would draw them, and what limits make of each. No
 * run. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_ASKS_H
#define EXPERIMENT_ASKS_H

#include "scenario/build.h"

/* Where jobs of a workload may run, in the order of the partitions. */
struct asks_place {
    struct build_room room;
    size_t partition;
    const double *speeds; /* borrowed */
};

struct asks {
    const struct build *build;             /* borrowed */
    const struct build_workload *workload; /* the same */
    struct asks_place *places;             /* owned */
    size_t n_places;
    /* Owned; by epoch: when all that comes again and again at some place has begun; INT64_MIN:
     * nothing does that bounds all of them. */
    simtime *settled;
};

/* Of one job, in processor-seconds, where it asks for least of all places that take it. */
struct asks_job {
    bool fits;     /* some place is large enough; if not, nothing else is said */
    bool larger;   /* than bounds.size, wherever it fits */
    bool refused;  /* by one of the bounds, wherever it fits */
    bool left_out; /* the same, or it is longer than what comes again there ever leaves it */
    double asked;  /* processors times request */
    double work;   /* that it needs, cut at its request if such jobs are killed */
};

void asks_init(struct asks *asks, const struct build *build, size_t workload);
void asks_deinit(struct asks *asks);

/* Of one that is submitted in the epoch, at that instant. O(places), or as breaks_let for each. */
struct asks_job asks_look(const struct asks *asks, const struct job_spec *job, size_t epoch,
                          simtime at, struct workload_bounds bounds);

/* The most seconds for which so many processors ever stay at one of the places; INFINITY: without
 * an end. ctx: struct asks_instant. */
double asks_longest(const void *ctx, double procs);

struct asks_instant {
    const struct asks *asks; /* borrowed */
    size_t epoch;
    simtime at;
};

/* Processor-seconds that a job needs at the mean speed of its places, its whole nodes being the
 * smallest; and its processors. */
double asks_work(const struct asks *asks, const struct job_spec *job, double *ret_procs);

/* Called with NULL before the first job, which may be more than once. */
typedef void asks_see_fn(void *ctx, const struct job_spec *job);

/* All jobs that come from the epoch on while the tenant is there, in order of submission; of a
 * workload that never ends the first ASKS_SAMPLE that it would submit, were it so from the start.
 * What is odd in a log, which is then read to its end, goes to *report (NULL: nobody asks). The
 * status of the source at the end (SOURCE_JOB: a sample), below 0 with an error (err NULL: nobody
 * asks). Reads a log once, or twice if it is out of order. */
int asks_walk(const struct asks *asks, size_t epoch, struct log_report *report, asks_see_fn *see,
              void *ctx, struct error *err);

enum { ASKS_SAMPLE = 10000 };

#endif
