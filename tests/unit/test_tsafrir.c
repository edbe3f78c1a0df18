/* Requests: the popularity of round values, and that they are long enough; factor and modal. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dist_build.h"
#include "workload/request.h"
#include "workload/tsafrir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define INF HUGE_VAL
#define MOST 13000

static const struct rng_seed seed = {1, 1};

static int descending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* The share of the twentieth most popular estimate. */
static double twentieth(const struct tsafrir *tsafrir)
{
    static double shares[MOST];
    for (size_t i = 0; i < tsafrir_len(tsafrir); i++)
        tsafrir_estimate(tsafrir, i, &shares[i]);
    qsort(shares, tsafrir_len(tsafrir), sizeof(double), descending);
    return shares[19];
}

/* Twenty estimates hold 89 % of the jobs, the maximum leads, times are distinct and ascending, and
 * there are as many as logs of that length have. */
static void heads_hold_their_share(void **state)
{
    (void)state;
    static const struct {
        double max;
        int64_t jobs;
        size_t least, most; /* how many estimates */
    } rows[] = {
        {18 * 3600, 10000, 90, 90},
        {60 * 3600, 70000, 340, 340},
        {4 * 3600, 1000, 35, 35},
        {3600, 10000, 40, 90},
        {1e6, 200, 20, 20},
        {36 * 3600, 250000, 565, 565},
        {18 * 3600, 10000000, 600, MOST},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct tsafrir_params params = {.max = rows[i].max, .jobs = rows[i].jobs};
        AUTO(tsafrir_free) struct tsafrir *tsafrir = tsafrir_new(&params, seed, "w", NULL);
        const size_t len = tsafrir_len(tsafrir);
        assert_in_range(len, rows[i].least, rows[i].most);
        static double shares[MOST];
        double sum = 0, head = 0, last = 0;
        for (size_t j = 0; j < len; j++) {
            const double time = tsafrir_estimate(tsafrir, j, &shares[j]);
            assert_true(time > last && time <= rows[i].max);
            last = time;
            sum += shares[j];
        }
        assert_true(fabs(sum - 1) < 1e-9 && last == rows[i].max);
        const double top = shares[len - 1];
        qsort(shares, len, sizeof(double), descending);
        assert_true(top == shares[0]);
        for (size_t j = 0; j < 20; j++)
            head += shares[j];
        /* where the tail is short, some of it is more popular than the last of the head */
        if (len >= 90 && rows[i].jobs <= 250000)
            assert_true(fabs(head - 0.89) < 1e-3);
        else
            assert_true(head > 0.89);
    }
}

/* However run times are distributed, once that is told: every estimate is asked for as often as it
 * is popular, and none is below the run time. */
static void requests_keep_both(void **state)
{
    (void)state;
    enum { N = 200000 };
    static const struct {
        const char *kind, *params;
    } rows[] = {
        {"lognormal", "median=300 sigma=1.6"},
        {"exponential", "mean=1800"},
        {"choice", "values=60*0.5:600*0.3:7200*0.2"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct tsafrir_params params = {.max = 18 * 3600, .jobs = 10000};
        AUTO(tsafrir_free) struct tsafrir *tsafrir = tsafrir_new(&params, seed, "w", NULL);
        AUTO(dist_free)
        struct dist *runtime = dist_build(rows[i].kind, rows[i].params, -INF, INF, NULL);
        struct rng_stream run, request;
        rng_stream_init(&run, seed, "w", "runtime");
        rng_stream_init(&request, seed, "w", "request");
        static double counts[MOST], sample[N];
        memset(counts, 0, sizeof(counts));
        tsafrir_couple(tsafrir, runtime);
        const size_t len = tsafrir_len(tsafrir);
        for (uint64_t j = 0; j < N; j++) {
            const double r = dist_draw(runtime, rng_at(&run, j));
            const double e = tsafrir_draw(tsafrir, r, rng_at(&request, j));
            assert_true(e >= r || e == params.max);
            size_t k = 0;
            while (tsafrir_estimate(tsafrir, k, NULL) != e)
                k++;
            counts[k]++;
            sample[N - 1 - j] = r;
        }
        const double least = twentieth(tsafrir);
        double head = 0;
        for (size_t k = 0; k < len; k++) {
            double share;
            tsafrir_estimate(tsafrir, k, &share);
            if (!(fabs(counts[k] - share * N) < 6 * sqrt(share * N) + 0.002 * N))
                fail_msg("%s: estimate %g s: %g jobs, want %g", rows[i].kind,
                         tsafrir_estimate(tsafrir, k, NULL), counts[k], share * N);
            head += share >= least ? counts[k] / N : 0;
        }
        assert_true(fabs(head - 0.89) < 0.01);
        /* a sample of the run times tells the same as their distribution */
        qsort(sample, N, sizeof(double), descending);
        for (size_t j = 0; j < N / 2; j++) {
            const double swap = sample[j];
            sample[j] = sample[N - 1 - j];
            sample[N - 1 - j] = swap;
        }
        tsafrir_couple_sample(tsafrir, sample, N);
        double top = 0;
        for (uint64_t j = 0; j < N; j++)
            top += tsafrir_draw(tsafrir, dist_draw(runtime, rng_at(&run, j)),
                                rng_at(&request, j)) == params.max;
        assert_true(fabs(top - counts[len - 1]) < 0.005 * N);
        rng_stream_deinit(&run);
        rng_stream_deinit(&request);
    }
}

/* Run times longer than most estimates cannot keep the shares; they still get an answer. */
static void long_jobs(void **state)
{
    (void)state;
    const struct tsafrir_params params = {.max = 18 * 3600, .jobs = 10000};
    AUTO(tsafrir_free) struct tsafrir *tsafrir = tsafrir_new(&params, seed, "w", NULL);
    AUTO(dist_free)
    struct dist *runtime = dist_build("uniform", "range=50000:90000", -INF, INF, NULL);
    struct rng_stream stream;
    rng_stream_init(&stream, seed, "w", "request");
    tsafrir_couple(tsafrir, runtime);
    for (uint64_t j = 0; j < 10000; j++) {
        gsl_rng *rng = rng_at(&stream, j);
        const double r = dist_draw(runtime, rng), e = tsafrir_draw(tsafrir, r, rng);
        assert_true(e >= r || (e == params.max && r > params.max));
    }
    assert_true(tsafrir_draw(tsafrir, 0, rng_at(&stream, 0)) > 0);
    rng_stream_deinit(&stream);
}

static void known_heads(void **state)
{
    (void)state;
    double values[] = {7200, 18 * 3600, 7777}, weights[] = {30, 20, 10};
    const struct tsafrir_params params = {18 * 3600, 10000, {values, weights, 3}};
    AUTO(tsafrir_free) struct tsafrir *tsafrir = tsafrir_new(&params, seed, "w", NULL);
    int found = 0;
    double head = 0, share;
    for (size_t i = 0; i < tsafrir_len(tsafrir); i++) {
        const double time = tsafrir_estimate(tsafrir, i, &share);
        for (int j = 0; j < 3; j++)
            found += time == values[j] && fabs(share - weights[j] / 100) < 1e-9;
        head += share >= twentieth(tsafrir) ? share : 0;
    }
    assert_int_equal(found, 3);
    assert_true(fabs(head - 0.89) < 0.03);
}

static const struct kind *kind_named(const char *name)
{
    for (const struct kind *const *kind = request_kinds.items; *kind; kind++)
        if (strcmp((*kind)->name, name) == 0)
            return *kind;
    fail();
    return NULL;
}

static simtime ask(const char *kind, void *params, double runtime)
{
    const struct kinded kinded = {kind_named(kind), params};
    struct error err = {0};
    AUTO(request_free) struct request *request = request_new(&kinded, NULL, seed, "w", &err);
    if (!request)
        fail_msg("%s", err.text);
    struct rng_stream stream;
    rng_stream_init(&stream, seed, "w", "request");
    const simtime got = request_draw(request, simtime_from_seconds(runtime), rng_at(&stream, 0));
    rng_stream_deinit(&stream);
    return got;
}

static void other_requests(void **state)
{
    (void)state;
    AUTO(dist_free)
    struct dist *one = dist_constant(1, UNIT_NONE), *half = dist_constant(0.5, UNIT_NONE);
    double round_times[] = {3600, 600, 60};
    struct {
        struct numbers values;
        struct dist *misjudge;
    } modal = {{round_times, 3}, NULL};
    assert_int_equal(ask("exact", NULL, 12.345678), 12345678);
    assert_int_equal(ask("factor", &one, 12.345678), 12345678);
    assert_int_equal(ask("factor", &half, 12.345677), 6172839);
    assert_int_equal(ask("time", &one, 1000), SIMTIME_SECOND);
    assert_int_equal(ask("modal", &modal, 60), 60 * SIMTIME_SECOND);
    assert_int_equal(ask("modal", &modal, 61), 600 * SIMTIME_SECOND);
    assert_int_equal(ask("modal", &modal, 1e9), 3600 * SIMTIME_SECOND);
    modal.misjudge = half;
    assert_int_equal(ask("modal", &modal, 100), 60 * SIMTIME_SECOND);
    modal.values.len = 0;
    const struct kinded bad = {kind_named("modal"), &modal};
    struct error err = {0};
    assert_null(request_new(&bad, NULL, seed, "w", &err));
    assert_string_equal(err.text, "request: modal: values: at least one is needed");
}

static void bad_parameters(void **state)
{
    (void)state;
    double values[] = {7200, 100 * 3600}, weights[] = {30, 70};
    const struct {
        struct tsafrir_params params;
        const char *want;
    } rows[] = {
        {{1800, 10000}, "max must be between 1 h and 10 years"},
        {{7200, 10}, "jobs: 10 is outside [200, 10000000]"},
        {{7200, 10000, {values, weights, 2}},
         "head: 4 d 4 h is not above 0 and at most the max, 2 h"},
        {{1e6, 10000, {values, weights, 2}},
         "head: the shares add up to 100 %, more than the 89 % of all popular requests"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err = {0};
        assert_null(tsafrir_new(&rows[i].params, seed, "w", &err));
        assert_string_equal(err.text, rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_hold_their_share),
        cmocka_unit_test(requests_keep_both),
        cmocka_unit_test(long_jobs),
        cmocka_unit_test(known_heads),
        cmocka_unit_test(other_requests),
        cmocka_unit_test(bad_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
