/* Its logarithm is equally likely anywhere in a range. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/dist_params.h"

#include <gsl/gsl_math.h>

struct params {
    struct numbers range;
};

static const struct field fields[] = {
    {"range", FIELD_NUMBERS, offsetof(struct params, range), "[least, greatest]",
     .flags = FIELD_REQUIRED, .unit = UNIT_SAME},
    {0},
};

static int prepare(void *params, struct error *err)
{
    return dist_need_range(&((struct params *)params)->range, 0, err);
}

static void support(const void *params, double *ret_least, double *ret_greatest)
{
    const struct params *p = params;
    *ret_least = p->range.values[0];
    *ret_greatest = p->range.values[1];
}

static double draw(const void *params, gsl_rng *rng)
{
    const struct params *p = params;
    const double lo = p->range.values[0], hi = p->range.values[1];
    return fmin(hi, lo * exp(gsl_rng_uniform(rng) * log(hi / lo)));
}

static double moment(const void *params, int k)
{
    const struct params *p = params;
    const double width = log(p->range.values[1] / p->range.values[0]);
    const double lo_k = gsl_pow_int(p->range.values[0], k);
    return width > 0 ? lo_k * expm1(k * width) / (k * width) : lo_k;
}

static double cdf(const void *params, double x)
{
    const struct params *p = params;
    const double lo = p->range.values[0], hi = p->range.values[1];
    return x >= hi ? 1 : x <= lo ? 0 : log(x / lo) / log(hi / lo);
}

const struct dist_type dist_type_log_uniform = {
    .kind = {.name = "log-uniform",
             .summary = "its logarithm is equally likely anywhere in a range",
             .params = fields,
             .size = sizeof(struct params),
             .shorthand = "range"},
    .prepare = prepare,
    .draw = draw,
    .moment = moment,
    .cdf = cdf,
    .support = support,
};
