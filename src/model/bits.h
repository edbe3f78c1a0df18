/* Hierarchical bitmap, 64-ary: a bit on each upper level says that the word below it is not zero.
 * The words live wherever the caller keeps them, so that many bitmaps of one shape share an array.
 * Every search and update touches at most one word a level: O(log64 bits). */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_BITS_H
#define MODEL_BITS_H

#include "util/base.h"

enum { BITS_DEPTH = 4, BITS_MOST = 1 << 24 };

struct bits_shape {
    uint32_t depth, words;       /* words in all */
    uint32_t at[BITS_DEPTH + 1]; /* where each level begins; at[depth] = words */
};

/* 0 < bits <= BITS_MOST. */
static inline void bits_shape_init(struct bits_shape *shape, uint32_t bits)
{
    REQUIRE(bits > 0 && bits <= BITS_MOST);
    *shape = (struct bits_shape){0};
    uint32_t len = bits;
    do {
        len = (len + 63) / 64;
        shape->words += len;
        shape->at[++shape->depth] = shape->words;
    } while (len > 1);
}

static inline bool bits_test(const uint64_t *words, uint32_t bit)
{
    return words[bit >> 6] >> (bit & 63) & 1;
}

static inline void bits_set_above(const struct bits_shape *shape, uint64_t *words, uint32_t bit)
{
    for (uint32_t d = 1; d < shape->depth; d++) {
        uint64_t *const word = &words[shape->at[d] + (bit >> 6)];
        const uint64_t old = *word;
        *word = old | (uint64_t)1 << (bit & 63);
        if (old)
            return;
        bit >>= 6;
    }
}

static inline void bits_clear_above(const struct bits_shape *shape, uint64_t *words, uint32_t bit)
{
    for (uint32_t d = 1; d < shape->depth; d++) {
        uint64_t *const word = &words[shape->at[d] + (bit >> 6)];
        *word &= ~((uint64_t)1 << (bit & 63));
        if (*word)
            return;
        bit >>= 6;
    }
}

/* The bits of word `word` that lie in first .. last. */
static inline uint64_t bits_mask(uint32_t word, uint32_t first, uint32_t last)
{
    uint64_t mask = ~(uint64_t)0;
    if (word == first >> 6)
        mask <<= first & 63;
    if (word == last >> 6)
        mask &= ~(uint64_t)0 >> (63 - (last & 63));
    return mask;
}

/* Set or clear first .. first + count - 1, count > 0. O(count / 64 + log64 bits). */
static inline void bits_set(const struct bits_shape *shape, uint64_t *words, uint32_t first,
                            uint32_t count)
{
    const uint32_t last = first + count - 1;
    for (uint32_t w = first >> 6; w <= last >> 6; w++) {
        const uint64_t old = words[w];
        words[w] = old | bits_mask(w, first, last);
        if (!old)
            bits_set_above(shape, words, w);
    }
}

static inline void bits_clear(const struct bits_shape *shape, uint64_t *words, uint32_t first,
                              uint32_t count)
{
    const uint32_t last = first + count - 1;
    for (uint32_t w = first >> 6; w <= last >> 6; w++) {
        words[w] &= ~bits_mask(w, first, last);
        if (!words[w])
            bits_clear_above(shape, words, w);
    }
}

/* The least set bit >= from, the greatest <= from; -1 if there is none. */
static inline int32_t bits_next(const struct bits_shape *shape, const uint64_t *words,
                                uint32_t from)
{
    uint32_t bit = from, d = 0;
    for (;; d++) {
        if (d == shape->depth || bit >> 6 >= shape->at[d + 1] - shape->at[d])
            return -1;
        const uint64_t left = words[shape->at[d] + (bit >> 6)] & ~(uint64_t)0 << (bit & 63);
        if (left) {
            bit = (bit & ~63U) + (uint32_t)__builtin_ctzll(left);
            break;
        }
        bit = (bit >> 6) + 1;
    }
    while (d-- > 0)
        bit = bit * 64 + (uint32_t)__builtin_ctzll(words[shape->at[d] + bit]);
    return (int32_t)bit;
}

static inline int32_t bits_prev(const struct bits_shape *shape, const uint64_t *words,
                                uint32_t from)
{
    uint32_t bit = from, d = 0;
    for (;; d++) {
        if (d == shape->depth)
            return -1;
        const uint64_t left = words[shape->at[d] + (bit >> 6)] & ~(uint64_t)0 >> (63 - (bit & 63));
        if (left) {
            bit = (bit & ~63U) + 63 - (uint32_t)__builtin_clzll(left);
            break;
        }
        if (bit >> 6 == 0)
            return -1;
        bit = (bit >> 6) - 1;
    }
    while (d-- > 0)
        bit = bit * 64 + 63 - (uint32_t)__builtin_clzll(words[shape->at[d] + bit]);
    return (int32_t)bit;
}

/* How many bits are set in a row from `first` on, at most `most`. O(result / 64). */
static inline uint32_t bits_run(const struct bits_shape *shape, const uint64_t *words,
                                uint32_t first, uint32_t most)
{
    uint32_t bit = first;
    while (bit >> 6 < shape->at[1] && bit - first < most) {
        const uint64_t clear = ~words[bit >> 6] >> (bit & 63);
        if (clear) {
            bit += (uint32_t)__builtin_ctzll(clear);
            break;
        }
        bit = (bit & ~63U) + 64;
    }
    return bit - first < most ? bit - first : most;
}

#endif
