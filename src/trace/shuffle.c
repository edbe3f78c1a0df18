/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/shuffle.h"

#include "util/base.h"

#include <string.h>

enum { PANEL = 256 }; /* items whose bytes stay in the first-level cache while all are read */

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "traces are little-endian");

/* Transpose 8 x 8 bytes: swap the off-diagonal halves of blocks of 4, 2 and 1 (Hacker's Delight,
 * 7-3, with bytes for bits). */
static inline void transpose(uint64_t x[8])
{
    for (int i = 0; i < 4; i++) {
        const uint64_t t = (x[i] >> 32 ^ x[i + 4]) & UINT64_C(0xffffffff);
        x[i] ^= t << 32;
        x[i + 4] ^= t;
    }
    for (int i = 0; i < 8; i += (i & 1) ? 3 : 1) {
        const uint64_t t = (x[i] >> 16 ^ x[i + 2]) & UINT64_C(0x0000ffff0000ffff);
        x[i] ^= t << 16;
        x[i + 2] ^= t;
    }
    for (int i = 0; i < 8; i += 2) {
        const uint64_t t = (x[i] >> 8 ^ x[i + 1]) & UINT64_C(0x00ff00ff00ff00ff);
        x[i] ^= t << 8;
        x[i + 1] ^= t;
    }
}

/* Bytes column .. column + 7 of `count` items; n is the distance between the planes of `to`. */
static void panel(unsigned char *restrict to, const unsigned char *restrict from, size_t count,
                  size_t n, size_t size)
{
    for (size_t i = 0; i < count; i += 8) {
        uint64_t x[8];
        for (size_t k = 0; k < 8; k++)
            memcpy(&x[k], from + (i + k) * size, 8);
        transpose(x);
        for (size_t k = 0; k < 8; k++)
            memcpy(to + k * n + i, &x[k], 8);
    }
}

void shuffle_bytes(unsigned char *restrict to, const unsigned char *restrict from, size_t n,
                   size_t size)
{
    REQUIRE(n % 8 == 0);
    if (size < 8) {
        for (size_t k = 0; k < size; k++)
            for (size_t i = 0; i < n; i++)
                to[k * n + i] = from[i * size + k];
        return;
    }
    for (size_t i = 0; i < n; i += PANEL) {
        const size_t count = n - i < PANEL ? n - i : PANEL;
        for (size_t column = 0; column < size; column += 8) {
            /* The last block overlaps the one before rather than reach past the item. */
            const size_t at = column + 8 <= size ? column : size - 8;
            panel(to + at * n + i, from + i * size + at, count, n, size);
        }
    }
}
