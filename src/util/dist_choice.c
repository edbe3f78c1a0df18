/* One of a few values, by weight. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/dist_params.h"

struct params {
    struct atoms atoms; /* first */
    struct weights values;
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

const struct dist_type dist_type_choice = {
    .kind = {.name = "choice",
             .summary = "one of a few values, by weight",
             .params = fields,
             .size = sizeof(struct params),
             .shorthand = "values"},
    .prepare = prepare,
    ATOMS_TYPE,
};
