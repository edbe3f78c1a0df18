/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/decode.h"

#include "scenario/decode_internal.h"
#include "util/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void decode_deinit(struct decode *ctx)
{
    path_deinit(&ctx->path);
    path_notes_deinit(&ctx->notes);
}

void path_notes_deinit(struct path_notes *notes)
{
    for (size_t i = 0; i < notes->len; i++) {
        free(notes->items[i].text);
        free(notes->items[i].path);
    }
    free(notes->items);
    *notes = (struct path_notes){0};
}

void decode_enter(struct decode *ctx, const char *key)
{
    path_push_key(&ctx->path, key);
}

void decode_enter_item(struct decode *ctx, size_t index)
{
    path_push_index(&ctx->path, index);
}

void decode_leave(struct decode *ctx)
{
    path_pop(&ctx->path);
}

/* What a template says wrongly is told once, not for each that is like it. */
static bool told(const struct error_list *errors, struct mark at, const char *text)
{
    const size_t len = strlen(text);
    for (size_t i = 0; i < errors->len && (at.line > 0 || at.column > 0); i++) {
        const struct error *old = &errors->items[i];
        const size_t all = strlen(old->text);
        if (mark_is(old->at, at) && all >= len && strcmp(old->text + all - len, text) == 0)
            return true;
    }
    return false;
}

static void add_error(struct decode *ctx, struct mark at, bool of_key, const char *fmt,
                      va_list args)
{
    ctx->failures++;
    if (ctx->errors->len >= ERROR_LIST_MAX)
        return;
    char text[400], path[240];
    vsnprintf(text, sizeof(text), fmt, args);
    if (told(ctx->errors, at, text))
        return;
    struct error err;
    path_format(&ctx->path, path, sizeof(path));
    error_at(&err, at, "%s%s%s", path, *path ? ": " : "", text);
    err.of_key = of_key;
    error_list_add(ctx->errors, &err);
}

int decode_error(struct decode *ctx, struct mark at, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    add_error(ctx, at, false, fmt, args);
    va_end(args);
    return -1;
}

int decode_error_key(struct decode *ctx, struct mark at, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    add_error(ctx, at, true, fmt, args);
    va_end(args);
    return -1;
}

int decode_fault(struct decode *ctx, const struct node *map, const char *text)
{
    const size_t len = ctx->path.len;
    const struct node *value = path_push_told(&ctx->path, map, &text);
    decode_error(ctx, value->at, "%s", text);
    while (ctx->path.len > len)
        decode_leave(ctx);
    return -1;
}

bool decode_skips(struct decode *ctx, const struct node *node)
{
    ctx->failures += node->faulty;
    return node->faulty;
}

const struct field *field_find(const struct field *table, const char *key)
{
    for (const struct field *field = table; field && field->kind != FIELD_END; field++)
        if (strcmp(field->key, key) == 0)
            return field;
    return NULL;
}

static size_t table_len(const struct field *table)
{
    size_t len = 0;
    while (table && table[len].kind != FIELD_END)
        len++;
    return len;
}

/* The keys that may stand here, to be freed. */
static const char **known_keys(const struct decode *ctx, const struct decode_target *targets,
                               size_t targets_len, size_t *ret_len)
{
    static const char *const none[] = {NULL};
    const char *const *taken = ctx->taken && ctx->path.len == 0 ? ctx->taken : none;
    size_t len = 0;
    for (size_t t = 0; t < targets_len; t++)
        len += table_len(targets[t].table);
    for (size_t i = 0; taken[i]; i++)
        len++;
    const char **names = mem_new(len, sizeof(*names));
    len = 0;
    for (size_t t = 0; t < targets_len; t++)
        for (const struct field *field = targets[t].table; field && field->kind != FIELD_END;
             field++)
            names[len++] = field->key;
    for (size_t i = 0; taken[i]; i++)
        names[len++] = taken[i];
    *ret_len = len;
    return names;
}

static void unknown_key(struct decode *ctx, const struct decode_item *item,
                        const struct decode_target *targets, size_t targets_len)
{
    if (ctx->errors->len >= ERROR_LIST_MAX) {
        ctx->failures++;
        return;
    }
    size_t len;
    const char **names = known_keys(ctx, targets, targets_len, &len);
    char hint[240];
    suggest_name(item->key, names, len, hint, sizeof(hint));
    free(names);
    decode_enter(ctx, item->key);
    decode_error_key(ctx, item->at, "unknown key%s", hint);
    decode_leave(ctx);
}

/* Most defaults are one scalar; those need no YAML parser. */
static struct node *default_node(const struct field *field, struct mark at)
{
    const char *def = field->def;
    if (*def && !strpbrk(def, "{}[]\"'#:&*!|>,\n"))
        return node_new_scalar(def, at);
    struct node *node = node_parse(def, strlen(def), NULL, NULL);
    REQUIRE(node);
    node_set_marks(node, at);
    return node;
}

static int decode_default(struct decode *ctx, const struct field *field, struct mark at,
                          void *object)
{
    struct node *node = default_node(field, at);
    const int rc = decode_field(node, field, object, ctx);
    /* The tree of a default dies here: nobody may borrow from it. */
    REQUIRE(field->kind != FIELD_NODE);
    node_free(node);
    return rc;
}

/* Is the key meant by one that is not known, of which that is told? */
static bool is_misspelt(const struct decode *ctx, const struct decode_items *items,
                        const struct decode_target *targets, size_t targets_len, const char *key)
{
    size_t len;
    const char **names = known_keys(ctx, targets, targets_len, &len);
    bool misspelt = false;
    for (size_t i = 0; i < items->len && !misspelt; i++)
        misspelt = nearest_name(items->items[i].key, names, len) == key;
    free(names);
    return misspelt;
}

static int decode_absent(struct decode *ctx, const struct field *field,
                         const struct decode_items *items, const struct decode_target *targets,
                         size_t targets_len, void *object)
{
    const struct mark at = items->at;
    const char *what = items->what;
    if ((field->flags & FIELD_REQUIRED) && !ctx->optional) {
        if (items->faulty || is_misspelt(ctx, items, targets, targets_len, field->key)) {
            ctx->failures++;
            return -1;
        }
        if (what && strcmp(what, field->key) == 0)
            return decode_error(ctx, at, "needs a value (%s)", field->help);
        if (what)
            return decode_error(ctx, at, "%s needs %s (%s)", what, field->key, field->help);
        return decode_error(ctx, at, "the key %s is missing (%s)", field->key, field->help);
    }
    if (field->def) {
        decode_enter(ctx, field->key);
        const int rc = decode_default(ctx, field, at, object);
        decode_leave(ctx);
        return rc;
    }
    if (field->kind != FIELD_TABLE)
        return 0;
    const bool optional = ctx->optional;
    const struct decode_items none = {.at = at};
    const struct decode_target target = {field->table, (char *)object + field->offset};
    ctx->optional = true;
    decode_enter(ctx, field->key);
    const int rc = decode_items(ctx, &none, &target, 1);
    decode_leave(ctx);
    ctx->optional = optional;
    return rc;
}

static void decode_item(struct decode *ctx, const struct decode_items *items,
                        const struct decode_item *item, const struct decode_target *targets,
                        size_t targets_len)
{
    const bool inside = items->inside && item->inside;
    if (inside)
        decode_enter(ctx, items->inside);
    const struct field *field = NULL;
    for (size_t t = 0; t < targets_len && !field; t++) {
        field = field_find(targets[t].table, item->key);
        if (!field)
            continue;
        if (!item->unsaid)
            decode_enter(ctx, item->key);
        /* Of a number that could not be read the default stands, for what is judged by it. */
        if (decode_field(item->value, field, targets[t].object, ctx) < 0 && field->def &&
            field->kind == FIELD_INT)
            decode_default(ctx, field, item->at, targets[t].object);
        if (!item->unsaid)
            decode_leave(ctx);
    }
    if (!field)
        unknown_key(ctx, item, targets, targets_len);
    if (inside)
        decode_leave(ctx);
}

static bool has_key(const struct decode_items *items, const char *key)
{
    for (size_t i = 0; i < items->len; i++)
        if (strcmp(items->items[i].key, key) == 0)
            return true;
    return false;
}

int decode_items(struct decode *ctx, const struct decode_items *items,
                 const struct decode_target *targets, size_t targets_len)
{
    const size_t before = ctx->failures;
    const bool optional = ctx->optional;
    if (items->len > 0)
        ctx->optional = false;
    for (size_t i = 0; i < items->len; i++)
        decode_item(ctx, items, &items->items[i], targets, targets_len);
    if (items->inside)
        decode_enter(ctx, items->inside);
    for (size_t t = 0; t < targets_len; t++)
        for (const struct field *field = targets[t].table; field && field->kind != FIELD_END;
             field++)
            if (!has_key(items, field->key))
                decode_absent(ctx, field, items, targets, targets_len, targets[t].object);
    if (items->inside)
        decode_leave(ctx);
    ctx->optional = optional;
    return ctx->failures == before ? 0 : -1;
}

/* "expected a map with the keys a, b, ...; found x" */
static int not_a_map(struct decode *ctx, const struct node *node, const struct field *table)
{
    char keys[160] = "", found[80];
    size_t used = 0;
    for (const struct field *field = table; field && field->kind != FIELD_END; field++) {
        if (used + strlen(field->key) + sizeof(", ...") > sizeof(keys)) {
            snprintf(keys + used, sizeof(keys) - used, ", ...");
            break;
        }
        used += (size_t)snprintf(keys + used, sizeof(keys) - used, "%s%s", used ? ", " : "",
                                 field->key);
    }
    return decode_error(ctx, node->at, "expected a map%s%s, found %s", *keys ? " of " : "", keys,
                        node_describe(node, found, sizeof(found)));
}

int decode_table(const struct node *node, const struct field *table, void *object,
                 struct decode *ctx)
{
    if (node->kind != NODE_MAP)
        return decode_skips(ctx, node) ? -1 : not_a_map(ctx, node, table);
    struct decode_items items = {.at = node->at, .len = node->len, .faulty = node->faulty};
    items.items = mem_new(node->len, sizeof(*items.items));
    for (size_t i = 0; i < node->len; i++)
        items.items[i] = (struct decode_item){
            .key = node->items[i].key,
            .at = node->items[i].at,
            .value = node->items[i].value,
        };
    const struct decode_target target = {table, object};
    const bool optional = ctx->optional;
    ctx->optional = false;
    const int rc = decode_items(ctx, &items, &target, 1);
    ctx->optional = optional;
    free(items.items);
    return rc;
}

/* What the checks of the field say of what was read, each by itself. */
static int check_read(struct decode *ctx, const struct field *field, const struct node *node,
                      const void *item)
{
    int rc = 0;
    for (field_check *const *check = field->checks; check && *check; check++) {
        struct error err = {0};
        if ((*check)(item, &err) < 0)
            rc = decode_fault(ctx, node, err.text);
    }
    return rc;
}

static int decode_list(struct decode *ctx, const struct field *field, const struct node *node,
                       struct items *ret_items)
{
    char found[80];
    const bool map = field->kind == FIELD_MAP;
    if (node->kind != (map ? NODE_MAP : NODE_LIST))
        return decode_error(ctx, node->at, "expected %s, found %s",
                            map ? "a map of names" : "a list",
                            node_describe(node, found, sizeof(found)));
    const size_t before = ctx->failures;
    ret_items->items = node->len > 0 ? mem_new(node->len, field->size) : NULL;
    ret_items->len = node->len;
    for (size_t i = 0; i < node->len; i++) {
        void *item = (char *)ret_items->items + i * field->size;
        const struct node_entry *entry = &node->items[i];
        if (map) {
            *(struct named *)item = (struct named){mem_text(entry->key), entry->at};
            decode_enter(ctx, entry->key);
        } else {
            decode_enter_item(ctx, i);
        }
        if (decode_table(entry->value, field->table, item, ctx) == 0)
            check_read(ctx, field, entry->value, item);
        decode_leave(ctx);
    }
    return ctx->failures == before ? 0 : -1;
}

int decode_field(const struct node *node, const struct field *field, void *object,
                 struct decode *ctx)
{
    void *at = (char *)object + field->offset;
    const bool holds_others = field->kind == FIELD_TABLE || field->kind == FIELD_MAP ||
                              field->kind == FIELD_LIST || field->kind == FIELD_NODE;
    if (!(holds_others && node->kind != NODE_SCALAR) && decode_skips(ctx, node))
        return -1;
    if (node_is_null(node) && field->kind != FIELD_NODE)
        return decode_error(ctx, node->at, "needs a value (%s)", field->help);
    switch (field->kind) {
    case FIELD_TABLE:
        return decode_table(node, field->table, at, ctx) < 0 ? -1
                                                             : check_read(ctx, field, node, at);
    case FIELD_LIST:
    case FIELD_MAP:
        return decode_list(ctx, field, node, at);
    case FIELD_KIND:
        return decode_kinded(ctx, field->kinds, node, NULL, at);
    case FIELD_DIST:
        return decode_dist(ctx, field, node, at);
    case FIELD_WEIGHTS:
        return decode_weights(ctx, field, node, at);
    case FIELD_NODE:
        *(const struct node **)at = node;
        return 0;
    case FIELD_END:
        REQUIRE(field->kind != FIELD_END);
        return -1;
    case FIELD_TEXT:
        return decode_value(ctx, field, node, at) < 0
                   ? -1
                   : check_read(ctx, field, node, *(const char *const *)at);
    case FIELD_BOOL:
    case FIELD_INT:
    case FIELD_QUANTITY:
    case FIELD_DURATION:
    case FIELD_DATE:
    case FIELD_TEXTS:
    case FIELD_PATH:
    case FIELD_CHOICE:
    case FIELD_NUMBERS:
        return decode_value(ctx, field, node, at);
    }
    return -1;
}
