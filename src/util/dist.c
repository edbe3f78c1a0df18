/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/dist.h"

#include "util/mem.h"

#include <gsl/gsl_integration.h>
#include <gsl/gsl_math.h>
#include <stdlib.h>
#include <string.h>

#define DIST(name) extern const struct dist_type dist_type_##name;
#include "util/dist_list.h"
#undef DIST

#define DIST(name) &dist_type_##name.kind,
static const struct kind *const kinds[] = {
#include "util/dist_list.h"
    NULL,
};
#undef DIST

const struct kind_list dist_kinds = {
    .what = "distribution", .whats = "distributions", .items = kinds};

/* A cut that leaves less is taken for an error in the scenario. */
#define LEAST_MASS 1e-6
/* Redraw where this much is left; below, and when redrawing has had no luck, invert the cdf: the
 * law of the draw is the same. */
#define REDRAW_MASS 0.1
#define REDRAWS 64

/* Doubles in order as integers, so that bisection reaches neighbouring doubles in 64 steps. */
static int64_t order_of(double x)
{
    int64_t bits;
    memcpy(&bits, &x, sizeof(bits));
    return bits >= 0 ? bits : INT64_MIN - bits;
}

static double from_order(int64_t order)
{
    const int64_t bits = order >= 0 ? order : INT64_MIN - order;
    double x;
    memcpy(&x, &bits, sizeof(x));
    return x;
}

/* The least x in [lo, hi] with cdf(x) >= p; hi if there is none. */
static double invert(const struct dist *dist, double p, double lo, double hi)
{
    int64_t a = order_of(lo), b = order_of(hi);
    while (a < b) {
        const int64_t mid = (a & b) + ((a ^ b) >> 1);
        if (dist->type->cdf(dist->params, from_order(mid)) >= p)
            b = mid;
        else
            a = mid + 1;
    }
    return from_order(b);
}

static bool is_cut(const struct dist *dist)
{
    return dist->min != -HUGE_VAL || dist->max != HUGE_VAL;
}

struct integrand {
    const struct dist *dist;
    int k;
    bool upper; /* of 1 - cdf */
};

static double integrand_at(double x, void *ctx)
{
    const struct integrand *f = ctx;
    const double p = f->dist->type->cdf(f->dist->params, x);
    return f->k * gsl_pow_int(x, f->k - 1) * (f->upper ? 1 - p : p);
}

struct rule {
    gsl_function f;
    double tolerance; /* absolute: pieces that add nothing cost nothing */
    gsl_integration_glfixed_table *table;
};

/* Halve until the halves agree with the whole. The fixed rule reports no errors, unlike the
 * adaptive routines of GSL, whose handler ends the program. */
static double integrate(const struct rule *rule, double a, double b, double whole, int depth)
{
    const double mid = a + (b - a) / 2;
    const double left = gsl_integration_glfixed(&rule->f, a, mid, rule->table);
    const double right = gsl_integration_glfixed(&rule->f, mid, b, rule->table);
    if (depth == 0 || !(fabs(left + right - whole) > rule->tolerance))
        return left + right;
    return integrate(rule, a, mid, left, depth - 1) + integrate(rule, mid, b, right, depth - 1);
}

/* Where the cdf bends: integrated piece by piece, a tail a thousand times as long as the body does
 * not hide it. */
static const double breaks[] = {1e-12, 1e-6,     1e-3,     0.1,      0.5,
                                0.9,   1 - 1e-3, 1 - 1e-6, 1 - 1e-9, 1 - 1e-12};

static double integrate_pieces(const struct dist *dist, int k, bool upper, double a, double b)
{
    struct integrand ctx = {dist, k, upper};
    struct rule rule = {.f = {integrand_at, &ctx},
                        .table = gsl_integration_glfixed_table_alloc(24)};
    double ends[ARRAY_LEN(breaks) + 2] = {a}, first[ARRAY_LEN(breaks) + 1], total = 0, sum = 0;
    for (size_t i = 0; i < ARRAY_LEN(first); i++) {
        ends[i + 1] = i < ARRAY_LEN(breaks) ? invert(dist, breaks[i], ends[i], b) : b;
        first[i] = gsl_integration_glfixed(&rule.f, ends[i], ends[i + 1], rule.table);
        total += fabs(first[i]);
    }
    rule.tolerance = 1e-12 * total;
    for (size_t i = 0; i < ARRAY_LEN(first); i++)
        sum += integrate(&rule, ends[i], ends[i + 1], first[i], 10);
    gsl_integration_glfixed_table_free(rule.table);
    return sum;
}

/* E[X^k; a <= X <= b] of a continuous distribution, a and b finite: by parts, from the side of the
 * cdf that is small, as the other would lose all of it in a difference. */
static double part_between(const struct dist *dist, int k, double a, double b)
{
    const double at_a = dist->type->cdf(dist->params, a), at_b = dist->type->cdf(dist->params, b);
    const double a_k = gsl_pow_int(a, k), b_k = gsl_pow_int(b, k);
    if (at_b < 0.5)
        return b_k * at_b - a_k * at_a - integrate_pieces(dist, k, false, a, b);
    return a_k * (1 - at_a) - b_k * (1 - at_b) + integrate_pieces(dist, k, true, a, b);
}

/* E[X^k; X >= a]. Of a heavy tail most is beyond what 1 - cdf can resolve: the whole less the part
 * below is exact there; of a light one, cut far out, that difference is all cancellation. */
static double part_above(const struct dist *dist, int k, double a, double least)
{
    const double whole = dist->type->moment(dist->params, k);
    if (!isfinite(whole))
        return whole;
    const double above = whole - part_between(dist, k, least, a);
    if (fabs(above) > 1e-2 * fabs(whole))
        return above;
    return part_between(dist, k, a, invert(dist, 1, a, 1e300));
}

static double cut_moment(const struct dist *dist, int k, double least)
{
    const double a = dist->least, b = dist->greatest;
    if (dist->type->partial)
        return dist->type->partial(dist->params, k, a, b) / dist->mass;
    const double lo = isfinite(least) ? least : invert(dist, 1e-300, -1e300, 1e300);
    if (isfinite(b))
        return part_between(dist, k, fmax(a, lo), b) / dist->mass;
    return part_above(dist, k, fmax(a, lo), lo) / dist->mass;
}

double dist_moment(const struct dist *dist, int k)
{
    double least = 0, greatest = HUGE_VAL;
    if (!is_cut(dist))
        return dist->type->moment(dist->params, k);
    if (dist->type->support)
        dist->type->support(dist->params, &least, &greatest);
    return cut_moment(dist, k, least);
}

/* min, max, mass and mean. */
static int cut(struct dist *dist, double min, double max, enum unit unit, struct error *err)
{
    double least = 0, greatest = HUGE_VAL;
    if (dist->type->support)
        dist->type->support(dist->params, &least, &greatest);
    char low[64], high[64];
    if (!(min <= max))
        return error_set(err, "min %s is above max %s",
                         quantity_format(min, unit, low, sizeof(low)),
                         quantity_format(max, unit, high, sizeof(high)));
    dist->min = min > least ? min : -HUGE_VAL;
    dist->max = max < greatest ? max : HUGE_VAL;
    dist->least = fmax(min, least);
    dist->greatest = fmin(max, greatest);
    dist->mass = 1;
    if (is_cut(dist)) {
        if (dist->min != -HUGE_VAL)
            dist->below = dist->type->cdf(dist->params, nextafter(min, -HUGE_VAL));
        const double up_to = dist->max != HUGE_VAL ? dist->type->cdf(dist->params, max) : 1;
        dist->mass = up_to - dist->below;
        if (!(dist->mass >= LEAST_MASS))
            return error_set(err, "min and max leave less than 1e-6 of the probability");
        if (dist->type->discrete) {
            dist->least = invert(dist, nextafter(dist->below, 2), dist->least, dist->greatest);
            dist->greatest = invert(dist, up_to, dist->least, dist->greatest);
        }
    }
    dist->mean = dist_moment(dist, 1);
    if (isnan(dist->mean) || dist->mean == -HUGE_VAL)
        return error_set(err, "parameters too large to compute with");
    return 0;
}

struct dist *dist_new(const struct dist_type *type, void *params, double min, double max,
                      enum unit unit, struct error *err)
{
    struct dist *dist = mem_new(1, sizeof(*dist));
    *dist = (struct dist){.type = type, .params = params, .unit = unit};
    if (type->prepare && type->prepare(params, err) < 0) {
        dist_free(dist);
        return NULL;
    }
    if (cut(dist, min, max, unit, err) < 0) {
        dist_free(dist);
        return NULL;
    }
    return dist;
}

void dist_free(struct dist *dist)
{
    if (!dist)
        return;
    if (dist->type->release)
        dist->type->release(dist->params);
    if (dist->type->kind.params)
        schema_free(dist->type->kind.params, dist->params);
    free(dist->params);
    free(dist);
}

static double draw_cut(const struct dist *dist, gsl_rng *rng)
{
    for (int i = 0; dist->mass >= REDRAW_MASS && i < REDRAWS; i++) {
        const double x = dist->type->draw(dist->params, rng);
        if (x >= dist->least && x <= dist->greatest)
            return x;
    }
    return dist_quantile(dist, gsl_rng_uniform_pos(rng));
}

double dist_draw(const struct dist *dist, gsl_rng *rng)
{
    if (LIKELY(!is_cut(dist)))
        return dist->type->draw(dist->params, rng);
    return draw_cut(dist, rng);
}

double dist_quantile(const struct dist *dist, double p)
{
    return invert(dist, dist->below + p * dist->mass, fmax(dist->least, -1e300),
                  fmin(dist->greatest, 1e300));
}

double dist_mean(const struct dist *dist)
{
    return dist->mean;
}

double dist_variance(const struct dist *dist)
{
    const double second = dist_moment(dist, 2);
    if (!isfinite(second))
        return HUGE_VAL;
    return fmax(0, second - dist->mean * dist->mean);
}

double dist_cdf(const struct dist *dist, double x)
{
    if (x < dist->least)
        return 0;
    if (x >= dist->greatest)
        return 1;
    const double p = (dist->type->cdf(dist->params, x) - dist->below) / dist->mass;
    return p < 0 ? 0 : p > 1 ? 1 : p;
}

/* E[min(K, most)] for a number K. Summed one by one while exact; past 4096 in steps of 1/1024 of
 * where it is, half way within each. */
static double mean_count_up_to(const struct dist *dist, double most)
{
    const double last = fmin(round(dist->greatest), most);
    double mean = 1;
    for (double k = 2, step; k <= last; k += step) {
        step = k < 4096 ? 1 : fmin(floor(k / 1024), last - k + 1);
        const double more = 1 - dist_cdf(dist, nextafter(k - 1 + step / 2, 0));
        mean += step * more;
        if (more < 1e-15)
            break;
    }
    return mean;
}

double dist_mean_count(const struct dist *dist)
{
    return mean_count_up_to(dist, (double)INT32_MAX);
}

double dist_mean_count_to(const struct dist *dist, int64_t most, double *ret_share)
{
    const double bound = (double)most;
    *ret_share = most >= INT32_MAX ? 1 : most < 1 ? 0 : dist_cdf(dist, nextafter(bound + 0.5, 0));
    if (most >= INT32_MAX)
        return dist_mean_count(dist);
    if (*ret_share <= 0)
        return 0;
    return fmax(mean_count_up_to(dist, bound) - bound * (1 - *ret_share), *ret_share);
}

/* P(X > t and Y > t). */
struct survivors {
    const struct dist *x, *y;
};

static double survivors_at(double t, void *ctx)
{
    const struct survivors *both = ctx;
    const double x = 1 - dist_cdf(both->x, t);
    return both->y ? x * (1 - dist_cdf(both->y, t)) : x;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* What is beyond `at` of a tail that falls as a power there; others have fallen to nothing. */
static double tail_beyond(struct survivors *both, double at)
{
    const double here = survivors_at(at, both), twice = survivors_at(2 * at, both);
    const double power = log2(here / twice);
    if (!(here > 0 && twice > 0))
        return 0;
    /* what 1 - cdf resolves is coarse: a mean that is hardly finite is as good as none */
    return power > 1 + 1e-4 ? at * here / (power - 1) : HUGE_VAL;
}

/* Where tails are taken to be powers: 1 - cdf still has seven digits there. */
#define TAIL 1e-9

double dist_mean_min(const struct dist *x, const struct dist *y, double most)
{
    const double cut = fmin(most, y ? y->least : HUGE_VAL);
    if (x->greatest <= cut || (!y && most == HUGE_VAL))
        return dist_mean(x);
    if (y && y->greatest <= fmin(most, x->least))
        return dist_mean(y);
    struct survivors both = {x, y};
    struct rule rule = {.f = {survivors_at, &both},
                        .table = gsl_integration_glfixed_table_alloc(24)};
    double top = fmin(fmin(most, x->greatest), y ? y->greatest : HUGE_VAL), total = 0, sum = 0;
    const bool open = !isfinite(top);
    if (open)
        top = fmin(dist_quantile(x, 1 - TAIL), dist_quantile(y, 1 - TAIL));
    double ends[2 * ARRAY_LEN(breaks) + 4] = {0, fmin(x->least, top), fmin(y ? y->least : 0, top),
                                              top};
    double first[ARRAY_LEN(ends)];
    for (size_t i = 0; i < ARRAY_LEN(breaks); i++) {
        ends[2 * i + 4] = fmin(dist_quantile(x, breaks[i]), top);
        ends[2 * i + 5] = y ? fmin(dist_quantile(y, breaks[i]), top) : 0;
    }
    qsort(ends, ARRAY_LEN(ends), sizeof(*ends), ascending);
    for (size_t i = 0; i + 1 < ARRAY_LEN(ends); i++) {
        first[i] = gsl_integration_glfixed(&rule.f, ends[i], ends[i + 1], rule.table);
        total += first[i];
    }
    rule.tolerance = 1e-9 * total;
    for (size_t i = 0; i + 1 < ARRAY_LEN(ends); i++)
        sum += integrate(&rule, ends[i], ends[i + 1], first[i], 10);
    gsl_integration_glfixed_table_free(rule.table);
    if (open)
        sum += tail_beyond(&both, top);
    return fmin(sum, y ? fmin(dist_mean(x), dist_mean(y)) : dist_mean(x));
}

int32_t dist_draw_count(const struct dist *dist, gsl_rng *rng)
{
    const double x = round(dist_draw(dist, rng));
    return !(x >= 1) ? 1 : x < (double)INT32_MAX ? (int32_t)x : INT32_MAX;
}

bool dist_is_constant(const struct dist *dist, double *ret_value)
{
    if (dist->least != dist->greatest)
        return false;
    if (ret_value)
        *ret_value = dist->least;
    return true;
}

double dist_least(const struct dist *dist)
{
    return dist->least;
}

bool dist_reaches_zero(const struct dist *dist)
{
    return dist_least(dist) < 0 || dist_cdf(dist, 0) > 0;
}

double dist_greatest(const struct dist *dist)
{
    return dist->greatest;
}
