/* A summary of one quantity that merges: count, mean, standard deviation, extremes and quantiles by
 * nearest rank. Up to TALLY_EXACT values are kept and quantiles are exact; past that a histogram
 * with 512 buckets an octave answers within 0.1 % (2^-10), in memory that depends on the spread of
 * the values and not on their number. Values are finite and >= 0; zero has a bucket of its own.
 * Buckets are read off the bits of the double, so they are the same on every machine, and merging
 * two tallies gives the counts of one tally that saw everything. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_TALLY_H
#define ANALYSIS_TALLY_H

#include "util/base.h"

#define TALLY_EXACT 4096

/* A sum that carries its rounding errors along, so that it hardly depends on the order of adding
 * (Neumaier 1974). */
struct exact_sum {
    double high, low;
};

static inline void exact_sum_add(struct exact_sum *sum, double x)
{
    const double s = sum->high + x;
    const double back = s - sum->high;
    sum->low += (sum->high - (s - back)) + (x - back);
    sum->high = s;
}

static inline void exact_sum_merge(struct exact_sum *into, const struct exact_sum *from)
{
    exact_sum_add(into, from->high);
    into->low += from->low;
}

static inline double exact_sum_value(const struct exact_sum *sum)
{
    return sum->high + sum->low;
}

/* Zeroed is empty. */
struct tally {
    uint64_t count, zeros; /* zeros: of the histogram only */
    struct exact_sum sum;
    double m2; /* sum of squared distances from the mean (Chan, Golub and LeVeque 1979) */
    double min, max;
    double *values; /* while exact; owned */
    uint32_t len, cap;
    uint32_t placed; /* 1-based: no value before this one is greater, none behind less; 0: none */
    bool histogram;  /* values are no longer kept */
    uint16_t
        *directory; /* by block of buckets, from `base`: 1-based block in use, 0: none; owned */
    uint32_t base, directory_len;
    uint32_t *counts; /* 64 a block; owned */
    uint32_t blocks, blocks_cap;
    struct {
        uint32_t *items; /* buckets; owned */
        size_t len, cap;
    } carries; /* each stands for 2^32 more in its bucket */
};

void tally_deinit(struct tally *tally); /* leaves it empty */

/* Amortised O(1) a value; many at once is cheaper. */
void tally_add(struct tally *tally, double value);
void tally_add_many(struct tally *tally, const double *values, size_t len);

/* O(values or buckets of `from`). */
void tally_merge(struct tally *into, const struct tally *from);

/* NaN of an empty tally. sd is that of a sample (n - 1), 0 of one value. */
double tally_mean(const struct tally *tally);
double tally_sd(const struct tally *tally);
double tally_max(const struct tally *tally);
double tally_sum(const struct tally *tally);

/* The smallest value with at least permille/1000 of all values at or below it; permille in
 * 1..1000; NaN of an empty tally. O(kept values or buckets). */
double tally_quantile(struct tally *tally, unsigned permille);

#endif
