/* A run on a page, for people: what was simulated, then tables by partition and by tenant. The
 * numbers are those of the metric rows, in units a person reads. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_SUMMARY_H
#define ANALYSIS_SUMMARY_H

#include "analysis/metrics.h"

#include <stdio.h>

/* What a partition has from a date on. */
struct capacity_phase {
    int32_t partition; /* row of world.partitions */
    simtime from;      /* since the start */
    int64_t nodes, procs;
    int32_t procs_per_node; /* of the last group */
};

struct summary_options {
    const char *title;        /* "" or NULL: none */
    size_t tenants;           /* how many to show, by processor-hours; 0: 15 */
    bool all_tenants;         /* every tenant at every level, however many */
    const char *const *notes; /* lines on what the input was like: anomalies of logs, assumptions */
    size_t n_notes;           /* they come last */
    void (*more)(const void *ctx,
                 FILE *out); /* further tables, each after an empty line; or NULL */
    const void *more_ctx;
    const struct capacity_phase *phases; /* by partition, then date; none: the mean is shown */
    size_t n_phases;
    bool cut_short; /* the run was interrupted: say so first */
};

/* After the run. Write errors stay on the stream: ferror. */
void summary_write(struct metrics *metrics, const struct summary_options *options, FILE *out);

#endif
