/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/inherit.h"

#include "scenario/field_at.h"
#include "scenario/resolve.h"
#include "scenario/templates.h"

/* Is there a `like` in what the path goes through? */
static bool meets_like(const struct node *root, const struct path *path)
{
    const struct node *node = root;
    for (size_t i = 0; node && i < path->len; i++) {
        if (node->kind == NODE_MAP && node_get(node, "like"))
            return true;
        const struct path one = {&path->items[i], 1, 0};
        node = path_get(node, &one);
    }
    return false;
}

/* The whole value on the way, from what is written out. */
static int write_out(struct node *root, const struct node *expanded, const struct field *table,
                     const struct path *path, struct mark at, struct error *err)
{
    const struct path whole = {path->items, tree_whole(table, path), 0};
    const bool inside = whole.len > 0 && whole.len < path->len;
    if (!inside || path_get(root, &whole))
        return 0;
    const struct node *value = path_get(expanded, &whole);
    return value ? path_set(root, &whole, at, node_copy(value), err) : 0;
}

int path_prepare(struct node *root, const struct field *table, const struct path *path,
                 struct mark at, struct error *err)
{
    if (!table)
        return 0;
    if (!meets_like(root, path))
        return path_names_known(table, root, path, at, err);
    struct error_list errors = {0};
    struct node *expanded = node_copy(root);
    int rc = 0;
    if (templates_expand(expanded, &errors) == 0) { /* else it is told when all is put */
        rc = path_names_known(table, expanded, path, at, err);
        if (rc == 0)
            rc = write_out(root, expanded, table, path, at, err);
    }
    node_free(expanded);
    error_list_deinit(&errors);
    return rc;
}

struct node *path_inherited(const struct node *root, const struct path *path)
{
    if (!meets_like(root, path))
        return NULL;
    struct error_list errors = {0};
    struct node *expanded = node_copy(root);
    const struct node *value =
        templates_expand(expanded, &errors) == 0 ? path_get(expanded, path) : NULL;
    struct node *copy = value ? node_copy(value) : NULL;
    node_free(expanded);
    error_list_deinit(&errors);
    return copy;
}
