/* Equally likely anywhere in a range. */
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
    return dist_need_range(&((struct params *)params)->range, -HUGE_VAL, err);
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
    return p->range.values[0] + (p->range.values[1] - p->range.values[0]) * gsl_rng_uniform(rng);
}

/* The mean of x^k over [lo, hi], as the sum of lo^i hi^(k-i): no cancellation in a narrow range. */
static double moment(const void *params, int k)
{
    const struct params *p = params;
    double sum = 0;
    for (int i = 0; i <= k; i++)
        sum += gsl_pow_int(p->range.values[0], i) * gsl_pow_int(p->range.values[1], k - i);
    return sum / (k + 1);
}

static double cdf(const void *params, double x)
{
    const struct params *p = params;
    const double lo = p->range.values[0], hi = p->range.values[1];
    return x >= hi ? 1 : x <= lo ? 0 : (x - lo) / (hi - lo);
}

const struct dist_type dist_type_uniform = {
    .kind = {.name = "uniform",
             .summary = "equally likely anywhere in a range",
             .params = fields,
             .size = sizeof(struct params),
             .shorthand = "range"},
    .prepare = prepare,
    .draw = draw,
    .moment = moment,
    .cdf = cdf,
    .support = support,
};
