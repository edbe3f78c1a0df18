/* When the jobs of a generated workload arrive. Exactly one of three processes, each a file
 * arrival_NAME.c:
 *   {poisson: 9 per h}     by chance, at a rate that profiles and growth may vary;
 *   {renewal: DIST}        with independent gaps;
 *   {every: 1 month}       by the clock or the calendar, with a `jitter` after each instant.
 * Parameters may change at dated instants (epochs). */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WORKLOAD_ARRIVAL_H
#define WORKLOAD_ARRIVAL_H

#include "util/dist.h"
#include "workload/place.h"

/* Relative weights, each list scaled to mean 1 (months weighted by their days); empty: flat. */
struct arrival_profile {
    struct numbers hour_of_day;   /* 24 */
    struct numbers day_of_week;   /* 7, Monday first */
    struct numbers month_of_year; /* 12 */
};

struct arrival_params {
    double poisson;       /* 1/s; 0: not given */
    struct dist *renewal; /* s; NULL: not given */
    char *every;          /* "6h", "1 month", "2 years"; NULL: not given */
    struct dist *jitter;  /* s, added to each instant of `every`; NULL: none */
    struct arrival_profile profile;
    double growth; /* 1/s: 35%/year means a factor 1.35 in 365 days, compounded steadily;
                    * the stated rate holds at `from`, else at the start */
    struct date_value from, until; /* arrivals in [from, until); not given: the whole run */
};

extern const struct field arrival_fields[];

/* Everything that can be said of the parameters alone, one by one; the first of it. */
extern field_check *const arrival_checks[];
int arrival_check(const struct arrival_params *params, struct error *err);

/* No end of its own: without a run length it would never stop. */
bool arrival_is_endless(const struct arrival_params *params);

/* Expected arrivals in [from, to) of the run, `to` finite. Exact for poisson, with profile and
 * growth: O(days) with a profile; for every, or nearly with a jitter that is long for it, then
 * O(hundreds) of its cdf; for renewal with a constant gap. With others to some 0.1 %: O(1) for many
 * gaps, O(hundreds) of their cdf for few. */
double arrival_mean_count(const struct arrival_params *params, const struct place *place,
                          simtime from, simtime to);

/* Mean arrivals per second over [0, limit) of the place; without a limit the stated rate. */
double arrival_mean_rate(const struct arrival_params *params, const struct place *place);

struct arrival_epoch {
    simtime from;                        /* the first from 0; ascending */
    const struct arrival_params *params; /* borrowed, outlives the arrival */
};

/* poisson: the intensity changes exactly at the epoch. renewal: the gap under way ends as drawn.
 * every: the instants counted from the new `from`, or the start, that come at the epoch or later.
 */
struct arrival *arrival_new(const struct place *place, const struct arrival_epoch *epochs,
                            size_t len, struct error *err);
void arrival_free(struct arrival *arrival);
AUTO_DEFINE(struct arrival *, arrival_free)

/* The next arrival; times never fall. SOURCE_JOB, SOURCE_END or SOURCE_ERROR. The ordinal counts
 * arrivals as the process made them, before jitter reordered them. Amortised O(1) without profile,
 * O(days skipped) with one, O(log pending) with jitter. */
int arrival_next(struct arrival *arrival, simtime *ret_time, uint64_t *ret_ordinal,
                 struct error *err);

#endif
