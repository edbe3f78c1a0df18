/* Sobol's sequence under a random shift: it fills the cube more evenly than a latin hypercube, in
 * any few factors together, best where the number of points is a power of two. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/design.h"
#include "experiment/quasi.h"
#include "util/mem.h"

#include <stdlib.h>

static int points(const void *params, const struct design_input *input, size_t *ret_points,
                  struct error *err)
{
    if (input->n_factors > quasi_factors_max())
        return error_set(err,
                         "%zu factors: the sequence is known for %zu at most; latin-hypercube "
                         "takes any number",
                         input->n_factors, quasi_factors_max());
    return design_points(params, input, ret_points, err);
}

static void fill(const void *params, const struct design_input *input, size_t points_, double *ret)
{
    const size_t n = input->n_factors;
    const char **names = mem_new(n, sizeof(*names)), **purposes = mem_new(n, sizeof(*purposes));
    (void)params;
    for (size_t f = 0; f < n; f++) {
        names[f] = input->factors[f].name;
        purposes[f] = "sobol";
    }
    quasi_fill(names, purposes, n, input->seed, points_, ret);
    free(names);
    free(purposes);
}

const struct design_type design_sobol = {
    .kind = {.name = "sobol",
             .summary = "Sobol's sequence under a random shift; a power of two of points is best",
             .params = design_points_fields,
             .size = sizeof(struct design_points),
             .shorthand = "points"},
    .points = points,
    .fill = fill,
};
