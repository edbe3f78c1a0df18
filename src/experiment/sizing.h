/* Plans: the smallest value of a range, or the cheapest pair of values of two, that meets a target.
 * A coarse grid first, since what waits need not fall as capacity rises; then bisection between
 * neighbours of the grid. The search rests on one assumption, which is told to the user: between
 * two neighbours of the grid each comparison changes from false to true, or back, once at most. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_SIZING_H
#define EXPERIMENT_SIZING_H

#include "experiment/trial.h"

struct sizing_setup {
    size_t len[2]; /* values of each range; len[1] 0: there is one range */
    struct rule rule;
    size_t grid;         /* values of a range tried first, from 2; both ends are among them */
    size_t replications; /* of each trial at first, from 1 */
    size_t most;         /* of a trial whose verdict is open: they are doubled up to this */
    /* Two ranges: what a pair costs, more where either value is greater. */
    double (*cost)(void *ctx, const size_t at[2]);
    /* Bring each of n trials up to `replications`: its values grow. -1 with an error, or without
     * one (text empty) where it was interrupted. */
    int (*run)(void *ctx, const struct readings *readings, struct trial *const *trials, size_t n,
               size_t replications, struct error *err);
    void *ctx;
};

/* Zeroed is empty. */
struct sizing {
    const struct sizing_setup *setup; /* borrowed */
    struct readings readings;
    struct trial **items; /* owned; in order of the values when it is done */
    size_t len, cap;
    const struct trial *best; /* among them; NULL: none meets the target */
};

/* -1 as `run` says; what was tried is there in any case. */
int sizing_make(struct sizing *sizing, const struct sizing_setup *setup, struct error *err);
void sizing_deinit(struct sizing *sizing);

/* The trial at these values; NULL if it was not made. */
const struct trial *sizing_find(const struct sizing *sizing, size_t first, size_t second);

/* A step of a finding against the way that it takes from the least to the greatest value of the
 * first range tried, beyond chance: the largest, from a trial to the next. */
struct reversal {
    size_t finding;
    const struct trial *from, *to;
    double change;
};

/* Of one range: at most one for each finding into ret. Returns how many. */
size_t sizing_reversals(const struct sizing *sizing, struct reversal *ret);

#endif
