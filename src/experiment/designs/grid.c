/* Full factorial: every level of each factor with every level of all others, the last factor
 * fastest. Nothing is drawn. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/design.h"

struct params {
    int64_t levels;
};

static const struct field fields[] = {
    {"levels", FIELD_INT, offsetof(struct params, levels),
     "of each factor that has none: quantiles, from end to end where it has ends", .min = 0,
     .max = DESIGN_CELLS_MAX, .def = "0"},
    {0},
};

static size_t levels(const void *params)
{
    return (size_t)((const struct params *)params)->levels;
}

static int points(const void *params, const struct design_input *input, size_t *ret_points,
                  struct error *err)
{
    size_t product = 1;
    for (size_t i = 0; i < input->n_factors; i++) {
        const size_t own = design_levels_of(&input->factors[i], levels(params));
        if (own == 0)
            return error_set(err, "%s has no levels: list its values, or say how many `levels`",
                             input->factors[i].name);
        product = own > DESIGN_CELLS_MAX / product ? DESIGN_CELLS_MAX + (size_t)1 : product * own;
        if (product > DESIGN_CELLS_MAX)
            break;
    }
    *ret_points = product;
    return 0;
}

static void place(const void *params, const struct design_input *input, size_t points_, size_t *ret)
{
    const size_t n = input->n_factors;
    for (size_t p = 0; p < points_; p++) {
        size_t rest = p;
        for (size_t f = n; f-- > 0;) {
            const size_t own = design_levels_of(&input->factors[f], levels(params));
            ret[p * n + f] = rest % own;
            rest /= own;
        }
    }
}

const struct design_type design_grid = {
    .kind = {.name = "grid",
             .summary = "every level of each factor with every level of the others",
             .params = fields,
             .size = sizeof(struct params),
             .shorthand = "levels"},
    .points = points,
    .levels = levels,
    .place = place,
};
