/* Latin hypercube (McKay, Beckman, Conover, Technometrics 21, 1979): each factor is cut into as
 * many strata of equal probability as there are points, and each point has one of its own, at a
 * random place in it. Levels are taken equally often where their number divides that of points,
 * else as nearly so as can be. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/design.h"
#include "util/mem.h"
#include "util/rng.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

static void fill_column(const struct design_input *input, size_t factor, size_t points,
                        size_t *order, double *ret)
{
    struct rng_stream stream;
    rng_stream_init(&stream, (struct rng_seed){input->seed, 0}, input->factors[factor].name,
                    "latin-hypercube");
    for (size_t p = 0; p < points; p++)
        order[p] = p;
    gsl_ran_shuffle(rng_at(&stream, 0), order, points, sizeof(*order));
    for (size_t p = 0; p < points; p++) {
        const double within = gsl_rng_uniform(rng_at(&stream, 1 + p));
        const double u = ((double)order[p] + within) / (double)points;
        ret[p * input->n_factors + factor] = fmin(u, nextafter(1, 0));
    }
    rng_stream_deinit(&stream);
}

static void fill(const void *params, const struct design_input *input, size_t points, double *ret)
{
    (void)params;
    size_t *order = mem_new(points, sizeof(*order));
    for (size_t f = 0; f < input->n_factors; f++)
        fill_column(input, f, points, order, ret);
    free(order);
}

const struct design_type design_latin_hypercube = {
    .kind = {.name = "latin-hypercube",
             .summary = "as many strata of each factor as points, each stratum once",
             .params = design_points_fields,
             .size = sizeof(struct design_points),
             .shorthand = "points"},
    .points = design_points,
    .fill = fill,
};
