/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/causes_inner.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

static size_t add_crowd(struct causes *causes, size_t from, uint64_t mask)
{
    const bool one = mask == 1;
    MEM_GROW(&causes->crowds);
    causes->crowds.items[causes->crowds.len] = (struct crowd){
        .from = from,
        .mask = mask,
        .quick = one && !causes->places[from].partition->may_constrain,
        .fits = causes->places[from].fits,
        .most = INT64_MAX,
    };
    return causes->crowds.len++;
}

struct causes *causes_new(const struct world *world, const struct cause_place *places,
                          const struct jobs *jobs, const struct cause_gates *gates,
                          struct touched *touched)
{
    const size_t n = world->n_partitions;
    struct causes *causes = mem_new(1, sizeof(*causes));
    causes->world = world;
    causes->places = places;
    causes->jobs = jobs;
    causes->gated = gates;
    if (gates)
        causes->gates = *gates;
    for (unsigned c = 0; c < WAIT_CAUSES; c++)
        if (world->causes >> c & 1)
            causes->kinds[causes->n_kinds++] = (uint8_t)c;
    causes->touched = touched;
    causes->queued = mem_new(n, sizeof(*causes->queued));
    causes->fits = mem_new(n, sizeof(*causes->fits));
    for (size_t p = 0; p < n; p++) {
        add_crowd(causes, p, 1);
        causes->fits[p] = places[p].fits;
    }
    return causes;
}

void causes_free(struct causes *causes)
{
    if (!causes)
        return;
    for (size_t i = 0; i < causes->crowds.len; i++)
        free(causes->crowds.items[i].order.items);
    for (size_t i = 0; i < causes->rows.len; i++)
        free(causes->rows.items[i]);
    for (size_t i = 0; i < causes->families.len; i++)
        free(causes->families.items[i].order.items);
    doors_free(causes);
    tides_free(causes);
    free(causes->crowds.items);
    free(causes->families.items);
    free(causes->spare_families.items);
    free(causes->shapes.items);
    free(causes->rows.items);
    free(causes->spare.items);
    free(causes->joined.items);
    free(causes->fits);
    free(causes->queued);
    free(causes);
}

/* --- the rule --- */

/* WAIT_CAUSES: what it asks is free. */
static inline enum wait_cause cause_by_count(const struct cluster *cluster, int32_t procs)
{
    if (procs > cluster_free_procs(cluster))
        return CAUSE_CAPACITY;
    return procs > cluster->now.free ? CAUSE_RESERVED : WAIT_CAUSES;
}

static enum wait_cause cause_at(const struct causes *causes, size_t p,
                                const struct cause_want *want)
{
    const struct cause_place *place = &causes->places[p];
    const struct partition *partition = place->partition;
    const struct cluster *cluster = partition->cluster;
    if (want->class >= 0) {
        const enum wait_cause gate = causes->gates.cause(causes->gates.ctx, partition, want);
        if (gate != WAIT_CAUSES)
            return gate;
    }
    const enum wait_cause count = cause_by_count(cluster, partition_procs(partition, &want->ask));
    if (count != WAIT_CAUSES)
        return count;
    if (partition->constrained && !cluster_fits(cluster, &want->ask))
        return CAUSE_FRAGMENTATION;
    return place->fits;
}

/* Where a job waits in several partitions, that of the one where it is nearest to a start. */
enum wait_cause causes_find(const struct causes *causes, const struct crowd *crowd,
                            const struct cause_want *want)
{
    enum wait_cause last = CAUSE_DEPENDENCY;
    for (uint64_t left = crowd->mask; left; left &= left - 1) {
        const size_t p = crowd->from + (size_t)__builtin_ctzll(left);
        const enum wait_cause cause = cause_at(causes, p, want);
        last = cause > last ? cause : last;
    }
    return last;
}

/* --- shapes --- */

/* The first shape of the crowd that does not stand before. */
static size_t place(const struct causes *causes, const struct crowd *crowd,
                    const struct cause_want *want, bool *ret_same)
{
    size_t low = 0, high = crowd->order.len;
    *ret_same = false;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        const int to = causes_compare(want, &causes->shapes.items[crowd->order.items[middle]]);
        if (to == 0) {
            *ret_same = true;
            return middle;
        }
        if (to > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void causes_count_in_several(struct causes *causes, const struct crowd *crowd,
                             const struct shape *shape, int64_t jobs, enum wait_cause from,
                             enum wait_cause to)
{
    for (uint64_t left = crowd->mask; left; left &= left - 1)
        causes_count_at(causes, crowd->from + (size_t)__builtin_ctzll(left), shape, jobs, from, to);
}

static inline void flip(struct causes *causes, const struct crowd *crowd, struct shape *shape,
                        enum wait_cause cause, simtime now)
{
    if (cause == shape->cause)
        return;
    if (shape->jobs > 0) { /* else nobody takes a difference */
        shape_advance(shape, now);
        causes_count(causes, crowd, shape, shape->jobs, shape->cause, cause);
    }
    shape->cause = cause;
}

static void judge(struct causes *causes, const struct crowd *crowd, size_t i, simtime now)
{
    struct shape *shape = &causes->shapes.items[crowd->order.items[i]];
    flip(causes, crowd, shape, causes_find(causes, crowd, &shape->want), now);
}

/* The same in a quick crowd. */
static inline void judge_quick(struct causes *causes, const struct crowd *crowd, size_t i,
                               simtime now)
{
    struct shape *shape = &causes->shapes.items[crowd->order.items[i]];
    const struct cause_place *place = &causes->places[crowd->from];
    const enum wait_cause count = cause_by_count(place->partition->cluster, shape->want.ask.procs);
    flip(causes, crowd, shape, count != WAIT_CAUSES ? count : place->fits, now);
}

/* A quick crowd has other shapes, or other ones fit. */
static void bound(const struct causes *causes, struct crowd *crowd)
{
    const struct shape *shapes = causes->shapes.items;
    const size_t n = crowd->n_fit;
    crowd->least = n > 0 ? shapes[crowd->order.items[n - 1]].want.ask.procs : 0;
    crowd->most =
        n < crowd->order.len ? shapes[crowd->order.items[n]].want.ask.procs - 1 : INT64_MAX;
}

uint32_t causes_new_shape(struct causes *causes, size_t c, const struct cause_want *want,
                          enum wait_cause cause, simtime now)
{
    uint32_t i;
    if (causes->spare.len > 0) {
        i = causes->spare.items[--causes->spare.len];
    } else {
        MEM_GROW(&causes->shapes);
        i = (uint32_t)causes->shapes.len++;
    }
    causes->shapes.items[i] = (struct shape){.want = *want,
                                             .crowd = (uint32_t)c,
                                             .cause = cause,
                                             .lead = NO_SHAPE,
                                             .door = NONE_SUCH,
                                             .tide = NONE_SUCH,
                                             .family = NONE_SUCH,
                                             .since = now};
    return i;
}

/* Where `place` says. */
static NOINLINE uint32_t add_plain(struct causes *causes, size_t c, size_t at,
                                   const struct cause_want *want, simtime now)
{
    struct crowd *crowd = &causes->crowds.items[c];
    const enum wait_cause cause = causes_find(causes, crowd, want);
    const uint32_t i = causes_new_shape(causes, c, want, cause, now);
    rows32_insert(&crowd->order, at, i);
    crowd->n_empty++;
    crowd->n_loose += causes_is_loose(crowd, want);
    if (crowd->quick) {
        crowd->n_fit += cause != CAUSE_CAPACITY;
        bound(causes, crowd);
    }
    return i;
}

uint32_t causes_plain(struct causes *causes, size_t c, const struct cause_want *want, simtime now)
{
    bool same;
    const size_t at = place(causes, &causes->crowds.items[c], want, &same);
    return same ? causes->crowds.items[c].order.items[at] : add_plain(causes, c, at, want, now);
}

/* Drop the shapes that are not in use. */
static NOINLINE void drop_empty(struct causes *causes, struct crowd *crowd)
{
    size_t kept = 0, n_fit = 0;
    for (size_t i = 0; i < crowd->order.len; i++) {
        const uint32_t at = crowd->order.items[i];
        struct shape *shape = &causes->shapes.items[at];
        if (shape_is_used(shape)) {
            n_fit += i < crowd->n_fit;
            crowd->order.items[kept++] = at;
            continue;
        }
        crowd->n_loose -= causes_is_loose(crowd, &shape->want);
        shape->crowd = SHAPE_FREE;
        rows32_push(&causes->spare, at);
    }
    crowd->order.len = kept;
    crowd->n_fit = n_fit;
    crowd->n_empty = 0;
    bound(causes, crowd);
}

static inline void sweep(struct causes *causes, struct crowd *crowd)
{
    if (UNLIKELY(crowd->n_empty > (crowd->quick ? EMPTY_MOST : 0)))
        drop_empty(causes, crowd);
}

/* --- jobs --- */

/* The row of a job, zeroed when it is first asked for. */
static struct row *row_for(struct causes *causes, struct job *job)
{
    while (causes->rows.len <= job->slot >> ROWS_CHUNK_BITS) {
        MEM_GROW(&causes->rows);
        causes->rows.items[causes->rows.len++] = mem_new(1u << ROWS_CHUNK_BITS, sizeof(struct row));
    }
    struct row *row = causes_row(causes, job->slot);
    if (!job->wait_by) {
        *row = (struct row){0};
        job->wait_by = row->by;
    }
    return row;
}

/* The crowd of a job that waits. */
static size_t crowd_of(struct causes *causes, const struct job *job)
{
    const struct partition_info *partitions = causes->world->partitions;
    size_t from = 0;
    if (job->spec.partition >= 0)
        from = (size_t)(job->spec.partition - partitions[job->spec.partition].reservations);
    else
        while (partitions[from].centre != job->spec.centre)
            from++;
    const uint64_t mask = job->waits_in;
    if ((mask & (mask - 1)) == 0)
        return from + (size_t)__builtin_ctzll(mask);
    for (size_t i = causes->world->n_partitions; i < causes->crowds.len; i++)
        if (causes->crowds.items[i].from == from && causes->crowds.items[i].mask == mask)
            return i;
    return add_crowd(causes, from, mask);
}

/* The shape of jobs of the crowd that want this; a new one if there is none. */
static uint32_t shape_for(struct causes *causes, size_t c, const struct cause_want *want,
                          simtime now)
{
    struct crowd *crowd = &causes->crowds.items[c];
    uint32_t *near = &crowd->near[(uint32_t)want->ask.procs % NEAR];
    if (*near < causes->shapes.len && causes->shapes.items[*near].crowd == c &&
        causes_compare(want, &causes->shapes.items[*near]) == 0)
        return *near;
    if (want->class >= 0 && !causes_is_loose(crowd, want)) {
        const uint32_t i = door_shape(causes, c, want, now);
        return causes->crowds.items[c].near[(uint32_t)want->ask.procs % NEAR] = i;
    }
    return *near = causes_plain(causes, c, want, now);
}

static void enter(struct causes *causes, struct job *job, simtime now)
{
    struct row *row = row_for(causes, job);
    if (row->waits)
        return;
    const size_t c = crowd_of(causes, job);
    const struct cause_want want = causes_want(causes, job);
    row->crowd = (uint32_t)c;
    row->shape = shape_for(causes, c, &want, now);
    row->waits = true;
    causes_add_sums(causes, row->by, row->shape, -1, now);
    causes_load(causes, row->shape, 1, 0);
    const struct shape *shape = &causes->shapes.items[row->shape];
    causes_count(causes, &causes->crowds.items[c], shape, 1, WAIT_CAUSES,
                 causes_told(causes, shape));
}

void causes_join(struct causes *causes, const struct job *job)
{
    rows32_push(&causes->joined, job->slot);
}

void causes_leave(struct causes *causes, const struct job *job, simtime now)
{
    struct row *row = job->wait_by ? causes_row(causes, job->slot) : NULL;
    if (!row || !row->waits)
        return;
    struct crowd *crowd = &causes->crowds.items[row->crowd];
    const struct shape *shape = &causes->shapes.items[row->shape];
    causes_add_sums(causes, row->by, row->shape, 1, now);
    row->waits = false;
    causes_count(causes, crowd, shape, 1, causes_told(causes, shape), WAIT_CAUSES);
    causes_load(causes, row->shape, -1, 0);
    causes_tidy(causes, row->shape);
    sweep(causes, crowd);
}

void causes_add(struct causes *causes, struct job *job, enum wait_cause cause, simtime span)
{
    if (span > 0)
        row_for(causes, job)->by[cause] += span;
}

/* --- instants --- */

static NOINLINE void renew_moved(struct causes *causes, struct crowd *crowd, simtime now)
{
    const struct cause_place *place = &causes->places[crowd->from];
    const int64_t free = cluster_free_procs(place->partition->cluster);
    const int64_t held = place->partition->cluster->now.held;
    if (place->fits != crowd->fits || held > 0 || crowd->held > 0) {
        crowd->fits = place->fits;
        crowd->held = held;
        for (size_t i = 0; i < crowd->n_fit; i++)
            judge_quick(causes, crowd, i, now);
    }
    const struct shape *shapes = causes->shapes.items;
    while (crowd->n_fit > 0 && shapes[crowd->order.items[crowd->n_fit - 1]].want.ask.procs > free)
        judge_quick(causes, crowd, --crowd->n_fit, now);
    while (crowd->n_fit < crowd->order.len &&
           shapes[crowd->order.items[crowd->n_fit]].want.ask.procs <= free)
        judge_quick(causes, crowd, crowd->n_fit++, now);
    bound(causes, crowd);
}

static inline void renew_quick(struct causes *causes, struct crowd *crowd, simtime now)
{
    const struct cause_place *place = &causes->places[crowd->from];
    const int64_t free = cluster_free_procs(place->partition->cluster);
    if (free < crowd->least || free > crowd->most || place->fits != crowd->fits ||
        place->partition->cluster->now.held > 0 || crowd->held > 0)
        renew_moved(causes, crowd, now);
}

static bool is_touched(const struct causes *causes, const struct crowd *crowd)
{
    for (uint64_t left = crowd->mask; left; left &= left - 1) {
        const size_t p = crowd->from + (size_t)__builtin_ctzll(left);
        if (causes->touched->marks[p] || causes->fits[p] != causes->places[p].fits)
            return true;
    }
    return false;
}

static inline void renew(struct causes *causes, struct crowd *crowd, simtime now)
{
    if (crowd->quick)
        renew_quick(causes, crowd, now);
    else
        for (size_t i = 0; i < crowd->order.len; i++)
            judge(causes, crowd, i, now);
}

/* Those of jobs that wait in several partitions. */
static NOINLINE void renew_others(struct causes *causes, simtime now)
{
    struct crowd *crowds = causes->crowds.items;
    for (size_t i = causes->world->n_partitions; i < causes->crowds.len; i++)
        if (crowds[i].n_loose > 0 || is_touched(causes, &crowds[i]))
            renew(causes, &crowds[i], now);
}

/* Where gates let through others, what keeps a job that fits may change with nothing else there. */
static void renew_unlike(struct causes *causes, simtime now)
{
    const size_t n = causes->world->n_partitions;
    for (size_t p = 0; p < n; p++)
        if (causes->places[p].fits != causes->fits[p])
            renew(causes, &causes->crowds.items[p], now);
}

/* What the gates do, once all is renewed that they may let jobs to. */
static NOINLINE void settle_gates(struct causes *causes, simtime now)
{
    for (size_t p = 0; p < causes->world->n_partitions; p++)
        causes->fits[p] = causes->places[p].fits;
    tides_settle(causes, now);
    doors_settle(causes, now);
}

void causes_settle(struct causes *causes, simtime now)
{
    const struct touched *touched = causes->touched;
    for (size_t i = 0, some = touched->len; i < some; i++)
        renew(causes, &causes->crowds.items[touched->rows[i]], now);
    if (causes->gated)
        renew_unlike(causes, now);
    if (causes->crowds.len > causes->world->n_partitions)
        renew_others(causes, now);
    if (causes->gated)
        settle_gates(causes, now);
    for (size_t i = 0; i < causes->joined.len; i++) {
        struct job *job = jobs_at(causes->jobs, causes->joined.items[i]);
        if (job->live && job->state == JOB_PENDING && job->waits_in)
            enter(causes, job, now);
    }
    causes->joined.len = 0;
    for (size_t i = 0, n = causes->gated ? causes->crowds.len : 0; i < n; i++)
        sweep(causes, &causes->crowds.items[i]);
}

const int64_t *causes_queued(const struct causes *causes, int32_t partition)
{
    return causes->queued[partition];
}
