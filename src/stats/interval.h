/* Confidence intervals of a mean and of a quantile, and how many values one needs. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STATS_INTERVAL_H
#define STATS_INTERVAL_H

#include "stats/moments.h"

/* lo, hi: NaN where there is none: too few values. */
struct interval {
    double value, lo, hi;
};

/* The t with P(|T| <= t) = confidence of Student's T with `degrees` > 0 of freedom. */
double student_quantile(double confidence, double degrees);

/* P(|T| >= |t|). */
double student_p(double t, double degrees);

/* Of the mean of independent values that are nearly normal (Student, Biometrika 6, 1908). */
struct interval interval_mean(const struct moments *moments, double confidence);

/* Half the width; NaN where there is none. */
double interval_half(const struct interval *interval);

/* How many digits behind the point show two digits of a half-width, and no more than 6; -1 where
 * there is none. */
int interval_digits(double half);

/* Of the p-quantile of a distribution, 0 < p < 1, from independent values in ascending order: from
 * the r-th to the s-th of them, the narrowest such pair in ranks about np that covers with at least
 * this confidence, P(r <= B < s) for B binomial(n, p); value: nearest rank (David and Nagaraja,
 * Order Statistics, 3rd ed., section 7.1). No pair: lo, hi NaN. O(n) calls of the binomial
 * distribution. */
struct interval interval_quantile(const double *sorted, size_t n, double p, double confidence);

/* The same of values in any order, those that are NaN left out. Of the median there is one from 6
 * values on at 95 %, whatever their distribution. */
struct interval interval_of_quantile(const double *values, size_t n, double p, double confidence);

/* The probability that it covers, of those ranks, from 1. */
double quantile_cover(size_t n, double p, size_t r, size_t s);

/* How many independent values in all, of the spread seen, so that half the width is at most
 * `half` > 0. At least 2; SIZE_MAX: beyond 10^9. */
size_t interval_needed(double sd, double half, double confidence);

/* A relative half-width of at most `relative` of the true mean, not of the estimate: the bound is
 * relative / (1 + relative) of the latter (Law, Simulation Modeling and Analysis, 5th ed., section
 * 9.4.1). */
bool interval_reached(const struct interval *interval, double relative);

#endif
