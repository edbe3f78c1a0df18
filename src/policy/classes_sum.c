/* Classes by sum: what they add to the scores of their jobs. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/classes_inner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void classes_find_offsets(struct classes *classes)
{
    classes->order->offsets(classes->params, classes->place.weight, classes->tick,
                            &classes->offsets);
}

/* Where it does not count it stays 0. */
static NOINLINE void find_factor(const struct classes *classes, uint32_t id)
{
    struct rank *rank = &classes->ranks.items[id];
    rank->factor_known = true;
    if (classes->offsets.fair_share > 0)
        rank->factor = shares_factor(classes->tenancy.shares, classes->all.items[id].tenant,
                                     classes->now, &rank->factor_known);
}

static inline double rounded_sum(const struct order_offsets *offsets, const struct rank *rank)
{
    return -order_rounded(offsets->sums[rank->kind] + offsets->fair_share * rank->factor,
                          offsets->unit);
}

/* `offsets` are those of the classes. */
static inline double offset_of(const struct classes *classes, const struct order_offsets *offsets,
                               uint32_t id)
{
    const struct rank *rank = &classes->ranks.items[id];
    if (UNLIKELY(!rank->factor_known))
        find_factor(classes, id);
    return rounded_sum(offsets, rank) - classes->base;
}

double classes_offset_of(const struct classes *classes, uint32_t id)
{
    return offset_of(classes, &classes->offsets, id);
}

/* From one period to the next few pass each other; beyond so many steps for each stand many do. */
#define STEPS_FEW 16

static int compare_heads(const void *a, const void *b)
{
    return jobkey_upto(&((const struct stand *)a)->head, &((const struct stand *)b)->head) ? -1 : 1;
}

/* The stand goes before others that stand before it: in so many steps at most, else it is left
 * where it is. */
static void advance(struct classes *classes, size_t from, size_t *left)
{
    struct stand *stands = classes->stands.items;
    const struct stand stand = stands[from];
    size_t to = from;
    while (to > 0 && jobkey_upto(&stand.head, &stands[to - 1].head))
        to--;
    if (from - to > *left) {
        *left = 0;
        return;
    }
    *left -= from - to;
    memmove(&stands[to + 1], &stands[to], (from - to) * sizeof(stand));
    classes_move_marks(classes, to, from - to, 1);
    stands[to] = stand;
    classes_mark(classes, to);
}

static void sort_by_head(struct classes *classes)
{
    struct stand *stands = classes->stands.items;
    qsort(stands, classes->stands.len, sizeof(*stands), compare_heads);
    for (size_t i = 0; i < classes->stands.len; i++)
        classes_mark(classes, i);
}

/* The factors of those below what moved among its brothers. */
static void forget_factors(struct classes *classes)
{
    const uint64_t moves = shares_moves(classes->tenancy.shares, classes->now);
    const struct shares_stir *stirs;
    size_t len;
    if (moves == classes->moves)
        return;
    if (shares_stirs(classes->tenancy.shares, classes->moves, &stirs, &len)) {
        for (size_t i = 0; i < len; i++)
            classes_forget_factors(classes, stirs[i].row);
    } else {
        classes_forget_factors(classes, -1);
    }
    classes->moves = moves;
}

/* Up to here sums with it are exact. */
#define BASE_MOST 0x1p50 /* units */

/* If the offsets of all that stand would change alike they need not be touched, nor does anybody
 * pass another. */
static bool sum_alike(struct classes *classes, const struct order_offsets *offsets)
{
    const struct stand *const stands = classes->stands.items;
    const struct rank *const ranks = classes->ranks.items;
    const size_t len = classes->stands.len;
    if (len == 0)
        return true;
    const struct rank *rank = &ranks[stands[0].id];
    const double base = rounded_sum(offsets, rank) - rank->offset;
    bool alike = fabs(base) < BASE_MOST * offsets->unit;
    for (size_t i = 0; i < len; i++) {
        rank = &ranks[stands[i].id];
        alike &= rank->factor_known & (rounded_sum(offsets, rank) - rank->offset == base);
    }
    if (alike)
        classes->base = base;
    return alike;
}

void classes_sum_anew(struct classes *classes)
{
    struct stand *const stands = classes->stands.items;
    struct rank *const ranks = classes->ranks.items;
    const size_t len = classes->stands.len;
    double last = -HUGE_VAL;
    size_t left = STEPS_FEW * len;
    forget_factors(classes);
    classes_find_offsets(classes);
    const struct order_offsets offsets = classes->offsets; /* what is written below is not there */
    if (sum_alike(classes, &offsets))
        return;
    classes_line_doubt(classes);
    for (size_t i = 0; i < len; i++) {
        struct stand *stand = &stands[i];
        struct rank *rank = &ranks[stand->id];
        rank->offset = offset_of(classes, &offsets, stand->id);
        const double score = stand->head.score = rank->offset + rank->first.score;
        if (LIKELY(score > last))
            last = score;
        else if (left > 0 && !jobkey_upto(&stands[i - 1].head, &stand->head))
            advance(classes, i, &left);
    }
    if (len > 0 && left == 0)
        sort_by_head(classes);
}
