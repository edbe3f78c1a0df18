/* From a base, each factor alone takes its other levels: the first point is the base. A cheap look
 * at each factor, blind to what factors do together. The base of a factor with levels is the first
 * of them; of a distribution it is the median. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/design.h"

struct params {
    int64_t levels;
};

static const struct field fields[] = {
    {"levels", FIELD_INT, offsetof(struct params, levels),
     "of each factor that has none: odd, so that the middle one is the median", .min = 3,
     .max = 9999, .def = "3"},
    {0},
};

static int check(const void *params, struct error *err)
{
    const struct params *p = params;
    return p->levels % 2 == 1
               ? 0
               : error_set(err, "levels: an odd number is needed, so that one is the median");
}

static size_t levels(const void *params)
{
    return (size_t)((const struct params *)params)->levels;
}

static int points(const void *params, const struct design_input *input, size_t *ret_points,
                  struct error *err)
{
    (void)err;
    *ret_points = 1;
    for (size_t i = 0; i < input->n_factors; i++)
        *ret_points += design_levels_of(&input->factors[i], levels(params)) - 1;
    return 0;
}

static void place(const void *params, const struct design_input *input, size_t points_, size_t *ret)
{
    const size_t n = input->n_factors, own = levels(params);
    for (size_t i = 0; i < points_ * n; i++)
        ret[i] = input->factors[i % n].dist ? own / 2 : 0;
    size_t point = 1;
    for (size_t f = 0; f < n; f++) {
        const size_t base = ret[f];
        for (size_t level = 0; level < design_levels_of(&input->factors[f], own); level++)
            if (level != base)
                ret[point++ * n + f] = level;
    }
}

const struct design_type design_one_at_a_time = {
    .kind = {.name = "one-at-a-time",
             .summary = "a base, and from it each factor alone at its other levels",
             .params = fields,
             .size = sizeof(struct params),
             .shorthand = "levels",
             .check = check},
    .points = points,
    .levels = levels,
    .place = place,
};
