/* Wall times as users ask for them: few round values, the same ones again and again, seldom below
 * the run time. The model of Tsafrir, Etsion and Feitelson, "Modeling user runtime estimates"
 * (JSSPP 2005).
 *
 * The published program knows all jobs beforehand: it makes one estimate a job, and deals them out
 * from the longest run time down, each job taking any of the estimates left that is long enough. So
 * that a job's request can be drawn when the job comes, the estimates and their popularity are made
 * once, from `jobs` and `max`, and dealt out in the limit of many jobs: an estimate e is drawn
 * among those not below the run time with a weight w(e) C(e), where w is its popularity and C the
 * share that longer jobs leave of it. That keeps both the popularity of each estimate and
 * "estimate >= run time", and it needs the distribution of run times: tsafrir_couple. Without it C
 * is 1, and the long estimates come out too popular.
 *
 * Differs from the published program in one more thing: which round time has which rank of
 * popularity (after the maximum, which has the first) is a random permutation, not a draw from
 * the ranks seen in four logs. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WORKLOAD_TSAFRIR_H
#define WORKLOAD_TSAFRIR_H

#include "util/dist.h"
#include "util/rng.h"

struct tsafrir_params {
    double max;          /* s: the longest a user may ask for, the most popular estimate */
    int64_t jobs;        /* how many jobs the number of distinct estimates is for */
    struct weights head; /* s and percent of jobs: known popular estimates, at most 20 */
};

extern const struct field tsafrir_fields[];
int tsafrir_check(const struct tsafrir_params *params, struct error *err);

/* The draws that shape the estimates come from (seed, path, "estimates"). */
struct tsafrir *tsafrir_new(const struct tsafrir_params *params, struct rng_seed seed,
                            const char *path, struct error *err);
void tsafrir_free(struct tsafrir *tsafrir);
AUTO_DEFINE(struct tsafrir *, tsafrir_free)

/* Tell the distribution of run times: of a generated workload, or of a log's run times (seconds,
 * sorted ascending; borrowed for the call). O(estimates log n). */
void tsafrir_couple(struct tsafrir *tsafrir, const struct dist *runtime);
void tsafrir_couple_sample(struct tsafrir *tsafrir, const double *runtimes, size_t len);

/* The request of a job of this run time, in seconds: not below it, unless it is above the maximum,
 * which is then what is asked for. O(log estimates). */
double tsafrir_draw(const struct tsafrir *tsafrir, double runtime, gsl_rng *rng);

/* Estimate i, ascending, and its share of all jobs (they add up to 1); for tests and reports. */
size_t tsafrir_len(const struct tsafrir *tsafrir);
double tsafrir_estimate(const struct tsafrir *tsafrir, size_t i, double *ret_share);

#endif
