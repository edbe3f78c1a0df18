/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/jobtree.h"

#include "model/jobtree_nodes.h"
#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

#define HEIGHT_MAX 32

/* The way down to a leaf. Height 1 is the parent of the leaf. */
struct path {
    struct inner *node[HEIGHT_MAX + 1];
    uint32_t idx[HEIGHT_MAX + 1];
    struct leaf *leaf;
};

struct jobtree *jobtree_new(void)
{
    struct jobtree *tree = mem_new(1, sizeof(*tree));
    tree->least = INT32_MAX;
    nodepool_init(&tree->leaves, sizeof(struct leaf));
    nodepool_init(&tree->inners, sizeof(struct inner));
    return tree;
}

void jobtree_free(struct jobtree *tree)
{
    if (!tree)
        return;
    nodepool_deinit(&tree->leaves);
    nodepool_deinit(&tree->inners);
    free(tree);
}

size_t jobtree_len(const struct jobtree *tree)
{
    return tree->len + tree->has_late;
}

static void descend(const struct jobtree *tree, const struct jobkey *key, struct path *ret_path)
{
    void *node = tree->root;
    for (int height = tree->height; height > 0; height--) {
        struct inner *inner = node;
        const uint32_t i = child_at(inner, key);
        ret_path->node[height] = inner;
        ret_path->idx[height] = i;
        node = inner->child[i];
    }
    ret_path->leaf = node;
}

static void refresh_child(struct inner *node, uint32_t i, int height)
{
    struct summary summary;
    node->procs[i] = node_least(node->child[i], height - 1, 1);
    node_summary(node->child[i], height - 1, &summary);
    for (uint32_t c = 0; c < SUMMARY_CLASSES; c++)
        node->request[c][i] = summary.request[c];
}

static void move_child(struct inner *to, uint32_t at, const struct inner *from, uint32_t i,
                       uint32_t count)
{
    memmove(to->procs + at, from->procs + i, count * sizeof(to->procs[0]));
    memmove(to->first + at, from->first + i, count * sizeof(to->first[0]));
    memmove(to->child + at, from->child + i, count * sizeof(to->child[0]));
    for (uint32_t c = 0; c < SUMMARY_CLASSES && count > 0; c++)
        memmove(to->request[c] + at, from->request[c] + i, count * sizeof(to->request[0][0]));
}

/* There is no child from `len` on. */
static void cut_children(struct inner *node, uint32_t len)
{
    node->len = len;
    for (uint32_t c = 0; c < SUMMARY_CLASSES; c++)
        for (uint32_t i = len; i < JOBTREE_FAN; i++)
            node->request[c][i] = SUMMARY_NONE;
}

static struct inner *inner_new(struct jobtree *tree)
{
    struct inner *node = nodepool_take(&tree->inners);
    cut_children(node, 0);
    return node;
}

static void move_items(struct leaf *to, uint32_t at, const struct leaf *from, uint32_t i,
                       uint32_t count)
{
    if (count == 0) /* as at either end, where most come and go */
        return;
    memmove(to->item + at, from->item + i, count * sizeof(to->item[0]));
    memmove(to->code + at, from->code + i, count * sizeof(to->code[0]));
    memmove(to->size + at, from->size + i, count * sizeof(to->size[0]));
}

static NOINLINE struct leaf *leaf_new(struct jobtree *tree)
{
    struct leaf *leaf = nodepool_take(&tree->leaves);
    leaf->lo = leaf->hi = leaf->last = 0;
    memset(leaf->code, 0, sizeof(leaf->code));
    memset(leaf->size, 0, sizeof(leaf->size));
    return leaf;
}

static struct leaf *split_leaf(struct jobtree *tree, struct leaf *leaf, bool last,
                               struct jobkey *ret_first)
{
    struct leaf *right = leaf_new(tree);
    const uint32_t mid = last ? leaf->hi - 1 : (leaf->lo + leaf->hi) / 2;
    right->hi = leaf->hi - mid;
    move_items(right, 0, leaf, mid, right->hi);
    leaf->hi = mid;
    *ret_first = right->item[0].key;
    return right;
}

static struct inner *split_inner(struct jobtree *tree, struct inner *node, bool last,
                                 struct jobkey *ret_first)
{
    struct inner *right = inner_new(tree);
    const uint32_t mid = last ? node->len - 1 : node->len / 2;
    right->len = node->len - mid;
    move_child(right, 0, node, mid, right->len);
    cut_children(node, mid);
    *ret_first = right->first[0];
    return right;
}

static void grow_root(struct jobtree *tree, struct path *path)
{
    struct inner *root = inner_new(tree);
    REQUIRE(tree->height < HEIGHT_MAX);
    tree->height++;
    root->len = 1;
    root->first[0] = (struct jobkey){-HUGE_VAL, 0};
    root->child[0] = tree->root;
    refresh_child(root, 0, tree->height);
    tree->root = root;
    path->node[tree->height] = root;
    path->idx[tree->height] = 0;
}

/* Split the highest full node in the chain of full ones above and including the leaf: its parent
 * has room. The caller descends anew until the leaf has room. A queue that only grows at its end
 * leaves full nodes behind. */
static COLD void split_one(struct jobtree *tree, struct path *path, const struct jobkey *key)
{
    int full = 0;
    bool last = leaf_after(path->leaf, key) == path->leaf->hi;
    for (int height = 1; height <= tree->height; height++)
        last = last && path->idx[height] + 1 == path->node[height]->len;
    while (full < tree->height && path->node[full + 1]->len == JOBTREE_FAN)
        full++;
    if (full == tree->height)
        grow_root(tree, path);
    struct inner *parent = path->node[full + 1];
    const uint32_t i = path->idx[full + 1];
    struct jobkey first;
    void *right = full ? (void *)split_inner(tree, parent->child[i], last, &first)
                       : (void *)split_leaf(tree, parent->child[i], last, &first);
    move_child(parent, i + 2, parent, i + 1, parent->len - i - 1);
    parent->len++;
    parent->first[i + 1] = first;
    parent->child[i + 1] = right;
    refresh_child(parent, i, full + 1);
    refresh_child(parent, i + 1, full + 1);
}

/* Make room at `at`; the place may move. */
static uint32_t leaf_open(struct leaf *leaf, uint32_t at)
{
    const uint32_t len = leaf->hi - leaf->lo;
    if (at == leaf->hi && (at == JOBTREE_LEAF || (leaf->lo >= SCAN && len <= SCAN))) {
        /* A queue drifts through its leaf: back to the beginning, where the caches know it. */
        move_items(leaf, 0, leaf, leaf->lo, len);
        at -= leaf->lo;
        leaf->hi -= leaf->lo;
        leaf->lo = 0;
    }
    if (leaf->lo > 0 && (at - leaf->lo < leaf->hi - at || leaf->hi == JOBTREE_LEAF)) {
        move_items(leaf, leaf->lo - 1, leaf, leaf->lo, at - leaf->lo);
        leaf->lo--;
        return at - 1;
    }
    move_items(leaf, at + 1, leaf, at, leaf->hi - at);
    leaf->hi++;
    return at;
}

static void leaf_close(struct leaf *leaf, uint32_t at)
{
    if (at - leaf->lo < leaf->hi - at) {
        move_items(leaf, leaf->lo + 1, leaf, leaf->lo, at - leaf->lo);
        leaf->lo++;
        leaf->last = at + 1;
    } else {
        move_items(leaf, at, leaf, at + 1, leaf->hi - at - 1);
        leaf->hi--;
        leaf->last = at;
    }
}

static void put(struct jobtree *tree, const struct jobitem *item)
{
    if (UNLIKELY(!tree->root))
        tree->root = leaf_new(tree);
    struct path path;
    descend(tree, &item->key, &path);
    while (UNLIKELY(path.leaf->hi - path.leaf->lo == JOBTREE_LEAF)) {
        split_one(tree, &path, &item->key);
        descend(tree, &item->key, &path);
    }
    struct leaf *leaf = path.leaf;
    uint32_t at = leaf_after(leaf, &item->key);
    REQUIRE(at == leaf->lo || !jobkey_equal(&leaf->item[at - 1].key, &item->key));
    at = leaf_open(leaf, at);
    const int16_t size = summary_class((uint32_t)item->procs), code = summary_code(item->request);
    leaf->item[at] = *item;
    leaf->code[at] = code;
    leaf->size[at] = size;
    tree->len++;
    if (item->procs <= tree->least) {
        tree->least = item->procs;
        tree->least_left = false;
    }
    for (int height = 1; height <= tree->height; height++) {
        struct inner *node = path.node[height];
        const uint32_t i = path.idx[height];
        if (item->procs < node->procs[i])
            node->procs[i] = item->procs;
        for (int16_t c = size; c < SUMMARY_CLASSES && code < node->request[c][i]; c++)
            node->request[c][i] = code;
    }
}

static inline void settle(struct jobtree *tree)
{
    if (tree->has_late)
        put(tree, &tree->late);
    tree->has_late = false;
}

void jobtree_insert(struct jobtree *tree, const struct jobitem *item)
{
    REQUIRE(item->procs >= 1 && item->request >= 0 && item->key.score == item->key.score);
    settle(tree);
    tree->late = *item;
    tree->has_late = true;
}

static NOINLINE void drop_child(struct jobtree *tree, struct inner *parent, uint32_t i, int height)
{
    nodepool_give(height ? &tree->inners : &tree->leaves, parent->child[i]);
    move_child(parent, i, parent, i + 1, parent->len - i - 1);
    cut_children(parent, parent->len - 1);
}

/* Children i and i + 1 of the parent become one. */
static COLD void merge_children(struct jobtree *tree, struct inner *parent, uint32_t i, int height)
{
    if (height == 0) {
        struct leaf *left = parent->child[i], *right = parent->child[i + 1];
        const uint32_t len = left->hi - left->lo, more = right->hi - right->lo;
        move_items(left, 0, left, left->lo, len);
        move_items(left, len, right, right->lo, more);
        left->lo = 0;
        left->hi = len + more;
    } else {
        struct inner *left = parent->child[i], *right = parent->child[i + 1];
        right->first[0] = parent->first[i + 1];
        move_child(left, left->len, right, 0, right->len);
        left->len += right->len;
    }
    if (parent->procs[i + 1] < parent->procs[i])
        parent->procs[i] = parent->procs[i + 1];
    for (uint32_t c = 0; c < SUMMARY_CLASSES; c++)
        if (parent->request[c][i + 1] < parent->request[c][i])
            parent->request[c][i] = parent->request[c][i + 1];
    drop_child(tree, parent, i + 1, height);
}

/* A child that is nearly empty goes, or joins a neighbour. */
static void shrink_child(struct jobtree *tree, struct inner *parent, uint32_t i, int height)
{
    const uint32_t cap = height ? JOBTREE_FAN : JOBTREE_LEAF;
    const uint32_t len = node_len(parent->child[i], height);
    if (len == 0)
        drop_child(tree, parent, i, height);
    else if (len >= cap / 4)
        return;
    else if (i > 0 && node_len(parent->child[i - 1], height) + len <= cap * 3 / 4)
        merge_children(tree, parent, i - 1, height);
    else if (i + 1 < parent->len && node_len(parent->child[i + 1], height) + len <= cap * 3 / 4)
        merge_children(tree, parent, i, height);
}

/* An item left child i that was the least request of its class, and so of those classes from there
 * on that have the same code, up to `end`: the others stay as they are. Here the child is a leaf.
 */
static void leaf_forget(struct inner *parent, uint32_t i, int16_t size, int16_t end)
{
    const struct leaf *leaf = parent->child[i];
    int16_t request[SUMMARY_CLASSES];
    leaf_requests(leaf, request);
    int16_t least = size > 0 ? parent->request[size - 1][i] : SUMMARY_NONE;
    for (int16_t c = size; c < end; c++)
        parent->request[c][i] = least = least < request[c] ? least : request[c];
}

static void summary_forget(struct inner *parent, uint32_t i, int height, int16_t size, int16_t code)
{
    int16_t end = size;
    while (end < SUMMARY_CLASSES && parent->request[end][i] == code)
        end++;
    if (height == 0)
        leaf_forget(parent, i, size, end);
    for (int16_t c = size; c < end && height > 0; c++)
        parent->request[c][i] = inner_request(parent->child[i], (uint32_t)c);
}

/* An item left what is below the child. False: nothing changed here, nor will it further up.
 * Requests never rise with the class, so an item that is not least in its own class is in none. */
static bool forget(struct jobtree *tree, struct inner *parent, uint32_t i, int height,
                   int32_t procs, int16_t code, int16_t size)
{
    const void *child = parent->child[i];
    const uint32_t len = node_len(child, height);
    const bool least = parent->procs[i] == procs;
    const bool shortest = parent->request[size][i] == code;
    const bool small = len < (height ? JOBTREE_FAN : JOBTREE_LEAF) / 4;
    if (least && len > 0)
        parent->procs[i] = node_least(child, height, procs);
    if (shortest && len > 0)
        summary_forget(parent, i, height, size, code);
    if (small)
        shrink_child(tree, parent, i, height);
    return least || shortest || small;
}

bool jobtree_remove(struct jobtree *tree, struct jobkey key)
{
    if (tree->has_late && jobkey_equal(&tree->late.key, &key)) {
        tree->has_late = false;
        return true;
    }
    if (tree->len == 0)
        return false;
    struct path path;
    descend(tree, &key, &path);
    struct leaf *leaf = path.leaf;
    const uint32_t after = leaf_after(leaf, &key);
    if (after == leaf->lo || !jobkey_equal(&leaf->item[after - 1].key, &key))
        return false;
    const int32_t procs = leaf->item[after - 1].procs;
    const int16_t code = leaf->code[after - 1], size = leaf->size[after - 1];
    leaf_close(leaf, after - 1);
    tree->len--;
    for (int height = 0; height < tree->height; height++) {
        if (!forget(tree, path.node[height + 1], path.idx[height + 1], height, procs, code, size))
            break;
    }
    while (tree->height > 0 && ((struct inner *)tree->root)->len == 1) {
        struct inner *root = tree->root;
        tree->root = root->child[0];
        nodepool_give(&tree->inners, root);
        tree->height--;
    }
    tree->least_left |= procs == tree->least;
    return true;
}

bool jobtree_first(const struct jobtree *tree, struct jobitem *ret_item)
{
    const struct jobitem *first = tree->has_late ? &tree->late : NULL;
    if (tree->len > 0) {
        const struct leaf *leaf = first_leaf(tree->root, tree->height);
        const struct jobitem *settled = &leaf->item[leaf->lo];
        first = first && jobkey_upto(&first->key, &settled->key) ? first : settled;
    }
    if (first)
        *ret_item = *first;
    return first;
}

/* Where the first item after the key stands; NULL: there is none. All must be settled. */
static inline const struct leaf *leaf_next(const struct jobtree *tree, const struct jobkey *key,
                                           uint32_t *ret_at)
{
    if (tree->len == 0)
        return NULL;
    struct path path;
    descend(tree, key, &path);
    const struct leaf *leaf = path.leaf;
    *ret_at = leaf_after(leaf, key);
    if (*ret_at == leaf->hi) {
        int height = 1;
        while (height <= tree->height && path.idx[height] + 1 == path.node[height]->len)
            height++;
        if (height > tree->height)
            return NULL;
        leaf = first_leaf(path.node[height]->child[path.idx[height] + 1], height - 1);
        *ret_at = leaf->lo;
    }
    return leaf;
}

bool jobtree_next(struct jobtree *tree, struct jobkey key, struct jobitem *ret_item)
{
    uint32_t at;
    settle(tree);
    const struct leaf *leaf = leaf_next(tree, &key, &at);
    if (leaf)
        *ret_item = leaf->item[at];
    return leaf;
}

size_t jobtree_some(struct jobtree *tree, const struct jobkey *after, size_t most,
                    struct jobitem *ret_items)
{
    const struct leaf *leaf = NULL;
    uint32_t at = 0;
    settle(tree);
    if (after) {
        leaf = leaf_next(tree, after, &at);
    } else if (tree->len > 0) {
        leaf = first_leaf(tree->root, tree->height);
        at = leaf->lo;
    }
    if (!leaf)
        return 0;
    const size_t len = leaf->hi - at < most ? leaf->hi - at : most;
    memcpy(ret_items, &leaf->item[at], len * sizeof(*ret_items));
    return len;
}

struct query {
    simtime window;
    int32_t free, spare;                   /* spare <= free */
    int16_t code_end, free_end, spare_end; /* first code and classes that do not fit */
};

/* The children below which an item may fit, a bit each: without branches, since no search is like
 * the one before. */
static inline uint32_t fitting_children(const struct inner *node, const struct query *query)
{
    const lanes zero = {0};
    const int16_t *request = node->request[query->free_end - 1];
    const int16_t *small = node->request[query->spare_end > 0 ? query->spare_end - 1 : 0];
    const int16_t none = query->spare_end > 0 ? SUMMARY_NONE : INT16_MIN;
    uint32_t bits = 0;
    for (uint32_t i = 0; i < node->len; i += SCAN) {
        const lanes fits =
            (lanes_at(request + i) < zero + query->code_end) | (lanes_at(small + i) < zero + none);
        bits |= lane_bits(fits) << i;
    }
    return bits;
}

/* As above, of SCAN items from `at` on, items out of the leaf's range included. */
static inline uint32_t fitting_items(const struct leaf *leaf, uint32_t at,
                                     const struct query *query)
{
    const lanes code = lanes_at(leaf->code + at), size = lanes_at(leaf->size + at), zero = {0};
    return lane_bits(((size < zero + query->free_end) & (code < zero + query->code_end)) |
                     (size < zero + query->spare_end));
}

static bool fit_leaf(struct leaf *leaf, uint32_t at, const struct query *query,
                     struct jobitem *ret_item)
{
    for (uint32_t block = at / SCAN * SCAN; block < leaf->hi; block += SCAN) {
        for (uint32_t left = fitting_items(leaf, block, query); left; left &= left - 1) {
            const uint32_t i = block + (uint32_t)__builtin_ctz(left);
            const struct jobitem *item = &leaf->item[i];
            if (i >= at && i < leaf->hi && item->procs <= query->free &&
                (item->request <= query->window || item->procs <= query->spare)) {
                leaf->last = i + 1;
                *ret_item = *item;
                return true;
            }
        }
    }
    return false;
}

static inline bool fit_leaf_after(struct leaf *leaf, const struct jobkey *after,
                                  const struct query *query, struct jobitem *ret_item)
{
    return fit_leaf(leaf, after ? leaf_after(leaf, after) : leaf->lo, query, ret_item);
}

/* Below an inner node. */
static bool fit(const struct inner *inner, int height, const struct jobkey *after,
                const struct query *query, struct jobitem *ret_item)
{
    uint32_t left = fitting_children(inner, query), from = 0;
    if (after && left) {
        from = child_at(inner, after);
        left &= UINT32_MAX << from;
    }
    for (; left; left &= left - 1) {
        const uint32_t i = (uint32_t)__builtin_ctz(left);
        const struct jobkey *begin = i == from ? after : NULL;
        if (inner->procs[i] > query->free)
            continue;
        if (height == 1 ? fit_leaf_after(inner->child[i], begin, query, ret_item)
                        : fit(inner->child[i], height - 1, begin, query, ret_item))
            return true;
    }
    return false;
}

int32_t jobtree_least_procs(struct jobtree *tree)
{
    if (tree->least_left)
        tree->least = node_least(tree->root, tree->height, tree->least);
    tree->least_left = false;
    return tree->has_late && tree->late.procs < tree->least ? tree->late.procs : tree->least;
}

bool jobtree_next_fit(struct jobtree *tree, const struct jobkey *after, int64_t free,
                      simtime window, int64_t spare, struct jobitem *ret_item)
{
    settle(tree);
    if (tree->len == 0 || free < jobtree_least_procs(tree))
        return false;
    struct query query = {.window = window, .code_end = (int16_t)(summary_code(window) + 1)};
    query.free = free < INT32_MAX ? (int32_t)free : INT32_MAX;
    query.spare = spare < 0 ? 0 : spare < query.free ? (int32_t)spare : query.free;
    query.free_end = (int16_t)(summary_class((uint32_t)query.free) + 1);
    if (query.spare > 0)
        query.spare_end = (int16_t)(summary_class((uint32_t)query.spare) + 1);
    if (tree->height == 0)
        return fit_leaf_after(tree->root, after, &query, ret_item);
    return fit(tree->root, tree->height, after, &query, ret_item);
}

bool jobtree_next_within(struct jobtree *tree, const struct jobkey *after, int64_t free,
                         simtime window, int64_t spare, wide area, struct jobitem *ret_item)
{
    settle(tree);
    return jobtree_search(tree, after, free, window, spare, area, ret_item);
}
