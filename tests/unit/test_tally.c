/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/tally.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/mem.h"

enum shape { UNIFORM, WIDE, TINY, MANY_ZEROS, CONSTANT, FEW_VALUES };

static uint64_t state;

static double unit_random(void)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(state >> 11) / 9007199254740992.0;
}

static double draw(enum shape shape)
{
    const double u = unit_random();
    switch (shape) {
    case UNIFORM:
        return 1000 * u;
    case WIDE:
        return exp(60 * u - 30);
    case TINY:
        return u * 1e-300;
    case MANY_ZEROS:
        return u < 0.7 ? 0 : 3600 * u;
    case CONSTANT:
        return 0.1;
    default:
        return floor(4 * u);
    }
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void check_quantiles(struct tally *tally, double *values, size_t n)
{
    qsort(values, n, sizeof(*values), by_value);
    for (unsigned permille = 1; permille <= 1000; permille++) {
        const size_t rank = (n * permille + 999) / 1000;
        const double want = values[rank - 1], got = tally_quantile(tally, permille);
        if (n <= TALLY_EXACT)
            assert_true(got == want);
        else
            assert_true(fabs(got - want) <= want / 1024);
    }
    assert_true(tally_quantile(tally, 1000) == values[n - 1]);
    assert_true(tally_max(tally) == values[n - 1]);
}

static void test_against_naive(void **ctx)
{
    (void)ctx;
    static const size_t sizes[] = {1, 2, 3, 19, 20, 100, 4095, 4096, 4097, 30000};
    for (int shape = UNIFORM; shape <= FEW_VALUES; shape++) {
        for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
            const size_t n = sizes[i];
            state = 7 + n;
            struct tally tally = {0};
            double *values = mem_new(n, sizeof(*values)), sum = 0, squares = 0;
            for (size_t k = 0; k < n; k++)
                sum += values[k] = draw((enum shape)shape);
            for (size_t k = 0; k < n; k += 100)
                tally_add_many(&tally, values + k, n - k < 100 ? n - k : 100);
            for (size_t k = 0; k < n; k++)
                squares += (values[k] - sum / (double)n) * (values[k] - sum / (double)n);
            assert_int_equal(tally.count, n);
            assert_true(fabs(tally_mean(&tally) - sum / (double)n) <= 1e-12 * sum / (double)n);
            const double sd = sqrt(squares / (double)(n - 1));
            if (n == 1)
                assert_true(isnan(tally_sd(&tally)));
            else if (shape == CONSTANT)
                assert_true(tally_sd(&tally) < 1e-15);
            else
                assert_true(fabs(tally_sd(&tally) - sd) <= 1e-10 * sd);
            check_quantiles(&tally, values, n);
            tally_deinit(&tally);
            free(values);
        }
    }
}

static void test_nearest_rank_by_hand(void **ctx)
{
    (void)ctx;
    struct tally tally = {0};
    assert_true(isnan(tally_quantile(&tally, 500)) && isnan(tally_mean(&tally)));
    assert_true(isnan(tally_sd(&tally)) && isnan(tally_max(&tally)));
    for (int i = 20; i >= 1; i--)
        tally_add(&tally, i);
    assert_true(tally_quantile(&tally, 500) == 10);
    assert_true(tally_quantile(&tally, 501) == 11);
    assert_true(tally_quantile(&tally, 950) == 19);
    assert_true(tally_quantile(&tally, 990) == 20);
    assert_true(tally_quantile(&tally, 1) == 1);
    assert_true(tally_mean(&tally) == 10.5);
    assert_true(fabs(tally_sd(&tally) - sqrt(35)) < 1e-14);
    tally_deinit(&tally);
}

/* Every way of cutting the same values gives the same counts, so the same quantiles. */
static void test_merge_is_one(void **ctx)
{
    (void)ctx;
    static const struct {
        size_t n, parts;
    } rows[] = {{10, 3}, {4096, 5}, {4097, 5}, {5000, 2}, {20000, 3}, {20000, 40}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        state = i + 1;
        struct tally one = {0}, parts[40] = {{0}}, all = {0}, backwards = {0};
        for (size_t k = 0; k < rows[i].n; k++) {
            const double value = draw(k % 2 ? WIDE : MANY_ZEROS);
            tally_add(&one, value);
            tally_add(&parts[k * k % rows[i].parts], value);
        }
        for (size_t p = 0; p < rows[i].parts; p++) {
            tally_merge(&all, &parts[p]);
            tally_merge(&backwards, &parts[rows[i].parts - 1 - p]);
        }
        assert_int_equal(one.count, all.count);
        assert_int_equal(one.histogram, all.histogram);
        for (unsigned permille = 1; permille <= 1000; permille++) {
            assert_true(tally_quantile(&one, permille) == tally_quantile(&all, permille));
            assert_true(tally_quantile(&one, permille) == tally_quantile(&backwards, permille));
        }
        assert_true(tally_mean(&one) == tally_mean(&all));
        assert_true(fabs(tally_sd(&one) - tally_sd(&all)) <= 1e-9 * tally_sd(&one));
        for (size_t p = 0; p < rows[i].parts; p++)
            tally_deinit(&parts[p]);
        tally_deinit(&one);
        tally_deinit(&all);
        tally_deinit(&backwards);
    }
}

static void test_memory_follows_spread(void **ctx)
{
    (void)ctx;
    struct tally tally = {0};
    for (int i = 0; i < 1000000; i++)
        tally_add(&tally, 1 + 1e-3 * (i % 1000));
    assert_null(tally.values);
    assert_true(tally.blocks <= 9);
    tally_deinit(&tally);
    for (int i = 0; i < 5000; i++) /* the whole range of doubles */
        tally_add(&tally, i % 2 ? 5e-324 : 1e300);
    assert_true(tally.blocks == 2 && tally_quantile(&tally, 1000) == 1e300);
    assert_true(tally_quantile(&tally, 500) < 1e-300);
    tally_deinit(&tally);
}

/* Counters of 32 bits pass 2^32: as if that many had been added, which would take a minute. */
static void test_counters_carry(void **ctx)
{
    (void)ctx;
    struct tally tally = {0}, other = {0};
    for (int i = 0; i < 5000; i++)
        tally_add(&tally, i % 2 ? 3 : 7);
    tally_merge(&other, &tally);
    for (uint32_t i = 0; i < tally.blocks * 64; i++)
        if (tally.counts[i] > 0)
            tally.counts[i] = UINT32_MAX;
    tally.count = 2 * (uint64_t)UINT32_MAX;
    for (int i = 0; i < 4; i++)
        tally_add(&tally, 3);
    /* 3: 2^32 + 3 of 2^33 + 2 */
    assert_true(tally_quantile(&tally, 500) < 3.01 && tally_quantile(&tally, 501) >= 6.99);
    assert_int_equal(tally.carries.len, 1);
    tally_merge(&tally, &other);
    assert_int_equal(tally.carries.len, 2);
    struct tally both = {0};
    tally_merge(&both, &tally);
    tally_merge(&both, &tally); /* carries go along */
    assert_true(tally_quantile(&both, 499) < 3.01 && tally_quantile(&both, 501) >= 6.99);
    tally_deinit(&both);
    assert_true(tally_quantile(&tally, 499) < 3.01 && tally_quantile(&tally, 501) >= 6.99);
    tally_deinit(&tally);
    tally_deinit(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_naive),  cmocka_unit_test(test_nearest_rank_by_hand),
        cmocka_unit_test(test_merge_is_one),   cmocka_unit_test(test_memory_follows_spread),
        cmocka_unit_test(test_counters_carry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
