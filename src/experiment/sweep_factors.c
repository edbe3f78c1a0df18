/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/sweep_factors.h"

#include "scenario/field_at.h"
#include "util/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL_MAX = 120 };

/* Of an offered load: what is above it is meant in percent. */
#define LOAD_MAX 10.0

void sweep_factor_deinit(struct sweep_factor *factor)
{
    for (size_t i = 0; i < factor->n_paths; i++)
        path_deinit(&factor->path[i]);
    for (size_t i = 0; factor->labels && i < factor->levels; i++)
        free(factor->labels[i]);
    free(factor->labels);
    free(factor->numbers);
    free(factor->values);
    free(factor->path);
    free(factor->name);
    free(factor->text);
    dist_free(factor->dist);
    *factor = (struct sweep_factor){0};
}

/* --- what a path leads to --- */

/* Put a path at the end of the factor's; *ret_field NULL: it is not known what it leads to, as
 * where a template is behind it; decoding tells. */
static int add_path(struct decode *ctx, struct sweep_factor *factor, const struct node *tree,
                    const struct node_entry *entry, struct field_place *ret)
{
    struct error err;
    char hint[200];
    *ret = (struct field_place){0};
    factor->path = mem_resize(factor->path, factor->n_paths + 1, sizeof(*factor->path));
    factor->path[factor->n_paths] = (struct path){0};
    if (path_parse(entry->key, &factor->path[factor->n_paths], &err) < 0)
        return decode_error(ctx, entry->at, "%s", err.text);
    const struct path *path = &factor->path[factor->n_paths++];
    if (path_is_in(path, "seed"))
        return decode_error(ctx, entry->at,
                            "all points have the same seed, to be compared on common random "
                            "numbers; `replications: N` draws anew");
    if (scenario_field_at(tree, tree, path, ret))
        return 0;
    *ret = (struct field_place){0};
    path_suggest(tree, path, hint, sizeof(hint));
    return *hint ? decode_error(ctx, entry->at, "the scenario has no such value%s", hint) : 0;
}

/* --- levels --- */

/* "poisson: 8 per h" of a map, on one line. */
static char *label_of(const struct node *value)
{
    char *text = value->kind == NODE_SCALAR ? mem_text(value->text) : node_emit(value);
    size_t len = 0;
    for (const char *from = text; *from; from++) {
        const bool space = *from == '\n' || *from == ' ';
        if (space && (len == 0 || text[len - 1] == ' '))
            continue;
        text[len++] = space ? ' ' : *from;
    }
    while (len > 0 && text[len - 1] == ' ')
        len--;
    if (len > LABEL_MAX)
        len = LABEL_MAX;
    text[len] = '\0';
    return text;
}

static bool number_at(const struct field_place *place, const struct node *value, double *ret)
{
    if (value->kind != NODE_SCALAR)
        return false;
    if (!place->field)
        return quantity_parse(value->text, UNIT_NONE, ret, NULL) == 0;
    switch (place->field->kind) {
    case FIELD_INT:
    case FIELD_QUANTITY:
    case FIELD_DIST:
        return quantity_parse(value->text, place->unit, ret, NULL) == 0;
    case FIELD_DURATION:
        return quantity_parse(value->text, UNIT_TIME, ret, NULL) == 0;
    default:
        return false;
    }
}

/* The table could not tell two levels that read the same from one another. */
static void check_levels(struct decode *ctx, const struct sweep_factor *factor)
{
    for (size_t i = 1; i < factor->levels; i++)
        for (size_t k = 0; k < i; k++) {
            const bool same = factor->numbers ? factor->numbers[i] == factor->numbers[k]
                                              : strcmp(factor->labels[i], factor->labels[k]) == 0;
            if (!same)
                continue;
            const struct node *value = factor->values[i * factor->n_paths];
            char *text = label_of(value);
            if (factor->numbers || (factor->n_paths == 1 && node_equal(value, factor->values[k])))
                decode_error(ctx, value->at, "%.80s is there twice", text);
            else
                decode_error(ctx, value->at,
                             "%.80s reads like level %zu in the table; label: [names] tells them "
                             "apart",
                             text, k + 1);
            free(text);
            return;
        }
}

/* Levels that are all numbers stay numbers; others are told by their texts. */
static void name_levels(struct decode *ctx, struct sweep_factor *factor,
                        const struct field_place *place)
{
    factor->unit = !place->field                          ? UNIT_NONE
                   : place->field->kind == FIELD_DURATION ? UNIT_TIME
                                                          : place->unit;
    factor->numbers = mem_new(factor->levels, sizeof(*factor->numbers));
    bool all = factor->n_paths == 1;
    for (size_t i = 0; i < factor->levels && all; i++)
        all = number_at(place, factor->values[i], &factor->numbers[i]);
    if (!all) {
        free(factor->numbers);
        factor->numbers = NULL;
        factor->labels = mem_new(factor->levels, sizeof(*factor->labels));
        for (size_t i = 0; i < factor->levels; i++)
            factor->labels[i] = label_of(factor->values[i * factor->n_paths]);
    }
    check_levels(ctx, factor);
}

static int read_labels(struct decode *ctx, struct sweep_factor *factor, const struct node *list)
{
    if (list->kind != NODE_LIST || list->len != factor->levels)
        return decode_error(ctx, list->at, "label: a list of %zu names is needed, one a level",
                            factor->levels);
    factor->labels = mem_new(factor->levels, sizeof(*factor->labels));
    for (size_t i = 0; i < list->len; i++) {
        const struct node *item = list->items[i].value;
        factor->labels[i] = label_of(item);
        if (item->kind != NODE_SCALAR || !factor->labels[i][0])
            return decode_error(ctx, item->at, "label: a name is needed");
        for (size_t k = 0; k < i; k++)
            if (strcmp(factor->labels[i], factor->labels[k]) == 0)
                return decode_error(ctx, item->at, "label: \"%.80s\" is there twice",
                                    factor->labels[i]);
    }
    return 0;
}

/* The values of path number `column` of a factor with `n` paths. */
static int read_levels(struct decode *ctx, struct sweep_factor *factor, const struct node *list,
                       size_t column, size_t n)
{
    char found[80];
    if (list->kind != NODE_LIST || list->len == 0)
        return decode_error(ctx, list->at, "expected a list of values, found %s",
                            list->kind == NODE_LIST ? "an empty one"
                                                    : node_describe(list, found, sizeof(found)));
    if (column > 0 && list->len != factor->levels)
        return decode_error(ctx, list->at,
                            "values that are tied come in equal numbers: %zu here, %zu before",
                            list->len, factor->levels);
    if (column == 0) {
        factor->levels = list->len;
        factor->values = mem_new(list->len * n, sizeof(*factor->values));
    }
    for (size_t i = 0; i < list->len; i++) {
        const struct node *value = list->items[i].value;
        if (node_is_null(value))
            return decode_error(ctx, value->at, "a value is needed");
        factor->values[i * n + column] = value;
    }
    return 0;
}

/* --- forms of a factor --- */

#define VALUES "{\"type\": \"array\", \"minItems\": 1, \"items\": {\"not\": {\"type\": \"null\"}}}"
#define LABEL                                                                                      \
    "{\"type\": \"array\", \"minItems\": 1, \"uniqueItems\": true, \"items\": "                    \
    "{\"type\": [\"string\", \"number\", \"boolean\"], \"minLength\": 1}}"

/* The values are left to the readers of each form, which know what the paths lead to. */
static const struct field values_fields[] = {
    {.key = "values",
     .kind = FIELD_NODE,
     .flags = FIELD_REQUIRED,
     .schema = VALUES,
     .help = "a list, one a level"},
    {.key = "label",
     .kind = FIELD_NODE,
     .schema = LABEL,
     .help = "a list of names for the table, one a level"},
    {0},
};

static const struct field tie_fields[] = {
    {.key = "tie",
     .kind = FIELD_NODE,
     .flags = FIELD_REQUIRED,
     .schema = "{\"type\": \"object\", \"minProperties\": 1, \"additionalProperties\": " VALUES "}",
     .help = "paths that move together: a map PATH: [values], as many values for each"},
    {.key = "label",
     .kind = FIELD_NODE,
     .schema = LABEL,
     .help = "a list of names for the table, one a level"},
    {0},
};

static const struct field offered_load_fields[] = {
    {.key = "values",
     .kind = FIELD_NODE,
     .flags = FIELD_REQUIRED,
     .schema =
         "{\"type\": \"array\", \"minItems\": 1, \"uniqueItems\": true, \"items\": {\"anyOf\": ["
         "{\"type\": \"number\", \"exclusiveMinimum\": 0, \"maximum\": 10}, "
         "{\"type\": \"string\", \"pattern\": "
         "\"^\\\\s*[0-9.]+([eE][+-]?[0-9]+)?\\\\s*%?\\\\s*$\"}]}}",
     .help = "a list: what is asked for, of what is installed"},
    {.key = "by",
     .kind = FIELD_TEXT,
     .flags = FIELD_REQUIRED,
     .help = "the path of the Poisson arrival whose rate is changed"},
    {0},
};

static const struct field load_fields[] = {
    {.key = "offered_load",
     .kind = FIELD_TABLE,
     .table = offered_load_fields,
     .flags = FIELD_REQUIRED,
     .help = "the load is this, by the rate of an arrival"},
    {0},
};

const struct field *const sweep_factor_forms[] = {values_fields, tie_fields, load_fields, NULL};

static bool only_keys(struct decode *ctx, const struct node *map, const struct field *table)
{
    const char *names[4];
    char hint[200];
    size_t len = 0;
    for (const struct field *field = table; field->kind != FIELD_END; field++) {
        REQUIRE(len < ARRAY_LEN(names));
        names[len++] = field->key;
    }
    for (size_t i = 0; i < map->len; i++) {
        size_t k = 0;
        while (k < len && strcmp(map->items[i].key, names[k]) != 0)
            k++;
        if (k < len)
            continue;
        suggest_name(map->items[i].key, names, len, hint, sizeof(hint));
        decode_error(ctx, map->items[i].at, "unknown key %.80s%s", map->items[i].key, hint);
        return false;
    }
    return true;
}

/* {tie: {PATH: [values], PATH: [values]}, label: [names]} */
static void read_tie(struct decode *ctx, struct sweep_factor *factor, const struct node *tree,
                     const struct node_entry *entry)
{
    const struct node *tie = node_get(entry->value, "tie");
    const struct node *label = node_get(entry->value, "label");
    struct field_place place = {0}, other;
    factor->kind = FACTOR_VALUES;
    factor->name = mem_text(entry->key);
    if (!only_keys(ctx, entry->value, tie_fields))
        return;
    decode_enter(ctx, "tie");
    if (tie->kind != NODE_MAP || tie->len == 0) {
        decode_error(ctx, tie->at, "expected a map PATH: [values]");
        decode_leave(ctx);
        return;
    }
    size_t size = 0;
    for (size_t i = 0; i < tie->len; i++) {
        decode_enter(ctx, tie->items[i].key);
        if (add_path(ctx, factor, tree, &tie->items[i], i == 0 ? &place : &other) == 0)
            read_levels(ctx, factor, tie->items[i].value, i, tie->len);
        decode_leave(ctx);
        size += strlen(tie->items[i].key) + 2;
    }
    decode_leave(ctx);
    free(factor->text);
    factor->text = mem_new(size + 1, 1);
    for (size_t i = 0; i < tie->len; i++) {
        if (i > 0)
            strcat(factor->text, ", ");
        strcat(factor->text, tie->items[i].key);
    }
    if (ctx->failures > 0)
        return;
    if (label)
        read_labels(ctx, factor, label);
    else
        name_levels(ctx, factor, &place);
}

/* A load of 70 is one of 70 % without its sign. */
static void check_load(struct decode *ctx, const struct sweep_factor *factor, size_t level)
{
    const struct node *value = factor->values[level];
    const double load = factor->numbers ? factor->numbers[level] : 0;
    if (!(load > 0))
        decode_error(ctx, value->at, "a number above 0 is needed");
    else if (load > LOAD_MAX)
        decode_error(ctx, value->at, "%.6g is %.6g %% of what is installed: did you mean %.6g%%?",
                     load, 100 * load, load);
}

/* {offered_load: {values: [0.7, 0.9], by: PATH}} */
static void read_load(struct decode *ctx, struct sweep_factor *factor, const struct node *tree,
                      const struct node_entry *entry)
{
    const struct node *load = node_get(entry->value, "offered_load");
    struct field_place place;
    factor->kind = FACTOR_LOAD;
    factor->name = mem_text(entry->key);
    if (!only_keys(ctx, entry->value, load_fields))
        return;
    decode_enter(ctx, "offered_load");
    const struct node *values = node_get(load, "values"), *by = node_get(load, "by");
    if (!values || !by || by->kind != NODE_SCALAR) {
        decode_error(ctx, load->at,
                     "expected {values: [numbers], by: PATH of the arrivals that are changed}");
    } else if (only_keys(ctx, load, offered_load_fields)) {
        const struct node_entry path = {by->text, by->at, NULL};
        free(factor->text);
        factor->text = mem_text(by->text);
        if (add_path(ctx, factor, tree, &path, &place) == 0 &&
            read_levels(ctx, factor, values, 0, 1) == 0)
            name_levels(ctx, factor, &(struct field_place){0});
        for (size_t i = 0; ctx->failures == 0 && i < factor->levels; i++)
            check_load(ctx, factor, i);
        const struct node *arrival = ctx->failures == 0 ? path_get(tree, factor->path) : NULL;
        if (ctx->failures == 0 && (!arrival || !node_get(arrival, "poisson")))
            decode_error(ctx, by->at,
                         "the path of an arrival {poisson: RATE} is needed, whose rate is changed");
    }
    decode_leave(ctx);
}

/* PATH: [values]; PATH: {values: [...], label: [...]}; PATH: {uniform: [LO, HI]} */
static void read_path(struct decode *ctx, struct sweep_factor *factor, const struct node *tree,
                      const struct node_entry *entry)
{
    const struct node *value = entry->value, *label = NULL;
    struct field_place place;
    if (add_path(ctx, factor, tree, entry, &place) < 0)
        return;
    if (value->kind == NODE_MAP && !node_get(value, "values")) {
        const enum unit unit =
            place.field && place.field->kind == FIELD_DURATION ? UNIT_TIME : place.unit;
        const struct field field = {.key = "factor",
                                    .kind = FIELD_DIST,
                                    .unit = unit,
                                    .help = "its values, or a distribution of them"};
        factor->kind = FACTOR_DRAWN;
        factor->unit = unit;
        factor->whole = place.field && field_is_whole(place.field);
        decode_field(value, &field, &factor->dist, ctx);
        return;
    }
    factor->kind = FACTOR_VALUES;
    if (value->kind == NODE_MAP) {
        if (!only_keys(ctx, value, values_fields))
            return;
        label = node_get(value, "label");
        value = node_get(value, "values");
    }
    if (read_levels(ctx, factor, value, 0, 1) < 0)
        return;
    if (label)
        read_labels(ctx, factor, label);
    else
        name_levels(ctx, factor, &place);
}

static void read_one(struct decode *ctx, struct sweep *sweep, const struct node *tree,
                     const struct node_entry *entry)
{
    struct sweep_factor *factor = &sweep->factors[sweep->n_factors++];
    *factor = (struct sweep_factor){.at = entry->at, .text = mem_text(entry->key)};
    struct decode own = *ctx;
    own.failures = 0;
    decode_enter(&own, entry->key);
    if (entry->value->kind == NODE_MAP && node_get(entry->value, "tie"))
        read_tie(&own, factor, tree, entry);
    else if (entry->value->kind == NODE_MAP && node_get(entry->value, "offered_load"))
        read_load(&own, factor, tree, entry);
    else
        read_path(&own, factor, tree, entry);
    decode_leave(&own);
    own.failures += ctx->failures;
    *ctx = own;
}

/* `base` is the scenario with no variant. */
static void read_variants(struct decode *ctx, struct sweep *sweep)
{
    const struct texts *names = &sweep->variants;
    const struct node *node = node_get(sweep->tree, "variants");
    struct sweep_factor *factor = &sweep->factors[sweep->n_factors++];
    *factor = (struct sweep_factor){.kind = FACTOR_VARIANTS,
                                    .name = mem_text("variant"),
                                    .text = mem_text("variants"),
                                    .at = node->at,
                                    .levels = names->len};
    factor->labels = mem_new(names->len, sizeof(*factor->labels));
    for (size_t i = 0; i < names->len; i++) {
        const struct node *item = node->kind == NODE_LIST ? node->items[i].value : node;
        factor->labels[i] = mem_text(names->items[i]);
        decode_enter(ctx, "variants");
        for (size_t k = 0; k < i; k++)
            if (strcmp(names->items[i], names->items[k]) == 0)
                decode_error(ctx, item->at, "\"%.80s\" is there twice", names->items[i]);
        const struct node *known = sweep->scenario.variants;
        if (!node_get(known, names->items[i]) && strcmp(names->items[i], "base") != 0) {
            char hint[300] = "; there are none";
            const char **all = mem_new((known ? known->len : 0) + 1, sizeof(*all));
            for (size_t k = 0; known && k < known->len; k++)
                all[k] = known->items[k].key;
            if (known && known->len > 0)
                suggest_name(names->items[i], all, known->len, hint, sizeof(hint));
            decode_error(ctx, item->at, "unknown variant \"%.80s\"%s", names->items[i], hint);
            free(all);
        }
        decode_leave(ctx);
    }
}

void sweep_factors_read(struct decode *ctx, struct sweep *sweep, const struct node *tree)
{
    const struct node *map = sweep->factors_node;
    char found[80];
    const bool good = map && map->kind == NODE_MAP;
    sweep->factors = mem_new((good ? map->len : 0) + 1, sizeof(*sweep->factors));
    if (sweep->variants.len > 0)
        read_variants(ctx, sweep);
    if (!map)
        return;
    decode_enter(ctx, "factors");
    if (!good)
        decode_error(ctx, map->at, "expected a map PATH: [values], found %s",
                     node_describe(map, found, sizeof(found)));
    for (size_t i = 0; good && i < map->len; i++)
        read_one(ctx, sweep, tree, &map->items[i]);
    decode_leave(ctx);
}
