/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/path.h"

#include "scenario/field_at.h"
#include "scenario/inherit.h"
#include "util/mem.h"
#include "util/quantity.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void path_deinit(struct path *path)
{
    while (path->len > 0)
        path_pop(path);
    free(path->items);
    *path = (struct path){0};
}

void path_push_key(struct path *path, const char *key)
{
    MEM_GROW(path);
    path->items[path->len++] = (struct path_step){.key = mem_text(key)};
}

void path_push_index(struct path *path, size_t index)
{
    MEM_GROW(path);
    path->items[path->len++] = (struct path_step){.index = index};
}

void path_pop(struct path *path)
{
    REQUIRE(path->len > 0);
    free(path->items[--path->len].key);
}

/* "quoted key"] after the opening bracket. */
static const char *parse_quoted(const char *at, struct path *path)
{
    char *key = mem_new(strlen(at) + 1, 1);
    size_t len = 0;
    for (at++; *at && *at != '"'; at++) {
        if (*at == '\\' && at[1])
            at++;
        key[len++] = *at;
    }
    const bool whole = at[0] == '"' && at[1] == ']';
    if (whole)
        path_push_key(path, key);
    free(key);
    return whole ? at + 2 : NULL;
}

static const char *parse_index(const char *at, struct path *path)
{
    size_t index = 0;
    const char *start = at;
    for (; *at >= '0' && *at <= '9' && at - start < 9; at++)
        index = index * 10 + (size_t)(*at - '0');
    if (at == start || *at != ']')
        return NULL;
    path_push_index(path, index);
    return at + 1;
}

static int parse_steps(const char *text, struct path *path, struct error *err)
{
    const char *at = text;
    while (*at) {
        if (path->len >= PATH_STEPS_MAX)
            return error_set(err, "the path \"%.80s\" has more than %d steps", text,
                             PATH_STEPS_MAX);
        if (*at == '[') {
            const char *start = at;
            at = at[1] == '"' ? parse_quoted(at + 1, path) : parse_index(at + 1, path);
            if (!at)
                return error_set(err,
                                 "the path \"%.80s\": \"%.40s\" is neither an index such as [0] "
                                 "nor a name such as [\"zhang.san\"]",
                                 text, start);
        } else {
            if (*at == '.' && at > text)
                at++;
            const size_t len = strcspn(at, ".[]\"");
            if (len == 0 || at[len] == ']' || at[len] == '"')
                return error_set(err,
                                 "the path \"%.80s\": a name is missing or malformed at "
                                 "character %zu",
                                 text, (size_t)(at - text) + len + 1);
            char *key = mem_text_n(at, len);
            path_push_key(path, key);
            free(key);
            at += len;
        }
        if (*at && *at != '.' && *at != '[')
            return error_set(err, "the path \"%.80s\": expected . or [ at character %zu", text,
                             (size_t)(at - text) + 1);
    }
    if (path->len == 0)
        return error_set(err, "the path is empty");
    return 0;
}

int path_parse(const char *text, struct path *ret_path, struct error *err)
{
    struct path path = {0};
    if (parse_steps(text, &path, err) < 0) {
        path_deinit(&path);
        return -1;
    }
    *ret_path = path;
    return 0;
}

void path_append(struct path *path, const struct path *more)
{
    for (size_t i = 0; i < more->len; i++)
        if (more->items[i].key)
            path_push_key(path, more->items[i].key);
        else
            path_push_index(path, more->items[i].index);
}

void path_copy(const struct path *path, struct path *ret)
{
    *ret = (struct path){0};
    path_append(ret, path);
}

bool path_is_in(const struct path *path, const char *key)
{
    return path->len > 0 && path->items[0].key && strcmp(path->items[0].key, key) == 0;
}

bool path_begins(const struct path *path, const struct path *front)
{
    if (path->len < front->len)
        return false;
    for (size_t i = 0; i < front->len; i++) {
        const struct path_step *a = &path->items[i], *b = &front->items[i];
        if (!a->key != !b->key)
            return false;
        if (a->key ? strcmp(a->key, b->key) != 0 : a->index != b->index)
            return false;
    }
    return true;
}

const char *path_format(const struct path *path, char *buffer, size_t size)
{
    size_t len = 0;
    buffer[0] = '\0';
    for (size_t i = 0; i < path->len && len < size; i++) {
        const char *key = path->items[i].key;
        int n;
        if (!key)
            n = snprintf(buffer + len, size - len, "[%zu]", path->items[i].index);
        else if (*key && !key[strcspn(key, ".[]\"= ")])
            n = snprintf(buffer + len, size - len, "%s%s", i > 0 ? "." : "", key);
        else {
            n = snprintf(buffer + len, size - len, "[\"");
            for (; *key && len + (size_t)n + 3 < size; key++)
                n += snprintf(buffer + len + (size_t)n, size - len - (size_t)n,
                              *key == '"' || *key == '\\' ? "\\%c" : "%c", *key);
            n += len + (size_t)n < size
                     ? snprintf(buffer + len + (size_t)n, size - len - (size_t)n, "\"]")
                     : 0;
        }
        len += (size_t)n;
    }
    return buffer;
}

static struct node_entry *step_into(const struct node *node, const struct path_step *step)
{
    if (step->key)
        return node_find(node, step->key);
    if (node->kind != NODE_LIST || step->index >= node->len)
        return NULL;
    return &node->items[step->index];
}

struct node *path_get(const struct node *root, const struct path *path)
{
    const struct node *node = root;
    for (size_t i = 0; node && i < path->len; i++) {
        const struct node_entry *entry = step_into(node, &path->items[i]);
        node = entry ? entry->value : NULL;
    }
    return (struct node *)node;
}

bool path_ends_faulty(const struct node *root, const struct path *path)
{
    const struct node *node = root;
    for (size_t i = 0; i < path->len; i++) {
        const struct node_entry *entry = step_into(node, &path->items[i]);
        if (!entry)
            return node->faulty && (node->kind != NODE_MAP || i + 1 < path->len);
        node = entry->value;
    }
    return false;
}

void path_suggest(const struct node *tree, const struct path *path, char *hint, size_t size)
{
    const struct node *node = tree;
    *hint = '\0';
    for (size_t i = 0; i < path->len && node && node->kind == NODE_MAP; i++) {
        const char *key = path->items[i].key;
        const struct node *next = key ? node_get(node, key) : NULL;
        if (!next && key) {
            const char **names = mem_new(node->len, sizeof(*names));
            for (size_t k = 0; k < node->len; k++)
                names[k] = node->items[k].key;
            const char *near = nearest_name(key, names, node->len);
            if (near)
                snprintf(hint, size, ": no \"%.80s\", did you mean %.80s?", key, near);
            free(names);
            return;
        }
        node = next;
    }
}

/* Why the first `steps` steps name a node that the next step cannot enter. */
static int bad_step(const struct node *node, const struct path *path, size_t steps, struct mark at,
                    struct error *err)
{
    char place[200], what[80];
    const struct path front = {path->items, steps, 0};
    path_format(&front, place, sizeof(place));
    const char *name = steps > 0 ? place : "the scenario";
    const struct path_step *step = &path->items[steps];
    node_describe(node, what, sizeof(what));
    if (step->key && node->kind == NODE_MAP) {
        char hint[200];
        path_suggest(node, &(struct path){path->items + steps, path->len - steps, 0}, hint,
                     sizeof(hint));
        if (*hint)
            return error_at(err, at, "%s%s", name, hint);
        return error_at(err, at, "%s has no list \"%.80s\" of which to set an item; give it whole",
                        name, step->key);
    }
    if (step->key)
        return error_at(err, at, "%s is %s and has no key \"%.80s\"", name, what, step->key);
    if (node->kind != NODE_LIST)
        return error_at(err, at, "%s is %s, not a list: [%zu] makes no sense", name, what,
                        step->index);
    return error_at(err, at, "%s has %zu item%s: there is no [%zu]", name, node->len,
                    node->len == 1 ? "" : "s", step->index);
}

/* A map for what the path still needs below a new key. */
static struct node *wrap(const struct path *path, size_t from, struct mark at, struct node *value)
{
    for (size_t i = path->len; i > from; i--) {
        struct node *map = node_new(NODE_MAP, at);
        node_add(map, path->items[i - 1].key, at, value);
        value = map;
    }
    return value;
}

static bool only_keys(const struct path *path, size_t from)
{
    for (size_t i = from; i < path->len; i++)
        if (!path->items[i].key)
            return false;
    return true;
}

int path_set(struct node *root, const struct path *path, struct mark at, struct node *value,
             struct error *err)
{
    struct node *node = root;
    value->whole = value->kind == NODE_MAP;
    for (size_t i = 0; i < path->len; i++) {
        const struct path_step *step = &path->items[i];
        struct node_entry *entry = step_into(node, step);
        const bool last = i + 1 == path->len;
        const bool replace =
            entry && (last || (node_is_null(entry->value) && step->key && only_keys(path, i + 1)));
        if (replace) {
            struct node *fresh = wrap(path, i + 1, at, value);
            node_free(entry->value);
            entry->value = fresh;
            entry->at = at;
            return 0;
        }
        if (!entry) {
            if (!step->key || node->kind != NODE_MAP || !only_keys(path, i)) {
                bad_step(node, path, i, at, err);
                node_free(value);
                return -1;
            }
            node_add(node, step->key, at, wrap(path, i + 1, at, value));
            return 0;
        }
        node = entry->value;
    }
    node_free(value);
    return error_at(err, at, "the path is empty");
}

/* The value below one key, "from", or one of its items, "jobs[2]". NULL: it is not there. */
static const struct node *push_step(struct path *path, const struct node *map, const char **text)
{
    const size_t len = strspn(*text, "abcdefghijklmnopqrstuvwxyz0123456789_");
    char *key = mem_text_n(*text, len), *end;
    const struct node *value = map->kind == NODE_MAP ? node_get(map, key) : NULL;
    if (value)
        path_push_key(path, key);
    free(key);
    *text += len;
    while (value && **text == '[') {
        const size_t i = strtoul(*text + 1, &end, 10);
        value = value->kind == NODE_LIST && *end == ']' && i < value->len ? value->items[i].value
                                                                          : NULL;
        path_push_index(path, i);
        *text = end + (*end == ']');
    }
    return value;
}

/* One name such as "window.from: ", whole or not at all. NULL: it is none, or not there. */
static const struct node *push_name(struct path *path, const struct node *map, const char **text)
{
    const size_t before = path->len;
    const char *at = *text;
    for (char last = '.'; last == '.' && map; at += last == '.') {
        map = push_step(path, map, &at);
        last = *at;
        if (last != '.' && (last != ':' || at[1] != ' '))
            map = NULL;
    }
    if (map)
        *text = at + 2;
    while (!map && path->len > before)
        path_pop(path);
    return map;
}

const struct node *path_push_told(struct path *path, const struct node *map, const char **text)
{
    for (const struct node *below; (below = push_name(path, map, text)) != NULL;)
        map = below;
    return map;
}

static int set_one(struct node *root, const struct field *table, const struct node_entry *setting,
                   bool relative, struct error *err)
{
    struct path path = {0};
    if (path_parse(setting->key, &path, err) < 0) {
        err->at = setting->at;
        return -1;
    }
    if (path_ends_faulty(root, &path)) {
        path_deinit(&path);
        return 0;
    }
    if (path_prepare(root, table, &path, setting->at, err) < 0) {
        path_deinit(&path);
        return -1;
    }
    struct node *value;
    if (relative && node_is_relative(setting->value)) {
        struct node *theirs = path_get(root, &path) ? NULL : path_inherited(root, &path);
        const struct node *old = theirs ? theirs : path_get(root, &path);
        value = old && old->faulty ? node_new_faulty(setting->value->at)
                : old              ? node_add_relative(old, setting->value, err)
                                   : NULL;
        const struct path above = {path.items, path.len - 1, 0};
        const struct node *map = old ? NULL : path_get(root, &above);
        struct field_place place;
        if (map && map->faulty)
            value = node_new_faulty(setting->value->at);
        else if (!old && !field_at(table, root, &path, 0, &place))
            value = node_copy(setting->value); /* as it is read it is told what the key may be */
        else if (!old)
            error_at(err, setting->value->at, "\"%.40s\" adds to a value that is not given",
                     setting->value->text);
        node_free(theirs);
    } else {
        value = node_copy(setting->value);
    }
    int rc = -1;
    if (value)
        rc = path_set(root, &path, setting->at, value, err);
    else
        error_prefix(err, "%.200s: ", setting->key);
    path_deinit(&path);
    return rc;
}

int path_set_all(struct node *root, const struct field *table, const struct node *settings,
                 bool relative, struct error_list *errors)
{
    int rc = 0;
    if (settings->kind != NODE_MAP) {
        if (!settings->faulty)
            error_list_addf(errors, settings->at, "expected a map of PATH: value");
        return -1;
    }
    for (size_t i = 0; i < settings->len; i++) {
        struct error err;
        if (set_one(root, table, &settings->items[i], relative, &err) < 0) {
            err.of_key = mark_is(err.at, settings->items[i].at);
            error_list_add(errors, &err);
            rc = -1;
        }
    }
    return rc;
}

bool node_is_relative(const struct node *value)
{
    double number;
    return value->kind == NODE_SCALAR && !value->quoted &&
           (value->text[0] == '+' || value->text[0] == '-') &&
           quantity_number(value->text, &number) > 0;
}

/* The dimension that `text` is a quantity of. */
static bool find_unit(const char *text, enum unit *ret_unit)
{
    for (enum unit unit = UNIT_NONE; unit <= UNIT_BANDWIDTH; unit++) {
        double value;
        if (unit != UNIT_SAME && quantity_parse(text, unit, &value, NULL) == 0) {
            *ret_unit = unit;
            return true;
        }
    }
    return false;
}

static bool whole_number(const char *text, int64_t *ret_value)
{
    char *rest;
    errno = 0;
    *ret_value = strtoll(text, &rest, 10);
    return errno == 0 && *rest == '\0' && *ret_value > INT64_MIN / 4 && *ret_value < INT64_MAX / 4;
}

struct node *node_add_relative(const struct node *old, const struct node *change, struct error *err)
{
    enum unit unit;
    double number = 0, by_number = 0, base, by;
    char text[400];
    if (old->kind != NODE_SCALAR || !find_unit(old->text, &unit)) {
        error_at(err, change->at, "\"%.40s\" adds to a number, and %s is none", change->text,
                 node_describe(old, text, sizeof(text)));
        return NULL;
    }
    const char *rest = old->text + quantity_number(old->text, &number);
    const char *by_rest = change->text + quantity_number(change->text, &by_number);
    int64_t whole, by_whole;
    struct error why;
    if (rest == old->text || by_rest == change->text) {
        error_at(err, change->at, "cannot add \"%.80s\" to \"%.80s\"", change->text, old->text);
        return NULL;
    }
    if (quantity_parse(change->text, unit, &by, &why) < 0) {
        error_at(err, change->at, "%s", why.text);
        return NULL;
    }
    if (whole_number(old->text, &whole) && whole_number(change->text, &by_whole)) {
        snprintf(text, sizeof(text), "%lld", (long long)(whole + by_whole));
    } else if (strcmp(rest, by_rest) == 0) {
        snprintf(text, sizeof(text), "%.15g%.300s", number + by_number, rest);
    } else {
        char one[320];
        snprintf(one, sizeof(one), "1%.300s", rest);
        if (quantity_parse(one, unit, &base, &why) < 0 || base == 0) {
            error_at(err, change->at, "cannot add \"%.80s\" to \"%.80s\"", change->text, old->text);
            return NULL;
        }
        snprintf(text, sizeof(text), "%.15g%.300s", number + by / base, rest);
    }
    return node_new_scalar(text, change->at);
}
