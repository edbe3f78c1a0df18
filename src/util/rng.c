/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/rng.h"

#include <limits.h>
#include <Random123/philox.h>
#include <string.h>

_Static_assert(sizeof(unsigned long) == 8, "gsl_rng hands out unsigned long: 64 bits are needed");

/* What a gsl_rng of ours points to. Words of a block are handed out in order; `used` = 4 asks for
 * the next block, so that positioning computes nothing. */
struct philox_state {
    philox4x64_ctr_t counter; /* block, ordinal, 0, 0 */
    philox4x64_ctr_t words;
    philox4x64_key_t key;
    unsigned used;
};

static inline uint64_t next_word(struct philox_state *state)
{
    if (state->used == 4) {
        state->words = philox4x64(state->counter, state->key);
        state->counter.v[0]++;
        state->used = 0;
    }
    return state->words.v[state->used++];
}

static void philox_set(void *vstate, unsigned long seed)
{
    struct philox_state *state = vstate;
    memset(state, 0, sizeof(*state));
    state->key.v[0] = seed;
    state->used = 4;
}

static unsigned long philox_get(void *vstate)
{
    return next_word(vstate);
}

/* The upper 53 bits: every multiple of 2^-53 in [0, 1). */
static double philox_get_double(void *vstate)
{
    return (double)(next_word(vstate) >> 11) * 0x1p-53;
}

/* The full range of 64 bits: the ziggurat takes its bits from one word, and uniform_int divides
 * max - min without overflow. */
static const gsl_rng_type philox_type = {
    .name = "philox4x64",
    .max = ULONG_MAX,
    .min = 0,
    .size = sizeof(struct philox_state),
    .set = philox_set,
    .get = philox_get,
    .get_double = philox_get_double,
};

#define PRIME_1 UINT64_C(0x9E3779B185EBCA87)
#define PRIME_2 UINT64_C(0xC2B2AE3D27D4EB4F)
#define PRIME_3 UINT64_C(0x165667B19E3779F9)
#define PRIME_4 UINT64_C(0x85EBCA77C2B2AE63)
#define PRIME_5 UINT64_C(0x27D4EB2F165667C5)

static inline uint64_t rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static inline uint64_t read_le(const unsigned char *p, int bytes)
{
    uint64_t x = 0;
    for (int i = bytes; i-- > 0;)
        x = x << 8 | p[i];
    return x;
}

static inline uint64_t round_of(uint64_t lane, uint64_t input)
{
    return rotate(lane + input * PRIME_2, 31) * PRIME_1;
}

static const unsigned char *hash_stripes(uint64_t *hash, uint64_t seed, const unsigned char *p,
                                         const unsigned char *end)
{
    uint64_t lanes[4] = {seed + PRIME_1 + PRIME_2, seed + PRIME_2, seed, seed - PRIME_1};
    for (; end - p >= 32; p += 32)
        for (int i = 0; i < 4; i++)
            lanes[i] = round_of(lanes[i], read_le(p + 8 * i, 8));
    *hash = rotate(lanes[0], 1) + rotate(lanes[1], 7) + rotate(lanes[2], 12) + rotate(lanes[3], 18);
    for (int i = 0; i < 4; i++)
        *hash = (*hash ^ round_of(0, lanes[i])) * PRIME_1 + PRIME_4;
    return p;
}

/* XXH64 of Yann Collet: known vectors, and no table. */
uint64_t rng_hash(uint64_t seed, const void *data, size_t len)
{
    const unsigned char *p = data, *end = p + len;
    uint64_t hash = seed + PRIME_5;
    if (len >= 32)
        p = hash_stripes(&hash, seed, p, end);
    hash += len;
    for (; end - p >= 8; p += 8)
        hash = rotate(hash ^ round_of(0, read_le(p, 8)), 27) * PRIME_1 + PRIME_4;
    if (end - p >= 4) {
        hash = rotate(hash ^ (read_le(p, 4) * PRIME_1), 23) * PRIME_2 + PRIME_3;
        p += 4;
    }
    for (; p < end; p++)
        hash = rotate(hash ^ (*p * PRIME_5), 11) * PRIME_1;
    hash = (hash ^ hash >> 33) * PRIME_2;
    hash = (hash ^ hash >> 29) * PRIME_3;
    return hash ^ hash >> 32;
}

/* Chained, so that the border between path and purpose matters: "a/b" + "c" is not "a" + "b/c". */
static uint64_t hash_address(uint64_t basis, struct rng_seed seed, const char *path,
                             const char *purpose)
{
    unsigned char bytes[16];
    for (int i = 0; i < 8; i++) {
        bytes[i] = (unsigned char)(seed.seed >> 8 * i);
        bytes[8 + i] = (unsigned char)(seed.replication >> 8 * i);
    }
    const uint64_t hash = rng_hash(basis, bytes, sizeof(bytes));
    return rng_hash(rng_hash(hash, path, strlen(path)), purpose, strlen(purpose));
}

void rng_stream_init(struct rng_stream *stream, struct rng_seed seed, const char *path,
                     const char *purpose)
{
    stream->gsl = gsl_rng_alloc(&philox_type);
    struct philox_state *state = gsl_rng_state(stream->gsl);
    state->key.v[0] = hash_address(0, seed, path, purpose);
    state->key.v[1] = hash_address(1, seed, path, purpose);
    rng_at(stream, 0);
}

void rng_stream_deinit(struct rng_stream *stream)
{
    if (stream->gsl)
        gsl_rng_free(stream->gsl);
    stream->gsl = NULL;
}

gsl_rng *rng_at(struct rng_stream *stream, uint64_t ordinal)
{
    struct philox_state *state = stream->gsl->state;
    state->counter.v[0] = 0;
    state->counter.v[1] = ordinal;
    state->used = 4;
    return stream->gsl;
}
