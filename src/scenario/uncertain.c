/* Assumptions as data: which values are not sure, and how far they may be off. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/complete.h"
#include "scenario/decode_internal.h"
#include "scenario/field_at.h"
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

/* The list of changes is no part of the later states of a scenario: it is looked up where it
 * stands. */
static bool find_change(const struct node *root, const struct path *path, enum unit *unit)
{
    const struct node *list = node_get(root, "changes");
    const char *key = path->items[path->len - 1].key;
    *unit = path->len == 3 && key && strcmp(key, "at") == 0 ? UNIT_TIME : UNIT_NONE;
    return !list || path_get(root, path);
}

/* In which unit the value at the path is told; of a date, as a time since the start. */
static int find_unit(struct decode *ctx, const struct node *root, struct uncertain *uncertain)
{
    struct path path = {0};
    struct error err;
    struct field_place place;
    int rc = 0;
    if (path_parse(uncertain->path, &path, &err) < 0)
        return decode_error(ctx, uncertain->at, "%s", err.text);
    bool found = true;
    if (path.items[0].key && strcmp(path.items[0].key, "changes") == 0)
        found = find_change(root, &path, &uncertain->unit);
    else if (field_at(scenario_fields, root, &path, 0, &place)) {
        const enum field_kind kind = place.field->kind;
        uncertain->unit = kind == FIELD_DURATION || kind == FIELD_DATE ? UNIT_TIME : place.unit;
    } else
        found = path_get(root, &path);
    if (!found)
        rc = decode_error(ctx, uncertain->at, "the scenario has no such value");
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
