/* What the files of the summary share. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_SUMMARY_LINES_H
#define ANALYSIS_SUMMARY_LINES_H

#include "analysis/summary.h"
#include "analysis/text_table.h"

#include <stdio.h>

/* What the tables show of a scope, gathered from its rows. */
enum shown {
    CAPACITY,
    UTILISATION,
    HOURS,
    SUBMITTED,
    ENDED,
    WAIT_MEAN,
    WAIT_P95,
    SLOWDOWN,
    PENDING,
    RUNNING,
    REJECTED,
    ABANDONED,
    KILLED,
    JAIN,
    GINI,
    DUE,
    BOUND,
    MISSED,
    REASONS,                        /* as many as there are reasons of rejection: jobs; NaN: none */
    CAUSES = REASONS + JOB_REASONS, /* as many as there are causes of waiting: mean wait by cause */
    SHOWN = CAUSES + WAIT_CAUSES
};

struct line {
    enum scope_kind kind;
    int32_t row;
    const char *name; /* without the kind of scope */
    double values[SHOWN];
    double open, open_by[WAIT_CAUSES]; /* seconds waited by jobs pending or running at the end */
};

struct lines {
    struct line *items;
    size_t len, cap;
};

/* The topmost tenants that share out all jobs: roots, or the members of a lone root that has no
 * jobs of its own. `items` is the caller's. */
struct lines top_tenants(const struct lines *lines, const struct world *world);

/* The tree of tenants: what they received of each kind of processor, and how their jobs fared. */
void write_tenants(const struct lines *lines, struct metrics *metrics,
                   const struct summary_options *options, FILE *out);

/* Cells; NaN is "-". What became of the jobs of a line takes several. */
void summary_add_percent(struct text_table *table, double fraction);
void summary_add_count(struct text_table *table, double value);
void summary_add_fate_heads(struct text_table *table);
void summary_add_fate(struct text_table *table, const double *values);

/* Why jobs waited, by partition and by the tenants that waited most, those included that had not
 * ended; nothing where no wait is known by its causes. */
void write_causes(struct lines *lines, const struct metrics *metrics, FILE *out);

#endif
