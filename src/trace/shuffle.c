/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/shuffle.h"

#include "util/base.h"

#include <string.h>

enum { PANEL = 256 }; /* items whose bytes stay in the first-level cache while all are read */

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "traces are little-endian");

typedef uint8_t bytes __attribute__((vector_size(16)));
typedef uint64_t halves __attribute__((vector_size(16)));

/* The bytes of the low halves, or of the high ones, of x and y in turns. */
static inline bytes zip_low(bytes x, bytes y)
{
    return __builtin_shufflevector(x, y, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

static inline bytes zip_high(bytes x, bytes y)
{
    return __builtin_shufflevector(x, y, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15,
                                   31);
}

static inline bytes load_half(const unsigned char *from)
{
    uint64_t word;
    memcpy(&word, from, sizeof(word));
    return (bytes)(halves){word};
}

static inline void store_halves(unsigned char *low, unsigned char *high, bytes x)
{
    const halves words = (halves)x;
    memcpy(low, (const char *)&words, sizeof(words[0]));
    memcpy(high, (const char *)&words + sizeof(words[0]), sizeof(words[1]));
}

/* 8 bytes of each of 8 items, `size` apart, into 8 planes, n apart. Zipping rows 0 and 4, 1 and 5,
 * ... and the results likewise, three times in all, transposes them. */
static inline void transpose(unsigned char *restrict to, size_t n,
                             const unsigned char *restrict from, size_t size)
{
    bytes x[4], y[4];
    for (size_t k = 0; k < 4; k++)
        x[k] = zip_low(load_half(from + k * size), load_half(from + (k + 4) * size));
    for (size_t k = 0; k < 2; k++) {
        y[2 * k] = zip_low(x[k], x[k + 2]);
        y[2 * k + 1] = zip_high(x[k], x[k + 2]);
    }
    for (size_t k = 0; k < 2; k++) {
        x[2 * k] = zip_low(y[k], y[k + 2]);
        x[2 * k + 1] = zip_high(y[k], y[k + 2]);
    }
    for (size_t k = 0; k < 4; k++)
        store_halves(to + 2 * k * n, to + (2 * k + 1) * n, x[k]);
}

/* Bytes column .. column + 7 of `count` items; n is the distance between the planes of `to`. */
static void panel(unsigned char *restrict to, const unsigned char *restrict from, size_t count,
                  size_t n, size_t size)
{
    for (size_t i = 0; i < count; i += 8)
        transpose(to + i, n, from + i * size, size);
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
