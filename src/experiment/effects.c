/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/effects.h"

#include "util/mem.h"
#include "util/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RESAMPLES = 1000, GROUPS = 5, POINTS_A_GROUP = 10 };

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Percentiles of what the resamples gave (sorted in place), interpolated between neighbours. */
static void set_interval(struct interval *estimate, double *values, size_t len, double confidence)
{
    size_t kept = 0;
    for (size_t i = 0; i < len; i++)
        if (!isnan(values[i]))
            values[kept++] = values[i];
    estimate->lo = estimate->hi = (double)NAN;
    if (kept < 2)
        return;
    qsort(values, kept, sizeof(*values), ascending);
    double *const ends[2] = {&estimate->lo, &estimate->hi};
    for (int i = 0; i < 2; i++) {
        const double at = (i == 0 ? 1 - confidence : 1 + confidence) / 2 * (double)(kept - 1);
        const size_t below = (size_t)floor(at), above = below + 1 < kept ? below + 1 : below;
        *ends[i] = values[below] + (at - (double)below) * (values[above] - values[below]);
    }
}

/* Resample i of n things into ret. */
static void resample(struct rng_stream *stream, size_t i, size_t n, size_t *ret)
{
    gsl_rng *rng = rng_at(stream, i);
    for (size_t k = 0; k < n; k++)
        ret[k] = gsl_rng_uniform_int(rng, n);
}

static bool differ(const double *values, size_t len)
{
    for (size_t i = 1; i < len; i++)
        if (values[i] != values[0])
            return true;
    return false;
}

/* --- main effects --- */

/* Points that have all replications: which, and what their mean is. */
struct points {
    size_t *rows;  /* of the design */
    double *means; /* of their replications */
    size_t *group; /* of one factor at a time */
    size_t len;
    size_t base; /* among them; SIZE_MAX: effects are told from the mean of all */
};

/* Of a design about a base: is it the base, or does this factor alone set it apart? */
static bool is_aside(const struct effects_input *input, size_t row, size_t factor)
{
    for (size_t f = 0; f < input->design->factors; f++)
        if (f != factor && design_value(input->design, row, f) != design_value(input->design, 0, f))
            return false;
    return true;
}

/* Those that tell of a factor: all, or, where there is a base, those that differ from it in this
 * factor alone. A mean over others would mix what other factors did into it. */
static void points_init(struct points *points, const struct effects_input *input, size_t factor)
{
    const size_t all = input->design->points, reps = input->replications;
    *points = (struct points){.rows = mem_new(all, sizeof(*points->rows)),
                              .means = mem_new(all, sizeof(*points->means)),
                              .group = mem_new(all, sizeof(*points->group)),
                              .base = SIZE_MAX};
    for (size_t p = 0; p < all; p++) {
        double sum = 0;
        for (size_t r = 0; r < reps; r++)
            sum += input->values[p * reps + r];
        if (isnan(sum) || (input->about_base && !is_aside(input, p, factor)))
            continue;
        if (input->about_base && p == 0)
            points->base = 0;
        points->rows[points->len] = p;
        points->means[points->len++] = sum / (double)reps;
    }
    if (input->about_base && points->base == SIZE_MAX)
        points->len = 0; /* there is nothing to differ from */
}

static void points_deinit(struct points *points)
{
    free(points->rows);
    free(points->means);
    free(points->group);
}

struct ranked {
    double value;
    size_t point;
};

static int by_value(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return x->point < y->point ? -1 : x->point > y->point;
}

/* How many groups the points of a distribution make: of drawn ones a few of equal size, none where
 * there are not enough for two; of chosen ones each value by itself. */
static size_t groups_of(const struct effects_input *input, size_t points)
{
    if (!input->drawn)
        return points;
    const size_t groups = points / POINTS_A_GROUP < GROUPS ? points / POINTS_A_GROUP : GROUPS;
    return groups >= 2 ? groups : 0;
}

/* Neighbouring values into groups of equal size; equal values stay together. */
static void group_values(const struct effects_input *input, size_t factor, struct points *points,
                         struct factor_effects *ret)
{
    const size_t n = points->len, groups = groups_of(input, n);
    if (groups == 0)
        return;
    struct ranked *ranked = mem_new(n, sizeof(*ranked));
    for (size_t i = 0; i < n; i++)
        ranked[i] = (struct ranked){design_value(input->design, points->rows[i], factor), i};
    qsort(ranked, n, sizeof(*ranked), by_value);
    ret->items = mem_new(groups, sizeof(*ret->items));
    for (size_t i = 0, last = SIZE_MAX; i < n; i++) {
        const size_t wanted = i * groups / n;
        if (wanted != last && (i == 0 || ranked[i].value != ranked[i - 1].value)) {
            last = wanted;
            ret->items[ret->len++].from = ranked[i].value;
        }
        points->group[ranked[i].point] = ret->len - 1;
        ret->items[ret->len - 1].to = ranked[i].value;
    }
    free(ranked);
}

static void group_levels(const struct effects_input *input, size_t factor, struct points *points,
                         struct factor_effects *ret)
{
    ret->len = input->factors[factor].levels;
    ret->items = mem_new(ret->len, sizeof(*ret->items));
    for (size_t i = 0; i < ret->len; i++)
        ret->items[i].from = ret->items[i].to = (double)i;
    for (size_t i = 0; i < points->len; i++)
        points->group[i] = design_level(input->design, points->rows[i], factor);
}

/* Means by group of values[chosen[i]]; chosen NULL: all. What effects are told from is returned:
 * the mean of the whole, or the value of the base. */
static double group_means(const struct points *points, const double *values, const size_t *chosen,
                          size_t groups, double *ret, size_t *counts)
{
    double whole = 0;
    memset(ret, 0, groups * sizeof(*ret));
    memset(counts, 0, groups * sizeof(*counts));
    for (size_t i = 0; i < points->len; i++) {
        const size_t k = chosen ? chosen[i] : i;
        ret[points->group[k]] += values[k];
        counts[points->group[k]]++;
        whole += values[k];
    }
    for (size_t g = 0; g < groups; g++)
        ret[g] = counts[g] ? ret[g] / (double)counts[g] : (double)NAN;
    return points->base != SIZE_MAX ? values[points->base] : whole / (double)points->len;
}

static double share_of(const struct points *points, const struct factor_effects *effects,
                       double whole, bool drawn)
{
    double between = 0, total = 0, used = 0;
    for (size_t i = 0; i < points->len; i++) {
        const double away = points->means[i] - whole;
        const double explained = effects->items[points->group[i]].effect.value;
        total += away * away;
        between += explained * explained;
    }
    for (size_t g = 0; g < effects->len; g++)
        used += effects->items[g].points > 0;
    if (!differ(points->means, points->len))
        return (double)NAN;
    if (!drawn)
        return between / total;
    const double within = (total - between) / ((double)points->len - used);
    return fmax(0, (between - (used - 1) * within) / total);
}

/* means, effects: groups x samples, each group's together. */
static void bootstrap_points(const struct effects_input *input, const struct points *points,
                             size_t groups, double *means, double *effects)
{
    struct rng_stream stream;
    size_t *chosen = mem_new(points->len, sizeof(*chosen));
    size_t *counts = mem_new(groups, sizeof(*counts));
    double *one = mem_new(groups, sizeof(*one));
    rng_stream_init(&stream, (struct rng_seed){input->seed, 0}, "effects", "bootstrap of points");
    for (size_t i = 0; i < RESAMPLES; i++) {
        resample(&stream, i, points->len, chosen);
        const double whole = group_means(points, points->means, chosen, groups, one, counts);
        for (size_t g = 0; g < groups; g++) {
            means[g * RESAMPLES + i] = one[g];
            effects[g * RESAMPLES + i] = one[g] - whole;
        }
    }
    rng_stream_deinit(&stream);
    free(chosen);
    free(counts);
    free(one);
}

static void student(struct interval *estimate, const double *values, size_t n, double confidence)
{
    const struct moments moments = moments_of(values, n);
    const struct interval interval = interval_mean(&moments, confidence);
    estimate->lo = interval.lo;
    estimate->hi = interval.hi;
}

/* What each replication alone gives. */
static void by_replication(const struct effects_input *input, const struct points *points,
                           size_t groups, double *means, double *effects)
{
    const size_t reps = input->replications;
    double *values = mem_new(points->len, sizeof(*values)), *one = mem_new(groups, sizeof(*one));
    size_t *counts = mem_new(groups, sizeof(*counts));
    for (size_t r = 0; r < reps; r++) {
        for (size_t i = 0; i < points->len; i++)
            values[i] = input->values[points->rows[i] * reps + r];
        const double whole = group_means(points, values, NULL, groups, one, counts);
        for (size_t g = 0; g < groups; g++) {
            means[g * reps + r] = one[g];
            effects[g * reps + r] = one[g] - whole;
        }
    }
    free(values);
    free(one);
    free(counts);
}

static void add_intervals(const struct effects_input *input, const struct points *points,
                          struct factor_effects *ret)
{
    const size_t samples = input->drawn ? RESAMPLES : input->replications;
    double *means = mem_new(ret->len * samples, sizeof(*means));
    double *effects = mem_new(ret->len * samples, sizeof(*effects));
    (input->drawn ? bootstrap_points : by_replication)(input, points, ret->len, means, effects);
    for (size_t g = 0; g < ret->len; g++) {
        struct effect *effect = &ret->items[g];
        if (input->drawn) {
            set_interval(&effect->mean, &means[g * samples], samples, input->confidence);
            set_interval(&effect->effect, &effects[g * samples], samples, input->confidence);
        } else {
            student(&effect->mean, &means[g * samples], samples, input->confidence);
            student(&effect->effect, &effects[g * samples], samples, input->confidence);
        }
    }
    free(means);
    free(effects);
}

static void main_of_factor(const struct effects_input *input, size_t factor, struct points *points,
                           struct factor_effects *ret)
{
    *ret = (struct factor_effects){.share = (double)NAN};
    if (points->len == 0)
        return;
    (input->factors[factor].dist ? group_values : group_levels)(input, factor, points, ret);
    if (ret->len == 0)
        return;
    double *means = mem_new(ret->len, sizeof(*means));
    size_t *counts = mem_new(ret->len, sizeof(*counts));
    const double whole = group_means(points, points->means, NULL, ret->len, means, counts);
    for (size_t g = 0; g < ret->len; g++) {
        ret->items[g].points = counts[g];
        ret->items[g].mean.value = means[g];
        ret->items[g].effect.value = means[g] - whole;
    }
    if (!input->about_base)
        ret->share = share_of(points, ret, whole, input->drawn);
    add_intervals(input, points, ret);
    free(means);
    free(counts);
}

static bool is_whole(const struct effects_input *input, size_t point)
{
    for (size_t r = 0; r < input->replications; r++)
        if (isnan(input->values[point * input->replications + r]))
            return false;
    return true;
}

/* Points that have all replications. */
static size_t whole_points(const struct effects_input *input)
{
    size_t whole = 0;
    for (size_t p = 0; p < input->design->points; p++)
        whole += is_whole(input, p);
    return whole;
}

void effects_main(const struct effects_input *input, struct factor_effects *ret,
                  size_t *ret_left_out)
{
    for (size_t f = 0; f < input->design->factors; f++) {
        struct points points;
        points_init(&points, input, f);
        main_of_factor(input, f, &points, &ret[f]);
        points_deinit(&points);
    }
    *ret_left_out = input->design->points - whole_points(input);
}

size_t effects_points_needed(void)
{
    return 2 * POINTS_A_GROUP;
}

bool effects_follow(const struct effects_input *input, size_t a, size_t b)
{
    const struct design *design = input->design;
    struct ranked *ranked = mem_new(design->points, sizeof(*ranked));
    bool follows = true, varies = false;
    size_t len = 0;
    for (size_t p = 0; p < design->points; p++)
        if (is_whole(input, p))
            ranked[len++] = (struct ranked){design_value(design, p, a), p};
    qsort(ranked, len, sizeof(*ranked), by_value);
    for (size_t i = 1; i < len && follows; i++) {
        const bool same = design_value(design, ranked[i].point, b) ==
                          design_value(design, ranked[i - 1].point, b);
        varies |= !same;
        follows = same || ranked[i].value != ranked[i - 1].value;
    }
    free(ranked);
    return follows && varies;
}

void effects_deinit(struct factor_effects *effects)
{
    free(effects->items);
    *effects = (struct factor_effects){0};
}

/* --- Sobol indices --- */

/* Blocks that are whole: each the values at a, at b, and at a with one factor of b. */
struct blocks {
    double *values; /* len x (factors + 2), less the mean of all a and b */
    size_t len, factors;
    bool vary;
};

static void blocks_init(struct blocks *blocks, const struct effects_input *input)
{
    const size_t n = input->design->factors, size = n + 2, reps = input->replications;
    double mean = 0;
    *blocks =
        (struct blocks){.values = mem_new(input->design->points, sizeof(double)), .factors = n};
    for (size_t j = 0; j < input->design->points / size; j++) {
        double *block = &blocks->values[blocks->len * size], whole = 0;
        for (size_t i = 0; i < size; i++) {
            block[i] = 0;
            for (size_t r = 0; r < reps; r++)
                block[i] += input->values[(j * size + i) * reps + r] / (double)reps;
            whole += block[i];
        }
        blocks->len += !isnan(whole);
        mean += isnan(whole) ? 0 : block[0] + block[1];
    }
    blocks->vary = differ(blocks->values, blocks->len * size);
    mean /= 2 * (double)blocks->len;
    for (size_t i = 0; i < blocks->len * size; i++)
        blocks->values[i] -= mean;
}

/* Indices of the blocks chosen (NULL: all), first and total alternately into ret. */
static void indices_of(const struct blocks *blocks, const size_t *chosen, double *ret)
{
    const size_t n = blocks->factors, size = n + 2;
    const double len = (double)blocks->len;
    double sum = 0, squares = 0;
    memset(ret, 0, 2 * n * sizeof(*ret));
    for (size_t j = 0; j < blocks->len; j++) {
        const double *block = &blocks->values[(chosen ? chosen[j] : j) * size];
        const double a = block[0], b = block[1];
        sum += a + b;
        squares += a * a + b * b;
        for (size_t f = 0; f < n; f++) {
            const double ab = block[2 + f];
            ret[2 * f] += b * (ab - a);
            ret[2 * f + 1] += (a - ab) * (a - ab) / 2;
        }
    }
    const double variance = (squares - sum * sum / (2 * len)) / (2 * len);
    for (size_t i = 0; i < 2 * n; i++)
        ret[i] = variance > 0 ? ret[i] / len / variance : (double)NAN;
}

void effects_sobol(const struct effects_input *input, struct sobol_indices *ret,
                   size_t *ret_left_out)
{
    struct blocks blocks;
    struct rng_stream stream;
    blocks_init(&blocks, input);
    const size_t n = blocks.factors;
    double *one = mem_new(2 * n, sizeof(*one));
    double *all = mem_new(2 * n * RESAMPLES, sizeof(*all));
    size_t *chosen = mem_new(blocks.len, sizeof(*chosen));
    rng_stream_init(&stream, (struct rng_seed){input->seed, 0}, "effects", "bootstrap of blocks");
    for (size_t i = 0; i < RESAMPLES && blocks.len >= 2 && blocks.vary; i++) {
        resample(&stream, i, blocks.len, chosen);
        indices_of(&blocks, chosen, one);
        for (size_t k = 0; k < 2 * n; k++)
            all[k * RESAMPLES + i] = one[k];
    }
    rng_stream_deinit(&stream);
    indices_of(&blocks, NULL, one);
    for (size_t k = 0; k < 2 * n; k++) {
        struct interval *estimate = k % 2 == 0 ? &ret[k / 2].first : &ret[k / 2].total;
        *estimate = (struct interval){(double)NAN, (double)NAN, (double)NAN};
        if (blocks.len < 2 || !blocks.vary)
            continue;
        estimate->value = one[k];
        set_interval(estimate, &all[k * RESAMPLES], RESAMPLES, input->confidence);
    }
    *ret_left_out = input->design->points / (n + 2) - blocks.len;
    free(blocks.values);
    free(one);
    free(all);
    free(chosen);
}
