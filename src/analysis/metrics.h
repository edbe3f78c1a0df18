/* The metrics of one run: an observer while it goes, rows when it is over. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_METRICS_H
#define ANALYSIS_METRICS_H

#include "analysis/collect.h"
#include "analysis/record.h"

enum scope_kind { SCOPE_ALL, SCOPE_PROCESSOR, SCOPE_CENTRE, SCOPE_PARTITION, SCOPE_TENANT };

/* A row of /metrics. Texts are borrowed from struct metrics. A declared selector has itself as its
 * name, scope `all` and no period. */
struct metric_row {
    const char *name, *scope, *period;
    double value; /* NaN: nothing to take it of */
    const char *unit;
    enum scope_kind kind;
    int32_t row; /* of the centre, partition or tenant; of a partition of that kind of processor */
    bool declared;
};

struct metrics_options {
    enum periods periods;         /* rows by period: none, years, or years and months */
    simtime tau;                  /* of the bounded slowdown; 0: 10 s */
    const char *const *selectors; /* declared ones; texts are borrowed for the call */
    size_t n_selectors;
};

struct metrics;

/* NULL with err->text if a selector is wrong. `world` is borrowed and must outlive it. */
struct metrics *metrics_new(const struct world *world, const struct metrics_options *options,
                            struct error *err);
void metrics_free(struct metrics *metrics); /* takes NULL */
AUTO_DEFINE(struct metrics *, metrics_free)

struct observer metrics_observer(struct metrics *metrics);

/* After the run. Rows in a fixed order: scopes (all, processor:kind where there are several,
 * centres, partitions, tenants with parents before members), in each the whole, then each year and
 * its months, in each the metrics in the order of their table; last the declared selectors. Rows
 * without a value are left out, but for scope `all` of the whole run and declared selectors.
 * Borrowed, made at the first call. O(cells x depth of tenants). */
const struct metric_row *metrics_rows(struct metrics *metrics, size_t *ret_len);

/* NULL if there is no such row. O(rows). */
const struct metric_row *metrics_find(struct metrics *metrics, const char *name, const char *scope,
                                      const char *period);

/* One number now, after the run: conditions on scopes only, or a declared selector. -1 with
 * err->text: a tenant that never appeared, or properties of jobs that were not declared. */
int metrics_select(struct metrics *metrics, const char *selector, double *ret_value,
                   struct error *err);

/* After the run: first declared selector that names a tenant that never appeared: -1, its number
 * and err->text. */
int metrics_check(struct metrics *metrics, size_t *ret_wrong, struct error *err);

const struct collect *metrics_collect(const struct metrics *metrics); /* after the run */
const struct world *metrics_world(const struct metrics *metrics);
simtime metrics_end(const struct metrics *metrics); /* of the run, when it is over */
simtime metrics_tau(const struct metrics *metrics);

/* Tables for a trace: /metrics, /tenants, /centres. The rows are borrowed from `metrics`. After the
 * run. */
size_t metrics_tables(struct metrics *metrics,
                      struct record_table *ret_tables); /* METRICS_TABLES */
#define METRICS_TABLES 3

#endif
