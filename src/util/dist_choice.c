/* One of a few values, by weight. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/dist_params.h"

struct params {
    struct weights values;
    struct atoms atoms;
};

static const struct field fields[] = {
    {"values", FIELD_WEIGHTS, offsetof(struct params, values), "a map value: weight",
     .flags = FIELD_REQUIRED, .unit = UNIT_SAME},
    {0},
};

static int prepare(void *params, struct error *err)
{
    struct params *p = params;
    return atoms_init(&p->atoms, p->values.values, p->values.weights, p->values.len, err);
}

static void release(void *params)
{
    atoms_deinit(&((struct params *)params)->atoms);
}

static double draw(const void *params, gsl_rng *rng)
{
    return atoms_draw(&((const struct params *)params)->atoms, rng);
}

static double moment(const void *params, int k)
{
    return atoms_partial(&((const struct params *)params)->atoms, k, -HUGE_VAL, HUGE_VAL);
}

static double cdf(const void *params, double x)
{
    return atoms_cdf(&((const struct params *)params)->atoms, x);
}

static double partial(const void *params, int k, double min, double max)
{
    return atoms_partial(&((const struct params *)params)->atoms, k, min, max);
}

static void support(const void *params, double *ret_least, double *ret_greatest)
{
    const struct atoms *atoms = &((const struct params *)params)->atoms;
    *ret_least = atoms->values[0];
    *ret_greatest = atoms->values[atoms->len - 1];
}

const struct dist_type dist_type_choice = {
    .kind = {.name = "choice",
             .summary = "one of a few values, by weight",
             .params = fields,
             .size = sizeof(struct params),
             .shorthand = "values"},
    .prepare = prepare,
    .release = release,
    .draw = draw,
    .moment = moment,
    .cdf = cdf,
    .discrete = true,
    .partial = partial,
    .support = support,
};
