/* A workload made by chance: when jobs arrive, how many at once, how large and long they are, and
 * what wall time they ask for. Every number is drawn by address: (path of the workload, purpose,
 * ordinal), where the ordinal is that of the job, or of the arrival for purposes arrival, gap,
 * jitter and batch. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WORKLOAD_GENERATE_H
#define WORKLOAD_GENERATE_H

#include "workload/arrival.h"
#include "workload/bounds.h"
#include "workload/request.h"
#include "workload/source.h"
#include "workload/work.h"

struct generate_params {
    struct arrival_params arrival;
    struct dist *batch;           /* jobs an arrival; NULL: 1. Rounded to nearest, at least 1 */
    struct dist *processors;      /* NULL: 1. Rounded to nearest, at least 1 */
    struct dist *nodes;           /* whole nodes, instead of processors */
    struct dist *memory;          /* bytes for each processor; NULL: none asked */
    struct dist *memory_per_node; /* that each whole node must have; NULL: any will do */
    struct dist *runtime;         /* s; this or work */
    struct kinded work;           /* from work_kinds */
    struct kinded request;        /* from request_kinds; absent: exact */
};

/* Rows for the table of a workload, whose struct `type` holds a struct generate_params `member`. */
#define GENERATE_FIELDS(type, member)                                                              \
    {"arrival",                                                                                    \
     FIELD_TABLE,                                                                                  \
     offsetof(type, member.arrival),                                                               \
     "when jobs arrive",                                                                           \
     .table = arrival_fields,                                                                      \
     .checks = arrival_checks},                                                                    \
        {"batch",                                                                                  \
         FIELD_DIST,                                                                               \
         offsetof(type, member.batch),                                                             \
         "jobs an arrival, 1 if not given",                                                        \
         .flags = FIELD_COUNT,                                                                     \
         .unit = UNIT_NONE},                                                                       \
        {"processors",                                                                             \
         FIELD_DIST,                                                                               \
         offsetof(type, member.processors),                                                        \
         "processors a job, 1 if not given",                                                       \
         .flags = FIELD_COUNT,                                                                     \
         .zero = "1",                                                                              \
         .unit = UNIT_NONE},                                                                       \
        {"nodes",                                                                                  \
         FIELD_DIST,                                                                               \
         offsetof(type, member.nodes),                                                             \
         "whole nodes a job, instead of processors",                                               \
         .flags = FIELD_COUNT,                                                                     \
         .zero = "1",                                                                              \
         .unit = UNIT_NONE},                                                                       \
        {"memory",                                                                                 \
         FIELD_DIST,                                                                               \
         offsetof(type, member.memory),                                                            \
         "memory for each processor, on the node where that is; none asked if not given",          \
         .unit = UNIT_BYTES,                                                                       \
         .zero = "0 B"},                                                                           \
        {"memory_per_node",                                                                        \
         FIELD_DIST,                                                                               \
         offsetof(type, member.memory_per_node),                                                   \
         "memory that each whole node must have",                                                  \
         .unit = UNIT_BYTES,                                                                       \
         .zero = "0 B"},                                                                           \
        {"runtime",                                                                                \
         FIELD_DIST,                                                                               \
         offsetof(type, member.runtime),                                                           \
         "how long a job runs on its reference processor",                                         \
         .unit = UNIT_TIME,                                                                        \
         .zero = "0s"},                                                                            \
        {"work", FIELD_KIND, offsetof(type, member.work),                                          \
         "how much it computes, instead of runtime", .kinds = &work_kinds},                        \
    {                                                                                              \
        "request", FIELD_KIND, offsetof(type, member.request),                                     \
            "the wall time asked for, exact if not given", .kinds = &request_kinds                 \
    }

extern const struct field generate_fields[]; /* of struct generate_params itself */

/* What to say where `memory` stands beside `nodes`, or `memory_per_node` without them. */
extern const char ask_memory_of_nodes[], ask_memory_of_processors[];

/* Everything that can be said of the parameters alone, across fields. */
int generate_check(const struct generate_params *params, struct error *err);

/* Never ends by itself: a run without a length is an error. */
bool generate_is_endless(const struct generate_params *params);

/* Where the jobs are to run. */
struct generate_room {
    int32_t procs_per_node;         /* of a whole node */
    int64_t fits_procs, fits_nodes; /* larger jobs are rejected; 0: not known */
    bool kills;                     /* jobs end at their request */
    const double *speeds;           /* of a processor there, by enum precision; NULL: not known */
};

/* Expectations, of the jobs that fit. */
struct generate_outlook {
    double submits;   /* 1/s, of jobs of any size */
    double rate;      /* 1/s */
    double load;      /* processor-seconds per second; INFINITY where a mean is infinite */
    double too_large; /* share of all jobs that does not fit */
};

/* What one job needs. Some thousand cdfs where requests cut run times. */
struct job_mean generate_mean(const struct generate_params *params,
                              const struct generate_room *room);

/* Of the jobs that fit and are within bounds->size, those within the other bounds. Of sizes by
 * distribution a sum over quantiles where hours are bounded. */
struct workload_shares generate_within(const struct generate_params *params,
                                       const struct generate_room *room,
                                       const struct workload_bounds *bounds);

/* On average over [from, place->limit); without a limit at the stated rate. O(days) with a profile,
 * besides generate_mean, whose answer for the same room it takes. The load is exact, but for jobs
 * given by work that ask for a time of its own: a sum over quantiles. */
struct generate_outlook generate_expect(const struct generate_params *params,
                                        const struct place *place, simtime from,
                                        const struct job_mean *mean);

struct generate_epoch {
    simtime from;
    const struct generate_params *params; /* borrowed, outlives the source */
};

/* Parameters in force from each instant on; the first from 0, ascending. A job is drawn with those
 * in force when it is submitted; arrivals as arrival_new says. NULL with err->text on failure. */
struct source *generate_new(const struct place *place, const struct generate_epoch *epochs,
                            size_t len, struct error *err);

#endif
