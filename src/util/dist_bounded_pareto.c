/* Pareto between two bounds: heavy-tailed with all moments. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/dist_params.h"

struct params {
    double shape;
    struct numbers range;
};

static const struct field fields[] = {
    {"shape", FIELD_QUANTITY, offsetof(struct params, shape), "the tail index",
     .min = DIST_SHAPE_MIN, .max = DIST_SHAPE_MAX, .flags = FIELD_REQUIRED, .unit = UNIT_NONE},
    {"range", FIELD_NUMBERS, offsetof(struct params, range), "[least, greatest]",
     .flags = FIELD_REQUIRED, .unit = UNIT_SAME},
    {0},
};

static int prepare(void *params, struct error *err)
{
    const struct params *p = params;
    if (dist_need_shape(p->shape, "shape", err) < 0 || dist_need_range(&p->range, 0, err) < 0)
        return -1;
    if (!(p->range.values[0] < p->range.values[1]))
        return error_set(err, "range: the least value must be below the greatest");
    return 0;
}

/* 1 - (lo / x)^shape: of the unbounded one. */
static double unbounded(const struct params *p, double x)
{
    return -expm1(-p->shape * log(x / p->range.values[0]));
}

static double draw(const void *params, gsl_rng *rng)
{
    const struct params *p = params;
    const double u = gsl_rng_uniform(rng) * unbounded(p, p->range.values[1]);
    return fmin(p->range.values[1], p->range.values[0] * exp(-log1p(-u) / p->shape));
}

static double moment(const void *params, int k)
{
    const struct params *p = params;
    const double lo = p->range.values[0], width = log(p->range.values[1] / lo);
    const double rest = p->shape - k;
    const double part = rest == 0 ? width : -expm1(-rest * width) / rest;
    return p->shape * pow(lo, k) * part / unbounded(p, p->range.values[1]);
}

static double cdf(const void *params, double x)
{
    const struct params *p = params;
    const double lo = p->range.values[0], hi = p->range.values[1];
    return x >= hi ? 1 : x <= lo ? 0 : unbounded(p, x) / unbounded(p, hi);
}

static void support(const void *params, double *ret_least, double *ret_greatest)
{
    const struct params *p = params;
    *ret_least = p->range.values[0];
    *ret_greatest = p->range.values[1];
}

const struct dist_type dist_type_bounded_pareto = {
    .kind = {.name = "bounded-pareto",
             .summary = "a Pareto between two bounds",
             .params = fields,
             .size = sizeof(struct params)},
    .prepare = prepare,
    .draw = draw,
    .moment = moment,
    .cdf = cdf,
    .support = support,
};
