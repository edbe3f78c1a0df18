/* Count, mean and variance of a sample, one value at a time. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STATS_MOMENTS_H
#define STATS_MOMENTS_H

#include "util/base.h"

/* Zeroed is empty. */
struct moments {
    size_t n;
    double mean;
    double m2; /* sum of squared distances from the mean */
};

/* Updating without loss of digits (Welford, Technometrics 4, 1962). O(1). */
void moments_add(struct moments *moments, double value);
struct moments moments_of(const double *values, size_t n);

/* Of a sample (n - 1). NaN of fewer than two values. */
double moments_variance(const struct moments *moments);
double moments_sd(const struct moments *moments);

/* Standard deviation of the mean of independent values. NaN of fewer than two. */
double moments_error(const struct moments *moments);

#endif
