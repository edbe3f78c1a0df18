/* Conservative backfilling (Mu'alem and Feitelson, TPDS 2001): each job gets a reservation on its
 * arrival, the earliest that delays no other; when a job ends before its request, one pass over the
 * held jobs in queue order moves each to the earliest start that delays no other.
 *
 * That pass need not look at every job. A job stands at the earliest start there was when it was
 * last looked at, so it can only move if somewhere before its start, in a stretch that came free
 * since, free now reaches its processors. The stretches are the unused part of the job that ended
 * and the places that other jobs moved away from. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/sched.h"

#include "util/mem.h"

#include <stdlib.h>

/* More stretches than this are merged into the hull of the newest: a wider net catches no less. */
#define SPANS_MAX 32

static void add_span(struct spans *spans, simtime from, simtime to)
{
    if (spans->len == SPANS_MAX) {
        struct span *last = &spans->items[SPANS_MAX - 1];
        last->from = from < last->from ? from : last->from;
        last->to = to > last->to ? to : last->to;
        return;
    }
    MEM_GROW(spans);
    spans->items[spans->len++] = (struct span){from, to};
}

void sched_note_freed(struct sched *sched, simtime from, simtime to)
{
    add_span(&sched->freed, from, to);
}

/* Greatest free, over what the stretches hold of [from, to). INT64_MIN: they hold nothing of it. */
static int64_t greatest_freed(const struct sched *sched, simtime from, simtime to)
{
    int64_t greatest = INT64_MIN;
    for (size_t i = 0; i < sched->freed.len; i++) {
        const struct span *span = &sched->freed.items[i];
        const simtime a = span->from > from ? span->from : from;
        const simtime b = span->to < to ? span->to : to;
        if (a < b) {
            const int64_t free = profile_greatest(sched->partition->profile, a, b);
            greatest = free > greatest ? free : greatest;
        }
    }
    return greatest;
}

static struct jobkey start_key(const struct sched *sched, const struct job *job)
{
    return (struct jobkey){.score = (double)sched->reserved[job->slot], .seq = job->seq};
}

/* With DECIDE_EVERY a job can start only at a tick: the first at or after `t`. */
static simtime tick(const struct sched *sched, simtime t)
{
    const simtime every = sched->config.every;
    if (sched->config.decide != DECIDE_EVERY || t == SIMTIME_NEVER)
        return t;
    return (t + every - 1) / every * every;
}

static simtime find(const struct sched *sched, const struct jobitem *item, simtime after)
{
    const struct profile *profile = sched->partition->profile;
    simtime at = profile_earliest(profile, tick(sched, after), item->request, item->procs);
    while (tick(sched, at) != at)
        at = profile_earliest(profile, tick(sched, at), item->request, item->procs);
    return at;
}

static void hold(struct sched *sched, const struct jobitem *item, simtime at)
{
    if (item->slot >= sched->reserved_cap) {
        const size_t old = sched->reserved_cap;
        sched->reserved_cap = 2 * (size_t)item->slot + 64;
        sched->reserved =
            mem_resize(sched->reserved, sched->reserved_cap, sizeof(*sched->reserved));
        for (size_t i = old; i < sched->reserved_cap; i++)
            sched->reserved[i] = -1;
    }
    sched->reserved[item->slot] = at;
    if (at < SIMTIME_NEVER)
        profile_reserve(sched->partition->profile, at, at + item->request, item->procs);
    const struct jobitem entry = {.key = {.score = (double)at, .seq = item->key.seq},
                                  .slot = item->slot,
                                  .procs = item->procs,
                                  .request = item->request};
    jobtree_insert(sched->starts, &entry);
}

static bool is_held(const struct sched *sched, uint32_t slot)
{
    return slot < sched->reserved_cap && sched->reserved[slot] >= 0;
}

static void drop(struct sched *sched, const struct job *job)
{
    const simtime at = sched->reserved[job->slot];
    const simtime request = job->spec.request > 0 ? job->spec.request : 1;
    REQUIRE(jobtree_remove(sched->starts, start_key(sched, job)));
    sched->reserved[job->slot] = -1;
    if (at < SIMTIME_NEVER)
        profile_release(sched->partition->profile, at, at + request,
                        partition_procs(sched->partition, &job->spec.ask));
}

void sched_forget_plan(struct sched *sched, const struct job *job)
{
    if (!is_held(sched, job->slot))
        return;
    const simtime at = sched->reserved[job->slot];
    drop(sched, job);
    if (!sched->passing && at < SIMTIME_NEVER)
        add_span(&sched->freed, at, at + (job->spec.request > 0 ? job->spec.request : 1));
}

/* One held job, looked at once: to the earliest start that delays no other. */
static void pull_forward(struct sched *sched, const struct jobitem *item, simtime now)
{
    const struct job *job = jobs_at(sched->jobs, item->slot);
    const simtime old = sched->reserved[item->slot];
    if (old <= now || greatest_freed(sched, now, old) < item->procs)
        return;
    drop(sched, job);
    const simtime at = find(sched, item, now);
    REQUIRE(at <= old);
    hold(sched, item, at);
    if (at < old) {
        const simtime end = old < SIMTIME_NEVER ? old + item->request : SIMTIME_NEVER;
        add_span(&sched->freed, old, end);
        add_span(&sched->moved, old, end);
    }
}

/* The pass over held jobs. O(jobs that could move x (log + holes)), not O(queue), where the minima
 * of the queue rule the others out. */
static void compress(struct sched *sched, simtime now)
{
    sched->moved.len = 0;
    struct jobitem item;
    struct jobkey last;
    const struct jobkey *after = NULL;
    for (;;) {
        const int64_t bound = greatest_freed(sched, now, SIMTIME_NEVER);
        if (bound <= 0 || !queue_next_fit(&sched->queue, after, bound, SIMTIME_NEVER, 0, &item))
            break;
        last = item.key;
        after = &last;
        if (is_held(sched, item.slot))
            pull_forward(sched, &item, now);
    }
    /* What moved away is news to the jobs before it in the queue. */
    const struct spans seen = sched->freed;
    sched->freed = sched->moved;
    sched->moved = seen;
}

/* All reservations once more, in queue order. Where the profile was made anew without them, each
 * stays where it is; after a loss, or while jobs outlive their requests, each goes to the earliest
 * start there is, new arrivals in their places. */
static void plan_anew(struct sched *sched, simtime now, bool keep)
{
    struct jobitem item;
    const bool in_profile = !sched->replan;
    for (bool more = queue_first(&sched->queue, &item); more && in_profile;
         more = queue_next(&sched->queue, item.key, &item)) {
        const simtime at = is_held(sched, item.slot) ? sched->reserved[item.slot] : SIMTIME_NEVER;
        if (at < SIMTIME_NEVER)
            profile_release(sched->partition->profile, at, at + item.request, item.procs);
    }
    jobtree_free(sched->starts);
    sched->starts = jobtree_new();
    for (bool more = queue_first(&sched->queue, &item); more;
         more = queue_next(&sched->queue, item.key, &item)) {
        const bool held = is_held(sched, item.slot);
        if (keep && !held)
            continue;
        const simtime at = held ? sched->reserved[item.slot] : 0;
        hold(sched, &item, keep && at >= now ? at : find(sched, &item, now));
    }
    if (!keep)
        sched->freed.len = 0;
    else
        add_span(&sched->freed, now, SIMTIME_NEVER);
    sched->replan = sched->lost = false;
}

/* Does some start lie in the past? */
static bool is_late(const struct sched *sched, simtime now)
{
    struct jobitem first;
    return jobtree_first(sched->starts, &first) && first.key.score < (double)now;
}

static void place_fresh(struct sched *sched, simtime now)
{
    for (size_t i = 0; i < sched->fresh.len; i++) {
        const struct job *job = jobs_at(sched->jobs, sched->fresh.items[i]);
        const struct jobitem item =
            queue_item(&sched->queue, job, partition_procs(sched->partition, &job->spec.ask), now);
        if (!is_held(sched, item.slot))
            hold(sched, &item, find(sched, &item, now));
    }
}

/* A reservation whose time has come. One that cannot be kept (jobs outlived their requests, no
 * place on the nodes) moves to the next start there is. */
static void start_or_move(struct sched *sched, const struct jobitem *entry, simtime now)
{
    struct job *job = jobs_at(sched->jobs, entry->slot);
    const struct profile *profile = sched->partition->profile;
    drop(sched, job);
    const bool planned = profile_least(profile, now, now + entry->request) >= entry->procs;
    if (planned && sched_can_start(sched, entry, now)) {
        sched->start(sched->ctx, sched, job);
        return;
    }
    if (sched->partition->overdue) {
        hold(sched, entry, now);
        return;
    }
    const simtime after = planned ? profile_next_step(profile, now) : now;
    hold(sched, entry, after < SIMTIME_NEVER ? find(sched, entry, after) : after);
}

static void start_due(struct sched *sched, simtime now)
{
    struct jobitem entry;
    struct slots due = {0};
    for (bool more = jobtree_first(sched->starts, &entry); more && entry.key.score <= (double)now;
         more = jobtree_next(sched->starts, entry.key, &entry)) {
        MEM_GROW(&due);
        due.items[due.len++] = entry.slot;
    }
    for (size_t i = 0; i < due.len; i++) {
        const struct job *job = jobs_at(sched->jobs, due.items[i]);
        entry =
            queue_item(&sched->queue, job, partition_procs(sched->partition, &job->spec.ask), now);
        start_or_move(sched, &entry, now);
    }
    free(due.items);
}

void sched_conservative_pass(struct sched *sched, simtime now)
{
    const bool overran =
        sched->partition->overdue > 0 || (is_late(sched, now) && sched->config.extend);
    if (sched->replan || overran)
        plan_anew(sched, now, !overran && !sched->lost);
    if (sched->early && sched->freed.len > 0)
        compress(sched, now);
    sched->early = false;
    place_fresh(sched, now);
    start_due(sched, now);
}

simtime sched_next_start(const struct sched *sched, simtime now)
{
    if (!sched->starts)
        return SIMTIME_NEVER;
    const struct jobkey key = {.score = (double)now, .seq = UINT64_MAX};
    struct jobitem entry;
    if (!jobtree_next(sched->starts, key, &entry) || entry.key.score >= (double)SIMTIME_NEVER)
        return SIMTIME_NEVER;
    return (simtime)entry.key.score;
}

void sched_check_plan(struct sched *sched, simtime now)
{
    struct jobitem entry;
    struct profile *profile = sched->partition->profile;
    jobtree_check(sched->starts);
    REQUIRE(jobtree_len(sched->starts) == queue_len(&sched->queue));
    for (int sign = 1; sign >= -1; sign -= 2) {
        for (bool more = jobtree_first(sched->starts, &entry); more;
             more = jobtree_next(sched->starts, entry.key, &entry)) {
            const simtime at = sched->reserved[entry.slot];
            if (at == SIMTIME_NEVER)
                continue;
            REQUIRE(sched->partition->overdue || sched->partition->constrained || at > now);
            profile_reserve(profile, at, at + entry.request, -sign * (int64_t)entry.procs);
        }
        if (sign > 0)
            partition_check(sched->partition, now);
    }
    for (simtime t = now;
         t < SIMTIME_NEVER && !sched->partition->overdue && !sched->partition->constrained;
         t = profile_next_step(profile, t))
        REQUIRE(profile_at(profile, t) >= 0 || sched->partition->windows_end > t);
}
