/* The jobs that wait for one partition, in the order of its scheduler. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef POLICY_QUEUE_H
#define POLICY_QUEUE_H

#include "policy/classes.h"
#include "policy/opaque.h"

struct queue_setup {
    const struct jobs *jobs; /* all of the run: for scripts; borrowed */
    const struct order_type *order;
    const void *params; /* borrowed */
    struct tenancy tenancy;
    int64_t processors;   /* of the partition: for orders that ask */
    int64_t memory;       /* of the partition, bytes; 0: not told */
    double weight;        /* of the partition: likewise */
    const double *speeds; /* of the partition: for the requests of jobs given by work; borrowed */
};

struct queue {
    const struct order_type *order;
    const void *params;   /* borrowed */
    double capacity;      /* of the partition: for orders that ask */
    const double *speeds; /* of the partition: for the requests of jobs given by work */
    struct tenancy tenancy;
    bool scored; /* its order scores jobs, rather than go by arrival alone */
    enum search_scope scope;
    struct jobtree *tree;    /* of an order that does not age; owned */
    struct classes *classes; /* instead: of one that goes by tenant, or behind gates; owned */
    struct opaque *opaque;   /* of one that is a script; owned */
    struct waiting *waiting; /* of one that does, by place in the input; owned */
    struct jobitem *sorted;  /* the same as of the last queue_settle, with gaps (procs 0) */
    size_t len, cap, n_sorted;
};

void queue_init(struct queue *queue, const struct queue_setup *setup);
void queue_deinit(struct queue *queue);

/* `procs` is what the job counts for in this partition. O(log n); an order that ages: O(1) to add,
 * O(n) to remove. */
void queue_add(struct queue *queue, const struct job *job, int32_t procs, simtime now);
void queue_remove(struct queue *queue, const struct job *job, int32_t procs);

/* The ranks of tenants are looked at anew, as of `now`, in the period that began at `tick`. */
void queue_rank(struct queue *queue, const struct jobs *jobs, simtime now, simtime tick);

/* A tenant runs on more or fewer processors. */
void queue_usage_changed(struct queue *queue, int32_t tenant);

/* Do the gates let the job start now? O(depth); nothing where there are none. */
bool queue_admits(const struct queue *queue, const struct job *job, const struct jobitem *item);

/* Bring the order up to `now`: needed before a pass looks. Nothing for an order that does not age,
 * O(n log n) for one that does. Jobs added later are seen after the next call. */
void queue_settle(struct queue *queue, simtime now);

/* The same: many questions are to come before it changes much. */
void queue_line_up(struct queue *queue);

/* Do those that wait keep their keys: by tree always, in line as long as they have since it was
 * made? */
static inline bool queue_stands(const struct queue *queue)
{
    return queue->tree || (queue->classes && classes_in_line(queue->classes));
}

/* What their keys changed by so far, all alike: they keep them but for this. */
static inline double queue_base(const struct queue *queue)
{
    return queue->classes ? classes_base(queue->classes) : 0;
}

size_t queue_len(const struct queue *queue);

/* The slots of all jobs, whatever gates say, in order; returns their number. O(n log n). */
size_t queue_list(const struct queue *queue, uint32_t *ret_slots);

/* As jobtree_first, _next, _some and _next_fit, of what the gates let through now; an order that
 * ages scans: O(n). */
bool queue_first(const struct queue *queue, struct jobitem *ret);
/* Whether any job asks for no more than so many processors, whatever gates say: true also where it
 * takes a search to know. O(1), of classes O(classes / 16). */
bool queue_may_fit(const struct queue *queue, int64_t free);
bool queue_next(const struct queue *queue, struct jobkey after, struct jobitem *ret);
size_t queue_some(const struct queue *queue, const struct jobkey *after, size_t most,
                  struct jobitem *ret);
bool queue_next_fit(const struct queue *queue, const struct jobkey *after, int64_t free,
                    simtime window, int64_t spare, struct jobitem *ret);

/* Where the job stands: its item as it was, or would be, entered at `now`. */
struct jobitem queue_item(const struct queue *queue, const struct job *job, int32_t procs,
                          simtime now);

/* The same with a score of 0, for those whose place does not matter. */
struct jobitem queue_unscored(const struct queue *queue, const struct job *job, int32_t procs);

/* What went wrong in a script, which ends the run; NULL: nothing. */
const struct error *queue_error(const struct queue *queue);

#endif
