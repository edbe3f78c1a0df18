/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/dist_params.h"

#include "util/mem.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_math.h>
#include <stdlib.h>

int dist_need_positive(double value, const char *key, struct error *err)
{
    if (value > 0 && isfinite(value))
        return 0;
    return error_set(err, "%s must be above 0, not %g", key, value);
}

int dist_need_shape(double value, const char *key, struct error *err)
{
    if (value >= DIST_SHAPE_MIN && value <= DIST_SHAPE_MAX)
        return 0;
    return error_set(err, "%s: %g is outside [%g, %g]", key, value, DIST_SHAPE_MIN, DIST_SHAPE_MAX);
}

int dist_need_probability(double value, const char *key, struct error *err)
{
    if (value >= 0 && value <= 1)
        return 0;
    return error_set(err, "%s: %g is no probability, which lies in [0, 1]", key, value);
}

int dist_need_range(const struct numbers *range, double least, struct error *err)
{
    if (range->len != 2)
        return error_set(err, "range needs two values, [least, greatest], not %zu", range->len);
    const double lo = range->values[0], hi = range->values[1];
    if (!isfinite(lo) || !isfinite(hi))
        return error_set(err, "range must be finite");
    if (lo > hi)
        return error_set(err, "range: the least value comes first, [least, greatest]");
    if (!(lo > least))
        return error_set(err, "range must begin above %g, not at %g", least, lo);
    return 0;
}

int dist_need_one(double a, const char *key_a, double b, const char *key_b, struct error *err)
{
    if (a != 0 && b != 0)
        return error_set(err, "give either %s or %s, not both", key_a, key_b);
    if (a == 0 && b == 0)
        return error_set(err, "needs %s or %s, above 0", key_a, key_b);
    return 0;
}

struct pair {
    double value, weight;
};

static int by_value(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

static int check_atoms(const double *values, const double *weights, size_t len, struct error *err)
{
    if (len == 0)
        return error_set(err, "needs at least one value");
    double total = 0;
    for (size_t i = 0; i < len; i++) {
        const double weight = weights ? weights[i] : 1;
        if (!isfinite(values[i]))
            return error_set(err, "value %zu is not finite", i + 1);
        if (!(weight >= 0) || !isfinite(weight))
            return error_set(err, "the weight of %g must be 0 or more, not %g", values[i], weight);
        total += weight;
    }
    if (!(total > 0) || !isfinite(total))
        return error_set(err, "the weights must add up to more than 0, not %g", total);
    return 0;
}

int atoms_init(struct atoms *atoms, const double *values, const double *weights, size_t len,
               struct error *err)
{
    if (check_atoms(values, weights, len, err) < 0)
        return -1;
    struct pair *pairs = mem_new(len, sizeof(*pairs));
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        if (!weights || weights[i] > 0)
            pairs[n++] = (struct pair){values[i], weights ? weights[i] : 1};
    qsort(pairs, n, sizeof(*pairs), by_value);
    *atoms = (struct atoms){mem_new(n, sizeof(double)), mem_new(n, sizeof(double)), 0};
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += pairs[i].weight;
        if (atoms->len == 0 || atoms->values[atoms->len - 1] < pairs[i].value)
            atoms->values[atoms->len++] = pairs[i].value;
        atoms->cumulative[atoms->len - 1] = sum;
    }
    for (size_t i = 0; i < atoms->len; i++)
        atoms->cumulative[i] /= sum;
    free(pairs);
    return 0;
}

void atoms_deinit(struct atoms *atoms)
{
    free(atoms->values);
    free(atoms->cumulative);
    *atoms = (struct atoms){0};
}

/* The number of leading items for which `items[i] <= x`. */
static size_t count_up_to(const double *items, size_t len, double x)
{
    size_t lo = 0, hi = len;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (items[mid] <= x)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

double atoms_draw(const struct atoms *atoms, gsl_rng *rng)
{
    return atoms->values[count_up_to(atoms->cumulative, atoms->len, gsl_rng_uniform(rng))];
}

double atoms_cdf(const struct atoms *atoms, double x)
{
    const size_t n = count_up_to(atoms->values, atoms->len, x);
    return n ? atoms->cumulative[n - 1] : 0;
}

double atoms_partial(const struct atoms *atoms, int k, double min, double max)
{
    double sum = 0;
    for (size_t i = 0; i < atoms->len; i++) {
        const double p = atoms->cumulative[i] - (i ? atoms->cumulative[i - 1] : 0);
        if (atoms->values[i] >= min && atoms->values[i] <= max)
            sum += p * gsl_pow_int(atoms->values[i], k);
    }
    return sum;
}

double dist_gamma_cdf(double shape, double scale, double x)
{
    if (!(x > 0))
        return 0;
    const double y = x / scale;
    /* Past this the upper tail is below 1e-300 for every shape allowed, and GSL's continued
     * fraction is of no use. */
    return y > 10 * shape + 1000 ? 1 : gsl_cdf_gamma_P(y, shape, 1);
}

double dist_gamma_moment(double shape, double scale, int k)
{
    double moment = 1;
    for (int i = 0; i < k; i++)
        moment *= scale * (shape + i);
    return moment;
}

void atoms_type_release(void *params)
{
    atoms_deinit(params);
}

double atoms_type_draw(const void *params, gsl_rng *rng)
{
    return atoms_draw(params, rng);
}

double atoms_type_moment(const void *params, int k)
{
    return atoms_partial(params, k, -HUGE_VAL, HUGE_VAL);
}

double atoms_type_cdf(const void *params, double x)
{
    return atoms_cdf(params, x);
}

double atoms_type_partial(const void *params, int k, double min, double max)
{
    return atoms_partial(params, k, min, max);
}

void atoms_type_support(const void *params, double *ret_least, double *ret_greatest)
{
    const struct atoms *atoms = params;
    *ret_least = atoms->values[0];
    *ret_greatest = atoms->values[atoms->len - 1];
}
