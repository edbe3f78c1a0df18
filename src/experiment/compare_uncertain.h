/* What a scenario is not sure of: one assumption at a time from one end to the other, and all at
 * once, on common random numbers. Of the first measure: the question. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_COMPARE_UNCERTAIN_H
#define EXPERIMENT_COMPARE_UNCERTAIN_H

#include "experiment/compare.h"

/* A world: means over its replications, by arm. Infinite: more is asked for than there is, so that
 * waits grow without bound; NaN: none. */
struct uncertain_point {
    double *means;   /* owned */
    double *effects; /* arm 0: its mean; else the mean of its differences from the base, pair by
                      * pair; owned */
    bool *missing;   /* by arm: none of its runs, or none beside one of the base; owned */
};

/* An end of a distribution: its 5 % or 95 % quantile. */
struct tornado_end {
    char *text; /* the value as --set takes it; owned */
    struct uncertain_point point;
};

struct assumption {
    char *path; /* owned */
    struct tornado_end low, high;
    double *correlation; /* Spearman's with the effect, in the sample; by arm; owned */
};

struct compare_uncertain {
    struct {
        struct assumption *items;
        size_t len;
    } assumptions;
    bool *voids;                    /* assumptions x arms: left out there; owned */
    size_t replications;            /* of each point: the first ones of the comparison */
    size_t points;                  /* sampled: latin hypercube */
    char **texts;                   /* points x assumptions: what is drawn; owned */
    struct uncertain_point *worlds; /* of the sample; owned; NULL: not run */
};

/* Before anything is run: draw, and see that what is drawn can be. -1 with errors, too where
 * nothing is uncertain. */
int uncertain_prepare(struct compare *compare, struct error_list *errors);

/* After the replications. As compare_run. */
int uncertain_run(struct compare *compare, struct error_list *errors);
void uncertain_free(struct compare_uncertain *uncertain); /* takes NULL */

/* Has the arm no value that the assumption is about? There it is left out. */
bool uncertain_is_void(const struct compare *compare, size_t item, size_t arm);

/* Of the difference of an arm from the base (arm 0: of its value): the middle 95 % of the sample.
 */
struct interval uncertain_spread(const struct compare *compare, size_t arm);

/* The middle 95 % of what single years give. NaN unless there are three or more. */
struct interval uncertain_years(const struct compare *compare, size_t arm);

/* How far an assumption moves the effect on an arm from end to end; INFINITY: at one end there is
 * none. */
double uncertain_swing(const struct assumption *assumption, size_t arm);

/* Assumptions in order of their swing, the greatest first, into ret[len]. */
void uncertain_rank(const struct compare *compare, size_t arm, size_t *ret);

/* In how many sampled worlds there is no effect, as nobody is counted, counts differ, or neither
 * has a bound; and in how many it is without bound. */
size_t uncertain_without(const struct compare *compare, size_t arm);
size_t uncertain_unbounded(const struct compare *compare, size_t arm);

/* And how many were not run: stopped, or all runs, or their partners, were lost. */
size_t uncertain_missing(const struct compare *compare, size_t arm);

/* From which difference on the answer of a finding is another: what matters, or 0 where nobody says
 * so and where less than that was shown to be one. */
double uncertain_matters(const struct compare *compare, const struct finding *finding);

/* -1 less, 1 more, 0 less than what matters either way. */
int uncertain_says(double effect, double matters);

/* The share of the sampled worlds with an effect in which it says what `mean` says. */
double uncertain_agree(const struct compare *compare, size_t arm, double mean, double matters);

/* The assumption that a variant says otherwise than the base, so that varying it, which is done
 * after the variant, undoes the variant: there are no effects on it. NULL: none. Borrowed. */
const char *uncertain_override(const struct compare *compare, size_t arm);

#endif
