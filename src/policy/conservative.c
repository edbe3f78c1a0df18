/* Conservative backfilling (Mu'alem and Feitelson, TPDS 2001): each job gets a reservation on its
 * arrival, the earliest that delays no other; when a job ends before its request, one pass over the
 * held jobs in queue order moves each to the earliest start that delays no other. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/sched.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

static simtime find(const struct sched *sched, const struct jobitem *item, simtime after)
{
    return profile_earliest(sched->partition->profile, after, item->request, item->procs);
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

static void enter(const struct sched *sched, const struct held *held, int sign)
{
    if (held->start == SIMTIME_NEVER || sched->replan)
        return; /* or the profile was made anew without reservations */
    const simtime end = held->start + held->item.request;
    if (sign > 0)
        profile_reserve(sched->partition->profile, held->start, end, held->item.procs);
    else
        profile_release(sched->partition->profile, held->start, end, held->item.procs);
}

static void hold(struct sched *sched, const struct jobitem *item, simtime start)
{
    if (sched->n_held == sched->held_cap) {
        sched->held_cap = sched->held_cap ? 2 * sched->held_cap : 64;
        sched->held = mem_resize(sched->held, sched->held_cap, sizeof(*sched->held));
    }
    const size_t i = lower_bound(sched, item->key);
    memmove(&sched->held[i + 1], &sched->held[i], (sched->n_held - i) * sizeof(*sched->held));
    sched->held[i] = (struct held){*item, start};
    sched->n_held++;
    enter(sched, &sched->held[i], 1);
}

static void drop(struct sched *sched, size_t i)
{
    enter(sched, &sched->held[i], -1);
    sched->n_held--;
    memmove(&sched->held[i], &sched->held[i + 1], (sched->n_held - i) * sizeof(*sched->held));
}

/* Earlier. As two spans, each short where it moves by little, as nearly always. */
static void move(struct sched *sched, size_t i, simtime start)
{
    struct held *held = &sched->held[i];
    struct profile *profile = sched->partition->profile;
    const simtime request = held->item.request;
    if (held->start == SIMTIME_NEVER || sched->replan) {
        held->start = start;
        enter(sched, held, 1);
        return;
    }
    profile_reserve(profile, start, held->start, held->item.procs);
    profile_release(profile, start + request, held->start + request, held->item.procs);
    held->start = start;
}

void sched_forget_plan(struct sched *sched, const struct job *job)
{
    const size_t i = place_of_job(sched, job);
    if (i == sched->n_held)
        return;
    drop(sched, i);
    sched->vacated |= !sched->passing;
}

static int compare_held(const void *a, const void *b)
{
    const struct jobkey x = ((const struct held *)a)->item.key,
                        y = ((const struct held *)b)->item.key;
    return key_before(x, y) ? -1 : key_before(y, x);
}

/* An order that ages has changed since the last pass. */
static void sort_anew(struct sched *sched, simtime now)
{
    if (sched->queue.tree)
        return;
    for (size_t i = 0; i < sched->n_held; i++) {
        struct jobitem *item = &sched->held[i].item;
        *item = queue_item(&sched->queue, jobs_at(sched->jobs, item->slot), item->procs, now);
    }
    if (sched->n_held > 1)
        qsort(sched->held, sched->n_held, sizeof(*sched->held), compare_held);
}

/* --- the pass --- */

/* The pass over held jobs, in queue order. O(held jobs x (log + holes passed over)); about every
 * second one does move where the machine is busy. */
static void compress(struct sched *sched, simtime now)
{
    const struct profile *profile = sched->partition->profile;
    for (size_t i = 0; i < sched->n_held; i++) {
        const struct held *held = &sched->held[i];
        if (held->start <= now)
            continue;
        const simtime at = profile_earlier(profile, now, held->start - 1, held->item.request,
                                           held->item.procs, held->start);
        if (at < SIMTIME_NEVER)
            move(sched, i, at);
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
            hold(sched, &item, find(sched, &item, now));
        }
    }
}

/* The profile was made anew without the reservations, which stay where they are. */
static void enter_all(struct sched *sched)
{
    sched->replan = false;
    for (size_t i = 0; i < sched->n_held; i++)
        enter(sched, &sched->held[i], 1);
}

/* After a loss of capacity, or while jobs outlive their requests: all once more, in queue order. */
static void plan_anew(struct sched *sched, simtime now)
{
    for (size_t i = 0; i < sched->n_held; i++)
        enter(sched, &sched->held[i], -1);
    sched->replan = false;
    for (size_t i = 0; i < sched->n_held; i++) {
        sched->held[i].start = find(sched, &sched->held[i].item, now);
        enter(sched, &sched->held[i], 1);
    }
}

/* The first reserved start; SIMTIME_NEVER if there is none. O(held jobs), a scan. */
static simtime first_start(const struct sched *sched)
{
    simtime first = SIMTIME_NEVER;
    for (size_t i = 0; i < sched->n_held; i++)
        first = sched->held[i].start < first ? sched->held[i].start : first;
    return first;
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
    for (size_t i = 0; i < partition->n_windows; i++)
        if (partition->windows[i].to > now && partition->windows[i].to < next)
            next = partition->windows[i].to;
    return next;
}

/* A reservation whose time has come. One that cannot be kept (jobs outlived their requests, no
 * place on the nodes) waits, or moves to the next start there is. True if the job started. */
static bool start_or_move(struct sched *sched, size_t i, simtime now)
{
    const struct profile *profile = sched->partition->profile;
    struct held held = sched->held[i];
    enter(sched, &held, -1);
    const bool planned = profile_least(profile, now, now + held.item.request) >= held.item.procs;
    const bool starts = planned && sched_can_start(sched, &held.item, now);
    if (starts) {
        sched->held[i].start = SIMTIME_NEVER;
        drop(sched, i);
        sched_start(sched, &held.item);
        return true;
    }
    if (sched->partition->overdue) {
        held.start = now;
    } else {
        const simtime after = planned ? next_release(sched, now) : now;
        held.start = after < SIMTIME_NEVER ? find(sched, &held.item, after) : after;
    }
    sched->held[i].start = held.start;
    enter(sched, &held, 1);
    return false;
}

static void start_due(struct sched *sched, simtime now)
{
    if (first_start(sched) > now)
        return;
    for (size_t i = 0; i < sched->n_held;)
        if (sched->held[i].start > now || !start_or_move(sched, i, now))
            i++;
}

void sched_conservative_pass(struct sched *sched, simtime now)
{
    const bool overran =
        sched->partition->overdue > 0 || (sched->config.extend && first_start(sched) < now);
    sort_anew(sched, now);
    if (overran || sched->lost)
        plan_anew(sched, now);
    else if (sched->replan)
        enter_all(sched);
    sched->lost = false;
    if (sched->early)
        compress(sched, now);
    sched->early = sched->vacated = false;
    place_fresh(sched, now);
    start_due(sched, now);
}

simtime sched_next_start(const struct sched *sched, simtime now)
{
    simtime next = SIMTIME_NEVER;
    for (size_t i = 0; i < sched->n_held; i++)
        if (sched->held[i].start > now && sched->held[i].start < next)
            next = sched->held[i].start;
    /* While jobs outlive their requests the plan stands on releases that do not come: behind a job
     * of no length it would be tried again each microsecond. */
    if (sched->partition->overdue > 0 && next < now + SIMTIME_SECOND)
        next = now + SIMTIME_SECOND;
    return next;
}

void sched_check_plan(struct sched *sched, simtime now)
{
    const struct partition *partition = sched->partition;
    REQUIRE(sched->n_held == queue_len(&sched->queue));
    for (size_t i = 0; i < sched->n_held; i++) {
        const struct held *held = &sched->held[i];
        REQUIRE(i == 0 || key_before(sched->held[i - 1].item.key, held->item.key));
        REQUIRE(partition->overdue || partition->constrained || held->start > now);
        enter(sched, held, -1);
    }
    partition_check(sched->partition, now);
    for (size_t i = 0; i < sched->n_held; i++)
        enter(sched, &sched->held[i], 1);
    if (partition->overdue || partition->constrained)
        return;
    for (simtime t = now; t < SIMTIME_NEVER; t = profile_next_step(partition->profile, t))
        REQUIRE(profile_at(partition->profile, t) >= 0 || partition->windows_end > t);
}
