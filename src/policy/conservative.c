/* Conservative backfilling (Mu'alem and Feitelson, TPDS 2001): each job gets a reservation on its
 * arrival, the earliest that delays no other; when a job ends before its request, one pass over the
 * held jobs in queue order moves each to the earliest start that delays no other. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/sched.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

/* Do the gates let it through now? */
static bool admits(const struct sched *sched, const struct held *held)
{
    return queue_admits(&sched->queue, jobs_at(sched->jobs, held->item.slot), &held->item);
}

/* Take the earliest start there is. What gates hold gets none. O(steps of the plan). */
static void take(struct sched *sched, struct held *held, simtime after)
{
    held->start = SIMTIME_NEVER;
    if (!admits(sched, held))
        return;
    do
        held->start =
            plan_take(sched->plan, after, held->item.request, held->item.procs, &held->booking);
    while (held->start == SIMTIME_NEVER && sched_look(sched, &held->item, after, SIMTIME_NEVER));
}

/* Give up what it has. */
static void leave(struct sched *sched, const struct held *held)
{
    if (held->start < SIMTIME_NEVER && !sched->replan)
        plan_leave(sched->plan, held->booking, held->item.procs);
}

/* --- the held jobs, in queue order --- */

static bool key_before(struct jobkey a, struct jobkey b)
{
    return a.score != b.score ? a.score < b.score : a.seq < b.seq;
}

/* The first held job that does not stand before `key`. */
static size_t lower_bound(const struct sched *sched, struct jobkey key)
{
    size_t low = 0, high = sched->n_held;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (key_before(sched->held[middle].item.key, key))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Its place, n_held if the job is not held. O(log n); O(n) under an order that ages. */
static size_t place_of_job(const struct sched *sched, const struct job *job)
{
    size_t i = 0;
    if (sched->queue.tree) {
        const int32_t procs = partition_procs(sched->partition, &job->spec.ask);
        i = lower_bound(sched, queue_item(&sched->queue, job, procs, job->spec.submit).key);
    }
    while (i < sched->n_held && sched->held[i].item.key.seq != job->seq)
        i = sched->queue.tree ? sched->n_held : i + 1;
    return i;
}

static void hold(struct sched *sched, const struct jobitem *item, simtime now)
{
    if (sched->n_held == sched->held_cap) {
        sched->held_cap = sched->held_cap ? 2 * sched->held_cap : 64;
        sched->held = mem_resize(sched->held, sched->held_cap, sizeof(*sched->held));
    }
    const size_t i = lower_bound(sched, item->key);
    memmove(&sched->held[i + 1], &sched->held[i], (sched->n_held - i) * sizeof(*sched->held));
    sched->held[i] = (struct held){.item = *item};
    sched->n_held++;
    take(sched, &sched->held[i], now);
}

static void drop(struct sched *sched, size_t i)
{
    sched->n_held--;
    memmove(&sched->held[i], &sched->held[i + 1], (sched->n_held - i) * sizeof(*sched->held));
}

void sched_forget_plan(struct sched *sched, const struct job *job)
{
    const size_t i = place_of_job(sched, job);
    if (i == sched->n_held)
        return;
    leave(sched, &sched->held[i]);
    drop(sched, i);
    sched->vacated |= !sched->passing;
}

static int compare_held(const void *a, const void *b)
{
    const struct jobkey x = ((const struct held *)a)->item.key,
                        y = ((const struct held *)b)->item.key;
    return key_before(x, y) ? -1 : key_before(y, x);
}

static void score_anew(struct sched *sched, simtime now)
{
    for (size_t i = 0; i < sched->n_held; i++) {
        struct jobitem *item = &sched->held[i].item;
        *item = queue_item(&sched->queue, jobs_at(sched->jobs, item->slot), item->procs, now);
    }
    if (sched->n_held > 1)
        qsort(sched->held, sched->n_held, sizeof(*sched->held), compare_held);
}

void sched_hold_again(struct sched *sched, struct held *held, size_t n, simtime now)
{
    sched->held = held;
    sched->n_held = sched->held_cap = n;
    score_anew(sched, now);
}

/* --- the pass --- */

/* The plan wants to know now and then who waits for what. */
static void show_all(struct sched *sched)
{
    simtime last = 0;
    for (size_t i = 0; i < sched->n_held; i++)
        if (sched->held[i].start < SIMTIME_NEVER && sched->held[i].start > last)
            last = sched->held[i].start;
    plan_survey(sched->plan, last, sched->n_held);
    for (size_t i = 0; i < sched->n_held; i++) {
        const struct held *held = &sched->held[i];
        if (held->start < SIMTIME_NEVER)
            plan_see(sched->plan, held->start, held->item.request, held->item.procs);
    }
    plan_surveyed(sched->plan);
}

/* The pass over held jobs, in queue order. About every second one does move where the machine is
 * busy, nearly all by one step. */
static void compress(struct sched *sched, simtime now)
{
    if (plan_walk(sched->plan))
        show_all(sched);
    for (size_t i = 0; i < sched->n_held; i++) {
        struct held *held = &sched->held[i];
        if (i + 4 < sched->n_held)
            plan_prefetch(sched->plan, held[4].booking);
        if (held->start == SIMTIME_NEVER)
            take(sched, held, now);
        else if (held->start > now)
            held->start =
                plan_earlier(sched->plan, &held->booking, held->item.request, held->item.procs);
    }
}

static struct jobitem item_of(const struct sched *sched, const struct job *job, simtime now)
{
    return queue_item(&sched->queue, job, partition_procs(sched->partition, &job->spec.ask), now);
}

static void place_fresh(struct sched *sched, simtime now)
{
    for (size_t i = 0; i < sched->fresh.len; i++) {
        const struct job *job = jobs_at(sched->jobs, sched->fresh.items[i]);
        if (place_of_job(sched, job) == sched->n_held) {
            const struct jobitem item = item_of(sched, job, now);
            hold(sched, &item, now);
        }
    }
}

/* The profile was made anew; the reservations stay where they are. */
static void enter_all(struct sched *sched)
{
    for (size_t i = 0; i < sched->n_held; i++) {
        struct held *held = &sched->held[i];
        if (held->start < SIMTIME_NEVER)
            plan_enter(sched->plan, held->start, held->item.request, held->item.procs,
                       &held->booking);
    }
}

/* After a loss of capacity: what has room where it is stays, in queue order, and then the others
 * are taken once more. What they leave is room for those who stayed. O(held x steps). */
static void take_lost(struct sched *sched, simtime now)
{
    for (size_t i = 0; i < sched->n_held; i++) {
        struct held *held = &sched->held[i];
        if (held->start == SIMTIME_NEVER)
            continue;
        const simtime after = held->start > now ? held->start : now;
        const simtime at =
            plan_take(sched->plan, after, held->item.request, held->item.procs, &held->booking);
        if (at == held->start)
            continue;
        if (at < SIMTIME_NEVER)
            plan_leave(sched->plan, held->booking, held->item.procs);
        held->start = SIMTIME_NEVER;
        sched->early = true;
    }
    for (size_t i = 0; i < sched->n_held; i++)
        if (sched->held[i].start == SIMTIME_NEVER)
            take(sched, &sched->held[i], now);
}

/* While jobs outlive their requests: all once more, in queue order. */
static void take_all(struct sched *sched, simtime now)
{
    for (size_t i = 0; i < sched->n_held; i++)
        take(sched, &sched->held[i], now);
}

/* When nodes next come free by plan: a running job's request or a window ends. O(log n + windows).
 */
static simtime next_release(const struct sched *sched, simtime now)
{
    const struct partition *partition = sched->partition;
    struct jobkey key = {.score = (double)now, .seq = UINT64_MAX};
    uint32_t slot;
    simtime next = SIMTIME_NEVER;
    if (partition_next_due(partition, &key, &slot))
        next = jobs_at(sched->jobs, slot)->due;
    for (size_t i = 0; i < partition->windows.len; i++) {
        const struct maintenance *window = &partition->windows.items[i];
        if (window->to > now && window->to < next)
            next = window->to;
    }
    return next;
}

/* The reservation becomes a running job, which may hold more: the nodes it got may be larger. */
static void start_held(struct sched *sched, size_t i, simtime now)
{
    const struct held held = sched->held[i];
    struct job *job = jobs_at(sched->jobs, held.item.slot);
    plan_keep(sched->plan, held.booking);
    drop(sched, i);
    sched_start(sched, &held.item);
    plan_change(sched->plan, now, now + held.item.request, held.item.procs - job->procs);
}

/* A reservation whose time has come. One that cannot be kept (jobs outlived their requests, no
 * place on the nodes) waits, or moves to the next start there is. True if the job started. */
static bool start_or_move(struct sched *sched, size_t i, simtime now)
{
    struct held *held = &sched->held[i];
    const bool planned = plan_holds(sched->plan, held->booking);
    if (!admits(sched, held)) {
        leave(sched, held);
        held->start = SIMTIME_NEVER;
        plan_forget(sched->plan);
        return false;
    }
    if (planned && sched_can_start(sched, &held->item, now)) {
        start_held(sched, i, now);
        return true;
    }
    if (sched->partition->overdue)
        return false;
    const simtime after = planned ? next_release(sched, now) : now;
    leave(sched, held);
    take(sched, held, after);
    plan_forget(sched->plan);
    return false;
}

static void start_due(struct sched *sched, simtime now)
{
    for (size_t i = 0; i < sched->n_held && plan_first_start(sched->plan) <= now;) {
        while (i < sched->n_held && sched->held[i].start > now)
            i++;
        if (i < sched->n_held && !start_or_move(sched, i, now))
            i++;
    }
}

/* Bring the plan up to now. */
static void renew_plan(struct sched *sched, simtime now)
{
    const bool overran =
        sched->partition->overdue > 0 || (sched->outlives && plan_first_start(sched->plan) < now);
    if (!overran && !sched->lost && !sched->replan) {
        plan_advance(sched->plan, now);
        return;
    }
    const bool lost = sched->lost;
    plan_remake(sched->plan, sched->partition->profile, now);
    sched->lost = sched->replan = false;
    if (overran)
        take_all(sched, now);
    else if (lost)
        take_lost(sched, now);
    else
        enter_all(sched);
}

/* What the gates held, and let through now. O(held). */
static void take_released(struct sched *sched, simtime now)
{
    for (size_t i = 0; i < sched->n_held && sched->tenancy.gates; i++)
        if (sched->held[i].start == SIMTIME_NEVER)
            take(sched, &sched->held[i], now);
}

void sched_conservative_pass(struct sched *sched, simtime now)
{
    /* An order that ages has changed since the last pass. */
    if (!sched->queue.tree)
        score_anew(sched, now);
    renew_plan(sched, now);
    take_released(sched, now);
    if (sched->early)
        compress(sched, now);
    sched->early = sched->vacated = false;
    place_fresh(sched, now);
    start_due(sched, now);
}

simtime sched_next_start(const struct sched *sched, simtime now)
{
    if (sched->config.slurm)
        return sched_slurm_next(sched, now);
    simtime next = plan_next_start(sched->plan, now);
    /* While jobs outlive their requests the plan stands on releases that do not come: behind a job
     * of no length it would be tried again each microsecond. */
    if (sched->partition->overdue > 0 && next < now + SIMTIME_SECOND)
        next = now + SIMTIME_SECOND;
    return next;
}

void sched_check_plan(struct sched *sched, struct some_jobs jobs, simtime now)
{
    const struct partition *partition = sched->partition;
    struct profile *profile = partition->profile;
    /* Under its running jobs: the first processors that come back are not to be had. */
    const bool shrunk = cluster_in_service(partition->cluster) < cluster_busy(partition->cluster);
    REQUIRE(sched->n_held == queue_len(&sched->queue));
    partition_check(sched->partition, jobs, now);
    for (size_t i = 0; i < sched->n_held; i++) {
        const struct held *held = &sched->held[i];
        REQUIRE(i == 0 || key_before(sched->held[i - 1].item.key, held->item.key));
        REQUIRE(partition->overdue || partition->constrained || held->start > now);
        if (held->start < SIMTIME_NEVER)
            profile_reserve(profile, held->start, held->start + held->item.request,
                            held->item.procs);
    }
    if (!sched->replan)
        plan_check(sched->plan, profile, now);
    for (simtime t = now; t < SIMTIME_NEVER; t = profile_next_step(profile, t))
        REQUIRE(partition->overdue || partition->constrained || shrunk ||
                profile_at(profile, t) >= 0 || partition->windows_end > t);
    for (size_t i = 0; i < sched->n_held; i++) {
        const struct held *held = &sched->held[i];
        if (held->start < SIMTIME_NEVER)
            profile_release(profile, held->start, held->start + held->item.request,
                            held->item.procs);
    }
}
