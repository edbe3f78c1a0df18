/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/node.h"

#include "scenario/path.h"
#include "util/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct node *parse(const char *text)
{
    struct error err = {0};
    struct node *node = node_parse(text, strlen(text), "t.yaml", &err);
    if (!node)
        fail_msg("%u:%u: %s in:\n%s", err.at.line, err.at.column, err.text, text);
    node_check(node);
    return node;
}

static const struct {
    const char *text, *message;
} bad[] = {
    {"", "t.yaml: is empty"},
    {"# nothing\n", "t.yaml: is empty"},
    {"---\n...\n", "t.yaml: is empty"},
    {"a: 1\n---\nb: 2\n", "t.yaml:2:1: a second document starts here; only one is allowed"},
    {"a: 1\nb: 2\na: 3\n", "t.yaml:3:1: the key \"a\" is given twice, first at line 1"},
    {"{a: 1, 'a': 2}", "t.yaml:1:8: the key \"a\" is given twice, first at line 1"},
    {"[a]: 1\n", "t.yaml:1:1: a key must be a text, not a list"},
    {"? {a: 1}\n: 2\n", "t.yaml:1:3: a key must be a text, not a map"},
    {"a: &x 1\n*x : 2\n", "t.yaml:2:1: a key must be a plain text, not an alias"},
    {"a: !secret 1\n", "t.yaml:1:4: a: unknown tag \"!secret\": jishi needs no tags"},
    {"a: !!python/object x\n",
     "t.yaml:1:4: a: unknown tag \"tag:yaml.org,2002:python/object\": jishi needs no tags"},
    {"a: &x [1, *x]\n", "t.yaml:1:11: a[1]: the alias *x stands inside what it names"},
    {"a: *x\n", "t.yaml:1:4: a: unknown alias *x: no &x before it"},
    {"a: 1\nb: [1, 2\nc: 3\n", "t.yaml:3:2: expected ',' or ']' (while parsing a flow sequence "
                               "that starts at line 2)"},
    {"a: {b: 1\n", "t.yaml:2:1: expected ',' or '}' (while parsing a flow mapping that starts at "
                   "line 1)"},
    {"a:\n  b: 1\n c: 2\n", "t.yaml:3:2: expected a key here: check the indentation and the quotes "
                            "(while parsing a block mapping that starts at line 1)"},
    {"a: b: c\n",
     "t.yaml:1:5: a ':' makes no sense here: check the indentation, or put the text in quotes"},
    {"a:\n\t- b\n",
     "t.yaml:2:1: this character cannot start a value (indent with spaces, not tabs; "
     "a text that starts with @, ` or % needs quotes)"},
    {"a: \"b\n", "t.yaml:2:1: the text ends inside quotes (while scanning a quoted scalar that "
                 "starts at line 1)"},
    {"a: \"b\\0c\"\n", "t.yaml:1:4: a: a text may not hold a NUL character"},
    {"a: 1\nb: \x01\n", "t.yaml:2: control characters are not allowed"},
    {"a: 1\n\nb: \xff\n",
     "t.yaml:3: not UTF-8 text: invalid leading UTF-8 octet; save the file as UTF-8"},
    {"\xfe\xff\0a",
     "t.yaml:1: not UTF-8 text: invalid leading UTF-8 octet; save the file as UTF-8"},
    {"a: 1\n<<: 3\n", "t.yaml:2:1: << must be given a map or a list of maps"},
};

static void bad_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct error err = {0};
        char text[600];
        struct node *node = node_parse(bad[i].text, strlen(bad[i].text), "t.yaml", &err);
        if (node)
            fail_msg("accepted: %s", bad[i].text);
        assert_string_equal(error_format(&err, text, sizeof(text)), bad[i].message);
    }
}

/* All that can be read behind a fault is judged; what the fault leaves out is told of no more. */
static void goes_on(void **state)
{
    (void)state;
    static const char text[] = "a: 1\na: {b: *x, b: 2}\n[k]: 3\n*y : 4\nc: {<<: 5, d: !t 6}\n"
                               "e: \"\\0\"\n---\nf: 1\n";
    static const char *const want[] = {
        "t.yaml:2:1: the key \"a\" is given twice, first at line 1",
        "t.yaml:2:8: a.b: unknown alias *x: no &x before it",
        "t.yaml:2:12: a: the key \"b\" is given twice, first at line 2",
        "t.yaml:3:1: a key must be a text, not a list",
        "t.yaml:4:1: a key must be a plain text, not an alias",
        "t.yaml:5:5: c: << must be given a map or a list of maps",
        "t.yaml:5:15: c.d: unknown tag \"!t\": jishi needs no tags",
        "t.yaml:6:4: e: a text may not hold a NUL character",
        "t.yaml:7:1: a second document starts here; only one is allowed",
    };
    struct error_list errors = {0};
    AUTO(node_free) struct node *root = node_read(text, sizeof(text) - 1, "t.yaml", &errors);
    error_list_sort(&errors);
    for (size_t i = 0; i < errors.len && i < ARRAY_LEN(want); i++) {
        char line[600];
        assert_string_equal(error_format(&errors.items[i], line, sizeof(line)), want[i]);
    }
    assert_int_equal(errors.len, ARRAY_LEN(want));
    error_list_deinit(&errors);
    assert_non_null(root);
    node_check(root);
    assert_int_equal(root->len, 3);
    assert_string_equal(node_get(root, "a")->text, "1");
    assert_true(root->faulty);
    assert_true(node_get(root, "c")->faulty);
    assert_true(node_get(root, "e")->faulty);
}

static void marks_and_kinds(void **state)
{
    (void)state;
    AUTO(node_free) struct node *root = parse("a: 1\nb:\n  - x\n  - {c: 'null', d: ~}\n");
    assert_int_equal(root->len, 2);
    const struct node_entry *b = node_find(root, "b");
    assert_int_equal(b->at.line, 2);
    assert_int_equal(b->at.column, 1);
    const struct node *map = b->value->items[1].value;
    assert_int_equal(map->at.line, 4);
    assert_int_equal(map->at.column, 5);
    assert_false(node_is_null(node_get(map, "c")));
    assert_true(node_is_null(node_get(map, "d")));
    assert_null(node_get(map, "e"));
    assert_int_equal(node_count(root), 7);
    assert_int_equal(node_depth(root), 4);
}

static void aliases_and_merges(void **state)
{
    (void)state;
    AUTO(node_free)
    struct node *root =
        parse("base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\n"
              "own: {<<: [*b, *m], x: 9}\none: {k: 0, <<: *b}\ncopy: *b\n\"<<\": text\n");
    AUTO(node_free)
    struct node *want = parse("base: {x: 1, y: 2}\nmore: {y: 3, z: 4}\nown: {y: 2, z: 4, x: 9}\n"
                              "one: {k: 0, x: 1, y: 2}\ncopy: {x: 1, y: 2}\n\"<<\": text\n");
    assert_true(node_equal(root, want));
    assert_int_equal(node_get(root, "copy")->at.line, 1);
    assert_int_equal(node_get(root, "copy")->at.column, 7);
}

/* Each of these must be refused, and quickly. */
static void limits(void **state)
{
    (void)state;
    static const char laughs[] =
        "a: &a [l,l,l,l,l,l,l,l,l,l]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
        "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
        "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"
        "g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f,*f]\nh: &h [*g,*g,*g,*g,*g,*g,*g,*g,*g,*g]\n"
        "i: &i [*h,*h,*h,*h,*h,*h,*h,*h,*h,*h]\n";
    struct error err = {0};
    const clock_t start = clock();
    assert_null(node_parse(laughs, sizeof(laughs) - 1, "t.yaml", &err));
    assert_string_equal(err.text, "more than 200000 values, aliases expanded");

    const size_t size = (size_t)NODE_BYTES_MAX + 1;
    char *text = mem_new(size + 1, 1);
    memset(text, '[', size);
    assert_null(node_parse(text, size - 1, "t.yaml", &err));
    assert_string_equal(err.text, "nested more than 64 levels deep");
    assert_null(node_parse(text, size, "t.yaml", &err));
    assert_string_equal(err.text, "is larger than 16 MiB");

    /* one long text, named by many aliases */
    const int head = sprintf(text, "a: &a ");
    memset(text + head, 'x', 1 << 20);
    strcpy(text + head + (1 << 20), "\nb: [");
    for (int i = 0; i < 100; i++)
        strcat(text + head + (1 << 20), "*a,");
    strcat(text + head + (1 << 20), "]\n");
    assert_null(node_parse(text, strlen(text), "t.yaml", &err));
    assert_string_equal(err.text, "larger than 16 MiB, aliases expanded");

    /* a chain of aliases, each one level deeper */
    size_t len = (size_t)sprintf(text, "a0: &a0 [x]\n");
    for (int i = 1; i < 100; i++)
        len += (size_t)sprintf(text + len, "a%d: &a%d [*a%d]\n", i, i, i - 1);
    assert_null(node_parse(text, len, "t.yaml", &err));
    assert_string_equal(err.text, "nested more than 64 levels deep");

    for (len = 0; len < 100000;)
        len += (size_t)sprintf(text + len, "- &a%zu x\n", len);
    assert_null(node_parse(text, len, "t.yaml", &err));
    assert_string_equal(err.text, "more than 1000 anchors");

    for (len = 0; len < size - 100;)
        len += (size_t)sprintf(text + len, "%%TAG !a%zu! b\n", len);
    assert_null(node_parse(text, len, "t.yaml", &err));
    assert_string_equal(err.text, "more than 100 %TAG directives");
    free(text);
    const double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    if (seconds > 5)
        fail_msg("refusing took %.1f s", seconds);
}

static void large_maps(void **state)
{
    (void)state;
    char *text = mem_new(2000000, 1);
    size_t len = 0;
    for (int i = 0; i < 50000; i++)
        len += (size_t)sprintf(text + len, "key%d: %d\n", i, i);
    AUTO(node_free) struct node *root = parse(text);
    assert_string_equal(node_get(root, "key49999")->text, "49999");
    assert_null(node_get(root, "key50000"));
    for (int i = 0; i < 20; i++) {
        char key[32];
        sprintf(key, "key%d", 7 * i);
        node_free(node_remove(root, key));
        assert_null(node_get(root, key));
    }
    node_check(root);
    assert_int_equal(root->len, 49980);
    sprintf(text + len, "key777: 1\n");
    struct error err = {0};
    assert_null(node_parse(text, strlen(text), "t.yaml", &err));
    assert_string_equal(err.text, "the key \"key777\" is given twice, first at line 778");
    free(text);
}

static const char *const trees[] = {
    "\xef\xbb\xbf%YAML 1.1\n---\na: 1\n",
    "a: 1\n",
    "a: {b: {c: {d: [1, [2, [3, {e: f}]]]}}}\n",
    "- - - a\n  - b\n- c: 1\n  d:\n    - x\n",
    "'': ''\n' ': ' x '\n'~': '~'\nn: ~\ne:\nl: [null, ~]\n",
    "a: 'b: c'\nb: 'x # y'\nc: '- d'\nd: '---'\ne: '%x'\nf: '@a'\ng: '`'\n",
    "h: \"a\\nb\\tc\\\\\\\"\"\n",
    "t: 2021-05-01T00:00:00+08:00\nu: 9 per h\nv: 1 万元\nw: 30%\nx: -5\ny: +49\nz: .5\n",
    "m: |\n  two\n  lines\nn: >\n  folded\n  text\n",
    "\"<<\": 1\n\"a.b\": 2\n'[x]': 3\n'{': 4\n'k:': 5\n'a: b': 6\n'#': 7\n'!': 8\n",
    "u: \"\\u2028\\u0085\\ufeff\\u00a0\\x7f\\U0001F600\"\n",
    "text\n",
    "[]\n",
    "{}\n",
    "a: []\nb: {}\nc: [{}, []]\n",
    "'...': '...'\n'=': '='\nq: 'it''s'\nbig: 99999999999999999999999999\n",
    "a: x y\n  z\nb: a:b\nc: a#b\nd: \"\\e\\0a\"\n",
};

static void emit_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(trees); i++) {
        struct node *node = node_parse(trees[i], strlen(trees[i]), "t.yaml", NULL);
        if (!node) { /* the last holds a NUL and is refused */
            assert_int_equal(i, ARRAY_LEN(trees) - 1);
            continue;
        }
        char *text = node_emit(node);
        struct error err = {0};
        struct node *back = node_parse(text, strlen(text), "u.yaml", &err);
        if (!back || !node_equal(node, back))
            fail_msg("%s became\n%s(%u:%u %s)", trees[i], text, err.at.line, err.at.column,
                     err.text);
        char *again = node_emit(back);
        assert_string_equal(text, again);
        struct node *copy = node_copy(node);
        assert_true(node_equal(copy, node));
        node_free(copy);
        free(again);
        free(text);
        node_free(back);
        node_free(node);
    }
}

static void emit_is_readable(void **state)
{
    (void)state;
    AUTO(node_free)
    struct node *node =
        parse("{jishi: 1, title: Wuhan dual centre, centres: {lab: {partitions: {p: {nodes: 4, "
              "processors_per_node: 1}}, scheduler: {order: {fair-share: {half_life: 7d}}, "
              "backfill: easy}}}, list: [{name: a, submit: 0s, processors: 2, runtime: 10s}, "
              "{name: b b, at: '', arrival: {poisson: 9 per h}, request: {factor: {uniform: [1.2, "
              "3]}}}]}");
    char *text = node_emit(node);
    assert_string_equal(text, "jishi: 1\n"
                              "title: Wuhan dual centre\n"
                              "centres:\n"
                              "  lab:\n"
                              "    partitions: {p: {nodes: 4, processors_per_node: 1}}\n"
                              "    scheduler:\n"
                              "      order: {fair-share: {half_life: 7d}}\n"
                              "      backfill: easy\n"
                              "list:\n"
                              "  - {name: a, submit: 0s, processors: 2, runtime: 10s}\n"
                              "  - name: b b\n"
                              "    at: \"\"\n"
                              "    arrival: {poisson: 9 per h}\n"
                              "    request:\n"
                              "      factor: {uniform: [1.2, 3]}\n");
    free(text);
}

static void paths(void **state)
{
    (void)state;
    static const struct {
        const char *text, *back, *value;
    } rows[] = {
        {"a.b", "a.b", "1"},
        {"a[\"b\"]", "a.b", "1"},
        {"t[\"zhang.san\"].share", "t[\"zhang.san\"].share", "3"},
        {"[\"t\"][\"a\\\"b\"]", "t[\"a\\\"b\"]", "4"},
        {"l[1].x", "l[1].x", "6"},
        {"l[0]", "l[0]", "5"},
        {"l[2]", "l[2]", NULL},
        {"a.c", "a.c", NULL},
        {"a.b.c", "a.b.c", NULL},
        {"a[0]", "a[0]", NULL},
    };
    static const char *const malformed[] = {"",      ".",    "a.",    ".a",      "a..b",
                                            "a[",    "a[x]", "a[\"b", "a]",      "a[0",
                                            "a[0]b", "a\"b", "a[-1]", "a[\"b\"", "a[9999999999]"};
    AUTO(node_free)
    struct node *root = parse("a: {b: 1}\nt: {zhang.san: {share: 3}, 'a\"b': 4}\nl: [5, {x: 6}]\n");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct path path = {0};
        struct error err = {0};
        char text[100];
        assert_int_equal(path_parse(rows[i].text, &path, &err), 0);
        assert_string_equal(path_format(&path, text, sizeof(text)), rows[i].back);
        const struct node *node = path_get(root, &path);
        assert_string_equal(node ? node->text : "(none)", rows[i].value ? rows[i].value : "(none)");
        path_format(&path, text, 5);
        assert_true(strlen(text) < 5);
        path_deinit(&path);
    }
    for (size_t i = 0; i < ARRAY_LEN(malformed); i++) {
        struct path path = {0};
        if (path_parse(malformed[i], &path, NULL) != -1)
            fail_msg("\"%s\" was accepted", malformed[i]);
        assert_null(path.items);
    }
}

static void relative(void **state)
{
    (void)state;
    static const struct {
        const char *old, *change, *sum;
    } rows[] = {
        {"49", "+49", "98"},    {"49", "-10", "39"},
        {"2 h", "+2h", "4 h"},  {"2 h", "+30min", "2.5 h"},
        {"30%", "+10%", "40%"}, {"2.40 CNY/h", "+0.1 CNY/h", "2.5 CNY/h"},
        {"0.1", "+0.2", "0.3"}, {"9 per h", "-1 per h", "8 per h"},
        {"2 h", "+2", NULL},    {"2 h", "+2 kW", NULL},
        {"easy", "+2", NULL},   {"1 万元", "+5000 CNY", "1.5 万元"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct mark at = {"t.yaml", 3, 4};
        struct error err = {0};
        struct node *old = node_new_scalar(rows[i].old, at);
        struct node *change = node_new_scalar(rows[i].change, at);
        assert_true(node_is_relative(change));
        struct node *sum = node_add_relative(old, change, &err);
        assert_string_equal(sum ? sum->text : "(none)", rows[i].sum ? rows[i].sum : "(none)");
        if (!sum)
            assert_true(err.at.line == 3 && *err.text);
        node_free(sum);
        node_free(old);
        node_free(change);
    }
}

/* Where the second text is other than the first. */
static void differences(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        unsigned line, column; /* of the value; 0: they are equal */
    } rows[] = {
        {"x: [1, {y: 2}]", "x:\n  - '1'\n  - y: 2", 0, 0},
        {"x: [1, {y: 2}]", "x: [1, {y: 3}]", 1, 12},
        {"x: [1, 2]", "x: [1]", 1, 4},
        {"x: [1]", "x: [1, 2]", 1, 8},
        {"x: 1\ny: 2", "x: 1\nz: 2", 2, 4},
        {"x: 1\ny: 2", "y: 2\nx: 1", 1, 4},
        {"x: 1", "x: 1\ny: {z: 1}", 2, 4},
        {"x: null", "x: 'null'", 1, 4},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct node *a = parse(rows[i].a), *b = parse(rows[i].b);
        const struct node *found = node_difference(a, b);
        assert_int_equal(node_equal(a, b), rows[i].line == 0);
        assert_int_equal(found ? found->at.line : 0, rows[i].line);
        assert_int_equal(found ? found->at.column : 0, rows[i].column);
        if (found)
            assert_true(node_has_mark(b, found->at));
        node_free(a);
        node_free(b);
    }
    AUTO(node_free)
    struct node *root = parse("x: [1, {y: 2}]");
    assert_true(node_has_mark(root, (struct mark){root->at.file, 1, 9}));   /* a key */
    assert_true(node_has_mark(root, (struct mark){root->at.file, 1, 12}));  /* its value */
    assert_false(node_has_mark(root, (struct mark){root->at.file, 1, 11})); /* between them */
    assert_false(node_has_mark(root, (struct mark){"other", 1, 9}));
    assert_false(node_has_mark(root, (struct mark){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_texts),       cmocka_unit_test(goes_on),
        cmocka_unit_test(marks_and_kinds), cmocka_unit_test(aliases_and_merges),
        cmocka_unit_test(limits),          cmocka_unit_test(large_maps),
        cmocka_unit_test(emit_round_trip), cmocka_unit_test(emit_is_readable),
        cmocka_unit_test(paths),           cmocka_unit_test(relative),
        cmocka_unit_test(differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
