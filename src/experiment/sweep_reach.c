/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/sweep_reach.h"

#include "experiment/sweep_load.h"
#include "experiment/sweep_put.h"
#include "scenario/templates.h"
#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

/* The mark of what a factor has put: its "line" tells which. */
static const char putter_file[] = "factors";

struct paths {
    struct path *items;
    size_t len, cap;
};

/* A path of a factor, and where in the scenario its values are once templates are written out. */
struct putter {
    size_t factor;
    struct path path; /* owned */
    struct paths leaves;
};

struct reach {
    struct decode *ctx;
    const struct sweep *sweep;
    struct sweep_put *order;
    struct putter *putters; /* as ordered, then the loads */
    size_t n, n_values;
    bool *told; /* by factor */
};

/* A point of the sweep: all factors at their first level but one. */
struct point {
    const char *variant; /* NULL: none */
    size_t factor, level;
};

static void paths_clear(struct paths *paths)
{
    for (size_t i = 0; i < paths->len; i++)
        path_deinit(&paths->items[i]);
    free(paths->items);
    *paths = (struct paths){0};
}

/* --- trees whose nodes know which factor has put them --- */

/* Number of the putter; SIZE_MAX: it comes from elsewhere. */
static size_t putter_of(const struct node *node)
{
    return node->at.file == putter_file ? node->at.line : SIZE_MAX;
}

static struct node *value_of(const struct reach *reach, size_t i, const struct point *point)
{
    const struct sweep_put *put = &reach->order[i];
    const struct sweep_factor *factor = &reach->sweep->factors[put->factor];
    const size_t level = put->factor == point->factor ? point->level : 0;
    struct node *value = factor->kind == FACTOR_DRAWN
                             ? sweep_drawn_value(factor, 1)
                             : node_copy(factor->values[level * factor->n_paths + put->path]);
    node_set_marks(value, (struct mark){putter_file, (unsigned)i, 0});
    return value;
}

/* -1: it cannot be put, which is told elsewhere. */
static int put(const struct reach *reach, size_t i, const struct point *point, struct node *tree)
{
    const struct path *path = &reach->putters[i].path;
    const struct mark at = {putter_file, (unsigned)i, 0};
    if (i < reach->n_values)
        return sweep_put_value(tree, path, at, value_of(reach, i, point), NULL);
    struct node *rate = path_get(tree, path); /* a load: the rate of an arrival */
    if (rate)
        rate->at = at;
    return 0;
}

static struct node *expanded(struct node *tree)
{
    struct error_list errors = {0};
    if (tree && templates_expand(tree, &errors) < 0) {
        node_free(tree);
        tree = NULL;
    }
    error_list_deinit(&errors);
    return tree;
}

/* The scenario at a point with putters from `from` to before `to`, written out; NULL: it has faults
 * of its own. */
static struct node *tree_at(const struct reach *reach, const struct point *point, size_t from,
                            size_t to)
{
    struct error_list errors = {0};
    struct node *tree = sweep_tree(reach->sweep, point->variant, &errors);
    for (size_t i = from; tree && i < to; i++)
        if (put(reach, i, point, tree) < 0) {
            node_free(tree);
            tree = NULL;
        }
    error_list_deinit(&errors);
    return expanded(tree);
}

static bool is_leaf(const struct node *node)
{
    return node->kind == NODE_SCALAR || node->len == 0;
}

static void push_entry(struct path *path, const struct node *node, size_t i)
{
    if (node->kind == NODE_MAP)
        path_push_key(path, node->items[i].key);
    else
        path_push_index(path, i);
}

static void collect(const struct node *node, size_t putter, struct path *path, struct paths *ret)
{
    if (is_leaf(node) && putter_of(node) == putter) {
        MEM_GROW(ret);
        path_copy(path, &ret->items[ret->len++]);
    }
    for (size_t i = 0; i < node->len; i++) {
        push_entry(path, node, i);
        collect(node->items[i].value, putter, path, ret);
        path_pop(path);
    }
}

/* What putter `i` sets if nobody else sets anything. */
static void find_leaves(const struct reach *reach, size_t i, const struct point *point,
                        struct paths *ret)
{
    struct path path = {0};
    struct node *tree = tree_at(reach, point, i, i + 1);
    *ret = (struct paths){0};
    if (tree)
        collect(tree, i, &path, ret);
    path_deinit(&path);
    node_free(tree);
}

/* --- who overwrites --- */

static size_t first_inside(const struct node *node)
{
    size_t found = putter_of(node);
    for (size_t i = 0; found == SIZE_MAX && i < node->len; i++)
        found = first_inside(node->items[i].value);
    return found;
}

/* Who has put what is at the path, or what it would lie in. */
static size_t owner(const struct node *tree, const struct path *path)
{
    const struct node *node = tree;
    for (size_t len = path->len; len > 0; len--) {
        const struct path front = {path->items, len, 0};
        node = path_get(tree, &front);
        if (node && len == path->len)
            return first_inside(node);
        if (node)
            break;
    }
    return putter_of(node);
}

static int tell_factor(struct reach *reach, size_t lost, size_t by)
{
    const struct putter *under = &reach->putters[lost], *over = &reach->putters[by];
    const size_t later = under->factor > over->factor ? under->factor : over->factor;
    const struct sweep_factor *factor = &reach->sweep->factors[under->factor];
    const bool named = factor->name && under->factor != over->factor;
    char one[120], other[120];
    reach->told[later] = true;
    return decode_error(reach->ctx, reach->sweep->factors[later].at,
                        "%s overlaps with %s%s%.40s, which reaches it through a template: one "
                        "would overwrite the other; a value of its own in `set` keeps it apart",
                        path_format(&over->path, one, sizeof(one)),
                        path_format(&under->path, other, sizeof(other)), named ? " of " : "",
                        named ? factor->name : "");
}

static int tell_variant(struct reach *reach, size_t lost, const struct path *leaf,
                        const char *variant)
{
    const struct putter *under = &reach->putters[lost];
    char one[140], other[140];
    reach->told[under->factor] = true;
    return decode_error(reach->ctx, reach->sweep->factors[under->factor].at,
                        "%s overlaps with %s of the variant %.60s: one would overwrite the other",
                        path_format(&under->path, one, sizeof(one)),
                        path_format(leaf, other, sizeof(other)), variant);
}

/* All that putter `i` sets by itself has to be there still. */
static void check_leaves(struct reach *reach, size_t i, const struct paths *leaves,
                         const struct node *tree, const struct point *point)
{
    for (size_t k = 0; k < leaves->len && !reach->told[reach->putters[i].factor]; k++) {
        const struct node *node = path_get(tree, &leaves->items[k]);
        if (node && putter_of(node) == i)
            continue;
        const size_t by = owner(tree, &leaves->items[k]);
        /* What a tenant is like may differ from level to level: that overwrites nothing. */
        if (by < SIZE_MAX && !reach->told[reach->putters[by].factor])
            tell_factor(reach, i, by);
        else if (by == SIZE_MAX && point->variant)
            tell_variant(reach, i, &leaves->items[k], point->variant);
    }
}

/* --- what members draw --- */

/* The path inside `each`, if it leads there; *ret_members: to the map of `members`. */
static bool inside_each(const struct path *path, struct path *ret_members, struct path *ret)
{
    for (size_t i = path->len; i > 1; i--) {
        const char *key = path->items[i - 1].key, *before = path->items[i - 2].key;
        if (!key || !before || strcmp(key, "each") != 0 || strcmp(before, "members") != 0)
            continue;
        *ret_members = (struct path){path->items, i - 1, 0};
        *ret = (struct path){path->items + i, path->len - i, 0};
        return true;
    }
    return false;
}

/* The key of `vary` that overwrites what is at the path; NULL: none does. */
static const struct node_entry *drawn_at(const struct node *tree, const struct path *path)
{
    struct path members, inside;
    if (!inside_each(path, &members, &inside))
        return NULL;
    const struct node *vary = node_get(path_get(tree, &members), "vary");
    for (size_t i = 0; vary && vary->kind == NODE_MAP && i < vary->len; i++) {
        struct path drawn = {0};
        const bool hit =
            path_parse(vary->items[i].key, &drawn, NULL) == 0 && path_begins(&inside, &drawn);
        path_deinit(&drawn);
        if (hit)
            return &vary->items[i];
    }
    return NULL;
}

/* Nothing is left of a factor if members draw it wherever it is. */
static void check_drawn(struct reach *reach, size_t i, const struct paths *leaves,
                        const struct node *tree)
{
    const struct putter *putter = &reach->putters[i];
    const struct node_entry *by = NULL;
    char at[160];
    for (size_t k = 0; k < leaves->len; k++) {
        const struct path *leaf = &leaves->items[k];
        if (leaf->items[0].key && strcmp(leaf->items[0].key, "templates") == 0)
            continue;
        by = drawn_at(tree, leaf);
        if (!by)
            return;
        path_format(leaf, at, sizeof(at));
    }
    if (!by || reach->told[putter->factor])
        return;
    reach->told[putter->factor] = true;
    decode_error(reach->ctx, reach->sweep->factors[putter->factor].at,
                 "each member draws a value of its own at %s, by its `vary`: this would be "
                 "overwritten; `scale` multiplies it instead",
                 at);
}

/* --- points --- */

static void check_point(struct reach *reach, const struct point *point)
{
    struct node *tree = tree_at(reach, point, 0, reach->n);
    for (size_t i = 0; tree && i < reach->n; i++) {
        const bool other = reach->putters[i].factor == point->factor && point->level > 0;
        struct paths own = {0};
        if (other)
            find_leaves(reach, i, point, &own);
        const struct paths *leaves = other ? &own : &reach->putters[i].leaves;
        check_leaves(reach, i, leaves, tree, point);
        check_drawn(reach, i, leaves, tree);
        paths_clear(&own);
    }
    node_free(tree);
}

static bool same_at(const struct node *one, const struct node *other, const struct path *path)
{
    const struct node *a = path_get(one, path), *b = path_get(other, path);
    return a == b || (a && b && node_equal(a, b));
}

/* Is what the variant makes of the place gone once the factor has put something there? */
static bool hides(const struct reach *reach, size_t i, const char *variant)
{
    struct node *base = tree_at(reach, &(struct point){NULL, SIZE_MAX, 0}, i, i + 1);
    struct node *changed = tree_at(reach, &(struct point){variant, SIZE_MAX, 0}, i, i + 1);
    const bool same = base && changed && same_at(base, changed, &reach->putters[i].path);
    node_free(base);
    node_free(changed);
    return same;
}

/* Does the variant make another thing of what a factor sets? */
static void check_variant(struct reach *reach, const struct node *base, const char *variant)
{
    struct node *changed = tree_at(reach, &(struct point){variant, SIZE_MAX, 0}, 0, 0);
    for (size_t i = 0; changed && i < reach->n; i++) {
        const struct putter *putter = &reach->putters[i];
        for (size_t k = 0; k < putter->leaves.len && !reach->told[putter->factor]; k++)
            if (!same_at(base, changed, &putter->leaves.items[k]))
                tell_variant(reach, i, &putter->leaves.items[k], variant);
        if (!reach->told[putter->factor] && !same_at(base, changed, &putter->path) &&
            hides(reach, i, variant))
            tell_variant(reach, i, &putter->path, variant);
    }
    node_free(changed);
}

static void check_variants(struct reach *reach)
{
    const struct texts *names = &reach->sweep->variants;
    struct node *base =
        names->len > 0 ? tree_at(reach, &(struct point){NULL, SIZE_MAX, 0}, 0, 0) : NULL;
    for (size_t v = 0; base && v < names->len; v++) {
        if (!node_get(reach->sweep->scenario.variants, names->items[v]))
            continue;
        check_variant(reach, base, names->items[v]);
        check_point(reach, &(struct point){names->items[v], SIZE_MAX, 0});
    }
    node_free(base);
}

/* Is a level another thing than a number or a name in the place of the first? */
static bool differs_in_kind(const struct sweep_factor *factor, size_t level)
{
    for (size_t i = 0; i < factor->n_paths; i++)
        if (factor->values[i]->kind != NODE_SCALAR ||
            factor->values[level * factor->n_paths + i]->kind != NODE_SCALAR)
            return true;
    return false;
}

static void add_putters(struct reach *reach, const struct node *tree)
{
    size_t most = 0;
    for (size_t i = 0; i < reach->sweep->n_factors; i++)
        most += reach->sweep->factors[i].n_paths;
    reach->order = sweep_puts(reach->sweep, tree, &reach->n_values);
    reach->putters = mem_new(most, sizeof(*reach->putters));
    for (size_t i = 0; i < reach->n_values; i++) {
        struct putter *putter = &reach->putters[reach->n++];
        putter->factor = reach->order[i].factor;
        path_copy(&reach->sweep->factors[putter->factor].path[reach->order[i].path], &putter->path);
    }
    for (size_t i = 0; i < reach->sweep->n_factors; i++) {
        const struct sweep_factor *factor = &reach->sweep->factors[i];
        if (factor->kind != FACTOR_LOAD)
            continue;
        struct putter *putter = &reach->putters[reach->n++];
        putter->factor = i;
        sweep_load_path(&factor->path[0], tree, &putter->path);
    }
}

void sweep_reach_check(struct decode *ctx, const struct sweep *sweep)
{
    const struct point first = {NULL, SIZE_MAX, 0};
    struct reach reach = {
        .ctx = ctx, .sweep = sweep, .told = mem_new(sweep->n_factors, sizeof(*reach.told))};
    struct error_list errors = {0};
    struct node *tree = sweep_tree(sweep, NULL, &errors);
    if (tree)
        add_putters(&reach, tree);
    for (size_t i = 0; i < reach.n; i++)
        find_leaves(&reach, i, &first, &reach.putters[i].leaves);
    if (reach.n > 0)
        check_point(&reach, &first);
    for (size_t f = 0; reach.n > 0 && f < sweep->n_factors; f++)
        for (size_t level = 1; level < sweep->factors[f].levels; level++)
            if (sweep->factors[f].kind == FACTOR_VALUES &&
                differs_in_kind(&sweep->factors[f], level))
                check_point(&reach, &(struct point){NULL, f, level});
    check_variants(&reach);
    for (size_t i = 0; i < reach.n; i++) {
        path_deinit(&reach.putters[i].path);
        paths_clear(&reach.putters[i].leaves);
    }
    node_free(tree);
    error_list_deinit(&errors);
    free(reach.putters);
    free(reach.order);
    free(reach.told);
}
