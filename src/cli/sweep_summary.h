/* What a sweep tells a person when it is over. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_SWEEP_SUMMARY_H
#define CLI_SWEEP_SUMMARY_H

#include "experiment/outcome.h"
#include "experiment/sweep.h"

#include <stdio.h>

/* Few points: the mean of each measure over the replications of each, with the half width of its
 * 95 % interval (Student); many: how to read them. Then the runs that failed, in words. */
void sweep_summary_print(const struct sweep *sweep, const struct outcomes *outcomes,
                         const char *dir, FILE *out);

/* "45 runs of 9 points in 5 replications: 43 done, 1 crashed, 1 missing" */
void sweep_counts_print(const struct sweep *sweep, const struct outcomes *outcomes, FILE *out);

/* Points that are unstable, measures without a value, failed runs: what numbers do not say. */
void sweep_notes_print(const struct sweep *sweep, const struct outcomes *outcomes, FILE *out);

/* Is there no long-run number at a point, where the scenario asks for one? */
bool sweep_is_unstable(const struct sweep *sweep, const struct outcomes *outcomes, size_t point);

/* "nodes 10, arrival poisson: 9 per h" of a point; to be freed. */
char *sweep_point_text(const struct sweep *sweep, size_t point);

/* Failed runs: as many as fit on a page. */
void sweep_failures_print(const struct sweep *sweep, const struct outcomes *outcomes, FILE *out);

#endif
