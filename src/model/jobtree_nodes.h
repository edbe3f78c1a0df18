/* The nodes of a jobtree: for jobtree.c and its checks. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_JOBTREE_NODES_H
#define MODEL_JOBTREE_NODES_H

#include "model/jobsummary.h"
#include "model/jobtree.h"
#include "model/lanes.h"
#include "model/nodepool.h"

#define JOBTREE_LEAF 64
#define JOBTREE_FAN 32
#define SCAN LANES /* items or children, a divisor of both */

/* Items stand in [lo, hi): both ends give way, so that a queue is fed and drained without moves.
 * Codes and sizes stand apart from the items: a scan compares eight of them at a time. */
struct leaf {
    uint32_t lo, hi;
    uint32_t last;              /* where the last search here ended: a guess for the next */
    int16_t code[JOBTREE_LEAF]; /* of the request */
    int16_t size[JOBTREE_LEAF]; /* class of the processors */
    struct jobitem item[JOBTREE_LEAF];
};

/* A search asks one class of all children: a row of them stands together, so that it reads one
 * cache line a node and not one a child. Where there is no child there is no request either. */
struct inner {
    int32_t procs[JOBTREE_FAN];                    /* least of the child */
    int16_t request[SUMMARY_CLASSES][JOBTREE_FAN]; /* of the child's summary */
    struct jobkey first[JOBTREE_FAN]; /* no later than the child's first; [0] is not read */
    void *child[JOBTREE_FAN];
    uint32_t len;
};

struct jobtree {
    void *root; /* a leaf at height 0; NULL until the first item */
    int height;
    size_t len;
    int32_t least;       /* processors of all items */
    bool least_left;     /* one with as few has left: by now it may be more */
    struct jobitem late; /* came last and is in no leaf yet: it may be gone before anybody looks */
    bool has_late;
    struct nodepool leaves, inners;
};

/* jobtree_next_within of a tree without a late item. */
bool jobtree_search(const struct jobtree *tree, const struct jobkey *after, int64_t free,
                    simtime window, int64_t spare, wide area, struct jobitem *ret_item);

/* The child that holds key if any does. Most searches are for either end, where jobs come and heads
 * go. Else halving without branches: the outcome cannot be foreseen. */
static inline uint32_t child_at(const struct inner *node, const struct jobkey *key)
{
    const struct jobkey *at = node->first + 1;
    uint32_t len = node->len - 1;
    if (len > 0 && jobkey_upto(&at[len - 1], key))
        return len;
    if (len == 0 || !jobkey_upto(at, key))
        return 0;
    while (len > 1) {
        const uint32_t half = len / 2;
        at += half & -(uint32_t)jobkey_upto(&at[half - 1], key);
        len -= half;
    }
    return (uint32_t)(at - (node->first + 1)) + (len == 1 && jobkey_upto(at, key));
}

/* Does what stands after key begin at `at`, which is not the end? */
static inline bool is_after(const struct leaf *leaf, uint32_t at, const struct jobkey *key)
{
    return !jobkey_upto(&leaf->item[at].key, key) &&
           (at == leaf->lo || jobkey_upto(&leaf->item[at - 1].key, key));
}

/* The first item after key. Most searches are for the end, for what follows the head, or for where
 * the one before ended: a job is found, and then taken out. Else halving without branches. */
static inline uint32_t leaf_after(const struct leaf *leaf, const struct jobkey *key)
{
    uint32_t at = leaf->lo, len = leaf->hi - leaf->lo;
    if (len == 0 || jobkey_upto(&leaf->item[leaf->hi - 1].key, key))
        return leaf->hi;
    if (jobkey_equal(&leaf->item[at].key, key))
        return at + 1;
    if (leaf->last - at < len && is_after(leaf, leaf->last, key))
        return leaf->last;
    while (len > 1) {
        const uint32_t half = len / 2;
        at += half & -(uint32_t)jobkey_upto(&leaf->item[at + half - 1].key, key);
        len -= half;
    }
    return at + (len == 1 && jobkey_upto(&leaf->item[at].key, key));
}

/* The least processors below a node. None is below `bound`: once it is met the rest is not read. */
static inline int32_t node_least(const void *node, int height, int32_t bound)
{
    int32_t least = INT32_MAX;
    const struct leaf *leaf = node;
    const struct inner *inner = node;
    const uint32_t begin = height ? 0 : leaf->lo, end = height ? inner->len : leaf->hi;
    for (uint32_t i = begin; i < end && least > bound; i++) {
        const int32_t procs = height ? inner->procs[i] : leaf->item[i].procs;
        least = procs < least ? procs : least;
    }
    return least;
}

/* The least request of each class, by itself. Without branches: what stands in a leaf cannot be
 * foreseen. */
static inline void leaf_requests(const struct leaf *leaf, int16_t *ret_request)
{
    for (uint32_t c = 0; c < SUMMARY_CLASSES; c++)
        ret_request[c] = SUMMARY_NONE;
    for (uint32_t i = leaf->lo; i < leaf->hi; i++) {
        int16_t *request = &ret_request[leaf->size[i]];
        *request = leaf->code[i] < *request ? leaf->code[i] : *request;
    }
}

static inline void leaf_summary(const struct leaf *leaf, struct summary *ret_summary)
{
    int16_t *request = ret_summary->request;
    leaf_requests(leaf, request);
    for (uint32_t c = 1; c < SUMMARY_CLASSES; c++)
        request[c] = request[c - 1] < request[c] ? request[c - 1] : request[c];
}

/* The least request of a class below the node. */
static inline int16_t inner_request(const struct inner *inner, uint32_t class)
{
    int16_t least = SUMMARY_NONE;
    for (uint32_t i = 0; i < JOBTREE_FAN; i++)
        least = inner->request[class][i] < least ? inner->request[class][i] : least;
    return least;
}

static inline void node_summary(const void *node, int height, struct summary *ret_summary)
{
    if (height == 0)
        leaf_summary(node, ret_summary);
    for (uint32_t c = 0; c < SUMMARY_CLASSES && height > 0; c++)
        ret_summary->request[c] = inner_request(node, c);
}

static inline uint32_t node_len(const void *node, int height)
{
    const struct leaf *leaf = node;
    return height ? ((const struct inner *)node)->len : leaf->hi - leaf->lo;
}

static inline const struct leaf *first_leaf(const void *node, int height)
{
    for (; height > 0; height--)
        node = ((const struct inner *)node)->child[0];
    return node;
}

#endif
