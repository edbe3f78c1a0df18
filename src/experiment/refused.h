/* What the quotas and guarantees of tenants, and quotas of QOS, refuse for ever: jobs that are
 * rejected at their submission. Expectations, no run. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_REFUSED_H
#define EXPERIMENT_REFUSED_H

#include "experiment/asks.h"

enum ceiling_kind {
    CEILING_QUOTA,     /* processors a job; 0: a quota lets nothing start */
    CEILING_GUARANTEE, /* processors a job: guaranteed and borrowed, and what the guarantees of
                          others leave; at home, without a broker */
    CEILING_HOURS,     /* processor-seconds a job, by its request */
    CEILING_REQUEST    /* seconds a job asks for */
};

struct ceiling {
    double most; /* INFINITY: no bound */
    /* Whose bound it is, "" or "QOS " and its name, and what it says; borrowed. */
    const char *of, *who, *says;
};

/* The tightest for the jobs of a workload that are submitted in the epoch: of their tenant, of
 * those above it, and of their QOS, each at the highest that it ever is from then on; what bounds
 * one job as it is then. O(depth x dates). */
struct ceiling ceiling_of(const struct build *build, size_t workload, size_t epoch,
                          enum ceiling_kind kind);

/* Of the jobs of a list or log all that are submitted in the epochs [epoch, end), each judged as it
 * is then; a workload that never ends is judged as in the first of these.
 *
 * The share that asks for more than so many processors, or than any place has; ret_largest: most of
 * one, 0: not known. */
double refused_by_size(const struct asks *asks, size_t epoch, size_t end, double most,
                       int64_t *ret_largest);

/* The bounds of jobs submitted in the epoch. */
struct workload_bounds refused_bounds(const struct build *build, size_t workload, size_t epoch);

/* Of the same jobs, those that fit where they may run and are within the bound of size, and
 * that one of the other bounds refuses in every partition, as its speed makes their request. Of a
 * workload that never ends the distributions tell, where they are known, else a sample. */
struct refused_time {
    double jobs;    /* share of all jobs */
    double work;    /* share of the processor-time that those need that fit and are within it */
    double largest; /* processor-seconds asked by one; NaN: not known */
};

struct refused_time refused_by_time(const struct asks *asks, size_t epoch, size_t end,
                                    struct workload_bounds bounds);

/* Shares of the jobs from the epoch on (of a list or log: of all to the end), of those that fit
 * alone; 0 where it cannot be so in the epoch: for which no nodes there are ever large enough, by
 * their memory or where placement wants them together; which are longer than what comes again and
 * again ever leaves them. */
double refused_by_nodes(const struct asks *asks, size_t epoch);
double refused_by_breaks(const struct asks *asks, size_t epoch);

/* Of a workload that never ends: the shares of its jobs that fit, and of the processor-time of
 * those, from the epoch on, which are not refused for ever. */
struct refused_left {
    double jobs, work;
};

struct refused_left refused_leaves(const struct asks *asks, size_t epoch);

#endif
