/* Searches of a jobtree whose items may not ask for more than some area: apart, as the bound on the
 * request differs from class to class. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/jobtree_nodes.h"

struct bounds {
    simtime window;
    int64_t free, spare;
    wide area;
    int16_t classes;                   /* so many may fit; at least 1 */
    int16_t code_end[SUMMARY_CLASSES]; /* by class: the first code that does not fit; never rises */
};

/* Longest request of an item of so many processors: what has more is told by its area alone. */
static simtime longest(wide area, int64_t procs)
{
    return area < INT64_MAX ? (int64_t)area / procs : INT64_MAX;
}

static void set_bounds(struct bounds *bounds)
{
    const int64_t most = bounds->free < INT32_MAX ? bounds->free : INT32_MAX;
    bounds->classes = (int16_t)(summary_class((uint32_t)most) + 1);
    for (int16_t c = 0; c < bounds->classes; c++) {
        const int64_t least = summary_least(c);
        simtime request = longest(bounds->area, least);
        if (least > bounds->spare && bounds->window < request)
            request = bounds->window;
        bounds->code_end[c] = (int16_t)(summary_code(request) + 1);
    }
}

static bool fits(const struct bounds *bounds, const struct jobitem *item)
{
    return item->procs <= bounds->free &&
           (item->request <= bounds->window || item->procs <= bounds->spare) &&
           (wide)item->procs * item->request <= bounds->area;
}

/* The children below which an item may fit, a bit each. A row tells of its class and those below,
 * so that of classes with one bound the last tells all. */
static uint32_t fitting_children(const struct inner *node, const struct bounds *bounds)
{
    const lanes zero = {0};
    uint32_t bits = 0;
    for (int16_t c = 0; c < bounds->classes; c++) {
        const int16_t end = bounds->code_end[c];
        if (c + 1 < bounds->classes && bounds->code_end[c + 1] == end)
            continue;
        for (uint32_t i = 0; i < JOBTREE_FAN; i += SCAN)
            bits |= lane_bits(lanes_at(node->request[c] + i) < zero + end) << i;
    }
    return bits;
}

static bool search_leaf(struct leaf *leaf, const struct jobkey *after, const struct bounds *bounds,
                        struct jobitem *ret_item)
{
    for (uint32_t i = after ? leaf_after(leaf, after) : leaf->lo; i < leaf->hi; i++) {
        const int16_t size = leaf->size[i];
        if (size >= bounds->classes || leaf->code[i] >= bounds->code_end[size] ||
            !fits(bounds, &leaf->item[i]))
            continue;
        leaf->last = i + 1;
        *ret_item = leaf->item[i];
        return true;
    }
    return false;
}

static bool search(void *node, int height, const struct jobkey *after, const struct bounds *bounds,
                   struct jobitem *ret_item)
{
    if (height == 0)
        return search_leaf(node, after, bounds, ret_item);
    const struct inner *inner = node;
    const uint32_t from = after ? child_at(inner, after) : 0;
    uint32_t left = fitting_children(inner, bounds) & UINT32_MAX << from;
    for (; left; left &= left - 1) {
        const uint32_t i = (uint32_t)__builtin_ctz(left);
        if (inner->procs[i] <= bounds->free &&
            search(inner->child[i], height - 1, i == from ? after : NULL, bounds, ret_item))
            return true;
    }
    return false;
}

bool jobtree_search(const struct jobtree *tree, const struct jobkey *after, int64_t free,
                    simtime window, int64_t spare, wide area, struct jobitem *ret_item)
{
    if (tree->len == 0 || free < 1 || area < 0)
        return false;
    struct bounds bounds = {.window = window, .free = free, .spare = spare, .area = area};
    set_bounds(&bounds);
    return search(tree->root, tree->height, after, &bounds, ret_item);
}
