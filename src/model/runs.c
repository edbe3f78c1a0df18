/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/runs.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

enum { POWERS = 6 };

void runs_init(struct runs *runs, uint32_t words)
{
    runs->leaves = 1;
    while (runs->leaves < words)
        runs->leaves *= 2;
    runs->tree = mem_new(2 * (size_t)runs->leaves, sizeof(*runs->tree));
}

void runs_deinit(struct runs *runs)
{
    free(runs->tree);
    *runs = (struct runs){0};
}

void runs_copy(struct runs *runs, const struct runs *from)
{
    const size_t len = 2 * (size_t)from->leaves;
    if (runs->leaves != from->leaves)
        runs->tree = mem_resize(runs->tree, len, sizeof(*runs->tree));
    runs->leaves = from->leaves;
    memcpy(runs->tree, from->tree, len * sizeof(*runs->tree));
}

/* starts[i]: the bits at which a run of at least 2^i begins. */
static void find_starts(uint64_t word, uint64_t starts[POWERS])
{
    starts[0] = word;
    for (int i = 1; i < POWERS; i++)
        starts[i] = starts[i - 1] & starts[i - 1] >> (1 << (i - 1));
}

static int32_t longest_in(uint64_t word)
{
    if (word == ~(uint64_t)0)
        return 64;
    uint64_t starts[POWERS], candidates = ~(uint64_t)0;
    int32_t len = 0;
    find_starts(word, starts);
    for (int i = POWERS - 1; i >= 0; i--) {
        const uint64_t longer = candidates & starts[i] >> len;
        if (longer) {
            candidates = longer;
            len += 1 << i;
        }
    }
    return len;
}

static int32_t find_in(uint64_t word, int32_t need)
{
    if (need == 64)
        return 0;
    uint64_t starts[POWERS], candidates = ~(uint64_t)0;
    int32_t len = 0;
    find_starts(word, starts);
    for (int i = 0; i < POWERS; i++) {
        if (need >> i & 1) {
            candidates &= starts[i] >> len;
            len += 1 << i;
        }
    }
    return __builtin_ctzll(candidates);
}

static struct run of_word(uint64_t word)
{
    if (word == 0 || word == ~(uint64_t)0) {
        const int32_t len = word ? 64 : 0;
        return (struct run){len, len, len};
    }
    return (struct run){__builtin_ctzll(~word), __builtin_clzll(~word), longest_in(word)};
}

/* `len`: bits that each of the two stands for. */
static struct run join(const struct run *left, const struct run *right, int32_t len)
{
    struct run run = {left->prefix, right->suffix, left->suffix + right->prefix};
    if (left->prefix == len)
        run.prefix += right->prefix;
    if (right->suffix == len)
        run.suffix += left->suffix;
    if (run.best < left->best)
        run.best = left->best;
    if (run.best < right->best)
        run.best = right->best;
    return run;
}

void runs_update(struct runs *runs, const uint64_t *words, uint32_t first, uint32_t last)
{
    uint32_t low = runs->leaves + first, high = runs->leaves + last;
    for (uint32_t w = first; w <= last; w++)
        runs->tree[runs->leaves + w] = of_word(words ? words[w] : 0);
    for (int32_t len = 64; low > 1; len *= 2) {
        low /= 2;
        high /= 2;
        for (uint32_t i = low; i <= high; i++)
            runs->tree[i] = join(&runs->tree[2 * i], &runs->tree[2 * i + 1], len);
    }
}

int32_t runs_find(const struct runs *runs, const uint64_t *words, int32_t need)
{
    if (runs->tree[1].best < need)
        return -1;
    uint32_t i = 1;
    int32_t first = 0, len = (int32_t)runs->leaves * 64;
    while (i < runs->leaves) {
        const struct run *const left = &runs->tree[2 * i], *const right = left + 1;
        len /= 2;
        i *= 2;
        if (left->best >= need)
            continue;
        if (left->suffix + right->prefix >= need)
            return first + len - left->suffix;
        first += len;
        i++;
    }
    return first + find_in(words[i - runs->leaves], need);
}

void runs_check(const struct runs *runs, const uint64_t *words, uint32_t len)
{
    REQUIRE(len <= runs->leaves);
    for (uint32_t w = 0; w < runs->leaves; w++) {
        const struct run want = of_word(words && w < len ? words[w] : 0);
        REQUIRE(memcmp(&want, &runs->tree[runs->leaves + w], sizeof(want)) == 0);
    }
    int32_t span = 64;
    for (uint32_t row = runs->leaves / 2; row >= 1; row /= 2, span *= 2) {
        for (uint32_t i = row; i < 2 * row; i++) {
            const struct run want = join(&runs->tree[2 * i], &runs->tree[2 * i + 1], span);
            REQUIRE(memcmp(&want, &runs->tree[i], sizeof(want)) == 0);
        }
    }
}
