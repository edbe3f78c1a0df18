/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/templates.h"

#include "scenario/path.h"
#include "scenario/scenario.h"
#include "util/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEMPLATE_DEPTH_MAX = 16 };
enum state { STATE_AS_WRITTEN, STATE_OPEN, STATE_DONE };

struct templates {
    struct node *map; /* of the scenario; NULL: none */
    enum state *states;
    size_t depth;     /* of templates being written out */
    size_t count;     /* nodes copied */
    struct path path; /* of the tenant being written out */
    bool hidden;      /* there may be others, which could not be read */
    struct error_list *errors;
};

static void expand_tenant(struct templates *templates, struct node_entry *entry);

static void tell(const struct templates *templates, const struct node *like, const char *text)
{
    char place[200];
    error_list_addf(templates->errors, like->at, "%s.like: %s",
                    path_format(&templates->path, place, sizeof(place)), text);
}

static void unknown_template(struct templates *templates, const struct node *like)
{
    char hint[300] = "; there are none", text[420];
    if (templates->hidden)
        return;
    const size_t len = templates->map ? templates->map->len : 0;
    const char **names = mem_new(len, sizeof(*names));
    for (size_t i = 0; i < len; i++)
        names[i] = templates->map->items[i].key;
    if (len > 0)
        suggest_name(like->text, names, len, hint, sizeof(hint));
    free(names);
    snprintf(text, sizeof(text), "unknown template \"%.80s\"%s", like->text, hint);
    tell(templates, like, text);
}

/* Written out itself; NULL with an error. */
static const struct node *find_template(struct templates *templates, const struct node *like)
{
    struct node_entry *entry = templates->map ? node_find(templates->map, like->text) : NULL;
    if (!entry) {
        unknown_template(templates, like);
        return NULL;
    }
    enum state *state = &templates->states[entry - templates->map->items];
    if (*state == STATE_OPEN || templates->depth >= TEMPLATE_DEPTH_MAX) {
        char text[120];
        if (*state == STATE_OPEN)
            snprintf(text, sizeof(text), "template \"%.80s\" is like itself", like->text);
        else
            snprintf(text, sizeof(text), "more than %d templates like one another",
                     TEMPLATE_DEPTH_MAX);
        tell(templates, like, text);
        return NULL;
    }
    if (*state == STATE_AS_WRITTEN) {
        *state = STATE_OPEN;
        templates->depth++;
        const struct path outer = templates->path;
        templates->path = (struct path){0};
        path_push_key(&templates->path, "templates");
        expand_tenant(templates, entry);
        path_deinit(&templates->path);
        templates->path = outer;
        templates->depth--;
        *state = STATE_DONE;
    }
    return entry->value->kind == NODE_MAP ? entry->value : NULL;
}

/* The value of `entry` on top of the template. */
static void write_out(struct templates *templates, struct node_entry *entry,
                      const struct node *like)
{
    const struct node *template = find_template(templates, like);
    const bool full = templates->count > NODE_COUNT_MAX;
    entry->value->faulty |= !template || full;
    if (!template || full)
        return;
    templates->count += node_count(template);
    if (templates->count > NODE_COUNT_MAX) {
        char text[120];
        snprintf(text, sizeof(text), "too large: more than %d values written out of templates",
                 NODE_COUNT_MAX);
        tell(templates, like, text);
        entry->value->faulty = true;
        return;
    }
    struct node *whole = node_copy(template);
    tree_merge(whole, entry->value, tenant_fields);
    node_free(entry->value);
    entry->value = whole;
}

/* The value of the key `like`, taken out of the map; NULL if there is nothing to write out. */
static struct node *take_like(struct templates *templates, struct node *map)
{
    const struct node *like = node_get(map, "like");
    if (!like || like->kind != NODE_SCALAR || node_is_null(like) ||
        templates->errors->len >= ERROR_LIST_MAX)
        return NULL;
    return node_remove(map, "like");
}

static void expand_members(struct templates *templates, struct node *members)
{
    if (members->kind != NODE_MAP)
        return;
    path_push_key(&templates->path, "members");
    struct node *like = take_like(templates, members);
    if (like && !node_get(members, "each"))
        node_add(members, "each", like->at, node_new(NODE_MAP, like->at));
    struct node_entry *each = node_find(members, "each");
    if (like && each->value->kind == NODE_MAP)
        write_out(templates, each, like);
    node_free(like);
    if (each)
        expand_tenant(templates, each);
    path_pop(&templates->path);
}

static void expand_all(struct templates *templates, struct node *tenants)
{
    path_push_key(&templates->path, "tenants");
    for (size_t i = 0; tenants && tenants->kind == NODE_MAP && i < tenants->len; i++)
        expand_tenant(templates, &tenants->items[i]);
    path_pop(&templates->path);
}

static void expand_tenant(struct templates *templates, struct node_entry *entry)
{
    if (entry->value->kind != NODE_MAP)
        return;
    path_push_key(&templates->path, entry->key);
    struct node *like = take_like(templates, entry->value);
    if (like)
        write_out(templates, entry, like);
    node_free(like);
    struct node *members = node_get(entry->value, "members");
    if (members)
        expand_members(templates, members);
    expand_all(templates, node_get(entry->value, "tenants"));
    path_pop(&templates->path);
}

int templates_expand(struct node *root, struct error_list *errors)
{
    const size_t before = errors->len;
    struct node *map = node_get(root, "templates");
    struct templates templates = {.map = map && map->kind == NODE_MAP ? map : NULL,
                                  .hidden = root->faulty ||
                                            (map && (map->faulty || map->kind != NODE_MAP)),
                                  .errors = errors};
    const size_t len = templates.map ? templates.map->len : 0;
    templates.states = mem_new(len, sizeof(*templates.states));
    path_push_key(&templates.path, "templates");
    for (size_t i = 0; i < len; i++) {
        if (templates.states[i] != STATE_AS_WRITTEN)
            continue;
        templates.states[i] = STATE_OPEN;
        expand_tenant(&templates, &templates.map->items[i]);
        templates.states[i] = STATE_DONE;
    }
    path_pop(&templates.path);
    expand_all(&templates, node_get(root, "tenants"));
    path_deinit(&templates.path);
    free(templates.states);
    root->faulty |= templates.count > NODE_COUNT_MAX;
    if (templates.count > 0 && node_depth(root) >= NODE_DEPTH_MAX)
        error_list_addf(errors, root->at, "too deep: more than %d levels with what templates say",
                        NODE_DEPTH_MAX - 1);
    return errors->len > before ? -1 : 0;
}

/* --- as a text --- */

/* Is there one below that a template would be merged into? `path`: to the node, from its tenant. */
static bool finds_whole(const struct node *node, struct path *path)
{
    bool found = false;
    for (size_t i = 0; node->kind == NODE_MAP && i < node->len && !found; i++) {
        const struct node *value = node->items[i].value;
        path_push_key(path, node->items[i].key);
        if (tree_whole(tenant_fields, path) == 0)
            found = value->whole || finds_whole(value, path);
        path_pop(path);
    }
    return found;
}

static bool has_whole(const struct node *tenant)
{
    struct path path = {0};
    const bool found = finds_whole(tenant, &path);
    path_deinit(&path);
    return found;
}

/* `map`: of tenants or templates by name; `out`: the same, written out. */
static void settle_all(struct node *map, const struct node *out)
{
    for (size_t i = 0; map && map->kind == NODE_MAP && i < map->len; i++) {
        struct node_entry *entry = &map->items[i];
        const struct node *theirs = node_get(out, entry->key);
        struct node *members = node_get(entry->value, "members");
        const struct node *each = node_get(members, "each");
        if (node_get(entry->value, "like") && has_whole(entry->value))
            node_put(map, entry->key, entry->at, node_copy(theirs));
        else if (each && node_get(members, "like") && has_whole(each))
            node_put(entry->value, "members", members->at, node_copy(node_get(theirs, "members")));
        else
            settle_all(node_get(entry->value, "tenants"), node_get(theirs, "tenants"));
    }
}

void templates_settle(struct node *root)
{
    struct error_list errors = {0};
    struct node *out = node_copy(root);
    if (templates_expand(out, &errors) == 0) {
        settle_all(node_get(root, "templates"), node_get(out, "templates"));
        settle_all(node_get(root, "tenants"), node_get(out, "tenants"));
    }
    node_free(out);
    error_list_deinit(&errors);
}
