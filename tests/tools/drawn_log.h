/* The log of the benchmarks: Poisson arrivals of independent jobs for one machine.
 *
 * Run times are lognormal (median 600 s, sigma 1.5) in whole seconds, drawn again until within
 * 1..86400. Sizes are within 1..128: with probability 0.75 a power of two, each equally likely,
 * else any. Requests are the run time times a factor uniform within [1, 5), rounded up to whole
 * minutes. Users 1..50. The mean of size x run time is computed from these very (discrete)
 * distributions, and the arrival rate from it, so that the expected offered load is the one asked
 * for. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TOOLS_DRAWN_LOG_H
#define TOOLS_DRAWN_LOG_H

#include <gsl/gsl_rng.h>

struct drawn_job {
    long long submit; /* whole seconds, never falling */
    long run, request, size;
    int user;
};

struct drawn_log {
    gsl_rng *rng;
    double gap; /* mean, seconds */
    double now;
};

void drawn_log_init(struct drawn_log *log, double load, long procs, unsigned long seed);
void drawn_log_deinit(struct drawn_log *log);
struct drawn_job drawn_log_next(struct drawn_log *log);

#endif
