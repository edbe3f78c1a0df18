/* Ranks, for what goes together without being a straight line. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STATS_RANKS_H
#define STATS_RANKS_H

#include "util/base.h"

/* Ranks from 1, equal values share the mean of theirs. O(n log n). */
void ranks_of(const double *values, size_t n, double *ret);

/* Spearman's rank correlation (Am. J. Psychol. 15, 1904). NaN of fewer than three values or where
 * one is constant. */
double ranks_correlation(const double *a, const double *b, size_t n);

/* The p-quantile by nearest rank of values in any order; NaN of none. Sorts a copy. */
double values_quantile(const double *values, size_t n, double p);

#endif
