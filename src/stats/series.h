/* One run's series of values, such as the waits of its jobs in order of submission: where its
 * beginning ends, whether neighbours are alike, and an interval from one run alone. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STATS_SERIES_H
#define STATS_SERIES_H

#include "stats/interval.h"

/* Correlation of neighbours, of a series about its mean. NaN of fewer than three values or a
 * constant series. */
double series_lag1(const double *values, size_t n);

/* Are neighbours alike beyond chance? Von Neumann's ratio of the mean square successive difference
 * to the variance (Ann. Math. Stat. 12, 1941) as 1 - half of it, which is close to the lag-1
 * correlation and nearly normal with variance (n - 2) / (n^2 - 1) if they are not. The standardised
 * value: above 1.645 is beyond chance at 5 %. NaN as series_lag1. */
double series_neumann(const double *values, size_t n);

/* Means of n / per batches of equal size, what is left over at the end dropped. Returns how many;
 * ret holds n / per. */
size_t series_batches(const double *values, size_t n, size_t per, double *ret);

/* The interval of the mean of a stationary series by batch means: the greatest number of batches
 * from 64 down to 8, each time halved, whose means pass von Neumann's test at 5 % (Fishman,
 * Management Science 24, 1978); of 8 that do not pass, too, but `correlated`: the run is too
 * short. lo, hi NaN under 16 values. */
struct batch_means {
    struct interval interval;
    size_t batches, per;
    double lag1; /* of the means of the batches */
    bool correlated;
};
struct batch_means series_batch_means(const double *values, size_t n, double confidence);

/* The interval of the p-quantile of a stationary series, by order statistics: of every value, every
 * second, every fourth and so on, until those above the quantile no longer come beside each other
 * beyond chance (von Neumann's test at 5 %). lo, hi NaN where too few are left for one: under 59
 * for p = 0.95 at 95 %, or where they still do. O(n log n). */
struct spaced_quantile {
    struct interval interval;
    size_t n, spacing;
};
struct spaced_quantile series_quantile(const double *values, size_t n, double p, double confidence);

/* Where the beginning ends, by MSER-5 (White, Simulation 69, 1997; White, Cobb and Spratt, WSC
 * 2000): batches of `batch` values; the number d of batches to leave out is that with the least
 * variance of the rest over its number, among the first half. Returns how many values to leave out.
 * *ret_late: the least is at the end of what was looked at, so the series is too short to tell. 0
 * and late of fewer than 10 batches. O(n). */
enum { MSER_BATCH = 5 };
size_t series_mser(const double *values, size_t n, size_t batch, bool *ret_late);

#endif
