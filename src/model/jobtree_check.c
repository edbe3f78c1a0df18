/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/jobtree.h"

#include "model/jobtree_nodes.h"

/* What the walk over all leaves has seen so far. */
struct walk {
    struct jobkey last;
    size_t len;
};

static void check_leaf(const struct leaf *leaf, struct walk *walk)
{
    REQUIRE(leaf->lo <= leaf->hi && leaf->hi <= JOBTREE_LEAF);
    for (uint32_t i = leaf->lo; i < leaf->hi; i++) {
        const struct jobitem *item = &leaf->item[i];
        REQUIRE(walk->len == 0 || !jobkey_upto(&item->key, &walk->last));
        REQUIRE(item->procs >= 1 && item->request >= 0);
        REQUIRE(leaf->code[i] == summary_code(item->request));
        REQUIRE(leaf->size[i] == summary_class((uint32_t)item->procs));
        walk->last = item->key;
        walk->len++;
    }
}

static void check_node(const void *node, int height, struct walk *walk)
{
    if (height == 0) {
        check_leaf(node, walk);
        return;
    }
    const struct inner *inner = node;
    REQUIRE(inner->len >= 1 && inner->len <= JOBTREE_FAN);
    for (uint32_t c = 0; c < SUMMARY_CLASSES; c++)
        for (uint32_t i = inner->len; i < JOBTREE_FAN; i++)
            REQUIRE(inner->request[c][i] == SUMMARY_NONE);
    for (uint32_t i = 0; i < inner->len; i++) {
        struct summary summary;
        const void *child = inner->child[i];
        REQUIRE(node_len(child, height - 1) > 0);
        node_summary(child, height - 1, &summary);
        REQUIRE(inner->procs[i] == node_least(child, height - 1, 1));
        for (uint32_t c = 0; c < SUMMARY_CLASSES; c++)
            REQUIRE(summary.request[c] == inner->request[c][i]);
        if (i > 0) {
            const struct leaf *leaf = first_leaf(child, height - 1);
            REQUIRE(!jobkey_upto(&inner->first[i], &walk->last));
            REQUIRE(jobkey_upto(&inner->first[i], &leaf->item[leaf->lo].key));
        }
        check_node(child, height - 1, walk);
    }
}

void jobtree_check(const struct jobtree *tree)
{
    struct walk walk = {.len = 0};
    REQUIRE(tree->root || tree->len == 0);
    REQUIRE(tree->height == 0 || node_len(tree->root, tree->height) > 1);
    if (tree->root)
        check_node(tree->root, tree->height, &walk);
    const int32_t least = tree->root ? node_least(tree->root, tree->height, 1) : INT32_MAX;
    REQUIRE(tree->least_left ? tree->least <= least : tree->least == least);
    REQUIRE(walk.len == tree->len);
    REQUIRE(!tree->has_late || (tree->late.procs >= 1 && tree->late.request >= 0));
}
