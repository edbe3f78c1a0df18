/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/schema_json.h"

#include "scenario/node.h"
#include "scenario/scenario.h"
#include "util/dist.h"
#include "util/mem.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS "([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?"

/* Tables and lists of kinds may hold one another and are written once each, under $defs. */
struct def {
    const void *key;
    enum unit unit;
    char *name;
};

struct writer {
    json_t *defs;
    struct {
        struct def *items;
        size_t len, cap;
    } known;
};

static json_t *table_schema(struct writer *writer, const struct field *table, enum unit same);
static json_t *field_schema(struct writer *writer, const struct field *field, enum unit same);
static json_t *workloads_schema(struct writer *writer);

static json_t *typed(const char *type)
{
    return json_pack("{s:s}", "type", type);
}

static json_t *any_of(json_t *a, json_t *b)
{
    return json_pack("{s:[o,o]}", "anyOf", a, b);
}

static json_t *ref(const char *name)
{
    char *path = mem_format("#/$defs/%s", name);
    json_t *schema = json_pack("{s:s}", "$ref", path);
    free(path);
    return schema;
}

/* The name of a definition; *ret_new says that the caller has to write it. */
static const char *def_name(struct writer *writer, const void *key, enum unit unit,
                            const char *stem, bool *ret_new)
{
    *ret_new = false;
    for (size_t i = 0; i < writer->known.len; i++)
        if (writer->known.items[i].key == key && writer->known.items[i].unit == unit)
            return writer->known.items[i].name;
    *ret_new = true;
    MEM_GROW(&writer->known);
    struct def *def = &writer->known.items[writer->known.len++];
    *def = (struct def){key, unit, mem_format("%s-%zu", stem, writer->known.len)};
    return def->name;
}

static void unlimited(const struct field *field, json_t **schema)
{
    if (field->flags & FIELD_UNLIMITED)
        *schema = any_of(*schema, json_pack("{s:s}", "const", "unlimited"));
}

/* A text of a number and a unit; a JSON number where none is needed. */
static json_t *quantity_schema(const struct field *field, enum unit unit)
{
    json_t *schema;
    const bool positive = field->min >= 0 && (field->min != 0 || field->max != 0);
    const char *sign = positive ? "" : "[+-]?"; /* "+1" is relative */
    char *pattern;
    if (unit == UNIT_NONE || unit == UNIT_SAME) {
        json_t *number = typed(field->kind == FIELD_INT ? "integer" : "number");
        const bool bounded = field->min != 0 || field->max != 0;
        if (bounded && isfinite(field->min))
            json_object_set_new(number, "minimum", json_real(field->min));
        if (bounded && isfinite(field->max))
            json_object_set_new(number, "maximum", json_real(field->max));
        pattern = mem_format("^\\s*%s" DIGITS "\\s*[^0-9\\s/-]*\\s*$", sign);
        schema = any_of(number, json_pack("{s:s, s:s}", "type", "string", "pattern", pattern));
    } else {
        pattern = mem_format("^\\s*%s" DIGITS "\\s*[^0-9\\s].*$", sign);
        schema = json_pack("{s:s, s:s, s:[s]}", "type", "string", "pattern", pattern, "examples",
                           quantity_example(unit));
    }
    free(pattern);
    unlimited(field, &schema);
    return schema;
}

static json_t *names_schema(const char *const *names)
{
    json_t *list = json_array();
    for (; *names; names++)
        json_array_append_new(list, json_string(*names));
    return json_pack("{s:o}", "enum", list);
}

static json_t *weights_schema(const struct field *field, enum unit same)
{
    json_t *list = json_pack("{s:s, s:i, s:o}", "type", "array", "minItems", 1, "items",
                             quantity_schema(field, field->unit == UNIT_SAME ? same : field->unit));
    static const struct field weight = {.kind = FIELD_QUANTITY};
    json_t *map = json_pack("{s:s, s:i, s:o}", "type", "object", "minProperties", 1,
                            "additionalProperties", quantity_schema(&weight, UNIT_NONE));
    return any_of(list, map);
}

/* What may stand after the name of a kind, and, in `properties`, beside it. */
static json_t *kind_value(struct writer *writer, const struct kind *kind, enum unit same,
                          json_t *properties)
{
    json_t *inner = json_object();
    for (const struct field *field = kind->params; field && field->kind != FIELD_END; field++) {
        json_object_set_new(inner, field->key, field_schema(writer, field, same));
        if (strcmp(field->key, kind->name) != 0)
            json_object_set_new(properties, field->key, field_schema(writer, field, same));
    }
    json_t *forms = json_pack("[{s:s}, {s:s, s:o, s:b}]", "type", "null", "type", "object",
                              "properties", inner, "additionalProperties", 0);
    for (const struct field *field = kind->params; field && field->kind != FIELD_END; field++)
        if (kind->shorthand && strcmp(field->key, kind->shorthand) == 0)
            json_array_append_new(forms, field_schema(writer, field, same));
    return json_pack("{s:s, s:o}", "description", kind->summary ? kind->summary : "", "anyOf",
                     forms);
}

/* What a kind cannot do without is beside its name, inside its value, or the value itself. */
static json_t *needs_schema(const struct kind *kind)
{
    json_t *all = json_array();
    for (const struct field *f = kind->params; f && f->kind != FIELD_END; f++) {
        if (!(f->flags & FIELD_REQUIRED))
            continue;
        const bool short_for = kind->shorthand && strcmp(f->key, kind->shorthand) == 0;
        /* A map may be the value of the parameter, such as a distribution. */
        const bool map = f->kind == FIELD_DIST || f->kind == FIELD_WEIGHTS ||
                         f->kind == FIELD_KIND || f->kind == FIELD_TABLE || f->kind == FIELD_NODE;
        json_t *any = json_pack("[{s:{s:{s:s, s:[s]}}}]", "properties", kind->name, "type",
                                "object", "required", f->key);
        if (strcmp(f->key, kind->name) != 0)
            json_array_append_new(any, json_pack("{s:[s]}", "required", f->key));
        if (short_for && map)
            json_array_append_new(any, json_pack("{s:{s:{s:{s:s}}}}", "properties", kind->name,
                                                 "not", "type", "null"));
        else if (short_for)
            json_array_append_new(any, json_pack("{s:{s:{s:{s:[s,s]}}}}", "properties", kind->name,
                                                 "not", "type", "null", "object"));
        json_array_append_new(all, json_pack("{s:o}", "anyOf", any));
    }
    return all;
}

static bool stands_alone(const struct kind *kind)
{
    for (const struct field *field = kind->params; field && field->kind != FIELD_END; field++)
        if (field->flags & FIELD_REQUIRED)
            return false;
    return true;
}

static json_t *one_kind(struct writer *writer, const struct kind *kind, enum unit same, bool dist)
{
    static const struct field cut = {.kind = FIELD_QUANTITY, .unit = UNIT_SAME};
    json_t *properties = json_object();
    json_t *value = kind_value(writer, kind, same, properties);
    static const char *const ends[] = {"min", "max"};
    for (size_t i = 0; dist && i < ARRAY_LEN(ends); i++)
        if (!json_object_get(properties, ends[i]))
            json_object_set_new(properties, ends[i], quantity_schema(&cut, same));
    /* The value itself may be cut too: {exponential: {mean: 2h, max: 9h}}. */
    json_t *map = json_object_get(json_array_get(json_object_get(value, "anyOf"), 1), "properties");
    for (size_t i = 0; dist && i < ARRAY_LEN(ends); i++)
        if (!json_object_get(map, ends[i]))
            json_object_set_new(map, ends[i], quantity_schema(&cut, same));
    json_object_set_new(properties, kind->name, value);
    json_t *schema = json_pack("{s:s, s:o, s:[s], s:b}", "type", "object", "properties", properties,
                               "required", kind->name, "additionalProperties", 0);
    json_t *needed = needs_schema(kind);
    if (json_array_size(needed) > 0)
        json_object_set(schema, "allOf", needed);
    json_decref(needed);
    return schema;
}

/* A bare name, of what needs no parameters, or a map with the name of exactly one kind. */
static json_t *kinds_schema(struct writer *writer, const struct kind_list *list, enum unit same,
                            bool dist)
{
    bool fresh;
    const char *name = def_name(writer, list, same, list->what, &fresh);
    json_t *schema = ref(name);
    if (!fresh)
        return schema;
    char *key = mem_text(name);
    json_t *names = json_array(), *forms = json_array();
    for (const struct kind *const *kind = list->items; *kind; kind++) {
        if (stands_alone(*kind))
            json_array_append_new(names, json_string((*kind)->name));
        json_array_append_new(forms, one_kind(writer, *kind, same, dist));
    }
    if (json_array_size(names) > 0)
        json_array_insert_new(forms, 0, json_pack("{s:O}", "enum", names));
    json_decref(names);
    /* a value that names no kind may be a parameter of one: `request: 2h` */
    const struct kind *otherwise = list->otherwise;
    for (const struct field *f = otherwise ? otherwise->params : NULL; f && f->kind; f++)
        if (strcmp(f->key, otherwise->shorthand) == 0)
            json_array_append_new(forms, field_schema(writer, f, same));
    json_object_set_new(writer->defs, key,
                        json_pack("{s:o}", otherwise ? "anyOf" : "oneOf", forms));
    free(key);
    return schema;
}

static json_t *texts_schema(unsigned flags)
{
    json_t *list = json_pack("{s:s, s:{s:[s,s,s]}}", "type", "array", "items", "type", "string",
                             "number", "boolean");
    if (flags & FIELD_REQUIRED)
        json_object_set_new(list, "minItems", json_integer(1));
    if (flags & FIELD_UNIQUE)
        json_object_set_new(list, "uniqueItems", json_true());
    return any_of(json_pack("{s:[s,s,s]}", "type", "string", "number", "boolean"), list);
}

static json_t *table_ref(struct writer *writer, const struct field *table, enum unit same)
{
    bool fresh;
    const char *name = def_name(writer, table, same, "map", &fresh);
    json_t *schema = ref(name);
    if (fresh) {
        char *key = mem_text(name);
        json_object_set_new(writer->defs, key, table_schema(writer, table, same));
        free(key);
    }
    return schema;
}

/* As its owner says. */
static json_t *schema_said(const char *text)
{
    json_t *schema = json_loads(text, 0, NULL);
    REQUIRE(schema);
    return schema;
}

/* By name: a list of values, none twice, a distribution of numbers with or without a unit, or one
 * of the maps. */
static json_t *forms_schema(struct writer *writer, const struct field *const *forms)
{
    json_t *any = json_pack("[{s:s, s:i, s:b, s:{s:{s:s}}}]", "type", "array", "minItems", 1,
                            "uniqueItems", 1, "items", "not", "type", "null");
    for (; *forms; forms++)
        json_array_append_new(any, table_ref(writer, *forms, UNIT_NONE));
    json_array_append_new(any, kinds_schema(writer, &dist_kinds, UNIT_NONE, true));
    json_array_append_new(any, kinds_schema(writer, &dist_kinds, UNIT_RATE, true));
    return json_pack("{s:s, s:{s:o}}", "type", "object", "additionalProperties", "anyOf", any);
}

static json_t *bare_schema(struct writer *writer, const struct field *field, enum unit same)
{
    static const struct field plain = {.kind = FIELD_QUANTITY};
    const enum unit unit = field->unit == UNIT_SAME ? same : field->unit;
    switch (field->kind) {
    case FIELD_BOOL:
        return any_of(typed("boolean"), json_pack("{s:[s,s,s,s,s,s]}", "enum", "yes", "no", "on",
                                                  "off", "true", "false"));
    case FIELD_INT:
        return quantity_schema(field, UNIT_NONE);
    case FIELD_QUANTITY:
        return quantity_schema(field, unit);
    case FIELD_DURATION:
        return quantity_schema(field, UNIT_TIME);
    case FIELD_DATE:
        return json_pack("{s:s, s:[s]}", "type", "string", "examples", "2022-07-01 or 30d");
    case FIELD_PATH:
        return json_pack("{s:s, s:[s]}", "type", "string", "examples", "logs/2023.swf.gz");
    case FIELD_TEXT:
        return json_pack("{s:[s,s,s]}", "type", "string", "number", "boolean");
    case FIELD_TEXTS:
        return texts_schema(field->flags);
    case FIELD_CHOICE:
        return names_schema(field->choices);
    case FIELD_NUMBERS:
        return any_of(
            quantity_schema(field, unit),
            json_pack("{s:s, s:o}", "type", "array", "items", quantity_schema(field, unit)));
    case FIELD_WEIGHTS:
        return weights_schema(field, same);
    case FIELD_DIST:
        return any_of(quantity_schema(unit == UNIT_NONE ? &plain : field, unit),
                      kinds_schema(writer, &dist_kinds, unit, true));
    case FIELD_KIND:
        return kinds_schema(writer, field->kinds, UNIT_NONE, false);
    case FIELD_TABLE:
        return table_ref(writer, field->table, same);
    case FIELD_LIST:
        return json_pack("{s:s, s:o}", "type", "array", "items",
                         table_ref(writer, field->table, same));
    case FIELD_MAP:
        return json_pack("{s:s, s:o}", "type", "object", "additionalProperties",
                         table_ref(writer, field->table, same));
    case FIELD_NODE:
        if (field->table == workloads_table)
            return workloads_schema(writer);
        if (field->forms)
            return forms_schema(writer, field->forms);
        if (field->schema)
            return schema_said(field->schema);
        return field->table ? table_ref(writer, field->table, same) : json_object();
    case FIELD_END:
        break;
    }
    return json_object();
}

/* By name, each of one kind: what the kind says beside what any workload says. */
static json_t *workloads_schema(struct writer *writer)
{
    json_t *kinds = json_array();
    for (size_t i = 0; workload_kinds[i]; i++) {
        const struct workload_kind *kind = workload_kinds[i];
        json_t *one = table_schema(writer, kind->fields, UNIT_NONE);
        json_t *common = table_schema(writer, workload_common_fields, UNIT_NONE);
        json_t *required = json_object_get(one, "required");
        json_object_update(json_object_get(one, "properties"),
                           json_object_get(common, "properties"));
        json_object_set_new(one, "description", json_string(kind->summary));
        bool named = false;
        for (size_t k = 0; k < json_array_size(required); k++)
            named |= strcmp(json_string_value(json_array_get(required, k)), kind->key) == 0;
        if (!required)
            json_object_set_new(one, "required", json_pack("[s]", kind->key));
        else if (!named)
            json_array_append_new(required, json_string(kind->key));
        json_decref(common);
        json_array_append_new(kinds, one);
    }
    return json_pack("{s:s, s:{s:o}}", "type", "object", "additionalProperties", "anyOf", kinds);
}

static json_t *field_schema(struct writer *writer, const struct field *field, enum unit same)
{
    json_t *schema = bare_schema(writer, field, same);
    if (field->help)
        json_object_set_new(schema, "description", json_string(field->help));
    if (field->def) {
        struct node *def = node_parse(field->def, strlen(field->def), NULL, NULL);
        if (def && def->kind == NODE_SCALAR)
            json_object_set_new(schema, "default", json_string(def->text));
        node_free(def);
    }
    return schema;
}

static json_t *table_schema(struct writer *writer, const struct field *table, enum unit same)
{
    json_t *properties = json_object(), *required = json_array();
    for (const struct field *field = table; field && field->kind != FIELD_END; field++) {
        json_object_set_new(properties, field->key, field_schema(writer, field, same));
        if (field->flags & FIELD_REQUIRED)
            json_array_append_new(required, json_string(field->key));
    }
    json_t *schema = json_pack("{s:s, s:o, s:b}", "type", "object", "properties", properties,
                               "additionalProperties", 0);
    if (json_array_size(required) > 0)
        json_object_set(schema, "required", required);
    json_decref(required);
    return schema;
}

static void add_resolved_keys(struct writer *writer, json_t *root)
{
    json_t *properties = json_object_get(root, "properties");
    json_t *changes = json_object_get(properties, "changes");
    if (changes) {
        json_object_set_new(changes, "type", json_string("array"));
        json_object_set_new(changes, "items", table_ref(writer, change_table, UNIT_NONE));
    }
    json_t *include = texts_schema(0), *variants;
    json_object_set_new(include, "description",
                        json_string("files, relative to this one, or builtin:NAME"));
    json_object_set_new(properties, "include", include);
    variants = json_pack("{s:s, s:s, s:{s:s, s:{s:o}}}", "type", "object", "description",
                         "named changes: PATH: value, or combine: [names]", "additionalProperties",
                         "type", "object", "properties", "combine",
                         json_pack("{s:s, s:{s:s}}", "type", "array", "items", "type", "string"));
    json_object_set_new(properties, "variants", variants);
    /* An included file may hold what is required. */
    json_t *required = json_object_get(root, "required");
    if (required) {
        json_t *with = json_pack("[{s:[s]}, {s:O}]", "required", "include", "required", required);
        json_object_set_new(root, "anyOf", with);
        json_object_del(root, "required");
    }
}

char *schema_json(const struct field *root, const char *title, bool included)
{
    struct writer writer = {.defs = json_object()};
    json_t *schema = json_object();
    json_object_set_new(schema, "$schema",
                        json_string("https://json-schema.org/draft/2020-12/schema"));
    json_object_set_new(schema, "title", json_string(title));
    json_t *top = table_schema(&writer, root, UNIT_NONE);
    if (included)
        add_resolved_keys(&writer, top);
    json_object_update(schema, top);
    json_decref(top);
    json_object_set_new(schema, "$defs", writer.defs);
    char *text = json_dumps(schema, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    REQUIRE(text);
    char *copy = mem_format("%s\n", text);
    free(text);
    json_decref(schema);
    for (size_t i = 0; i < writer.known.len; i++)
        free(writer.known.items[i].name);
    free(writer.known.items);
    return copy;
}
