/* The logarithm is normal. Given by two of mean, median, sd and sigma. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/dist_params.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>

struct params {
    double mean, median, sd, sigma;
    double mu; /* of the logarithm */
};

static const struct field fields[] = {
    {"median", FIELD_QUANTITY, offsetof(struct params, median), "the median; or `mean`",
     .unit = UNIT_SAME},
    {"mean", FIELD_QUANTITY, offsetof(struct params, mean), "the mean; or `median`",
     .unit = UNIT_SAME},
    {"sigma", FIELD_QUANTITY, offsetof(struct params, sigma),
     "standard deviation of the logarithm; or `sd`", .unit = UNIT_NONE},
    {"sd", FIELD_QUANTITY, offsetof(struct params, sd),
     "standard deviation, beside `mean`; or `sigma`", .unit = UNIT_SAME},
    {0},
};

static int prepare(void *params, struct error *err)
{
    struct params *p = params;
    if (dist_need_one(p->mean, "mean", p->median, "median", err) < 0 ||
        dist_need_one(p->sigma, "sigma", p->sd, "sd", err) < 0)
        return -1;
    if (p->sd != 0 && p->median != 0)
        return error_set(err, "sd goes with mean; beside median give sigma");
    if (dist_need_positive(p->mean != 0 ? p->mean : p->median, p->mean != 0 ? "mean" : "median",
                           err) < 0 ||
        dist_need_positive(p->sd != 0 ? p->sd : p->sigma, p->sd != 0 ? "sd" : "sigma", err) < 0)
        return -1;
    if (p->sd != 0)
        p->sigma = sqrt(log1p((p->sd / p->mean) * (p->sd / p->mean)));
    if (!(p->sigma <= 20))
        return error_set(err, "sigma: %g is above 20, which is beyond all use", p->sigma);
    p->mu = p->mean != 0 ? log(p->mean) - p->sigma * p->sigma / 2 : log(p->median);
    return 0;
}

static double draw(const void *params, gsl_rng *rng)
{
    const struct params *p = params;
    return exp(p->mu + gsl_ran_gaussian_ziggurat(rng, p->sigma));
}

static double moment(const void *params, int k)
{
    const struct params *p = params;
    return exp(k * p->mu + k * k * p->sigma * p->sigma / 2);
}

static double cdf(const void *params, double x)
{
    const struct params *p = params;
    return x > 0 ? gsl_cdf_ugaussian_P((log(x) - p->mu) / p->sigma) : 0;
}

/* By a change of measure: x^k dF is a lognormal about mu + k sigma^2. */
static double partial(const void *params, int k, double min, double max)
{
    const struct params *p = params;
    const double shift = p->mu + k * p->sigma * p->sigma;
    const double lo = min > 0 ? (log(min) - shift) / p->sigma : -HUGE_VAL;
    const double hi = max > 0 ? (log(max) - shift) / p->sigma : -HUGE_VAL;
    const double mass = lo > 0 ? gsl_cdf_ugaussian_Q(lo) - gsl_cdf_ugaussian_Q(hi)
                               : gsl_cdf_ugaussian_P(hi) - gsl_cdf_ugaussian_P(lo);
    return mass * moment(params, k);
}

const struct dist_type dist_type_lognormal = {
    .kind = {.name = "lognormal",
             .summary = "the logarithm is normal; by median or mean, and sigma or sd",
             .params = fields,
             .size = sizeof(struct params)},
    .prepare = prepare,
    .draw = draw,
    .moment = moment,
    .cdf = cdf,
    .partial = partial,
};
