/* The metrics: one row each in a table, name, unit, definition and how it is read off. `jishi list
 * metrics`, selectors and every row of results come from this table; to add one, add a row. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_METRIC_H
#define ANALYSIS_METRIC_H

#include "analysis/use.h"

/* What a metric is read off: the jobs or the partitions of a scope in a period. */
struct metric_view {
    const struct cell *cell; /* settled */
    const struct use *use;   /* NULL where time metrics make no sense: of a tenant */
    int64_t peak;            /* most jobs in the queue; < 0: not known of this scope */
    simtime span;            /* of the window or period, cut to the run */
    simtime from, to;        /* the same */
    simtime end;             /* of the run */
    bool one_kind;           /* all processors of the scope are of one kind */
    bool part;               /* of a period, not of the whole window */
    bool whole;              /* every job of the run is counted and its whole time watched */
    double jain, gini, due;  /* NaN: not of this scope */
};

enum metric_about {
    METRIC_JOBS,     /* of jobs: any condition may pick them out */
    METRIC_TIME,     /* of partitions over time: no tenants, no properties of jobs */
    METRIC_FAIRNESS, /* over all tenants: no tenants, no properties of jobs */
    METRIC_DUE       /* of one tenant among its brothers, where there are shares */
};

struct metric {
    const char *name, *unit, *definition;
    enum metric_about about;
    bool brief; /* shown of tenants by period too, where there may be very many rows */
    double (*value)(const struct metric_view *view, unsigned a, unsigned b);
    unsigned a, b;
};

extern const struct metric metrics_table[];
extern const size_t metrics_table_len;

/* NULL if there is none of that name. */
const struct metric *metric_find(const char *name);

/* Of causes of waiting that cannot occur, and of preemptions where none can: false. */
bool metric_applies(const struct metric *metric, const struct world *world);

/* Of what hardly ever happens: a row only where it did. */
bool metric_is_rare(const struct metric *metric);

/* Between which values it always is, both included; most INFINITY: no bound is known. */
struct metric_range {
    double least, most;
    bool share;     /* told in percent */
    bool above_min; /* `least` itself is no value */
};

struct metric_range metric_range(const struct metric *metric);

/* Of jobs: a number of them or a sum to which each adds what it has, so that it leaves none out. */
bool metric_is_total(const struct metric *metric);

/* NaN where there is nothing to take it of. */
double metric_value(const struct metric *metric, const struct metric_view *view);

#endif
