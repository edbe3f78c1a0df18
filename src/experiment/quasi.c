/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/quasi.h"

#include "util/mem.h"
#include "util/rng.h"

#include <gsl/gsl_qrng.h>
#include <math.h>
#include <stdlib.h>

size_t quasi_factors_max(void)
{
    return gsl_qrng_sobol->max_dimension;
}

void quasi_fill(const char *const *names, const char *const *purposes, size_t n, uint64_t seed,
                size_t points, double *ret)
{
    gsl_qrng *sequence = gsl_qrng_alloc(gsl_qrng_sobol, (unsigned)n);
    double *shift = mem_new(n, sizeof(*shift));
    for (size_t f = 0; f < n; f++) {
        struct rng_stream stream;
        rng_stream_init(&stream, (struct rng_seed){seed, 0}, names[f], purposes[f]);
        shift[f] = gsl_rng_uniform(rng_at(&stream, 0));
        rng_stream_deinit(&stream);
    }
    for (size_t p = 0; p < points; p++) {
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
