/* Jobs by the work they are, in operations, instead of by their run time:
 *   500 PFLOP, {lognormal: ...}          so many operations; {amount: ..., efficiency: 0.4}
 *   {llm: {parameters: 100e9, tokens: 2e12, mfu: 0.4}}
 *                                        training of a large language model: 6 N D operations, 8 N
 * D where activations are computed again What a draw gives is the work at peak speed: operations /
 * the share of the peak that is reached. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WORKLOAD_WORK_H
#define WORKLOAD_WORK_H

#include "model/job.h"
#include "util/dist.h"
#include "util/rng.h"

/* Its `otherwise` is the kind `amount`. */
extern const struct kind_list work_kinds;

/* params is borrowed for as long as the source of draws lives. */
struct work *work_new(const struct kinded *kinded, struct rng_seed seed, const char *path);
void work_free(struct work *work); /* takes NULL */

/* Sets work and precision of the job with this ordinal; no work at all is a run time of zero. */
void work_draw(struct work *work, uint64_t ordinal, struct job_spec *spec);

enum precision work_precision(const struct kinded *kinded);

/* At peak speed. INFINITY where infinite. */
double work_mean(const struct kinded *kinded);

/* Fills values with n * n values of equal weight that stand for the distribution, at peak speed. */
void work_spread(const struct kinded *kinded, double *values, size_t n);

#endif
