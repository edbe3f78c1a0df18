/* Pareto: a tail without a scale. The k-th moment is infinite where shape <= k. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/dist_params.h"

#include <gsl/gsl_randist.h>

struct params {
    double shape, scale;
};

static const struct field fields[] = {
    {"shape", FIELD_QUANTITY, offsetof(struct params, shape),
     "the tail index: the mean is infinite at 1 and below", .min = DIST_SHAPE_MIN,
     .max = DIST_SHAPE_MAX, .flags = FIELD_REQUIRED, .unit = UNIT_NONE},
    {"scale", FIELD_QUANTITY, offsetof(struct params, scale), "the least value",
     .flags = FIELD_REQUIRED, .unit = UNIT_SAME},
    {0},
};

static int prepare(void *params, struct error *err)
{
    const struct params *p = params;
    if (dist_need_shape(p->shape, "shape", err) < 0)
        return -1;
    return dist_need_positive(p->scale, "scale", err);
}

static double draw(const void *params, gsl_rng *rng)
{
    const struct params *p = params;
    return gsl_ran_pareto(rng, p->shape, p->scale);
}

static double moment(const void *params, int k)
{
    const struct params *p = params;
    return p->shape > k ? pow(p->scale, k) * p->shape / (p->shape - k) : HUGE_VAL;
}

static double cdf(const void *params, double x)
{
    const struct params *p = params;
    return x > p->scale ? -expm1(p->shape * log(p->scale / x)) : 0;
}

/* Its own, as 1 - cdf has no digits left where most of a heavy tail is. */
static double partial(const void *params, int k, double min, double max)
{
    const struct params *p = params;
    const double lo = fmax(min, p->scale);
    if (max == HUGE_VAL && p->shape <= k)
        return HUGE_VAL;
    const double ratio = max / lo, rest = p->shape - k;
    const double part = rest == 0 ? log(ratio) : -expm1(-rest * log(ratio)) / rest;
    return p->shape * pow(p->scale / lo, p->shape) * pow(lo, k) * part;
}

static void support(const void *params, double *ret_least, double *ret_greatest)
{
    *ret_least = ((const struct params *)params)->scale;
    *ret_greatest = HUGE_VAL;
}

const struct dist_type dist_type_pareto = {
    .kind = {.name = "pareto",
             .summary = "a tail without a scale",
             .params = fields,
             .size = sizeof(struct params)},
    .prepare = prepare,
    .draw = draw,
    .moment = moment,
    .cdf = cdf,
    .partial = partial,
    .support = support,
};
