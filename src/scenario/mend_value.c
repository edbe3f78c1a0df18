/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/mend_value.h"

#include "util/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Large enough for all that is asked of it, and no larger than what is still quick to go through.
 */
#define LARGE 1e5
#define MANY 1000 /* of things that are made one by one */

enum { TEMPLATES_DEEP = 16 }; /* like one another */

static double clamped(const struct field *field, double value)
{
    const bool free = !(field->min < 0) && !(field->min > 0) && !(field->max > 0);
    if (!free && !(field->min <= value))
        value = field->min;
    if (!free && !(value <= field->max))
        value = field->max;
    return value;
}

static struct node *of_number(const struct field_place *place, struct mark at, enum mend_way way)
{
    const struct field *field = place->field;
    const bool duration = field->kind == FIELD_DURATION;
    const bool group = strcmp(field->key, "group") == 0;
    const bool made = strcmp(field->key, "count") == 0 || strcmp(field->key, "max") == 0;
    const double value = clamped(field, group ? 0 : way == MEND_LOW ? 1 : made ? MANY : LARGE);
    char text[64];
    if (field_is_whole(field))
        snprintf(text, sizeof(text), "%.0f", value);
    else
        quantity_format(value, duration ? UNIT_TIME : place->unit, text, sizeof(text));
    return node_new_scalar(text, at);
}

static struct node *of_text(const char *yaml, struct mark at)
{
    struct node *node = node_parse(yaml, strlen(yaml), NULL, NULL);
    if (node)
        node_set_marks(node, at);
    return node;
}

/* --- names --- */

struct name_list {
    char **items;
    size_t len, cap;
};

static void add_name(struct name_list *names, char *name)
{
    MEM_GROW(names);
    names->items[names->len++] = name;
}

static void add_keys(struct name_list *names, const struct node *map)
{
    for (size_t i = 0; map && map->kind == NODE_MAP && i < map->len; i++)
        add_name(names, mem_text(map->items[i].key));
}

static void add_tenants(struct name_list *names, const struct node *map, const char *above)
{
    for (size_t i = 0; map && map->kind == NODE_MAP && i < map->len; i++) {
        char *path = mem_format("%s%s%s", above, *above ? "/" : "", map->items[i].key);
        add_name(names, path);
        add_tenants(names, node_get(map->items[i].value, "tenants"), path);
    }
}

/* Those that a text of this key may be; none: it is no name. */
static void add_known(struct name_list *names, const struct node *root, const char *key)
{
    static const char *const of[][2] = {
        {"home", "centres"},        {"data_at", "centres"}, {"centres", "centres"},
        {"between", "centres"},     {"qos", "qos"},         {"like", "templates"},
        {"processor", "processors"}};
    for (size_t i = 0; i < ARRAY_LEN(of); i++)
        if (strcmp(key, of[i][0]) == 0)
            add_keys(names, node_get(root, of[i][1]));
    if (strcmp(key, "tenant") == 0 || strcmp(key, "tenants") == 0)
        add_tenants(names, node_get(root, "tenants"), "");
}

/* Shorter names are near to too many. */
enum { MEANT_LEN = 4 };

/* The one that is meant, else the first or the last. Frees the names. NULL: there is none, or it is
 * known, so that something else is wrong with it. */
static struct node *of_names(struct name_list *names, const struct node *value, enum mend_way way)
{
    const char *said = value->kind == NODE_SCALAR ? value->text : "";
    const char *meant =
        *said ? nearest_name(said, (const char *const *)names->items, names->len) : NULL;
    const bool known = meant && strcmp(meant, said) == 0;
    if (strlen(said) < MEANT_LEN)
        meant = NULL;
    if (!meant && names->len > 0)
        meant = names->items[way == MEND_LOW ? 0 : names->len - 1];
    struct node *node = meant && !known ? node_new_scalar(meant, value->at) : NULL;
    for (size_t i = 0; i < names->len; i++)
        free(names->items[i]);
    free(names->items);
    return node;
}

/* What the tenant says itself, or a template that it is like. */
static const struct node *own_home(const struct node *root, const struct node *tenant)
{
    const struct node *home = node_get(tenant, "home");
    for (size_t depth = 0; tenant && !home && depth < TEMPLATES_DEEP; depth++) {
        const struct node *like = node_get(tenant, "like");
        const bool named = like && like->kind == NODE_SCALAR;
        tenant = named ? node_get(node_get(root, "templates"), like->text) : NULL;
        home = tenant ? node_get(tenant, "home") : NULL;
    }
    return home && home->kind == NODE_SCALAR ? home : NULL;
}

const struct node *mend_home(const struct node *root, const struct path *path)
{
    const struct node *node = root, *home = NULL;
    for (size_t i = 0; i <= path->len && node; i++) {
        const struct node *own = own_home(root, node);
        home = own ? own : home;
        node = i < path->len ? path_get(node, &(struct path){&path->items[i], 1, 0}) : NULL;
    }
    return home;
}

static const struct node *home_of(const struct node *root, const struct path *path)
{
    const struct node *home = mend_home(root, path);
    return home ? node_get(node_get(root, "centres"), home->text) : NULL;
}

static struct node *of_partition(const struct node *root, const struct path *path,
                                 const struct node *value, enum mend_way way)
{
    struct name_list names = {0};
    add_keys(&names, node_get(home_of(root, path), "partitions"));
    struct node *node = of_names(&names, value, way);
    return node ? node : node_new_scalar("any", value->at);
}

static struct node *of_word(const struct node *root, const struct path *path, const char *key,
                            const struct node *value, enum mend_way way)
{
    static const char *const words[][2] = {
        {"every", "1d"}, {"metric", "wait.mean"}, {"metrics", "wait.mean"}};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(key, words[i][0]) == 0)
            return node_new_scalar(words[i][1], value->at);
    if (strcmp(key, "sector") == 0 && way == MEND_HIGH)
        return node_new_scalar("?", value->at);
    if (strcmp(key, "partition") == 0)
        return of_partition(root, path, value, way);
    struct name_list names = {0};
    add_known(&names, root, key);
    return of_names(&names, value, way);
}

/* --- of any field --- */

static struct node *of_date(const struct field_place *place, const struct path *path,
                            struct mark at, enum mend_way way)
{
    const bool start = path_is_in(path, "time") && strcmp(place->field->key, "start") == 0;
    if (start)
        return node_new_scalar(way == MEND_LOW ? "1990-01-01" : "2090-01-01", at);
    const bool end =
        strcmp(place->field->key, "until") == 0 || strcmp(place->field->key, "leave") == 0;
    return node_new_scalar(way == MEND_LOW ? end ? "1s" : "0s" : end ? "1001d" : "1000d", at);
}

static bool is_number(const struct field *field)
{
    return field->kind == FIELD_INT || field->kind == FIELD_QUANTITY ||
           field->kind == FIELD_DURATION || field->kind == FIELD_DIST ||
           field->kind == FIELD_NUMBERS;
}

static bool needs_parameters(const struct kind *kind)
{
    bool needs = false;
    for (const struct field *field = kind->params; field && field->kind != FIELD_END; field++)
        needs |= field->flags & FIELD_REQUIRED;
    return needs;
}

/* A thing that needs no parameter: the one that is meant, the default or any. */
static struct node *of_kind(const struct field *field, const struct node *value, enum mend_way way)
{
    const char *names[64], *any = NULL;
    size_t len = 0;
    for (size_t i = 0; field->kinds->items[i] && len < ARRAY_LEN(names); i++)
        if (!needs_parameters(field->kinds->items[i])) {
            names[len++] = field->kinds->items[i]->name;
            any = !any || way == MEND_HIGH ? names[len - 1] : any;
        }
    const bool guess = value->kind == NODE_SCALAR && way == MEND_LOW;
    const char *meant = guess ? nearest_name(value->text, names, len) : NULL;
    if (meant && strcmp(meant, value->text) != 0)
        return node_new_scalar(meant, value->at);
    if (field->def)
        return of_text(field->def, value->at);
    return any && (field->flags & FIELD_REQUIRED) ? node_new_scalar(any, value->at) : NULL;
}

static struct node *of_choice(const struct field *field, const struct node *value,
                              enum mend_way way)
{
    size_t len = 0;
    while (field->choices[len])
        len++;
    const bool guess = value->kind == NODE_SCALAR && way == MEND_LOW;
    const char *meant = guess ? nearest_name(value->text, field->choices, len) : NULL;
    if (meant && strcmp(meant, value->text) != 0)
        return node_new_scalar(meant, value->at);
    const bool other = way == MEND_HIGH && (value->kind == NODE_SCALAR && *value->text);
    return node_new_scalar(other        ? field->choices[len - 1]
                           : field->def ? field->def
                                        : field->choices[0],
                           value->at);
}

static struct node *of_holder(const struct field *field, struct mark at)
{
    if (strcmp(field->key, "partitions") == 0)
        return of_text("{?: {nodes: 1}}", at);
    struct node *map;
    switch (field->kind) {
    case FIELD_MAP:
        map = node_new(NODE_MAP, at);
        map->faulty = true; /* there may be names */
        return map;
    case FIELD_TABLE:
    case FIELD_NODE:
        return node_new(NODE_MAP, at);
    default:
        return node_new(NODE_LIST, at);
    }
}

struct node *mend_value(const struct node *root, const struct field_place *place,
                        const struct path *path, const struct node *value, enum mend_way way)
{
    const struct field *field = place->field;
    const struct mark at = value->at;
    const bool unlimited = field->flags & FIELD_UNLIMITED;
    const bool item = path->len > 0 && !path->items[path->len - 1].key;
    const bool needed = field->flags & FIELD_REQUIRED;
    if (field->kind == FIELD_NUMBERS && !item)
        return NULL;
    if (is_number(field)) {
        const bool absent = strcmp(field->key, "runtime") == 0; /* its default */
        if (field->def && !absent && unlimited == (way == MEND_HIGH))
            return of_text(field->def, at);
        return of_number(place, at, way);
    }
    switch (field->kind) {
    case FIELD_DATE:
        return of_date(place, path, at, way);
    case FIELD_TEXT:
        return field->def ? of_text(field->def, at) : of_word(root, path, field->key, value, way);
    case FIELD_TEXTS:
        if (item)
            return of_word(root, path, field->key, value, way);
        return NULL;
    case FIELD_BOOL:
        return node_new_scalar(way == MEND_LOW ? "false" : "true", at);
    case FIELD_CHOICE:
        return of_choice(field, value, way);
    case FIELD_KIND:
        return of_kind(field, value, way);
    case FIELD_TABLE:
    case FIELD_LIST:
    case FIELD_MAP:
    case FIELD_NODE:
        return needed ? of_holder(field, at) : NULL;
    default:
        return NULL;
    }
}
