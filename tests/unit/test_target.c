/* Targets and ranges of values: what they mean, and what is said of those that mean nothing. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/target.h"
#include "experiment/vary.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void comparisons_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text, *first, *selector;
        double bound, holds, fails;
    } rows[] = {
        {"wait.p95 <= 2h", "wait.p95 <= 2h", "wait.p95", 7200, 7200, 7201},
        {"  utilisation>=70% ", "utilisation>=70%", "utilisation", 0.7, 0.7, 0.69},
        {"wait.mean<30min", "wait.mean<30min", "wait.mean", 1800, 1799, 1800},
        {"throughput > 9 per h", "throughput > 9 per h", "throughput", 0.0025, 0.003, 0.0025},
        {"jobs.pending <= 10 and wait.max <= 1d", "jobs.pending <= 10", "jobs.pending", 10, 10, 11},
        {"wait.p95[tenant=\"a ] b\", processors>=64] <= 2h",
         "wait.p95[tenant=\"a ] b\", processors>=64] <= 2h",
         "wait.p95[tenant=\"a ] b\", processors>=64]", 7200, 0, (double)NAN},
        {"(wait.p95 <= 1.5 h)", "wait.p95 <= 1.5 h", "wait.p95", 5400, 0, (double)INFINITY},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct target target;
        struct error err;
        if (target_parse(rows[i].text, &target, &err) < 0)
            fail_msg("%s: %s", rows[i].text, err.text);
        assert_string_equal(target.items[0].text, rows[i].first);
        assert_string_equal(target.items[0].selector, rows[i].selector);
        assert_true(fabs(target.items[0].bound - rows[i].bound) < 1e-12);
        assert_true(comparison_holds(&target.items[0], rows[i].holds));
        assert_false(comparison_holds(&target.items[0], rows[i].fails));
        target_deinit(&target);
    }
}

/* Comparisons a, b, c as digits of verdicts: 0 no, 1 open, 2 yes. */
static void expressions_are_judged(void **state)
{
    (void)state;
    static const struct {
        const char *shape, *verdicts;
        enum answer want;
    } rows[] = {
        {"a", "000", ANSWER_NO},
        {"a", "100", ANSWER_OPEN},
        {"a and b", "220", ANSWER_YES},
        {"a and b", "210", ANSWER_OPEN},
        {"a and b", "010", ANSWER_NO},
        {"a or b", "010", ANSWER_OPEN},
        {"a or b", "120", ANSWER_YES},
        {"a or b and c", "200", ANSWER_YES},
        {"(a or b) and c", "200", ANSWER_NO},
        {"a and b or c", "021", ANSWER_OPEN},
        {"a and (b or c)", "202", ANSWER_YES},
        {"((a) and (b)) and ((c))", "221", ANSWER_OPEN},
    };
    static const char *const comparisons[] = {"wait.p95 <= 2h", "utilisation >= 70%",
                                              "jobs.rejected <= 0"};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[300] = "";
        struct target target;
        struct error err;
        enum answer verdicts[3] = {ANSWER_NO};
        for (const char *c = rows[i].shape; *c; c++) {
            const bool letter =
                *c >= 'a' && *c <= 'c' && (c == rows[i].shape || c[-1] < 'a') && (c[1] < 'a');
            snprintf(text + strlen(text), sizeof(text) - strlen(text), "%.*s", letter ? 300 : 1,
                     letter ? comparisons[*c - 'a'] : c);
        }
        if (target_parse(text, &target, &err) < 0)
            fail_msg("%s: %s", text, err.text);
        for (size_t k = 0; k < 3; k++)
            verdicts[k] = (enum answer)(rows[i].verdicts[k] - '0');
        if (target_judge(&target, verdicts) != rows[i].want)
            fail_msg("%s with %s is not %d", rows[i].shape, rows[i].verdicts, (int)rows[i].want);
        target_deinit(&target);
    }
}

static void errors_of_targets_say_where(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned column;
        const char *want;
    } rows[] = {
        {"", 1, "expected a measure, such as wait.p95, found the end"},
        {"2h >= wait.p95", 1, "\"2h\": there is no metric \"2h\"; `jishi list metrics` shows them"},
        {"wait.p95 <= 2h and wait.p94 <= 3h", 20,
         "\"wait.p94\": there is no metric \"wait.p94\"; did you mean \"wait.p95\"?"},
        {"wait.p95 = 2h", 10, "expected <=, >=, < or > after wait.p95"},
        {"wait.p95", 9, "expected <=, >=, < or > after wait.p95"},
        {"wait.p95 <=", 12, "wait.p95 is compared with nothing; a quantity is missing"},
        {"wait.p95 <= 2", 13, "\"2\" needs a unit, such as 2h or 30min"},
        {"wait.mean <= -5min", 14, "wait.mean is never below 0"},
        {"wait.p95 <= 2h and utilisation >= 70", 35,
         "utilisation is a share, at most 100 %, and 70 is 7000 %: did you mean 70%?"},
        {"utilisation >= 7000%", 16, "utilisation is a share, at most 100 %"},
        {"utilisation > 100%", 15, "utilisation is never above 100 %: nothing can meet that"},
        {"wait.mean < 0s", 13, "wait.mean is never below 0: nothing can meet that"},
        {"slowdown.mean <= 0.5", 18, "slowdown.mean is never below 1"},
        {"slowdown.p95[tenant=a] >= 90%", 27, "slowdown.p95[tenant=a] is never below 1"},
        {"slowdown.pp.max < 1", 19, "slowdown.pp.max is never below 1: nothing can meet that"},
        {"slowdown.sd <= -1", 16, "slowdown.sd is never below 0"},
        {"fairness.jain >= 1.5", 18, "fairness.jain is at most 1"},
        {"fairness.jain >= 90", 18, "fairness.jain is at most 1: did you mean 90%?"},
        {"fairness.jain > 1", 17, "fairness.jain is never above 1: nothing can meet that"},
        {"fairness.jain <= 0", 18, "fairness.jain is always above 0: nothing can meet that"},
        {"fairness.gini <= 120%", 18, "fairness.gini is at most 1"},
        {"wait.p95 <= 2h and", 19, "expected a measure, such as wait.p95, found the end"},
        {"(wait.p95 <= 2h", 1, "this parenthesis is not closed"},
        {"wait.p95 <= 2h)", 15, "expected and, or or the end, found \")\""},
        {"wait.p95[tenant=\"\xe6\x97\xb6\"] <= 2h or or", 31,
         "\"or\": there is no metric \"or\"; `jishi list metrics` shows them"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct target target;
        struct error err;
        assert_int_equal(target_parse(rows[i].text, &target, &err), -1);
        assert_string_equal(err.text, rows[i].want);
        if (err.at.column != rows[i].column)
            fail_msg("%s: at %u, not %u", rows[i].text, err.at.column, rows[i].column);
        assert_null(target.items);
    }
    char deep[100];
    memset(deep, '(', sizeof(deep));
    deep[99] = 0;
    struct target target;
    struct error err;
    assert_int_equal(target_parse(deep, &target, &err), -1);
    assert_string_equal(err.text, "parentheses are nested more than 32 deep");
    assert_int_equal(err.at.column, 33);
}

/* --- ranges --- */

static const char scenario[] =
    "jishi: 1\n"
    "time: {start: 2021-01-01, length: 100h}\n"
    "centres:\n"
    "  lab:\n"
    "    partitions: {p: {nodes: 4, processors_per_node: 2, memory_per_node: 4 GB}}\n"
    "    scheduler: {order: fcfs}\n"
    "tenants:\n"
    "  firm:\n"
    "    home: lab\n"
    "    workloads:\n"
    "      w: {arrival: {poisson: 4/h}, processors: 1, runtime: {exponential: 1h}}\n"
    "changes:\n"
    "  - {at: 2021-01-02, set: {centres.lab.partitions.p.nodes: +2}}\n";

static char path[] = "/tmp/test_target_XXXXXX";

static void load(struct program *program)
{
    struct error_list errors = {0};
    if (program_load(program, path, NULL, NULL, 0, NULL, &errors) < 0)
        fail_msg("%s", errors.items[0].text);
    error_list_deinit(&errors);
}

static void ranges_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text, *first, *second, *last;
        size_t len;
    } rows[] = {
        {"centres.lab.partitions.p.nodes=10..60", "10", "11", "60", 51},
        {"centres.lab.partitions.p.nodes=10..60 by 8", "10", "18", "58", 7},
        {"centres.lab.partitions.p.nodes=+0..+4", "4", "5", "8", 5},
        {"centres.lab.partitions.p.nodes=-2..+4 by 2", "2", "4", "8", 4},
        {"centres.lab.partitions.p.memory_per_node=1 GB..2 GB by 0.25 GB", "1 GB", "1.25 GB",
         "2 GB", 5},
        {"tenants.firm.share=0.1..0.5 by 0.1", "0.1", "0.2", "0.5", 5},
        {"tenants.firm.share=1..4", "1", "1.002", "4", 1501},
        {"time.length=1h..2h by 15min", "1h", "1.25h", "2h", 5},
        {"tenants.firm.workloads.w.arrival.poisson=4 per h..8 per h by 1 per h", "4 per h",
         "5 per h", "8 per h", 5},
        {"changes[0].set[\"centres.lab.partitions.p.nodes\"]=+0..+8 by 4", "+0", "+4", "+8", 3},
        {"tenants.firm.quota.processors=4..8", "4", "5", "8", 5},
        {"tenants.firm.workloads.w.processors=6..20", "6", "7", "20", 15},
    };
    struct program program;
    load(&program);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct vary vary;
        struct error err;
        char text[64];
        if (vary_parse(rows[i].text, &program, &vary, &err) < 0)
            fail_msg("%s: %s", rows[i].text, err.text);
        assert_int_equal(vary.len, rows[i].len);
        assert_string_equal(vary_text(&vary, 0, text, sizeof(text)), rows[i].first);
        assert_string_equal(vary_text(&vary, 1, text, sizeof(text)), rows[i].second);
        assert_string_equal(vary_text(&vary, vary.len - 1, text, sizeof(text)), rows[i].last);
        vary_deinit(&vary);
    }
    program_free(&program);
}

static void errors_of_ranges(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"10..60", "\"10..60\": expected PATH=LO..HI"},
        {"centres.lab.partitions.p.nodez=1..2",
         "centres.lab.partitions.p.nodez: there is no such value in the scenario"},
        {"centres.lab.scheduler.order=1..2",
         "centres.lab.scheduler.order: is no number, and a range is of numbers"},
        {"centres.lab.partitions.p.nodes=10",
         "centres.lab.partitions.p.nodes: expected a range LO..HI, such as 10..60, found \"10\""},
        {"centres.lab.partitions.p.nodes=9..3",
         "centres.lab.partitions.p.nodes: 9..3: a range begins below where it ends"},
        {"centres.lab.partitions.p.nodes=1..5.5 by 0.5",
         "centres.lab.partitions.p.nodes: takes whole numbers"},
        {"centres.lab.partitions.p.nodes=8..20.5",
         "centres.lab.partitions.p.nodes: takes whole numbers"},
        {"tenants.firm.workloads.w.processors=1..5 by 0.5",
         "tenants.firm.workloads.w.processors: takes whole numbers"},
        {"centres.lab.partitions.p.nodes=1..5 by 0",
         "centres.lab.partitions.p.nodes: a step is above 0"},
        {"centres.lab.partitions.p.nodes=1..5 by 8",
         "centres.lab.partitions.p.nodes: 1..5 by 8 has one value only"},
        {"centres.lab.partitions.p.nodes=1..2000000",
         "centres.lab.partitions.p.nodes: 1..2000000 has more than 1000000 values; a greater step "
         "is needed"},
        {"centres.lab.partitions.p.nodes=+1..5",
         "centres.lab.partitions.p.nodes: either both ends of a range have a sign, or none has"},
        {"time.length=1..2", "time.length: \"1\" needs a unit, such as 2h or 30min"},
        {"tenants.firm.quota.processors=+1..+5",
         "tenants.firm.quota.processors: the scenario gives it no number to add to"},
    };
    struct program program;
    load(&program);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct vary vary;
        struct error err;
        assert_int_equal(vary_parse(rows[i].text, &program, &vary, &err), -1);
        assert_string_equal(err.text, rows[i].want);
    }
    program_free(&program);
}

static int write_scenario(void **state)
{
    (void)state;
    const int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    return !file || fputs(scenario, file) < 0 || fclose(file);
}

static int remove_scenario(void **state)
{
    (void)state;
    return remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparisons_are_read),
        cmocka_unit_test(expressions_are_judged),
        cmocka_unit_test(errors_of_targets_say_where),
        cmocka_unit_test(ranges_are_read),
        cmocka_unit_test(errors_of_ranges),
    };
    return cmocka_run_group_tests(tests, write_scenario, remove_scenario);
}
