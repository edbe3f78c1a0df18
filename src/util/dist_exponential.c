/* Memoryless: coefficient of variation 1. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/dist_params.h"

#include <gsl/gsl_randist.h>

struct params {
    double mean;
};

static const struct field fields[] = {
    {"mean", FIELD_QUANTITY, offsetof(struct params, mean), "the mean", .flags = FIELD_REQUIRED,
     .unit = UNIT_SAME},
    {0},
};

static int prepare(void *params, struct error *err)
{
    return dist_need_positive(((struct params *)params)->mean, "mean", err);
}

static double draw(const void *params, gsl_rng *rng)
{
    return gsl_ran_exponential(rng, ((const struct params *)params)->mean);
}

static double moment(const void *params, int k)
{
    return dist_gamma_moment(1, ((const struct params *)params)->mean, k);
}

static double cdf(const void *params, double x)
{
    return x > 0 ? -expm1(-x / ((const struct params *)params)->mean) : 0;
}

const struct dist_type dist_type_exponential = {
    .kind = {.name = "exponential",
             .summary = "memoryless",
             .params = fields,
             .size = sizeof(struct params),
             .shorthand = "mean"},
    .prepare = prepare,
    .draw = draw,
    .moment = moment,
    .cdf = cdf,
};
