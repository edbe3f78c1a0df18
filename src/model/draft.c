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

/* Too much for the few: the profile holds it from now on. */
static COLD void leave_flat(struct draft *draft)
{
    draft->flat = false;
    for (size_t i = 0; i < draft->parts.len; i++) {
        const struct draft_part *part = &draft->parts.items[i];
        profile_reserve(draft->profile, part->from, part->to, part->procs);
    }
}

void draft_end(struct draft *draft)
{
    while (!draft->flat && draft->parts.len > 0) {
        const struct draft_part *part = &draft->parts.items[--draft->parts.len];
        profile_release(draft->profile, part->from, part->to, part->procs);
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

/* The steps [from, to) go to `at` and lose procs. */
static inline void move_taken(struct draft *draft, uint32_t from, uint32_t to, uint32_t at,
                              int32_t procs)
{
    if (at != from) {
        memmove(draft->time + at, draft->time + from, (to - from) * sizeof(draft->time[0]));
        memmove(draft->free + at, draft->free + from, (to - from) * sizeof(draft->free[0]));
    }
    for (uint32_t i = at; i < at + (to - from); i++)
        draft->free[i] -= procs;
}

/* False if there is no room. */
static bool take(struct draft *draft, simtime begin, simtime end, int32_t procs)
{
    simtime *time = draft->time;
    int32_t *free = draft->free;
    REQUIRE(begin < end && procs > 0);
    if (draft->len + 2 > DRAFT_STEPS || draft->taken + procs > LEVEL_MOST)
        return false;
    draft->taken += procs;
    /* Steps after the beginning, after the end; steps from the beginning on, from the end on. */
    const uint32_t from = step_at(draft, begin) + 1;
    uint32_t to = from;
    while (to < draft->len && time[to] <= end)
        to++;
    const uint32_t first = from - (time[from - 1] == begin), last = to - (time[to - 1] == end);
    /* A step that changes nothing vanishes. */
    const int32_t begins = free[from - 1] - procs, ends = free[to - 1];
    const bool keep_first = first == 0 || begins != free[first - 1];
    const bool keep_last = ends != free[last - 1] - procs;
    const uint32_t middle = first + keep_first, next = middle + (last - from) + keep_last;
    if (next > to)
        move_tail(draft, to, next);
    move_taken(draft, from, last, middle, procs);
    if (next < to)
        move_tail(draft, to, next);
    if (keep_first) {
        time[first] = begin;
        free[first] = begins;
    }
    if (keep_last) {
        time[next - 1] = end;
        free[next - 1] = ends;
    }
    draft->len = draft->len - to + next;
    draft->found = first > 0 ? first - 1 : 0;
    return true;
}

static inline void touch(struct draft *draft, simtime from)
{
    draft->touched = from < draft->touched ? from : draft->touched;
}

static inline void note(struct draft *draft, simtime from, simtime to, int32_t procs)
{
    touch(draft, from);
    MEM_GROW(&draft->parts);
    draft->parts.items[draft->parts.len++] = (struct draft_part){from, to, procs};
}

void draft_reserve(struct draft *draft, simtime from, simtime to, int32_t procs)
{
    note(draft, from, to, procs);
    if (!draft->flat)
        profile_reserve(draft->profile, from, to, procs);
    else if (UNLIKELY(!take(draft, from, to, procs)))
        leave_flat(draft);
}

/* What is taken before `from` up to the first step before it makes one with what is taken from
 * there on, if no step stands between: either the rise that is waited for comes earlier, or as much
 * is taken there. False if it is not that simple. */
static bool take_early(struct draft *draft, simtime soon, simtime from, simtime to, int32_t procs)
{
    const uint32_t i = step_at(draft, from);
    if (i == 0 || draft->time[i] != from || draft->time[i - 1] >= soon)
        return false;
    const int64_t coming = (int64_t)draft->free[i] - draft->free[i - 1];
    if (coming >= procs || draft->len + 2 > DRAFT_STEPS)
        return false;
    if (coming > 0)
        draft->time[i] = soon;
    note(draft, soon, from, coming > 0 ? procs - (int32_t)coming : procs);
    note(draft, from, to, procs);
    draft->found = i;
    if (UNLIKELY(!take(draft, soon, to, procs)))
        leave_flat(draft);
    return true;
}

void draft_reserve_early(struct draft *draft, simtime soon, simtime from, simtime to, int32_t procs)
{
    if (LIKELY(draft->flat) && take_early(draft, soon, from, to, procs))
        return;
    const int64_t then = draft_at(draft, from);
    for (simtime s = soon, next; s < from; s = next) {
        next = draft_next_step(draft, s);
        next = next < from ? next : from;
        const int64_t coming = then - draft_at(draft, s);
        if (coming < procs)
            draft_reserve(draft, s, next, coming > 0 ? procs - (int32_t)coming : procs);
    }
    draft_reserve(draft, from, to, procs);
}

void draft_started(struct draft *draft, simtime from, simtime to, int32_t procs)
{
    touch(draft, from);
    if (draft->flat && UNLIKELY(!take(draft, from, to, procs)))
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
                if (t > last)
                    return SIMTIME_NEVER;
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
