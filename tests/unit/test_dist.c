/* Distributions against their own moments and cdfs, whole and cut; their errors. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dist_build.h"
#include "util/rng.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#define INF HUGE_VAL

struct row {
    const char *kind, *params;
    double min, max;
    double mean, second; /* exact E[X], E[X^2], worked out by hand; 0: not checked */
};

static const struct row rows[] = {
    {"constant", "value=3", -INF, INF, 3, 9},
    {"constant", "value=3", 3, 3, 3, 9},
    {"uniform", "range=2:4", -INF, INF, 3, 28.0 / 3},
    {"uniform", "range=-1:1", 0, INF, 0.5, 1.0 / 3},
    {"log-uniform", "range=1:2.718281828459045", -INF, INF, M_E - 1, (M_E * M_E - 1) / 2},
    {"log-uniform", "range=1:100", 1, 2.718281828459045, M_E - 1, (M_E * M_E - 1) / 2},
    {"exponential", "mean=2", -INF, INF, 2, 8},
    {"exponential", "mean=2", 5, INF, 7, 53},
    {"exponential", "mean=1", -INF, 1, (1 - 2 / M_E) / (1 - 1 / M_E),
     (2 - 5 / M_E) / (1 - 1 / M_E)},
    {"exponential", "mean=1", 13, INF, 14, 197},
    {"erlang", "mean=2 stages=4", -INF, INF, 2, 5},
    {"erlang", "mean=2 stages=4", 1, 2.5, 0, 0},
    {"gamma", "shape=0.5 scale=3", -INF, INF, 1.5, 6.75},
    {"gamma", "shape=7.073 mean=2", -INF, INF, 2, 0},
    {"gamma", "shape=4.2 scale=0.94", -INF, 12, 0, 0},
    {"gamma", "shape=312 scale=0.03", 9, 12, 0, 0},
    {"weibull", "shape=0.75 mean=100", -INF, INF, 100, 0},
    {"weibull", "shape=2 scale=1", -INF, INF, 0.88622692545275801, 1},
    {"weibull", "shape=0.75 scale=10", 1, 1000, 0, 0},
    {"normal", "mean=5 sd=2", -INF, INF, 5, 29},
    {"normal", "mean=0 sd=1", 0, INF, 0.79788456080286536, 1},
    {"normal", "mean=0 sd=1", -INF, -4, -4.2256071444894, 0},
    {"normal", "mean=3 sd=1", 2, 4, 3, 0},
    {"lognormal", "mean=1 sigma=1", -INF, INF, 1, M_E},
    {"lognormal", "mean=10 sd=5", -INF, INF, 10, 125},
    {"lognormal", "median=86400 sigma=0.8", -INF, INF, 0, 0},
    {"lognormal", "median=9 sigma=0.6", 4, 20, 0, 0},
    {"lognormal", "median=206 sigma=2.64", -INF, 86400, 0, 0},
    {"hyper-exponential", "probabilities=0.9:0.1 means=0.5:5", -INF, INF, 0.95, 5.45},
    {"hyper-exponential", "probabilities=0.9:0.1 means=0.5:5", 1, 10, 0, 0},
    {"pareto", "shape=5.5 scale=2", -INF, INF, 11.0 / 4.5, 22.0 / 3.5},
    {"pareto", "shape=1.5 scale=1", -INF, 1e6, 0, 0},
    {"pareto", "shape=7 scale=1", 2, INF, 7.0 / 3, 5.6},
    {"bounded-pareto", "shape=1 range=1:2.718281828459045", -INF, INF, M_E / (M_E - 1), M_E},
    {"bounded-pareto", "shape=1.1 range=1:1000", 5, 100, 0, 0},
    {"hyper-gamma", "probability=0.7 shapes=4.2:312 scales=0.94:0.03", -INF, INF,
     0.7 * 3.948 + 0.3 * 9.36, 0},
    {"hyper-gamma", "probability=0.7 shapes=4.2:312 scales=0.94:0.03", -INF, 12, 0, 0},
    {"choice", "values=8*0.7:16*0.3", -INF, INF, 10.4, 121.6},
    {"choice", "values=1*1:2*1:4*1:8*1:16*0", 2, 7, 3, 10},
    {"empirical", "values=3:1:1:7", -INF, INF, 3, 15},
    {"empirical", "values=3:1:1:7", 2, INF, 5, 29},
};

static struct dist *build(const struct row *row)
{
    struct error err = {0};
    struct dist *dist = dist_build(row->kind, row->params, row->min, row->max, &err);
    if (!dist)
        fail_msg("%s %s: %s", row->kind, row->params, err.text);
    return dist;
}

static void assert_near(const struct row *row, const char *what, double got, double want,
                        double eps)
{
    if (!(fabs(got - want) <= eps * fmax(1, fabs(want))))
        fail_msg("%s %s [%g, %g]: %s %.15g, want %.15g", row->kind, row->params, row->min, row->max,
                 what, got, want);
}

static void moments_by_hand(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(dist_free) struct dist *dist = build(&rows[i]);
        if (rows[i].mean != 0)
            assert_near(&rows[i], "mean", dist_mean(dist), rows[i].mean, 1e-9);
        if (rows[i].second != 0)
            assert_near(&rows[i], "second moment", dist_moment(dist, 2), rows[i].second, 1e-9);
    }
}

/* E[X^k] as the integral over p of quantile(p)^k, which uses nothing but the cdf: a check of the
 * closed forms and of the cut moments against something else. */
static void moments_from_quantiles(void **state)
{
    (void)state;
    enum { N = 3000 };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(dist_free) struct dist *dist = build(&rows[i]);
        if (dist_greatest(dist) == INF || dist_least(dist) == -INF)
            continue;
        double sums[3] = {0};
        for (int j = 0; j < N; j++) {
            /* logistic: points gather at both ends, where quantiles run away */
            const double t = 70 * ((j + 0.5) / N - 0.5), p = 1 / (1 + exp(-t));
            const double x = dist_quantile(dist, p);
            for (int k = 0; k < 3; k++)
                sums[k] += gsl_pow_int(x, k + 1) * p / (1 + exp(t)) * 70 / N;
        }
        const double eps = dist->type->discrete ? 2e-2 : 1e-6;
        for (int k = 0; k < 3; k++)
            assert_near(&rows[i], "moment", sums[k] / dist_moment(dist, (int)k + 1), 1, eps);
    }
}

static bool sample_is_fair(const struct dist *dist, struct rng_stream *stream, uint64_t n)
{
    enum { BINS = 40 };
    double edges[BINS], counts[BINS] = {0}, sum = 0;
    for (int i = 0; i < BINS; i++)
        edges[i] = i < BINS - 1 ? dist_quantile(dist, (i + 1.0) / BINS) : INF;
    for (uint64_t i = 0; i < n; i++) {
        const double x = dist_draw(dist, rng_at(stream, i));
        assert_true(x >= dist_least(dist) && x <= dist_greatest(dist));
        sum += x;
        int bin = 0;
        while (x > edges[bin])
            bin++;
        counts[bin]++;
    }
    for (int i = 0; i < BINS; i++) {
        const double below = i ? dist_cdf(dist, edges[i - 1]) : 0;
        const double want = (double)n * (dist_cdf(dist, edges[i]) - below);
        if (fabs(counts[i] - want) > 5 * sqrt(want) + 1e-6 * (double)n)
            return false;
    }
    const double sd = sqrt(dist_variance(dist) / (double)n);
    return !isfinite(sd) || fabs(sum / (double)n - dist_mean(dist)) <= 5 * sd + 1e-12 * fabs(sum);
}

/* Counts of 40 bins and the mean within 5 sigma; four times as many draws before failing. */
static void samples_follow_the_cdf(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(dist_free) struct dist *dist = build(&rows[i]);
        const uint64_t n = dist->mass < 0.1 ? 4000 : 30000;
        struct rng_stream stream;
        rng_stream_init(&stream, (struct rng_seed){1, i}, "test", rows[i].kind);
        if (!sample_is_fair(dist, &stream, n) && !sample_is_fair(dist, &stream, 4 * n))
            fail_msg("%s %s: the sample is not of the distribution", rows[i].kind, rows[i].params);
        rng_stream_deinit(&stream);
    }
}

/* Sampled variance against the moments, where the fourth moment is tame. */
static void sampled_variance(void **state)
{
    (void)state;
    enum { N = 100000 };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(dist_free) struct dist *dist = build(&rows[i]);
        const double mean = dist_mean(dist), variance = dist_variance(dist);
        if (!isfinite(variance) || variance > 4 * mean * mean || dist->mass < 0.1)
            continue;
        struct rng_stream stream;
        rng_stream_init(&stream, (struct rng_seed){2, i}, "test", rows[i].kind);
        double squares = 0, fourth = 0;
        for (uint64_t j = 0; j < N; j++) {
            const double d = dist_draw(dist, rng_at(&stream, j)) - mean;
            squares += d * d;
            fourth += d * d * d * d;
        }
        const double sigma = sqrt(fmax(0, fourth / N - variance * variance) / N);
        assert_near(&rows[i], "variance", squares / N, variance,
                    (5 * sigma + 1e-9) / fmax(1, variance));
        rng_stream_deinit(&stream);
    }
}

static void infinite_moments(void **state)
{
    (void)state;
    AUTO(dist_free) struct dist *dist = dist_build("pareto", "shape=1.5 scale=2", -INF, INF, NULL);
    assert_true(dist_mean(dist) == 6 && dist_variance(dist) == INF && dist_moment(dist, 3) == INF);
    AUTO(dist_free) struct dist *heavy = dist_build("pareto", "shape=1 scale=2", 5, INF, NULL);
    assert_true(dist_mean(heavy) == INF);
    AUTO(dist_free) struct dist *cut = dist_build("pareto", "shape=1 scale=1", -INF, M_E, NULL);
    assert_true(fabs(dist_mean(cut) - M_E / (M_E - 1)) < 1e-12);
}

static void counts(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *params;
        double mean;
    } table[] = {
        {"constant", "value=12", 12},
        {"constant", "value=0.2", 1},
        {"choice", "values=1*0.5:4*0.5", 2.5},
        {"uniform", "range=0.5:10.5", 5.5},
        {"uniform", "range=0.5:1000000.5", 500000.5},
        {"uniform", "range=-10:0", 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        AUTO(dist_free)
        struct dist *dist = dist_build(table[i].kind, table[i].params, -INF, INF, NULL);
        if (!(fabs(dist_mean_count(dist) / table[i].mean - 1) < 1e-6))
            fail_msg("%s: %.12g", table[i].params, dist_mean_count(dist));
        struct rng_stream stream;
        rng_stream_init(&stream, (struct rng_seed){3, i}, "test", "count");
        double sum = 0;
        for (uint64_t j = 0; j < 20000; j++)
            sum += dist_draw_count(dist, rng_at(&stream, j));
        assert_true(fabs(sum / 20000 / table[i].mean - 1) < 0.03);
        rng_stream_deinit(&stream);
    }
}

static void bad_parameters(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *params;
        double min, max;
        const char *want;
    } table[] = {
        {"exponential", "mean=0", -INF, INF, "mean must be above 0, not 0"},
        {"exponential", "mean=nan", -INF, INF, "mean must be above 0, not nan"},
        {"exponential", "mean=1", 20, INF, "min and max leave less than 1e-6 of the probability"},
        {"exponential", "mean=1", 3, 2, "min 3 is above max 2"},
        {"uniform", "range=3:2", -INF, INF,
         "range: the least value comes first, [least, greatest]"},
        {"uniform", "range=3", -INF, INF, "range needs two values, [least, greatest], not 1"},
        {"log-uniform", "range=0:2", -INF, INF, "range must begin above 0, not at 0"},
        {"erlang", "mean=1 stages=0", -INF, INF, "stages: 0 is outside [1, 10000]"},
        {"gamma", "shape=1e9 scale=1", -INF, INF, "shape: 1e+09 is outside [0.001, 10000]"},
        {"gamma", "shape=1 scale=1 mean=1", -INF, INF, "give either scale or mean, not both"},
        {"lognormal", "mean=1 median=1 sigma=1", -INF, INF, "give either mean or median, not both"},
        {"lognormal", "median=1 sd=1", -INF, INF, "sd goes with mean; beside median give sigma"},
        {"lognormal", "median=1", -INF, INF, "needs sigma or sd, above 0"},
        {"hyper-exponential", "probabilities=0.5:0.4 means=1:2", -INF, INF,
         "probabilities must add up to 1, not 0.9"},
        {"hyper-exponential", "probabilities=1 means=1:2", -INF, INF,
         "1 probabilities for 2 means"},
        {"choice", "values=1*-1:2*3", -INF, INF, "the weight of 1 must be 0 or more, not -1"},
        {"choice", "values=1*0", -INF, INF, "the weights must add up to more than 0, not 0"},
        {"choice", "", -INF, INF, "needs at least one value"},
        {"empirical", "", -INF, INF, "give either values or a file"},
        {"empirical", "file=/no/such/file", -INF, INF, "/no/such/file: No such file or directory"},
        {"weibull", "shape=0.01 mean=1e-300", -INF, INF, "scale or mean must be above 0, not 0"},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct error err = {0};
        assert_null(dist_build(table[i].kind, table[i].params, table[i].min, table[i].max, &err));
        assert_string_equal(err.text, table[i].want);
    }
}

static void with_file(const char *text, size_t len, double *ret_mean, struct error *err)
{
    char path[] = "/tmp/jishi-dist-XXXXXX", params[64];
    const int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, text, len) == (ssize_t)len);
    close(fd);
    snprintf(params, sizeof(params), "file=%s unit=60", path);
    AUTO(dist_free) struct dist *dist = dist_build("empirical", params, -INF, INF, err);
    *ret_mean = dist ? dist_mean(dist) : -1;
    unlink(path);
}

static void empirical_files(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double mean;
        const char *want; /* the end of the message */
    } table[] = {
        {"# seen\n1,3\n 5 , 1 # rare\n\n", 120, NULL},
        {"1 3\r\n5\t1\r\n", 120, NULL},
        {"1\n5", 180, NULL},
        {"1,2\nx\n", -1, ": line 2 holds no `value` or `value,weight`: `x`"},
        {"1,2\n2,-1\n", -1, ": line 2: the weight must be 0 or more, not -1"},
        {"1,2,3\n", -1, ": line 1: `,3` after the weight"},
        {"nan\n", -1, ": line 1 holds no `value` or `value,weight`: `nan`"},
        {"# nothing\n", -1, ": needs at least one value"},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct error err = {0};
        double mean;
        with_file(table[i].text, strlen(table[i].text), &mean, &err);
        assert_true(fabs(mean - table[i].mean) < 1e-12);
        if (table[i].want) {
            assert_non_null(strchr(err.text, ':'));
            assert_string_equal(strchr(err.text, ':'), table[i].want);
        }
    }
    char *zeros = mem_new(100000, 1);
    struct error err = {0};
    double mean;
    with_file(zeros, 100000, &mean, &err);
    assert_non_null(strstr(err.text, "line 1 has more than 254 characters, or a zero byte"));
    free(zeros);
}

/* Far corners of the allowed parameters: no call of GSL may meet its error handler. */
static void extremes_do_not_stop(void **state)
{
    (void)state;
    static const double shapes[] = {1e-3, 0.1, 1, 30, 500, 9999.5, 1e4};
    static const double at[] = {0, 1e-300, 1e-9, 0.1, 1, 10, 1e3, 9e3, 1e4, 1.1e4, 1e5, 1e9, 1e300};
    struct rng_stream stream;
    rng_stream_init(&stream, (struct rng_seed){4, 1}, "test", "extremes");
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
        AUTO(dist_free) struct dist *dist = dist_gamma(shapes[i], 1, INF, UNIT_NONE, NULL);
        double last = 0;
        for (size_t j = 0; j < ARRAY_LEN(at); j++) {
            const double p = dist_cdf(dist, at[j]);
            assert_true(p >= last && p <= 1);
            last = p;
        }
        for (double p = 1e-5; p < 1; p += 0.0999) {
            AUTO(dist_free)
            struct dist *cut = dist_gamma(shapes[i], 1, dist_quantile(dist, p), UNIT_NONE, NULL);
            if (!cut)
                continue;
            assert_true(dist_mean(cut) <= dist_mean(dist) * (1 + 1e-9) + 1e-300);
            for (uint64_t n = 0; n < 20; n++)
                assert_true(dist_draw(cut, rng_at(&stream, n)) <= dist_greatest(cut));
        }
    }
    rng_stream_deinit(&stream);
}

static void constants(void **state)
{
    (void)state;
    double value = 0;
    AUTO(dist_free) struct dist *five = dist_constant(5, UNIT_TIME);
    assert_true(dist_is_constant(five, &value) && value == 5 && dist_variance(five) == 0);
    AUTO(dist_free) struct dist *one = dist_build("choice", "values=1*2:3*4", 2, INF, NULL);
    assert_true(dist_is_constant(one, &value) && value == 3);
    AUTO(dist_free) struct dist *not = dist_build("exponential", "mean=1", -INF, INF, NULL);
    assert_false(dist_is_constant(not, &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_by_hand),        cmocka_unit_test(moments_from_quantiles),
        cmocka_unit_test(samples_follow_the_cdf), cmocka_unit_test(sampled_variance),
        cmocka_unit_test(infinite_moments),       cmocka_unit_test(counts),
        cmocka_unit_test(bad_parameters),         cmocka_unit_test(empirical_files),
        cmocka_unit_test(extremes_do_not_stop),   cmocka_unit_test(constants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
