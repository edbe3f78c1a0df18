/* Normal: unbounded below, so times need `min: 0s`. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/dist_params.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>

struct params {
    double mean, sd;
};

static const struct field fields[] = {
    {"mean", FIELD_QUANTITY, offsetof(struct params, mean), "the mean", .flags = FIELD_REQUIRED,
     .unit = UNIT_SAME},
    {"sd", FIELD_QUANTITY, offsetof(struct params, sd), "the standard deviation",
     .flags = FIELD_REQUIRED, .unit = UNIT_SAME},
    {0},
};

static int prepare(void *params, struct error *err)
{
    const struct params *p = params;
    if (!isfinite(p->mean))
        return error_set(err, "mean must be finite");
    return dist_need_positive(p->sd, "sd", err);
}

static double draw(const void *params, gsl_rng *rng)
{
    const struct params *p = params;
    return p->mean + gsl_ran_gaussian_ziggurat(rng, p->sd);
}

static double moment(const void *params, int k)
{
    const struct params *p = params;
    const double m = p->mean, v = p->sd * p->sd;
    return k == 1 ? m : k == 2 ? m * m + v : m * m * m + 3 * m * v;
}

static double cdf(const void *params, double x)
{
    const struct params *p = params;
    return gsl_cdf_ugaussian_P((x - p->mean) / p->sd);
}

static void support(const void *params, double *ret_least, double *ret_greatest)
{
    (void)params;
    *ret_least = -HUGE_VAL;
    *ret_greatest = HUGE_VAL;
}

const struct dist_type dist_type_normal = {
    .kind = {.name = "normal",
             .summary = "the bell; unbounded below, so times need `min: 0s`",
             .params = fields,
             .size = sizeof(struct params)},
    .prepare = prepare,
    .draw = draw,
    .moment = moment,
    .cdf = cdf,
    .support = support,
};
