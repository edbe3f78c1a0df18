/* Known answers, addressing and speed of the random numbers. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/rng.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <Random123/philox.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Published vectors of XXH64. */
static void hash_known_answers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t seed, want;
    } rows[] = {
        {"", 0, UINT64_C(0xEF46DB3751D8E999)},
        {"abc", 0, UINT64_C(0x44BC2CF5AD770999)},
        {"Nobody inspects the spammish repetition", 0, UINT64_C(0xFBCEA83C8A378BF1)},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(rng_hash(rows[i].seed, rows[i].text, strlen(rows[i].text)), rows[i].want);
}

/* The vectors that come with Random123. */
static void philox_known_answers(void **state)
{
    (void)state;
    const philox4x64_ctr_t zero = {{0}}, ones = {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
    const philox4x64_key_t key_zero = {{0}}, key_ones = {{UINT64_MAX, UINT64_MAX}};
    static const uint64_t want[2][4] = {
        {UINT64_C(0x16554d9eca36314c), UINT64_C(0xdb20fe9d672d0fdc), UINT64_C(0xd7e772cee186176b),
         UINT64_C(0x7e68b68aec7ba23b)},
        {UINT64_C(0x87b092c3013fe90b), UINT64_C(0x438c3c67be8d0224), UINT64_C(0x9cc7d7c69cd777b6),
         UINT64_C(0xa09caebf594f0ba0)},
    };
    const philox4x64_ctr_t got[2] = {philox4x64(zero, key_zero), philox4x64(ones, key_ones)};
    for (int i = 0; i < 2; i++)
        assert_memory_equal(got[i].v, want[i], sizeof(want[i]));
}

/* Word w of draw n is word w % 4 of the block at counter (w / 4, n, 0, 0) under the key made of the
 * address: the whole contract, and stable for ever. */
static void stream_is_philox_at_the_address(void **state)
{
    (void)state;
    struct rng_stream stream;
    rng_stream_init(&stream, (struct rng_seed){20230101, 1}, "tenants/urgent/w", "runtime");
    const unsigned char seed[16] = {0xd5, 0xaf, 0x34, 0x01, [8] = 1};
    philox4x64_key_t key;
    for (uint64_t i = 0; i < 2; i++) {
        const uint64_t path = rng_hash(rng_hash(i, seed, 16), "tenants/urgent/w", 16);
        key.v[i] = rng_hash(path, "runtime", 7);
    }
    static const uint64_t ordinals[] = {0, 17, 1, UINT64_MAX, 17};
    for (size_t i = 0; i < ARRAY_LEN(ordinals); i++) {
        gsl_rng *rng = rng_at(&stream, ordinals[i]);
        for (uint64_t word = 0; word < 9; word++) {
            const philox4x64_ctr_t counter = {{word / 4, ordinals[i], 0, 0}};
            assert_int_equal(gsl_rng_get(rng), philox4x64(counter, key).v[word % 4]);
        }
    }
    assert_int_equal(gsl_rng_get(rng_at(&stream, 17)), UINT64_C(0x8dcd6fe4ba911ea1));
    rng_stream_deinit(&stream);
}

/* Each part of the address matters, and so does the border between path and purpose. */
static void addresses_differ(void **state)
{
    (void)state;
    static const struct {
        struct rng_seed seed;
        const char *path, *purpose;
    } rows[] = {
        {{1, 1}, "a/b", "c"}, {{2, 1}, "a/b", "c"}, {{1, 2}, "a/b", "c"}, {{1, 1}, "a/c", "c"},
        {{1, 1}, "a/b", "d"}, {{1, 1}, "a/", "bc"}, {{1, 1}, "a/bc", ""}, {{1, 1}, "", "a/bc"},
    };
    uint64_t first[ARRAY_LEN(rows)];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rng_stream stream;
        rng_stream_init(&stream, rows[i].seed, rows[i].path, rows[i].purpose);
        first[i] = gsl_rng_get(rng_at(&stream, 0));
        rng_stream_deinit(&stream);
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(first[i], first[j]);
    }
}

/* Mean, variance, and correlation with the neighbouring ordinal and the neighbouring word, each
 * within 5 standard errors of independence. */
static void neighbours_are_independent(void **state)
{
    (void)state;
    enum { N = 200000 };
    struct rng_stream stream;
    rng_stream_init(&stream, (struct rng_seed){1, 1}, "w", "runtime");
    double sum = 0, squares = 0, across = 0, along = 0, before = 0.5;
    for (uint64_t i = 0; i < N; i++) {
        gsl_rng *rng = rng_at(&stream, i);
        const double u = gsl_rng_uniform(rng), v = gsl_rng_uniform(rng);
        assert_true(u >= 0 && u < 1);
        sum += u - 0.5;
        squares += (u - 0.5) * (u - 0.5) - 1.0 / 12;
        across += (u - 0.5) * (before - 0.5);
        along += (u - 0.5) * (v - 0.5);
        before = u;
    }
    const double root = sqrt((double)N);
    assert_true(fabs(sum) < 5 * root * sqrt(1.0 / 12));
    assert_true(fabs(squares) < 5 * root * sqrt(1.0 / 180));
    assert_true(fabs(across) < 5 * root / 12);
    assert_true(fabs(along) < 5 * root / 12);
    rng_stream_deinit(&stream);
}

/* GSL's own samplers work on it: the ziggurat needs the bits of one word, uniform_int the range. */
static void gsl_samplers_work(void **state)
{
    (void)state;
    enum { N = 200000 };
    struct rng_stream stream;
    rng_stream_init(&stream, (struct rng_seed){1, 1}, "w", "gsl");
    double normal = 0, squares = 0, dice[6] = {0};
    for (uint64_t i = 0; i < N; i++) {
        gsl_rng *rng = rng_at(&stream, i);
        const double z = gsl_ran_gaussian_ziggurat(rng, 1);
        normal += z;
        squares += z * z - 1;
        dice[gsl_rng_uniform_int(rng, 6)]++;
    }
    assert_true(fabs(normal) < 5 * sqrt(N));
    assert_true(fabs(squares) < 5 * sqrt(2.0 * N));
    for (int i = 0; i < 6; i++)
        assert_true(fabs(dice[i] - N / 6.0) < 5 * sqrt(N * 5.0 / 36));
    rng_stream_deinit(&stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash_known_answers),
        cmocka_unit_test(philox_known_answers),
        cmocka_unit_test(stream_is_philox_at_the_address),
        cmocka_unit_test(addresses_differ),
        cmocka_unit_test(neighbours_are_independent),
        cmocka_unit_test(gsl_samplers_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
