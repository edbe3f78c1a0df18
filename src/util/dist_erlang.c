/* The sum of equal exponential stages: coefficient of variation 1 / sqrt(stages). */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/dist_params.h"

#include <gsl/gsl_randist.h>

struct params {
    double mean;
    int64_t stages;
};

static const struct field fields[] = {
    {"mean", FIELD_QUANTITY, offsetof(struct params, mean), "the mean of the whole",
     .flags = FIELD_REQUIRED, .unit = UNIT_SAME},
    {"stages", FIELD_INT, offsetof(struct params, stages), "how many exponential stages", .min = 1,
     .max = DIST_SHAPE_MAX, .flags = FIELD_REQUIRED},
    {0},
};

static int prepare(void *params, struct error *err)
{
    const struct params *p = params;
    if (p->stages < 1 || (double)p->stages > DIST_SHAPE_MAX)
        return error_set(err, "stages: %lld is outside [1, %g]", (long long)p->stages,
                         DIST_SHAPE_MAX);
    return dist_need_positive(p->mean, "mean", err);
}

static double draw(const void *params, gsl_rng *rng)
{
    const struct params *p = params;
    return gsl_ran_gamma(rng, (double)p->stages, p->mean / (double)p->stages);
}

static double moment(const void *params, int k)
{
    const struct params *p = params;
    return dist_gamma_moment((double)p->stages, p->mean / (double)p->stages, k);
}

static double cdf(const void *params, double x)
{
    const struct params *p = params;
    return dist_gamma_cdf((double)p->stages, p->mean / (double)p->stages, x);
}

const struct dist_type dist_type_erlang = {
    .kind = {.name = "erlang",
             .summary = "the sum of equal exponential stages",
             .params = fields,
             .size = sizeof(struct params)},
    .prepare = prepare,
    .draw = draw,
    .moment = moment,
    .cdf = cdf,
};
