/* Points for Sobol indices (Saltelli et al., Comput. Phys. Commun. 181, 2010): with rows a and b of
 * two independent samples, a block is a, b, and for each factor a with the value of b for that
 * factor. Both samples are halves of one Sobol sequence in twice the factors under a random shift.
 * effects.h takes blocks of factors + 2 points. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/design.h"
#include "experiment/quasi.h"
#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

static int points(const void *params, const struct design_input *input, size_t *ret_points,
                  struct error *err)
{
    const size_t most = quasi_factors_max() / 2, n = input->n_factors;
    if (n > most)
        return error_set(err, "%zu factors: %zu at most, twice as many as a sequence is known for",
                         n, most);
    *ret_points = (size_t)((const struct design_points *)params)->points * (n + 2);
    return 0;
}

static void fill(const void *params, const struct design_input *input, size_t points_, double *ret)
{
    const size_t n = input->n_factors, blocks = points_ / (n + 2);
    const char **names = mem_new(2 * n, sizeof(*names)),
               **purposes = mem_new(2 * n, sizeof(*names));
    double *both = mem_new(blocks * 2 * n, sizeof(*both));
    (void)params;
    for (size_t f = 0; f < 2 * n; f++) {
        names[f] = input->factors[f % n].name;
        purposes[f] = f < n ? "saltelli a" : "saltelli b";
    }
    quasi_fill(names, purposes, 2 * n, input->seed, blocks, both);
    for (size_t j = 0; j < blocks; j++) {
        const double *a = &both[2 * n * j], *b = a + n;
        double *rows = &ret[(n + 2) * n * j];
        memcpy(rows, a, n * sizeof(*a));
        memcpy(rows + n, b, n * sizeof(*b));
        for (size_t f = 0; f < n; f++) {
            double *row = rows + (2 + f) * n;
            memcpy(row, a, n * sizeof(*a));
            row[f] = b[f];
        }
    }
    free(names);
    free(purposes);
    free(both);
}

const struct design_type design_saltelli = {
    .kind = {.name = "saltelli",
             .summary = "for Sobol indices: as many blocks of factors + 2 points",
             .params = design_points_fields,
             .size = sizeof(struct design_points),
             .shorthand = "points"},
    .points = points,
    .fill = fill,
};
