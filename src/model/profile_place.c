/* The earliest hole, found and taken in one go. Brokers and plans place some ten jobs one after the
 * other in a profile of some ten steps, which is one leaf: there the search that finds the hole
 * knows already where its ends stand. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/profile_tree.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* A bit for each of PROFILE_SOME levels that is lower than `sought`. */
static inline uint32_t low_of_some(const int64_t *level, int64_t sought)
{
#if defined(__SSE2__)
    /* The sign of a difference is in its upper half: halves are put together, and narrowed. */
    const __m128i least = _mm_set1_epi64x(sought);
    __m128i four[PROFILE_SOME / 4];
    for (size_t i = 0; i < PROFILE_SOME / 4; i++) {
        const __m128i a = _mm_loadu_si128((const __m128i *)(const void *)(level + 4 * i));
        const __m128i b = _mm_loadu_si128((const __m128i *)(const void *)(level + 4 * i + 2));
        four[i] = _mm_castps_si128(_mm_shuffle_ps(_mm_castsi128_ps(_mm_sub_epi64(a, least)),
                                                  _mm_castsi128_ps(_mm_sub_epi64(b, least)),
                                                  _MM_SHUFFLE(3, 1, 3, 1)));
    }
    return (uint32_t)_mm_movemask_epi8(
        _mm_packs_epi16(_mm_packs_epi32(four[0], four[1]), _mm_packs_epi32(four[2], four[3])));
#else
    uint32_t bits = 0;
    for (uint32_t i = 0; i < PROFILE_SOME; i++)
        bits |= (uint32_t)(level[i] < sought) << i;
    return bits;
#endif
}

/* A bit for each step in [from, to) of the leaf whose level is at least `sought`; from < to. */
static inline uint64_t high_steps(const struct leaf *leaf, uint32_t from, uint32_t to,
                                  int64_t sought)
{
    uint64_t low = 0;
    for (uint32_t i = from; i < to; i += PROFILE_SOME)
        low |= (uint64_t)low_of_some(leaf->level + i, sought) << i;
    return ~low & UINT64_MAX << from & UINT64_MAX >> (PROFILE_LEAF - to);
}

/* As leaf_hole, where the hole is behind many steps: which of them are high enough cannot be
 * foreseen, so that all are compared first. */
static inline bool hole_of_many(const struct leaf *leaf, simtime after, simtime duration,
                                int64_t sought, struct hole *ret_hole)
{
    const uint32_t hi = leaf->hi;
    uint32_t i = leaf->lo;
    while (i < hi && leaf->time[i] <= after)
        i++;
    simtime t = after;
    bool room = level_before(leaf, i) >= sought;
    uint64_t high = i < hi ? high_steps(leaf, i, hi, sought) : 0;
    uint64_t rest = i < hi ? ~high & UINT64_MAX << i : 0;
    for (;;) {
        if (!room) {
            if (high == 0)
                return false;
            i = (uint32_t)__builtin_ctzll(high);
            t = leaf->time[i++];
            rest = ~high & -(high & -high);
        }
        const simtime end = t < INT64_MAX - duration ? t + duration : INT64_MAX;
        const uint32_t fall = rest != 0 ? (uint32_t)__builtin_ctzll(rest) : hi;
        uint32_t k = i;
        while (k < fall && leaf->time[k] < end)
            k++;
        if (k == hi || leaf->time[k] >= end) {
            *ret_hole = (struct hole){t, end, i, k};
            return t < SIMTIME_NEVER;
        }
        high &= -(rest & -rest);
        room = false;
    }
}

/* Room for two more steps, at the end. */
static bool make_room(struct leaf *leaf, struct hole *hole)
{
    const uint32_t lo = leaf->lo, len = leaf->hi - lo;
    if (leaf->hi + 2 <= PROFILE_LEAF)
        return true;
    if (len + 2 > PROFILE_LEAF)
        return false;
    move_steps(leaf, 0, leaf, lo, len);
    leaf->lo = 0;
    leaf->hi = len;
    hole->from -= lo;
    hole->to -= lo;
    return true;
}

/* The steps [from, to) go to `at` and lose procs. A handful, mostly: a call would cost more. */
static inline void shift_steps(struct leaf *leaf, uint32_t from, uint32_t to, uint32_t at,
                               int64_t procs)
{
    if (at > from) {
        for (uint32_t i = to; i-- > from;) {
            leaf->time[i + (at - from)] = leaf->time[i];
            leaf->level[i + (at - from)] = leaf->level[i] - procs;
        }
        return;
    }
    for (uint32_t i = from; i < to; i++) {
        leaf->time[i - (from - at)] = leaf->time[i];
        leaf->level[i - (from - at)] = leaf->level[i] - procs;
    }
}

/* The steps from `from` on move up by one, two at a time: a call would cost more than they do. What
 * stands before them may move too, to where a step is to be written. */
static inline void move_up(struct leaf *leaf, uint32_t from, uint32_t to)
{
    while (to > from) {
        int64_t time[2], level[2];
        to -= 2;
        memcpy(time, &leaf->time[to], sizeof(time));
        memcpy(level, &leaf->level[to], sizeof(level));
        memcpy(&leaf->time[to + 1], time, sizeof(time));
        memcpy(&leaf->level[to + 1], level, sizeof(level));
    }
}

/* As below, where the hole begins at a step and ends at none: jobs start as others end. */
static inline bool take_usual(struct profile *profile, const struct hole *hole, int64_t procs)
{
    struct leaf *leaf = profile->root;
    const uint32_t from = hole->from, to = hole->to, hi = leaf->hi;
    if (from < leaf->lo + 2 || leaf->time[from - 1] != hole->at || hi == PROFILE_LEAF ||
        (to < hi && leaf->time[to] == hole->end))
        return false;
    const int64_t after = leaf->level[to - 1];
    uint32_t last = to;
    if (leaf->level[from - 1] - procs != leaf->level[from - 2]) {
        move_up(leaf, to, hi);
        leaf->level[from - 1] -= procs;
        for (uint32_t i = from; i < to; i++)
            leaf->level[i] -= procs;
        leaf->hi++;
        profile->steps++;
    } else {
        /* A step that changes nothing vanishes. */
        for (uint32_t i = from; i < to; i++) {
            leaf->time[i - 1] = leaf->time[i];
            leaf->level[i - 1] = leaf->level[i] - procs;
        }
        last--;
    }
    leaf->time[last] = hole->end;
    leaf->level[last] = after;
    return true;
}

/* Take procs > 0 over the hole. False if the leaf has no room for its ends, or time for the last.
 */
static bool take_hole(struct profile *profile, struct hole *hole, int64_t procs)
{
    struct leaf *leaf = profile->root;
    if (hole->end == INT64_MAX)
        return false;
    if (LIKELY(take_usual(profile, hole, procs)))
        return true;
    if (!make_room(leaf, hole))
        return false;
    const uint32_t from = hole->from, to = hole->to;
    const bool begins = from > leaf->lo && leaf->time[from - 1] == hole->at;
    const bool ends = to < leaf->hi && leaf->time[to] == hole->end;
    const int64_t before = level_before(leaf, from - begins);
    const int64_t first = level_before(leaf, from) - procs;
    const int64_t last = level_before(leaf, to) - procs;
    const int64_t after = ends ? leaf->level[to] : last + procs;
    /* A step that changes nothing vanishes. */
    const bool keep_first = first != before, keep_last = after != last;
    const uint32_t len = to - from, head = from - begins, tail = to + ends;
    const uint32_t middle = head + keep_first, next = middle + len + keep_last;
    if (next > tail)
        shift_steps(leaf, tail, leaf->hi, next, 0);
    shift_steps(leaf, from, to, middle, procs);
    if (next < tail)
        shift_steps(leaf, tail, leaf->hi, next, 0);
    if (keep_first) {
        leaf->time[head] = hole->at;
        leaf->level[head] = first;
    }
    if (keep_last) {
        leaf->time[next - 1] = hole->end;
        leaf->level[next - 1] = after;
    }
    leaf->hi = next + (leaf->hi - tail);
    profile->steps = leaf->hi - leaf->lo;
    profile->first = leaf->lo < leaf->hi ? leaf->time[leaf->lo] : INT64_MAX;
    return true;
}

simtime profile_place(struct profile *profile, simtime after, simtime duration, int64_t procs)
{
    struct hole hole;
    if (UNLIKELY(profile->height > 0 || duration == 0 || procs <= 0))
        hole.at = profile_earliest(profile, after, duration, procs);
    else if (!hole_of_many(profile->root, after, duration, procs - profile->lift, &hole))
        return SIMTIME_NEVER;
    else if (LIKELY(hole.at > profile->now) && take_hole(profile, &hole, procs))
        return hole.at;
    /* The tree is higher, or its leaf has no room. */
    if (hole.at < SIMTIME_NEVER)
        profile_reserve(profile, hole.at, hole.at + duration, procs);
    return hole.at;
}
