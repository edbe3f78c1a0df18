/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/field_at.h"

#include "scenario/decode_internal.h"
#include "scenario/scenario.h"
#include "util/dist.h"
#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

struct walk {
    const struct path *path;
    size_t at;
    enum unit same;
    struct field_place *ret;
};

static bool below(struct walk *walk, const struct field *field, const struct node *node);

static const char *key_of(const struct walk *walk)
{
    return walk->at < walk->path->len ? walk->path->items[walk->at].key : NULL;
}

static bool in_table(struct walk *walk, const struct field *table, const struct node *node)
{
    const char *key = key_of(walk);
    const struct field *field = key ? field_find(table, key) : NULL;
    if (!field)
        return false;
    walk->at++;
    return below(walk, field, node ? node_get(node, key) : NULL);
}

static bool in_workloads(struct walk *walk, const struct node *map)
{
    const char *name = key_of(walk);
    const struct node *node = name ? node_get(map, name) : NULL;
    if (!node)
        return false;
    walk->at++;
    const char *key = key_of(walk);
    if (key && field_find(workload_common_fields, key))
        return in_table(walk, workload_common_fields, node);
    for (size_t i = 0; workload_kinds[i]; i++)
        if (node_get(node, workload_kinds[i]->key))
            return in_table(walk, workload_kinds[i]->fields, node);
    return false;
}

/* The parameters of a kind: those after its name, or beside it. */
static bool in_kinds(struct walk *walk, const struct kind_list *list, const struct node *node)
{
    static const struct field cut = {.key = "cut", .kind = FIELD_QUANTITY, .unit = UNIT_SAME};
    const char *key = key_of(walk);
    const struct kind *kind = key ? kind_find(list, key) : NULL;
    if (kind && walk->at + 1 == walk->path->len) {
        const struct field *field =
            kind->shorthand ? field_find(kind->params, kind->shorthand) : NULL;
        walk->at++;
        return field && below(walk, field, NULL);
    }
    if (kind) {
        walk->at++;
        return in_table(walk, kind->params, node ? node_get(node, key) : NULL);
    }
    if (key && list == &dist_kinds && (strcmp(key, "min") == 0 || strcmp(key, "max") == 0)) {
        walk->at++;
        return below(walk, &cut, NULL);
    }
    for (size_t i = 0; node && node->kind == NODE_MAP && i < node->len && !kind; i++)
        kind = kind_find(list, node->items[i].key);
    return kind && in_table(walk, kind->params, node);
}

static bool below(struct walk *walk, const struct field *field, const struct node *node)
{
    const struct path *path = walk->path;
    const enum unit unit = field->unit == UNIT_SAME ? walk->same : field->unit;
    if (walk->at == path->len) {
        *walk->ret = (struct field_place){field, unit};
        return true;
    }
    walk->same = unit;
    switch (field->kind) {
    case FIELD_TABLE:
        return in_table(walk, field->table, node);
    case FIELD_NODE:
        if (field->table == workload_fields)
            return in_workloads(walk, node);
        return field->table && in_table(walk, field->table, node);
    case FIELD_MAP:
    case FIELD_LIST: {
        const struct path one = {&path->items[walk->at], 1, 0};
        const struct node *item = node ? path_get(node, &one) : NULL;
        walk->at++;
        return item && in_table(walk, field->table, item);
    }
    case FIELD_DIST:
        return in_kinds(walk, &dist_kinds, node);
    case FIELD_KIND:
        return in_kinds(walk, field->kinds, node);
    default:
        return false;
    }
}

bool field_at(const struct field *table, const struct node *node, const struct path *path,
              size_t from, struct field_place *ret)
{
    struct walk walk = {path, from, UNIT_NONE, ret};
    return in_table(&walk, table, node);
}

bool path_of_change(const struct path *path, struct path *ret)
{
    *ret = (struct path){0};
    return path->len == 4 && path->items[0].key && strcmp(path->items[0].key, "changes") == 0 &&
           path->items[2].key && strcmp(path->items[2].key, "set") == 0 && path->items[3].key &&
           path_parse(path->items[3].key, ret, NULL) == 0;
}

bool scenario_field_at(const struct node *resolved, const struct node *whole,
                       const struct path *path, struct field_place *ret)
{
    struct path changed;
    const bool found = path_of_change(path, &changed)
                           ? field_at(scenario_fields, whole, &changed, 0, ret)
                           : field_at(scenario_fields, resolved, path, 0, ret);
    path_deinit(&changed);
    return found;
}

/* `map` holds named things and not this one. */
static int unknown_on_the_way(const struct node *map, const struct path *path, size_t steps,
                              struct mark at, struct error *err)
{
    char place[200], hint[300];
    const struct path front = {path->items, steps, 0};
    const char **names = mem_new(map->len, sizeof(*names));
    for (size_t i = 0; i < map->len; i++)
        names[i] = map->items[i].key;
    suggest_name(path->items[steps].key, names, map->len, hint, sizeof(hint));
    free(names);
    path_format(&front, place, sizeof(place));
    return error_at(err, at, "%s: there is no \"%.80s\"%s", place, path->items[steps].key, hint);
}

int path_names_known(const struct field *table, const struct node *root, const struct path *path,
                     struct mark at, struct error *err)
{
    const struct field *field = NULL; /* of `node`; NULL: it is a map that `table` describes */
    const struct node *node = root;
    for (size_t i = 0; table && i + 1 < path->len; i++) {
        const char *key = path->items[i].key;
        if (!key || node->kind != NODE_MAP || node_get(node, "like"))
            return 0;
        const struct node *next = node_get(node, key);
        const bool names = field && (field->kind == FIELD_MAP || field->table == workload_fields);
        if (!next)
            return names && node->len > 0 ? unknown_on_the_way(node, path, i, at, err) : 0;
        if (!names) {
            field = field_find(table, key);
            table = field ? field->table : NULL;
        } else {
            field = NULL;
        }
        if (field && field->kind == FIELD_TABLE)
            field = NULL;
        node = next;
    }
    return 0;
}
