/* The results of a sweep as files. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_SWEEP_TABLE_H
#define EXPERIMENT_SWEEP_TABLE_H

#include "experiment/outcome.h"
#include "experiment/sweep.h"

/* DIR/sweep.h5 with /runs: a row a run in the order of their numbers, and the names of the states
 * in /names/states. Its bytes depend on the sweep and the outcomes alone, not on where or in which
 * order runs were done; `complete` is 1 if none is missing. -1 with an error. */
int sweep_table_write(const struct sweep *sweep, const struct outcomes *outcomes, const char *dir,
                      struct error *err);

/* DIR/timing.csv: what varies from time to time: run, state, seconds, peak_kib, host. */
int sweep_timing_write(const struct outcomes *outcomes, const char *dir, struct error *err);

#endif
