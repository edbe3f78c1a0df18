/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/forecast.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

/* Jobs placed before the question is asked again whether that is enough. */
#define STRIDE 8

/* Jobs of a queue read at a time. */
#define SOME 32

void forecast_init(struct forecast *forecast, struct sched *sched, bool stale, size_t depth)
{
    *forecast = (struct forecast){.sched = sched, .stale = stale, .depth = depth};
}

void forecast_deinit(struct forecast *forecast)
{
    free(forecast->items);
    profile_free(forecast->base);
    profile_free(forecast->plan);
    profile_free(forecast->scratch);
}

static simtime request_of(const struct partition *partition, const struct job *job, int32_t procs)
{
    const simtime request = job_request(&job->spec, procs, partition->speeds);
    return request > 0 ? request : 1;
}

area forecast_area(const struct forecast *forecast, const struct job *job, int64_t *ret_procs)
{
    const struct partition *partition = forecast->sched->partition;
    *ret_procs = partition_procs(partition, &job->spec.ask);
    return (area)*ret_procs * request_of(partition, job, (int32_t)*ret_procs);
}

/* A conservative scheduler gives each job its reservation as it comes, whatever the order. */
static bool holds_reservations(const struct sched *sched)
{
    return sched->config.conservative && !sched->replan;
}

/* What is free, without the jobs that are placed here. Before it is read, reservations are not
 * known. */
static const struct profile *base_of(const struct forecast *forecast)
{
    return forecast->stale || (forecast->valid && forecast->reserved)
               ? forecast->base
               : forecast->sched->partition->profile;
}

/* As far as it is made. */
static const struct profile *plan_of(const struct forecast *forecast)
{
    return forecast->placed > 0 ? forecast->plan : base_of(forecast);
}

static void assign(struct profile **copy, const struct profile *profile)
{
    if (*copy)
        profile_assign(*copy, profile);
    else
        *copy = profile_copy(profile);
}

/* --- what is seen --- */

/* Work from the last look on, as it is now. */
static area find_backlog(const struct forecast *forecast)
{
    const area running =
        forecast->running - (area)forecast->sched->partition->counts.busy * forecast->at;
    return (running > 0 ? running : 0) + forecast->waiting + forecast->coming;
}

static void see_counts(struct forecast *forecast)
{
    const struct partition_counts *counts = &forecast->sched->partition->counts;
    forecast->free = cluster_free_procs(forecast->sched->partition->cluster);
    forecast->queued = counts->queued_procs - forecast->shared_procs + forecast->coming_procs;
    forecast->in_service = counts->capacity - counts->down;
    if (forecast->stale)
        forecast->backlog = find_backlog(forecast);
}

static bool key_before(struct jobkey a, struct jobkey b)
{
    return a.score != b.score ? a.score < b.score : a.seq < b.seq;
}

extern const struct order_type order_fcfs;

bool forecast_in_order(const struct forecast *forecast)
{
    const struct sched *sched = forecast->sched;
    return sched->config.conservative || sched->config.order == &order_fcfs;
}

/* Does who comes last stand last? */
static bool is_queue(const struct forecast *forecast)
{
    return forecast_in_order(forecast) && !forecast->sched->queue.classes;
}

struct jobitem forecast_item(const struct forecast *forecast, const struct job *job)
{
    const struct sched *sched = forecast->sched;
    const int32_t procs = partition_procs(sched->partition, &job->spec.ask);
    const simtime at = forecast->at > job->spec.submit ? forecast->at : job->spec.submit;
    struct jobitem item = queue_item(&sched->queue, job, procs, at);
    if (sched->config.conservative)
        item.key.score = 0;
    return item;
}

/* Where a job that waits here stands. */
static inline uint64_t places_of(const struct forecast *forecast, const struct jobitem *item)
{
    return forecast->shares ? job_waits_in(jobs_at(forecast->sched->jobs, item->slot)) : 0;
}

/* Room for `more` items. */
static inline void make_room(struct forecast *forecast, size_t more)
{
    if (LIKELY(forecast->len + more <= forecast->cap))
        return;
    forecast->cap = 2 * forecast->cap + SOME;
    forecast->items = mem_resize(forecast->items, forecast->cap, sizeof(*forecast->items));
}

static inline void append(struct forecast *forecast, const struct jobitem *item, simtime after,
                          uint64_t in)
{
    make_room(forecast, 1);
    forecast->items[forecast->len++] = (struct expected){*item, after, SIMTIME_NEVER, in};
}

/* A job holds a reservation in each of its partitions, and will use one. */
static void expect_shared(struct forecast *forecast)
{
    const struct sched *sched = forecast->sched;
    for (size_t i = 0; forecast->shares && i < sched->n_held; i++) {
        const uint64_t in = places_of(forecast, &sched->held[i].item);
        if (in_several(in))
            forecast_expect(forecast, jobs_at(sched->jobs, sched->held[i].item.slot), forecast->at,
                            in);
    }
}

static void read_queue(struct forecast *forecast)
{
    struct sched *sched = forecast->sched;
    struct queue *queue = &sched->queue;
    struct jobitem item, some[SOME];
    struct jobkey key;
    const simtime at = forecast->at;
    const bool shares = forecast->shares, conservative = sched->config.conservative;
    queue_settle(queue, forecast->at);
    if (holds_reservations(sched)) {
        for (size_t i = 0; i < sched->fresh.len; i++) {
            if (forecast->len == forecast->depth) {
                forecast->deeper = true;
                break;
            }
            item = forecast_item(forecast, jobs_at(sched->jobs, sched->fresh.items[i]));
            append(forecast, &item, forecast->at, places_of(forecast, &item));
        }
        expect_shared(forecast);
        return;
    }
    const struct jobkey *last = NULL;
    for (size_t n; (n = queue_some(queue, last, SOME, some)) > 0; last = &key) {
        const size_t room = forecast->depth - forecast->len;
        forecast->deeper = n > room;
        key = some[n - 1].key;
        n = n < room ? n : room;
        make_room(forecast, n);
        struct expected *to = &forecast->items[forecast->len];
        forecast->len += n;
        for (size_t i = 0; i < n; i++) {
            to[i].item = some[i];
            to[i].after = at;
            to[i].start = SIMTIME_NEVER;
            to[i].in = shares ? places_of(forecast, &some[i]) : 0;
            if (conservative)
                to[i].item.key.score = 0;
        }
        if (forecast->deeper)
            return;
    }
}

/* What gates let through and where tenants stand changes with what happens elsewhere. */
static bool is_kept(const struct forecast *forecast)
{
    const struct queue *queue = &forecast->sched->queue;
    return !forecast->stale && !queue->classes && !queue->tenancy.gates;
}

/* Nothing is placed yet. */
static void clear_plan(struct forecast *forecast)
{
    forecast->placed = 0;
    forecast->first = SIMTIME_NEVER;
}

void forecast_look(struct forecast *forecast, simtime at)
{
    const bool ages = forecast->sched->queue.order->ages;
    forecast->valid &= is_kept(forecast) && (forecast->at == at || !ages) &&
                       forecast->reserved == holds_reservations(forecast->sched);
    if (forecast->first < at)
        forecast_replan(forecast);
    forecast->at = at;
    see_counts(forecast);
}

bool forecast_look_on(struct forecast *forecast, const struct jobitem *item, simtime after)
{
    const struct partition *partition = forecast->sched->partition;
    const bool copied = base_of(forecast) != partition->profile;
    if (LIKELY(partition->horizon >= SIMTIME_NEVER) ||
        !((copied && forecast->horizon < partition->horizon) ||
          sched_look(forecast->sched, item, after, SIMTIME_NEVER)))
        return false;
    if (copied)
        partition_catch_up(partition, forecast->base, &forecast->horizon, &forecast->level);
    clear_plan(forecast);
    return true;
}

/* What is free but for running jobs and reservations, where the profile itself will not do. */
static void read_free(struct forecast *forecast)
{
    const struct sched *sched = forecast->sched;
    forecast->reserved = holds_reservations(sched);
    if (!forecast->stale && !forecast->reserved)
        return;
    assign(&forecast->base, sched->partition->profile);
    forecast->horizon = sched->partition->horizon;
    forecast->level = sched->partition->level;
    for (size_t i = 0; forecast->reserved && i < sched->n_held; i++) {
        const struct held *held = &sched->held[i];
        if (held->start < SIMTIME_NEVER && !in_several(places_of(forecast, &held->item)))
            profile_reserve(forecast->base, held->start, held->start + held->item.request,
                            held->item.procs);
    }
}

void forecast_read(struct forecast *forecast)
{
    forecast->valid = true;
    forecast->len = 0;
    forecast->deeper = false;
    clear_plan(forecast);
    read_free(forecast);
    read_queue(forecast);
}

/* The first of the items that does not stand before the key. */
size_t forecast_position(const struct forecast *forecast, struct jobkey key)
{
    size_t low = 0, high = forecast->len;
    /* Most come last. */
    if (high == 0 || key_before(forecast->items[high - 1].item.key, key))
        return high;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (key_before(forecast->items[middle].item.key, key))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void forecast_expect(struct forecast *forecast, const struct job *job, simtime after, uint64_t in)
{
    const struct jobitem item = forecast_item(forecast, job);
    size_t i = forecast_position(forecast, item.key);
    if (forecast->len == forecast->depth) {
        forecast->deeper = true;
        if (i == forecast->len)
            return;
        forecast->len--;
    }
    append(forecast, &item, after, in);
    if (i < forecast->len - 1) {
        struct expected *items = forecast->items;
        memmove(&items[i + 1], &items[i], (forecast->len - 1 - i) * sizeof(*items));
        items[i] = (struct expected){item, after, SIMTIME_NEVER, in};
    }
    if (i < forecast->placed)
        clear_plan(forecast);
}

/* Where the job stands among the items; `len`: it is not one of them. */
static size_t find_item(const struct forecast *forecast, const struct job *job)
{
    size_t i = 0;
    /* Most start as they come, others as they are first. */
    if (forecast->len > 0 && forecast->items[forecast->len - 1].item.slot == job->slot)
        return forecast->len - 1;
    while (i < forecast->len && forecast->items[i].item.slot != job->slot)
        i++;
    return i;
}

void forecast_joined(struct forecast *forecast, const struct job *job, simtime now)
{
    if (!is_kept(forecast)) {
        forecast_doubt(forecast);
        return;
    }
    if (!forecast->valid)
        return;
    if (job->joined == job->spec.submit) {
        forecast_expect(forecast, job, now, job_waits_in(job));
        return;
    }
    /* It was on its way, or ran and was stopped. */
    const size_t i = find_item(forecast, job);
    if (i == forecast->len || forecast->deeper) {
        forecast_doubt(forecast);
    } else if (forecast->items[i].after != now) {
        forecast->items[i].after = now;
        forecast->items[i].in = job_waits_in(job);
        if (i < forecast->placed)
            forecast_replan(forecast);
    }
}

void forecast_replan(struct forecast *forecast)
{
    if (forecast->stale)
        return;
    clear_plan(forecast);
    forecast->valid &= !forecast->sched->config.conservative;
}

/* Where nothing else was to start by now either, what was planned stands. */
static void find_first(struct forecast *forecast)
{
    forecast->first = SIMTIME_NEVER;
    for (size_t i = 0; i < forecast->placed; i++)
        if (forecast->items[i].start < forecast->first)
            forecast->first = forecast->items[i].start;
}

/* A job that starts before its turn came to be placed moves none of those that were, if they leave
 * it room: less is free to them, and where each stands it still fits. If not, the plan is of no use
 * any more. */
static inline bool fits_beside(struct forecast *forecast, const struct job *job, simtime now)
{
    return forecast->placed > 0 && !holds_reservations(forecast->sched) &&
           profile_place(forecast->plan, now, job->due - now, job->procs) == now;
}

void forecast_started(struct forecast *forecast, const struct job *job, simtime now)
{
    if (!forecast->valid || forecast->stale)
        return;
    struct expected *items = forecast->items;
    const size_t i = find_item(forecast, job);
    /* Another one takes its place among the first. */
    if (i == forecast->len || forecast->deeper) {
        forecast->valid = false;
        return;
    }
    const bool placed = i < forecast->placed, planned = placed && items[i].start == now;
    forecast->len--;
    memmove(&items[i], &items[i + 1], (forecast->len - i) * sizeof(*items));
    if (planned) {
        forecast->placed--;
        find_first(forecast);
    } else if (placed || !fits_beside(forecast, job, now)) {
        forecast_replan(forecast);
    }
}

/* --- the plan --- */

static inline simtime place(struct profile *plan, const struct expected *expected, simtime from)
{
    const struct jobitem *item = &expected->item;
    const simtime after = expected->after > from ? expected->after : from;
    return profile_place(plan, after, item->request, item->procs);
}

/* Place items, of the first `ahead`, until some of them take from the time [from, to). Whether one
 * did. */
static bool place_some(struct forecast *forecast, size_t ahead, simtime now, simtime from,
                       simtime to)
{
    struct expected *items = forecast->items;
    size_t i = forecast->placed;
    simtime first = forecast->first;
    uint32_t met = 0;
    if (i == 0)
        assign(&forecast->plan, base_of(forecast));
    struct profile *plan = forecast->plan;
    for (; i < ahead && met < STRIDE; i++) {
        const simtime start = place(plan, &items[i], now);
        if (UNLIKELY(start >= SIMTIME_NEVER) && forecast_look_on(forecast, &items[i].item, now))
            return place_some(forecast, ahead, now, from, to);
        items[i].start = start;
        first = start < first ? start : first;
        met += (uint32_t)(start < to) & (uint32_t)(from < start + items[i].item.request);
    }
    forecast->placed = i;
    forecast->first = first;
    return met > 0;
}

static simtime start_in(const struct profile *profile, const struct jobitem *item, simtime after)
{
    return profile_earliest(profile, after, item->request, item->procs);
}

struct profile *forecast_draft(struct forecast *forecast)
{
    assign(&forecast->scratch, base_of(forecast));
    return forecast->scratch;
}

/* Behind the first `ahead` of the items, from what is known of its start on: until it is known, or
 * not before `before`. */
static inline simtime planned_start(struct forecast *forecast, const struct jobitem *item,
                                    size_t ahead, simtime now, simtime before)
{
    if (ahead < forecast->placed) {
        struct profile *draft = forecast_draft(forecast);
        for (size_t i = 0; i < ahead; i++)
            place(draft, &forecast->items[i], now);
        return start_in(draft, item, forecast->bound);
    }
    while (forecast->bound < before && (!forecast->fits || forecast->placed < ahead)) {
        /* It stays where it is unless what is placed takes from its time, and then starts later. */
        const bool met =
            place_some(forecast, ahead, now, forecast->bound, forecast->bound + item->request);
        if (!forecast->fits || met)
            forecast->bound = start_in(plan_of(forecast), item, forecast->bound);
        forecast->fits = true;
    }
    return forecast->bound;
}

area forecast_backlog(const struct forecast *forecast)
{
    return forecast->stale ? forecast->backlog : find_backlog(forecast);
}

/* The job as an item that is not compared with others. */
static inline struct jobitem last_item(const struct forecast *forecast, const struct job *job)
{
    const struct partition *partition = forecast->sched->partition;
    const int32_t procs = partition_procs(partition, &job->spec.ask);
    return (struct jobitem){.procs = procs, .request = request_of(partition, job, procs)};
}

simtime forecast_alone(struct forecast *forecast, const struct job *job, simtime after)
{
    const struct profile *profile = forecast->sched->partition->profile;
    const struct jobitem item = last_item(forecast, job);
    simtime start;
    do
        start = start_in(forecast->stale ? forecast->base : profile, &item, after);
    while (UNLIKELY(start >= SIMTIME_NEVER) && forecast_look_on(forecast, &item, after));
    return start;
}

simtime forecast_done(const struct forecast *forecast, area work)
{
    if (forecast->in_service <= 0)
        return SIMTIME_NEVER;
    const area time = work / forecast->in_service;
    return time < SIMTIME_NEVER - forecast->at ? forecast->at + (simtime)time : SIMTIME_NEVER;
}

/* When all work that is there now would be done, were it spread evenly. */
static simtime drained(const struct forecast *forecast)
{
    return forecast_done(forecast, forecast_backlog(forecast));
}

/* Is the job, of so many processors, sure to find them free from `after` on, whatever the plan will
 * be? An item that waits until all before it have ended is late by its request at most, so that all
 * have ended once what runs has and all requests have passed, one after the other. */
static bool outlasts(const struct forecast *forecast, simtime after, int64_t procs)
{
    simtime end;
    if (forecast->whole || profile_last(base_of(forecast), &end) < procs)
        return false;
    for (size_t i = 0; i < forecast->len && end <= after; i++) {
        const struct expected *expected = &forecast->items[i];
        const simtime from = expected->after > forecast->at ? expected->after : forecast->at;
        end = (end > from ? end : from) + expected->item.request;
    }
    return end <= after;
}

/* The bound, if it is only to be found further ahead. */
static NOINLINE void look_for(struct forecast *forecast, simtime after, simtime request,
                              int32_t procs)
{
    const struct jobitem item = {.procs = procs, .request = request};
    while (forecast->bound >= SIMTIME_NEVER && forecast_look_on(forecast, &item, after))
        forecast->bound = profile_earliest(base_of(forecast), after, request, procs);
}

simtime forecast_bound(struct forecast *forecast, const struct job *job, enum broker_sees sees,
                       simtime after, bool *ret_exact)
{
    const struct partition *partition = forecast->sched->partition;
    const int32_t procs = partition_procs(partition, &job->spec.ask);
    if (sees == SEES_PLAN) {
        const simtime request = request_of(partition, job, procs);
        const struct profile *profile = forecast->stale ? forecast->base : partition->profile;
        const bool last = is_queue(forecast);
        bool outlasted = false;
        /* Behind all that is placed: no sooner than the plan has it, and just then once that is
         * all. */
        const bool behind = last && forecast->queued > 0 && forecast->valid;
        if (behind) {
            const simtime evenly = forecast->deeper ? drained(forecast) : after;
            after = evenly > after ? evenly : after;
            profile = forecast->placed > 0 ? forecast->plan : profile;
            outlasted = forecast->deeper && outlasts(forecast, after, procs);
        }
        forecast->asked = job->seq + 1;
        forecast->bound = profile_earliest(profile, after, request, procs);
        if (UNLIKELY(forecast->bound >= SIMTIME_NEVER))
            look_for(forecast, after, request, procs);
        forecast->fits = last && !holds_reservations(forecast->sched);
        *ret_exact = forecast->queued == 0 || outlasted ||
                     (behind && forecast->placed == forecast->len && forecast->placed > 0);
        return forecast->bound;
    }
    *ret_exact = true;
    if (procs <= forecast->free - forecast->queued)
        return after;
    const simtime evenly = sees == SEES_FREE ? SIMTIME_NEVER : drained(forecast);
    return evenly > after ? evenly : after;
}

simtime forecast_start(struct forecast *forecast, const struct job *job, simtime after,
                       simtime before)
{
    const bool last = is_queue(forecast);
    const struct jobitem item = last ? last_item(forecast, job) : forecast_item(forecast, job);
    const size_t ahead = last ? forecast->len : forecast_position(forecast, item.key);
    const simtime now = forecast->stale ? forecast->at : job->spec.submit;
    if (ahead == forecast->len && forecast->deeper) {
        const simtime evenly = drained(forecast);
        after = evenly > after ? evenly : after;
        if (after < before && outlasts(forecast, after, item.procs))
            return after;
    }
    if (forecast->asked != job->seq + 1 || forecast->bound < after) {
        forecast->asked = job->seq + 1;
        forecast->bound = after;
        forecast->fits = false;
    }
    const simtime bound = forecast->bound;
    for (;;) {
        const simtime start = planned_start(forecast, &item, ahead, now, before);
        if (LIKELY(start < SIMTIME_NEVER) || !forecast_look_on(forecast, &item, bound))
            return start;
        forecast->bound = bound;
        forecast->fits = false;
    }
}
