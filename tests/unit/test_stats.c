/* Statistics against published and hand-worked values. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/pairs.h"
#include "stats/ranks.h"
#include "stats/series.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void near(double got, double want, double within, const char *what)
{
    if (!(fabs(got - want) <= within))
        fail_msg("%s: %.9g, not %.9g within %g", what, got, want, within);
}

static void moments_of_a_sample(void **state)
{
    static const double values[] = {2, 4, 4, 4, 5, 5, 7, 9};
    const struct moments got = moments_of(values, ARRAY_LEN(values));
    (void)state;
    near(got.mean, 5, 1e-12, "mean");
    near(moments_variance(&got), 32.0 / 7, 1e-12, "variance");
    near(moments_error(&got), sqrt(4.0 / 7), 1e-12, "error of the mean");
    const struct moments one = moments_of(values, 1);
    assert_true(isnan(moments_sd(&one)));
}

/* Of the tables in any book. */
static void student(void **state)
{
    static const struct {
        double confidence, degrees, t;
    } rows[] = {{0.95, 1, 12.7062}, {0.95, 9, 2.2622}, {0.90, 9, 1.8331}, {0.99, 30, 2.7500}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        near(student_quantile(rows[i].confidence, rows[i].degrees), rows[i].t, 5e-5, "t");
        near(student_p(-rows[i].t, rows[i].degrees), 1 - rows[i].confidence, 1e-5, "p");
    }
}

/* Law, Simulation Modeling and Analysis, 5th ed., example 4.27: 1.34 +- 0.24. */
static void interval_of_a_mean(void **state)
{
    static const double values[] = {1.20, 1.50, 1.68, 1.89, 0.95, 1.49, 1.58, 1.55, 0.50, 1.09};
    const struct moments moments = moments_of(values, ARRAY_LEN(values));
    const struct interval got = interval_mean(&moments, 0.90);
    (void)state;
    near(got.value, 1.343, 1e-9, "mean");
    near(interval_half(&got), 0.24, 0.005, "half");
    const struct moments one = moments_of(values, 1);
    const struct interval none = interval_mean(&one, 0.90);
    near(none.value, 1.20, 1e-12, "one value");
    assert_true(isnan(none.lo) && isnan(none.hi));
}

/* Of the median: Conover, Practical Nonparametric Statistics, table A3. */
static void interval_of_a_quantile(void **state)
{
    static const struct {
        size_t n;
        double p;
        size_t lo, hi; /* ranks; 0: none */
        double cover;
    } rows[] = {
        {5, 0.5, 0, 0, 0},        {6, 0.5, 1, 6, 0.96875}, {10, 0.5, 2, 9, 0.978516},
        {20, 0.5, 6, 15, 0.9586}, {58, 0.95, 0, 0, 0},     {100, 0.5, 40, 60, 0.953956},
    };
    double values[100];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        values[i] = (double)(i + 1);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct interval got = interval_quantile(values, rows[i].n, rows[i].p, 0.95);
        near(got.value, ceil((double)rows[i].n * rows[i].p), 1e-12, "nearest rank");
        if (rows[i].lo == 0) {
            assert_true(isnan(got.lo) && isnan(got.hi));
            continue;
        }
        near(got.hi - got.lo, (double)(rows[i].hi - rows[i].lo), 1e-12, "width in ranks");
        near(quantile_cover(rows[i].n, rows[i].p, rows[i].lo, rows[i].hi), rows[i].cover, 5e-5,
             "cover");
        assert_true(quantile_cover(rows[i].n, rows[i].p, (size_t)got.lo, (size_t)got.hi) >= 0.95);
    }
}

static void interval_of_a_median(void **state)
{
    static const double values[] = {60, 10, (double)NAN, 50, 20, 40, 30};
    (void)state;
    struct interval got = interval_of_quantile(values, ARRAY_LEN(values), 0.5, 0.95);
    near(got.value, 30, 0, "median");
    near(got.lo, 10, 0, "lowest of six");
    near(got.hi, 60, 0, "highest");
    got = interval_of_quantile(values, 5, 0.5, 0.95);
    assert_true(isnan(got.lo) && isnan(got.hi));
}

/* t(17) / sqrt(18) = 0.497, t(16) / sqrt(17) = 0.514. */
static void how_many_are_needed(void **state)
{
    (void)state;
    assert_int_equal(interval_needed(1, 0.5, 0.95), 18);
    assert_int_equal(interval_needed(0, 0.5, 0.95), 2);
    assert_true(interval_needed(1e9, 1, 0.95) == SIZE_MAX);
    assert_true(interval_reached(&(struct interval){100, 98.1, 101.9}, 0.02));
    assert_false(interval_reached(&(struct interval){100, 98, 102}, 0.02)); /* 2 > 2 / 1.02 */
}

/* About the mean 3: products 2 + 0 + 0 + 2 of squares 10; differences 1, 1, 1, 1. */
static void neighbours(void **state)
{
    static const double up[] = {1, 2, 3, 4, 5}, same[] = {3, 3, 3, 3};
    (void)state;
    near(series_lag1(up, 5), 0.4, 1e-12, "lag 1");
    near(series_neumann(up, 5), 0.8 / sqrt(3.0 / 24), 1e-12, "von Neumann");
    assert_true(isnan(series_lag1(same, 4)));
}

/* 64 batches of 2: means 1, -1, 1, -1 ... */
static void means_of_batches(void **state)
{
    double values[128], ramp[128];
    (void)state;
    for (size_t i = 0; i < 128; i++) {
        values[i] = i / 2 % 2 ? -1 : 1;
        ramp[i] = (double)i;
    }
    struct batch_means got = series_batch_means(values, 128, 0.95);
    assert_int_equal(got.batches, 64);
    assert_int_equal(got.per, 2);
    assert_false(got.correlated);
    near(interval_half(&got.interval), 1.998341 * sqrt(64.0 / 63) / 8, 1e-5, "half");
    got = series_batch_means(ramp, 128, 0.95);
    assert_int_equal(got.batches, 8);
    assert_true(got.correlated);
    got = series_batch_means(ramp, 15, 0.95);
    assert_true(isnan(got.interval.lo) && got.correlated);
}

/* Eight alike beside each other tell no more than one of them. */
static void quantile_of_a_series(void **state)
{
    enum { N = 800, TIMES = 8 };
    double once[N], often[N * TIMES];
    uint32_t random = 1;
    (void)state;
    for (size_t i = 0; i < N; i++) {
        random = random * 1664525 + 1013904223;
        once[i] = -log1p(-(double)random / 4294967296);
        for (size_t k = 0; k < TIMES; k++)
            often[i * TIMES + k] = once[i];
    }
    struct spaced_quantile got = series_quantile(once, N, 0.95, 0.95);
    assert_int_equal(got.spacing, 1);
    assert_true(got.interval.lo < log(20) && log(20) < got.interval.hi);
    assert_true(got.interval.hi - got.interval.lo < 1);
    const struct spaced_quantile same = series_quantile(often, (size_t)N * TIMES, 0.95, 0.95);
    assert_int_equal(same.spacing, TIMES);
    assert_int_equal(same.n, N);
    near(same.interval.lo, got.interval.lo, 0, "lo");
    near(same.interval.hi, got.interval.hi, 0, "hi");
    got = series_quantile(once, 58, 0.95, 0.95);
    assert_true(isnan(got.interval.lo));
    for (size_t i = 0; i < N; i++)
        once[i] = (double)i;
    got = series_quantile(once, N, 0.95, 0.95);
    assert_true(isnan(got.interval.lo));
}

/* Batches 100, 50, then 18 of 1, -1, ...: leaving out two gives 18 / 18^2, three (17 - 1/17) /
 * 17^2, which is more. */
static void where_the_beginning_ends(void **state)
{
    double values[103];
    bool late;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        values[i] = i < 5 ? 100 : i < 10 ? 50 : i / 5 % 2 ? -1 : 1;
    assert_int_equal(series_mser(values, ARRAY_LEN(values), 5, &late), 10);
    assert_false(late);
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        values[i] = (double)i * (double)i;
    assert_int_equal(series_mser(values, 49, 5, &late), 0);
    assert_true(late);
    for (size_t i = 0; i < 100; i++)
        values[i] = i < 60 ? 100 - (double)i : 40 + (i / 5 % 2 ? 1 : -1);
    assert_int_equal(series_mser(values, 100, 5, &late), 50);
    assert_true(late);
}

/* Differences 1, 2, 0 of equal variances 1: paired 4.302653 / sqrt(3); apart 2.776445 sqrt(2/3). */
static void pairs_are_narrower(void **state)
{
    static const double a[] = {1, 2, 3, (double)NAN}, b[] = {2, 4, 3, 7}, c[] = {2, 4, 6};
    (void)state;
    near(pairs_gain(a, b, 4, 0.95), 2.776445 * sqrt(2.0 / 3) / (4.302653 / sqrt(3)), 1e-5, "gain");
    const struct moments by_one = pairs_moments(a, c, 3);
    near(by_one.mean, 2, 1e-12, "mean");
    near(pairs_p(&by_one), 1 - sqrt(12) / sqrt(14), 1e-9, "p of t = sqrt(12), two degrees");
}

static struct moments spread(size_t n, double mean, double sd)
{
    return (struct moments){n, mean, sd * sd * (double)(n - 1)};
}

/* Ten pairs with sd sqrt(10) have an interval of +-2.2622. */
static void verdicts(void **state)
{
    static const struct {
        double mean, matters;
        bool lower;
        enum verdict want;
    } rows[] = {
        {-3, (double)NAN, true, VERDICT_BETTER},
        {-3, (double)NAN, false, VERDICT_WORSE},
        {3, 1, true, VERDICT_WORSE},
        {3, 1, false, VERDICT_BETTER},
        {2, 1, true, VERDICT_OPEN},
        {2, (double)NAN, true, VERDICT_OPEN},
        {1, 3.3, true, VERDICT_EQUIVALENT},
        {1, 3.2, true, VERDICT_OPEN},
        {3, 5.3, true, VERDICT_EQUIVALENT},
        {3, 5.2, true, VERDICT_WORSE},
        {0, 2.2623, true, VERDICT_EQUIVALENT},
        {0, 2.2621, true, VERDICT_OPEN},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct judged judged = {spread(10, rows[i].mean, sqrt(10)), rows[i].matters,
                                      rows[i].lower};
        assert_int_equal(pairs_verdict(&judged, 0.95), rows[i].want);
        assert_int_equal(pairs_verdict_p(&judged) <= 0.05, rows[i].want != VERDICT_OPEN);
    }
    const struct judged one = {.difference = {.n = 1, .mean = 3}, .matters = 1};
    assert_int_equal(pairs_verdict(&one, 0.95), VERDICT_NONE);
    const struct judged same = {.difference = {.n = 10}, .matters = (double)NAN};
    assert_int_equal(pairs_verdict(&same, 0.95), VERDICT_EQUIVALENT);
}

static void more_pairs(void **state)
{
    const struct judged off = {spread(10, 0.5, 1), (double)NAN, true};
    const struct judged within = {spread(10, 0.5, 1), 1.5, true};
    const struct judged never = {spread(10, 0, 1), (double)NAN, true};
    (void)state;
    /* 34 in any table of the power of the t-test: 80 % at half a standard deviation */
    assert_int_equal(pairs_needed(&off, 0.95), 34);
    /* t(0.975) + t(0.9) of 12 degrees is 3.54, of 11 degrees 3.56: at most sqrt(13), over sqrt(12)
     */
    assert_int_equal(pairs_needed(&within, 0.95), 13);
    assert_true(pairs_needed(&never, 0.95) == SIZE_MAX);
}

/* 4 x 0.005, 3 x 0.01, 2 x 0.03, then no less than before. */
static void holms_correction(void **state)
{
    static const double p[] = {0.01, 0.04, 0.03, 0.005}, want[] = {0.03, 0.06, 0.06, 0.02};
    double got[4];
    (void)state;
    holm_adjusted(p, 4, got);
    for (size_t i = 0; i < 4; i++)
        near(got[i], want[i], 1e-12, "adjusted");
    holm(p, 4, 0.95, got);
    near(got[3], 1 - 0.05 / 4, 1e-12, "first");
    near(got[0], 1 - 0.05 / 3, 1e-12, "second");
    near(got[2], 1 - 0.05 / 2, 1e-12, "third, which fails");
    near(got[1], 1, 1e-12, "none after it");
}

/* Wikipedia's example of Spearman's correlation: -29/165. */
static void ranks(void **state)
{
    static const double iq[] = {106, 100, 86, 101, 99, 103, 97, 113, 112, 110};
    static const double tv[] = {7, 27, 2, 50, 28, 29, 20, 12, 6, 17}, ties[] = {5, 1, 5, 9};
    double got[4];
    (void)state;
    near(ranks_correlation(iq, tv, 10), -29.0 / 165, 1e-12, "Spearman");
    ranks_of(ties, 4, got);
    near(got[0], 2.5, 0, "tie");
    near(got[2], 2.5, 0, "tie");
    near(got[1], 1, 0, "first");
    near(values_quantile(tv, 10, 0.9), 29, 0, "nearest rank");
}

static void digits(void **state)
{
    (void)state;
    const struct {
        double half;
        int digits;
    } rows[] = {{112, 0},   {9.9, 1},
                {1, 1},     {0.5, 2},
                {0.011, 3}, {1e-9, 6},
                {0, -1},    {(double)NAN, -1},
                {-1, -1},   {(double)INFINITY, -1}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(interval_digits(rows[i].half), rows[i].digits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits),
        cmocka_unit_test(moments_of_a_sample),
        cmocka_unit_test(student),
        cmocka_unit_test(interval_of_a_mean),
        cmocka_unit_test(interval_of_a_quantile),
        cmocka_unit_test(interval_of_a_median),
        cmocka_unit_test(how_many_are_needed),
        cmocka_unit_test(neighbours),
        cmocka_unit_test(means_of_batches),
        cmocka_unit_test(quantile_of_a_series),
        cmocka_unit_test(where_the_beginning_ends),
        cmocka_unit_test(pairs_are_narrower),
        cmocka_unit_test(verdicts),
        cmocka_unit_test(more_pairs),
        cmocka_unit_test(holms_correction),
        cmocka_unit_test(ranks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
