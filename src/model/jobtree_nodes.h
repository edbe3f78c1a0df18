/* The nodes of a jobtree: for jobtree.c and its checks. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_JOBTREE_NODES_H
#define MODEL_JOBTREE_NODES_H

#include "model/jobsummary.h"
#include "model/jobtree.h"
#include "model/nodepool.h"

#define JOBTREE_LEAF 64
#define JOBTREE_FAN 16
#define SCAN 8 /* items, a divisor of JOBTREE_LEAF */

/* Items stand in [lo, hi): both ends give way, so that a queue is fed and drained without moves.
 * Codes and sizes stand apart from the items: a scan compares eight of them at a time. */
struct leaf {
    uint32_t lo, hi;
    int16_t code[JOBTREE_LEAF]; /* of the request */
    int16_t size[JOBTREE_LEAF]; /* class of the processors */
    struct jobitem item[JOBTREE_LEAF];
};

struct inner {
    uint32_t len;
    int32_t procs[JOBTREE_FAN];       /* least of the child */
    struct jobkey first[JOBTREE_FAN]; /* no later than the child's first; [0] is not read */
    void *child[JOBTREE_FAN];
    struct summary summary[JOBTREE_FAN];
};

struct jobtree {
    void *root; /* a leaf at height 0; NULL until the first item */
    int height;
    size_t len;
    int32_t least;       /* processors of all items */
    struct jobitem late; /* came last and is in no leaf yet: it may be gone before anybody looks */
    bool has_late;
    struct nodepool leaves, inners;
};

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

static inline void leaf_summary(const struct leaf *leaf, struct summary *ret_summary)
{
    int16_t *request = ret_summary->request;
    for (uint32_t c = 0; c < SUMMARY_CLASSES; c++)
        request[c] = SUMMARY_NONE;
    for (uint32_t i = leaf->lo; i < leaf->hi; i++) {
        const int16_t c = leaf->size[i];
        request[c] = leaf->code[i] < request[c] ? leaf->code[i] : request[c];
    }
    for (uint32_t c = 1; c < SUMMARY_CLASSES; c++)
        request[c] = request[c - 1] < request[c] ? request[c - 1] : request[c];
}

static inline void node_summary(const void *node, int height, struct summary *ret_summary)
{
    if (height == 0) {
        leaf_summary(node, ret_summary);
        return;
    }
    const struct inner *inner = node;
    *ret_summary = inner->summary[0];
    for (uint32_t i = 1; i < inner->len; i++)
        summary_join(ret_summary, &inner->summary[i]);
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
