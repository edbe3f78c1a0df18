/* Weibull: a failure rate that falls (shape below 1) or rises with age. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/dist_params.h"

#include <gsl/gsl_randist.h>

struct params {
    double shape, scale, mean;
};

static const struct field fields[] = {
    {"shape", FIELD_QUANTITY, offsetof(struct params, shape),
     "below 1: failures get rarer with age", .min = DIST_SHAPE_MIN, .max = DIST_SHAPE_MAX,
     .flags = FIELD_REQUIRED, .unit = UNIT_NONE},
    {"scale", FIELD_QUANTITY, offsetof(struct params, scale), "the 63rd percentile; or `mean`",
     .unit = UNIT_SAME},
    {"mean", FIELD_QUANTITY, offsetof(struct params, mean), "the mean; or `scale`",
     .unit = UNIT_SAME},
    {0},
};

static int prepare(void *params, struct error *err)
{
    struct params *p = params;
    if (!(p->shape >= 0.01 && p->shape <= DIST_SHAPE_MAX))
        return error_set(err, "shape: %g is outside [0.01, %g]", p->shape, DIST_SHAPE_MAX);
    if (dist_need_one(p->scale, "scale", p->mean, "mean", err) < 0)
        return -1;
    if (p->scale == 0)
        p->scale = p->mean / tgamma(1 + 1 / p->shape);
    p->mean = 0;
    return dist_need_positive(p->scale, "scale or mean", err);
}

static double draw(const void *params, gsl_rng *rng)
{
    const struct params *p = params;
    return gsl_ran_weibull(rng, p->scale, p->shape);
}

static double moment(const void *params, int k)
{
    const struct params *p = params;
    return pow(p->scale, k) * tgamma(1 + k / p->shape);
}

static double cdf(const void *params, double x)
{
    const struct params *p = params;
    return x > 0 ? -expm1(-pow(x / p->scale, p->shape)) : 0;
}

const struct dist_type dist_type_weibull = {
    .kind = {.name = "weibull",
             .summary = "a failure rate that falls or rises with age",
             .params = fields,
             .size = sizeof(struct params)},
    .prepare = prepare,
    .draw = draw,
    .moment = moment,
    .cdf = cdf,
};
