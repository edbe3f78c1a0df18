/* Gamma: shape below 1 bursty, above 1 regular. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/dist_params.h"

#include "util/mem.h"

#include <gsl/gsl_randist.h>

struct params {
    double shape, scale, mean;
};

static const struct field fields[] = {
    {"shape", FIELD_QUANTITY, offsetof(struct params, shape),
     "coefficient of variation = 1 / sqrt(shape)", .min = DIST_SHAPE_MIN, .max = DIST_SHAPE_MAX,
     .flags = FIELD_REQUIRED, .unit = UNIT_NONE},
    {"scale", FIELD_QUANTITY, offsetof(struct params, scale), "mean / shape; or `mean`",
     .unit = UNIT_SAME},
    {"mean", FIELD_QUANTITY, offsetof(struct params, mean), "the mean; or `scale`",
     .unit = UNIT_SAME},
    {0},
};

static int prepare(void *params, struct error *err)
{
    struct params *p = params;
    if (dist_need_shape(p->shape, "shape", err) < 0 ||
        dist_need_one(p->scale, "scale", p->mean, "mean", err) < 0)
        return -1;
    if (p->scale == 0)
        p->scale = p->mean / p->shape;
    p->mean = 0;
    return dist_need_positive(p->scale, "scale or mean", err);
}

static double draw(const void *params, gsl_rng *rng)
{
    const struct params *p = params;
    return gsl_ran_gamma(rng, p->shape, p->scale);
}

static double moment(const void *params, int k)
{
    const struct params *p = params;
    return dist_gamma_moment(p->shape, p->scale, k);
}

static double cdf(const void *params, double x)
{
    const struct params *p = params;
    return dist_gamma_cdf(p->shape, p->scale, x);
}

const struct dist_type dist_type_gamma = {
    .kind = {.name = "gamma",
             .summary = "shape below 1 bursty, above 1 regular",
             .params = fields,
             .size = sizeof(struct params)},
    .prepare = prepare,
    .draw = draw,
    .moment = moment,
    .cdf = cdf,
};

struct dist *dist_gamma(double shape, double scale, double max, enum unit unit, struct error *err)
{
    struct params *params = mem_new(1, sizeof(*params));
    *params = (struct params){.shape = shape, .scale = scale};
    return dist_new(&dist_type_gamma, params, -HUGE_VAL, max, unit, err);
}
