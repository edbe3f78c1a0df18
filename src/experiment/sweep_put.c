/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/sweep_put.h"

#include "scenario/inherit.h"
#include "util/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct node *sweep_tree(const struct sweep *sweep, const char *variant, struct error_list *errors)
{
    if (variant && strcmp(variant, "base") == 0)
        variant = NULL;
    struct node *tree = document_resolve(&sweep->scenario, variant, NULL, 0, errors);
    if (tree && sweep->set && path_set_all(tree, scenario_fields, sweep->set, false, errors) < 0) {
        node_free(tree);
        return NULL;
    }
    return tree;
}

/* --- order --- */

static size_t number_of(const struct node *map, const char *key)
{
    const struct node_entry *entry = node_find(map, key);
    return entry ? (size_t)(entry - map->items) : SIZE_MAX;
}

/* The highest rank of a template that something inside is like. */
static size_t highest_inside(const struct node *node, const struct node *templates,
                             const size_t *ranks)
{
    size_t highest = 0;
    for (size_t i = 0; i < node->len; i++) {
        const struct node *value = node->items[i].value;
        const bool like = node->kind == NODE_MAP && strcmp(node->items[i].key, "like") == 0;
        const size_t k =
            like && value->kind == NODE_SCALAR ? number_of(templates, value->text) : SIZE_MAX;
        const size_t rank = k < SIZE_MAX ? ranks[k] : highest_inside(value, templates, ranks);
        if (rank > highest)
            highest = rank;
    }
    return highest;
}

/* Of each template one more than of those it is like; as good as any where they are like
 * themselves, which is told when they are written out. */
static size_t *rank_templates(const struct node *templates)
{
    size_t *ranks = mem_new(templates->len, sizeof(*ranks));
    bool changed = true;
    for (size_t round = 0; changed && round < templates->len; round++) {
        changed = false;
        for (size_t i = 0; i < templates->len; i++) {
            const size_t rank = 1 + highest_inside(templates->items[i].value, templates, ranks);
            changed |= rank > ranks[i];
            if (rank > ranks[i])
                ranks[i] = rank;
        }
    }
    return ranks;
}

/* Tenants come after all templates. */
static size_t rank_of(const struct path *path, const struct node *templates, const size_t *ranks)
{
    const bool inside = path->len > 1 && path->items[0].key && path->items[1].key &&
                        strcmp(path->items[0].key, "templates") == 0;
    const size_t k = inside ? number_of(templates, path->items[1].key) : SIZE_MAX;
    return k < SIZE_MAX ? ranks[k] : SIZE_MAX;
}

static void sort_puts(const struct sweep *sweep, const struct node *templates,
                      struct sweep_put *puts, size_t n)
{
    size_t *ranks = rank_templates(templates);
    for (size_t i = 1; i < n; i++) {
        const struct sweep_put put = puts[i];
        const size_t rank = rank_of(&sweep->factors[put.factor].path[put.path], templates, ranks);
        size_t k = i;
        for (; k > 0; k--) {
            const struct sweep_put *other = &puts[k - 1];
            if (rank_of(&sweep->factors[other->factor].path[other->path], templates, ranks) <= rank)
                break;
            puts[k] = *other;
        }
        puts[k] = put;
    }
    free(ranks);
}

struct sweep_put *sweep_puts(const struct sweep *sweep, const struct node *tree, size_t *ret_len)
{
    const struct node *templates = node_get(tree, "templates");
    size_t n = 0, most = 0;
    for (size_t i = 0; i < sweep->n_factors; i++)
        most += sweep->factors[i].n_paths;
    struct sweep_put *puts = mem_new(most, sizeof(*puts));
    for (size_t i = 0; i < sweep->n_factors; i++)
        for (size_t k = 0; k < sweep->factors[i].n_paths; k++)
            if (sweep->factors[i].kind != FACTOR_LOAD)
                puts[n++] = (struct sweep_put){i, k};
    if (templates && templates->kind == NODE_MAP)
        sort_puts(sweep, templates, puts, n);
    *ret_len = n;
    return puts;
}

/* --- values --- */

struct node *sweep_drawn_value(const struct sweep_factor *factor, double value)
{
    char text[64];
    if (factor->whole)
        snprintf(text, sizeof(text), "%.0f", value);
    else
        quantity_format(value, factor->unit, text, sizeof(text));
    return node_new_scalar(text, factor->at);
}

int sweep_put_value(struct node *tree, const struct path *path, struct mark at, struct node *value,
                    struct error *err)
{
    if (path_prepare(tree, scenario_fields, path, at, err) < 0) {
        node_free(value);
        return -1;
    }
    return path_set(tree, path, at, value, err);
}
