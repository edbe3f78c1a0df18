/* Things with parameters: kinds and distributions. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/decode_internal.h"

#include "util/dist.h"
#include "util/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int unknown_kind(struct decode *ctx, const struct kind_list *list, const char *name,
                        struct mark at)
{
    size_t len = 0;
    while (list->items[len])
        len++;
    const char **names = mem_new(len, sizeof(*names));
    for (size_t i = 0; i < len; i++)
        names[i] = list->items[i]->name;
    char hint[240];
    suggest_name(name, names, len, hint, sizeof(hint));
    free(names);
    return decode_error(ctx, at, "unknown %s \"%.60s\"%s", list->what, name, hint);
}

static bool is_quantity(const char *text)
{
    double number;
    return quantity_number(text, &number) > 0;
}

/* May a map after the kind's name be the value of its shorthand, not the map of parameters? */
static bool map_is_shorthand(const struct kind *kind, const struct node *map)
{
    const struct field *field = kind->shorthand ? field_find(kind->params, kind->shorthand) : NULL;
    if (!field || map->len == 0)
        return false;
    for (size_t i = 0; i < map->len; i++)
        if (field_find(kind->params, map->items[i].key))
            return false;
    switch (field->kind) {
    case FIELD_WEIGHTS:
        return is_quantity(map->items[0].key);
    case FIELD_MAP:
    case FIELD_NODE:
        return true;
    case FIELD_TABLE:
        return field_find(field->table, map->items[0].key) != NULL;
    case FIELD_KIND:
        return kind_find(field->kinds, map->items[0].key) != NULL;
    case FIELD_DIST:
        return kind_find(&dist_kinds, map->items[0].key) != NULL;
    default:
        return false;
    }
}

static void add_item(struct decode_items *items, const char *key, struct mark at,
                     const struct node *value, bool inside)
{
    MEM_GROW(items);
    items->items[items->len++] = (struct decode_item){key, at, value, inside, false};
}

static int no_parameters(struct decode *ctx, const struct kind *kind, const struct node *value)
{
    char keys[160] = "";
    size_t used = 0;
    for (const struct field *field = kind->params; field && field->kind != FIELD_END; field++)
        if (used + strlen(field->key) + 3 < sizeof(keys))
            used += (size_t)snprintf(keys + used, sizeof(keys) - used, "%s%s", used ? ", " : "",
                                     field->key);
    char found[80];
    node_describe(value, found, sizeof(found));
    if (!*keys)
        return decode_error(ctx, value->at, "%s takes no parameters, found %s", kind->name, found);
    return decode_error(ctx, value->at, "%s takes a map of %s, found %s", kind->name, keys, found);
}

/* The parameters in the value after the kind's name. */
static int add_inner(struct decode *ctx, const struct kind *kind, const struct node *value,
                     struct decode_items *items)
{
    if (node_is_null(value))
        return 0;
    if (value->kind == NODE_MAP && !map_is_shorthand(kind, value)) {
        for (size_t i = 0; i < value->len; i++)
            add_item(items, value->items[i].key, value->items[i].at, value->items[i].value, true);
        return 0;
    }
    if (!kind->shorthand)
        return no_parameters(ctx, kind, value);
    add_item(items, kind->shorthand, value->at, value, true);
    items->items[items->len - 1].unsaid = true;
    return 0;
}

/* The parameters beside the kind's name. */
static int add_outer(struct decode *ctx, const struct kind_list *list, const struct kind *kind,
                     const struct decode_target *beside, const struct node *map,
                     struct decode_items *items)
{
    int rc = 0;
    const size_t inner = items->len;
    for (size_t i = 0; i < map->len; i++) {
        const struct node_entry *entry = &map->items[i];
        bool twice = false;
        if (strcmp(entry->key, kind->name) == 0)
            continue;
        for (size_t k = 0; k < inner && k < 64; k++)
            twice |= strcmp(items->items[k].key, entry->key) == 0;
        const bool known = field_find(kind->params, entry->key) ||
                           (beside && field_find(beside->table, entry->key));
        if (twice)
            rc = decode_error_key(ctx, entry->at, "%.60s is given inside %s and beside it",
                                  entry->key, kind->name);
        else if (!known && kind_find(list, entry->key))
            rc = decode_error_key(ctx, entry->at, "choose one %s: %s or %s", list->what, kind->name,
                                  entry->key);
        else
            add_item(items, entry->key, entry->at, entry->value, false);
    }
    return rc;
}

static const struct kind *pick_kind(struct decode *ctx, const struct kind_list *list,
                                    const struct node *node, const struct node **ret_value)
{
    char found[80];
    const struct kind *kind = NULL;
    *ret_value = NULL;
    if (node->kind == NODE_SCALAR) {
        kind = kind_find(list, node->text);
        if (!kind && list->otherwise && is_quantity(node->text)) {
            *ret_value = node;
            return list->otherwise;
        }
        if (!kind)
            unknown_kind(ctx, list, node->text, node->at);
        return kind;
    }
    if (node->kind == NODE_LIST || node->len == 0) {
        decode_error(ctx, node->at,
                     "expected the name of one of the %s, or name: parameters; "
                     "found %s",
                     list->whats,
                     node->len == 0 ? "nothing" : node_describe(node, found, sizeof(found)));
        return NULL;
    }
    for (size_t i = 0; i < node->len && !kind; i++) {
        kind = kind_find(list, node->items[i].key);
        *ret_value = node->items[i].value;
    }
    if (!kind && list->otherwise && map_is_shorthand(list->otherwise, node)) {
        *ret_value = node;
        return list->otherwise;
    }
    if (!kind)
        unknown_kind(ctx, list, node->items[0].key, node->items[0].at);
    return kind;
}

int decode_kinded(struct decode *ctx, const struct kind_list *list, const struct node *node,
                  const struct decode_target *beside, struct kinded *ret_kinded)
{
    const struct node *value;
    const struct kind *kind = pick_kind(ctx, list, node, &value);
    if (!kind)
        return -1;
    struct kinded kinded = {kind, kind->size > 0 ? mem_new(1, kind->size) : NULL};
    struct decode_items items = {.at = node->at, .what = kind->name};
    items.inside = value == node ? NULL : kind->name; /* which is not there to be named */
    int rc = 0;
    if (value)
        rc |= add_inner(ctx, kind, value, &items);
    if (node->kind == NODE_MAP && value != node)
        rc |= add_outer(ctx, list, kind, beside, node, &items);
    const struct decode_target targets[] = {
        {kind->params, kinded.params},
        beside ? *beside : (struct decode_target){0},
    };
    const bool optional = ctx->optional;
    ctx->optional = false;
    if (rc == 0)
        rc = decode_items(ctx, &items, targets, 2);
    ctx->optional = optional;
    free(items.items);
    struct error err = {0};
    if (rc == 0 && kind->check && kind->check(kinded.params, &err) < 0)
        rc = decode_error(ctx, node->at, "%s: %s", kind->name, err.text);
    if (rc < 0) {
        kinded_free(&kinded);
        return -1;
    }
    kinded_free(ret_kinded);
    *ret_kinded = kinded;
    return 0;
}

/* Where any distribution may be cut. */
struct cut {
    double min, max;
};

static const struct field cut_fields[] = {
    {.key = "min",
     .kind = FIELD_QUANTITY,
     .offset = offsetof(struct cut, min),
     .unit = UNIT_SAME,
     .help = "draw again below this"},
    {.key = "max",
     .kind = FIELD_QUANTITY,
     .offset = offsetof(struct cut, max),
     .unit = UNIT_SAME,
     .help = "draw again above this"},
    {.kind = FIELD_END},
};

/* May it be drawn, of what there is no part below zero? */
static int dist_zero(struct decode *ctx, const struct field *field, const struct node *node,
                     const struct dist *dist)
{
    const bool never = dist_greatest(dist) <= 0, negative = dist_least(dist) < 0;
    const bool above = field->flags & FIELD_ABOVE_ZERO;
    if ((field->flags & FIELD_COUNT) && dist_greatest(dist) < 1)
        return decode_error(ctx, node->at, "must be at least 1");
    if (!field->zero || !(above ? dist_reaches_zero(dist) : negative))
        return 0;
    if (never)
        return decode_error(ctx, node->at, above ? "must be above 0" : "must not be negative");
    return decode_error(ctx, node->at, "can be %s: add `min: %s`", negative ? "negative" : "0",
                        field->zero);
}

static int constant(struct decode *ctx, const struct field *field, const struct node *node,
                    struct dist **ret_dist)
{
    const enum unit unit = decode_unit(ctx, field);
    double value;
    if (!is_quantity(node->text)) {
        char hint[240];
        const char *names[64];
        size_t len = 0;
        for (; len < ARRAY_LEN(names) && dist_kinds.items[len]; len++)
            names[len] = dist_kinds.items[len]->name;
        suggest_name(node->text, names, len, hint, sizeof(hint));
        return decode_error(ctx, node->at,
                            "\"%.60s\" is neither %s such as %s nor a distribution%s", node->text,
                            quantity_what(unit), quantity_example(unit), hint);
    }
    if (decode_quantity(ctx, field, node, &value) < 0 ||
        ((field->flags & FIELD_COUNT) && decode_whole(ctx, field, node) < 0))
        return -1;
    struct dist *dist = dist_constant(value, unit);
    if (dist_zero(ctx, field, node, dist) < 0) {
        dist_free(dist);
        return -1;
    }
    dist_free(*ret_dist);
    *ret_dist = dist;
    return 0;
}

/* Seconds: the longest duration that any field takes. */
#define TIME_MAX 1e11

/* A tail without end cannot be held against a maximum, but where most is: who draws cuts it. */
static int dist_bounds(struct decode *ctx, const struct field *field, const struct node *node,
                       const struct dist *dist)
{
    const double greatest = dist_greatest(dist);
    return decode_bounds(ctx, field, node, dist_least(dist),
                         isinf(greatest) ? dist_quantile(dist, 0.5) : greatest);
}

/* Times that have no bounds of their own are within those of the clock. */
static struct field bounded(const struct field *field, enum unit unit)
{
    struct field ret = *field;
    if (unit == UNIT_TIME && field->min == 0 && field->max == 0) {
        ret.min = -HUGE_VAL;
        ret.max = TIME_MAX;
    }
    return ret;
}

int decode_dist(struct decode *ctx, const struct field *field, const struct node *node,
                struct dist **ret_dist)
{
    const enum unit outer = ctx->unit;
    const enum unit unit = decode_unit(ctx, field);
    const struct field bounds = bounded(field, unit);
    if (node->kind == NODE_SCALAR && !kind_find(&dist_kinds, node->text))
        return constant(ctx, &bounds, node, ret_dist);
    struct cut cut = {-HUGE_VAL, HUGE_VAL};
    struct kinded kinded = {0};
    ctx->unit = unit;
    const int rc =
        decode_kinded(ctx, &dist_kinds, node, &(struct decode_target){cut_fields, &cut}, &kinded);
    ctx->unit = outer;
    if (rc < 0)
        return -1;
    struct error err = {0};
    const struct dist_type *type = (const struct dist_type *)(const void *)kinded.kind;
    struct dist *dist = dist_new(type, kinded.params, cut.min, cut.max, unit, &err);
    if (!dist) {
        const char *name = kinded.kind->name;
        const bool named = strncmp(err.text, name, strlen(name)) == 0;
        return decode_error(ctx, node->at, "%s%s%s", named ? "" : name, named ? "" : ": ",
                            err.text);
    }
    if (dist_bounds(ctx, &bounds, node, dist) < 0 || dist_zero(ctx, field, node, dist) < 0) {
        dist_free(dist);
        return -1;
    }
    dist_free(*ret_dist);
    *ret_dist = dist;
    return 0;
}
