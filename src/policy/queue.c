/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/queue.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

struct waiting {
    const struct job *job;
    uint64_t seq;
    int32_t procs;
};

void queue_init(struct queue *queue, const struct queue_setup *setup)
{
    *queue = (struct queue){.order = setup->order,
                            .params = setup->params,
                            .capacity = (double)setup->processors,
                            .speeds = setup->speeds,
                            .tenancy = setup->tenancy};
    const struct classes_place place = {setup->weight, setup->processors, setup->memory};
    if (classes_needed(setup->order, &setup->tenancy))
        queue->classes = classes_new(setup->order, setup->params, &setup->tenancy, &place);
    else if (!setup->order->ages)
        queue->tree = jobtree_new();
    queue->scored = setup->order->score || setup->order->script;
    if (setup->order->script)
        queue->opaque = opaque_new(setup->order, setup->params, &setup->tenancy, setup->jobs);
}

void queue_deinit(struct queue *queue)
{
    jobtree_free(queue->tree);
    classes_free(queue->classes);
    opaque_free(queue->opaque);
    free(queue->waiting);
    free(queue->sorted);
}

/* Apart from own_item, which in order of arrival is asked for an item three times a job. */
static NOINLINE double score_of(const struct queue *queue, const struct job *job, int32_t procs,
                                simtime request, simtime now, bool aged)
{
    const struct job_spec *spec = &job->spec;
    const struct score_input in = {
        .request = request > 0 ? simtime_seconds(request) : 1,
        .procs = procs,
        .waited = simtime_seconds(now - spec->submit),
        .submit = spec->submit > SIMTIME_SECOND ? simtime_seconds(spec->submit) : 1,
        .priority = spec->priority,
        .capacity = queue->capacity,
        .arrived = simtime_seconds(spec->submit),
        .aged = aged,
        .deadline = spec->deadline > 0 ? simtime_seconds(spec->deadline) : HUGE_VAL,
        .attained = job->attained,
    };
    return queue->opaque ? opaque_score(queue->opaque, job, &in)
                         : queue->order->score(queue->params, &in);
}

static inline struct jobitem unscored(const struct job *job, int32_t procs, simtime request)
{
    return (struct jobitem){
        .key = {.score = 0, .seq = job->seq},
        .slot = job->slot,
        .procs = procs,
        .request = request > 0 ? request : 1,
    };
}

struct jobitem queue_unscored(const struct queue *queue, const struct job *job, int32_t procs)
{
    return unscored(job, procs, job_request(&job->spec, procs, queue->speeds));
}

/* With the score of the job alone. */
static inline struct jobitem own_item(const struct queue *queue, const struct job *job,
                                      int32_t procs, simtime now, bool aged)
{
    const simtime request = job_request(&job->spec, procs, queue->speeds);
    struct jobitem item = unscored(job, procs, request);
    if (queue->scored)
        item.key.score = score_of(queue, job, procs, request, now, aged);
    return item;
}

struct jobitem queue_item(const struct queue *queue, const struct job *job, int32_t procs,
                          simtime now)
{
    const bool aged = queue->classes && classes_is_aged(queue->classes, job);
    struct jobitem item = own_item(queue, job, procs, now, aged);
    if (queue->classes)
        item.key.score += classes_offset(queue->classes, job, aged);
    return item;
}

void queue_rank(struct queue *queue, const struct jobs *jobs, simtime now, simtime tick)
{
    struct job *job;
    int32_t procs;
    if (!queue->classes)
        return;
    classes_rank(queue->classes, now, tick);
    while (classes_next_aged(queue->classes, jobs, &job, &procs)) {
        struct jobitem item = own_item(queue, job, procs, job->spec.submit, false);
        if (!classes_remove(queue->classes, job, false, item.key))
            continue;
        item = own_item(queue, job, procs, job->spec.submit, true);
        classes_add(queue->classes, job, true, &item, tick);
    }
}

void queue_usage_changed(struct queue *queue, int32_t tenant)
{
    if (queue->classes)
        classes_changed(queue->classes, tenant);
}

bool queue_admits(const struct queue *queue, const struct job *job, const struct jobitem *item)
{
    const struct tenancy *tenancy = &queue->tenancy;
    return !tenancy->gates ||
           gates_admit(tenancy->gates, gates_of(tenancy->gates, job->spec.tenant, job->spec.qos),
                       tenancy->centre, item->procs, item->request);
}

/* Of an order by tenant, or one that ages. */
static NOINLINE void add_to_others(struct queue *queue, const struct job *job, int32_t procs,
                                   simtime now)
{
    if (queue->classes) {
        const bool aged = classes_is_aged(queue->classes, job);
        const struct jobitem item = own_item(queue, job, procs, job->spec.submit, aged);
        classes_add(queue->classes, job, aged, &item, now);
        return;
    }
    if (queue->len == queue->cap) {
        queue->cap = queue->cap ? 2 * queue->cap : 64;
        queue->waiting = mem_resize(queue->waiting, queue->cap, sizeof(*queue->waiting));
        queue->sorted = mem_resize(queue->sorted, queue->cap, sizeof(*queue->sorted));
    }
    size_t i = queue->len++;
    for (; i > 0 && queue->waiting[i - 1].seq > job->seq; i--)
        queue->waiting[i] = queue->waiting[i - 1];
    queue->waiting[i] = (struct waiting){.job = job, .seq = job->seq, .procs = procs};
}

void queue_add(struct queue *queue, const struct job *job, int32_t procs, simtime now)
{
    if (UNLIKELY(!queue->tree)) {
        add_to_others(queue, job, procs, now);
        return;
    }
    const struct jobitem item = own_item(queue, job, procs, job->spec.submit, false);
    jobtree_insert(queue->tree, &item);
}

static size_t find_waiting(const struct queue *queue, uint64_t seq)
{
    size_t low = 0, high = queue->len;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (queue->waiting[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static NOINLINE void remove_from_others(struct queue *queue, const struct job *job, int32_t procs)
{
    if (queue->classes) {
        for (int aged = 0; aged < 2; aged++) {
            const struct jobitem item = own_item(queue, job, procs, job->spec.submit, aged);
            if (classes_remove(queue->classes, job, aged, item.key))
                return;
        }
        REQUIRE(!"the job is in no class");
    }
    if (queue->opaque)
        opaque_forget(queue->opaque, job);
    const size_t i = find_waiting(queue, job->seq);
    REQUIRE(i < queue->len && queue->waiting[i].seq == job->seq);
    queue->len--;
    memmove(queue->waiting + i, queue->waiting + i + 1, (queue->len - i) * sizeof(*queue->waiting));
    for (size_t k = 0; k < queue->n_sorted; k++)
        if (queue->sorted[k].key.seq == job->seq)
            queue->sorted[k].procs = 0;
}

void queue_remove(struct queue *queue, const struct job *job, int32_t procs)
{
    if (UNLIKELY(!queue->tree)) {
        remove_from_others(queue, job, procs);
        return;
    }
    const struct jobitem item = own_item(queue, job, procs, job->spec.submit, false);
    REQUIRE(jobtree_remove(queue->tree, item.key));
}

static int compare_keys(struct jobkey a, struct jobkey b)
{
    if (a.score != b.score)
        return a.score < b.score ? -1 : 1;
    return a.seq < b.seq ? -1 : a.seq > b.seq;
}

static int compare_items(const void *a, const void *b)
{
    return compare_keys(((const struct jobitem *)a)->key, ((const struct jobitem *)b)->key);
}

static NOINLINE void settle_others(struct queue *queue, simtime now)
{
    if (queue->classes) {
        classes_settle(queue->classes, now);
        return;
    }
    if (queue->opaque)
        opaque_settle(queue->opaque, now);
    for (size_t i = 0; i < queue->len; i++)
        queue->sorted[i] = queue_item(queue, queue->waiting[i].job, queue->waiting[i].procs, now);
    queue->n_sorted = queue->len;
    if (queue->n_sorted > 1)
        qsort(queue->sorted, queue->n_sorted, sizeof(*queue->sorted), compare_items);
}

void queue_settle(struct queue *queue, simtime now)
{
    if (UNLIKELY(!queue->tree))
        settle_others(queue, now);
}

void queue_line_up(struct queue *queue)
{
    if (queue->classes)
        classes_line_up(queue->classes);
}

size_t queue_len(const struct queue *queue)
{
    return queue->tree      ? jobtree_len(queue->tree)
           : queue->classes ? classes_len(queue->classes)
                            : queue->len;
}

size_t queue_list(const struct queue *queue, uint32_t *ret_slots)
{
    const size_t len = queue_len(queue);
    struct jobitem *items = mem_new(len, sizeof(*items));
    if (queue->tree) {
        for (size_t i = 0; i < len; i++)
            REQUIRE(i == 0 ? jobtree_first(queue->tree, &items[i])
                           : jobtree_next(queue->tree, items[i - 1].key, &items[i]));
    } else if (queue->classes) {
        classes_list(queue->classes, items);
    } else {
        memcpy(items, queue->sorted, len * sizeof(*items));
    }
    if (len > 1)
        qsort(items, len, sizeof(*items), compare_items);
    for (size_t i = 0; i < len; i++)
        ret_slots[i] = items[i].slot;
    free(items);
    return len;
}

/* The first entry of `sorted` that stands after the key; all of them if there is none. */
static size_t sorted_after(const struct queue *queue, const struct jobkey *after)
{
    if (!after)
        return 0;
    size_t low = 0, high = queue->n_sorted;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (compare_keys(queue->sorted[middle].key, *after) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Of an order that ages. */
static bool lets_through(const struct queue *queue, const struct jobitem *item)
{
    const struct tenancy *tenancy = &queue->tenancy;
    if (!tenancy->gates)
        return true;
    const struct job *job = queue->waiting[find_waiting(queue, item->key.seq)].job;
    const int32_t gate = gates_of(tenancy->gates, job->spec.tenant, job->spec.qos);
    if (queue->scope == SEARCH_ALL)
        return queue_admits(queue, job, item);
    return (queue->scope == SEARCH_CLAIMS ? gates_claims : gates_owes)(
        tenancy->gates, gate, tenancy->centre, item->procs, item->request);
}

bool queue_first(const struct queue *queue, struct jobitem *ret)
{
    if (queue->tree)
        return jobtree_first(queue->tree, ret);
    if (queue->classes && !queue->tenancy.gates)
        return classes_first(queue->classes, ret);
    return queue_next_fit(queue, NULL, INT64_MAX, SIMTIME_NEVER, INT64_MAX, ret);
}

bool queue_may_fit(const struct queue *queue, int64_t free)
{
    if (queue_len(queue) == 0)
        return false;
    if (queue->tree)
        return free >= jobtree_least_procs(queue->tree);
    return queue->classes ? classes_may_fit(queue->classes, free) : free > 0;
}

bool queue_next(const struct queue *queue, struct jobkey after, struct jobitem *ret)
{
    if (queue->tree)
        return jobtree_next(queue->tree, after, ret);
    return queue_next_fit(queue, &after, INT64_MAX, SIMTIME_NEVER, INT64_MAX, ret);
}

size_t queue_some(const struct queue *queue, const struct jobkey *after, size_t most,
                  struct jobitem *ret)
{
    if (queue->tree)
        return jobtree_some(queue->tree, after, most, ret);
    if (queue->classes && queue->scope == SEARCH_ALL)
        return classes_some(queue->classes, after, most, ret);
    return after ? queue_next(queue, *after, ret) : queue_first(queue, ret);
}

static NOINLINE bool next_fit_of_others(const struct queue *queue, const struct jobkey *after,
                                        int64_t free, simtime window, int64_t spare,
                                        struct jobitem *ret)
{
    if (queue->classes)
        return classes_next_fit(queue->classes, after, queue->scope, free, window, spare, ret);
    for (size_t i = sorted_after(queue, after); i < queue->n_sorted; i++) {
        const struct jobitem *item = &queue->sorted[i];
        if (item->procs > 0 && item->procs <= free &&
            (item->request <= window || item->procs <= spare) && lets_through(queue, item)) {
            *ret = *item;
            return true;
        }
    }
    return false;
}

bool queue_next_fit(const struct queue *queue, const struct jobkey *after, int64_t free,
                    simtime window, int64_t spare, struct jobitem *ret)
{
    if (LIKELY(queue->tree != NULL))
        return jobtree_next_fit(queue->tree, after, free, window, spare, ret);
    return next_fit_of_others(queue, after, free, window, spare, ret);
}

const struct error *queue_error(const struct queue *queue)
{
    return queue->opaque ? opaque_error(queue->opaque) : NULL;
}
