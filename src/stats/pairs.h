/* Differences on common random numbers and what they show. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STATS_PAIRS_H
#define STATS_PAIRS_H

#include "stats/interval.h"

/* Of b[i] - a[i]; a pair with a NaN is left out. */
struct moments pairs_moments(const double *a, const double *b, size_t n);

/* How much narrower the interval of the difference is for being paired: the half-width of two
 * independent samples (Welch, Biometrika 34, 1947) by that of the pairs. Infinite where the pairs
 * do not vary; NaN of fewer than two. */
double pairs_gain(const double *a, const double *b, size_t n, double confidence);

/* The probability of a mean difference as far from 0, or farther, by chance. 1 where there is
 * nothing to judge by, 0 where it never varies and is not 0. */
double pairs_p(const struct moments *difference);

/* Is there none in any pair? */
bool pairs_same(const struct moments *difference);

enum verdict {
    VERDICT_NONE,   /* too few pairs */
    VERDICT_BETTER, /* a difference is shown, and it may be one that matters */
    VERDICT_WORSE,
    VERDICT_EQUIVALENT, /* the interval lies within what does not matter */
    VERDICT_OPEN        /* no difference shown */
};

/* What is judged: a difference, what matters in the same unit (NaN: not said), and which way is
 * better. */
struct judged {
    struct moments difference;
    double matters;
    bool lower_is_better;
};

/* By the interval of that confidence: within -matters .. matters: equivalent, whether 0 is in it or
 * not (two one-sided tests: Schuirmann, J. Pharmacokin. Biopharm. 15, 1987); else off 0: better or
 * worse; else open. Where the difference never varies the interval is a point. */
enum verdict pairs_verdict(const struct judged *judged, double confidence);

/* The greatest confidence with a verdict, as a p-value: 1 - it. 1: none. O(60) quantiles. */
double pairs_verdict_p(const struct judged *judged);

/* How many pairs in all until the interval gives a verdict with a probability of NEEDED_POWER, were
 * the difference and its spread as seen: off 0, or within what matters, whichever is fewer.
 * SIZE_MAX: beyond 10^8 or so; 0: not known. Of an open one. */
#define NEEDED_POWER 0.8
size_t pairs_needed(const struct judged *judged, double confidence);

/* Holm's correction (Scand. J. Stat. 6, 1979): with which confidence each of n is to be judged so
 * that all verdicts given hold together with `confidence`. p: the p-value of each; ret[i]: 1 -
 * alpha / (n - rank) while each before it passed, and 1 (none can be given) after the first that
 * did not. O(n log n). */
void holm(const double *p, size_t n, double confidence, double *ret);

/* p-values that may be held against alpha as they are. */
void holm_adjusted(const double *p, size_t n, double *ret);

#endif
