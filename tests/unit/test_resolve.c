/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/resolve.h"

#include "scenario/decode.h"
#include "tools/decode_table.h"
#include "util/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64];

static void write_file(const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void join_errors(const struct error_list *errors, char *text, size_t size)
{
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; i < errors->len && len < size; i++) {
        char line[700];
        error_format(&errors->items[i], line, sizeof(line));
        const char *at = line;
        for (char *found; (found = strstr(at, dir)) != NULL;)
            memmove(found, found + strlen(dir) + 1, strlen(found + strlen(dir) + 1) + 1);
        len += (size_t)snprintf(text + len, size - len, "%s\n", line);
    }
}

/* The resolved YAML of a text, or its errors. To be freed. */
static char *resolve(const char *text, const char *variant, const char *const *sets, size_t len,
                     const struct field *table)
{
    char name[200], builtin[200], errors_text[3000];
    snprintf(name, sizeof(name), "%s/main.yaml", dir);
    snprintf(builtin, sizeof(builtin), "%s/builtin", dir);
    const struct resolve_options options = {.builtin_dir = builtin, .table = table};
    struct document document;
    struct error_list errors = {0};
    struct node *root = NULL;
    if (document_read(&document, text, strlen(text), name, &options, &errors) == 0) {
        assert_string_equal(document.text, text);
        root = document_resolve(&document, variant, sets, len, &errors);
    }
    join_errors(&errors, errors_text, sizeof(errors_text));
    assert_int_equal(root == NULL, errors.len > 0);
    if (root)
        node_check(root);
    char *yaml = root ? node_emit(root) : mem_text(errors_text);
    node_free(root);
    document_deinit(&document);
    error_list_deinit(&errors);
    return yaml;
}

static const char base[] = "a: {b: 1, c: 2}\nl: [5, {x: 6}]\nn: ~\n"
                           "variants:\n"
                           "  more: {a.b: 10, a.d.e: 3}\n"
                           "  list: {'l[1].x': 7}\n"
                           "  whole: {a: {z: 1}}\n"
                           "  both: {combine: [more, list], a.c: 20}\n"
                           "  loop: {combine: [pool]}\n"
                           "  pool: {combine: [loop]}\n"
                           "  odd: 3\n"
                           "  far: {'l[9]': 7, a.b.q: 1, 'a[0]': 2, 'x..y': 1}\n";

static const struct {
    const char *variant;
    const char *sets[3];
    const char *result;
} rows[] = {
    {NULL, {NULL}, "a: {b: 1, c: 2}\nl: [5, {x: 6}]\nn: ~\n"},
    {"more", {NULL}, "a: {b: 10, c: 2, d: {e: 3}}\nl: [5, {x: 6}]\nn: ~\n"},
    {"list", {NULL}, "a: {b: 1, c: 2}\nl: [5, {x: 7}]\nn: ~\n"},
    {"whole", {NULL}, "a: {z: 1}\nl: [5, {x: 6}]\nn: ~\n"},
    {"both", {NULL}, "a: {b: 10, c: 20, d: {e: 3}}\nl: [5, {x: 7}]\nn: ~\n"},
    {"both", {"a.b=11", "a.c={x: y}"}, "a: {b: 11, c: {x: y}, d: {e: 3}}\nl: [5, {x: 7}]\nn: ~\n"},
    {NULL,
     {"n.m.k=[1, 2]", "l[0]= 2h"},
     "a: {b: 1, c: 2}\nl: [2h, {x: 6}]\nn:\n  m: {k: [1, 2]}\n"},
    {NULL, {"new[\"a.b=c\"]=x=y"}, "a: {b: 1, c: 2}\nl: [5, {x: 6}]\nn: ~\nnew: {a.b=c: x=y}\n"},
    {"moer", {NULL}, "main.yaml: unknown variant \"moer\", did you mean more?\n"},
    {"zzzzzzz",
     {NULL},
     "main.yaml: unknown variant \"zzzzzzz\"; expected one of more, list, whole, "
     "both, loop, pool, odd, far\n"},
    {"loop", {NULL}, "main.yaml:10:20: variants.loop: combines itself through others\n"},
    {"odd", {NULL}, "main.yaml:11:8: variants.odd: expected a map of PATH: value\n"},
    {"far",
     {NULL},
     "main.yaml:12:9: l has 2 items: there is no [9]\n"
     "main.yaml:12:20: a.b is \"1\" and has no key \"q\"\n"
     "main.yaml:12:30: a is a map, not a list: [0] makes no sense\n"
     "main.yaml:12:41: the path \"x..y\": a name is missing or malformed at character "
     "3\n"},
    {NULL,
     {"a.b", "=3", "a.b="},
     "--set: \"a.b\": expected PATH=VALUE\n--set: \"=3\": expected PATH=VALUE\n--set: a.b: needs a "
     "value\n"},
    {NULL,
     {"a.b=[1", "a[=2", "a.c.d=1"},
     "--set: a.b: expected ',' or ']' (while parsing a flow sequence that starts at line 1)\n"
     "--set: the path \"a[\": \"[\" is neither an index such as [0] nor a name such as "
     "[\"zhang.san\"]\n--set: a.c is \"2\" and has no key \"d\"\n"},
    /* what a.b is, nobody knows after the first */
    {NULL,
     {"a.b=[1", "a.b.c=1", "l[7]=1"},
     "--set: a.b: expected ',' or ']' (while parsing a flow sequence that starts at line 1)\n"
     "--set: l has 2 items: there is no [7]\n"},
};

static void variants_and_sets(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t len = 0;
        while (len < 3 && rows[i].sets[len])
            len++;
        char *text = resolve(base, rows[i].variant, rows[i].sets, len, NULL);
        assert_string_equal(text, rows[i].result);
        free(text);
    }
}

static const struct {
    const char *text, *result;
} included[] = {
    {"include: [one.yaml, two.yaml]\na: {own: 1}\n",
     "a: {one: 1, both: 2, two: 2, own: 1}\nl: [2]\n"},
    {"a: {own: 1}\ninclude: one.yaml\nl: [3, 4]\n", "a: {one: 1, both: 1, own: 1}\nl: [3, 4]\n"},
    {"include: [builtin:prices]\nx: 1\n", "prices: {p: 1}\nx: 1\n"},
    {"include: [sub/deep.yaml]\n", "a: {one: 1, both: 1}\nl: [1]\ndeep: 1\n"},
    {"include: [none.yaml]\n",
     "main.yaml:1:11: include: \"none.yaml\" cannot be read: No such file or directory\n"},
    {"include: [builtin:../x]\n",
     "main.yaml:1:11: include: unknown builtin \"../x\"; expected prices\n"},
    {"include: [builtin:pices]\n",
     "main.yaml:1:11: include: unknown builtin \"pices\", did you mean prices?\n"},
    {"include: [loop.yaml]\n", "loop.yaml:1:11: include: \"pool.yaml\" includes itself through "
                               "others\n"},
    {"include: {a: 1}\n", "main.yaml:1:10: include: expected a file name or builtin:NAME\n"},
    {"include: [one.yaml, broken.yaml, [x]]\n",
     "broken.yaml:2:1: the key \"a\" is given twice, first at line 1\n"
     "main.yaml:1:34: include: expected a file name or builtin:NAME\n"},
    {"[1]\n", "main.yaml:1:1: expected a map of keys such as title: ...\n"},
    {"a: 1\nvariants: [x]\n",
     "main.yaml:2:11: variants: expected a map of names, each a map of PATH: value\n"},
};

static void includes(void **state)
{
    (void)state;
    write_file("one.yaml", "a: {one: 1, both: 1}\nl: [1]\nvariants: {v: {a: {x: 1}, l: [9]}}\n");
    write_file("two.yaml", "a: {two: 2, both: 2}\nl: [2]\n");
    write_file("loop.yaml", "include: [pool.yaml]\n");
    write_file("pool.yaml", "include: [loop.yaml]\n");
    write_file("broken.yaml", "a: 1\na: 2\n");
    write_file("builtin/prices.yaml", "prices: {p: 1}\n");
    write_file("sub/deep.yaml", "include: ../one.yaml\ndeep: 1\n");
    for (size_t i = 0; i < ARRAY_LEN(included); i++) {
        char *text = resolve(included[i].text, NULL, NULL, 0, NULL);
        if (i == 7) /* which of the two closes the ring is all that matters */
            assert_non_null(strstr(text, "includes itself through others"));
        else
            assert_string_equal(text, included[i].result);
        free(text);
    }
    char *text =
        resolve("include: one.yaml\nvariants: {v: {a: {y: 2}}, w: {}}\n", "v", NULL, 0, NULL);
    assert_string_equal(text, "a: {y: 2}\nl: [9]\n");
    free(text);
}

/* A kind or a distribution is one value: it is replaced, not mixed. */
static void whole_values(void **state)
{
    (void)state;
    write_file("lab.yaml", "name: x\norder: {reserve: 3}\nruntime: {exponential: 2h}\n"
                           "size: {choice: {8: 1}}\ncheckpoint: {every: 2h}\n"
                           "parts: {a: {nodes: 1}}\nrest: {k: 1}\n");
    char *text = resolve("include: lab.yaml\norder: {sjf: {}}\nruntime: {lognormal: {median: 1h}}\n"
                         "size: {choice: {16: 1}}\ncheckpoint: {cost: 1min}\n"
                         "parts: {b: {nodes: 2}}\nrest: {m: 1}\n",
                         NULL, NULL, 0, lab_fields);
    assert_string_equal(text, "name: x\norder: {sjf: {}}\nruntime: {lognormal: {median: 1h}}\n"
                              "size: {choice: {16: 1}}\ncheckpoint: {every: 2h, cost: 1min}\n"
                              "parts: {a: {nodes: 1}, b: {nodes: 2}}\nrest: {k: 1, m: 1}\n");
    free(text);
}

/* A wrong path is an unknown key of --set; a path in an included file is relative to that file. */
static void places(void **state)
{
    (void)state;
    char name[200], text[3000];
    write_file("sub/log.yaml", "log: x.swf\n");
    write_file("main.yaml", "include: sub/log.yaml\nname: x\n");
    snprintf(name, sizeof(name), "%s/main.yaml", dir);
    struct document document;
    struct error_list errors = {0};
    assert_int_equal(document_load(&document, name, NULL, &errors), 0);
    static const char *const sets[] = {"checkpoint.evrey=2h", "parts.p.nodes=x"};
    struct node *root = document_resolve(&document, NULL, sets, 2, &errors);
    assert_non_null(root);
    struct lab lab = {0};
    struct decode ctx = {.errors = &errors, .file = name};
    assert_int_equal(decode_table(root, lab_fields, &lab, &ctx), -1);
    join_errors(&errors, text, sizeof(text));
    assert_string_equal(text, "--set: checkpoint.evrey: unknown key, did you mean every?\n"
                              "--set: parts.p.nodes: \"x\" is not a whole number\n");
    assert_string_equal(lab.log + strlen(dir), "/sub/x.swf");
    schema_free(lab_fields, &lab);
    decode_deinit(&ctx);
    node_free(root);
    document_deinit(&document);
    error_list_deinit(&errors);
}

/* Doubling at each of many levels, through files and through variants. */
static void bombs(void **state)
{
    (void)state;
    char name[32], text[4000];
    for (int i = 0; i < 14; i++) {
        snprintf(name, sizeof(name), "bomb%d.yaml", i);
        snprintf(text, sizeof(text), "include: [bomb%d.yaml, bomb%d.yaml]\n", i + 1, i + 1);
        write_file(name, i < 13 ? text : "x: 1\n");
    }
    char *result = resolve("include: bomb0.yaml\n", NULL, NULL, 0, NULL);
    assert_non_null(strstr(result, "include: more than 256 files\n"));
    free(result);
    size_t len = (size_t)sprintf(text, "x: 1\nvariants:\n");
    for (int i = 0; i < 15; i++)
        len += (size_t)sprintf(text + len, "  v%d: {combine: [v%d, v%d]}\n", i, i + 1, i + 1);
    sprintf(text + len, "  v15: {x: 2}\n");
    result = resolve(text, "v0", NULL, 0, NULL);
    assert_non_null(strstr(result, "combines too many variants\n"));
    free(result);
}

static int setup(void **state)
{
    (void)state;
    char sub[200];
    strcpy(dir, "/tmp/jishi-resolve-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(sub, sizeof(sub), "mkdir %s/sub %s/builtin", dir, dir);
    return system(sub);
}

static int teardown(void **state)
{
    (void)state;
    char command[200];
    snprintf(command, sizeof(command), "rm -r %s", dir);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variants_and_sets),
        cmocka_unit_test(includes),
        cmocka_unit_test(whole_values),
        cmocka_unit_test(places),
        cmocka_unit_test(bombs),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
