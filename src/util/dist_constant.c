/* Always the same value. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/dist_params.h"

#include "util/mem.h"

#include <gsl/gsl_math.h>

struct params {
    double value;
};

static const struct field fields[] = {
    {"value", FIELD_QUANTITY, offsetof(struct params, value), "the value", .flags = FIELD_REQUIRED,
     .unit = UNIT_SAME},
    {0},
};

static int prepare(void *params, struct error *err)
{
    const struct params *p = params;
    return isfinite(p->value) ? 0 : error_set(err, "value must be finite");
}

static double draw(const void *params, gsl_rng *rng)
{
    (void)rng;
    return ((const struct params *)params)->value;
}

static double moment(const void *params, int k)
{
    return gsl_pow_int(((const struct params *)params)->value, k);
}

static double cdf(const void *params, double x)
{
    return x >= ((const struct params *)params)->value;
}

static double partial(const void *params, int k, double min, double max)
{
    const double value = ((const struct params *)params)->value;
    return value >= min && value <= max ? gsl_pow_int(value, k) : 0;
}

static void support(const void *params, double *ret_least, double *ret_greatest)
{
    *ret_least = *ret_greatest = ((const struct params *)params)->value;
}

const struct dist_type dist_type_constant = {
    .kind = {.name = "constant",
             .summary = "always the same value",
             .params = fields,
             .size = sizeof(struct params),
             .shorthand = "value"},
    .prepare = prepare,
    .draw = draw,
    .moment = moment,
    .cdf = cdf,
    .discrete = true,
    .partial = partial,
    .support = support,
};

struct dist *dist_constant(double value, enum unit unit)
{
    struct params *params = mem_new(1, sizeof(*params));
    params->value = value;
    struct dist *dist = dist_new(&dist_type_constant, params, -HUGE_VAL, HUGE_VAL, unit, NULL);
    REQUIRE(dist);
    return dist;
}
