/* How evenly something was shared out. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_FAIRNESS_H
#define ANALYSIS_FAIRNESS_H

#include "util/base.h"

/* The max-min fair shares of `capacity` among demands: nobody gets more than it asks, and what one
 * leaves goes to the others by their weights (NULL: evenly; Bertsekas and Gallager, Data Networks,
 * 6.5). Shares add up to min(capacity, sum of demands). O(n log n). */
void fair_shares(double capacity, const double *demands, const double *weights, size_t len,
                 double *ret_shares);

/* Jain's index (sum x)^2 / (n sum x^2): 1 all alike, 1/n one has all (Jain, Chiu and Hawe 1984).
 * NaN if there is nothing. */
double jain_index(const double *values, size_t len);

/* Gini's coefficient, half the mean difference over the mean: 0 all alike, 1 - 1/n one has all. NaN
 * if there is nothing. O(n log n); sorts the values. */
double gini_coefficient(double *values, size_t len);

#endif
