/* Distributions with known moments. A distribution is a kind with parameters, cut to [min, max]
 * by redrawing (so the conditional distribution). Values are in SI units. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef UTIL_DIST_H
#define UTIL_DIST_H

#include "util/schema.h"

#include <gsl/gsl_rng.h>

struct dist_type {
    struct kind kind; /* params: a table whose fields may have UNIT_SAME */
    /* Fill derived values into params once after decoding; NULL: nothing. E.g. mu and sigma from
     * mean and sd, cumulative weights, the values of a file. */
    int (*prepare)(void *params, struct error *err);
    void (*release)(void *params); /* what prepare allocated; may be NULL */
    double (*draw)(const void *params, gsl_rng *rng);
    double (*moment)(const void *params, int k); /* E[X^k], k = 1..3; INFINITY where infinite */
    double (*cdf)(const void *params, double x); /* P(X <= x) */
    bool discrete;                               /* the cdf jumps; needs `partial` */
    /* E[X^k; min <= X <= max], k = 1..3; NULL: integrated from the cdf, which must be continuous.
     */
    double (*partial)(const void *params, int k, double min, double max);
    void (*support)(const void *params, double *ret_least,
                    double *ret_greatest); /* NULL: [0, inf) */
};

extern const struct kind_list dist_kinds;

struct dist {
    const struct dist_type *type;
    void *params;    /* owned */
    double min, max; /* -INFINITY, INFINITY: not cut */
    enum unit unit;
    double mean;            /* of the cut distribution */
    double below, mass;     /* P(X < min), P(min <= X <= max) of the uncut one */
    double least, greatest; /* the support, cut */
};

/* Take params (owned from now on, also on failure) of a type. NULL with err->text on failure (which
 * does not repeat the name of the type): bad parameters, or [min, max] holds (almost) none of the
 * probability. */
struct dist *dist_new(const struct dist_type *type, void *params, double min, double max,
                      enum unit unit, struct error *err);
struct dist *dist_constant(double value, enum unit unit);
/* Gamma cut to [-inf, max]. NULL as dist_new. */
struct dist *dist_gamma(double shape, double scale, double max, enum unit unit, struct error *err);
void dist_free(struct dist *dist);
AUTO_DEFINE(struct dist *, dist_free)

double dist_draw(const struct dist *dist, gsl_rng *rng);
double dist_mean(const struct dist *dist);
/* E[X^k], k from 1 to 3. O(1) unless it is cut: then some thousand evaluations of the cdf. */
double dist_moment(const struct dist *dist, int k);
double dist_variance(const struct dist *dist);
double dist_cdf(const struct dist *dist, double x);
/* The least x with P(X <= x) >= p, to the last bit of the cdf. 64 evaluations of the cdf. */
double dist_quantile(const struct dist *dist, double p);
/* E[max(1, X rounded to nearest)]: the mean of a number of things drawn with dist_draw_count. */
double dist_mean_count(const struct dist *dist);
/* E[K; K <= most] of such a number K, and P(K <= most). most at least 0. */
double dist_mean_count_to(const struct dist *dist, int64_t most, double *ret_share);
/* E[min(X, Y, most)] of independent X and Y that are never negative; Y NULL: E[min(X, most)].
 * INFINITY where infinite. Some thousand evaluations of the cdfs, none where nothing is cut. */
double dist_mean_min(const struct dist *x, const struct dist *y, double most);
/* A draw rounded to nearest, at least 1 and at most INT32_MAX. */
int32_t dist_draw_count(const struct dist *dist, gsl_rng *rng);
bool dist_is_constant(const struct dist *dist, double *ret_value);
double dist_least(const struct dist *dist); /* lower end of the support */
double dist_greatest(const struct dist *dist);

/* Can it be zero or less? */
bool dist_reaches_zero(const struct dist *dist);

#endif
