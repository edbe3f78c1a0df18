/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/node.h"

#include "util/mem.h"
#include "util/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Maps of fewer keys are searched one by one. */
enum { INDEX_FROM = 16 };

static const uint32_t INDEX_EMPTY = UINT32_MAX;

struct node *node_new(enum node_kind kind, struct mark at)
{
    struct node *node = mem_new(1, sizeof(*node));
    node->kind = kind;
    node->at = at;
    if (kind == NODE_SCALAR)
        node->text = mem_text("");
    return node;
}

struct node *node_new_scalar(const char *text, struct mark at)
{
    struct node *node = mem_new(1, sizeof(*node));
    node->kind = NODE_SCALAR;
    node->at = at;
    node->text = mem_text(text);
    return node;
}

struct node *node_new_faulty(struct mark at)
{
    struct node *node = node_new_scalar("", at);
    node->quoted = true; /* no null */
    node->faulty = true;
    return node;
}

struct node *node_copy(const struct node *node)
{
    struct node *copy = mem_new(1, sizeof(*copy));
    copy->kind = node->kind;
    copy->quoted = node->quoted;
    copy->whole = node->whole;
    copy->faulty = node->faulty;
    copy->at = node->at;
    copy->text = mem_text(node->text);
    for (size_t i = 0; i < node->len; i++) {
        const struct node_entry *item = &node->items[i];
        if (node->kind == NODE_MAP)
            node_add(copy, item->key, item->at, node_copy(item->value));
        else
            node_append(copy, node_copy(item->value));
    }
    return copy;
}

void node_free(struct node *node)
{
    if (!node)
        return;
    for (size_t i = 0; i < node->len; i++) {
        free(node->items[i].key);
        node_free(node->items[i].value);
    }
    free(node->items);
    free(node->index);
    free(node->text);
    free(node);
}

static uint64_t hash_text(const char *text)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (const unsigned char *at = (const unsigned char *)text; *at; at++)
        hash = (hash ^ *at) * UINT64_C(1099511628211);
    return hash ^ hash >> 32;
}

static void index_insert(struct node *map, size_t position)
{
    size_t slot = hash_text(map->items[position].key) & (map->index_size - 1);
    while (map->index[slot] != INDEX_EMPTY)
        slot = (slot + 1) & (map->index_size - 1);
    map->index[slot] = (uint32_t)position;
}

static void index_build(struct node *map)
{
    free(map->index);
    map->index = NULL;
    map->index_size = 0;
    if (map->len < INDEX_FROM)
        return;
    map->index_size = 64;
    while (map->index_size < 4 * map->len)
        map->index_size *= 2;
    map->index = mem_new(map->index_size, sizeof(*map->index));
    for (size_t i = 0; i < map->index_size; i++)
        map->index[i] = INDEX_EMPTY;
    for (size_t i = 0; i < map->len; i++)
        index_insert(map, i);
}

struct node_entry *node_find(const struct node *map, const char *key)
{
    if (!map || map->kind != NODE_MAP)
        return NULL;
    if (!map->index) {
        for (size_t i = 0; i < map->len; i++)
            if (strcmp(map->items[i].key, key) == 0)
                return &map->items[i];
        return NULL;
    }
    size_t slot = hash_text(key) & (map->index_size - 1);
    for (; map->index[slot] != INDEX_EMPTY; slot = (slot + 1) & (map->index_size - 1))
        if (strcmp(map->items[map->index[slot]].key, key) == 0)
            return &map->items[map->index[slot]];
    return NULL;
}

struct node *node_get(const struct node *map, const char *key)
{
    const struct node_entry *entry = node_find(map, key);
    return entry ? entry->value : NULL;
}

void node_add(struct node *map, const char *key, struct mark at, struct node *value)
{
    REQUIRE(map->kind == NODE_MAP && !node_find(map, key));
    MEM_GROW(map);
    map->items[map->len++] = (struct node_entry){mem_text(key), at, value};
    if (map->len >= INDEX_FROM && 2 * map->len > map->index_size)
        index_build(map);
    else if (map->index)
        index_insert(map, map->len - 1);
}

void node_append(struct node *list, struct node *value)
{
    REQUIRE(list->kind == NODE_LIST);
    MEM_GROW(list);
    list->items[list->len++] = (struct node_entry){NULL, value->at, value};
}

void node_put(struct node *map, const char *key, struct mark at, struct node *value)
{
    struct node_entry *entry = node_find(map, key);
    if (!entry) {
        node_add(map, key, at, value);
        return;
    }
    node_free(entry->value);
    entry->value = value;
    entry->at = at;
}

struct node *node_remove(struct node *map, const char *key)
{
    struct node_entry *entry = node_find(map, key);
    if (!entry)
        return NULL;
    struct node *value = entry->value;
    const size_t position = (size_t)(entry - map->items);
    free(entry->key);
    memmove(entry, entry + 1, (map->len - position - 1) * sizeof(*entry));
    map->len--;
    index_build(map);
    return value;
}

void node_rename(struct node *map, size_t i, const char *key)
{
    REQUIRE(map->kind == NODE_MAP && i < map->len && !node_find(map, key));
    free(map->items[i].key);
    map->items[i].key = mem_text(key);
    index_build(map);
}

bool node_is_null(const struct node *node)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    if (node->kind != NODE_SCALAR || node->quoted)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(nulls); i++)
        if (strcmp(node->text, nulls[i]) == 0)
            return true;
    return false;
}

bool node_equal(const struct node *a, const struct node *b)
{
    return !node_difference(a, b);
}

const struct node *node_difference(const struct node *a, const struct node *b)
{
    if (a->kind != b->kind)
        return b;
    if (a->kind == NODE_SCALAR)
        return strcmp(a->text, b->text) == 0 && node_is_null(a) == node_is_null(b) ? NULL : b;
    for (size_t i = 0; i < b->len; i++) {
        const struct node_entry *entry = &b->items[i];
        if (i >= a->len || (a->kind == NODE_MAP && strcmp(a->items[i].key, entry->key) != 0))
            return entry->value;
        const struct node *found = node_difference(a->items[i].value, entry->value);
        if (found)
            return found;
    }
    return a->len > b->len ? b : NULL;
}

static bool same_mark(struct mark a, struct mark b)
{
    return a.file && mark_is(a, b);
}

bool node_has_mark(const struct node *node, struct mark at)
{
    if (same_mark(node->at, at))
        return true;
    for (size_t i = 0; i < node->len; i++)
        if (same_mark(node->items[i].at, at) || node_has_mark(node->items[i].value, at))
            return true;
    return false;
}

static bool is_blamed(struct mark at, bool of_key, const struct error_list *errors, size_t from)
{
    for (size_t i = from; i < errors->len; i++)
        if ((errors->items[i].of_key == of_key && same_mark(at, errors->items[i].at)) ||
            (!of_key && same_mark(at, errors->items[i].named)))
            return true;
    return false;
}

void node_blame(struct node *node, const struct error_list *errors, size_t from)
{
    node->faulty = node->faulty || is_blamed(node->at, false, errors, from);
    for (size_t i = 0; i < node->len && from < errors->len; i++) {
        const struct node_entry *entry = &node->items[i];
        struct node *value = entry->value;
        value->faulty = value->faulty || (entry->key && is_blamed(entry->at, true, errors, from));
        /* A map in block style has the place of its first key. */
        if (!same_mark(entry->at, node->at))
            value->faulty = value->faulty || is_blamed(entry->at, false, errors, from);
        node_blame(value, errors, from);
    }
}

bool node_has_fault(const struct node *node)
{
    bool has = node->faulty;
    for (size_t i = 0; i < node->len && !has; i++)
        has = node_has_fault(node->items[i].value);
    return has;
}

bool node_fails(const struct node *map, const char *key)
{
    const struct node *value = node_get(map, key);
    if (value || !map)
        return value && value->faulty;
    bool fails = map->faulty;
    for (size_t i = 0; map->kind == NODE_MAP && i < map->len && !fails; i++)
        fails = map->items[i].value->faulty && nearest_name(map->items[i].key, &key, 1);
    return fails;
}

size_t node_count(const struct node *node)
{
    size_t count = 1;
    for (size_t i = 0; i < node->len; i++)
        count += node_count(node->items[i].value);
    return count;
}

size_t node_depth(const struct node *node)
{
    size_t deepest = 0;
    for (size_t i = 0; i < node->len; i++) {
        const size_t depth = node_depth(node->items[i].value);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

void node_set_marks(struct node *node, struct mark at)
{
    node->at = at;
    for (size_t i = 0; i < node->len; i++) {
        node->items[i].at = at;
        node_set_marks(node->items[i].value, at);
    }
}

const char *node_describe(const struct node *node, char *buffer, size_t size)
{
    if (node->kind == NODE_MAP)
        snprintf(buffer, size, "a map");
    else if (node->kind == NODE_LIST)
        snprintf(buffer, size, "a list");
    else if (node_is_null(node))
        snprintf(buffer, size, "nothing");
    else
        snprintf(buffer, size, "\"%.60s\"", node->text);
    return buffer;
}

void node_check(const struct node *node)
{
    REQUIRE((node->kind == NODE_SCALAR) == (node->text != NULL));
    REQUIRE(node->kind != NODE_SCALAR || node->len == 0);
    REQUIRE(node->len <= node->cap);
    for (size_t i = 0; i < node->len; i++) {
        REQUIRE((node->kind == NODE_MAP) == (node->items[i].key != NULL));
        REQUIRE(node->kind == NODE_LIST || node_find(node, node->items[i].key) == &node->items[i]);
        node_check(node->items[i].value);
    }
}
