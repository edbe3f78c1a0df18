/* What the files of the distributions share: checks of parameters and weighted atoms. Private to
 * util/dist*.c. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef UTIL_DIST_PARAMS_H
#define UTIL_DIST_PARAMS_H

#include "util/dist.h"

#include <math.h>

/* A shape this far out is a slip of the pen, and keeps the incomplete gamma function exact. */
#define DIST_SHAPE_MIN 1e-3
#define DIST_SHAPE_MAX 1e4

/* 0, or -1 with "key must be ...". */
int dist_need_positive(double value, const char *key, struct error *err);
int dist_need_shape(double value, const char *key, struct error *err);
int dist_need_probability(double value, const char *key, struct error *err);
/* `range`: two finite numbers [lo, hi] with least < lo <= hi (least -HUGE_VAL: no bound). */
int dist_need_range(const struct numbers *range, double least, struct error *err);
/* Exactly one of two parameters, where 0 means not given. */
int dist_need_one(double a, const char *key_a, double b, const char *key_b, struct error *err);

/* Values with probabilities, sorted by value; equal values are merged. Zeroed is empty. */
struct atoms {
    double *values, *cumulative; /* owned; cumulative[len - 1] is exactly 1 */
    size_t len;
};

/* weights NULL: all equal. Copies. O(n log n). */
int atoms_init(struct atoms *atoms, const double *values, const double *weights, size_t len,
               struct error *err);
void atoms_deinit(struct atoms *atoms);
double atoms_draw(const struct atoms *atoms, gsl_rng *rng); /* O(log n), one uniform */
double atoms_cdf(const struct atoms *atoms, double x);
double atoms_partial(const struct atoms *atoms, int k, double min, double max);

/* The regularised lower incomplete gamma function of x / scale; 0 below 0. */
double dist_gamma_cdf(double shape, double scale, double x);
/* E[X^k] of a gamma. */
double dist_gamma_moment(double shape, double scale, int k);

/* The functions of a type whose params begin with a struct atoms, which its prepare fills. */
void atoms_type_release(void *params);
double atoms_type_draw(const void *params, gsl_rng *rng);
double atoms_type_moment(const void *params, int k);
double atoms_type_cdf(const void *params, double x);
double atoms_type_partial(const void *params, int k, double min, double max);
void atoms_type_support(const void *params, double *ret_least, double *ret_greatest);

#define ATOMS_TYPE                                                                                 \
    .release = atoms_type_release, .draw = atoms_type_draw, .moment = atoms_type_moment,           \
    .cdf = atoms_type_cdf, .discrete = true, .partial = atoms_type_partial,                        \
    .support = atoms_type_support

#endif
