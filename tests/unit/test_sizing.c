/* The search of a plan on made-up measures, what it makes of intervals and shares, and costs. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/cost.h"
#include "experiment/purchase.h"
#include "experiment/sizing.h"
#include "experiment/sizing_run.h"
#include "util/date.h"
#include "util/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What a world answers instead of simulations. */
struct world_of {
    /* The value of a reading at a point in replication r. */
    double (*measure)(const char *selector, const size_t at[2], size_t r);
    size_t runs;
};

static int run_made_up(void *ctx, const struct readings *readings, struct trial *const *trials,
                       size_t n, size_t replications, struct error *err)
{
    struct world_of *world = ctx;
    (void)err;
    for (size_t i = 0; i < n; i++) {
        struct trial *trial = trials[i];
        trial->values =
            mem_resize(trial->values, replications * readings->len, sizeof(*trial->values));
        for (size_t r = trial->replications; r < replications; r++, world->runs++)
            for (size_t k = 0; k < readings->len; k++)
                trial->values[r * readings->len + k] =
                    world->measure(readings->items[k], trial->at, r);
        trial->replications = replications;
    }
    return 0;
}

static double sum_cost(void *ctx, const size_t at[2])
{
    (void)ctx;
    return 3 * (double)at[0] + 2 * (double)at[1];
}

struct made {
    struct world_of world;
    struct target target;
    struct sizing_setup setup;
    struct sizing sizing;
};

static void make(struct made *made, const char *target,
                 double (*measure)(const char *, const size_t *, size_t), size_t first,
                 size_t second)
{
    struct error err = {0};
    made->world = (struct world_of){measure, 0};
    assert_int_equal(target_parse(target, &made->target, &err), 0);
    made->setup.len[0] = first;
    made->setup.len[1] = second;
    made->setup.rule.target = &made->target;
    made->setup.rule.confidence = 0.95;
    made->setup.rule.unfinished = 0.01;
    made->setup.grid = made->setup.grid ? made->setup.grid : 5;
    made->setup.replications = made->setup.replications ? made->setup.replications : 2;
    made->setup.most = made->setup.most ? made->setup.most : made->setup.replications;
    made->setup.cost = sum_cost;
    made->setup.run = run_made_up;
    made->setup.ctx = &made->world;
    assert_int_equal(sizing_make(&made->sizing, &made->setup, &err), 0);
}

static void made_deinit(struct made *made)
{
    sizing_deinit(&made->sizing);
    target_deinit(&made->target);
}

static bool counts(const char *selector, double *ret)
{
    *ret = strncmp(selector, "jobs.submitted", 14) == 0 ? 1000 : 0;
    return strncmp(selector, "jobs.", 5) == 0;
}

/* --- one range --- */

static size_t threshold, upper;

/* A wait that falls below its bound at a threshold, a utilisation that does at another. */
static double falling(const char *selector, const size_t at[2], size_t r)
{
    double value;
    (void)r;
    if (counts(selector, &value))
        return value;
    if (strncmp(selector, "utilisation", 11) == 0)
        return at[0] <= upper ? 0.8 : 0.6;
    return at[0] >= threshold ? 3600 : 9000;
}

/* Every threshold of a range, whatever the grid: the least value that meets it, in few runs. */
static void smallest_value_is_found(void **state)
{
    (void)state;
    for (size_t grid = 2; grid <= 9; grid++)
        for (threshold = 0; threshold <= 100; threshold++) {
            struct made made = {.setup = {.grid = grid}};
            make(&made, "wait.p95 <= 2h", falling, 100, 0);
            if (threshold < 100)
                assert_int_equal(made.sizing.best->at[0], threshold);
            else
                assert_null(made.sizing.best);
            assert_true(made.sizing.len <= grid + 7);
            assert_int_equal(made.world.runs, 2 * made.sizing.len);
            made_deinit(&made);
        }
}

/* A window between neighbours of the grid, where one comparison has begun to hold and the other
 * holds still: seen by nobody who only looks at the whole. */
static void window_between_neighbours_is_found(void **state)
{
    (void)state;
    for (threshold = 26; threshold < 50; threshold++)
        for (upper = 26; upper < 50; upper++) {
            struct made made = {.setup = {.grid = 5}};
            make(&made, "wait.p95 <= 2h and utilisation >= 70%", falling, 101, 0);
            if (threshold <= upper)
                assert_int_equal(made.sizing.best->at[0], threshold);
            else
                assert_null(made.sizing.best);
            assert_true(made.sizing.len <= 5 + 10);
            made_deinit(&made);
        }
}

static double bumpy(const char *selector, const size_t at[2], size_t r)
{
    double value;
    if (counts(selector, &value))
        return value;
    return 9000 - 1000 * (double)at[0] + (at[0] == 3 ? 1800 : 0) + (r ? 10 : -10);
}

static void step_against_the_way_is_told(void **state)
{
    (void)state;
    struct made made = {.setup = {.grid = 9}};
    struct reversal reversal;
    make(&made, "wait.p95 <= 2h", bumpy, 9, 0);
    assert_int_equal(made.sizing.best->at[0], 2);
    assert_int_equal(sizing_reversals(&made.sizing, &reversal), 1);
    assert_int_equal(reversal.from->at[0], 2);
    assert_int_equal(reversal.to->at[0], 3);
    assert_true(fabs(reversal.change - 800) < 1e-9);
    made_deinit(&made);
}

/* --- intervals and shares --- */

static double noise;

static double noisy(const char *selector, const size_t at[2], size_t r)
{
    double value;
    if (counts(selector, &value))
        return value;
    return 3600 + 100 * (1 - (double)at[0]) + (r % 2 ? noise : -noise);
}

/* 3600 +- noise of n replications in halves: mean 3600, Student's half width is
 * t(n - 1) noise / sqrt(n - 1), 12.706 noise of two. */
static void whole_interval_must_hold(void **state)
{
    (void)state;
    struct made made = {.setup = {.grid = 2, .replications = 2}};
    noise = 7;
    make(&made, "wait.p95 <= 3600s", noisy, 3, 0);
    const struct trial *middle = sizing_find(&made.sizing, 1, 0);
    assert_non_null(middle);
    assert_int_equal(middle->verdict, ANSWER_OPEN);
    assert_true(fabs(middle->findings[0].half - 12.706205 * 7) < 1e-3);
    assert_int_equal(made.sizing.best->at[0], 2);
    made_deinit(&made);
    noise = 8; /* 101.6: the greatest is open too */
    made = (struct made){.setup = {.grid = 3, .replications = 2}};
    make(&made, "wait.p95 <= 3600s", noisy, 3, 0);
    assert_null(made.sizing.best);
    made_deinit(&made);
    /* four replications: 3.182 x 8 / sqrt 3 = 14.7 */
    made = (struct made){.setup = {.grid = 3, .replications = 2, .most = 4}};
    make(&made, "wait.p95 <= 3600s", noisy, 3, 0);
    assert_int_equal(made.sizing.best->at[0], 2);
    assert_int_equal(made.sizing.best->replications, 4);
    assert_int_equal(sizing_find(&made.sizing, 1, 0)->replications, 4);
    made_deinit(&made);
}

static double one_in_ten(const char *selector, const size_t at[2], size_t r)
{
    double value;
    if (counts(selector, &value))
        return value;
    const bool bad_year = strstr(selector, "period=2022") != NULL;
    return r < 10 - at[0] && (bad_year || !strstr(selector, "period")) ? 9000 : 3600;
}

/* At value x of 0 to 10, x of 10 replications meet it. */
static void share_of_replications(void **state)
{
    (void)state;
    struct made made = {.setup = {.grid = 11, .replications = 10, .rule = {.share = 0.8}}};
    make(&made, "wait.p95 <= 2h", one_in_ten, 11, 0);
    assert_int_equal(made.sizing.best->at[0], 8);
    assert_int_equal(made.sizing.best->met, 8);
    assert_int_equal(made.sizing.best->of, 10);
    /* Clopper and Pearson for 8 of 10 */
    assert_true(fabs(made.sizing.best->share_lo - 0.44390) < 1e-4);
    assert_true(fabs(made.sizing.best->share_hi - 0.97479) < 1e-4);
    made_deinit(&made);
}

/* Two years, one of which is bad: of all years half and half of x in ten. */
static void share_of_periods(void **state)
{
    (void)state;
    static const char *const years[] = {"2021", "2022"};
    struct rule rule = {.share = 0.8, .periods = years, .n_periods = 2};
    struct made made = {.setup = {.grid = 11, .replications = 10, .rule = rule}};
    make(&made, "wait.p95[tenant=a] <= 2h", one_in_ten, 11, 0);
    assert_string_equal(made.sizing.readings.items[0], "wait.p95[tenant=a, period=2021]");
    assert_string_equal(made.sizing.readings.items[1], "jobs.submitted[tenant=a, period=2021]");
    assert_int_equal(made.sizing.best->at[0], 8);
    made_deinit(&made);
    made = (struct made){.setup = {.grid = 11, .replications = 10, .rule = rule}};
    made.setup.rule.of_periods = true;
    make(&made, "wait.p95 <= 2h", one_in_ten, 11, 0);
    assert_string_equal(made.sizing.readings.items[0], "wait.p95[period=2021]");
    assert_int_equal(made.sizing.best->at[0], 6);
    assert_int_equal(made.sizing.best->met, 16);
    assert_int_equal(made.sizing.best->of, 20);
    made_deinit(&made);
}

static double crowded(const char *selector, const size_t at[2], size_t r)
{
    (void)r;
    if (strncmp(selector, "jobs.submitted", 14) == 0)
        return 1000;
    if (strncmp(selector, "jobs.pending", 12) == 0)
        return 50 - 10 * (double)at[0];
    if (strncmp(selector, "jobs.rejected", 13) == 0)
        return 2;
    return 60;
}

/* 5.2 % down to 0.2 % of the jobs are left out of a wait of a minute: 1.2 % are too many. A
 * comparison that is not about jobs does not mind. */
static void jobs_left_out_do_not_hold(void **state)
{
    (void)state;
    struct made made = {.setup = {.grid = 6}};
    make(&made, "wait.p95 <= 2h", crowded, 6, 0);
    assert_int_equal(made.sizing.best->at[0], 5);
    assert_true(fabs(sizing_find(&made.sizing, 0, 0)->findings[0].unfinished - 0.052) < 1e-12);
    made_deinit(&made);
    made = (struct made){.setup = {.grid = 6}};
    make(&made, "queue.jobs.mean <= 100", crowded, 6, 0);
    assert_int_equal(made.sizing.best->at[0], 0);
    made_deinit(&made);
}

static double nothing(const char *selector, const size_t at[2], size_t r)
{
    (void)selector, (void)at, (void)r;
    return (double)NAN;
}

static void no_value_does_not_hold(void **state)
{
    (void)state;
    struct made made = {.setup = {.grid = 2}};
    make(&made, "wait.p95 <= 2h or utilisation >= 0", nothing, 10, 0);
    assert_null(made.sizing.best);
    made_deinit(&made);
}

/* --- pairs --- */

static size_t needed;

static double together(const char *selector, const size_t at[2], size_t r)
{
    double value;
    (void)r;
    if (counts(selector, &value))
        return value;
    return 2 * at[0] + at[1] >= needed ? 60 : 9000;
}

/* Of all pairs with 2 x + y >= needed the one with the least 3 x + 2 y, by trying all. */
static void cheapest_pair_is_found(void **state)
{
    (void)state;
    for (needed = 0; needed <= 100; needed += 7) {
        struct made made = {.setup = {.grid = 5}};
        double least = HUGE_VAL;
        for (size_t x = 0; x < 30; x++)
            for (size_t y = 0; y < 30; y++)
                if (2 * x + y >= needed)
                    least = fmin(least, sum_cost(NULL, (size_t[2]){x, y}));
        make(&made, "wait.p95 <= 2h", together, 30, 30);
        if (least < HUGE_VAL)
            assert_true(sum_cost(NULL, made.sizing.best->at) == least);
        else
            assert_null(made.sizing.best);
        assert_true(made.sizing.len < 120);
        made_deinit(&made);
    }
}

/* --- purchases --- */

/* A period 202x needs the level need[x]; what is measured of one is of the level then. */
struct market {
    struct purchases purchases;
    const size_t *need;
    size_t trials;
};

static double wait_in(const struct market *market, const char *selector, const struct trial *trial)
{
    const char *period = strstr(selector, "period=202");
    double value;
    if (counts(selector, &value))
        return value;
    const size_t year = (size_t)(period[10] - '0');
    const size_t now = market->purchases.planned;
    const size_t level = year < now ? market->purchases.levels[year]
                                    : purchases_level(&market->purchases, now, trial);
    return level >= market->need[year] ? 60 : 9000;
}

static int run_market(void *ctx, const struct readings *readings, struct trial *const *trials,
                      size_t n, size_t replications, struct error *err)
{
    struct market *market = ctx;
    (void)err;
    for (size_t i = 0; i < n; i++, market->trials++) {
        struct trial *trial = trials[i];
        trial->values =
            mem_resize(trial->values, replications * readings->len, sizeof(*trial->values));
        for (size_t r = 0; r < replications; r++)
            for (size_t k = 0; k < readings->len; k++)
                trial->values[r * readings->len + k] = wait_in(market, readings->items[k], trial);
        trial->replications = replications;
    }
    return 0;
}

static void nothing_is_bought_before_it_is_needed(void **state)
{
    (void)state;
    static const struct {
        size_t need[4], want[4];
        size_t first, planned;
        bool met;
        const char *changes;
    } rows[] = {
        {{0, 2, 2, 7},
         {0, 2, 2, 7},
         0,
         4,
         true,
         "changes=- {at: 2021-01-01T00:00:00+00:00, set: {n: +8}}\n"
         "- {at: 2023-01-01T00:00:00+00:00, set: {n: +20}}\n"},
        {{3, 1, 5, 5},
         {3, 3, 5, 5},
         0,
         4,
         true,
         "changes=- {at: 2020-01-01T00:00:00+00:00, set: {n: +12}}\n"
         "- {at: 2022-01-01T00:00:00+00:00, set: {n: +8}}\n"},
        {{9, 1, 9, 1},
         {0, 1, 9, 9},
         1,
         4,
         true,
         "changes=- {at: 2021-01-01T00:00:00+00:00, set: {n: +4}}\n"
         "- {at: 2022-01-01T00:00:00+00:00, set: {n: +32}}\n"},
        {{0, 11, 0, 0},
         {0, 10, 0, 0},
         0,
         2,
         false,
         "changes=- {at: 2021-01-01T00:00:00+00:00, set: {n: +40}}\n"},
        {{0, 0, 0, 0}, {0, 0, 0, 0}, 0, 4, true, "changes=[]"},
    };
    static const char *const periods[] = {"2020", "2021", "2022", "2023"};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char path[] = "n", none[] = "";
        const struct vary vary = {
            .path = path, .suffix = none, .scale = 1, .base = 5, .step = 4, .len = 11};
        struct purchase_date dates[4];
        struct market market = {.need = rows[i].need};
        struct target target;
        struct error err = {0};
        for (size_t d = 0; d < 4; d++)
            dates[d] = (struct purchase_date){
                periods[d], 0, date_instant(2020 + (int)d, 1, 1, 0, 0), d >= rows[i].first};
        assert_int_equal(target_parse("wait.p95 <= 2h", &target, &err), 0);
        const struct purchase_setup setup = {
            .vary = &vary,
            .dates = dates,
            .len = 4,
            .sizing = {.rule = {.target = &target, .confidence = 0.95, .unfinished = 0.01},
                       .grid = 3,
                       .replications = 2,
                       .most = 2,
                       .run = run_market,
                       .ctx = &market}};
        assert_int_equal(purchases_make(&market.purchases, &setup, &err), 0);
        assert_int_equal(market.purchases.planned, rows[i].planned);
        assert_int_equal(market.purchases.met, rows[i].met);
        for (size_t d = rows[i].first; d < rows[i].planned; d++)
            assert_int_equal(market.purchases.levels[d], rows[i].want[d]);
        market.purchases.planned--; /* as while the last date was searched */
        const size_t last = market.purchases.planned;
        const size_t at[2] = {
            rows[i].want[last] - (last > rows[i].first ? rows[i].want[last - 1] : 0), 0};
        char *changes = purchases_changes(&market.purchases, at, NULL);
        assert_string_equal(changes, rows[i].changes);
        free(changes);
        purchases_deinit(&market.purchases);
        target_deinit(&target);
    }
}

/* --- costs --- */

static struct vary range(const char *path, double lo, size_t len)
{
    char none[] = "";
    return (struct vary){.path = mem_text(path),
                         .suffix = mem_text(none),
                         .scale = 1,
                         .lo = lo,
                         .step = 1,
                         .len = len};
}

static void costs_are_computed(void **state)
{
    (void)state;
    struct vary varies[] = {range("centres.a.nodes", 10, 11), range("centres.b-2.nodes", 5, 6)};
    const size_t at[] = {2, 4}; /* 12 and 9 */
    static const struct {
        const char *text;
        double want;
    } rows[] = {
        {"a.nodes + b-2.nodes", 21},
        {"2*a.nodes+3*centres.b-2.nodes", 51},
        {"(a.nodes - b-2.nodes / 3) * 2k", 18000},
        {"100 - 30% * 10 - 7 + a.nodes", 102},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err;
        struct cost *cost = cost_parse(rows[i].text, varies, 2, &err);
        if (!cost)
            fail_msg("%s: %s", rows[i].text, err.text);
        assert_true(fabs(cost_at(cost, at) - rows[i].want) < 1e-9);
        cost_free(cost);
    }
    struct error err;
    struct cost *cost = cost_relative(varies, 2, &err);
    assert_true(fabs(cost_at(cost, at) - 12.0 / 20 - 9.0 / 10) < 1e-12);
    assert_int_equal(cost_check(cost, &err), 0);
    cost_free(cost);
    vary_deinit(&varies[0]);
    vary_deinit(&varies[1]);
}

static void errors_of_costs(void **state)
{
    (void)state;
    struct vary varies[] = {range("centres.a.nodes", 10, 11), range("centres.b.nodes", -5, 6)};
    static const struct {
        const char *text;
        unsigned column;
        const char *want;
    } rows[] = {
        {"", 1, "expected a number or a path, found the end"},
        {"2 * nodes", 5, "\"nodes\" is the end of both paths; more of one is needed"},
        {"2 * c.nodes", 5, "\"c.nodes\" is not what is varied, nor the end of it"},
        {"(a.nodes + 2", 1, "this parenthesis is not closed"},
        {"a.nodes b.nodes", 9, "expected +, -, *, / or the end, found \"b.nodes\""},
        {"3 h * a.nodes", 3, "expected +, -, *, / or the end, found \"h * a.nodes\""},
    };
    struct error err;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_null(cost_parse(rows[i].text, varies, 2, &err));
        assert_string_equal(err.text, rows[i].want);
        assert_int_equal(err.at.column, rows[i].column);
    }
    struct cost *cost = cost_parse("a.nodes", varies, 2, &err);
    assert_int_equal(cost_check(cost, &err), -1);
    assert_string_equal(err.text, "the cost does not rise with centres.b.nodes everywhere");
    cost_free(cost);
    assert_null(cost_relative(varies, 2, &err));
    assert_string_equal(err.text, "centres.b.nodes goes below 0: a pair needs a --cost");
    assert_string_equal(sizing_vary_name(varies, 2, 1), "b.nodes");
    assert_string_equal(sizing_vary_name(varies, 1, 0), "nodes");
    vary_deinit(&varies[0]);
    vary_deinit(&varies[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smallest_value_is_found),
        cmocka_unit_test(window_between_neighbours_is_found),
        cmocka_unit_test(step_against_the_way_is_told),
        cmocka_unit_test(whole_interval_must_hold),
        cmocka_unit_test(share_of_replications),
        cmocka_unit_test(share_of_periods),
        cmocka_unit_test(jobs_left_out_do_not_hold),
        cmocka_unit_test(no_value_does_not_hold),
        cmocka_unit_test(cheapest_pair_is_found),
        cmocka_unit_test(nothing_is_bought_before_it_is_needed),
        cmocka_unit_test(costs_are_computed),
        cmocka_unit_test(errors_of_costs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
