/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/draft.h"

#include "model/profile_tree.h"
#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* Levels begin within this, and so much may be taken in all, for 32 bits to hold them. */
#define LEVEL_MOST (INT64_C(1) << 30)

void draft_deinit(struct draft *draft)
{
    free(draft->parts.items);
}

void draft_begin(struct draft *draft, struct profile *profile, simtime now)
{
    draft->profile = profile;
    draft->touched = now;
    draft->taken = draft->found = 0;
    draft->parts.len = 0;
    int64_t level[DRAFT_STEPS / 2];
    draft->time[0] = now;
    level[0] = profile_at(profile, now);
    draft->flat = profile_steps(profile) < ARRAY_LEN(level);
    if (!draft->flat)
        return;
    const size_t len = profile_list(profile, draft->time + 1, level + 1);
    draft->len = 1 + (uint32_t)len;
    for (uint32_t i = 0; i < draft->len; i++) {
        draft->flat &= level[i] > -LEVEL_MOST && level[i] < LEVEL_MOST;
        draft->free[i] = (int32_t)level[i];
    }
}

/* The step that holds at t >= time[0], which is not far from where the last search ended. */
static inline uint32_t step_at(const struct draft *draft, simtime t)
{
    uint32_t i = draft->found;
    while (i + 1 < draft->len && draft->time[i + 1] <= t)
        i++;
    while (i > 0 && draft->time[i] > t)
        i--;
    return i;
}

static void move_tail(struct draft *draft, uint32_t from, uint32_t to)
{
    const uint32_t count = draft->len - from;
    memmove(draft->time + to, draft->time + from, count * sizeof(draft->time[0]));
    memmove(draft->free + to, draft->free + from, count * sizeof(draft->free[0]));
}

void draft_advance(struct draft *draft, simtime now)
{
    const uint32_t gone = count_upto(draft->time, draft->len, now) - 1;
    REQUIRE(draft->flat && now >= draft->time[0]);
    move_tail(draft, gone, 0);
    draft->len -= gone;
    draft->time[0] = now;
    draft->found = 0;
}

static void enter(const struct draft *draft, struct profile *profile, simtime now, int sign)
{
    for (size_t i = 0; i < draft->parts.len; i++) {
        const struct draft_part *part = &draft->parts.items[i];
        const simtime from = part->from > now ? part->from : now;
        if (part->to > from)
            profile_reserve(profile, from, part->to, (int64_t)sign * part->procs);
    }
}

/* Too much for the few: the profile holds it from now on. */
static COLD void leave_flat(struct draft *draft)
{
    draft->flat = false;
    enter(draft, draft->profile, INT64_MIN, 1);
}

void draft_extended(struct draft *draft)
{
    if (draft->flat)
        leave_flat(draft);
}

void draft_end(struct draft *draft)
{
    if (!draft->flat)
        enter(draft, draft->profile, INT64_MIN, -1);
}

void draft_check(const struct draft *draft, simtime now)
{
    struct profile *profile = profile_copy(draft->profile);
    REQUIRE(draft->flat);
    enter(draft, profile, now, 1);
    for (simtime t = now; t < SIMTIME_NEVER; t = profile_next_step(profile, t))
        REQUIRE(draft_at(draft, t) == profile_at(profile, t));
    for (uint32_t i = 0; i < draft->len; i++)
        if (draft->time[i] > now)
            REQUIRE(draft->free[i] == profile_at(profile, draft->time[i]));
    profile_free(profile);
}

/* Step i, which holds at `begin`, and those up to `to`, where the first one at `end` or later is,
 * become what they are less procs: at most two steps more, or two fewer. */
static void take_any(struct draft *draft, uint32_t i, uint32_t to, simtime begin, simtime end,
                     int32_t procs)
{
    simtime *time = draft->time;
    int32_t *free = draft->free;
    const bool begins = time[i] == begin, ends = to < draft->len && time[to] == end;
    const int32_t level = free[i] - procs, after = ends ? free[to] : free[to - 1];
    /* A step that changes nothing vanishes. */
    const bool keep_first = !begins || i == 0 || level != free[i - 1];
    const bool keep_last = after != free[to - 1] - procs;
    const uint32_t first = i + !begins, middle = first + keep_first;
    const uint32_t last = middle + (to - i - 1), next = last + keep_last, tail = to + ends;
    if (next > tail)
        move_tail(draft, tail, next);
    if (middle != i + 1) {
        memmove(time + middle, time + i + 1, (to - i - 1) * sizeof(time[0]));
        memmove(free + middle, free + i + 1, (to - i - 1) * sizeof(free[0]));
    }
    for (uint32_t k = middle; k < last; k++)
        free[k] -= procs;
    if (next < tail)
        move_tail(draft, tail, next);
    if (keep_first) {
        time[first] = begin;
        free[first] = level;
    }
    if (keep_last) {
        time[last] = end;
        free[last] = after;
    }
    draft->len = draft->len - tail + next;
    draft->found = first > 0 ? first - 1 : 0;
}

/* `i` holds at `begin`. False if there is no room. */
static inline bool take(struct draft *draft, uint32_t i, simtime begin, simtime end, int32_t procs)
{
    simtime *time = draft->time;
    int32_t *free = draft->free;
    REQUIRE(begin < end && procs > 0);
    if (UNLIKELY(draft->len + 2 > DRAFT_STEPS || draft->taken + procs > LEVEL_MOST))
        return false;
    draft->taken += procs;
    uint32_t to = i + 1;
    while (to < draft->len && time[to] < end)
        to++;
    if (UNLIKELY(time[i] != begin || (to < draft->len && time[to] == end) ||
                 (i > 0 && free[i - 1] == free[i] - procs))) {
        take_any(draft, i, to, begin, end, procs);
        return true;
    }
    /* Most begin at a step and end beside one. */
    move_tail(draft, to, to + 1);
    time[to] = end;
    free[to] = free[to - 1];
    for (uint32_t k = i; k < to; k++)
        free[k] -= procs;
    draft->len++;
    draft->found = i;
    return true;
}

static inline void touch(struct draft *draft, simtime from)
{
    draft->touched = from < draft->touched ? from : draft->touched;
}

static inline void note(struct draft *draft, simtime from, simtime to, simtime awaited,
                        int32_t procs)
{
    MEM_GROW(&draft->parts);
    draft->parts.items[draft->parts.len++] = (struct draft_part){from, to, awaited, procs};
}

/* `i` holds at `from`, if it is flat. */
static inline void reserve(struct draft *draft, uint32_t i, simtime from, simtime to,
                           simtime awaited, int32_t procs)
{
    touch(draft, from);
    note(draft, from, to, awaited, procs);
    if (!draft->flat)
        profile_reserve(draft->profile, from, to, procs);
    else if (UNLIKELY(!take(draft, i, from, to, procs)))
        leave_flat(draft);
}

void draft_reserve(struct draft *draft, simtime from, simtime to, int32_t procs)
{
    reserve(draft, draft->flat ? step_at(draft, from) : 0, from, to, 0, procs);
}

/* What is taken before `from` up to the first step before it makes one with what is taken from
 * there on, if no step stands between: either the rise that is waited for comes earlier, or as much
 * is taken there. False if it is not that simple. */
static inline bool reserve_simply(struct draft *draft, simtime soon, simtime from, simtime to,
                                  int32_t procs)
{
    const uint32_t i = draft->found; /* by the search that led here */
    if (i == 0 || i >= draft->len || draft->time[i] != from || draft->time[i - 1] >= soon ||
        draft->len + 2 > DRAFT_STEPS)
        return false;
    const int32_t coming = draft->free[i] - draft->free[i - 1];
    if (coming >= procs) {
        reserve(draft, i, from, to, 0, procs);
        return true;
    }
    if (UNLIKELY(coming <= 0))
        return false;
    note(draft, soon, from, from, procs - coming);
    draft->time[i] = soon;
    touch(draft, soon);
    note(draft, from, to, 0, procs);
    if (UNLIKELY(!take(draft, i, soon, to, procs)))
        leave_flat(draft);
    return true;
}

void draft_reserve_early(struct draft *draft, simtime soon, simtime from, simtime to, int32_t procs)
{
    if (LIKELY(draft->flat) && reserve_simply(draft, soon, from, to, procs))
        return;
    const int64_t then = draft_at(draft, from);
    for (simtime s = soon, next; s < from; s = next) {
        next = draft_next_step(draft, s);
        next = next < from ? next : from;
        const int64_t coming = then - draft_at(draft, s);
        if (coming < procs)
            reserve(draft, draft->flat ? step_at(draft, s) : 0, s, next, from,
                    coming > 0 ? procs - (int32_t)coming : procs);
    }
    draft_reserve(draft, from, to, procs);
}

bool draft_took_beside(const struct draft *draft, simtime end)
{
    for (size_t i = 0; i < draft->parts.len; i++)
        if (draft->parts.items[i].from < end && end <= draft->parts.items[i].awaited)
            return true;
    return false;
}

void draft_started(struct draft *draft, simtime from, simtime to, int32_t procs)
{
    touch(draft, from);
    if (draft->flat && UNLIKELY(!take(draft, step_at(draft, from), from, to, procs)))
        leave_flat(draft);
}

/* --- searches --- */

/* A bit for each of DRAFT_SOME levels that is lower than procs. */
static inline uint32_t low_of_some(const int32_t *level, int32_t procs)
{
#if defined(__SSE2__)
    const __m128i least = _mm_set1_epi32(procs);
    __m128i four[DRAFT_SOME / 4];
    for (size_t i = 0; i < DRAFT_SOME / 4; i++)
        four[i] =
            _mm_cmplt_epi32(_mm_loadu_si128((const __m128i *)(const void *)(level + 4 * i)), least);
    return (uint32_t)_mm_movemask_epi8(
        _mm_packs_epi16(_mm_packs_epi32(four[0], four[1]), _mm_packs_epi32(four[2], four[3])));
#else
    uint32_t bits = 0;
    for (uint32_t i = 0; i < DRAFT_SOME; i++)
        bits |= (uint32_t)(level[i] < procs) << i;
    return bits;
#endif
}

/* Which of the steps from `at` on that are compared at once there are. */
static inline uint32_t some_of(const struct draft *draft, uint32_t at)
{
    const uint32_t left = draft->len - at;
    return left < DRAFT_SOME ? (UINT32_C(1) << left) - 1 : (UINT32_C(1) << DRAFT_SOME) - 1;
}

static simtime earliest(struct draft *draft, simtime after, simtime last, simtime duration,
                        int32_t procs)
{
    simtime t = after, end = t < INT64_MAX - duration ? t + duration : INT64_MAX;
    uint32_t i = after > draft->time[0] ? count_upto(draft->time, draft->len, after) - 1 : 0;
    draft->found = i;
    draft->beyond = SIMTIME_NEVER;
    bool room = draft->free[i++] >= procs;
    for (; i < draft->len; i += DRAFT_SOME) {
        const uint32_t some = some_of(draft, i);
        const uint32_t low = low_of_some(draft->free + i, procs) & some, high = ~low & some;
        uint32_t rest = some;
        for (;;) {
            if (!room) {
                const uint32_t rises = high & rest;
                if (rises == 0)
                    break;
                draft->found = i + (uint32_t)__builtin_ctz(rises);
                t = draft->time[draft->found];
                if (t > last) {
                    draft->beyond = t;
                    return SIMTIME_NEVER;
                }
                end = t < INT64_MAX - duration ? t + duration : INT64_MAX;
                rest &= -(rises & -rises);
                room = true;
            }
            const uint32_t falls = low & rest;
            if (falls == 0)
                break;
            if (draft->time[i + (uint32_t)__builtin_ctz(falls)] >= end)
                return t;
            rest &= -(falls & -falls);
            room = false;
        }
        if (room && draft->time[i + (uint32_t)(31 - __builtin_clz(some))] >= end)
            return t;
    }
    return room && t <= last ? t : SIMTIME_NEVER;
}

simtime draft_earliest(struct draft *draft, simtime after, simtime last, simtime duration,
                       int32_t procs)
{
    if (LIKELY(draft->flat))
        return earliest(draft, after, last, duration, procs);
    const simtime at = profile_earliest(draft->profile, after, duration, procs);
    return at <= last ? at : SIMTIME_NEVER;
}

static inline simtime upto_never(simtime t)
{
    return t < SIMTIME_NEVER ? t : SIMTIME_NEVER;
}

int64_t draft_at(const struct draft *draft, simtime t)
{
    if (!draft->flat)
        return profile_at(draft->profile, t);
    return draft->free[step_at(draft, t)];
}

simtime draft_next_step(const struct draft *draft, simtime t)
{
    if (!draft->flat)
        return profile_next_step(draft->profile, t);
    const uint32_t next = step_at(draft, t) + 1;
    return next < draft->len ? upto_never(draft->time[next]) : SIMTIME_NEVER;
}

simtime draft_until(const struct draft *draft, simtime from, int32_t procs)
{
    if (!draft->flat)
        return profile_until(draft->profile, from, procs);
    uint32_t i = from > draft->time[0] ? count_upto(draft->time, draft->len, from) - 1 : 0;
    if (draft->free[i++] < procs)
        return from;
    for (; i < draft->len; i += DRAFT_SOME) {
        const uint32_t low = low_of_some(draft->free + i, procs) & some_of(draft, i);
        if (low != 0)
            return upto_never(draft->time[i + (uint32_t)__builtin_ctz(low)]);
    }
    return SIMTIME_NEVER;
}
