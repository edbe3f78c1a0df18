/* The longest run of set bits of a bitmap and the lowest run that is long enough: a segment tree
 * over its words that keeps for each stretch the run it begins with, the run it ends with and its
 * best (Bentley 1977, as in free-extent trees). */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_RUNS_H
#define MODEL_RUNS_H

#include "util/base.h"

struct run {
    int32_t prefix, suffix, best;
};

struct runs {
    struct run *tree; /* 1 is the root, the children of i are 2i and 2i + 1; owned */
    uint32_t leaves;  /* a power of two; leaf w is tree[leaves + w] and stands for word w */
};

/* For bitmaps of up to `words` words of 64, all clear. */
void runs_init(struct runs *runs, uint32_t words);
void runs_deinit(struct runs *runs);
void runs_copy(struct runs *runs, const struct runs *from); /* *runs is initialised */

/* Words first .. last of the bitmap changed; words NULL: all are zero. O(changed + log words). */
void runs_update(struct runs *runs, const uint64_t *words, uint32_t first, uint32_t last);

static inline int32_t runs_longest(const struct runs *runs)
{
    return runs->tree[1].best;
}

/* The first bit of the lowest run of at least `need` > 0 bits; -1 if there is none.
 * O(log words). */
int32_t runs_find(const struct runs *runs, const uint64_t *words, int32_t need);

void runs_check(const struct runs *runs, const uint64_t *words, uint32_t len);

#endif
