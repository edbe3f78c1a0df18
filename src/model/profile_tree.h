/* The tree of a profile, for profile.c, which changes it, profile_read.c, which searches it, and
 * profile_place.c, which does both.
 *
 * It holds levels, not changes: a step's level is the free capacity from it on, counted from
 * the frame of its leaf, and each node keeps for each child the offset of the child's frame. A
 * change at one instant is thus a suffix sum in one node of each height, steps at the front vanish
 * without touching what follows, and bounds need no running sums when they are searched. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_PROFILE_TREE_H
#define MODEL_PROFILE_TREE_H

#include "model/nodepool.h"
#include "model/profile.h"

#include <string.h>

#define PROFILE_LEAF 64
#define PROFILE_SOME 16 /* levels that are compared at once */
#define PROFILE_FAN 16
#define HEIGHT_MAX 32

/* Items stand in [lo, hi): both ends give way, whichever is nearer. */
struct leaf {
    uint32_t lo, hi;
    int64_t before; /* level just before the first step */
    simtime time[PROFILE_LEAF];
    int64_t level[PROFILE_LEAF + PROFILE_SOME]; /* beyond `hi` anything may be read */
};

struct inner {
    uint32_t len;
    simtime first[PROFILE_FAN]; /* no later than the first step of the child; [0] is not read */
    int64_t base[PROFILE_FAN];  /* of the child's frame in this node's */
    int64_t least[PROFILE_FAN]; /* of the child's levels, in this node's frame */
    int64_t greatest[PROFILE_FAN];
    void *child[PROFILE_FAN];
};

struct profile {
    void *root; /* a leaf at height 0 */
    int height;
    int64_t free;  /* before the first step */
    int64_t lift;  /* of the root's frame: free = lift + level */
    simtime now;   /* of the last advance */
    simtime first; /* the first step; INT64_MAX: none */
    size_t steps;
    struct nodepool leaves, inners;
};

/* The way down to a leaf. Height 1 is the parent of the leaf. */
struct path {
    struct inner *node[HEIGHT_MAX + 1];
    uint32_t idx[HEIGHT_MAX + 1];
    struct leaf *leaf;
};

/* How many of the sorted times are <= t. No branches: which way halving goes cannot be foreseen. */
static inline uint32_t count_upto(const simtime *time, uint32_t len, simtime t)
{
    const simtime *at = time;
    while (len > 1) {
        const uint32_t half = len / 2;
        at += half & -(uint32_t)(at[half - 1] <= t);
        len -= half;
    }
    return (uint32_t)(at - time) + (len == 1 && *at <= t);
}

static inline uint32_t child_at(const struct inner *node, simtime t)
{
    return count_upto(node->first + 1, node->len - 1, t);
}

/* The first step after t. */
static inline uint32_t leaf_after(const struct leaf *leaf, simtime t)
{
    return leaf->lo + count_upto(leaf->time + leaf->lo, leaf->hi - leaf->lo, t);
}

static inline int64_t level_before(const struct leaf *leaf, uint32_t at)
{
    return at > leaf->lo ? leaf->level[at - 1] : leaf->before;
}

static inline void move_steps(struct leaf *to, uint32_t at, const struct leaf *from, uint32_t i,
                              uint32_t count)
{
    memmove(to->time + at, from->time + i, count * sizeof(to->time[0]));
    memmove(to->level + at, from->level + i, count * sizeof(to->level[0]));
}

/* A hole in a leaf: from `at` to `end`, over the steps [from, to). */
struct hole {
    simtime at, end;
    uint32_t from, to;
};

/* The earliest with levels of at least `sought`, where the leaf is the whole tree; duration > 0. */
static inline bool leaf_hole(const struct leaf *leaf, simtime after, simtime duration,
                             int64_t sought, struct hole *ret_hole)
{
    const simtime longest = INT64_MAX - duration;
    uint32_t i = leaf->lo, k;
    while (i < leaf->hi && leaf->time[i] <= after)
        i++;
    simtime t = after;
    bool room = level_before(leaf, i) >= sought;
    for (;; i = k) {
        if (!room) {
            while (i < leaf->hi && leaf->level[i] < sought)
                i++;
            if (i == leaf->hi)
                return false;
            t = leaf->time[i++];
        }
        const simtime end = t < longest ? t + duration : INT64_MAX;
        for (k = i; k < leaf->hi && leaf->level[k] >= sought && leaf->time[k] < end;)
            k++;
        if (k == leaf->hi || leaf->time[k] >= end) {
            *ret_hole = (struct hole){t, end, i, k};
            return t < SIMTIME_NEVER;
        }
        room = false;
    }
}

static inline void descend(const struct profile *profile, simtime t, struct path *ret_path)
{
    void *node = profile->root;
    for (int height = profile->height; height > 0; height--) {
        struct inner *inner = node;
        const uint32_t i = child_at(inner, t);
        ret_path->node[height] = inner;
        ret_path->idx[height] = i;
        node = inner->child[i];
    }
    ret_path->leaf = node;
}

static inline uint32_t node_len(const void *node, int height)
{
    const struct leaf *leaf = node;
    return height ? ((const struct inner *)node)->len : leaf->hi - leaf->lo;
}

/* Bounds of a node in its own frame. An empty leaf has the level it begins with. */
static inline void bounds_of(const void *node, int height, int64_t *ret_least,
                             int64_t *ret_greatest)
{
    const struct leaf *leaf = node;
    const struct inner *inner = node;
    const int64_t *low = height ? inner->least : leaf->level + leaf->lo;
    const int64_t *high = height ? inner->greatest : leaf->level + leaf->lo;
    const uint32_t len = height ? inner->len : leaf->hi - leaf->lo;
    int64_t least = len ? low[0] : leaf->before, greatest = len ? high[0] : leaf->before;
    for (uint32_t i = 1; i < len; i++) {
        least = low[i] < least ? low[i] : least;
        greatest = high[i] > greatest ? high[i] : greatest;
    }
    *ret_least = least;
    *ret_greatest = greatest;
}

#endif
