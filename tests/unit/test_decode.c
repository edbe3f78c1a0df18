/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/decode.h"

#include "tools/decode_table.h"
#include "util/date.h"
#include "util/dist.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Decode into *lab and give all messages, one a line. The tree is returned for FIELD_NODE. */
static struct node *decode(const char *text, struct lab *lab, char *messages, size_t size)
{
    struct error err = {0};
    struct node *node = node_parse(text, strlen(text), "dir/t.yaml", &err);
    if (!node)
        fail_msg("%u:%u: %s in:\n%s", err.at.line, err.at.column, err.text, text);
    struct error_list errors = {0};
    struct decode ctx = {.errors = &errors, .file = "dir/t.yaml"};
    memset(lab, 0, sizeof(*lab));
    const int rc = decode_table(node, lab_fields, lab, &ctx);
    messages[0] = '\0';
    size_t len = 0;
    for (size_t i = 0; i < errors.len && len < size; i++) {
        char line[700];
        error_format(&errors.items[i], line, sizeof(line));
        len += (size_t)snprintf(messages + len, size - len, "%s\n", line);
    }
    assert_int_equal(rc, errors.len > 0 ? -1 : 0);
    assert_int_equal(ctx.path.len, 0);
    decode_deinit(&ctx);
    error_list_deinit(&errors);
    return node;
}

static struct node *decode_good(const char *text, struct lab *lab)
{
    char messages[4000];
    struct node *node = decode(text, lab, messages, sizeof(messages));
    if (*messages)
        fail_msg("%s", messages);
    return node;
}

static void defaults(void **state)
{
    (void)state;
    struct lab lab;
    struct node *node = decode_good("name: x", &lab);
    assert_string_equal(lab.name, "x");
    assert_true(lab.open);
    assert_int_equal(lab.nodes, 4);
    assert_true(lab.pue == 1.3);
    assert_int_equal(lab.mode, 1);
    assert_int_equal(lab.wait, 2 * SIMTIME_HOUR);
    assert_string_equal(lab.order.kind->name, "fcfs");
    assert_null(lab.order.params);
    assert_true(dist_mean(lab.runtime) == 3600);
    assert_null(lab.size);
    assert_true(lab.checkpoint.cost == 180);
    assert_int_equal(lab.parts.len, 0);
    assert_false(lab.start.given);
    schema_free(lab_fields, &lab);
    schema_free(lab_fields, &lab);
    node_free(node);
}

static void every_kind(void **state)
{
    (void)state;
    struct lab lab;
    struct node *node = decode_good(
        "name: a lab\nopen: no\nnodes: 50k\npue: 110%\nmode: slow\nwait: 90 min\n"
        "start: 2021-05-01T00:00:00+08:00\nlog: ../x.swf\nbetween: [a, b]\n"
        "marks: [1h, 2h]\norder: {reserve: 3, order: sjf}\nlimit: unlimited\n"
        "runtime: {lognormal: {median: 9h, sigma: 0.6}, max: 20h}\n"
        "size: {choice: {8: 0.7, 16: 0.3}}\ncheckpoint: {every: 2h}\n"
        "parts:\n  zhang.san: {nodes: 3}\n  b: {nodes: 4}\njobs: [{nodes: 1}, {nodes: 2}]\n"
        "rest: {any: [thing]}\n",
        &lab);
    assert_false(lab.open);
    assert_int_equal(lab.nodes, 50000);
    assert_true(lab.pue == 1.1);
    assert_int_equal(lab.mode, 2);
    assert_int_equal(lab.wait, 5400 * SIMTIME_SECOND);
    assert_int_equal(lab.start.offset, 28800);
    assert_string_equal(lab.log, "dir/../x.swf");
    assert_int_equal(lab.between.len, 2);
    assert_string_equal(lab.between.items[1], "b");
    assert_true(lab.marks.len == 2 && lab.marks.values[1] == 7200);
    assert_string_equal(lab.order.kind->name, "reserve");
    const struct reserve_params *reserve = lab.order.params;
    assert_int_equal(reserve->depth, 3);
    assert_int_equal(reserve->order, 1);
    assert_int_equal(lab.limit, INT64_MAX);
    assert_string_equal(lab.runtime->type->kind.name, "lognormal");
    assert_true(lab.runtime->max == 72000 && isinf(lab.runtime->min));
    assert_true(lab.runtime->unit == UNIT_TIME);
    assert_true(fabs(dist_cdf(lab.size, 8) - 0.7) < 1e-15);
    assert_true(dist_cdf(lab.size, 7.9) == 0 && dist_greatest(lab.size) == 16);
    assert_true(lab.checkpoint.every == 7200);
    const struct part *parts = lab.parts.items;
    assert_int_equal(lab.parts.len, 2);
    assert_string_equal(parts[0].named.name, "zhang.san");
    assert_int_equal(parts[0].named.at.line, 17);
    assert_int_equal(parts[1].nodes, 4);
    assert_int_equal(((struct part *)lab.jobs.items)[1].nodes, 2);
    assert_int_equal(lab.rest->kind, NODE_MAP);
    schema_free(lab_fields, &lab);
    node_free(node);
}

/* Several ways to write one thing. */
static void spellings(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t depth;
        int order;
    } orders[] = {
        {"order: {reserve: {depth: 7}}", 7, 0},
        {"order: {reserve: 7}", 7, 0},
        {"order: {reserve: {depth: 7, order: sjf}}", 7, 1},
        {"order: {order: sjf, reserve: 7}", 7, 1},
        {"order: {reserve: {depth: 7}, order: sjf}", 7, 1},
        {"order: reserve", 1, 0},
        {"order: {reserve: }", 1, 0},
        {"order: {reserve: unlimited}", INT64_MAX, 0},
    };
    static const char *const runtimes[] = {
        "runtime: {exponential: 2h}",
        "runtime: {exponential: {mean: 2h}}",
        "runtime: {exponential: 120 min}",
    };
    static const char *const sizes[] = {
        "size: {choice: {8: 1, 16: 1}}",     "size: {choice: [8, 16]}",
        "size: {choice: {values: [8, 16]}}", "size: {choice: {values: {8: 1, 16: 1}}}",
        "size: {choice: [8, 16], min: 1}",
    };
    struct lab lab;
    char text[200];
    for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
        snprintf(text, sizeof(text), "name: x\n%s\n", orders[i].text);
        node_free(decode_good(text, &lab));
        const struct reserve_params *reserve = lab.order.params;
        assert_int_equal(reserve->depth, orders[i].depth);
        assert_int_equal(reserve->order, orders[i].order);
        schema_free(lab_fields, &lab);
    }
    for (size_t i = 0; i < ARRAY_LEN(runtimes); i++) {
        snprintf(text, sizeof(text), "name: x\n%s\n", runtimes[i]);
        node_free(decode_good(text, &lab));
        assert_true(*(double *)lab.runtime->params == 7200);
        schema_free(lab_fields, &lab);
    }
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        snprintf(text, sizeof(text), "name: x\n%s\n", sizes[i]);
        node_free(decode_good(text, &lab));
        assert_true(dist_least(lab.size) == 8 && dist_cdf(lab.size, 8) == 0.5);
        schema_free(lab_fields, &lab);
    }
}

#define AT(line, column) "dir/t.yaml:" #line ":" #column ": "

static const struct {
    const char *text, *messages;
} bad[] = {
    {"{}", AT(1, 1) "the key name is missing (what it is called)\n"},
    {"[1]", AT(1, 1) "expected a map of name, open, nodes, pue, mode, wait, start, log, between, "
                     "marks, order, limit, runtime, size, checkpoint, parts, jobs, rest, found a "
                     "list\n"},
    {"nmae: x\nname: y", AT(1, 1) "nmae: unknown key, did you mean name?\n"},
    {"name: x\nparts: {p: {zzz: 1, nodes: 1}}",
     AT(2, 13) "parts.p.zzz: unknown key; expected nodes\n"},
    {"name:\nopen: perhaps\nnodes: 4.5\npue: 3\nmode: fst\nwait: 2\nstart: soon\nbetween: {a: "
     "1}\n",
     AT(1, 6) "name: needs a value (what it is called)\n" AT(
         2, 7) "open: \"perhaps\" is "
               "neither true nor "
               "false\n" AT(3, 8) "nodes: "
                                  "\"4.5\" "
                                  "is not "
                                  "a whole "
                                  "number"
                                  "\n" AT(4, 6) "pue: \"3\" must be from 1 to 2\n" AT(
                                      5, 7) "mode: unknown choice \"fst\", did you mean "
                                            "fast?\n" AT(
                                                6, 7) "wait: \"2\" needs a unit, such as 2h "
                                                      "or 30min\n" AT(7, 8) "s"
                                                                            "t"
                                                                            "a"
                                                                            "r"
                                                                            "t"
                                                                            ":"
                                                                            " "
                                                                            "\"soon\": "
                                                                            "expected a date "
                                                                            "such as "
                                                                            "2021-05-01 or "
                                                                            "2021-05-01T08:30:"
                                                                            "00+08:00, or "
                                                                            "a"
                                                                            " "
                                                                            "d"
                                                                            "u"
                                                                            "r"
                                                                            "a"
                                                                            "t"
                                                                            "i"
                                                                            "o"
                                                                            "n"
                                                                            " "
                                                                            "s"
                                                                            "u"
                                                                            "c"
                                                                            "h"
                                                                            " "
                                                                            "a"
                                                                            "s"
                                                                            " "
                                                                            "3"
                                                                            "0"
                                                                            "d"
                                                                            "\n" AT(8,
                                                                                    10) "between: "
                                                                                        "expected "
                                                                                        "a text, "
                                                                                        "found a "
                                                                                        "map\n"},
    {"name: x\nnodes: 0", AT(2, 8) "nodes: \"0\" must be at least 1\n"},
    {"name: x\nnodes: 70%",
     AT(2, 8) "nodes: \"70%\" is a percentage; expected a whole number such as 8\n"},
    {"name: x\nnodes: 1e30", AT(2, 8) "nodes: \"1e30\" is too large\n"},
    {"name: x\nnodes: unlimited", AT(2, 8) "nodes: \"unlimited\" is not a whole number\n"},
    {"name: x\nnodes: [1]", AT(2, 8) "nodes: expected a whole number, found a list\n"},
    {"name: x\nwait: 1e9 years", AT(2, 7) "wait: \"1e9 years\" is too long for the clock\n"},
    {"name: x\nwait: -1s", AT(2, 7) "wait: \"-1s\" must be at least 0 s\n"},
    {"name: x\nmarks: [1h, 2 kW, 3]",
     AT(2, 13) "marks[1]: \"2 kW\" is a power; expected a duration such as 2h or 30min\n" AT(
         2, 19) "marks[2]: \"3\" needs a unit, such as 2h or 30min\n"},
    {"name: x\norder: sfj", AT(2, 8) "order: unknown order \"sfj\", did you mean sjf?\n"},
    {"name: x\norder: {zzzzzz: 1}",
     AT(2, 9) "order: unknown order \"zzzzzz\"; expected one of fcfs, sjf, reserve\n"},
    {"name: x\norder: []", AT(2, 8) "order: expected the name of one of the orders, or name: "
                                    "parameters; found nothing\n"},
    {"name: x\norder: {fcfs: 3}", AT(2, 15) "order: fcfs takes no parameters, found \"3\"\n"},
    {"name: x\norder: {fcfs: {a: 3}}", AT(2, 16) "order.fcfs.a: unknown key\n"},
    {"name: x\norder: {reserve: {depht: 3}}",
     AT(2, 19) "order.reserve.depht: unknown key, did you mean depth?\n"},
    {"name: x\norder: {reserve: 3, odrer: sjf}",
     AT(2, 21) "order.odrer: unknown key, did you mean order?\n"},
    {"name: x\norder: {reserve: 3, fcfs: }",
     AT(2, 21) "order: choose one order: reserve or fcfs\n"},
    {"name: x\norder: {reserve: {depth: 3}, depth: 4}",
     AT(2, 30) "order: depth is given inside reserve and beside it\n"},
    {"name: x\norder: {reserve: -1}", AT(2, 18) "order.reserve: \"-1\" must be at least 0\n"},
    {"name: x\nruntime: 2", AT(2, 10) "runtime: \"2\" needs a unit, such as 2h or 30min\n"},
    {"name: x\nruntime: -2h", AT(2, 10) "runtime: \"-2h\" must be at least 0 s\n"},
    {"name: x\nruntime: soon",
     AT(2, 10) "runtime: \"soon\" is neither a duration such as 2h or 30min nor a distribution; "
               "expected one of bounded-pareto, choice, constant, empirical, erlang, exponential, "
               "gamma, hyper-exponential, hyper-gamma, log-uniform, lognormal, normal, pareto, "
               "uniform, weibull\n"},
    {"name: x\nruntime: lognormal",
     AT(2, 10) "runtime: lognormal: needs mean or median, above 0\n"},
    {"name: x\nparts: {p: {}}", AT(2, 12) "parts.p: the key nodes is missing (number of nodes)\n"},
    {"name: x\nruntime: {lognormall: {median: 9h}}",
     AT(2, 11) "runtime: unknown distribution \"lognormall\", did you mean lognormal?\n"},
    {"name: x\nruntime: {lognormal: {median: 9, sgima: 1}}",
     AT(2, 31) "runtime.lognormal.median: \"9\" needs a unit, such as 2h or 30min\n" AT(
         2, 34) "runtime.lognormal.sgima: unknown key, did you mean sigma?\n"},
    {"name: x\nruntime: {uniform: [3h, 1h]}",
     AT(2, 10) "runtime: uniform: range: the least value comes first, [least, greatest]\n"},
    {"name: x\nruntime: {uniform: [-1h, 1h]}",
     AT(2, 10) "runtime: all values must be at least 0 s\n"},
    {"name: x\nruntime: {exponential: 2h, min: 3h, max: 1h}",
     AT(2, 10) "runtime: exponential: min 3 h is above max 1 h\n"},
    {"name: x\nruntime: {exponential: 2h, min: 3}",
     AT(2, 33) "runtime.min: \"3\" needs a unit, such as 2h or 30min\n"},
    {"name: x\nsize: {choice: {8: x, 9: -1}}",
     AT(2, 20) "size.choice.8: \"x\" is not a plain number such as 50k or 30%\n" AT(
         2, 26) "size.choice.9: \"-1\" must be at least 0\n"},
    {"name: x\nsize: {choice: {8: 0}}",
     AT(2, 16) "size.choice: the weights must have a sum above zero\n"},
    {"name: x\nsize: {choice: []}", AT(2, 16) "size.choice: there is no value to choose from\n"},
    {"name: x\ncheckpoint: {cost: 1min}",
     AT(2, 13) "checkpoint: the key every is missing (interval "
               "between checkpoints)\n"},
    {"name: x\ncheckpoint: 2h", AT(2, 13) "checkpoint: expected a map of every, cost, found "
                                          "\"2h\"\n"},
    {"name: x\nparts: [a]", AT(2, 8) "parts: expected a map of names, found a list\n"},
    {"name: x\nparts: {a.b: 3}",
     AT(2, 14) "parts[\"a.b\"]: expected a map of nodes, found \"3\"\n"},
    {"name: x\njobs: [{nodes: 1}, {}]",
     AT(2, 20) "jobs[1]: the key nodes is missing (number of nodes)\n"},
    {"name: x\njobs: {a: 1}", AT(2, 7) "jobs: expected a list, found a map\n"},
    {"name: x\nlog: ''", AT(2, 6) "log: expected a file name, found an empty text\n"},
};

static void messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct lab lab;
        char text[4000];
        node_free(decode(bad[i].text, &lab, text, sizeof(text)));
        assert_string_equal(text, bad[i].messages);
        schema_free(lab_fields, &lab);
    }
}

/* A file full of errors costs little. */
static void many_errors(void **state)
{
    (void)state;
    char *text = malloc(3000000);
    size_t len = (size_t)sprintf(text, "name: x\n");
    for (int i = 0; i < 100000; i++)
        len += (size_t)sprintf(text + len, "unknown_key_number_%d: 1\n", i);
    struct lab lab = {0};
    struct error_list errors = {0};
    struct decode ctx = {.errors = &errors};
    struct node *node = node_parse(text, len, "t.yaml", NULL);
    assert_int_equal(decode_table(node, lab_fields, &lab, &ctx), -1);
    assert_int_equal(errors.len, ERROR_LIST_MAX);
    assert_int_equal(ctx.failures, 100000);
    schema_free(lab_fields, &lab);
    decode_deinit(&ctx);
    error_list_deinit(&errors);
    node_free(node);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults), cmocka_unit_test(every_kind),  cmocka_unit_test(spellings),
        cmocka_unit_test(messages), cmocka_unit_test(many_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
