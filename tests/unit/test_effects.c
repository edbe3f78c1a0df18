/* Effects of factors against functions whose effects are known exactly. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/effects.h"
#include "util/mem.h"
#include "util/rng.h"

#include <gsl/gsl_math.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct range {
    struct numbers range;
};

static struct dist *uniform(double lo, double hi)
{
    struct range *params = mem_new(1, sizeof(*params));
    double *values = mem_new(2, sizeof(*values));
    values[0] = lo;
    values[1] = hi;
    params->range = (struct numbers){values, 2};
    return dist_new((const struct dist_type *)kind_find(&dist_kinds, "uniform"), params, -HUGE_VAL,
                    HUGE_VAL, UNIT_NONE, NULL);
}

static struct design made(const char *name, int64_t number, const struct design_factor *factors,
                          size_t n, uint64_t seed)
{
    const struct kinded chosen = {kind_find(&design_kinds, name), &number};
    const struct design_input input = {factors, n, seed};
    struct design design;
    struct error err;
    if (design_make(&chosen, &input, &design, &err) < 0)
        fail_msg("%s", err.text);
    return design;
}

/* A measure at each point. To be freed. */
static double *measured(const struct design *design, double (*f)(const double *x))
{
    double *values = mem_new(design->points, sizeof(*values));
    for (size_t p = 0; p < design->points; p++)
        values[p] = f(&design->cells[p * design->factors]);
    return values;
}

static void near(double got, double want, double within, const char *what)
{
    if (!(fabs(got - want) <= within))
        fail_msg("%s: %.6f, not %.6f within %g", what, got, want, within);
}

/* --- main effects --- */

static double two_way(const double *x)
{
    static const double a[] = {1, 4}, b[] = {-3, 0, 3};
    return 10 + a[(size_t)x[0]] + b[(size_t)x[1]];
}

/* Means 12.5 of the whole; a explains 2.25 of the variance 2.25 + 6. Replications that differ by
 * the same everywhere say nothing against an effect; +-1 about the means of two is Student's
 * 12.7062 x 1. */
static void effects_of_a_grid_are_exact(void **state)
{
    (void)state;
    const struct design_factor factors[] = {{"a", 2}, {"b", 3}};
    struct design design = made("grid", 0, factors, 2, 1);
    double values[12];
    for (size_t p = 0; p < 6; p++)
        for (size_t r = 0; r < 2; r++)
            values[2 * p + r] = two_way(&design.cells[2 * p]) + (r ? 1 : -1);
    const struct effects_input input = {.factors = factors,
                                        .design = &design,
                                        .values = values,
                                        .replications = 2,
                                        .confidence = 0.95};
    struct factor_effects got[2];
    size_t left_out;
    effects_main(&input, got, &left_out);
    assert_int_equal(left_out, 0);
    assert_int_equal(got[0].len, 2);
    assert_int_equal(got[1].len, 3);
    near(got[0].share, 2.25 / 8.25, 1e-12, "share of a");
    near(got[1].share, 6 / 8.25, 1e-12, "share of b");
    for (size_t g = 0; g < 3; g++) {
        const struct effect *effect = &got[1].items[g];
        assert_int_equal(effect->points, 2);
        near(effect->effect.value, 3 * ((double)g - 1), 1e-12, "effect of b");
        near(effect->effect.lo, effect->effect.value, 1e-12, "low");
        near(effect->effect.hi, effect->effect.value, 1e-12, "high");
        near(effect->mean.value, 12.5 + 3 * ((double)g - 1), 1e-12, "mean");
        near(effect->mean.hi - effect->mean.value, 12.7062, 1e-4, "half width");
    }
    effects_deinit(&got[0]);
    effects_deinit(&got[1]);
    design_deinit(&design);
}

static void points_that_lack_a_run_are_left_out(void **state)
{
    (void)state;
    const struct design_factor factors[] = {{"a", 3}};
    struct design design = made("grid", 0, factors, 1, 1);
    const double values[] = {1, 3, (double)NAN, 5, 7, 9};
    const struct effects_input input = {.factors = factors,
                                        .design = &design,
                                        .values = values,
                                        .replications = 2,
                                        .confidence = 0.95};
    struct factor_effects got;
    size_t left_out;
    effects_main(&input, &got, &left_out);
    assert_int_equal(left_out, 1);
    assert_int_equal(got.items[1].points, 0);
    assert_true(isnan(got.items[1].mean.value) && isnan(got.items[1].effect.value));
    near(got.items[0].effect.value, -3, 1e-12, "effect");
    near(got.items[2].effect.value, 3, 1e-12, "effect");
    near(got.share, 1, 1e-12, "share");
    effects_deinit(&got);
    design_deinit(&design);
}

static double additive(const double *x)
{
    return 5 + 1 * x[0] + 2 * x[1] + 3 * x[2] + 0 * x[3];
}
static const double additive_shares[] = {1.0 / 14, 4.0 / 14, 9.0 / 14, 0};

/* Of five groups of a straight line the means explain 24/25. */
static void effects_of_drawn_points(void **state)
{
    (void)state;
    struct dist *unit = uniform(0, 1);
    const struct design_factor factors[] = {{.name = "a", .dist = unit},
                                            {.name = "b", .dist = unit},
                                            {.name = "c", .dist = unit},
                                            {.name = "d", .dist = unit}};
    struct design design = made("latin-hypercube", 2000, factors, 4, 1);
    double *values = measured(&design, additive);
    const struct effects_input input = {.factors = factors,
                                        .design = &design,
                                        .values = values,
                                        .replications = 1,
                                        .drawn = true,
                                        .confidence = 0.95};
    struct factor_effects got[4];
    size_t left_out;
    effects_main(&input, got, &left_out);
    for (size_t f = 0; f < 4; f++) {
        near(got[f].share, 0.96 * additive_shares[f], 0.03, factors[f].name);
        assert_int_equal(got[f].len, 5);
        for (size_t g = 0; g < 5; g++) {
            const struct effect *effect = &got[f].items[g];
            assert_int_equal(effect->points, 400);
            near(effect->from, (double)g / 5, 0.001, "from");
            near(effect->to, (double)(g + 1) / 5, 0.001, "to");
            const double want = (f < 3 ? (double)f + 1 : 0) * ((double)g / 5 - 0.4);
            near(effect->effect.value, want, 0.15, factors[f].name);
            assert_true(effect->effect.lo < effect->effect.value &&
                        effect->effect.value < effect->effect.hi);
        }
        effects_deinit(&got[f]);
    }
    free(values);
    design_deinit(&design);
    dist_free(unit);
}

/* --- Sobol indices --- */

static void sobol_of(const struct design_factor *factors, size_t n, int64_t blocks, uint64_t seed,
                     double (*f)(const double *x), struct sobol_indices *ret)
{
    struct design design = made("saltelli", blocks, factors, n, seed);
    assert_int_equal(design.points, (size_t)blocks * (n + 2));
    double *values = measured(&design, f);
    size_t left_out;
    const struct effects_input input = {.factors = factors,
                                        .design = &design,
                                        .values = values,
                                        .replications = 1,
                                        .confidence = 0.95,
                                        .seed = seed};
    effects_sobol(&input, ret, &left_out);
    assert_int_equal(left_out, 0);
    free(values);
    design_deinit(&design);
}

static double ishigami(const double *x)
{
    return sin(x[0]) + 7 * pow(sin(x[1]), 2) + 0.1 * pow(x[2], 4) * sin(x[0]);
}

/* Ishigami and Homma (1990), a = 7, b = 0.1: the variance in parts, in closed form. */
static void indices_of_ishigami(void **state)
{
    (void)state;
    const double pi4 = pow(M_PI, 4), b = 0.1, a = 7;
    const double v1 = pow(1 + b * pi4 / 5, 2) / 2, v2 = a * a / 8;
    const double v13 = b * b * pi4 * pi4 * (1.0 / 18 - 1.0 / 50), v = v1 + v2 + v13;
    const double first[] = {v1 / v, v2 / v, 0}, total[] = {(v1 + v13) / v, v2 / v, v13 / v};
    struct dist *angle = uniform(-M_PI, M_PI);
    const struct design_factor factors[] = {{.name = "x1", .dist = angle},
                                            {.name = "x2", .dist = angle},
                                            {.name = "x3", .dist = angle}};
    struct sobol_indices got[3];
    sobol_of(factors, 3, 4096, 1, ishigami, got);
    for (size_t f = 0; f < 3; f++) {
        near(got[f].first.value, first[f], 0.01, factors[f].name);
        near(got[f].total.value, total[f], 0.01, factors[f].name);
        assert_true(got[f].first.lo <= first[f] && first[f] <= got[f].first.hi);
        assert_true(got[f].total.lo <= total[f] && total[f] <= got[f].total.hi);
    }
    dist_free(angle);
}

static void indices_of_an_additive_function(void **state)
{
    (void)state;
    struct dist *unit = uniform(0, 1);
    const struct design_factor factors[] = {{.name = "a", .dist = unit},
                                            {.name = "b", .dist = unit},
                                            {.name = "c", .dist = unit},
                                            {.name = "d", .dist = unit}};
    struct sobol_indices got[4];
    sobol_of(factors, 4, 1024, 1, additive, got);
    for (size_t f = 0; f < 4; f++) {
        near(got[f].first.value, additive_shares[f], 0.02, factors[f].name);
        near(got[f].total.value, additive_shares[f], 0.02, factors[f].name);
    }
    near(got[3].total.value, 0, 0, "a factor that does nothing");
    dist_free(unit);
}

/* Levels have no order: any table of a measure will do, and its parts are sums over the table. */
static double table_of(const double *x)
{
    static const double table[2][3] = {{1, 5, 2}, {0, 3, 9}};
    return table[(size_t)x[0]][(size_t)x[1]];
}

static void indices_of_levels(void **state)
{
    (void)state;
    const struct design_factor factors[] = {{"a", 2}, {"b", 3}};
    double mean = 0, square = 0, rows[2] = {0}, columns[3] = {0}, v_a = 0, v_b = 0;
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < 3; j++) {
            const double y = table_of((double[]){(double)i, (double)j});
            mean += y / 6;
            square += y * y / 6;
            rows[i] += y / 3;
            columns[j] += y / 2;
        }
    for (size_t i = 0; i < 2; i++)
        v_a += pow(rows[i] - mean, 2) / 2;
    for (size_t j = 0; j < 3; j++)
        v_b += pow(columns[j] - mean, 2) / 3;
    const double v = square - mean * mean;
    struct sobol_indices got[2];
    sobol_of(factors, 2, 4096, 1, table_of, got);
    near(got[0].first.value, v_a / v, 0.01, "a");
    near(got[1].first.value, v_b / v, 0.01, "b");
    near(got[0].total.value, 1 - v_b / v, 0.01, "a in total");
    near(got[1].total.value, 1 - v_a / v, 0.01, "b in total");
}

/* Of 200 experiments of 128 blocks each: all but always, as a sequence errs less than chance. */
static void intervals_cover(void **state)
{
    (void)state;
    struct dist *unit = uniform(0, 1);
    const struct design_factor factors[] = {{.name = "a", .dist = unit},
                                            {.name = "b", .dist = unit},
                                            {.name = "c", .dist = unit},
                                            {.name = "d", .dist = unit}};
    size_t first = 0, total = 0;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct sobol_indices got[4];
        sobol_of(factors, 4, 128, seed, additive, got);
        for (size_t f = 0; f < 3; f++) {
            first += got[f].first.lo <= additive_shares[f] && additive_shares[f] <= got[f].first.hi;
            total += got[f].total.lo <= additive_shares[f] && additive_shares[f] <= got[f].total.hi;
        }
    }
    print_message("# covered: first %.3f, total %.3f\n", (double)first / 600, (double)total / 600);
    assert_true(first >= 558 && total >= 558); /* 93 % */
    dist_free(unit);
}

static double constant(const double *x)
{
    (void)x;
    return 0.1;
}

static void what_does_not_vary_has_no_indices(void **state)
{
    (void)state;
    const struct design_factor factors[] = {{"a", 2}, {"b", 3}};
    struct sobol_indices got[2];
    sobol_of(factors, 2, 32, 1, constant, got);
    assert_true(isnan(got[0].first.value) && isnan(got[0].total.value) && isnan(got[1].first.lo));
}

static void blocks_that_lack_a_run_are_left_out(void **state)
{
    (void)state;
    const struct design_factor factors[] = {{"a", 2}, {"b", 3}};
    struct design design = made("saltelli", 64, factors, 2, 1);
    double *one = measured(&design, table_of);
    double *values = mem_new(2 * design.points, sizeof(*values));
    for (size_t i = 0; i < design.points; i++) {
        values[2 * i] = one[i] + 1;
        values[2 * i + 1] = one[i] - 1;
    }
    values[2 * 4 + 1] = (double)NAN; /* block 1 */
    struct effects_input input = {.factors = factors,
                                  .design = &design,
                                  .values = values,
                                  .replications = 2,
                                  .confidence = 0.95,
                                  .seed = 1};
    struct sobol_indices got[2], want[2];
    size_t left_out;
    effects_sobol(&input, got, &left_out);
    assert_int_equal(left_out, 1);
    memmove(&one[4], &one[8], (design.points - 8) * sizeof(*one));
    design.points -= 4;
    input.values = one;
    input.replications = 1;
    effects_sobol(&input, want, &left_out);
    assert_int_equal(left_out, 0);
    for (size_t f = 0; f < 2; f++) {
        near(got[f].first.value, want[f].first.value, 1e-12, "first");
        near(got[f].total.hi, want[f].total.hi, 1e-12, "total");
    }
    free(one);
    free(values);
    design_deinit(&design);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(effects_of_a_grid_are_exact),
        cmocka_unit_test(points_that_lack_a_run_are_left_out),
        cmocka_unit_test(effects_of_drawn_points),
        cmocka_unit_test(indices_of_ishigami),
        cmocka_unit_test(indices_of_an_additive_function),
        cmocka_unit_test(indices_of_levels),
        cmocka_unit_test(intervals_cover),
        cmocka_unit_test(what_does_not_vary_has_no_indices),
        cmocka_unit_test(blocks_that_lack_a_run_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
