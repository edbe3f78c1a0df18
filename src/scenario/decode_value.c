/* Fields that hold one scalar, or a list of them. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/decode_internal.h"

#include "scenario/resolve.h"
#include "util/date.h"
#include "util/mem.h"

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum unit decode_unit(const struct decode *ctx, const struct field *field)
{
    return field->unit == UNIT_SAME ? ctx->unit : field->unit;
}

static int want_scalar(struct decode *ctx, const struct node *node, const char *what)
{
    char found[80];
    if (decode_skips(ctx, node))
        return -1;
    if (node->kind == NODE_SCALAR)
        return 0;
    return decode_error(ctx, node->at, "expected %s, found %s", what,
                        node_describe(node, found, sizeof(found)));
}

/* `changes` have added theirs to the value there was before anything is decoded. */
static int want_absolute(struct decode *ctx, const struct node *node)
{
    double number;
    if (node->text[0] != '+' || quantity_number(node->text, &number) == 0)
        return 0;
    return decode_error(ctx, node->at,
                        "\"%.60s\" is relative, which only a value under `changes` can be%s; write "
                        "%.60s for the value itself",
                        node->text, node->quoted ? ", and only without quotes" : "",
                        node->text + 1);
}

static bool is_unlimited(const struct field *field, const struct node *node)
{
    return (field->flags & FIELD_UNLIMITED) && strcmp(node->text, "unlimited") == 0;
}

static bool is_bounded(const struct field *field)
{
    return field->min != 0 || field->max != 0;
}

/* What would be right. */
static int tell_bounds(struct decode *ctx, const struct field *field, const struct node *node)
{
    char low[48], high[48], found[80];
    enum unit unit = decode_unit(ctx, field);
    if (field->kind == FIELD_DURATION || field->kind == FIELD_DATE)
        unit = UNIT_TIME;
    if (field->kind == FIELD_INT) {
        snprintf(low, sizeof(low), "%.0f", field->min);
        if (field->max < INT64_BOUND)
            snprintf(high, sizeof(high), "%.0f", field->max);
        else
            snprintf(high, sizeof(high), "%" PRId64, INT64_MAX);
    } else {
        quantity_format(field->min, unit, low, sizeof(low));
        quantity_format(field->max, unit, high, sizeof(high));
    }
    node_describe(node, found, sizeof(found));
    const char *verb = "must be";
    if (node->kind != NODE_SCALAR) {
        snprintf(found, sizeof(found), "all values");
    }
    const bool above = field->min > 0 && field->min <= DBL_MIN;
    if (isinf(field->max) && above)
        return decode_error(ctx, node->at, "%s %s above zero", found, verb);
    if (field->min == field->max)
        return decode_error(ctx, node->at, "%s %s %s", found, verb, low);
    if (isinf(field->max) || field->max == DBL_MAX)
        return decode_error(ctx, node->at, "%s %s at least %s", found, verb, low);
    if (isinf(field->min))
        return decode_error(ctx, node->at, "%s %s at most %s", found, verb, high);
    if (above)
        return decode_error(ctx, node->at, "%s %s above zero and at most %s", found, verb, high);
    return decode_error(ctx, node->at, "%s %s from %s to %s", found, verb, low, high);
}

int decode_bounds(struct decode *ctx, const struct field *field, const struct node *node,
                  double least, double greatest)
{
    if (!is_bounded(field) || (least >= field->min && greatest <= field->max))
        return 0;
    return tell_bounds(ctx, field, node);
}

int decode_quantity(struct decode *ctx, const struct field *field, const struct node *node,
                    double *ret_value)
{
    const enum unit unit = decode_unit(ctx, field);
    char what[100];
    snprintf(what, sizeof(what), "%s such as %s", quantity_what(unit), quantity_example(unit));
    if (want_scalar(ctx, node, what) < 0)
        return -1;
    if (is_unlimited(field, node)) {
        *ret_value = HUGE_VAL;
        return 0;
    }
    double value;
    struct error err;
    if (want_absolute(ctx, node) < 0)
        return -1;
    if (quantity_parse(node->text, unit, &value, &err) < 0)
        return decode_error(ctx, node->at, "%s", err.text);
    if (decode_bounds(ctx, field, node, value, value) < 0)
        return -1;
    *ret_value = value;
    return 0;
}

int decode_whole(struct decode *ctx, const struct field *field, const struct node *node)
{
    double number;
    if (strchr(node->text, '%'))
        return decode_error(ctx, node->at,
                            "\"%.60s\" is a percentage; expected a whole number such as 8%s%s",
                            node->text, field->part ? ", or " : "", field->part ? field->part : "");
    if (quantity_parse(node->text, UNIT_NONE, &number, NULL) < 0 || number != floor(number))
        return decode_error(ctx, node->at, "\"%.60s\" is not a whole number", node->text);
    return 0;
}

static int decode_int(struct decode *ctx, const struct field *field, const struct node *node,
                      int64_t *ret_value)
{
    if (want_scalar(ctx, node, "a whole number") < 0)
        return -1;
    if (is_unlimited(field, node)) {
        *ret_value = INT64_MAX;
        return 0;
    }
    if (want_absolute(ctx, node) < 0)
        return -1;
    char *rest;
    errno = 0;
    int64_t value = strtoll(node->text, &rest, 10);
    if (errno || *rest || rest == node->text || strchr(" \t\n\r\v\f", *node->text)) {
        double number;
        if (decode_whole(ctx, field, node) < 0 ||
            quantity_parse(node->text, UNIT_NONE, &number, NULL) < 0)
            return -1;
        if (!(fabs(number) <= 0x1p53))
            return is_bounded(field) && (number < field->min || number >= field->max)
                       ? tell_bounds(ctx, field, node)
                       : decode_error(ctx, node->at, "\"%.60s\" is too large", node->text);
        value = (int64_t)number;
    }
    if (decode_bounds(ctx, field, node, (double)value, (double)value) < 0)
        return -1;
    *ret_value = value;
    return 0;
}

static int decode_bool(struct decode *ctx, const struct node *node, bool *ret_value)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};
    if (want_scalar(ctx, node, "true or false") < 0)
        return -1;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcasecmp(node->text, words[i]) == 0) {
            *ret_value = i % 2 == 1;
            return 0;
        }
    return decode_error(ctx, node->at, "\"%.60s\" is neither true nor false", node->text);
}

static int decode_duration(struct decode *ctx, const struct field *field, const struct node *node,
                           simtime *ret_time)
{
    struct field seconds = *field;
    double value;
    seconds.unit = UNIT_TIME;
    if (decode_quantity(ctx, &seconds, node, &value) < 0)
        return -1;
    if (isfinite(value) && !(fabs(value) < simtime_seconds(SIMTIME_NEVER)))
        return decode_error(ctx, node->at, "\"%.60s\" is too long for the clock", node->text);
    *ret_time = simtime_from_seconds(value);
    return 0;
}

static int decode_date(struct decode *ctx, const struct field *field, const struct node *node,
                       struct date_value *ret_date)
{
    struct date_value date;
    struct error err;
    if (want_scalar(ctx, node, "a date such as 2021-05-01 or a duration such as 30d") < 0)
        return -1;
    if (date_parse(node->text, &date, &err) < 0)
        return decode_error(ctx, node->at, "%s", err.text);
    if (date.relative) {
        const double seconds = simtime_seconds(date.instant);
        if (decode_bounds(ctx, field, node, seconds, seconds) < 0)
            return -1;
    }
    *ret_date = date;
    return 0;
}

static int decode_text(struct decode *ctx, const struct node *node, char **ret_text)
{
    if (want_scalar(ctx, node, "a text") < 0)
        return -1;
    free(*ret_text);
    *ret_text = mem_text(node->text);
    return 0;
}

static int decode_path(struct decode *ctx, const struct node *node, char **ret_path)
{
    if (want_scalar(ctx, node, "a file name") < 0)
        return -1;
    if (!*node->text)
        return decode_error(ctx, node->at, "expected a file name, found an empty text");
    /* A value without a line comes from the command line: as though written in the main file. */
    const char *file = node->at.file && node->at.line > 0 ? node->at.file : ctx->file;
    free(*ret_path);
    *ret_path = file ? path_beside(file, node->text) : mem_text(node->text);
    MEM_GROW(&ctx->notes);
    ctx->notes.items[ctx->notes.len++] =
        (struct path_note){node->at, mem_text(node->text), mem_text(*ret_path)};
    return 0;
}

static int decode_choice(struct decode *ctx, const struct field *field, const struct node *node,
                         int *ret_choice)
{
    if (want_scalar(ctx, node, "a name") < 0)
        return -1;
    size_t len = 0;
    for (; field->choices[len]; len++)
        if (strcmp(field->choices[len], node->text) == 0) {
            *ret_choice = (int)len;
            return 0;
        }
    char hint[240];
    suggest_name(node->text, field->choices, len, hint, sizeof(hint));
    return decode_error(ctx, node->at, "unknown choice \"%.60s\"%s", node->text, hint);
}

static int decode_numbers(struct decode *ctx, const struct field *field, const struct node *node,
                          struct numbers *ret_numbers)
{
    const size_t before = ctx->failures;
    if (node->kind != NODE_LIST) {
        double value;
        if (decode_quantity(ctx, field, node, &value) < 0)
            return -1;
        *ret_numbers = (struct numbers){mem_new(1, sizeof(double)), 1};
        ret_numbers->values[0] = value;
        return 0;
    }
    struct numbers numbers = {mem_new(node->len, sizeof(double)), node->len};
    for (size_t i = 0; i < node->len; i++) {
        decode_enter_item(ctx, i);
        decode_quantity(ctx, field, node->items[i].value, &numbers.values[i]);
        decode_leave(ctx);
    }
    *ret_numbers = numbers;
    return ctx->failures == before ? 0 : -1;
}

static int decode_texts(struct decode *ctx, const struct node *node, struct texts *ret_texts)
{
    const size_t before = ctx->failures;
    const bool list = node->kind == NODE_LIST;
    const size_t len = list ? node->len : 1;
    struct texts texts = {mem_new(len, sizeof(char *)), 0};
    for (size_t i = 0; i < len; i++) {
        if (list)
            decode_enter_item(ctx, i);
        if (decode_text(ctx, list ? node->items[i].value : node, &texts.items[texts.len]) == 0)
            texts.len++;
        if (list)
            decode_leave(ctx);
    }
    *ret_texts = texts;
    return ctx->failures == before ? 0 : -1;
}

static int weight(struct decode *ctx, const struct node *node, double *ret_weight)
{
    static const struct field field = {.key = "weight", .max = DBL_MAX};
    return decode_quantity(ctx, &field, node, ret_weight);
}

int decode_weights(struct decode *ctx, const struct field *field, const struct node *node,
                   struct weights *ret_weights)
{
    char found[80];
    const size_t before = ctx->failures;
    if (node->kind == NODE_SCALAR)
        return decode_error(ctx, node->at,
                            "expected a map of value: weight or a list of values, found %s",
                            node_describe(node, found, sizeof(found)));
    if (node->len == 0)
        return decode_error(ctx, node->at, "there is no value to choose from");
    const bool map = node->kind == NODE_MAP;
    struct weights weights = {mem_new(node->len, sizeof(double)),
                              mem_new(node->len, sizeof(double)), node->len};
    double sum = 0;
    for (size_t i = 0; i < node->len; i++) {
        const struct node_entry *entry = &node->items[i];
        struct node *key = map ? node_new_scalar(entry->key, entry->at) : NULL;
        decode_quantity(ctx, field, map ? key : entry->value, &weights.values[i]);
        node_free(key);
        weights.weights[i] = 1;
        if (map) {
            decode_enter(ctx, entry->key);
            weight(ctx, entry->value, &weights.weights[i]);
            decode_leave(ctx);
        }
        sum += weights.weights[i];
    }
    *ret_weights = weights;
    if (ctx->failures == before && !(sum > 0 && isfinite(sum)))
        return decode_error(ctx, node->at, "the weights must have a sum above zero");
    return ctx->failures == before ? 0 : -1;
}

int decode_value(struct decode *ctx, const struct field *field, const struct node *node, void *at)
{
    switch (field->kind) {
    case FIELD_BOOL:
        return decode_bool(ctx, node, at);
    case FIELD_INT:
        return decode_int(ctx, field, node, at);
    case FIELD_QUANTITY:
        return decode_quantity(ctx, field, node, at);
    case FIELD_DURATION:
        return decode_duration(ctx, field, node, at);
    case FIELD_DATE:
        return decode_date(ctx, field, node, at);
    case FIELD_TEXT:
        return decode_text(ctx, node, at);
    case FIELD_TEXTS:
        return decode_texts(ctx, node, at);
    case FIELD_PATH:
        return decode_path(ctx, node, at);
    case FIELD_CHOICE:
        return decode_choice(ctx, field, node, at);
    case FIELD_NUMBERS:
        return decode_numbers(ctx, field, node, at);
    default:
        REQUIRE(field->kind == FIELD_BOOL);
        return -1;
    }
}
