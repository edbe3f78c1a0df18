/* What the files of the metrics share: the state, and how a number is read off it. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_METRICS_INNER_H
#define ANALYSIS_METRICS_INNER_H

#include "analysis/account.h"
#include "analysis/metrics.h"

struct period {
    char *label;      /* owned; "" the whole */
    int32_t from, to; /* slices */
    size_t inside;    /* the next larger period; of the whole itself */
};

struct metrics {
    struct collect *collect;
    enum periods periods;
    struct {
        struct metric_row *items;
        size_t len, cap;
    } rows;
    struct {
        char **items;
        size_t len, cap;
    } texts; /* scopes */
    struct {
        struct period *items;
        size_t len, cap;
    } spans;
    size_t *finest;       /* by slice: the smallest period it lies in */
    struct leaf **leaves; /* counted ones, tenants in tree order */
    size_t n_leaves;
    int32_t *order; /* tenant_order */
    uint32_t *members;
    struct account *tenants, *centres;
    struct record_column columns[ACCOUNT_COLUMNS_MAX]; /* of both */
    size_t n_columns;
    wide *received, *demand; /* scratch, by tenant */
    double *due;             /* by tenant, with those below: of what was measured last */
    bool shared;             /* some tenant has a share other than 1 */
    struct {
        struct leaf **leaves; /* by slice; owned */
        size_t len;
        struct cell *cells; /* by span; owned; NULL: none yet */
    } last;                 /* put together last: often the leaves of the next scope too */
};

/* What every reading needs; once, after the run. */
void metrics_prepare(struct metrics *metrics);

/* Jain and Gini into the view, of the tenants of these leaves. */
void metrics_fairness(struct metrics *metrics, struct leaf *const *leaves, size_t len,
                      struct metric_view *view);

/* Is every job counted and all time watched? */
bool metrics_whole(const struct collect *collect);

/* Of a cell of jobs alone. */
struct metric_view metrics_view(const struct collect *collect, const struct cell *cell);

/* For qsort of leaves: by slice, tenant and place. */
int leaves_by_slice(const void *a, const void *b);

/* Append a row for each declared selector. */
void metrics_emit_declared(struct metrics *metrics);

#endif
