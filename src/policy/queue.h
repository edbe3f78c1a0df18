/* The jobs that wait for one partition, in the order of its scheduler. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef POLICY_QUEUE_H
#define POLICY_QUEUE_H

#include "model/jobtree.h"
#include "policy/order.h"

struct queue {
    const struct order_type *order;
    const void *params;      /* borrowed */
    double capacity;         /* of the partition: for orders that ask */
    struct jobtree *tree;    /* of an order that does not age; owned */
    struct waiting *waiting; /* of one that does, by place in the input; owned */
    struct jobitem *sorted;  /* the same as of the last queue_settle, with gaps (procs 0) */
    size_t len, cap, n_sorted;
};

void queue_init(struct queue *queue, const struct order_type *order, const void *params);
void queue_deinit(struct queue *queue);

/* `procs` is what the job counts for in this partition. O(log n); an order that ages: O(1) to add,
 * O(n) to remove. */
void queue_add(struct queue *queue, const struct job *job, int32_t procs);
void queue_remove(struct queue *queue, const struct job *job, int32_t procs);

/* Bring the order up to `now`: needed before a pass looks. Nothing for an order that does not age,
 * O(n log n) for one that does. Jobs added later are seen after the next call. */
void queue_settle(struct queue *queue, simtime now);

size_t queue_len(const struct queue *queue);

/* As jobtree_first, _next and _next_fit; an order that ages scans: O(n). */
bool queue_first(const struct queue *queue, struct jobitem *ret);
bool queue_next(const struct queue *queue, struct jobkey after, struct jobitem *ret);
bool queue_next_fit(const struct queue *queue, const struct jobkey *after, int64_t free,
                    simtime window, int64_t spare, struct jobitem *ret);

/* Where the job stands: its item as it was, or would be, entered at `now`. */
struct jobitem queue_item(const struct queue *queue, const struct job *job, int32_t procs,
                          simtime now);

#endif
