/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/mend.h"

#include "scenario/field_at.h"
#include "scenario/scenario.h"
#include "util/date.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- mending --- */

/* A number that the field takes, 1 if it does. NULL: it takes no number. */
static struct node *number_for(const struct field_place *place, struct mark at)
{
    const struct field *field = place->field;
    const bool free = !(field->min < 0) && !(field->min > 0) && !(field->max > 0);
    char text[64];
    double value = 1;
    if (!free && !(field->min <= value))
        value = field->min;
    if (!free && !(value <= field->max))
        value = field->max;
    if (field_is_whole(field))
        snprintf(text, sizeof(text), "%.0f", value);
    else if (field->kind == FIELD_QUANTITY || field->kind == FIELD_DIST ||
             field->kind == FIELD_NUMBERS)
        quantity_format(value, place->unit, text, sizeof(text));
    else if (field->kind == FIELD_DURATION)
        quantity_format(value, UNIT_TIME, text, sizeof(text));
    else
        return NULL;
    return node_new_scalar(text, at);
}

/* NULL: nothing need stand there. */
static struct node *stand_in(const struct node *root, const struct field_place *place,
                             struct mark at)
{
    const struct node *centres = node_get(root, "centres");
    const char *key = place->field->key, *def = place->field->def;
    if (def) {
        struct node *node = node_parse(def, strlen(def), NULL, NULL);
        if (node)
            node_set_marks(node, at);
        return node;
    }
    if (place->field->kind == FIELD_TEXT && strcmp(key, "partition") == 0)
        return node_new_scalar("any", at);
    if (place->field->kind == FIELD_TEXT && strcmp(key, "home") == 0 && centres &&
        centres->kind == NODE_MAP && centres->len > 0)
        return node_new_scalar(centres->items[0].key, at);
    return number_for(place, at);
}

static bool is_of_workloads(const struct path *path)
{
    return path->len > 1 && path->items[path->len - 2].key && path->items[path->len - 1].key &&
           strcmp(path->items[path->len - 2].key, "workloads") == 0;
}

/* Does the last step name a thing, or count one? */
static bool is_named(const struct node *root, const struct path *path)
{
    const struct path above = {path->items, path->len - 1, 0};
    struct field_place place;
    return is_of_workloads(path) ||
           (above.len > 0 && field_at(scenario_fields, root, &above, 0, &place) &&
            (place.field->kind == FIELD_MAP || place.field->kind == FIELD_LIST));
}

/* What stands for an item that is wrong as a whole, so that those behind it keep their numbers.
 * NULL: nothing is known to. */
static struct node *some_item(const struct path *path, struct mark at)
{
    static const char job[] = "{submit: 0s, processors: 1, runtime: 1s}";
    static const char window[] = "{from: 0s, length: 1s}";
    const struct path workload = {path->items, path->len > 2 ? path->len - 2 : 0, 0};
    const char *list = path->len > 1 ? path->items[path->len - 2].key : NULL, *text = NULL;
    if (!path->items[path->len - 1].key && is_of_workloads(&workload))
        text = job;
    else if (!path->items[path->len - 1].key && list && strcmp(list, "maintenance") == 0)
        text = window;
    struct node *item = text ? node_parse(text, strlen(text), NULL, NULL) : NULL;
    if (item)
        node_set_marks(item, at);
    return item;
}

static struct node *mended(const struct node *root, const struct node *node, struct path *path);

/* The value at the path; NULL: it is left out. */
static struct node *mended_value(const struct node *root, const struct node *value,
                                 struct path *path)
{
    struct field_place place;
    if (!value->faulty)
        return mended(root, value, path);
    struct node *item = some_item(path, value->at);
    if (item)
        return item;
    const bool known = field_at(scenario_fields, root, path, 0, &place);
    const enum field_kind kind = known ? place.field->kind : FIELD_END;
    const bool holds = kind == FIELD_TABLE || kind == FIELD_MAP || kind == FIELD_LIST ||
                       kind == FIELD_NODE || is_named(root, path);
    if (holds && value->kind == NODE_MAP && !is_of_workloads(path))
        return mended(root, value, path);
    if (kind == FIELD_MAP ||
        (is_named(root, path) && !is_of_workloads(path) && path->items[path->len - 1].key))
        return node_copy(value); /* names would be lost: there is no mending it */
    if (!is_of_workloads(path))
        return known ? stand_in(root, &place, value->at) : NULL;
    struct node *workload = node_new(NODE_MAP, value->at);
    node_add(workload, "jobs", value->at, node_new(NODE_LIST, value->at));
    node_add(workload, "partition", value->at, node_new_scalar("any", value->at));
    return workload;
}

static struct node *mended(const struct node *root, const struct node *node, struct path *path)
{
    if (node->kind == NODE_SCALAR)
        return node_copy(node);
    struct node *copy = node_new(node->kind, node->at);
    copy->whole = node->whole;
    for (size_t i = 0; i < node->len; i++) {
        const struct node_entry *entry = &node->items[i];
        if (entry->key)
            path_push_key(path, entry->key);
        else
            path_push_index(path, i);
        struct node *value = mended_value(root, entry->value, path);
        if (value && entry->key)
            node_add(copy, entry->key, entry->at, value);
        else if (value)
            node_append(copy, value);
        path_pop(path);
    }
    return copy;
}

struct node *mend_tree(const struct node *root)
{
    struct path path = {0};
    struct node *tree = mended(root, root, &path);
    path_deinit(&path);
    return tree;
}

/* --- what follows from it --- */

static const struct node_entry *entry_with(const struct node *map, struct mark at)
{
    for (size_t i = 0; map && map->kind == NODE_MAP && i < map->len; i++) {
        struct node_entry *entry = &map->items[i];
        const struct node one = {.kind = NODE_LIST, .items = entry, .len = 1};
        if (node_has_mark(&one, at))
            return entry;
    }
    return NULL;
}

/* A section that is not there may be one whose key is misspelt. */
static bool fails(const struct node *root, const char *key)
{
    const struct node *value = node_get(root, key);
    bool fail = value ? node_has_fault(value) : root->faulty;
    for (size_t i = 0; i < root->len && !value; i++)
        fail |= root->items[i].value->faulty && nearest_name(root->items[i].key, &key, 1);
    return fail;
}

/* Does a section fail that what is in the section with the key is held against? */
static bool fails_beside(const struct node *root, const char *key)
{
    static const char *const sections[] = {"processors", "centres", "qos",
                                           "broker",     "tenants", "time"};
    bool fail = false;
    for (size_t i = 0; i < ARRAY_LEN(sections); i++)
        fail |= strcmp(sections[i], key) != 0 && fails(root, sections[i]);
    return fail;
}

static const struct node *item_with(const struct node *list, struct mark at)
{
    for (size_t i = 0; list && list->kind == NODE_LIST && i < list->len; i++)
        if (node_has_mark(list->items[i].value, at))
            return list->items[i].value;
    return NULL;
}

/* A job that is written out is told of by itself. */
static bool is_of_sound_job(const struct node *workload, struct mark at)
{
    const struct node *job = item_with(node_get(workload, "jobs"), at);
    return job && !node_has_fault(job);
}

/* What is told of a workload may follow from what fails in it, or of the tenants that it is of. */
static bool fails_around(const struct node *tenant, struct mark at)
{
    const struct node_entry *member = entry_with(node_get(tenant, "tenants"), at);
    const struct node_entry *workload = entry_with(node_get(tenant, "workloads"), at);
    if (!member && !workload)
        return node_has_fault(tenant);
    bool fail = tenant->faulty;
    for (size_t i = 0; i < tenant->len; i++) {
        const char *key = tenant->items[i].key;
        const struct node *value = tenant->items[i].value;
        const bool holds = strcmp(key, "tenants") == 0 || strcmp(key, "workloads") == 0;
        fail |= holds ? value->faulty : node_has_fault(value);
    }
    return fail ||
           (member ? fails_around(member->value, at)
                   : node_has_fault(workload->value) && !is_of_sound_job(workload->value, at));
}

static bool is_dated(const struct node *window, const char *key)
{
    const struct node *value = node_get(window, key);
    struct date_value date;
    return value && value->kind == NODE_SCALAR && date_parse(value->text, &date, NULL) == 0 &&
           !date.relative;
}

/* The window of the partition, or a reservation, whose own an error is. NULL: it is of another. */
static const struct node *window_of(const struct node *partition, const struct error *err)
{
    const struct node *window = item_with(node_get(partition, "maintenance"), err->at);
    if (window || strstr(err->text, "]: kept by number ")) /* as jobs ask for something else */
        return window;
    return item_with(node_get(partition, "reservations"), err->at);
}

/* Dates depend on the start, which logs may tell; nodes on those that the partition has. */
static bool fails_around_window(const struct node *root, const struct node *partition,
                                const struct node *window, const struct error *err)
{
    const bool dated = is_dated(window, "from") || is_dated(window, "until");
    const bool of_nodes = strstr(err->text, "].nodes: ");
    bool fail = node_has_fault(window) || fails(root, "time") || (of_nodes && partition->faulty);
    if (dated && !node_get(node_get(root, "time"), "start"))
        fail |= fails(root, "tenants");
    for (size_t i = 0; i < partition->len && of_nodes; i++)
        fail |= strcmp(partition->items[i].key, "maintenance") != 0 &&
                node_has_fault(partition->items[i].value);
    return fail;
}

bool mend_explains(const struct node *root, const struct error *err)
{
    const struct node_entry *section = entry_with(root, err->at);
    const char *key = section ? section->key : "";
    const struct node_entry *thing = section ? entry_with(section->value, err->at) : NULL;
    if (fails(root, "include") || fails(root, "changes")) /* of anything */
        return true;
    if (strcmp(key, "time") == 0 || strcmp(key, "measure") == 0)
        return fails(root, "time") || fails(root, "measure");
    /* Names are all there, but for those that are values. */
    if (strcmp(key, "metrics") == 0 || strcmp(key, "question") == 0)
        return (strstr(err->text, "there is no sector \"") && fails(root, "tenants")) ||
               (strstr(err->text, "there is no processor \"") && fails(root, "centres"));
    const struct node_entry *partition =
        thing && strcmp(key, "centres") == 0
            ? entry_with(node_get(thing->value, "partitions"), err->at)
            : NULL;
    const struct node *window = partition ? window_of(partition->value, err) : NULL;
    if (window)
        return fails_around_window(root, partition->value, window, err);
    if (thing && (strcmp(key, "centres") == 0 || strcmp(key, "tenants") == 0))
        return fails_around(thing->value, err->at) || fails_beside(root, key);
    return node_has_fault(root);
}
