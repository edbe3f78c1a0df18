/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/lasting.h"

#include "scenario/decode_internal.h"
#include "scenario/scenario.h"

struct judge {
    struct path path;
    struct error_list *errors;
    int rc;
};

static void tell(struct judge *judge, struct mark at, const char *what, const char *more)
{
    char place[200];
    error_list_addf(judge->errors, at, "changes: %s: %s%s",
                    path_format(&judge->path, place, sizeof(place)), what, more);
    judge->rc = -1;
}

/* One pair of values under a key, of which one may be absent; `at`: of the map they are in. */
struct pair {
    const struct node *a, *b;
    struct mark at;
};

static bool differ(const struct pair *pair)
{
    return !pair->a || !pair->b ? pair->a != pair->b : !node_equal(pair->a, pair->b);
}

typedef void judge_pair(struct judge *judge, const void *ctx, const char *key,
                        const struct pair *pair);

/* Calls back with each key whose values differ, those of b first. */
static void each_pair(struct judge *judge, const struct pair *maps, judge_pair *call,
                      const void *ctx)
{
    const struct mark at = maps->b ? maps->b->at : maps->at;
    for (int side = 0; side <= 1; side++) {
        const struct node *map = side == 0 ? maps->b : maps->a;
        for (size_t i = 0; map && map->kind == NODE_MAP && i < map->len; i++) {
            const char *key = map->items[i].key;
            const struct pair pair = {maps->a ? node_get(maps->a, key) : NULL,
                                      maps->b ? node_get(maps->b, key) : NULL, at};
            if ((side == 1 && pair.b) || !differ(&pair))
                continue;
            path_push_key(&judge->path, key);
            call(judge, ctx, key, &pair);
            path_pop(&judge->path);
        }
    }
}

static bool may_be_map(const struct node *node)
{
    return !node || node->kind == NODE_MAP;
}

/* Each value of the whole. `ctx`: what would be right. */
static void lasting(struct judge *judge, const void *ctx, const char *key, const struct pair *pair)
{
    (void)key;
    const bool some = (pair->a && pair->a->len > 0) || (pair->b && pair->b->len > 0);
    if (some && may_be_map(pair->a) && may_be_map(pair->b)) {
        each_pair(judge, pair, lasting, ctx);
        return;
    }
    const struct node *inside = pair->a && pair->b ? node_difference(pair->a, pair->b) : pair->b;
    tell(judge, inside ? inside->at : pair->at,
         "holds for the whole run and cannot change after its start; ", ctx);
}

static void in_table(struct judge *judge, const void *ctx, const char *key,
                     const struct pair *pair);
static void in_workload(struct judge *judge, const void *ctx, const char *key,
                        const struct pair *pair);

static bool is_thing(struct judge *judge, const struct pair *pair)
{
    if (pair->a && pair->b)
        return true;
    tell(judge, pair->b ? pair->b->at : pair->at,
         pair->b ? "is not there at the start; " : "is taken away; ",
         "a change after the start gives new values to what is there from the start");
    return false;
}

/* Things by name. `ctx`: their table. */
static void thing(struct judge *judge, const void *ctx, const char *key, const struct pair *pair)
{
    (void)key;
    if (is_thing(judge, pair))
        each_pair(judge, pair, in_table, ctx);
}

static void workload(struct judge *judge, const void *ctx, const char *key, const struct pair *pair)
{
    (void)ctx;
    (void)key;
    if (is_thing(judge, pair))
        each_pair(judge, pair, in_workload, NULL);
}

/* The values of the field differ. */
static void in_field(struct judge *judge, const struct field *field, const struct pair *pair)
{
    if (field->lasts) {
        lasting(judge, field->lasts, NULL, pair);
    } else if (field->kind == FIELD_TABLE) {
        each_pair(judge, pair, in_table, field->table);
    } else if (field->kind == FIELD_MAP) {
        each_pair(judge, pair, thing, field->table);
    } else if (field->kind == FIELD_NODE && field->table) {
        const bool workloads = field->table == workloads_table;
        each_pair(judge, pair, workloads ? workload : in_table, field->table);
    } else if (field->kind == FIELD_LIST && pair->a && pair->b) {
        for (size_t i = 0; i < pair->a->len && i < pair->b->len; i++) {
            const struct pair item = {pair->a->items[i].value, pair->b->items[i].value,
                                      pair->b->at};
            path_push_index(&judge->path, i);
            each_pair(judge, &item, in_table, field->table);
            path_pop(&judge->path);
        }
    }
}

/* `ctx`: the table. An unknown key is told when all is decoded. */
static void in_table(struct judge *judge, const void *ctx, const char *key, const struct pair *pair)
{
    const struct field *field = field_find(ctx, key);
    if (field)
        in_field(judge, field, pair);
}

/* What is of its kind is judged by the kind (find_workload_changes). */
static void in_workload(struct judge *judge, const void *ctx, const char *key,
                        const struct pair *pair)
{
    (void)ctx;
    in_table(judge, workload_common_fields, key, pair);
}

int judge_lasting(const struct node *before, const struct node *after, struct error_list *errors)
{
    struct judge judge = {.errors = errors};
    each_pair(&judge, &(struct pair){before, after, after->at}, in_table, scenario_fields);
    path_deinit(&judge.path);
    return judge.rc;
}
