/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/schema_json.h"

#include "tools/decode_table.h"
#include "workload/kinds.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *make(void)
{
    char *text = schema_json(lab_fields, "a lab", true);
    char *again = schema_json(lab_fields, "a lab", true);
    assert_string_equal(text, again);
    json_error_t err;
    json_t *schema = json_loads(text, JSON_REJECT_DUPLICATES, &err);
    if (!schema)
        fail_msg("%d:%d: %s", err.line, err.column, err.text);
    free(text);
    free(again);
    return schema;
}

static void every_field_is_there(void **state)
{
    (void)state;
    json_t *schema = make();
    const json_t *properties = json_object_get(schema, "properties");
    size_t count = 0;
    for (const struct field *field = lab_fields; field->kind != FIELD_END; field++, count++) {
        const json_t *property = json_object_get(properties, field->key);
        if (!property)
            fail_msg("%s is missing", field->key);
        assert_string_equal(json_string_value(json_object_get(property, "description")),
                            field->help);
    }
    /* include and variants */
    assert_int_equal(json_object_size(properties), count + 2);
    assert_true(json_is_false(json_object_get(schema, "additionalProperties")));
    json_decref(schema);
}

/* Each reference leads to a definition, and each definition is referred to. */
static void collect(const json_t *schema, const json_t *defs, json_t *used)
{
    const char *key;
    json_t *value;
    size_t i;
    const char *ref = json_string_value(json_object_get(schema, "$ref"));
    if (ref) {
        assert_memory_equal(ref, "#/$defs/", 8);
        assert_non_null(json_object_get(defs, ref + 8));
        json_object_set_new(used, ref + 8, json_true());
    }
    json_object_foreach((json_t *)schema, key, value) collect(value, defs, used);
    json_array_foreach((json_t *)schema, i, value) collect(value, defs, used);
}

static void references(void **state)
{
    (void)state;
    json_t *schema = make(), *used = json_object();
    const json_t *defs = json_object_get(schema, "$defs");
    collect(schema, defs, used);
    assert_true(json_object_size(used) > 4);
    assert_int_equal(json_object_size(used), json_object_size(defs));
    json_decref(used);
    json_decref(schema);
}

/* A list of kinds: the names, then one map a kind. */
static void kinds(void **state)
{
    (void)state;
    json_t *schema = make();
    const json_t *order = json_object_get(json_object_get(schema, "properties"), "order");
    const char *name = json_string_value(json_object_get(order, "$ref"));
    assert_string_equal(json_string_value(json_object_get(order, "default")), "fcfs");
    const json_t *forms = json_object_get(
        json_object_get(json_object_get(schema, "$defs"), name + strlen("#/$defs/")), "oneOf");
    assert_int_equal(json_array_size(forms), 4);
    assert_int_equal(json_array_size(json_object_get(json_array_get(forms, 0), "enum")), 3);
    const json_t *reserve = json_object_get(json_array_get(forms, 3), "properties");
    assert_non_null(json_object_get(reserve, "reserve"));
    assert_non_null(json_object_get(reserve, "depth"));
    assert_non_null(json_object_get(reserve, "order"));
    assert_int_equal(json_object_size(reserve), 3);
    json_decref(schema);
}

/* Of scenario/scenario.h, which has other kinds of the names above. */
extern const struct field scenario_fields[];

/* Of the language itself: every kind of workload, told by its key, with what any may say. */
static void workloads(void **state)
{
    (void)state;
    char *text = schema_json(scenario_fields, "a scenario", true);
    json_t *schema = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    free(text);
    assert_non_null(schema);
    const json_t *properties = json_object_get(schema, "properties"), *value, *any = NULL;
    const char *key;
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(properties, "changes"), "type")),
        "array");
    json_object_foreach(json_object_get(schema, "$defs"), key, value)
    {
        const json_t *inner = json_object_get(json_object_get(value, "properties"), "workloads");
        if (inner)
            any = json_object_get(json_object_get(inner, "additionalProperties"), "anyOf");
    }
    for (size_t i = 0; workload_kinds[i]; i++) {
        const json_t *kind = json_array_get(any, i), *known = json_object_get(kind, "properties");
        assert_non_null(json_object_get(known, workload_kinds[i]->key));
        assert_non_null(json_object_get(known, "partition"));
        assert_string_equal(json_string_value(json_array_get(json_object_get(kind, "required"), 0)),
                            workload_kinds[i]->key);
    }
    json_decref(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_there),
        cmocka_unit_test(references),
        cmocka_unit_test(kinds),
        cmocka_unit_test(workloads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
