/* Independent draws: what the others are held against, and more points can be added later. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/design.h"
#include "util/rng.h"

static void fill(const void *params, const struct design_input *input, size_t points, double *ret)
{
    (void)params;
    for (size_t f = 0; f < input->n_factors; f++) {
        struct rng_stream stream;
        rng_stream_init(&stream, (struct rng_seed){input->seed, 0}, input->factors[f].name,
                        "random");
        for (size_t p = 0; p < points; p++)
            ret[p * input->n_factors + f] = gsl_rng_uniform(rng_at(&stream, p));
        rng_stream_deinit(&stream);
    }
}

const struct design_type design_random = {
    .kind = {.name = "random",
             .summary = "independent draws; the first of more points are the same",
             .params = design_points_fields,
             .size = sizeof(struct design_points),
             .shorthand = "points"},
    .points = design_points,
    .fill = fill,
};
