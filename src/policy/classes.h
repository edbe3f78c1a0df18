/* A queue whose jobs stand in classes: of one tenant, priority and QOS where the order goes by
 * tenant, of one gate where quotas or guarantees hold jobs. A class keeps its order for good;
 * classes are ranked, and a gate holds whole classes without touching a job. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef POLICY_CLASSES_H
#define POLICY_CLASSES_H

#include "model/jobs.h"
#include "model/jobtree.h"
#include "policy/order.h"

struct classes;

/* Are classes needed for this order under these gates? */
bool classes_needed(const struct order_type *order, const struct tenancy *tenancy);

/* What of the partition matters to orders; memory in bytes, 0: not told. */
struct classes_place {
    double weight;
    int64_t processors, memory;
};

/* All but `place` and what is in `tenancy` is borrowed. */
struct classes *classes_new(const struct order_type *order, const void *params,
                            const struct tenancy *tenancy, const struct classes_place *place);
void classes_free(struct classes *classes); /* takes NULL */
AUTO_DEFINE(struct classes *, classes_free)

/* Items come and go with the score of their own; searches give them with that of their class added.
 * `aged`: as classes_is_aged said when its score was taken. O(log n) in the class, and the classes
 * of its tenant. One that was empty is ranked, one that becomes so is not any more: O(log classes)
 * comparisons and a move of O(classes) small entries; likewise if its first job is another. */
NOINLINE void classes_add(struct classes *classes, const struct job *job, bool aged,
                          const struct jobitem *item, simtime now);
NOINLINE bool classes_remove(struct classes *classes, const struct job *job, bool aged,
                             struct jobkey key);

/* What its class adds to its score. O(1). */
double classes_offset(const struct classes *classes, const struct job *job, bool aged);

/* A period has begun at `tick`, or shares changed at `now`. By rank: O(1); by sum: O(classes), and
 * O(classes log classes) where many pass each other. */
void classes_rank(struct classes *classes, simtime now, simtime tick);

/* Before a pass: keys of jobs stay what they are until the next call. By tree O(1) if no tenants
 * changed places since, else O(classes) looks at small entries side by side; those that moved are
 * moved by ranges, O(log classes) comparisons each. Of a live order each class that changed is
 * ranked anew: as classes_add. */
NOINLINE void classes_settle(struct classes *classes, simtime now);

/* A tenant, and with it those above, runs on more or fewer processors: matters to live orders, from
 * the next classes_settle on. O(depth and classes of these tenants). */
void classes_changed(struct classes *classes, int32_t tenant);

/* Has the job waited for the order's max_age when this period began? The next that has and is still
 * to change its class, which is the caller's to do; false: none. Amortised O(1). */
bool classes_is_aged(const struct classes *classes, const struct job *job);
bool classes_next_aged(struct classes *classes, const struct jobs *jobs, struct job **ret_job,
                       int32_t *ret_procs);

/* What searches see: all that the gates let through; of that, what a claim on a guarantee covers;
 * or what would be covered if those above its tenant might run on more. */
enum search_scope { SEARCH_ALL, SEARCH_CLAIMS, SEARCH_OWED, SEARCH_SCOPES };

/* The first of all, whatever gates say. O(1), as jobtree_first. */
bool classes_first(const struct classes *classes, struct jobitem *ret);

/* Is one of so few processors there, whatever gates say? O(classes / 16). */
bool classes_may_fit(const struct classes *classes, int64_t free);

/* Of what the scope has, the first strictly after `*after` (NULL: from the beginning) that fits, as
 * jobtree_next_fit. O(classes) looks at entries that lie side by side, in order, until it is found,
 * and a search in each class that may hold it: its least job and its shortest request tell.
 * `*after` has to come from a search that let through at least as much. */
NOINLINE bool classes_next_fit(const struct classes *classes, const struct jobkey *after,
                               enum search_scope scope, int64_t free, simtime window, int64_t spare,
                               struct jobitem *ret);

/* Likewise the next few, `most` at most, of what the gates let through, strictly after `*after`
 * (NULL: from the beginning), in order; returns how many, none at the end only. O(log classes) and
 * a search for each; unless it goes on where the last call ended and nothing came or left since, a
 * search in each class whose first job comes before the last of them. */
NOINLINE size_t classes_some(struct classes *classes, const struct jobkey *after, size_t most,
                             struct jobitem *ret);

/* Many questions are to come: those that classes_next_fit and classes_some answer cost O(log jobs)
 * from now on, and O(jobs / LANES) looks or what is read, until offsets change; as long as no more
 * jobs wait than some, and no gates hold them. O(jobs) if offsets changed since, and O(jobs) for
 * each that passes many others; O(jobs log jobs) the first time. */
NOINLINE void classes_line_up(struct classes *classes);

/* Do they stand so, and no offsets have changed since? */
bool classes_in_line(const struct classes *classes);

/* What the keys of all jobs changed by so far where all did alike: as offsets do in most periods,
 * while nobody passes another. They count as unchanged above. */
double classes_base(const struct classes *classes);

size_t classes_len(const struct classes *classes);

/* All jobs with their totals, as many, in no order. */
void classes_list(const struct classes *classes, struct jobitem *ret);

/* REQUIREs that entries and counts are right. */
void classes_check(const struct classes *classes);

#endif
