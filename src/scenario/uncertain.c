/* Assumptions as data: which values are not sure, and how far they may be off. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/uncertain.h"
#include "scenario/complete.h"
#include "scenario/decode_internal.h"
#include "scenario/field_at.h"
#include "scenario/templates.h"
#include "util/dist.h"
#include "util/mem.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void uncertain_deinit(struct items *list)
{
    struct uncertain *items = list->items;
    for (size_t i = 0; i < list->len; i++) {
        schema_free(uncertain_fields, &items[i]);
        free(items[i].path);
        dist_free(items[i].dist);
    }
    free(items);
    *list = (struct items){0};
}

/* A parameter of a thing that is one value is there as long as the thing is of that kind: no
 * `overflow.after` where the broker's policy is another. */
static bool is_there(const struct node *root, const struct path *path)
{
    const size_t whole = tree_whole(scenario_fields, path);
    const struct path above = {path->items, path->len - 1, 0};
    const struct node *map = whole > 0 && whole < path->len ? path_get(root, &above) : NULL;
    return whole == 0 || whole == path->len || (map && map->kind != NODE_SCALAR);
}

/* The list of changes is no part of the later states of a scenario: it is looked up where it
 * stands. */
static bool find_change(const struct node *root, const struct path *path, enum unit *unit)
{
    const struct node *list = node_get(root, "changes");
    const char *key = path->items[path->len - 1].key;
    *unit = path->len == 3 && key && strcmp(key, "at") == 0 ? UNIT_TIME : UNIT_NONE;
    return !list || path_get(root, path);
}

/* Is there such a value, and in which unit is it told; of a date, as a time since the start. */
static bool find_place(const struct node *root, const struct path *path, enum unit *unit)
{
    struct field_place place;
    if (path->items[0].key && strcmp(path->items[0].key, "changes") == 0)
        return find_change(root, path, unit);
    if (!field_at(scenario_fields, root, path, 0, &place))
        return path_get(root, path);
    const enum field_kind kind = place.field->kind;
    const struct node *value = path_get(root, path);
    double seconds;
    /* A text may be a period of the calendar or a duration, as in `every: 30d`. */
    const bool time = kind == FIELD_DURATION || kind == FIELD_DATE ||
                      (kind == FIELD_TEXT && value && value->kind == NODE_SCALAR &&
                       quantity_parse(value->text, UNIT_TIME, &seconds, NULL) == 0);
    *unit = time ? UNIT_TIME : place.unit;
    return value || is_there(root, path);
}

static int find_unit(struct decode *ctx, const struct node *root, struct uncertain *uncertain)
{
    struct path path = {0};
    struct error err;
    int rc = 0;
    if (path_parse(uncertain->path, &path, &err) < 0)
        return decode_error_key(ctx, uncertain->at, "%s", err.text);
    const bool told = path_ends_faulty(root, &path);
    ctx->failures += told;
    if (told)
        rc = -1;
    else if (!find_place(root, &path, &uncertain->unit))
        rc = decode_error_key(ctx, uncertain->at, "the scenario has no such value");
    path_deinit(&path);
    return rc;
}

/* The keys of uncertain_fields and the distribution, which stand in one map. */
static void decode_one(struct decode *ctx, const struct node *node, struct uncertain *uncertain)
{
    struct node *dist = node_copy(node), *own = node_new(NODE_MAP, node->at);
    for (const struct field *field = uncertain_fields; field->kind != FIELD_END; field++) {
        struct node_entry *entry = node_find(dist, field->key);
        if (entry) {
            const struct mark at = entry->at;
            node_add(own, field->key, at, node_remove(dist, field->key));
        }
    }
    const struct field field = {.key = "uncertain",
                                .kind = FIELD_DIST,
                                .unit = uncertain->unit,
                                .help = "its distribution"};
    decode_table(own, uncertain_fields, uncertain, ctx);
    decode_field(dist, &field, &uncertain->dist, ctx);
    node_free(dist);
    node_free(own);
}

void complete_uncertain(struct decode *ctx, struct scenario *scenario, const struct node *root)
{
    const struct node *map = scenario->uncertain_node;
    char found[80];
    if (!map)
        return;
    decode_enter(ctx, "uncertain");
    if (map->kind != NODE_MAP)
        decode_error(ctx, map->at, "expected a map PATH: distribution, found %s",
                     node_describe(map, found, sizeof(found)));
    else
        scenario->uncertain = (struct items){mem_new(map->len, sizeof(struct uncertain)), map->len};
    struct uncertain *items = scenario->uncertain.items;
    for (size_t i = 0; i < scenario->uncertain.len; i++) {
        items[i].path = mem_text(map->items[i].key);
        items[i].at = map->items[i].at;
        decode_enter(ctx, items[i].path);
        if (find_unit(ctx, root, &items[i]) == 0)
            decode_one(ctx, map->items[i].value, &items[i]);
        decode_leave(ctx);
    }
    decode_leave(ctx);
}

static bool is_valid(const struct node *root, const char *text)
{
    struct path path = {0};
    enum unit unit;
    if (path_parse(text, &path, NULL) < 0)
        return false;
    const bool valid = find_place(root, &path, &unit);
    path_deinit(&path);
    return valid;
}

void uncertain_leave_out(struct node *tree, struct node *resolved, const struct node *base)
{
    struct node *own = node_get(tree, "uncertain"), *listed = node_get(resolved, "uncertain");
    struct node *expanded = NULL;
    for (size_t i = 0; own && own->kind == NODE_MAP && i < own->len;) {
        char *path = mem_text(own->items[i].key);
        bool leave = !is_valid(tree, path);
        if (leave && !expanded) {
            struct error_list errors = {0};
            expanded = node_copy(base);
            templates_expand(expanded, &errors);
            error_list_deinit(&errors);
        }
        leave = leave && is_valid(expanded, path);
        if (leave) {
            node_free(node_remove(own, path));
            node_free(node_remove(listed, path));
        }
        i += !leave;
        free(path);
    }
    node_free(expanded);
}

const struct uncertain *uncertain_find(const struct scenario *scenario, const char *path)
{
    const struct uncertain *items = scenario->uncertain.items;
    for (size_t i = 0; i < scenario->uncertain.len; i++)
        if (strcmp(items[i].path, path) == 0)
            return &items[i];
    return NULL;
}
