/* A trial of a plan: what the replications at one point measured, and whether it meets a target.
 * Nothing here simulates. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_TRIAL_H
#define EXPERIMENT_TRIAL_H

#include "experiment/target.h"

/* How a target is meant. */
struct rule {
    const struct target *target; /* borrowed */
    /* Periods in each of which the target is judged: "2025", "2025-06"; none: the whole window.
     * Borrowed. A comparison that names a period of its own is judged in that one. */
    const char *const *periods;
    size_t n_periods;
    /* 0: the means over replications are judged, each by its interval. Else the share of
     * replications (`of_periods`: of periods, all replications together) that must meet it. */
    double share;
    bool of_periods;
    double confidence; /* of intervals: 0.95 */
    /* A comparison about jobs does not hold where more than this share of them, by the mean over
     * replications (or in the replication that is judged), was rejected or left pending: measures
     * of waiting leave those out. */
    double unfinished;
};

/* What one comparison in one period came to. */
struct finding {
    enum answer verdict;
    double mean, half; /* over replications, half width of the interval (NaN: of one replication) */
    double met;        /* share of replications in which it holds */
    double unfinished; /* share of jobs rejected or left pending, mean; NaN: not about jobs */
};

/* Selectors that a rule reads, each once. Zeroed is empty. */
struct readings {
    char **items; /* owned */
    size_t len, cap;
    struct reading *places; /* owned; by period, then comparison */
    size_t n_places;
};

void readings_init(struct readings *readings, const struct rule *rule);
void readings_deinit(struct readings *readings);

/* What became of a replication. */
enum fate {
    FATE_FINE,
    FATE_UNSTABLE, /* a long-run number was asked for, and its queue grows (stability.h) */
    FATE_LOST      /* its process ended or was too slow, twice: it has no values, and is no part */
};

/* Zeroed but for `at` is one not yet run. */
struct trial {
    size_t at[2];              /* values of the ranges */
    size_t replications;       /* done */
    double *values;            /* owned; replications x readings */
    unsigned char *fates;      /* owned; enum fate by replication; NULL: all are fine */
    size_t lost, grew;         /* replications, by fate */
    bool unstable;             /* most grew: it has no long-run number and meets no target */
    struct finding *findings;  /* owned; by period, then comparison; NULL: not yet judged */
    enum answer verdict;       /* of the whole */
    size_t met, of;            /* replications (or periods) that meet the whole, and all */
    double share_lo, share_hi; /* interval of that share (Clopper and Pearson, 1934) */
};

/* Fill in what it comes to. One replication has no interval: its values are judged. O(values). */
void trial_judge(struct trial *trial, const struct rule *rule, const struct readings *readings);
void trial_deinit(struct trial *trial);

/* Could the target be met between two trials, if each comparison changes once between them? */
bool trial_may_between(const struct trial *a, const struct trial *b, const struct rule *rule);

/* Does one step from a to b turn against the way of the ends? The mean of the paired differences
 * b - a of a finding into *ret_change; true where its interval lies on one side of 0. */
bool trial_change(const struct trial *a, const struct trial *b, size_t finding,
                  const struct rule *rule, const struct readings *readings, double *ret_change);

#endif
