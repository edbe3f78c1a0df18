/* Random numbers by address: each draw is a function of (seed, replication, path of the object,
 * purpose, ordinal), through the counter-based generator Philox 4x64 of Salmon et al. (SC'11).
 * Adding an object or a purpose changes no other draw. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef UTIL_RNG_H
#define UTIL_RNG_H

#include "util/base.h"

#include <gsl/gsl_rng.h>

struct rng_seed {
    uint64_t seed, replication;
};

/* One purpose of one object. Owns a gsl_rng; draws at different ordinals are independent. */
struct rng_stream {
    gsl_rng *gsl;
};

void rng_stream_init(struct rng_stream *stream, struct rng_seed seed, const char *path,
                     const char *purpose);
void rng_stream_deinit(struct rng_stream *stream);

/* Place the stream at draw `ordinal` and return the generator to draw from: as many numbers as
 * wanted, none shared with another ordinal. O(1). Borrowed, valid until the next call. */
gsl_rng *rng_at(struct rng_stream *stream, uint64_t ordinal);

/* A stable 64-bit hash (the same on every machine and in every version). */
uint64_t rng_hash(uint64_t seed, const void *data, size_t len);

#endif
