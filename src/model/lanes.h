/* Eight small numbers compared at a time, in vectors as compilers do not find this loop. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_LANES_H
#define MODEL_LANES_H

#include <stdint.h>
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define LANES 8

typedef int16_t lanes __attribute__((vector_size(LANES * sizeof(int16_t))));

static inline lanes lanes_at(const int16_t *values)
{
    lanes got;
    memcpy(&got, values, sizeof(got));
    return got;
}

/* A bit for each lane that is set. */
static inline uint32_t lane_bits(lanes set)
{
#if defined(__SSE2__)
    const __m128i narrow = _mm_packs_epi16((__m128i)set, _mm_setzero_si128());
    return (uint32_t)_mm_movemask_epi8(narrow);
#else
    const lanes bit = {1, 2, 4, 8, 16, 32, 64, 128};
    const lanes bits = set & bit;
    uint64_t half[sizeof(bits) / sizeof(uint64_t)];
    memcpy(half, &bits, sizeof(half));
    return (uint32_t)((half[0] + half[1]) * UINT64_C(0x0001000100010001) >> 48);
#endif
}

#endif
