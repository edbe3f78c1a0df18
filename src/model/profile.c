/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/profile.h"

#include "model/profile_tree.h"
#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

static struct leaf *leaf_new(struct profile *profile)
{
    struct leaf *leaf = nodepool_take(&profile->leaves);
    leaf->lo = leaf->hi = 0;
    leaf->before = 0;
    return leaf;
}

struct profile *profile_new(int64_t free)
{
    struct profile *profile = mem_new(1, sizeof(*profile));
    nodepool_init(&profile->leaves, sizeof(struct leaf));
    nodepool_init(&profile->inners, sizeof(struct inner));
    profile->root = leaf_new(profile);
    profile->free = profile->lift = free;
    profile->now = INT64_MIN;
    profile->first = INT64_MAX;
    return profile;
}

void profile_free(struct profile *profile)
{
    if (!profile)
        return;
    nodepool_deinit(&profile->leaves);
    nodepool_deinit(&profile->inners);
    free(profile);
}

/* --- copies --- */

static void give_all(struct profile *profile, void *node, int height)
{
    const struct inner *inner = node;
    for (uint32_t i = 0; height > 0 && i < inner->len; i++)
        give_all(profile, inner->child[i], height - 1);
    nodepool_give(height ? &profile->inners : &profile->leaves, node);
}

static void copy_leaf(struct leaf *to, const struct leaf *from)
{
    const uint32_t len = from->hi - from->lo;
    to->lo = 0;
    to->hi = len;
    to->before = from->before;
    memcpy(to->time, from->time + from->lo, len * sizeof(to->time[0]));
    memcpy(to->level, from->level + from->lo, len * sizeof(to->level[0]));
}

static void *copy_node(struct profile *to, const void *node, int height)
{
    if (height == 0) {
        struct leaf *leaf = nodepool_take(&to->leaves);
        copy_leaf(leaf, node);
        return leaf;
    }
    struct inner *inner = nodepool_take(&to->inners);
    memcpy(inner, node, sizeof(*inner));
    for (uint32_t i = 0; i < inner->len; i++)
        inner->child[i] = copy_node(to, inner->child[i], height - 1);
    return inner;
}

void profile_assign(struct profile *copy, const struct profile *profile)
{
    if (copy->height == 0 && profile->height == 0) {
        copy_leaf(copy->root, profile->root);
    } else {
        give_all(copy, copy->root, copy->height);
        copy->root = copy_node(copy, profile->root, profile->height);
    }
    copy->height = profile->height;
    copy->free = profile->free;
    copy->lift = profile->lift;
    copy->now = profile->now;
    copy->first = profile->first;
    copy->steps = profile->steps;
}

struct profile *profile_copy(const struct profile *profile)
{
    struct profile *copy = profile_new(0);
    profile_assign(copy, profile);
    return copy;
}

/* --- changes --- */

static inline void refresh_child(struct inner *node, uint32_t i, int height)
{
    int64_t least, greatest;
    bounds_of(node->child[i], height - 1, &least, &greatest);
    node->least[i] = node->base[i] + least;
    node->greatest[i] = node->base[i] + greatest;
}

/* After a change inside the leaf of the path: lift what comes later, renew bounds on the way up. */
static NOINLINE void propagate(struct profile *profile, const struct path *path, int64_t change)
{
    for (int height = 1; height <= profile->height; height++) {
        struct inner *node = path->node[height];
        const uint32_t i = path->idx[height];
        for (uint32_t j = i + 1; j < node->len; j++) {
            node->base[j] += change;
            node->least[j] += change;
            node->greatest[j] += change;
        }
        refresh_child(node, i, height);
    }
}

static void move_child(struct inner *to, uint32_t at, const struct inner *from, uint32_t i,
                       uint32_t count)
{
    memmove(to->first + at, from->first + i, count * sizeof(to->first[0]));
    memmove(to->base + at, from->base + i, count * sizeof(to->base[0]));
    memmove(to->least + at, from->least + i, count * sizeof(to->least[0]));
    memmove(to->greatest + at, from->greatest + i, count * sizeof(to->greatest[0]));
    memmove(to->child + at, from->child + i, count * sizeof(to->child[0]));
}

/* Half of the leaf's steps to a new leaf in the same frame. */
static struct leaf *split_leaf(struct profile *profile, struct leaf *leaf, simtime *ret_first)
{
    struct leaf *right = leaf_new(profile);
    const uint32_t mid = (leaf->lo + leaf->hi) / 2;
    right->before = leaf->level[mid - 1];
    right->hi = leaf->hi - mid;
    move_steps(right, 0, leaf, mid, right->hi);
    leaf->hi = mid;
    *ret_first = right->time[0];
    return right;
}

static struct inner *split_inner(struct profile *profile, struct inner *node, simtime *ret_first)
{
    struct inner *right = nodepool_take(&profile->inners);
    const uint32_t mid = node->len / 2;
    right->len = node->len - mid;
    move_child(right, 0, node, mid, right->len);
    node->len = mid;
    *ret_first = right->first[0];
    return right;
}

static void grow_root(struct profile *profile, struct path *path)
{
    struct inner *root = nodepool_take(&profile->inners);
    REQUIRE(profile->height < HEIGHT_MAX);
    profile->height++;
    root->len = 1;
    root->first[0] = INT64_MIN;
    root->base[0] = 0;
    root->child[0] = profile->root;
    refresh_child(root, 0, profile->height);
    profile->root = root;
    path->node[profile->height] = root;
    path->idx[profile->height] = 0;
}

/* Split the highest full node in the chain of full ones above and including the leaf: its parent
 * has room. The caller descends anew until the leaf has room. */
static COLD void split_one(struct profile *profile, struct path *path)
{
    int full = 0;
    while (full < profile->height && path->node[full + 1]->len == PROFILE_FAN)
        full++;
    if (full == profile->height)
        grow_root(profile, path);
    struct inner *parent = path->node[full + 1];
    const uint32_t i = path->idx[full + 1];
    simtime first;
    void *right = full ? (void *)split_inner(profile, parent->child[i], &first)
                       : (void *)split_leaf(profile, parent->child[i], &first);
    move_child(parent, i + 2, parent, i + 1, parent->len - i - 1);
    parent->len++;
    parent->first[i + 1] = first;
    parent->base[i + 1] = parent->base[i];
    parent->child[i + 1] = right;
    refresh_child(parent, i, full + 1);
    refresh_child(parent, i + 1, full + 1);
}

/* A new step at `at`; returns where it is now. What comes later is lifted, and moves on the way
 * there: only a change of nothing may leave it where it is. */
static uint32_t leaf_insert(struct leaf *leaf, uint32_t at, simtime time, int64_t change)
{
    const int64_t level = level_before(leaf, at) + change;
    if (change == 0 && leaf->lo > 0 && at - leaf->lo < leaf->hi - at) {
        move_steps(leaf, leaf->lo - 1, leaf, leaf->lo, at - leaf->lo);
        leaf->lo--;
        at--;
    } else {
        if (UNLIKELY(leaf->hi == PROFILE_LEAF)) {
            at -= leaf->lo;
            leaf->hi -= leaf->lo;
            move_steps(leaf, 0, leaf, leaf->lo, leaf->hi);
            leaf->lo = 0;
        }
        for (uint32_t i = leaf->hi++; i > at; i--) {
            leaf->time[i] = leaf->time[i - 1];
            leaf->level[i] = leaf->level[i - 1] + change;
        }
    }
    leaf->time[at] = time;
    leaf->level[at] = level;
    return at;
}

/* The step at `at` goes, and what comes later is lifted, likewise. */
static void leaf_remove(struct leaf *leaf, uint32_t at, int64_t change)
{
    if (change == 0 && at - leaf->lo < leaf->hi - at) {
        move_steps(leaf, leaf->lo + 1, leaf, leaf->lo, at - leaf->lo);
        leaf->lo++;
        return;
    }
    leaf->hi--;
    for (uint32_t i = at; i < leaf->hi; i++) {
        leaf->time[i] = leaf->time[i + 1];
        leaf->level[i] = leaf->level[i + 1] + change;
    }
}

static void node_give(struct profile *profile, void *node, int height)
{
    nodepool_give(height ? &profile->inners : &profile->leaves, node);
}

static NOINLINE void drop_child(struct profile *profile, struct inner *parent, uint32_t i,
                                int height)
{
    node_give(profile, parent->child[i], height);
    move_child(parent, i, parent, i + 1, parent->len - i - 1);
    parent->len--;
}

/* Children i and i + 1 of the parent become one, in the frame of i. */
static COLD void merge_children(struct profile *profile, struct inner *parent, uint32_t i,
                                int height)
{
    const int64_t shift = parent->base[i + 1] - parent->base[i];
    if (height == 0) {
        struct leaf *left = parent->child[i], *right = parent->child[i + 1];
        const uint32_t len = left->hi - left->lo, more = right->hi - right->lo;
        move_steps(left, 0, left, left->lo, len);
        move_steps(left, len, right, right->lo, more);
        for (uint32_t j = len; j < len + more; j++)
            left->level[j] += shift;
        left->lo = 0;
        left->hi = len + more;
    } else {
        struct inner *left = parent->child[i], *right = parent->child[i + 1];
        right->first[0] = parent->first[i + 1];
        for (uint32_t j = 0; j < right->len; j++) {
            right->base[j] += shift;
            right->least[j] += shift;
            right->greatest[j] += shift;
        }
        move_child(left, left->len, right, 0, right->len);
        left->len += right->len;
    }
    drop_child(profile, parent, i + 1, height);
    refresh_child(parent, i, height + 1);
}

/* A child that is nearly empty goes, or joins a neighbour. */
static void shrink_child(struct profile *profile, struct inner *parent, uint32_t i, int height)
{
    const uint32_t cap = height ? PROFILE_FAN : PROFILE_LEAF;
    const uint32_t len = node_len(parent->child[i], height);
    if (len == 0)
        drop_child(profile, parent, i, height);
    else if (len >= cap / 4)
        return;
    else if (i > 0 && node_len(parent->child[i - 1], height) + len <= cap * 3 / 4)
        merge_children(profile, parent, i - 1, height);
    else if (i + 1 < parent->len && node_len(parent->child[i + 1], height) + len <= cap * 3 / 4)
        merge_children(profile, parent, i, height);
}

/* After the leaf of the path became small: repair shape and bounds on the way up. */
static void shrink(struct profile *profile, const struct path *path)
{
    for (int height = 0; height < profile->height; height++) {
        struct inner *parent = path->node[height + 1];
        const uint32_t i = path->idx[height + 1];
        if (node_len(parent->child[i], height) > 0)
            refresh_child(parent, i, height + 1);
        shrink_child(profile, parent, i, height);
    }
    while (profile->height > 0 && ((struct inner *)profile->root)->len == 1) {
        struct inner *root = profile->root;
        profile->root = root->child[0];
        profile->lift += root->base[0];
        nodepool_give(&profile->inners, root);
        profile->height--;
    }
}

static NOINLINE void find_first(struct profile *profile)
{
    const void *node = profile->root;
    for (int height = profile->height; height > 0; height--)
        node = ((const struct inner *)node)->child[0];
    const struct leaf *leaf = node;
    profile->first = leaf->lo < leaf->hi ? leaf->time[leaf->lo] : INT64_MAX;
}

/* A new step, or the one at the same instant changed. True if that cancelled it. */
static bool change_in_leaf(struct profile *profile, struct path *path, simtime at, int64_t change)
{
    struct leaf *leaf = path->leaf;
    uint32_t i = leaf_after(leaf, at);
    if (i == leaf->lo || leaf->time[i - 1] != at) {
        while (UNLIKELY(leaf->hi - leaf->lo == PROFILE_LEAF)) {
            split_one(profile, path);
            descend(profile, at, path);
            leaf = path->leaf;
            i = leaf_after(leaf, at);
        }
        leaf_insert(leaf, i, at, change);
        profile->steps++;
        return false;
    }
    i--;
    if (leaf->level[i] + change == level_before(leaf, i)) {
        leaf_remove(leaf, i, change);
        profile->steps--;
        return true;
    }
    for (uint32_t j = i; j < leaf->hi; j++)
        leaf->level[j] += change;
    return false;
}

static NOINLINE void change_later(struct profile *profile, simtime at, int64_t change)
{
    struct path path;
    descend(profile, at, &path);
    const bool removed = change_in_leaf(profile, &path, at, change);
    if (profile->height > 0)
        propagate(profile, &path, change);
    if (!removed) {
        if (at < profile->first)
            profile->first = at;
        return;
    }
    if (path.leaf->hi - path.leaf->lo < PROFILE_LEAF / 4)
        shrink(profile, &path);
    if (at == profile->first)
        find_first(profile);
}

void profile_change(struct profile *profile, simtime at, int64_t change)
{
    if (at <= profile->now) {
        profile->free += change;
        profile->lift += change;
    } else if (change != 0) {
        change_later(profile, at, change);
    }
}

/* Renew bounds above `height`, as far as they change. */
static void renew_above(const struct profile *profile, const struct path *path, int height)
{
    while (++height <= profile->height) {
        struct inner *node = path->node[height];
        const uint32_t i = path->idx[height];
        const int64_t least = node->least[i], greatest = node->greatest[i];
        refresh_child(node, i, height);
        if (node->least[i] == least && node->greatest[i] == greatest)
            return;
    }
}

/* The index of the step at this instant, entered without a change if there is none. */
static uint32_t step_at(struct profile *profile, struct leaf *leaf, simtime at)
{
    const uint32_t i = leaf_after(leaf, at);
    if (i > leaf->lo && leaf->time[i - 1] == at)
        return i - 1;
    profile->steps++;
    return leaf_insert(leaf, i, at, 0);
}

/* Add `change` to the levels [i, j) of the leaf and keep the bounds that its parent has of it. */
static void lift_levels(const struct profile *profile, const struct path *path, uint32_t i,
                        uint32_t j, int64_t change)
{
    struct leaf *leaf = path->leaf;
    int64_t low = INT64_MAX, high = INT64_MIN;
    for (uint32_t k = i; k < j; k++) {
        low = leaf->level[k] < low ? leaf->level[k] : low;
        high = leaf->level[k] > high ? leaf->level[k] : high;
        leaf->level[k] += change;
    }
    if (profile->height == 0)
        return;
    struct inner *parent = path->node[1];
    const uint32_t at = path->idx[1];
    const int64_t base = parent->base[at];
    int64_t *least = &parent->least[at], *greatest = &parent->greatest[at];
    /* A level that was the bound may have left it to another: only a look at all tells. What
     * stands first has no step before it in this leaf that has the level it takes. */
    if (i == leaf->lo || (change > 0 ? base + low <= *least : base + high >= *greatest)) {
        renew_above(profile, path, 0);
        return;
    }
    const int64_t reached = base + change + (change > 0 ? high : low);
    if (change > 0 ? reached <= *greatest : reached >= *least)
        return;
    *(change > 0 ? greatest : least) = reached;
    renew_above(profile, path, 1);
}

/* Change over [from, to), both in one leaf: no frame of another moves. False if they are not, or
 * the leaf has no room. */
static bool change_span(struct profile *profile, simtime from, simtime to, int64_t change)
{
    struct path path;
    simtime limit = INT64_MAX;
    void *node = profile->root;
    for (int height = profile->height; height > 0; height--) {
        struct inner *inner = node;
        const uint32_t i = child_at(inner, from);
        if (i + 1 < inner->len)
            limit = inner->first[i + 1];
        path.node[height] = inner;
        path.idx[height] = i;
        node = inner->child[i];
    }
    struct leaf *leaf = path.leaf = node;
    if (to >= limit || leaf->hi - leaf->lo + 2 > PROFILE_LEAF)
        return false;
    uint32_t end = step_at(profile, leaf, to);
    const uint32_t before = end - leaf->lo, len = leaf->hi - leaf->lo;
    const uint32_t begin = step_at(profile, leaf, from);
    end = leaf->lo + before + (leaf->hi - leaf->lo - len);
    lift_levels(profile, &path, begin, end, change);
    if (leaf->level[end] == leaf->level[end - 1]) {
        leaf_remove(leaf, end, 0);
        profile->steps--;
    }
    /* Removal may have moved what stands before. */
    const uint32_t first = leaf_after(leaf, from) - 1;
    if (leaf->level[first] == level_before(leaf, first)) {
        const bool leads = first == leaf->lo;
        leaf_remove(leaf, first, 0);
        profile->steps--;
        if (leads)
            renew_above(profile, &path, 0);
    }
    if (leaf->hi - leaf->lo < PROFILE_LEAF / 4)
        shrink(profile, &path);
    if (from <= profile->first)
        find_first(profile);
    return true;
}

void profile_reserve(struct profile *profile, simtime from, simtime to, int64_t procs)
{
    REQUIRE(from <= to);
    if (from == to || procs == 0 || (from > profile->now && change_span(profile, from, to, -procs)))
        return;
    profile_change(profile, from, -procs);
    profile_change(profile, to, procs);
}

void profile_release(struct profile *profile, simtime from, simtime to, int64_t procs)
{
    profile_reserve(profile, from, to, -procs);
}

static NOINLINE void pass_steps(struct profile *profile, simtime now)
{
    while (profile->first <= now) {
        struct path path;
        descend(profile, INT64_MIN, &path);
        struct leaf *leaf = path.leaf;
        int64_t frame = profile->lift;
        for (int height = profile->height; height > 0; height--)
            frame += path.node[height]->base[0];
        const uint32_t lo = leaf->lo;
        while (leaf->lo < leaf->hi && leaf->time[leaf->lo] <= now)
            leaf->before = leaf->level[leaf->lo++];
        profile->steps -= leaf->lo - lo;
        profile->free = frame + leaf->before;
        shrink(profile, &path);
        find_first(profile);
    }
}

void profile_advance(struct profile *profile, simtime now)
{
    if (now > profile->now)
        profile->now = now;
    if (UNLIKELY(profile->first <= now))
        pass_steps(profile, now);
}
