/* Other logs like the one there is: a replayed log has no chance in it, so that replications of it
 * need some, drawn anew in each.
 *
 * shake: each submission moves by a time drawn uniformly from [-T, T], none to before the first job
 * (Tsafrir, Ouaknine, Feitelson, "Reducing performance evaluation sensitivity and variability by
 * input shaking", MASCOTS 2007).
 *
 * resample: each user's jobs move together by a whole number of days or weeks, drawn uniformly from
 * those that the log spans; what passes the last of them comes round to the first. Where the log
 * ends within the last one, jobs that would come after its end take the place in their day or week
 * that the cut one, moved, leaves open: the other log is as long as the log, so that its load is
 * the same. Hours of the day, days of the week and what a user does in sequence (but for that part)
 * stay, who is there together changes.
 * `phases`: each user once. `users`: as many users as the log has, drawn with replacement, as a
 * bootstrap does. A log that lasts less than one of them cannot be moved, which is an error. After
 * Zakay and Feitelson, "Workload resampling for performance evaluation of
 * parallel job schedulers", CCPE 26(12), 2014, who tell long-term from temporary users besides. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WORKLOAD_LOG_REPLICATE_H
#define WORKLOAD_LOG_REPLICATE_H

#include "util/rng.h"
#include "workload/log.h"
#include "workload/log_entry.h"

struct log_replicate;

/* NULL: the log is replayed as it is. `path` is that of the workload. */
struct log_replicate *log_replicate_new(const struct log_params *params, struct rng_seed seed,
                                        const char *path);
void log_replicate_free(struct log_replicate *replicate); /* takes NULL */

/* The next job of the log as it is, in order of submission: as source_next. */
typedef int log_pull_fn(void *ctx, struct entry *ret, struct error *err);

/* The next job of the other log: as source_next. shake: O(log of the jobs within 2 T); resample
 * reads all jobs at the first call, 72 bytes a job. Ordinals of resampled jobs are other than those
 * of the log, and no two are the same. */
int log_replicate_next(struct log_replicate *replicate, log_pull_fn *pull, void *ctx,
                       struct entry *ret, struct error *err);

#endif
