/* Backfilling with reservations: heads start while they fit, then the first `depth` blocked jobs
 * hold reservations, then later jobs start if they move none. Depth 0 is plain queue order, 1 is
 * EASY (Lifka, JSSPP 1995; Skovira et al. 1996), no limit a plan made anew at each pass. Also
 * commit_head, the protocol of RLScheduler (Zhang et al., SC 2020). */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/sched.h"

#include "util/mem.h"

#include <stdlib.h>

#define BACKFILL(id, text, is_conservative, jobs)                                                  \
    static const struct backfill_type backfill_##id = {                                            \
        .kind = {.name = #id, .summary = text}, .conservative = is_conservative, .depth = jobs}

BACKFILL(none, "a blocked head blocks all behind it", false, 0);
BACKFILL(easy, "the head holds a reservation, later jobs may not move it", false, 1);
BACKFILL(plan, "every job holds a reservation, made anew at each pass", false, DEPTH_ALL);
BACKFILL(conservative, "every job holds a reservation from its arrival on that never moves later",
         true, DEPTH_ALL);

static const struct field reserve_params[] = {
    {.key = "reserve",
     .kind = FIELD_INT,
     .offset = offsetof(struct backfill_reserve, depth),
     .help = "how many jobs hold a reservation at each pass: 0 none, 1 easy",
     .flags = FIELD_REQUIRED | FIELD_UNLIMITED,
     .min = 0,
     .max = 1e9},
    {.key = "order",
     .kind = FIELD_KIND,
     .offset = offsetof(struct backfill_reserve, order),
     .help = "order of the jobs that may pass the reserved ones; the queue's if not given",
     .kinds = &order_kinds},
    {.kind = FIELD_END},
};

static const struct backfill_type backfill_reserve = {
    .kind = {.name = "reserve",
             .summary = "the first so many jobs hold reservations; `order` sorts the candidates",
             .params = reserve_params,
             .size = sizeof(struct backfill_reserve),
             .shorthand = "reserve"},
    .depth = -1,
};

extern const struct backfill_type backfill_slurm;

static const struct kind *const backfills[] = {
    &backfill_none.kind,
    &backfill_easy.kind,
    &backfill_plan.kind,
    &backfill_conservative.kind,
    &backfill_reserve.kind,
    &backfill_slurm.kind,
    NULL,
};

const struct kind_list backfill_kinds = {
    .what = "backfill", .whats = "backfills", .items = backfills};

/* Known maintenance ahead: counts alone do not tell what may start. */
static bool is_windowed(const struct sched *sched, simtime now)
{
    return sched->partition->windows_end > now;
}

static NOINLINE void reserve_head(struct sched *sched, int sign)
{
    if (sched->shadow == SIMTIME_NEVER)
        return;
    const struct jobitem *head = &sched->head;
    const simtime end = sched->shadow + head->request;
    profile_reserve(sched->partition->profile, sched->shadow, end, sign * head->procs);
}

/* What fits by count: does it leave the maintenance and the head alone too? */
static bool moves_nothing(const struct sched *sched, const struct jobitem *item, simtime now)
{
    return !is_windowed(sched, now) ||
           profile_least(sched->partition->profile, now, now + item->request) >= item->procs;
}

/* Start, in candidate order, what fits beside the head's reservation. */
static void fill(struct sched *sched, simtime now)
{
    const struct queue *queue = sched_candidates(sched);
    const simtime window = sched->shadow - now;
    int64_t free = sched_free(sched, now);
    struct jobitem item;
    const struct jobkey *after = NULL;
    struct jobkey last;
    while (free > 0 && queue_next_fit(queue, after, free, window, sched->spare, &item)) {
        last = item.key;
        after = &last;
        jobs_fetch(sched->jobs, item.slot);
        if (item.key.seq == sched->head.key.seq || !moves_nothing(sched, &item, now))
            continue;
        free -= item.procs;
        if (item.request > window)
            sched->spare -= item.procs;
        sched_start(sched, &item);
    }
}

static int compare_fresh(const void *a, const void *b)
{
    const struct jobkey x = ((const struct jobitem *)a)->key, y = ((const struct jobitem *)b)->key;
    if (x.score != y.score)
        return x.score < y.score ? -1 : 1;
    return x.seq < y.seq ? -1 : x.seq > y.seq;
}

/* In the order of the candidates, for which their scores are needed. */
static NOINLINE void sort_fresh(const struct sched *sched, struct jobitem *items, size_t n,
                                simtime now)
{
    for (size_t i = 0; i < n; i++)
        items[i] = queue_item(sched_candidates(sched), jobs_at(sched->jobs, items[i].slot),
                              items[i].procs, now);
    qsort(items, n, sizeof(*items), compare_fresh);
}

static bool fits_beside_head(const struct sched *sched, const struct jobitem *item, int64_t room,
                             simtime window)
{
    return item->procs <= room && (item->request <= window || item->procs <= sched->spare);
}

/* Nothing but submissions, and new ranks that left the head first, happened since it was found
 * blocked: no older job can start. */
static void fill_fresh(struct sched *sched, simtime now)
{
    const struct queue *queue = sched_candidates(sched);
    const simtime window = sched->shadow - now;
    int64_t room = sched_free(sched, now);
    size_t n = 0;
    struct jobitem one,
        *items = sched->fresh.len > 1 ? mem_new(sched->fresh.len, sizeof(one)) : &one;
    for (size_t i = 0; i < sched->fresh.len; i++) {
        const struct job *job = jobs_at(sched->jobs, sched->fresh.items[i]);
        items[n] = queue_unscored(queue, job, partition_procs(sched->partition, &job->spec.ask));
        n += fits_beside_head(sched, &items[n], room, window);
    }
    if (n > 1)
        sort_fresh(sched, items, n, now);
    for (size_t i = 0; i < n; i++)
        if (fits_beside_head(sched, &items[i], room, window) &&
            queue_admits(queue, jobs_at(sched->jobs, items[i].slot), &items[i]) &&
            moves_nothing(sched, &items[i], now)) {
            room -= items[i].procs;
            if (items[i].request > window)
                sched->spare -= items[i].procs;
            sched_start(sched, &items[i]);
        }
    if (items != &one)
        free(items);
}

/* The head found blocked by the last pass still stands first, and only submissions came since. With
 * reclaim time alone matters: what began when it was blocked may be stopped now. */
bool sched_still_blocked(struct sched *sched)
{
    struct jobitem head;
    return sched->blocked && !sched->changed && sched->config.decide != DECIDE_EVENT &&
           !sched->outlives && !sched->config.reclaim && !sched->queue.order->ages &&
           sched_first(sched, &head) && head.key.seq == sched->head.key.seq;
}

/* While later jobs are looked at, the head's reservation stands in the profile where that is asked.
 */
static inline void beside_head(struct sched *sched, simtime now,
                               void (*fill_in)(struct sched *, simtime))
{
    const bool windowed = is_windowed(sched, now);
    if (UNLIKELY(windowed))
        reserve_head(sched, 1);
    fill_in(sched, now);
    if (UNLIKELY(windowed))
        reserve_head(sched, -1);
}

/* The head found no start among the windows that are known so far. */
static COLD void look_for_head(struct sched *sched, simtime now, int64_t *free)
{
    const struct jobitem *head = &sched->head;
    while (sched->shadow == SIMTIME_NEVER && sched_look(sched, head, now, SIMTIME_NEVER))
        sched->shadow =
            profile_hole(sched->partition->profile, now, head->request, head->procs, free);
}

static void easy(struct sched *sched, simtime now)
{
    if (sched_still_blocked(sched)) {
        if (sched->config.depth == 1)
            beside_head(sched, now, fill_fresh);
        return;
    }
    sched->blocked = false;
    if (!sched_start_heads(sched, now, &sched->head))
        return;
    sched->blocked = true;
    if (sched->config.depth == 0)
        return;
    /* Without maintenance free only grows over time: fitting for an instant is fitting for good. */
    const struct jobitem *head = &sched->head;
    int64_t free = head->procs;
    const simtime length = is_windowed(sched, now) ? head->request : 1;
    sched->shadow = profile_hole(sched->partition->profile, now, length, head->procs, &free);
    if (UNLIKELY(sched->shadow == SIMTIME_NEVER))
        look_for_head(sched, now, &free);
    sched->spare = free - head->procs;
    beside_head(sched, now, fill);
}

/* In candidate order, what fits by the profile with all reservations in it. */
static void fill_by_profile(struct sched *sched, simtime now)
{
    const struct queue *queue = sched_candidates(sched);
    struct jobitem item;
    struct jobkey last;
    const struct jobkey *after = NULL;
    for (;;) {
        const int64_t free = sched_free_beside(sched, now);
        if (free <= 0 || !queue_next_fit(queue, after, free, SIMTIME_NEVER, 0, &item))
            return;
        last = item.key;
        after = &last;
        if (draft_until(sched->draft, now, item.procs) - now >= item.request &&
            sched_can_start(sched, &item, now))
            sched_plan_start(sched, &item, now);
    }
}

/* The general pass: reservations of any depth. It stops once nothing behind could start now.
 * O(steps) for each job where there are few, else O(log steps) and a descent a hole. */
static NOINLINE void plan(struct sched *sched, simtime now)
{
    struct jobitem head;
    const struct jobitem *item;
    int64_t left = sched->config.depth;
    if (!sched_start_heads(sched, now, &head))
        return;
    sched_plan_begin(sched, now);
    while ((item = sched_plan_next(sched, now))) {
        const simtime at = sched_earliest(sched, item, now, SIMTIME_NEVER - 1);
        if (at == now && sched_can_start(sched, item, now)) {
            sched_plan_start(sched, item, now);
            continue;
        }
        if (left == 0)
            break;
        if (at < SIMTIME_NEVER)
            draft_reserve(sched->draft, at, at + item->request, item->procs);
        if (left != DEPTH_ALL && --left == 0)
            break;
    }
    if (sched->config.depth > 0 && sched->config.depth != DEPTH_ALL)
        fill_by_profile(sched, now);
    sched_plan_end(sched);
}

void sched_backfill_pass(struct sched *sched, simtime now)
{
    if (sched->config.depth <= 1)
        easy(sched, now);
    else
        plan(sched, now);
}

/* A head that gates hold by now is chosen no longer. */
static bool still_committed(struct sched *sched)
{
    const struct jobitem *head = &sched->head;
    if (sched->committed && !queue_admits(&sched->queue, jobs_at(sched->jobs, head->slot), head))
        sched->committed = false;
    return sched->committed;
}

void sched_commit_pass(struct sched *sched, simtime now)
{
    const struct partition *partition = sched->partition;
    struct jobitem head;
    for (;;) {
        int64_t free = cluster_free_procs(partition->cluster);
        if (still_committed(sched)) {
            const struct job *job = jobs_at(sched->jobs, sched->head.slot);
            head = queue_item(&sched->queue, job, partition_procs(partition, &job->spec.ask), now);
        } else if (!queue_first(&sched->queue, &head)) {
            return;
        }
        if (head.procs > free)
            break;
        sched->committed = false;
        sched_start(sched, &head);
        queue_settle(&sched->queue, now);
    }
    if (!sched->committed) {
        sched->committed = true;
        sched->head = head;
        do
            sched->shadow = profile_earliest(partition->profile, now, 1, head.procs);
        while (sched->shadow == SIMTIME_NEVER && sched_look(sched, &head, now, SIMTIME_NEVER));
    }
    if (sched->config.depth == 0)
        return;
    /* Strictly before the estimate, and without the rule of spare processors. */
    const simtime window = sched->shadow - now - 1;
    struct jobitem item;
    struct jobkey last;
    const struct jobkey *after = NULL;
    while (queue_next_fit(sched_candidates(sched), after, cluster_free_procs(partition->cluster),
                          window, 0, &item)) {
        last = item.key;
        after = &last;
        sched_start(sched, &item);
    }
}
