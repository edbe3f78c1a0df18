/* What the factors of a design do to a measure: main effects of any design, and Sobol indices of
 * the design made for them. Intervals are percentiles of a bootstrap (Efron, 1979) or Student's
 * over replications, as said below. Pure functions; NaN is what cannot be told. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_EFFECTS_H
#define EXPERIMENT_EFFECTS_H

#include "experiment/design.h"
#include "stats/interval.h"

struct effects_input {
    const struct design_factor *factors; /* as many as the design has */
    const struct design *design;
    const double *values; /* points x replications, row by row; NaN: that run has none */
    size_t replications;  /* at least 1, on common random numbers across points */
    bool drawn;           /* the points are a sample of the space, as those of a design that fills
                           * it, not all that matter */
    bool about_base;      /* the points are a base, the first, and changes of one factor each */
    double confidence;    /* of intervals: 0.95 */
    uint64_t seed;        /* of the bootstrap */
};

/* The points of a factor at one level, or in one group of neighbouring values of a distribution. */
struct effect {
    double from, to; /* of the values; of a factor with levels both the number of the level */
    size_t points;
    struct interval mean;   /* of the measure at those points */
    struct interval effect; /* that less the mean over all points, or less that of the base */
};

struct factor_effects {
    /* Owned; by level, or in order of value. None: no point has a value, or too few to group the
     * values of a distribution, or the base has none. */
    struct effect *items;
    size_t len;
    /* Of the variance of the measure over the points, how much the means of the levels explain: for
     * drawn points less what chance explains (epsilon squared: Kelley, 1935). NaN about a base:
     * its points are not spread over the space. */
    double share;
};

/* One for each factor into ret. A point that lacks a replication is left out: *ret_left_out. The
 * measure at a point is the mean of its replications. Drawn values of distributions are put into 5
 * groups of equal size, fewer where there are under 10 points a group, none where there are not
 * enough for two; chosen ones stand for themselves. Intervals: of a drawn design, the points are
 * resampled 1000 times; of another, Student's of what each replication alone gives, none of one
 * replication. O(factors x points x (factors + replications + 1000)). */
void effects_main(const struct effects_input *input, struct factor_effects *ret,
                  size_t *ret_left_out);
void effects_deinit(struct factor_effects *effects);

/* Points that make two groups of drawn values. */
size_t effects_points_needed(void);

/* Of chosen points that have all replications: does factor b vary, and the value of a tell that of
 * b at every one? Then what b does is in the effects of a. O(points log points). */
bool effects_follow(const struct effects_input *input, size_t a, size_t b);

struct sobol_indices {
    struct interval first; /* share of the variance that the factor explains alone */
    struct interval total; /* share that would be left if all others were known */
};

/* Of a `saltelli` design, one for each factor into ret: first order by Saltelli et al. (Comput.
 * Phys. Commun. 181, 2010, table 2 b, of centred values), total by Jansen (ibid. 117, 1999).
 * Intervals from 1000 resamplings of blocks, as if these were independent: a sequence that fills
 * evenly errs less. A block that lacks a run is left out: *ret_left_out blocks. NaN where the
 * measure does not vary or fewer than 2 blocks are left. O(1000 x points). */
void effects_sobol(const struct effects_input *input, struct sobol_indices *ret,
                   size_t *ret_left_out);

#endif
