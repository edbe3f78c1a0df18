/* Whether there is a long-run number, where `analysis: steady` asks for one: less must be asked for
 * than can be served. Two ways to see it, as neither sees all: what is offered against the
 * processors that are up and the quotas, by expectations; and what runs show, whatever limits them:
 * fragmentation, a quota of jobs, reservations, an order that holds jobs back. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_STABILITY_H
#define EXPERIMENT_STABILITY_H

#include "experiment/simulate.h"

/* Does the scenario say `analysis: steady`? */
bool stability_asked(const struct program *program);

/* In words, where expectations say that the queue of a partition, a centre, a tenant or all grows
 * without bound: "partition lab/p is asked for 3 of 2 processors (150 %)"; NULL: they do not. Jobs
 * of generated workloads alone are offered without end, and only these are looked at: no log is
 * read. Nor is what changes at dates. To be freed. O(workloads x (partitions + tenants)). */
char *stability_excess(const struct build *build);

/* The same with what it means for who wants a long-run number. */
char *stability_offered(const struct build *build);

/* One run seen: jobs waiting, on average in each quarter of the measuring window and at its end. */
struct stability_watch {
    bool offered; /* more than can be served */
    simtime edges[5], last;
    size_t quarter; /* that `last` is in; 4: the window is over */
    int64_t waiting, submitted, left;
    double areas[4]; /* jobs x microseconds */
};

/* As simulation_options take it; ctx is a watch, which is begun anew. */
int stability_begin(void *ctx, struct simulation *simulation, struct error *err);

/* After the run: more jobs waited in each quarter than in the one before, and at the end so many
 * that chance hardly makes a queue of them that does not grow: over 3 % of those submitted in the
 * window, and over twice the root of their number. Of M/M/1 with 300 jobs this holds at 95 % load
 * in 3 of 100 runs; above capacity in 7 of 10 at 120 %, in all at 150 %, or with more jobs. */
bool stability_grew(const struct stability_watch *watch);

/* Over half of them: chance takes one run for a growing one, but hardly most. */
bool stability_most(size_t unstable, size_t runs);

#endif
