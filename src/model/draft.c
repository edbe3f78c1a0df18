/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/draft.h"

#include "model/profile_tree.h"
#include "util/mem.h"

#include <math.h>
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

/* There are so many steps, and behind them what ends searches. */
static inline void set_len(struct draft *draft, uint32_t len)
{
    int32_t *behind = draft->free + len;
    draft->len = len;
    draft->time[len] = INT64_MAX;
    for (uint32_t i = 0; i < DRAFT_SOME; i++)
        behind[i] = INT32_MIN;
}

void draft_begin(struct draft *draft, struct profile *profile, simtime now)
{
    draft->profile = profile;
    draft->touched = now;
    draft->wanted = INT32_MAX;
    draft->taken = draft->found = 0;
    draft->parts.len = 0;
    int64_t level[DRAFT_STEPS / 2];
    draft->time[0] = now;
    level[0] = profile_at(profile, now);
    draft->flat = profile_steps(profile) < ARRAY_LEN(level);
    if (!draft->flat)
        return;
    const size_t len = profile_list(profile, draft->time + 1, level + 1);
    set_len(draft, 1 + (uint32_t)len);
    for (uint32_t i = 0; i < draft->len; i++) {
        draft->flat &= level[i] > -LEVEL_MOST && level[i] < LEVEL_MOST;
        draft->free[i] = (int32_t)level[i];
    }
}

/* The step that holds at t >= time[0], which is not far from where the last search ended. */
static inline uint32_t step_at(const struct draft *draft, simtime t)
{
    if (t == draft->time[0]) /* which is what most ask for */
        return 0;
    uint32_t i = draft->found;
    while (draft->time[i + 1] <= t)
        i++;
    while (i > 0 && draft->time[i] > t)
        i--;
    return i;
}

/* The steps from `gone` on come to stand at `at` before it. */
static void close_gap(struct draft *draft, uint32_t at, uint32_t gone)
{
    const uint32_t count = draft->len - gone;
    memmove(draft->time + at, draft->time + gone, count * sizeof(draft->time[0]));
    memmove(draft->free + at, draft->free + gone, count * sizeof(draft->free[0]));
    set_len(draft, at + count);
}

/* Two times, or four levels. */
typedef int64_t moved __attribute__((vector_size(16)));

/* One step more, before the one at `at`. Few stand behind: what is beyond the last may be moved as
 * well. */
static inline void open_gap(struct draft *draft, uint32_t at, simtime begin, int32_t level)
{
    simtime *time = draft->time + at;
    int32_t *free = draft->free + at;
    const uint32_t len = draft->len++;
    moved times[2], levels;
    ptrdiff_t k = (ptrdiff_t)((len - at + DRAFT_MOVED - 1) / DRAFT_MOVED * DRAFT_MOVED);
    while ((k -= DRAFT_MOVED) >= 0) {
        memcpy(&times[0], time + k, sizeof(moved));
        memcpy(&times[1], time + k + 2, sizeof(moved));
        memcpy(&levels, free + k, sizeof(moved));
        memcpy(time + k + 1, &times[0], sizeof(moved));
        memcpy(time + k + 3, &times[1], sizeof(moved));
        memcpy(free + k + 1, &levels, sizeof(moved));
    }
    *time = begin;
    *free = level;
    draft->time[len + 1] = INT64_MAX;
    draft->free[len + DRAFT_SOME] = INT32_MIN; /* the others behind are so already */
}

void draft_advance(struct draft *draft, simtime now)
{
    const uint32_t gone = count_upto(draft->time, draft->len, now) - 1;
    REQUIRE(draft->flat && now >= draft->time[0]);
    if (gone > 0)
        close_gap(draft, 0, gone);
    draft->time[0] = now;
    draft->found = 0;
}

static void enter(const struct draft *draft, struct profile *profile, simtime now, int sign)
{
    for (size_t i = 0; i < draft->parts.len; i++) {
        const struct draft_part *part = &draft->parts.items[i];
        const simtime soon = part->soon > now ? part->soon : now;
        const simtime from = part->from > now ? part->from : now;
        const simtime till = part->from < part->to ? part->from : part->to;
        if (part->early > 0 && till > soon)
            profile_reserve(profile, soon, till, (int64_t)sign * part->early);
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

static inline void touch(struct draft *draft, simtime from)
{
    draft->touched = from < draft->touched ? from : draft->touched;
}

/* Take from step i on, which `vanishes` if the one before holds as much as it does afterwards.
 * False if there is no room. */
static inline bool take_from_step(struct draft *draft, uint32_t i, bool vanishes, simtime end,
                                  int32_t procs)
{
    simtime *at = draft->time + i;
    int32_t *free = draft->free + i, level;
    REQUIRE(*at < end && procs > 0);
    if (UNLIKELY(draft->len == DRAFT_STEPS || draft->taken + procs > LEVEL_MOST))
        return false;
    draft->taken += procs;
    draft->found = i - vanishes;
    const int32_t wanted = draft->wanted;
    do {
        level = *free;
        const int32_t left = level - procs;
        *free++ = left;
        if (UNLIKELY(left < wanted))
            touch(draft, *at);
    } while (*++at < end);
    const uint32_t to = (uint32_t)(at - draft->time);
    if (LIKELY(*at != end)) {
        if (!vanishes) {
            open_gap(draft, to, end, level);
            return true;
        }
        /* The one at the end takes its place. */
        for (uint32_t k = i + 1; k < to; k++) {
            draft->time[k - 1] = draft->time[k];
            draft->free[k - 1] = draft->free[k];
        }
        at[-1] = end;
        free[-1] = level;
        return true;
    }
    if (free[0] == free[-1])
        close_gap(draft, to, to + 1);
    if (vanishes)
        close_gap(draft, i, i + 1);
    return true;
}

/* `i` holds at `begin`. False if there is no room. */
static inline bool take(struct draft *draft, uint32_t i, simtime begin, simtime end, int32_t procs)
{
    if (draft->time[i] != begin) {
        if (UNLIKELY(draft->len == DRAFT_STEPS))
            return false;
        open_gap(draft, i + 1, begin, draft->free[i]);
        i++;
    }
    const bool vanishes = i > 0 && draft->free[i - 1] == draft->free[i] - procs;
    return take_from_step(draft, i, vanishes, end, procs);
}

static inline void note(struct draft *draft, struct draft_part part)
{
    MEM_GROW(&draft->parts);
    draft->parts.items[draft->parts.len++] = part;
}

/* `i` holds at `from`, if it is flat. */
static void reserve(struct draft *draft, simtime from, simtime to, int32_t procs)
{
    if (draft->flat && LIKELY(take(draft, step_at(draft, from), from, to, procs)))
        return;
    touch(draft, from);
    if (draft->flat)
        leave_flat(draft);
    else
        profile_reserve(draft->profile, from, to, procs);
}

void draft_reserve(struct draft *draft, simtime from, simtime to, int32_t procs)
{
    note(draft, (struct draft_part){from, from, to, 0, procs});
    reserve(draft, from, to, procs);
}

/* Up to here times are exact as floating point. */
#define EXACT (INT64_C(1) << 52)

/* A little less than 1 / step: one multiple too few comes out at worst. */
struct draft_grid draft_grid(simtime step)
{
    return (struct draft_grid){step, nextafter(1 / (double)step, 0)};
}

/* The last multiple at or before t >= 0. A division would take as long as all else that a
 * reservation needs. */
static inline simtime multiple(const struct draft_grid *grid, simtime t)
{
    if (UNLIKELY(t >= EXACT))
        return t / grid->step * grid->step;
    const simtime near = (simtime)((double)t * grid->inverse) * grid->step;
    return t - near >= grid->step ? near + grid->step : near;
}

static inline simtime soon_of(const struct draft_grid *grid, simtime now, simtime from)
{
    const simtime soon = multiple(grid, from) - 1;
    return soon > now ? soon : now;
}

/* Step by step. */
static NOINLINE void reserve_early(struct draft *draft, simtime soon, simtime from, simtime to,
                                   int32_t procs)
{
    const int64_t then = draft_at(draft, from);
    for (simtime s = soon, next; s < from; s = next) {
        next = draft_next_step(draft, s);
        next = next < from ? next : from;
        const int64_t coming = then - draft_at(draft, s);
        if (coming >= procs)
            continue;
        const int32_t early = coming > 0 ? procs - (int32_t)coming : procs;
        note(draft, (struct draft_part){s, from, next, early, procs});
        reserve(draft, s, next, early);
    }
    draft_reserve(draft, from, to, procs);
}

/* What is taken before `from` up to the first step before it makes one with what is taken from
 * there on, if no step stands between: either the rise that is waited for comes earlier, or as much
 * is taken there. It is mostly that simple: `from` is where the last search ended. */
void draft_reserve_wide(struct draft *draft, const struct draft_grid *grid, simtime now,
                        simtime from, simtime to, int32_t procs)
{
    const simtime step = grid->step;
    const uint32_t i = draft->found;
    to = UNLIKELY(to > SIMTIME_NEVER - step) ? to : multiple(grid, to + step - 1);
    if (UNLIKELY(!draft->flat || i == 0 || draft->time[i] != from)) {
        reserve_early(draft, soon_of(grid, now, from), from, to, procs);
        return;
    }
    const int32_t coming = draft->free[i] - draft->free[i - 1];
    struct draft_part part = {from, from, to, 0, procs};
    if (coming < procs || draft->time[i - 1] >= from - step) {
        const simtime soon = soon_of(grid, now, from);
        if (UNLIKELY(coming <= 0 || draft->time[i - 1] >= soon)) {
            reserve_early(draft, soon, from, to, procs);
            return;
        }
        if (coming < procs) {
            part.early = procs - coming;
            draft->time[i] = part.soon = soon;
        }
    }
    note(draft, part);
    if (UNLIKELY(!take_from_step(draft, i, coming == procs, to, procs))) {
        touch(draft, part.soon);
        leave_flat(draft);
    }
}

bool draft_took_beside(const struct draft *draft, simtime end)
{
    for (size_t i = 0; i < draft->parts.len; i++)
        if (draft->parts.items[i].soon < end && end <= draft->parts.items[i].from)
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

/* A bit for each of DRAFT_SOME levels that is at least procs. */
static inline uint32_t high_of_some(const int32_t *level, int32_t procs)
{
#if defined(__SSE2__)
    const __m128i below = _mm_set1_epi32(procs - 1);
    __m128i four[DRAFT_SOME / 4];
    for (size_t i = 0; i < DRAFT_SOME / 4; i++)
        four[i] =
            _mm_cmpgt_epi32(_mm_loadu_si128((const __m128i *)(const void *)(level + 4 * i)), below);
    return (uint32_t)_mm_movemask_epi8(
        _mm_packs_epi16(_mm_packs_epi32(four[0], four[1]), _mm_packs_epi32(four[2], four[3])));
#else
    uint32_t bits = 0;
    for (uint32_t i = 0; i < DRAFT_SOME; i++)
        bits |= (uint32_t)(level[i] >= procs) << i;
    return bits;
#endif
}

static inline simtime upto_never(simtime t)
{
    return t < SIMTIME_NEVER ? t : SIMTIME_NEVER;
}

/* The instant at which the first hole begins that does so at one of the steps [i, end); NULL: none.
 * Those behind are looked at unless it matters: `ends`. */
static inline const simtime *first_hole(const struct draft *draft, uint32_t i, uint32_t end,
                                        bool ends, simtime duration, int32_t procs)
{
    const uint32_t beyond = 1 << DRAFT_SOME; /* what holds by then may be long enough */
    const simtime *time = draft->time + i, *const stop = draft->time + end, *rise = NULL;
    const int32_t *free = draft->free + i;
    for (uint32_t room = 0; time < stop || (ends && room); time += DRAFT_SOME, free += DRAFT_SOME) {
        const uint32_t high = high_of_some(free, procs);
        /* A bit for each step at which room begins or, the next one, ends. */
        uint32_t turns = ((high ^ (high << 1 | room)) & (beyond - 1)) | beyond;
        if (room) {
            if (time[__builtin_ctz(turns)] - *rise >= duration)
                return rise;
            turns &= turns - 1;
        }
        while (turns > beyond) {
            rise = time + __builtin_ctz(turns);
            if (ends && rise >= stop)
                return NULL;
            turns &= turns - 1;
            if (time[__builtin_ctz(turns)] - *rise >= duration)
                return rise;
            turns &= turns - 1;
        }
        room = high >> (DRAFT_SOME - 1);
    }
    return NULL;
}

static inline simtime earliest(struct draft *draft, uint32_t i, simtime duration, int32_t procs)
{
    const simtime *at = first_hole(draft, i, draft->len, false, duration, procs);
    if (!at)
        return SIMTIME_NEVER;
    draft->found = (uint32_t)(at - draft->time);
    return *at;
}

/* Between steps there may be one at once. */
static NOINLINE simtime earliest_after(struct draft *draft, simtime after, simtime duration,
                                       int32_t procs)
{
    const simtime until = draft_until(draft, after, procs);
    const uint32_t i = count_upto(draft->time, draft->len, after);
    if (until > after && (until == SIMTIME_NEVER || until - after >= duration)) {
        draft->found = i - 1;
        return after;
    }
    return earliest(draft, i, duration, procs);
}

simtime draft_earliest(struct draft *draft, simtime after, simtime last, simtime duration,
                       int32_t procs)
{
    simtime at;
    duration = upto_never(duration);
    if (UNLIKELY(!draft->flat))
        at = profile_earliest(draft->profile, after, duration, procs);
    else if (UNLIKELY(after > draft->time[0]))
        at = earliest_after(draft, after, duration, procs);
    else
        at = earliest(draft, 0, duration, procs);
    if (at <= last)
        return at;
    draft->beyond = at;
    return SIMTIME_NEVER;
}

int32_t draft_most(const struct draft *draft, simtime end, uint32_t *ret_steps)
{
    int32_t most = draft->free[0];
    uint32_t i = 1;
    for (; draft->time[i] < end; i++)
        most = draft->free[i] > most ? draft->free[i] : most;
    *ret_steps = i;
    return most;
}

bool draft_begins_in(const struct draft *draft, uint32_t steps, simtime duration, int32_t procs)
{
    return first_hole(draft, 0, steps, true, upto_never(duration), procs);
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
    return upto_never(draft->time[next]);
}

simtime draft_until(const struct draft *draft, simtime from, int32_t procs)
{
    if (!draft->flat)
        return profile_until(draft->profile, from, procs);
    uint32_t i = from > draft->time[0] ? count_upto(draft->time, draft->len, from) - 1 : 0;
    if (draft->free[i++] < procs)
        return from;
    uint32_t high;
    while ((high = high_of_some(draft->free + i, procs)) == (1 << DRAFT_SOME) - 1)
        i += DRAFT_SOME;
    return upto_never(draft->time[i + (uint32_t)__builtin_ctz(~high)]);
}
