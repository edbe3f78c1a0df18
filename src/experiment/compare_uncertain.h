/* What a scenario is not sure of: one assumption at a time from one end to the other, and all at
 * once, on common random numbers. Of the first measure: the question. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_COMPARE_UNCERTAIN_H
#define EXPERIMENT_COMPARE_UNCERTAIN_H

#include "experiment/compare.h"

/* An end of a distribution: its 5 % or 95 % quantile. Means over the replications, by arm. */
struct tornado_end {
    char *text;    /* the value as --set takes it; owned */
    double *means; /* NaN: none; owned */
};

struct assumption {
    const char *path; /* borrowed from the base */
    struct tornado_end low, high;
    double *correlation; /* Spearman's with the value (arm 0) or the difference, in the sample; by
                          * arm; owned */
};

struct compare_uncertain {
    struct {
        struct assumption *items;
        size_t len;
    } assumptions;
    size_t replications; /* of each point: the first ones of the comparison */
    size_t points;       /* sampled: latin hypercube */
    double *means;       /* points x arms: all assumptions drawn; owned */
};

/* After the replications. As compare_run; COMPARE_FAILED too where nothing is uncertain. */
int uncertain_run(struct compare *compare, struct error_list *errors);
void uncertain_free(struct compare_uncertain *uncertain); /* takes NULL */

/* Has the arm no value that the assumption is about? There it is left out. */
bool uncertain_is_void(const struct compare *compare, size_t item, size_t arm);

/* Of the difference of an arm from the base (arm 0: of its value): the middle 95 % of the sample.
 */
struct interval uncertain_spread(const struct compare *compare, size_t arm);

/* The middle 95 % of what single years give. NaN unless there are three or more. */
struct interval uncertain_years(const struct compare *compare, size_t arm);

/* How far an assumption moves the difference of an arm (0: its value) from end to end; INFINITY: at
 * one end there is none. */
double uncertain_swing(const struct assumption *assumption, size_t arm);

/* The difference of an arm, or of arm 0 the value, among means by arm. */
double uncertain_effect(const double *means, size_t arm);

/* Assumptions in order of their swing, the greatest first, into ret[len]. */
void uncertain_rank(const struct compare *compare, size_t arm, size_t *ret);

/* In how many sampled worlds there is none: nobody is counted, or more is asked for than there is.
 */
size_t uncertain_without(const struct compare *compare, size_t arm);

/* The share of the other sampled worlds where the sign of the difference is as that of `mean`. */
double uncertain_agree(const struct compare *compare, size_t arm, double mean);

#endif
