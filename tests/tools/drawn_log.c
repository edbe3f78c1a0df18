/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "drawn_log.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>

#define MEDIAN 600.0
#define SIGMA 1.5
#define POWER_OF_TWO 0.75
#define FACTOR_MAX 5.0
enum { RUN_MAX = 86400, SIZE_MAX_LOG2 = 7, USERS = 50 };

static double mean_run(void)
{
    double mass = 0, sum = 0, below = gsl_cdf_lognormal_P(0.5, log(MEDIAN), SIGMA);
    for (int k = 1; k <= RUN_MAX; k++) {
        const double upto = gsl_cdf_lognormal_P(k + 0.5, log(MEDIAN), SIGMA);
        mass += upto - below;
        sum += k * (upto - below);
        below = upto;
    }
    return sum / mass;
}

static double mean_size(void)
{
    const double largest = 1 << SIZE_MAX_LOG2;
    const double powers = (2 * largest - 1) / (SIZE_MAX_LOG2 + 1);
    return POWER_OF_TWO * powers + (1 - POWER_OF_TWO) * (1 + largest) / 2;
}

static long draw_run(gsl_rng *rng)
{
    double run;
    do {
        run = floor(gsl_ran_lognormal(rng, log(MEDIAN), SIGMA) + 0.5);
    } while (!(run >= 1 && run <= RUN_MAX));
    return (long)run;
}

static long draw_size(gsl_rng *rng)
{
    if (gsl_rng_uniform(rng) < POWER_OF_TWO)
        return 1L << gsl_rng_uniform_int(rng, SIZE_MAX_LOG2 + 1);
    return 1 + (long)gsl_rng_uniform_int(rng, 1 << SIZE_MAX_LOG2);
}

void drawn_log_init(struct drawn_log *log, double load, long procs, unsigned long seed)
{
    log->rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(log->rng, seed);
    log->gap = mean_run() * mean_size() / (load * (double)procs);
    log->now = 0;
}

void drawn_log_deinit(struct drawn_log *log)
{
    gsl_rng_free(log->rng);
}

struct drawn_job drawn_log_next(struct drawn_log *log)
{
    struct drawn_job job;
    log->now += gsl_ran_exponential(log->rng, log->gap);
    job.submit = (long long)log->now;
    job.run = draw_run(log->rng);
    job.size = draw_size(log->rng);
    const double factor = gsl_ran_flat(log->rng, 1, FACTOR_MAX);
    job.request = 60 * (long)ceil((double)job.run * factor / 60);
    job.user = 1 + (int)gsl_rng_uniform_int(log->rng, USERS);
    return job;
}
