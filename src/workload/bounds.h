/* What jobs may ask for, and how many of a workload ask for no more. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WORKLOAD_BOUNDS_H
#define WORKLOAD_BOUNDS_H

/* What a job may ask for: processors, seconds, processors times seconds. INFINITY: no bound. */
struct workload_bounds {
    double size, request, hours;
    double (*longest)(const void *ctx, double procs); /* seconds, by size; NULL: no such bound */
    const void *ctx;                                  /* borrowed */
};

/* Shares of the jobs, and of the processor-seconds that they need. NaN: not known. */
struct workload_shares {
    double jobs, work;
    double largest; /* most processor-seconds that one asks for, bound or not; INFINITY: no end */
};

#endif
