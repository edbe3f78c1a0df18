/* What became of the runs of a sweep. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_OUTCOME_H
#define EXPERIMENT_OUTCOME_H

#include "util/base.h"

enum run_state {
    RUN_DONE,
    RUN_ERROR,   /* the scenario could not be run at that point */
    RUN_CRASHED, /* the process ended or was killed */
    RUN_LATE,    /* it passed the time limit */
    RUN_MISSING, /* not run yet */
    RUN_STATES
};
extern const char *const run_state_names[]; /* NULL-ended */

struct outcome {
    enum run_state state;
    double seconds;       /* wall time */
    int64_t peak_kib;     /* memory resident at most; 0: not known */
    const char *host;     /* borrowed from the table */
    char *text;           /* what went wrong; owned by the table; NULL: nothing */
    const double *values; /* of the measures; RUN_DONE; borrowed */
    bool unstable;        /* RUN_DONE; a long-run number was asked for, and there is none */
};

/* Of all runs. */
struct outcomes {
    struct outcome *items;
    double *values;
    size_t runs, measures;
    size_t counts[RUN_STATES];
    struct {
        char **items;
        size_t len, cap;
    } hosts;
};

void outcomes_init(struct outcomes *outcomes, size_t runs, size_t measures);
void outcomes_deinit(struct outcomes *outcomes);

/* Copies. What is done stays so; else the later one holds. */
void outcomes_put(struct outcomes *outcomes, uint64_t run, const struct outcome *outcome);

/* What the run was is no longer known, done or not. */
void outcomes_forget(struct outcomes *outcomes, uint64_t run);

/* The runs that are missing, in order; to be freed. */
uint64_t *outcomes_missing(const struct outcomes *outcomes, size_t *ret_len);

#endif
