/* Collects what metrics are read off from the stream of facts: per (tenant, place, period) a cell
 * of jobs, per (partition, period) integrals over time, and a cell for each declared selector that
 * asks for properties of jobs. O(1) a fact; memory grows with the cells, not with the jobs. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_COLLECT_H
#define ANALYSIS_COLLECT_H

#include "analysis/selector.h"
#include "analysis/settler.h"

enum periods { PERIODS_NONE, PERIODS_YEAR, PERIODS_MONTH };

#define SLICE_OUTSIDE (-1) /* submitted outside the window: for totals of the whole run */
#define SLICES_MAX 3600    /* what lies later is counted in the whole, under no period */

struct leaf {
    int32_t tenant;
    int32_t place; /* row of the partition; n_partitions + row of the centre: in no partition */
    int32_t slice; /* index of collect.slices or SLICE_OUTSIDE */
    struct cell cell;
};

/* A finest period, cut to the window. */
struct slice {
    int year, month; /* month 0: a whole year; year INT32_MIN: neither */
    simtime from, to;
    struct use *uses; /* by partition; owned */
    int64_t *peaks;   /* most queued jobs: of all, of each centre, of each partition; owned */
};

/* A partition as it is now. */
struct lane {
    simtime since;
    bool known;
    struct partition_counts counts;
    struct use use; /* of the slice so far */
};

/* The queue of a scope as it is now. */
struct crowd {
    simtime since;
    int64_t now, most;
};

/* A declared selector. */
struct watch {
    struct selector selector;
    bool needs_jobs;
    bool *places;     /* which meet its conditions; owned */
    int32_t tenant;   /* row, -1: not seen yet (or not asked for) */
    size_t tenants;   /* rows looked at so far */
    struct cell cell; /* filled where needs_jobs */
};

struct collect {
    const struct world *world;
    simtime tau;
    struct settler *settler; /* owned */
    enum periods periods;    /* that slices follow */
    size_t n_places;
    struct {
        uint64_t key;
        struct leaf *leaf;
    } * map; /* open addressing; owned */
    size_t map_size;
    struct {
        struct leaf **items;
        size_t len, cap;
    } leaves; /* in order of first use; owned */
    struct {
        struct slice *items;
        size_t len, cap;
    } slices;
    bool open; /* the last slice is being filled */
    simtime next_cut;
    simtime near_from, near_to; /* of the slice found last */
    int32_t near;
    struct lane *lanes;   /* by partition */
    struct crowd *crowds; /* as slice.peaks */
    struct {
        struct watch *items;
        size_t len, cap;
    } watches;
    simtime end; /* of the run; valid when finished */
    bool finished;
};

/* `world` is borrowed and must outlive it. tau > 0. */
struct collect *collect_new(const struct world *world, enum periods periods, simtime tau);
void collect_free(struct collect *collect); /* takes NULL */

/* Before the first fact. Takes *selector over (zeroes it); refines `periods` if it asks for one. */
void collect_watch(struct collect *collect, struct selector *selector);

/* By place: which meet the selector's conditions on places. The array is the caller's. */
bool *collect_places(const struct collect *collect, const struct selector *selector);

/* The simulator must tell each partition's capacity by a fact at the start of the run. */
struct observer collect_observer(struct collect *collect);

/* Is `tenant` the tenant `above` or a member of it, at any depth? O(depth). */
bool tenant_within(const struct world *world, int32_t tenant, int32_t above);

/* The row of the tenant that the watch names, looking at new tenants only; -1: none yet. */
int32_t watch_tenant(struct watch *watch, const struct world *world);

/* Does the period asked for, if any, hold an instant of this slice? */
bool slice_matches(const struct slice *slice, const struct condition *period);

#endif
