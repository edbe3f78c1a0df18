/* Waiting jobs in order of (score, seq), as a B+tree that keeps below each node the least
 * processors and, by size class, the least request, so that the next job that may be backfilled is
 * found without scanning the queue. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_JOBTREE_H
#define MODEL_JOBTREE_H

#include "util/base.h"
#include "util/simtime.h"

struct jobtree;

struct jobkey {
    double score; /* smaller first; never NaN; -0 equals 0 */
    uint64_t seq; /* place in the input: breaks ties; unique in a tree */
};

/* Whether a comes no later than b. */
static inline bool jobkey_upto(const struct jobkey *a, const struct jobkey *b)
{
    return (a->score < b->score) | ((a->score == b->score) & (a->seq <= b->seq));
}

static inline bool jobkey_equal(const struct jobkey *a, const struct jobkey *b)
{
    return a->seq == b->seq && a->score == b->score;
}

struct jobitem {
    struct jobkey key;
    uint32_t slot;   /* of the job */
    int32_t procs;   /* >= 1 */
    simtime request; /* >= 0 */
};

struct jobtree *jobtree_new(void);
void jobtree_free(struct jobtree *tree); /* takes NULL */
AUTO_DEFINE(struct jobtree *, jobtree_free)

/* O(log n). The key must not be in the tree yet. What came last stands apart until more comes or
 * somebody looks behind the first: a job that starts as it comes costs O(1). */
void jobtree_insert(struct jobtree *tree, const struct jobitem *item);

/* O(log n). False if there is no such key. */
bool jobtree_remove(struct jobtree *tree, struct jobkey key);

size_t jobtree_len(const struct jobtree *tree);

/* The first item, or the first strictly after `key`. False at the end. O(log n). */
bool jobtree_first(const struct jobtree *tree, struct jobitem *ret_item);
bool jobtree_next(struct jobtree *tree, struct jobkey key, struct jobitem *ret_item);

/* Up to `most` > 0 items strictly after `*after` (NULL: from the beginning), in order, for whoever
 * reads them one by one. Returns how many: fewer than there are where a leaf ends, none at the end
 * only. O(log n + most). */
size_t jobtree_some(struct jobtree *tree, const struct jobkey *after, size_t most,
                    struct jobitem *ret_items);

/* The first item strictly after `*after` (NULL: from the beginning) with procs <= free and
 * (request <= window or procs <= spare). False if none. Logarithmic where size classes tell jobs
 * apart; never looks into a subtree whose minima rule it out. */
bool jobtree_next_fit(struct jobtree *tree, const struct jobkey *after, int64_t free,
                      simtime window, int64_t spare, struct jobitem *ret_item);

/* The same among the items with procs x request <= area, where somebody's processor-time is
 * bounded. Looks below a node only where a size class may hold such an item by its fewest
 * processors and its least request: for each node as many comparisons of rows as there are classes
 * up to `free`. */
bool jobtree_next_within(struct jobtree *tree, const struct jobkey *after, int64_t free,
                         simtime window, int64_t spare, wide area, struct jobitem *ret_item);

/* Least processors of all items; INT32_MAX when empty. O(1); after one with as few has left, O(fan)
 * once. */
int32_t jobtree_least_procs(struct jobtree *tree);

void jobtree_check(const struct jobtree *tree); /* REQUIREs every invariant of the tree */

#endif
