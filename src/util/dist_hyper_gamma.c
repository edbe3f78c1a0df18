/* Either of two gammas: the run times of Lublin and Feitelson (JPDC 2003). */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/dist_params.h"

#include <gsl/gsl_randist.h>

struct params {
    double probability;
    struct numbers shapes, scales;
};

static const struct field fields[] = {
    {"probability", FIELD_QUANTITY, offsetof(struct params, probability), "of the first", .max = 1,
     .flags = FIELD_REQUIRED, .unit = UNIT_NONE},
    {"shapes", FIELD_NUMBERS, offsetof(struct params, shapes), "of the first and the second",
     .flags = FIELD_REQUIRED, .unit = UNIT_NONE},
    {"scales", FIELD_NUMBERS, offsetof(struct params, scales), "of the first and the second",
     .flags = FIELD_REQUIRED, .unit = UNIT_SAME},
    {0},
};

static int prepare(void *params, struct error *err)
{
    const struct params *p = params;
    if (p->shapes.len != 2 || p->scales.len != 2)
        return error_set(err, "needs two shapes and two scales, not %zu and %zu", p->shapes.len,
                         p->scales.len);
    for (int i = 0; i < 2; i++)
        if (dist_need_shape(p->shapes.values[i], "shapes", err) < 0 ||
            dist_need_positive(p->scales.values[i], "scales", err) < 0)
            return -1;
    return dist_need_probability(p->probability, "probability", err);
}

static double draw(const void *params, gsl_rng *rng)
{
    const struct params *p = params;
    const int i = gsl_rng_uniform(rng) >= p->probability;
    return gsl_ran_gamma(rng, p->shapes.values[i], p->scales.values[i]);
}

static double moment(const void *params, int k)
{
    const struct params *p = params;
    return p->probability * dist_gamma_moment(p->shapes.values[0], p->scales.values[0], k) +
           (1 - p->probability) * dist_gamma_moment(p->shapes.values[1], p->scales.values[1], k);
}

static double cdf(const void *params, double x)
{
    const struct params *p = params;
    return p->probability * dist_gamma_cdf(p->shapes.values[0], p->scales.values[0], x) +
           (1 - p->probability) * dist_gamma_cdf(p->shapes.values[1], p->scales.values[1], x);
}

const struct dist_type dist_type_hyper_gamma = {
    .kind = {.name = "hyper-gamma",
             .summary = "either of two gammas",
             .params = fields,
             .size = sizeof(struct params)},
    .prepare = prepare,
    .draw = draw,
    .moment = moment,
    .cdf = cdf,
};
