/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/collect.h"

#include "util/date.h"
#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

/* A key: tenant, place, slice + 1 and a 1 on top, so that no key is zero. */
enum { SLICE_BITS = 12, PLACE_BITS = 20 };

static size_t n_crowds(const struct collect *collect)
{
    return 1 + collect->world->n_centres + collect->world->n_partitions;
}

struct collect *collect_new(const struct world *world, enum periods periods, simtime tau)
{
    REQUIRE(tau > 0);
    struct collect *collect = mem_new(1, sizeof(*collect));
    collect->world = world;
    collect->tau = tau;
    collect->settler = settler_new(tau);
    collect->periods = periods;
    collect->n_places = world->n_partitions + world->n_centres;
    REQUIRE(collect->n_places < (size_t)1 << PLACE_BITS);
    collect->map_size = 64;
    collect->map = mem_new(collect->map_size, sizeof(*collect->map));
    collect->lanes = mem_new(world->n_partitions, sizeof(*collect->lanes));
    collect->crowds = mem_new(n_crowds(collect), sizeof(*collect->crowds));
    collect->next_cut =
        world->measure_from < world->measure_until ? world->measure_from : INT64_MAX;
    collect->near_from = INT64_MAX; /* no slice found yet */
    return collect;
}

void collect_free(struct collect *collect)
{
    if (!collect)
        return;
    settler_free(collect->settler);
    for (size_t i = 0; i < collect->leaves.len; i++) {
        cell_deinit(&collect->leaves.items[i]->cell);
        free(collect->leaves.items[i]);
    }
    for (size_t i = 0; i < collect->slices.len; i++) {
        free(collect->slices.items[i].uses);
        free(collect->slices.items[i].peaks);
    }
    for (size_t i = 0; i < collect->watches.len; i++) {
        selector_deinit(&collect->watches.items[i].selector);
        free(collect->watches.items[i].places);
        cell_deinit(&collect->watches.items[i].cell);
    }
    free(collect->leaves.items);
    free(collect->slices.items);
    free(collect->watches.items);
    free(collect->map);
    free(collect->lanes);
    free(collect->crowds);
    free(collect);
}

static bool place_wanted(const struct world *world, const struct selector *selector, size_t place)
{
    return place < world->n_partitions
               ? selector_wants_partition(selector, world, place)
               : selector_wants_centre(selector, world, place - world->n_partitions);
}

bool *collect_places(const struct collect *collect, const struct selector *selector)
{
    bool *places = mem_new(collect->n_places, sizeof(*places));
    for (size_t p = 0; p < collect->n_places; p++)
        places[p] = place_wanted(collect->world, selector, p);
    return places;
}

void collect_watch(struct collect *collect, struct selector *selector)
{
    REQUIRE(collect->slices.len == 0);
    const struct condition *period = selector_condition(selector, CONDITION_PERIOD);
    if (period) {
        const enum periods least = period->number % 100 ? PERIODS_MONTH : PERIODS_YEAR;
        collect->periods = collect->periods > least ? collect->periods : least;
    }
    MEM_GROW(&collect->watches);
    struct watch *watch = &collect->watches.items[collect->watches.len++];
    *watch = (struct watch){.selector = *selector,
                            .needs_jobs = selector_needs_jobs(selector),
                            .places = collect_places(collect, selector),
                            .tenant = -1};
    *selector = (struct selector){0};
}

bool tenant_within(const struct world *world, int32_t tenant, int32_t above)
{
    while (tenant >= 0 && tenant != above)
        tenant = world->tenants.items[tenant].parent;
    return tenant >= 0;
}

int32_t watch_tenant(struct watch *watch, const struct world *world)
{
    const struct condition *wanted = selector_condition(&watch->selector, CONDITION_TENANT);
    for (; wanted && watch->tenant < 0 && watch->tenants < world->tenants.len; watch->tenants++)
        if (strcmp(world->tenants.items[watch->tenants].path, wanted->text) == 0)
            watch->tenant = (int32_t)watch->tenants;
    return watch->tenant;
}

bool slice_matches(const struct slice *slice, const struct condition *period)
{
    if (!period)
        return true;
    const int64_t month = period->number % 100;
    return slice->year == period->number / 100 && (month == 0 || slice->month == month);
}

/* ---- slices ---- */

static simtime next_boundary(const struct collect *collect, const struct slice *slice)
{
    const struct world *world = collect->world;
    if (slice->year == INT32_MIN)
        return world->measure_until;
    const bool december = slice->month == 0 || slice->month == 12;
    const simtime next =
        date_instant(slice->year + december, december ? 1 : slice->month + 1, 1, 0, world->offset) -
        world->start;
    return next < world->measure_until ? next : world->measure_until;
}

static void open_slice(struct collect *collect, simtime at)
{
    const struct world *world = collect->world;
    MEM_GROW(&collect->slices);
    struct slice *slice = &collect->slices.items[collect->slices.len++];
    *slice = (struct slice){.year = INT32_MIN, .from = at};
    if (collect->periods != PERIODS_NONE && collect->slices.len < SLICES_MAX) {
        const struct civil civil = date_civil(world->start + at, world->offset);
        slice->year = civil.year;
        slice->month = collect->periods == PERIODS_MONTH ? civil.month : 0;
    }
    slice->uses = mem_new(world->n_partitions, sizeof(*slice->uses));
    slice->peaks = mem_new(n_crowds(collect), sizeof(*slice->peaks));
    slice->to = next_boundary(collect, slice);
    REQUIRE(slice->to > at);
    collect->next_cut = slice->to;
    collect->open = true;
}

static inline void lane_advance(struct lane *lane, simtime at)
{
    const simtime span = at - lane->since;
    if (span > 0) {
        use_add(&lane->use, &lane->counts, span);
        lane->since = at;
    }
}

static inline void crowd_advance(struct crowd *crowd, simtime at)
{
    if (at > crowd->since) {
        crowd->most = crowd->now > crowd->most ? crowd->now : crowd->most;
        crowd->since = at;
    }
}

static inline void crowd_change(struct crowd *crowd, simtime at, int64_t change)
{
    crowd_advance(crowd, at);
    crowd->now += change;
}

/* Everything up to `at` belongs to the slice that ends here, if one is open. */
static void close_slice(struct collect *collect, simtime at)
{
    struct slice *slice = collect->open ? &collect->slices.items[collect->slices.len - 1] : NULL;
    for (size_t p = 0; p < collect->world->n_partitions; p++) {
        lane_advance(&collect->lanes[p], at);
        if (slice)
            slice->uses[p] = collect->lanes[p].use;
        collect->lanes[p].use = (struct use){0};
    }
    for (size_t i = 0; i < n_crowds(collect); i++) {
        crowd_advance(&collect->crowds[i], at);
        if (slice)
            slice->peaks[i] = collect->crowds[i].most;
        collect->crowds[i].most = 0;
    }
    if (slice)
        slice->to = at;
    collect->open = false;
}

static NOINLINE void cross(struct collect *collect, simtime at)
{
    while (at >= collect->next_cut) {
        const simtime cut = collect->next_cut;
        close_slice(collect, cut);
        if (cut < collect->world->measure_until)
            open_slice(collect, cut);
        else
            collect->next_cut = INT64_MAX;
    }
}

static int32_t find_slice(struct collect *collect, simtime submit)
{
    const struct world *world = collect->world;
    if (submit < world->measure_from || submit >= world->measure_until || !collect->slices.len)
        return SLICE_OUTSIDE;
    size_t low = 0, high = collect->slices.len; /* the last with from <= submit is in [low, high) */
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (collect->slices.items[middle].from <= submit)
            low = middle;
        else
            high = middle;
    }
    collect->near = (int32_t)low;
    collect->near_from = collect->slices.items[low].from;
    collect->near_to = low + 1 < collect->slices.len || collect->open
                           ? collect->slices.items[low].to
                           : world->measure_until;
    return collect->near;
}

static inline int32_t slice_of(struct collect *collect, simtime submit)
{
    if (LIKELY(submit >= collect->near_from && submit < collect->near_to))
        return collect->near;
    return find_slice(collect, submit);
}

/* ---- jobs ---- */

static inline size_t slot_of(const struct collect *collect, uint64_t key)
{
    const uint64_t hash = key * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(hash >> 32) & (collect->map_size - 1);
}

static void map_grow(struct collect *collect)
{
    const size_t old_size = collect->map_size;
    __typeof__(collect->map) old = collect->map;
    collect->map_size *= 2;
    collect->map = mem_new(collect->map_size, sizeof(*collect->map));
    for (size_t i = 0; i < old_size; i++) {
        if (!old[i].leaf)
            continue;
        size_t slot = slot_of(collect, old[i].key);
        while (collect->map[slot].leaf)
            slot = (slot + 1) & (collect->map_size - 1);
        collect->map[slot] = old[i];
    }
    free(old);
}

static NOINLINE struct leaf *leaf_new(struct collect *collect, uint64_t key, int32_t tenant,
                                      int32_t place, int32_t slice)
{
    if (4 * collect->leaves.len >= 3 * collect->map_size)
        map_grow(collect);
    struct leaf *leaf = mem_new(1, sizeof(*leaf));
    *leaf = (struct leaf){.tenant = tenant, .place = place, .slice = slice};
    size_t slot = slot_of(collect, key);
    while (collect->map[slot].leaf)
        slot = (slot + 1) & (collect->map_size - 1);
    collect->map[slot].key = key;
    collect->map[slot].leaf = leaf;
    MEM_GROW(&collect->leaves);
    collect->leaves.items[collect->leaves.len++] = leaf;
    return leaf;
}

static inline struct leaf *leaf_in(struct collect *collect, const struct job *job, int32_t slice)
{
    const int32_t partition = job->partition >= 0 ? job->partition : job->spec.partition;
    const int32_t place =
        partition >= 0 ? partition : (int32_t)collect->world->n_partitions + job->spec.centre;
    const uint64_t key = (uint64_t)job->spec.tenant << (SLICE_BITS + PLACE_BITS) |
                         (uint64_t)place << SLICE_BITS | (uint64_t)(slice + 1);
    for (size_t slot = slot_of(collect, key); collect->map[slot].leaf;
         slot = (slot + 1) & (collect->map_size - 1))
        if (LIKELY(collect->map[slot].key == key))
            return collect->map[slot].leaf;
    return leaf_new(collect, key, job->spec.tenant, place, slice);
}

static inline int32_t procs_of(const struct job *job)
{
    return job->procs > 0 ? job->procs : job->spec.ask.procs;
}

static bool watch_wants(struct watch *watch, const struct collect *collect, const struct leaf *leaf,
                        const struct job *job, int32_t procs)
{
    if (!watch->needs_jobs || !watch->places[leaf->place])
        return false;
    const struct selector *selector = &watch->selector;
    if (selector_condition(selector, CONDITION_TENANT)) {
        const int32_t row = watch_tenant(watch, collect->world);
        if (row < 0 || !tenant_within(collect->world, job->spec.tenant, row))
            return false;
    }
    return slice_matches(&collect->slices.items[leaf->slice],
                         selector_condition(selector, CONDITION_PERIOD)) &&
           selector_wants_tenant(selector, collect->world, job->spec.tenant) &&
           selector_wants_job(selector, collect->world, job, procs);
}

enum outcome { OUTCOME_RAN, OUTCOME_NEVER_RAN, OUTCOME_UNFINISHED };

static inline void put(struct collect *collect, struct cell *cell, const struct job *job,
                       int32_t procs, enum outcome outcome)
{
    if (outcome == OUTCOME_UNFINISHED) {
        cell_add_unfinished(cell, job, procs);
        if (job->wait_by)
            cell_add_causes(cell, job->wait_by, collect->world->causes, true);
        return;
    }
    cell->jobs[job->state]++;
    if (UNLIKELY(job->state == JOB_REJECTED))
        cell->reasons[job->reason]++;
    if (outcome == OUTCOME_RAN) {
        if (UNLIKELY(job->spec.deadline > 0)) {
            cell->bound++;
            cell->late += job->end > job->spec.deadline || job->state != JOB_COMPLETED;
        }
        const simtime again = job->preemptions > 0 ? job->began - job->spec.submit - job->wait : 0;
        const struct fare fare = {.wait = job->wait,
                                  .response = job->end - job->spec.submit,
                                  .procs = procs,
                                  .again = again};
        if (UNLIKELY(cell_add(cell, &fare, job->spec.submit, job->end, collect->tau)))
            settler_take(collect->settler, cell);
        if (job->wait_by)
            cell_add_causes(cell, job->wait_by, collect->world->causes, false);
    }
}

static inline void see_job(struct collect *collect, const struct job *job, enum outcome outcome)
{
    struct leaf *leaf = leaf_in(collect, job, slice_of(collect, job->spec.submit));
    const int32_t procs = procs_of(job);
    put(collect, &leaf->cell, job, procs, outcome);
    for (size_t i = 0; i < collect->watches.len && leaf->slice != SLICE_OUTSIDE; i++)
        if (watch_wants(&collect->watches.items[i], collect, leaf, job, procs))
            put(collect, &collect->watches.items[i].cell, job, procs, outcome);
}

/* Where it ran, which need not be where it waits and runs next. */
static void see_stop(struct collect *collect, const struct job *job, simtime at)
{
    struct leaf *leaf = leaf_in(collect, job, slice_of(collect, job->spec.submit));
    cell_add_stop(&leaf->cell, job, at);
    for (size_t i = 0; i < collect->watches.len && leaf->slice != SLICE_OUTSIDE; i++)
        if (watch_wants(&collect->watches.items[i], collect, leaf, job, job->procs))
            cell_add_stop(&collect->watches.items[i].cell, job, at);
}

static wide overlap(simtime from, simtime to, simtime since, simtime until)
{
    since = from > since ? from : since;
    until = to < until ? to : until;
    return until > since ? until - since : 0;
}

/* Of a stretch of running, what a job submitted before the window received in it: in the first
 * period. */
static void see_carried(struct collect *collect, const struct job *job, simtime from, simtime to)
{
    const struct world *world = collect->world;
    if (LIKELY(job->spec.submit >= world->measure_from) || collect->slices.len == 0)
        return;
    const int32_t procs = procs_of(job);
    const wide area = overlap(from, to, world->measure_from, world->measure_until) * procs;
    if (area == 0)
        return;
    struct leaf *leaf = leaf_in(collect, job, 0);
    leaf->cell.carried += area;
    for (size_t i = 0; i < collect->watches.len; i++)
        if (watch_wants(&collect->watches.items[i], collect, leaf, job, procs))
            collect->watches.items[i].cell.carried += area;
}

/* A stretch of running over [from, to), with no change of its processors: what each period got of
 * it. Runs end in the last periods, so these are looked at first. */
static void see_stretch(struct collect *collect, const struct job *job, simtime from, simtime to)
{
    see_carried(collect, job, from, to);
    if (collect->periods == PERIODS_NONE)
        return;
    const int32_t procs = procs_of(job);
    for (size_t s = collect->slices.len; s-- > 0 && collect->slices.items[s].to > from;) {
        const struct slice *slice = &collect->slices.items[s];
        const wide area = overlap(from, to, slice->from, slice->to) * procs;
        if (area == 0)
            continue;
        struct leaf *leaf = leaf_in(collect, job, (int32_t)s);
        leaf->cell.ran += area;
        for (size_t i = 0; i < collect->watches.len; i++)
            if (watch_wants(&collect->watches.items[i], collect, leaf, job, procs))
                collect->watches.items[i].cell.ran += area;
    }
}

/* ---- facts ---- */

static inline void see_counts(struct collect *collect, const struct fact *fact)
{
    struct lane *lane = &collect->lanes[fact->partition];
    if (UNLIKELY(!lane->known)) {
        lane->known = true;
        if (fact->kind != FACT_CAPACITY) {
            /* It came without saying so: it was there from the start. */
            lane->counts.capacity = fact->counts->capacity;
            lane->counts.down = fact->counts->down;
        }
    }
    lane_advance(lane, fact->at);
    const int64_t change = fact->counts->queued_jobs - lane->counts.queued_jobs;
    lane->counts = *fact->counts;
    if (change == 0)
        return;
    const struct world *world = collect->world;
    const size_t partition = (size_t)fact->partition;
    crowd_change(&collect->crowds[0], fact->at, change);
    crowd_change(&collect->crowds[1 + world->partitions[partition].centre], fact->at, change);
    crowd_change(&collect->crowds[1 + world->n_centres + partition], fact->at, change);
}

static NOINLINE void see_end(struct collect *collect, const struct fact *fact)
{
    const bool ran = fact->kind == FACT_END && fact->job->state != JOB_ABANDONED;
    if (ran && fact->partition >= 0)
        collect->lanes[fact->partition].use.ended++;
    see_job(collect, fact->job, ran ? OUTCOME_RAN : OUTCOME_NEVER_RAN);
    if (ran)
        see_stretch(collect, fact->job, fact->job->began, fact->at);
}

static inline void see_fact(struct collect *collect, const struct fact *fact)
{
    if (fact->counts && fact->partition >= 0)
        see_counts(collect, fact);
    if (fact->kind == FACT_END || fact->kind == FACT_REJECT)
        see_end(collect, fact);
    else if (UNLIKELY(fact->kind == FACT_STOP)) {
        see_stop(collect, fact->job, fact->at);
        see_stretch(collect, fact->job, fact->job->began, fact->at);
    }
}

static COLD void see_across(struct collect *collect, const struct fact *fact)
{
    cross(collect, fact->at);
    see_fact(collect, fact);
}

/* Two ways, so that the common one saves no registers. */
static void see(void *ctx, const struct fact *fact)
{
    struct collect *collect = ctx;
    if (LIKELY(fact->at < collect->next_cut))
        see_fact(collect, fact);
    else
        see_across(collect, fact);
}

static void see_unfinished(void *ctx, const struct job *job, simtime end)
{
    cross(ctx, end);
    see_job(ctx, job, OUTCOME_UNFINISHED);
    if (job->state == JOB_RUNNING)
        see_stretch(ctx, job, job->began, end);
}

static void see_finish(void *ctx, simtime end)
{
    struct collect *collect = ctx;
    cross(collect, end);
    if (collect->open)
        close_slice(collect, end);
    settler_drain(collect->settler);
    for (size_t i = 0; i < collect->leaves.len; i++)
        cell_settle(&collect->leaves.items[i]->cell, collect->tau);
    for (size_t i = 0; i < collect->watches.len; i++)
        cell_settle(&collect->watches.items[i].cell, collect->tau);
    collect->end = end;
    collect->finished = true;
}

struct observer collect_observer(struct collect *collect)
{
    return (struct observer){.ctx = collect,
                             .hears = FACT_BIT(FACT_END) | FACT_BIT(FACT_REJECT) |
                                      FACT_BIT(FACT_STOP) | FACT_BIT(FACT_SETTLED),
                             .see = see,
                             .unfinished = see_unfinished,
                             .finish = see_finish};
}
