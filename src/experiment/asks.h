/* The jobs of a workload one by one, as a run would draw them, and what limits make of each. No
 * run. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_ASKS_H
#define EXPERIMENT_ASKS_H

#include "scenario/room.h"

/* Where jobs of a workload may run that are submitted in an epoch, in the order of the partitions.
 */
struct asks_place {
    struct job_room room;
    size_t partition;
    const double *speeds; /* borrowed */
    bool of_nodes;        /* as by room_is_of_nodes */
};

struct asks_epoch {
    bool known;                /* the rest is found when it is first asked for */
    struct asks_place *places; /* owned */
    size_t len;
    /* When all that comes again and again at some place has begun; INT64_MIN: nothing does. */
    simtime settled;
    struct workload_context context; /* of the workload, its room as it is then */
};

struct asks {
    const struct build *build;             /* borrowed */
    const struct build_workload *workload; /* the same */
    struct asks_epoch *epochs;             /* owned, as many as the program has */
    bool whole_nodes;                      /* its jobs ask for such, at some date */
};

/* Of one job, in processor-seconds, where it asks for least of all places that take it. */
struct asks_job {
    bool fits;     /* some place is large enough; if not, nothing else is said */
    bool larger;   /* than bounds.size, wherever it fits */
    bool refused;  /* by one of the bounds, wherever it fits */
    bool unplaced; /* no nodes there, by their memory or placement, wherever it fits */
    bool too_long; /* than what comes again ever leaves it, wherever there are nodes */
    bool left_out; /* any of these, wherever it fits */
    double asked;  /* processors times request */
    double work;   /* that it needs, cut at its request if such jobs are killed */
};

void asks_init(struct asks *asks, const struct build *build, size_t workload);
void asks_deinit(struct asks *asks);

/* O(partitions) as room_of the first time. */
const struct asks_epoch *asks_at(const struct asks *asks, size_t epoch);

/* Of what they ask for, nodes or processors, the most for one that is submitted in the epoch. */
int64_t asks_most(const struct asks *asks, size_t epoch);

/* The next epoch in which that is more, or less; the number of epochs: it stays. */
size_t asks_most_until(const struct asks *asks, size_t epoch);

/* Is there nothing at all for one job of the epoch, whatever it asks? */
bool asks_in_vain(const struct asks *asks, size_t epoch);

/* Does it depend on nodes, not on their sizes alone, what of the epoch's jobs fits? */
bool asks_fit_by_nodes(const struct asks *asks, size_t epoch);

/* Of one that is submitted in the epoch, at that instant. O(places), or as room_takes and
 * breaks_let for each. */
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

/* Processor-seconds that a job of the epoch needs at the mean speed of its places, its whole nodes
 * being the smallest; and its processors. */
double asks_work(const struct asks *asks, const struct job_spec *job, size_t epoch,
                 double *ret_procs);

/* The next epoch in which its jobs, or limits, may be others; the number of epochs: there is none.
 * O(epochs x changes). */
size_t asks_next(const struct asks *asks, size_t epoch);

/* Called with NULL before the first job, which may be more than once. Each job comes with the epoch
 * that it is submitted in. Of a sample: has enough been seen? */
typedef bool asks_see_fn(void *ctx, const struct job_spec *job, size_t epoch);

/* All jobs that come from the epoch on, before the epoch `end` (the number of epochs: to the end),
 * while the tenant is there, in order of submission; of a workload that never ends a sample of
 * those that it would submit, were it so from the start: the first ASKS_SAMPLE, and on until enough
 * are seen or ASKS_MOST are. What is odd in a log, which is then read to its end, goes to *report
 * (NULL: nobody asks). The status of the source at the end (SOURCE_JOB: a sample), below 0 with an
 * error (err NULL: nobody asks). Reads a log once, or twice if it is out of order. */
int asks_walk(const struct asks *asks, size_t epoch, size_t end, struct log_report *report,
              asks_see_fn *see, void *ctx, struct error *err);

enum { ASKS_SAMPLE = 10000, ASKS_MOST = 100000 };

#endif
