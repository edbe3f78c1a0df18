/* A mixture of exponentials: coefficient of variation above 1. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/dist_params.h"

#include "util/mem.h"

#include <gsl/gsl_randist.h>
#include <stdlib.h>

struct params {
    struct numbers probabilities, means;
    struct atoms branches; /* of indices */
};

static const struct field fields[] = {
    {"probabilities", FIELD_NUMBERS, offsetof(struct params, probabilities),
     "of each branch; they add up to 1", .flags = FIELD_REQUIRED, .unit = UNIT_NONE},
    {"means", FIELD_NUMBERS, offsetof(struct params, means), "of each branch",
     .flags = FIELD_REQUIRED, .unit = UNIT_SAME},
    {0},
};

static int prepare(void *params, struct error *err)
{
    struct params *p = params;
    const size_t len = p->means.len;
    if (p->probabilities.len != len)
        return error_set(err, "%zu probabilities for %zu means", p->probabilities.len, len);
    double sum = 0;
    for (size_t i = 0; i < len; i++) {
        if (dist_need_probability(p->probabilities.values[i], "probabilities", err) < 0 ||
            dist_need_positive(p->means.values[i], "means", err) < 0)
            return -1;
        sum += p->probabilities.values[i];
    }
    if (!(fabs(sum - 1) < 1e-9))
        return error_set(err, "probabilities must add up to 1, not %g", sum);
    double *indices = mem_new(len, sizeof(double));
    for (size_t i = 0; i < len; i++)
        indices[i] = (double)i;
    const int status = atoms_init(&p->branches, indices, p->probabilities.values, len, err);
    free(indices);
    return status;
}

static void release(void *params)
{
    atoms_deinit(&((struct params *)params)->branches);
}

static double draw(const void *params, gsl_rng *rng)
{
    const struct params *p = params;
    const size_t branch = (size_t)atoms_draw(&p->branches, rng);
    return gsl_ran_exponential(rng, p->means.values[branch]);
}

static double moment(const void *params, int k)
{
    const struct params *p = params;
    double sum = 0;
    for (size_t i = 0; i < p->means.len; i++)
        sum += p->probabilities.values[i] * dist_gamma_moment(1, p->means.values[i], k);
    return sum;
}

static double cdf(const void *params, double x)
{
    const struct params *p = params;
    double sum = 0;
    for (size_t i = 0; x > 0 && i < p->means.len; i++)
        sum -= p->probabilities.values[i] * expm1(-x / p->means.values[i]);
    return sum;
}

const struct dist_type dist_type_hyper_exponential = {
    .kind = {.name = "hyper-exponential",
             .summary = "a mixture of exponentials",
             .params = fields,
             .size = sizeof(struct params)},
    .prepare = prepare,
    .release = release,
    .draw = draw,
    .moment = moment,
    .cdf = cdf,
};
