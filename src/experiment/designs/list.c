/* The points as they are written: the i-th takes the i-th level of every factor. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/design.h"

static int points(const void *params, const struct design_input *input, size_t *ret_points,
                  struct error *err)
{
    (void)params;
    const struct design_factor *first = &input->factors[0];
    for (size_t i = 0; i < input->n_factors; i++) {
        const struct design_factor *factor = &input->factors[i];
        if (factor->dist)
            return error_set(err, "%s has no levels: list its values", factor->name);
        if (factor->levels != first->levels)
            return error_set(err, "%s has %zu levels and %s has %zu; each point takes one of each",
                             first->name, first->levels, factor->name, factor->levels);
    }
    *ret_points = first->levels;
    return 0;
}

static void place(const void *params, const struct design_input *input, size_t points_, size_t *ret)
{
    (void)params;
    for (size_t i = 0; i < points_ * input->n_factors; i++)
        ret[i] = i / input->n_factors;
}

const struct design_type design_list = {
    .kind = {.name = "list", .summary = "the i-th point takes the i-th level of every factor"},
    .points = points,
    .place = place,
};
