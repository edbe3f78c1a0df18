/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/profile_tree.h"

size_t profile_steps(const struct profile *profile)
{
    return profile->steps;
}

int64_t profile_at(const struct profile *profile, simtime t)
{
    if (t < profile->first)
        return profile->free;
    const void *node = profile->root;
    int64_t frame = profile->lift;
    for (int height = profile->height; height > 0; height--) {
        const struct inner *inner = node;
        const uint32_t i = child_at(inner, t);
        frame += inner->base[i];
        node = inner->child[i];
    }
    const struct leaf *leaf = node;
    return frame + level_before(leaf, leaf_after(leaf, t));
}

/* Widen [*least, *greatest] by the steps in (from, to). */
static void widen(const void *node, int height, int64_t frame, simtime from, simtime to,
                  int64_t *least, int64_t *greatest)
{
    if (height == 0) {
        const struct leaf *leaf = node;
        for (uint32_t i = leaf_after(leaf, from); i < leaf->hi && leaf->time[i] < to; i++) {
            const int64_t level = frame + leaf->level[i];
            *least = level < *least ? level : *least;
            *greatest = level > *greatest ? level : *greatest;
        }
        return;
    }
    const struct inner *inner = node;
    const uint32_t begin = child_at(inner, from), end = child_at(inner, to - 1);
    widen(inner->child[begin], height - 1, frame + inner->base[begin], from, to, least, greatest);
    for (uint32_t i = begin + 1; i < end; i++) {
        const int64_t low = frame + inner->least[i], high = frame + inner->greatest[i];
        *least = low < *least ? low : *least;
        *greatest = high > *greatest ? high : *greatest;
    }
    if (end > begin)
        widen(inner->child[end], height - 1, frame + inner->base[end], from, to, least, greatest);
}

static void range(const struct profile *profile, simtime from, simtime to, int64_t *ret_least,
                  int64_t *ret_greatest)
{
    REQUIRE(from < to);
    *ret_least = *ret_greatest = profile_at(profile, from);
    if (to > profile->first)
        widen(profile->root, profile->height, profile->lift, from, to, ret_least, ret_greatest);
}

int64_t profile_least(const struct profile *profile, simtime from, simtime to)
{
    int64_t least, greatest;
    range(profile, from, to, &least, &greatest);
    return least;
}

int64_t profile_greatest(const struct profile *profile, simtime from, simtime to)
{
    int64_t least, greatest;
    range(profile, from, to, &least, &greatest);
    return greatest;
}

/* A place between steps: `at` in the leaf is the next one. frame[h]: of the node at height h. */
struct cursor {
    const struct inner *node[HEIGHT_MAX + 1];
    uint32_t idx[HEIGHT_MAX + 1];
    int64_t frame[HEIGHT_MAX + 1];
    const struct leaf *leaf;
    uint32_t at;
};

static int64_t cursor_seek(const struct profile *profile, simtime t, struct cursor *ret_cursor)
{
    const void *node = profile->root;
    ret_cursor->frame[profile->height] = profile->lift;
    for (int height = profile->height; height > 0; height--) {
        const struct inner *inner = node;
        const uint32_t i = child_at(inner, t);
        ret_cursor->node[height] = inner;
        ret_cursor->idx[height] = i;
        ret_cursor->frame[height - 1] = ret_cursor->frame[height] + inner->base[i];
        node = inner->child[i];
    }
    const struct leaf *leaf = node;
    ret_cursor->leaf = leaf;
    /* Most ask from now on. */
    ret_cursor->at = t < profile->first ? leaf->lo : leaf_after(leaf, t);
    return ret_cursor->frame[0] + level_before(leaf, ret_cursor->at);
}

/* Up from a leaf until a later child has what is sought, then down to the first such leaf. */
static inline bool cursor_leap(const struct profile *profile, struct cursor *cursor, int64_t procs,
                               bool above)
{
    int height = 1;
    for (;; height++) {
        if (height > profile->height)
            return false;
        const struct inner *node = cursor->node[height];
        const int64_t sought = procs - cursor->frame[height];
        uint32_t i = cursor->idx[height] + 1;
        while (i < node->len && !(above ? node->greatest[i] >= sought : node->least[i] < sought))
            i++;
        cursor->idx[height] = i;
        if (i < node->len)
            break;
    }
    for (;;) {
        const struct inner *node = cursor->node[height];
        const uint32_t i = cursor->idx[height];
        const int64_t frame = cursor->frame[height] + node->base[i];
        cursor->frame[--height] = frame;
        if (height == 0) {
            cursor->leaf = node->child[i];
            cursor->at = cursor->leaf->lo;
            return true;
        }
        const struct inner *child = node->child[i];
        uint32_t j = 0;
        while (above ? child->greatest[j] < procs - frame : child->least[j] >= procs - frame)
            j++;
        cursor->node[height] = child;
        cursor->idx[height] = j;
    }
}

/* Move to the first step from the cursor on with free >= procs (above) or < procs, and past it.
 * Its time; INT64_MAX if there is none before `limit`. */
static inline simtime cursor_find(const struct profile *profile, struct cursor *cursor,
                                  int64_t procs, simtime limit, bool above)
{
    do {
        const struct leaf *leaf = cursor->leaf;
        const int64_t sought = procs - cursor->frame[0];
        if (cursor->at < leaf->hi && leaf->time[cursor->at] >= limit)
            return INT64_MAX;
        for (uint32_t i = cursor->at; i < leaf->hi; i++) {
            if (above ? leaf->level[i] >= sought : leaf->level[i] < sought) {
                cursor->at = i + 1;
                return leaf->time[i];
            }
        }
        if (leaf->lo < leaf->hi && leaf->time[leaf->hi - 1] >= limit)
            return INT64_MAX;
    } while (cursor_leap(profile, cursor, procs, above));
    return INT64_MAX;
}

/* What is free from the step on that a cursor went past last. */
static inline int64_t cursor_free(const struct cursor *cursor)
{
    return cursor->frame[0] + cursor->leaf->level[cursor->at - 1];
}

/* The earliest t in [after, last] with free >= procs over [t, min(t + duration, cut)), and what is
 * free at t. */
static inline simtime first_hole(const struct profile *profile, simtime after, simtime last,
                                 simtime duration, int64_t procs, simtime cut, int64_t *ret_free)
{
    REQUIRE(duration >= 0);
    struct cursor cursor;
    simtime t = after;
    int64_t free = cursor_seek(profile, after, &cursor);
    if (free < procs)
        t = cursor_find(profile, &cursor, procs, INT64_MAX, true);
    while (t <= last) {
        simtime end;
        if (t > after)
            free = cursor_free(&cursor);
        if (__builtin_add_overflow(t, duration > 0 ? duration : 1, &end) || end > cut)
            end = cut;
        if (cursor_find(profile, &cursor, procs, end, false) >= end) {
            *ret_free = free;
            return t;
        }
        t = cursor_find(profile, &cursor, procs, INT64_MAX, true);
    }
    return SIMTIME_NEVER;
}

simtime profile_earliest(const struct profile *profile, simtime after, simtime duration,
                         int64_t procs)
{
    int64_t free;
    return profile_hole(profile, after, duration, procs, &free);
}

NOINLINE simtime profile_hole(const struct profile *profile, simtime after, simtime duration,
                              int64_t procs, int64_t *ret_free)
{
    const struct leaf *leaf = profile->root;
    struct hole hole;
    if (profile->height > 0 || duration == 0)
        return first_hole(profile, after, SIMTIME_NEVER - 1, duration, procs, INT64_MAX, ret_free);
    if (!leaf_hole(leaf, after, duration, procs - profile->lift, &hole))
        return SIMTIME_NEVER;
    *ret_free = profile->lift + level_before(leaf, hole.from);
    return hole.at;
}

simtime profile_earlier(const struct profile *profile, simtime after, simtime last,
                        simtime duration, int64_t procs, simtime held)
{
    int64_t free;
    REQUIRE(last < held);
    return first_hole(profile, after, last, duration, procs, held, &free);
}

simtime profile_until(const struct profile *profile, simtime from, int64_t procs)
{
    struct cursor cursor;
    if (cursor_seek(profile, from, &cursor) < procs)
        return from;
    const simtime until = cursor_find(profile, &cursor, procs, SIMTIME_NEVER, false);
    return until < SIMTIME_NEVER ? until : SIMTIME_NEVER;
}

simtime profile_next_step(const struct profile *profile, simtime t)
{
    if (t < profile->first)
        return profile->first < SIMTIME_NEVER ? profile->first : SIMTIME_NEVER;
    struct path path;
    descend(profile, t, &path);
    const struct leaf *leaf = path.leaf;
    uint32_t at = leaf_after(leaf, t);
    int height = 1;
    while (at == leaf->hi && height <= profile->height &&
           path.idx[height] + 1 == path.node[height]->len)
        height++;
    if (at == leaf->hi) {
        if (height > profile->height)
            return SIMTIME_NEVER;
        const void *node = path.node[height]->child[path.idx[height] + 1];
        while (--height > 0)
            node = ((const struct inner *)node)->child[0];
        leaf = node;
        at = leaf->lo;
    }
    return leaf->time[at] < SIMTIME_NEVER ? leaf->time[at] : SIMTIME_NEVER;
}

static size_t list_node(const void *node, int height, int64_t frame, simtime *ret_time,
                        int64_t *ret_free)
{
    const struct inner *inner = node;
    const struct leaf *leaf = node;
    size_t len = 0;
    if (height == 0) {
        for (uint32_t i = leaf->lo; i < leaf->hi; i++, len++) {
            ret_time[len] = leaf->time[i];
            ret_free[len] = frame + leaf->level[i];
        }
        return len;
    }
    for (uint32_t i = 0; i < inner->len; i++)
        len += list_node(inner->child[i], height - 1, frame + inner->base[i], ret_time + len,
                         ret_free + len);
    return len;
}

size_t profile_list(const struct profile *profile, simtime *ret_time, int64_t *ret_free)
{
    return list_node(profile->root, profile->height, profile->lift, ret_time, ret_free);
}

int64_t profile_last(const struct profile *profile, simtime *ret_last)
{
    const void *node = profile->root;
    int64_t frame = profile->lift;
    for (int height = profile->height; height > 0; height--) {
        const struct inner *inner = node;
        frame += inner->base[inner->len - 1];
        node = inner->child[inner->len - 1];
    }
    const struct leaf *leaf = node;
    *ret_last = leaf->lo < leaf->hi ? leaf->time[leaf->hi - 1] : INT64_MIN;
    return frame + level_before(leaf, leaf->hi);
}

/* What the walk over all leaves has seen so far. */
struct walk {
    simtime last;
    int64_t level; /* absolute */
    size_t steps;
};

static void check_leaf(const struct leaf *leaf, int64_t frame, struct walk *walk)
{
    REQUIRE(leaf->lo <= leaf->hi && leaf->hi <= PROFILE_LEAF);
    REQUIRE(frame + leaf->before == walk->level);
    for (uint32_t i = leaf->lo; i < leaf->hi; i++) {
        REQUIRE(leaf->time[i] > walk->last);
        REQUIRE(frame + leaf->level[i] != walk->level);
        walk->last = leaf->time[i];
        walk->level = frame + leaf->level[i];
        walk->steps++;
    }
}

static void check_node(const void *node, int height, int64_t frame, struct walk *walk)
{
    if (height == 0) {
        check_leaf(node, frame, walk);
        return;
    }
    const struct inner *inner = node;
    REQUIRE(inner->len >= 1 && inner->len <= PROFILE_FAN);
    for (uint32_t i = 0; i < inner->len; i++) {
        int64_t least, greatest;
        REQUIRE(node_len(inner->child[i], height - 1) > 0);
        REQUIRE(i == 0 || inner->first[i] > walk->last);
        bounds_of(inner->child[i], height - 1, &least, &greatest);
        REQUIRE(inner->least[i] == inner->base[i] + least);
        REQUIRE(inner->greatest[i] == inner->base[i] + greatest);
        if (i > 0)
            walk->last = inner->first[i] - 1;
        check_node(inner->child[i], height - 1, frame + inner->base[i], walk);
    }
}

void profile_check(const struct profile *profile)
{
    struct walk walk = {.last = profile->now, .level = profile->free};
    REQUIRE(profile->height == 0 || node_len(profile->root, profile->height) > 1);
    check_node(profile->root, profile->height, profile->lift, &walk);
    REQUIRE(walk.steps == profile->steps);
    const void *node = profile->root;
    for (int height = profile->height; height > 0; height--)
        node = ((const struct inner *)node)->child[0];
    const struct leaf *leaf = node;
    REQUIRE(profile->first == (profile->steps > 0 ? leaf->time[leaf->lo] : INT64_MAX));
}
