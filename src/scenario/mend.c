/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/mend.h"

#include "scenario/decode_internal.h"
#include "scenario/field_at.h"
#include "scenario/mend_value.h"
#include "scenario/scenario.h"
#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

/* --- which keys a map may have --- */

enum { TABLES_MAX = 8 };

struct tables {
    const struct field *items[TABLES_MAX];
    size_t len;
};

/* The field of the path, which may be one of a dated change. */
static bool find_place(const struct node *root, const struct path *path, struct field_place *ret)
{
    const bool change = path_is_in(path, "changes");
    const char *key = path->len == 3 && change ? path->items[2].key : NULL;
    const struct field *field = key ? field_find(change_table, key) : NULL;
    if (field)
        *ret = (struct field_place){field, field->unit};
    return field || field_at(scenario_fields, root, path, 0, ret);
}

static bool is_workloads(const struct node *root, const struct path *path)
{
    struct field_place place;
    return find_place(root, path, &place) && place.field->kind == FIELD_NODE &&
           place.field->table == workloads_table;
}

static void add_table(struct tables *tables, const struct field *table)
{
    if (table && tables->len < TABLES_MAX)
        tables->items[tables->len++] = table;
}

static size_t count_sources(const struct node *workload)
{
    size_t sources = 0;
    for (size_t i = 0; workload_kinds[i]; i++)
        sources += node_get(workload, workload_kinds[i]->key) != NULL;
    return sources;
}

/* Of what is below `workloads` the common ones and those of its kind, or of any where that is not
 * known. */
static struct tables tables_of_workload(const struct node *node)
{
    struct tables tables = {0};
    const bool known = count_sources(node) > 0;
    add_table(&tables, workload_common_fields);
    for (size_t i = 0; workload_kinds[i]; i++)
        if (!known || node_get(node, workload_kinds[i]->key))
            add_table(&tables, workload_kinds[i]->fields);
    return tables;
}

static const struct kind_list *kinds_of(const struct field *field)
{
    return field->kind == FIELD_DIST   ? &dist_kinds
           : field->kind == FIELD_KIND ? field->kinds
                                       : NULL;
}

/* The parameters of a thing, where the map has some. */
static void add_parameters(struct tables *tables, const struct field *field, const char *name,
                           const struct node *node)
{
    const struct kind_list *list = kinds_of(field);
    const struct kind *kind = name ? kind_find(list, name) : NULL;
    bool some = false;
    for (size_t i = 0; kind && node->kind == NODE_MAP && i < node->len; i++)
        some |= field_find(kind->params, node->items[i].key) != NULL;
    if (some)
        add_table(tables, kind->params);
}

/* None: it is no map, or one of names. */
static struct tables tables_at(const struct node *root, const struct path *path,
                               const struct node *node)
{
    const struct path above = {path->items, path->len > 0 ? path->len - 1 : 0, 0};
    struct tables tables = {0};
    struct field_place place;
    if (path->len == 0)
        add_table(&tables, scenario_fields);
    else if (path->len == 2 && path_is_in(path, "changes"))
        add_table(&tables, change_table);
    else if (path_is_in(path, "changes"))
        return tables;
    else if (find_place(root, &above, &place) && kinds_of(place.field))
        add_parameters(&tables, place.field, path->items[path->len - 1].key, node);
    else if (find_place(root, path, &place)) {
        if (place.field->kind == FIELD_TABLE ||
            (place.field->kind == FIELD_NODE && place.field->table != workloads_table))
            add_table(&tables, place.field->table);
    } else if (is_workloads(root, &above))
        tables = tables_of_workload(node);
    else if (find_place(root, &above, &place) &&
             (place.field->kind == FIELD_LIST || place.field->kind == FIELD_MAP))
        add_table(&tables, place.field->table);
    return tables;
}

static const struct field *find_field(const struct tables *tables, const char *key)
{
    const struct field *field = NULL;
    for (size_t i = 0; i < tables->len && !field; i++)
        field = field_find(tables->items[i], key);
    return field;
}

/* --- keys that are misspelt --- */

/* The key that is meant; NULL: none, or one that is there, too. */
static const char *meant_key(const struct tables *tables, const struct node *map, const char *key)
{
    size_t len = 0, cap = 0;
    const char **names = NULL;
    for (size_t i = 0; i < tables->len; i++)
        for (const struct field *field = tables->items[i]; field->kind != FIELD_END; field++) {
            if (len == cap)
                names = mem_resize(names, cap = 2 * cap + 16, sizeof(*names));
            names[len++] = field->key;
        }
    const char *near = nearest_name(key, names, len);
    free(names);
    return near && !node_get(map, near) ? near : NULL;
}

/* Do they differ in one place, by two letters at most? */
static bool is_slip(const char *said, const char *meant)
{
    size_t front = 0, back = 0, a = strlen(said), b = strlen(meant);
    while (front < a && front < b && said[front] == meant[front])
        front++;
    while (back < a - front && back < b - front && said[a - 1 - back] == meant[b - 1 - back])
        back++;
    return a - front - back <= 2 && b - front - back <= 2;
}

static void step(struct path *path, const struct node *node, size_t i)
{
    if (node->items[i].key)
        path_push_key(path, node->items[i].key);
    else
        path_push_index(path, i);
}

/* Names that no tenant may have. */
static void rename_tenants(struct node *map)
{
    for (size_t i = 0; map->kind == NODE_MAP && i < map->len; i++) {
        char *name = mem_text(*map->items[i].key ? map->items[i].key : "?");
        for (char *at = name; (at = strchr(at, '/')) != NULL;)
            *at = '?';
        if (strcmp(name, map->items[i].key) != 0 && !node_get(map, name)) {
            node_rename(map, i, name);
            map->items[i].value->faulty = false;
        }
        free(name);
    }
}

/* The name of a thing with parameters. */
static void rename_kind(const struct kind_list *list, struct node *map)
{
    const char *names[64];
    size_t len = 0;
    for (size_t i = 0; i < map->len; i++)
        if (kind_find(list, map->items[i].key))
            return;
    while (len < ARRAY_LEN(names) && list->items[len]) {
        names[len] = list->items[len]->name;
        len++;
    }
    const char *near = nearest_name(map->items[0].key, names, len);
    if (!near)
        return;
    node_rename(map, 0, near);
    map->items[0].value->faulty = map->faulty = false;
}

/* What stands under such a key was not judged: it is as good as any other. One way single values
 * are left where they are if what is meant is no more than likely. */
static void rename_keys(struct node *root, struct node *node, enum mend_way way, struct path *path)
{
    if (path->len > 0 && path->items[path->len - 1].key &&
        strcmp(path->items[path->len - 1].key, "tenants") == 0)
        rename_tenants(node);
    struct field_place place;
    if (node->kind == NODE_MAP && node->len > 0 && (node->faulty || node->items[0].value->faulty) &&
        find_place(root, path, &place) && kinds_of(place.field))
        rename_kind(kinds_of(place.field), node);
    const struct tables tables = tables_at(root, path, node);
    for (size_t i = 0; node->kind == NODE_MAP && i < node->len && tables.len > 0; i++) {
        const char *key = node->items[i].key;
        const bool told = node->items[i].value->faulty && !find_field(&tables, key);
        const char *meant = told ? meant_key(&tables, node, key) : NULL;
        const bool single = node->items[i].value->kind == NODE_SCALAR;
        if (!meant || (single && way == MEND_HIGH && !is_slip(key, meant)))
            continue;
        node_rename(node, i, meant);
        node->items[i].value->faulty = false;
    }
    for (size_t i = 0; i < node->len; i++) {
        step(path, node, i);
        rename_keys(root, node->items[i].value, way, path);
        path_pop(path);
    }
}

/* --- maps that are wrong as a whole --- */

/* Keys of which a map that may have all of them has one. */
struct either {
    const char *keys[4];
    bool needed;
};

static const struct either eithers[] = {
    {{"nodes", "groups"}, true},     {{"length", "until"}, true},
    {{"tenant", "tenants"}, true},   {{"processors", "nodes"}, true},
    {{"runtime", "work"}, true},     {{"poisson", "renewal", "every"}, true},
    {{"processors", "share"}, true}, {{"over", "growth"}, false},
    {{"by", "count"}, false},        {{"gaps", "runtimes", "resample"}, true},
};

/* Keys that go with one of those alone, where a map may have both. */
static const char *const companions[][2] = {{"processors_per_node", "nodes"},
                                            {"memory_per_node", "nodes"},
                                            {"memory", "processors"},
                                            {"jitter", "every"},
                                            {"profile", "poisson"},
                                            {"growth", "poisson"},
                                            {"max", "growth"}};

struct mending {
    const struct node *root; /* as told, but for keys that are misspelt */
    enum mend_way way;
    int round;
    struct path path;
};

static struct node *stand_in(const struct mending *mending, const struct field *field,
                             const struct path *path, const struct node *value)
{
    struct field_place place = {field, field->unit};
    find_place(mending->root, path, &place);
    return mend_value(mending->root, &place, path, value, mending->way);
}

/* A value for a key that the map does not have. */
static void fill(struct mending *mending, struct node *map, const struct field *field)
{
    const struct node none = {.kind = NODE_SCALAR, .text = (char *)"", .at = map->at};
    path_push_key(&mending->path, field->key);
    struct node *value = stand_in(mending, field, &mending->path, &none);
    path_pop(&mending->path);
    if (value)
        node_add(map, field->key, map->at, value);
}

static void settle_either(struct mending *mending, struct node *map, const struct tables *tables,
                          const struct either *either, bool whole)
{
    const char *kept = NULL;
    for (size_t i = 0; i < ARRAY_LEN(either->keys) && either->keys[i]; i++) {
        if (!find_field(tables, either->keys[i]))
            return;
        if (node_get(map, either->keys[i]) && (!kept || mending->way == MEND_HIGH))
            kept = either->keys[i];
    }
    for (size_t i = 0; i < ARRAY_LEN(either->keys) && either->keys[i]; i++)
        if (kept && strcmp(kept, either->keys[i]) != 0)
            node_free(node_remove(map, either->keys[i]));
    if (!kept && either->needed && whole)
        fill(mending, map, find_field(tables, either->keys[0]));
}

/* Does a thing that is wrong as a whole keep the value? */
static bool keeps(const struct mending *mending, const struct field *field)
{
    if (mending->round < MEND_BARE)
        return true;
    switch (field->kind) {
    case FIELD_TABLE:
    case FIELD_LIST:
    case FIELD_MAP:
    case FIELD_NODE:
        return true;
    case FIELD_TEXT:
    case FIELD_TEXTS:
        return mending->round < MEND_EMPTY;
    default:
        return false;
    }
}

static bool is_workload(const struct mending *mending)
{
    const struct path above = {mending->path.items, mending->path.len - 1, 0};
    return mending->path.len > 0 && is_workloads(mending->root, &above);
}

/* May more of it stand in a template? */
static bool inherits(const struct mending *mending)
{
    const struct node *node = mending->root;
    bool like = false;
    for (size_t i = 0; i < mending->path.len && node && !like; i++) {
        const struct path one = {&mending->path.items[i], 1, 0};
        like = node->kind == NODE_MAP && node_get(node, "like");
        node = path_get(node, &one);
    }
    return like;
}

/* The centre where jobs of a tenant run, unless it, one above or a template tells. */
static void settle_home(struct mending *mending, struct node *map, const struct tables *tables)
{
    const struct field *home = find_field(tables, "home");
    if (home && path_is_in(&mending->path, "tenants") && !node_get(map, "home") &&
        !mend_home(mending->root, &mending->path))
        fill(mending, map, home);
}

/* What the map cannot do without, and of what excludes each other one. */
static void settle(struct mending *mending, struct node *map, const struct tables *tables)
{
    const bool part = is_workload(mending) && count_sources(map) == 0;
    const bool whole = !part && (mending->round >= MEND_BARE || map->whole || !inherits(mending));
    settle_home(mending, map, tables);
    for (size_t t = 0; t < tables->len && whole; t++)
        for (const struct field *field = tables->items[t]; field->kind != FIELD_END; field++)
            if ((field->flags & FIELD_REQUIRED) && !node_get(map, field->key))
                fill(mending, map, field);
    for (size_t i = 0; i < ARRAY_LEN(eithers); i++)
        settle_either(mending, map, tables, &eithers[i], whole);
    for (size_t i = 0; i < ARRAY_LEN(companions); i++)
        if (find_field(tables, companions[i][1]) && !node_get(map, companions[i][1]))
            node_free(node_remove(map, companions[i][0]));
}

static bool excludes_others(const char *key)
{
    bool excludes = false;
    for (size_t i = 0; i < ARRAY_LEN(eithers); i++)
        for (size_t k = 0; k < ARRAY_LEN(eithers[i].keys) && eithers[i].keys[k]; k++)
            excludes |= strcmp(eithers[i].keys[k], key) == 0;
    return excludes;
}

/* What a key that nobody knows may have been meant to say. */
static void fill_numbers(struct mending *mending, struct node *map, const struct tables *tables)
{
    for (size_t t = 0; t < tables->len; t++)
        for (const struct field *field = tables->items[t]; field->kind != FIELD_END; field++) {
            const bool number = field->kind == FIELD_INT || field->kind == FIELD_QUANTITY ||
                                field->kind == FIELD_DURATION;
            const bool start = field->kind == FIELD_DATE && strcmp(field->key, "start") == 0;
            if (((number && field->def) || start) && !node_get(map, field->key) &&
                !excludes_others(field->key))
                fill(mending, map, field);
        }
}

/* What the template says goes before what excludes it. */
static void leave_eithers_out(struct node *map)
{
    for (size_t i = map->len; i-- > 0;)
        if (excludes_others(map->items[i].key))
            node_free(node_remove(map, map->items[i].key));
}

/* Of keys alone, none of which is a name. */
static bool is_table(const struct mending *mending)
{
    struct field_place place;
    return find_place(mending->root, &mending->path, &place) && place.field->kind == FIELD_TABLE;
}

static struct node *mended(struct mending *mending, const struct node *node);

static struct node *mended_thing(struct mending *mending, const struct node *node,
                                 const struct tables *tables)
{
    struct node *map =
        node->kind == NODE_MAP ? mended(mending, node) : node_new(NODE_MAP, node->at);
    for (size_t i = map->len; i-- > 0;) {
        const struct field *field = find_field(tables, map->items[i].key);
        if (!field || !keeps(mending, field))
            node_free(node_remove(map, map->items[i].key));
    }
    const bool alone = mending->round >= MEND_WHOLE && inherits(mending);
    map->whole |= alone && is_table(mending);
    if (alone && is_workload(mending))
        leave_eithers_out(map);
    settle(mending, map, tables);
    return map;
}

/* A workload of no jobs, with what it says of where they would run. */
static struct node *mended_workload(struct mending *mending, const struct node *node)
{
    struct node *map = node_new(NODE_MAP, node->at);
    map->whole = true;
    node_add(map, "jobs", node->at, node_new(NODE_LIST, node->at));
    struct node *old =
        node->kind == NODE_MAP ? mended(mending, node) : node_new(NODE_MAP, node->at);
    for (size_t i = 0; i < old->len; i++) {
        const struct node_entry *entry = &old->items[i];
        if (mending->round < MEND_EMPTY && field_find(workload_common_fields, entry->key))
            node_add(map, entry->key, entry->at, node_copy(entry->value));
    }
    node_free(old);
    if (!node_get(map, "partition"))
        node_add(map, "partition", node->at, node_new_scalar("any", node->at));
    return map;
}

/* --- the tree --- */

/* Its source is what it cannot do without. */
static bool lost_source(const struct mending *mending, const struct node *workload)
{
    const struct node *log = node_get(workload, "log");
    const size_t sources = count_sources(workload);
    const bool part = path_is_in(&mending->path, "templates") && !workload->faulty;
    const bool elsewhere = sources == 0 && (part || inherits(mending));
    return workload->kind != NODE_MAP || (sources != 1 && !elsewhere) || (log && log->faulty);
}

/* The value that a dated change sets: the other way it is left out. */
static struct node *mended_setting(const struct mending *mending, const struct path *changed,
                                   const struct node *value)
{
    struct field_place place;
    if (mending->way == MEND_LOW || !find_place(mending->root, changed, &place))
        return NULL;
    return mend_value(mending->root, &place, changed, value, mending->way);
}

/* The value at the path, which is faulty; NULL: it is left out. */
static struct node *mended_faulty(struct mending *mending, const struct node *value)
{
    const struct path *path = &mending->path;
    const struct path above = {path->items, path->len - 1, 0};
    const struct tables tables = tables_at(mending->root, path, value);
    struct field_place place;
    if (tables.len > 0)
        return mended_thing(mending, value, &tables);
    if (!find_place(mending->root, path, &place)) {
        const bool item = !path->items[path->len - 1].key;
        const bool listed = item && find_place(mending->root, &above, &place);
        return listed ? mend_value(mending->root, &place, path, value, mending->way) : NULL;
    }
    const enum field_kind kind = place.field->kind;
    if (mending->round >= MEND_BARE && value->kind == NODE_SCALAR)
        return NULL;
    const bool list = value->kind == NODE_LIST && value->len > 0 && kind == FIELD_LIST;
    const bool map = value->kind == NODE_MAP && (kind == FIELD_MAP || kind == FIELD_NODE);
    struct node *node = list || map ? mended(mending, value)
                                    : mend_value(mending->root, &place, path, value, mending->way);
    if (node && (list || kind == FIELD_MAP))
        node->faulty = true; /* told already; there may be more names */
    return node;
}

/* Is something wrong in a thing with parameters that no parameter is? */
static bool is_hopeless(struct mending *mending, const struct node *node)
{
    struct field_place place;
    bool hopeless =
        node->faulty && (!find_place(mending->root, &mending->path, &place) ||
                         place.field->kind == FIELD_NUMBERS || place.field->kind == FIELD_WEIGHTS);
    for (size_t i = 0; i < node->len && !hopeless; i++) {
        step(&mending->path, node, i);
        hopeless = is_hopeless(mending, node->items[i].value);
        path_pop(&mending->path);
    }
    return hopeless;
}

static bool is_kinded(const struct mending *mending)
{
    struct field_place place;
    return find_place(mending->root, &mending->path, &place) && kinds_of(place.field);
}

/* Is it the value of a map PATH: distribution, such as `uncertain`? */
static bool is_assumed(const struct path *path)
{
    static const char *const maps[] = {"uncertain", "vary", "scale"};
    bool is = false;
    for (size_t i = 0; i < ARRAY_LEN(maps) && path->len > 1; i++)
        is |=
            path->items[path->len - 2].key && strcmp(path->items[path->len - 2].key, maps[i]) == 0;
    return is;
}

/* Nothing counts links. */
static bool is_link(const struct path *path)
{
    return path->len == 2 && path_is_in(path, "links");
}

static struct node *mended_value(struct mending *mending, const struct node *value)
{
    if (is_workload(mending) &&
        (lost_source(mending, value) || (value->faulty && mending->round >= MEND_BARE)))
        return mended_workload(mending, value);
    struct path changed;
    if ((is_assumed(&mending->path) || is_link(&mending->path)) && node_has_fault(value))
        return NULL;
    if (path_of_change(&mending->path, &changed)) {
        struct node *set =
            node_has_fault(value) ? mended_setting(mending, &changed, value) : node_copy(value);
        path_deinit(&changed);
        return set;
    }
    if (value->faulty || (is_kinded(mending) && is_hopeless(mending, value)))
        return mended_faulty(mending, value);
    return mended(mending, value);
}

static struct node *mended(struct mending *mending, const struct node *node)
{
    if (node->kind == NODE_SCALAR)
        return node_copy(node);
    const struct tables tables = tables_at(mending->root, &mending->path, node);
    bool lost = false, unknown = false;
    struct node *copy = node_new(node->kind, node->at);
    copy->whole = node->whole;
    for (size_t i = 0; i < node->len; i++) {
        const struct node_entry *entry = &node->items[i];
        step(&mending->path, node, i);
        struct node *value = mended_value(mending, entry->value);
        path_pop(&mending->path);
        lost |= !value;
        unknown |= entry->key && tables.len > 0 && !find_field(&tables, entry->key);
        if (value && entry->key)
            node_add(copy, entry->key, entry->at, value);
        else if (value)
            node_append(copy, value);
    }
    if (unknown)
        fill_numbers(mending, copy, &tables);
    if (lost && tables.len > 0)
        settle(mending, copy, &tables);
    return copy;
}

bool mend_is_certain(const struct node *root)
{
    const struct node *changes = node_get(root, "changes");
    bool all = !changes || changes->kind == NODE_LIST;
    for (size_t i = 0; changes && i < changes->len; i++) {
        const struct node *set = node_get(changes->items[i].value, "set");
        all &= set && set->kind == NODE_MAP && !set->faulty;
    }
    return all;
}

struct node *mend_tree(const struct node *root, enum mend_way way, int round)
{
    struct path path = {0};
    struct node *spelt = node_copy(root);
    rename_keys(spelt, spelt, way, &path);
    path_deinit(&path);
    struct mending mending = {.root = spelt, .way = way, .round = round};
    const struct tables tables = {{scenario_fields}, 1};
    struct node *tree =
        spelt->faulty ? mended_thing(&mending, spelt, &tables) : mended(&mending, spelt);
    path_deinit(&mending.path);
    node_free(spelt);
    return tree;
}
