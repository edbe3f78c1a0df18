/* Sobol's sequence (Bratley and Fox, TOMS 14, 1988), moved by a random shift modulo 1 (Cranley and
 * Patterson, SIAM J. Numer. Anal. 13, 1976): it fills the cube more evenly than a latin hypercube,
 * in any few factors together, best where the number of points is a power of two. The first point
 * is the origin, which GSL leaves out and the sequence needs (Owen, 2020). GSL tables 40 factors.
 */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/design.h"
#include "util/mem.h"
#include "util/rng.h"

#include <gsl/gsl_qrng.h>
#include <math.h>
#include <stdlib.h>

static int points(const void *params, const struct design_input *input, size_t *ret_points,
                  struct error *err)
{
    const unsigned most = gsl_qrng_sobol->max_dimension;
    if (input->n_factors > most)
        return error_set(err,
                         "%zu factors: the sequence is known for %u at most; latin-hypercube "
                         "takes any number",
                         input->n_factors, most);
    return design_points(params, input, ret_points, err);
}

static double draw_shift(const struct design_input *input, size_t factor)
{
    struct rng_stream stream;
    rng_stream_init(&stream, (struct rng_seed){input->seed, 0}, input->factors[factor].name,
                    "sobol");
    const double shift = gsl_rng_uniform(rng_at(&stream, 0));
    rng_stream_deinit(&stream);
    return shift;
}

static void fill(const void *params, const struct design_input *input, size_t points_, double *ret)
{
    (void)params;
    const size_t n = input->n_factors;
    gsl_qrng *sequence = gsl_qrng_alloc(gsl_qrng_sobol, (unsigned)n);
    double *shift = mem_new(n, sizeof(*shift));
    for (size_t f = 0; f < n; f++)
        shift[f] = draw_shift(input, f);
    for (size_t p = 0; p < points_; p++) {
        double *row = &ret[p * n];
        if (p > 0)
            gsl_qrng_get(sequence, row);
        for (size_t f = 0; f < n; f++) {
            const double u = (p > 0 ? row[f] : 0) + shift[f];
            row[f] = u - floor(u);
        }
    }
    free(shift);
    gsl_qrng_free(sequence);
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
