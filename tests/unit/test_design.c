/* Designs: what each promises of its points, and the same bytes for a seed for ever. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/design.h"
#include "util/mem.h"
#include "util/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- helpers --- */

/* A design by its name and the one number that it takes, if any. */
static int make(const char *name, int64_t number, const struct design_factor *factors, size_t n,
                uint64_t seed, struct design *ret, struct error *err)
{
    const struct kinded chosen = {kind_find(&design_kinds, name), &number};
    assert_non_null(chosen.kind);
    assert_true(chosen.kind->size == 0 || chosen.kind->size == sizeof(number));
    const struct design_input input = {factors, n, seed};
    return design_make(&chosen, &input, ret, err);
}

static struct design made(const char *name, int64_t number, const struct design_factor *factors,
                          size_t n, uint64_t seed)
{
    struct design design;
    struct error err;
    if (make(name, number, factors, n, seed, &design, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(design.factors, n);
    return design;
}

struct range {
    struct numbers range;
};

static struct dist *range_dist(const char *type, double lo, double hi)
{
    struct range *params = mem_new(1, sizeof(*params));
    double *values = mem_new(2, sizeof(*values));
    values[0] = lo;
    values[1] = hi;
    params->range = (struct numbers){values, 2};
    const struct kind *kind = kind_find(&dist_kinds, type);
    assert_int_equal(kind->size, sizeof(*params));
    return dist_new((const struct dist_type *)kind, params, -HUGE_VAL, HUGE_VAL, UNIT_NONE, NULL);
}

enum { CUBE_MAX = 41 };
static char names[CUBE_MAX][8];

/* Factors uniform on [0, 1), all of one distribution. */
static void cube(struct design_factor *factors, size_t n, const struct dist *unit)
{
    for (size_t i = 0; i < n; i++) {
        snprintf(names[i], sizeof(names[i]), "x%zu", i);
        factors[i] = (struct design_factor){.name = names[i], .dist = unit};
    }
}

/* --- by level --- */

static void grid_takes_every_level_with_every_other(void **state)
{
    (void)state;
    const struct design_factor factors[] = {{"a", 2}, {"b", 3}};
    struct design design = made("grid", 0, factors, 2, 1);
    assert_int_equal(design.points, 6);
    for (size_t p = 0; p < 6; p++) {
        assert_int_equal(design_level(&design, p, 0), p / 3);
        assert_int_equal(design_level(&design, p, 1), p % 3);
    }
    design_deinit(&design);
}

static void grid_cuts_distributions(void **state)
{
    (void)state;
    struct dist *even = range_dist("uniform", 10, 20), *log = range_dist("log-uniform", 1, 100);
    const struct design_factor factors[] = {{.name = "a", .dist = even},
                                            {.name = "b", .dist = log},
                                            {.name = "c", .dist = even, .whole = true}};
    struct design design = made("grid", 3, factors, 3, 1);
    assert_int_equal(design.points, 27);
    static const double want[3][3] = {{10, 15, 20}, {1, 10, 100}, {10, 15, 20}};
    for (size_t p = 0; p < 27; p++)
        for (size_t f = 0; f < 3; f++) {
            const size_t level = p / (f == 0 ? 9 : f == 1 ? 3 : 1) % 3;
            assert_true(fabs(design_value(&design, p, f) - want[f][level]) < 1e-9);
        }
    design_deinit(&design);
    design = made("grid", 4, &factors[2], 1, 1);
    static const double whole[] = {10, 13, 17, 20};
    for (size_t p = 0; p < 4; p++)
        assert_true(design_value(&design, p, 0) == whole[p]);
    design_deinit(&design);
    dist_free(even);
    dist_free(log);
}

static void list_takes_levels_together(void **state)
{
    (void)state;
    const struct design_factor factors[] = {{"a", 4}, {"b", 4}};
    struct design design = made("list", 0, factors, 2, 1);
    assert_int_equal(design.points, 4);
    for (size_t p = 0; p < 4; p++)
        for (size_t f = 0; f < 2; f++)
            assert_int_equal(design_level(&design, p, f), p);
    design_deinit(&design);
}

static void one_at_a_time_leaves_the_rest_at_the_base(void **state)
{
    (void)state;
    struct dist *even = range_dist("uniform", 0, 8);
    const struct design_factor factors[] = {{"a", 3}, {.name = "b", .dist = even}};
    static const double want[][2] = {{0, 4}, {1, 4}, {2, 4}, {0, 0}, {0, 2}, {0, 6}, {0, 8}};
    struct design design = made("one-at-a-time", 5, factors, 2, 1);
    assert_int_equal(design.points, ARRAY_LEN(want));
    for (size_t p = 0; p < design.points; p++)
        for (size_t f = 0; f < 2; f++)
            assert_true(fabs(design_value(&design, p, f) - want[p][f]) < 1e-9);
    design_deinit(&design);
    dist_free(even);
}

/* --- in the cube --- */

/* How often each of `n` things was taken by a column. */
static void count_strata(const struct design *design, size_t factor, size_t n, double width,
                         size_t *ret)
{
    memset(ret, 0, n * sizeof(*ret));
    for (size_t p = 0; p < design->points; p++) {
        const double at = design_value(design, p, factor) / width;
        assert_true(at >= 0 && at < (double)n);
        ret[(size_t)at]++;
    }
}

/* A latin hypercube by its definition; a shifted Sobol sequence of 2^m points has it too. */
static void each_stratum_is_taken_once(void **state)
{
    (void)state;
    static const char *const designs[] = {"latin-hypercube", "sobol"};
    struct dist *unit = range_dist("uniform", 0, 1);
    struct design_factor factors[7];
    size_t counts[256];
    cube(factors, 7, unit);
    for (size_t d = 0; d < 2; d++)
        for (uint64_t seed = 0; seed < 20; seed++) {
            struct design design = made(designs[d], 256, factors, 7, seed);
            assert_int_equal(design.points, 256);
            for (size_t f = 0; f < 7; f++) {
                /* where the shift puts points is a matter of 2^-30; strata begin at the least */
                double least = 1;
                for (size_t p = 0; p < 256 && d == 1; p++)
                    least = fmin(least, design_value(&design, p, f));
                for (size_t p = 0; p < 256 && d == 1; p++)
                    design.cells[p * 7 + f] -= least - 1e-6;
                count_strata(&design, f, 256, 1.0 / 256, counts);
                for (size_t i = 0; i < 256; i++)
                    assert_int_equal(counts[i], 1);
            }
            design_deinit(&design);
        }
    dist_free(unit);
}

static void levels_are_balanced(void **state)
{
    (void)state;
    static const char *const designs[] = {"latin-hypercube", "sobol"};
    const struct design_factor factors[] = {{"a", 4}, {"b", 3}, {"c", 5}, {"d", 2}};
    for (size_t d = 0; d < 2; d++)
        for (uint64_t seed = 0; seed < 20; seed++) {
            struct design design = made(designs[d], 64, factors, 4, seed);
            for (size_t f = 0; f < 4; f++) {
                size_t counts[5];
                count_strata(&design, f, factors[f].levels, 1, counts);
                for (size_t i = 0; i < factors[f].levels; i++)
                    assert_true(fabs((double)counts[i] - 64.0 / (double)factors[f].levels) <
                                (d == 0 && 64 % factors[f].levels == 0 ? 0.5 : 2));
            }
            design_deinit(&design);
        }
}

/* Centred L2 discrepancy, squared (Hickernell, Math. Comp. 67, 1998). */
static double discrepancy(const struct design *design)
{
    const double n = (double)design->points;
    double once = 0, twice = 0;
    for (size_t p = 0; p < design->points; p++) {
        double product = 1;
        for (size_t f = 0; f < design->factors; f++) {
            const double a = fabs(design_value(design, p, f) - 0.5);
            product *= 1 + a / 2 - a * a / 2;
        }
        once += product;
        for (size_t q = 0; q < design->points; q++) {
            product = 1;
            for (size_t f = 0; f < design->factors; f++) {
                const double x = design_value(design, p, f), y = design_value(design, q, f);
                product *= 1 + fabs(x - 0.5) / 2 + fabs(y - 0.5) / 2 - fabs(x - y) / 2;
            }
            twice += product;
        }
    }
    return pow(13.0 / 12, (double)design->factors) - 2 / n * once + twice / n / n;
}

static double mean_discrepancy(const char *name, const struct design_factor *factors, size_t n)
{
    double sum = 0;
    for (uint64_t seed = 0; seed < 10; seed++) {
        struct design design = made(name, 256, factors, n, seed);
        sum += discrepancy(&design);
        design_deinit(&design);
    }
    return sum / 10;
}

static void sobol_is_more_even_than_latin_than_chance(void **state)
{
    (void)state;
    struct dist *unit = range_dist("uniform", 0, 1);
    struct design_factor factors[4];
    cube(factors, 4, unit);
    const double random = mean_discrepancy("random", factors, 4);
    const double latin = mean_discrepancy("latin-hypercube", factors, 4);
    const double sobol = mean_discrepancy("sobol", factors, 4);
    print_message("# squared discrepancy: random %g, latin hypercube %g, sobol %g\n", random, latin,
                  sobol);
    assert_true(latin < random / 1.5);
    assert_true(sobol < latin / 2);
    dist_free(unit);
}

static void another_factor_changes_no_column(void **state)
{
    (void)state;
    static const char *const designs[] = {"latin-hypercube", "random", "sobol"};
    struct dist *unit = range_dist("uniform", 0, 1);
    struct design_factor factors[5];
    cube(factors, 5, unit);
    for (size_t d = 0; d < ARRAY_LEN(designs); d++) {
        struct design few = made(designs[d], 50, factors, 4, 3);
        struct design more = made(designs[d], 50, factors, 5, 3);
        struct design other = made(designs[d], 50, factors, 4, 4);
        size_t same = 0;
        for (size_t p = 0; p < 50; p++)
            for (size_t f = 0; f < 4; f++) {
                assert_true(design_value(&few, p, f) == design_value(&more, p, f));
                same += design_value(&few, p, f) == design_value(&other, p, f);
            }
        assert_int_equal(same, 0);
        design_deinit(&few);
        design_deinit(&more);
        design_deinit(&other);
    }
    dist_free(unit);
}

static void more_points_begin_with_the_fewer(void **state)
{
    (void)state;
    static const char *const designs[] = {"random", "sobol"};
    struct dist *unit = range_dist("uniform", 0, 1);
    struct design_factor factors[3];
    cube(factors, 3, unit);
    for (size_t d = 0; d < ARRAY_LEN(designs); d++) {
        struct design few = made(designs[d], 10, factors, 3, 3);
        struct design more = made(designs[d], 100, factors, 3, 3);
        assert_memory_equal(few.cells, more.cells, 30 * sizeof(*few.cells));
        design_deinit(&few);
        design_deinit(&more);
    }
    dist_free(unit);
}

/* Quantiles: the median of the values is that of the distribution, and log-uniform is even in the
 * logarithm. */
static void values_follow_the_distribution(void **state)
{
    (void)state;
    struct dist *log = range_dist("log-uniform", 1, 10000), *even = range_dist("uniform", 1, 4);
    const struct design_factor factors[] = {{.name = "a", .dist = log},
                                            {.name = "b", .dist = even, .whole = true}};
    struct design design = made("latin-hypercube", 4000, factors, 2, 1);
    size_t decades[4] = {0}, whole[5] = {0};
    for (size_t p = 0; p < 4000; p++) {
        decades[(size_t)log10(design_value(&design, p, 0))]++;
        const double value = design_value(&design, p, 1);
        assert_true(value == floor(value) && value >= 1 && value <= 4);
        whole[(size_t)value]++;
    }
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(decades[i], 1000);
    assert_int_equal(whole[2], 4000 / 3);
    design_deinit(&design);
    dist_free(log);
    dist_free(even);
}

/* --- what is refused, and bytes --- */

static void errors_say_what_is_wrong(void **state)
{
    (void)state;
    struct dist *unit = range_dist("uniform", 0, 1);
    struct design_factor many[CUBE_MAX];
    cube(many, CUBE_MAX, unit);
    const struct design_factor uneven[] = {{"a", 2}, {"b", 3}}, big[] = {{"a", 5000}, {"b", 5000}};
    const struct design_factor endless[] = {{"a", 2}, {.name = "b", .dist = unit}};
    const struct {
        const char *name;
        int64_t number;
        const struct design_factor *factors;
        size_t n;
        const char *want;
    } rows[] = {
        {"sobol", 8, many, 41,
         "sobol: 41 factors: the sequence is known for 40 at most; latin-hypercube takes any "
         "number"},
        {"list", 0, uneven, 2, "list: a has 2 levels and b has 3; each point takes one of each"},
        {"list", 0, endless, 2, "list: b has no levels: list its values"},
        {"grid", 0, endless, 2, "grid: b has no levels: list its values, or say how many `levels`"},
        {"grid", 0, big, 2, "grid: too many points: at most 10000000 of 2 factors"},
        {"random", DESIGN_CELLS_MAX, endless, 2,
         "random: too many points: at most 10000000 of 2 factors"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct design design;
        struct error err;
        assert_int_equal(
            make(rows[i].name, rows[i].number, rows[i].factors, rows[i].n, 1, &design, &err), -1);
        assert_string_equal(err.text, rows[i].want);
        assert_null(design.cells);
    }
    struct design design = made("sobol", 8, many, 40, 1);
    design_deinit(&design);
    dist_free(unit);
}

static void check_is_of_the_parameters(void **state)
{
    (void)state;
    const struct kind *kind = kind_find(&design_kinds, "one-at-a-time");
    struct error err;
    int64_t even = 4, odd = 5;
    assert_int_equal(kind->check(&odd, &err), 0);
    assert_int_equal(kind->check(&even, &err), -1);
    assert_string_equal(err.text, "levels: an odd number is needed, so that one is the median");
}

static void one_seed_one_table(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t want;
    } rows[] = {
        {"latin-hypercube", UINT64_C(0xFFD8B52349C3581C)},
        {"random", UINT64_C(0x085872EDE192972A)},
        {"sobol", UINT64_C(0x5CFCE2BE6E81F6A0)},
    };
    struct dist *unit = range_dist("uniform", 0, 1);
    const struct design_factor factors[] = {
        {.name = "centres.shop.partitions.p.nodes", .dist = unit},
        {"b", 3},
        {.name = "c", .dist = unit}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct design design = made(rows[i].name, 100, factors, 3, 20230101);
        const uint64_t got =
            rng_hash(0, design.cells, design.points * design.factors * sizeof(*design.cells));
        if (got != rows[i].want)
            fail_msg("%s: 0x%016llX", rows[i].name, (unsigned long long)got);
        design_deinit(&design);
    }
    dist_free(unit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grid_takes_every_level_with_every_other),
        cmocka_unit_test(grid_cuts_distributions),
        cmocka_unit_test(list_takes_levels_together),
        cmocka_unit_test(one_at_a_time_leaves_the_rest_at_the_base),
        cmocka_unit_test(each_stratum_is_taken_once),
        cmocka_unit_test(levels_are_balanced),
        cmocka_unit_test(sobol_is_more_even_than_latin_than_chance),
        cmocka_unit_test(another_factor_changes_no_column),
        cmocka_unit_test(more_points_begin_with_the_fewer),
        cmocka_unit_test(values_follow_the_distribution),
        cmocka_unit_test(errors_say_what_is_wrong),
        cmocka_unit_test(check_is_of_the_parameters),
        cmocka_unit_test(one_seed_one_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
