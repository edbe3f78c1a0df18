/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/causes.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

/* The waiting jobs of a crowd that ask the same. */
struct shape {
    struct cause_want want;
    uint32_t crowd;        /* SHAPE_FREE: a free place */
    enum wait_cause cause; /* since `since` */
    int64_t jobs;
    simtime since;
    simtime total[WAIT_CAUSES];
};

#define SHAPE_FREE UINT32_MAX

/* Rows of jobs stand in chunks that never move. */
#define ROWS_CHUNK_BITS 9

/* Where a shape was last found, by the processors asked. */
enum { NEAR = 64 };

/* Shapes without jobs that a quick crowd keeps: mostly the same comes again soon. */
enum { EMPTY_MOST = 16 };

/* The jobs that wait in the same partitions. */
struct crowd {
    size_t from;          /* the partition of bit 0 */
    uint64_t mask;        /* of partitions, from there on */
    bool quick;           /* the cause follows from the processors asked alone */
    uint32_t *order;      /* shapes by compare_shapes; owned */
    size_t len, cap;      /* of order */
    size_t n_fit;         /* quick: so many shapes fit by count, ... */
    int64_t least, most;  /* ... as long as so many processors are free */
    size_t n_empty;       /* shapes without jobs */
    enum wait_cause fits; /* as last seen */
    int64_t held;         /* as last seen */
    uint32_t near[NEAR];  /* shapes; any, of any crowd */
};

/* What a job came to, by its slot. */
struct row {
    simtime by[WAIT_CAUSES];
    uint32_t crowd, shape;
    bool waits;
};

struct rows32 {
    uint32_t *items;
    size_t len, cap;
};

struct causes {
    const struct world *world;
    const struct cause_place *places;
    const struct jobs *jobs;
    struct cause_gates gates;
    bool gated;
    uint8_t kinds[WAIT_CAUSES]; /* that can occur */
    size_t n_kinds;
    struct {
        struct crowd *items; /* of the partitions, then of jobs that wait in several */
        size_t len, cap;
    } crowds;
    struct {
        struct shape *items;
        size_t len, cap;
    } shapes;
    struct rows32 spare; /* free places */
    struct {
        struct row **items; /* in chunks as those of the jobs */
        size_t len, cap;
    } rows;
    struct rows32 joined; /* slots; at this instant */
    struct touched *touched;
    int64_t (*queued)[WAIT_CAUSES];
};

static void push(struct rows32 *rows, uint32_t item)
{
    MEM_GROW(rows);
    rows->items[rows->len++] = item;
}

static size_t add_crowd(struct causes *causes, size_t from, uint64_t mask)
{
    const bool one = mask == 1;
    MEM_GROW(&causes->crowds);
    causes->crowds.items[causes->crowds.len] = (struct crowd){
        .from = from,
        .mask = mask,
        .quick = one && !causes->gated && !causes->places[from].partition->constrained,
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
    for (size_t p = 0; p < n; p++)
        add_crowd(causes, p, 1);
    return causes;
}

void causes_free(struct causes *causes)
{
    if (!causes)
        return;
    for (size_t i = 0; i < causes->crowds.len; i++)
        free(causes->crowds.items[i].order);
    for (size_t i = 0; i < causes->rows.len; i++)
        free(causes->rows.items[i]);
    free(causes->crowds.items);
    free(causes->shapes.items);
    free(causes->rows.items);
    free(causes->spare.items);
    free(causes->joined.items);
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
    if (causes->gated) {
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
static enum wait_cause find_cause(const struct causes *causes, const struct crowd *crowd,
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

static int compare_shapes(const struct cause_want *want, const struct shape *shape)
{
    const struct cause_want *other = &shape->want;
    if (want->class != other->class)
        return want->class < other->class ? -1 : 1;
    if (want->request != other->request)
        return want->request < other->request ? -1 : 1;
    if (want->ask.nodes != other->ask.nodes)
        return want->ask.nodes < other->ask.nodes ? -1 : 1;
    if (want->ask.procs != other->ask.procs)
        return want->ask.procs < other->ask.procs ? -1 : 1;
    return (want->ask.memory > other->ask.memory) - (want->ask.memory < other->ask.memory);
}

/* The first shape that does not stand before; *ret_same: it is the one. */
static size_t place_of(const struct causes *causes, const struct crowd *crowd,
                       const struct cause_want *want, bool *ret_same)
{
    size_t low = 0, high = crowd->len;
    *ret_same = false;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        const int to = compare_shapes(want, &causes->shapes.items[crowd->order[middle]]);
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

static inline void count_at(struct causes *causes, size_t p, const struct shape *shape,
                            int64_t jobs, enum wait_cause from, enum wait_cause to)
{
    const int64_t procs = jobs * partition_procs(causes->places[p].partition, &shape->want.ask);
    if (from != WAIT_CAUSES)
        causes->queued[p][from] -= procs;
    if (to != WAIT_CAUSES)
        causes->queued[p][to] += procs;
    touched_add(causes->touched, p);
}

static NOINLINE void count_in_several(struct causes *causes, const struct crowd *crowd,
                                      const struct shape *shape, int64_t jobs, enum wait_cause from,
                                      enum wait_cause to)
{
    for (uint64_t left = crowd->mask; left; left &= left - 1)
        count_at(causes, crowd->from + (size_t)__builtin_ctzll(left), shape, jobs, from, to);
}

/* So many jobs of the shape, in each of its partitions, no longer wait for `from` but for `to`;
 * WAIT_CAUSES: they do not wait. */
static inline void count_queued(struct causes *causes, const struct crowd *crowd,
                                const struct shape *shape, int64_t jobs, enum wait_cause from,
                                enum wait_cause to)
{
    if (LIKELY(crowd->mask == 1))
        count_at(causes, crowd->from, shape, jobs, from, to);
    else
        count_in_several(causes, crowd, shape, jobs, from, to);
}

static void shape_advance(struct shape *shape, simtime now)
{
    shape->total[shape->cause] += now - shape->since;
    shape->since = now;
}

static inline void flip(struct causes *causes, const struct crowd *crowd, struct shape *shape,
                        enum wait_cause cause, simtime now)
{
    if (cause == shape->cause)
        return;
    if (shape->jobs > 0) { /* else nobody takes a difference */
        shape_advance(shape, now);
        count_queued(causes, crowd, shape, shape->jobs, shape->cause, cause);
    }
    shape->cause = cause;
}

static void judge(struct causes *causes, const struct crowd *crowd, size_t i, simtime now)
{
    struct shape *shape = &causes->shapes.items[crowd->order[i]];
    flip(causes, crowd, shape, find_cause(causes, crowd, &shape->want), now);
}

/* The same in a quick crowd. */
static inline void judge_quick(struct causes *causes, const struct crowd *crowd, size_t i,
                               simtime now)
{
    struct shape *shape = &causes->shapes.items[crowd->order[i]];
    const struct cause_place *place = &causes->places[crowd->from];
    const enum wait_cause count = cause_by_count(place->partition->cluster, shape->want.ask.procs);
    flip(causes, crowd, shape, count != WAIT_CAUSES ? count : place->fits, now);
}

/* A quick crowd has other shapes, or other ones fit. */
static void bound(const struct causes *causes, struct crowd *crowd)
{
    const struct shape *shapes = causes->shapes.items;
    const size_t n = crowd->n_fit;
    crowd->least = n > 0 ? shapes[crowd->order[n - 1]].want.ask.procs : 0;
    crowd->most = n < crowd->len ? shapes[crowd->order[n]].want.ask.procs - 1 : INT64_MAX;
}

static NOINLINE uint32_t add_shape(struct causes *causes, struct crowd *crowd, size_t at,
                                   const struct cause_want *want, simtime now)
{
    uint32_t i;
    if (causes->spare.len > 0) {
        i = causes->spare.items[--causes->spare.len];
    } else {
        MEM_GROW(&causes->shapes);
        i = (uint32_t)causes->shapes.len++;
    }
    causes->shapes.items[i] = (struct shape){.want = *want,
                                             .crowd = (uint32_t)(crowd - causes->crowds.items),
                                             .cause = find_cause(causes, crowd, want),
                                             .since = now};
    if (crowd->len == crowd->cap) {
        crowd->cap = crowd->cap ? 2 * crowd->cap : 8;
        crowd->order = mem_resize(crowd->order, crowd->cap, sizeof(*crowd->order));
    }
    memmove(&crowd->order[at + 1], &crowd->order[at], (crowd->len - at) * sizeof(*crowd->order));
    crowd->order[at] = i;
    crowd->len++;
    crowd->n_empty++;
    if (crowd->quick) {
        crowd->n_fit += causes->shapes.items[i].cause != CAUSE_CAPACITY;
        bound(causes, crowd);
    }
    return i;
}

/* Drop the shapes that have no jobs. */
static NOINLINE void drop_empty(struct causes *causes, struct crowd *crowd)
{
    size_t kept = 0, n_fit = 0;
    for (size_t i = 0; i < crowd->len; i++) {
        struct shape *shape = &causes->shapes.items[crowd->order[i]];
        if (shape->jobs > 0) {
            n_fit += i < crowd->n_fit;
            crowd->order[kept++] = crowd->order[i];
            continue;
        }
        shape->crowd = SHAPE_FREE;
        push(&causes->spare, crowd->order[i]);
    }
    crowd->len = kept;
    crowd->n_fit = n_fit;
    crowd->n_empty = 0;
    bound(causes, crowd);
}

/* --- jobs --- */

static struct row *row_of(const struct causes *causes, uint32_t slot)
{
    return &causes->rows.items[slot >> ROWS_CHUNK_BITS][slot & ((1u << ROWS_CHUNK_BITS) - 1)];
}

/* The row of a job, zeroed when it is first asked for. */
static struct row *row_for(struct causes *causes, struct job *job)
{
    while (causes->rows.len <= job->slot >> ROWS_CHUNK_BITS) {
        MEM_GROW(&causes->rows);
        causes->rows.items[causes->rows.len++] = mem_new(1u << ROWS_CHUNK_BITS, sizeof(struct row));
    }
    struct row *row = row_of(causes, job->slot);
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

static struct cause_want want_of(const struct causes *causes, const struct job *job)
{
    struct cause_want want = {.ask = job->spec.ask};
    if (causes->gated)
        causes->gates.fill(causes->gates.ctx, job, &want);
    return want;
}

/* The shape of jobs of the crowd that want this; a new one if there is none. */
static uint32_t shape_for(struct causes *causes, size_t c, const struct cause_want *want,
                          simtime now)
{
    struct crowd *crowd = &causes->crowds.items[c];
    uint32_t *near = &crowd->near[(uint32_t)want->ask.procs % NEAR];
    if (*near < causes->shapes.len && causes->shapes.items[*near].crowd == c &&
        compare_shapes(want, &causes->shapes.items[*near]) == 0)
        return *near;
    bool same;
    const size_t at = place_of(causes, crowd, want, &same);
    *near = same ? crowd->order[at] : add_shape(causes, crowd, at, want, now);
    return *near;
}

static void enter(struct causes *causes, struct job *job, simtime now)
{
    struct row *row = row_for(causes, job);
    if (row->waits)
        return;
    const size_t c = crowd_of(causes, job);
    const struct cause_want want = want_of(causes, job);
    row->crowd = (uint32_t)c;
    row->shape = shape_for(causes, c, &want, now);
    row->waits = true;
    struct shape *shape = &causes->shapes.items[row->shape];
    shape_advance(shape, now);
    struct crowd *crowd = &causes->crowds.items[c];
    crowd->n_empty -= shape->jobs++ == 0;
    count_queued(causes, crowd, shape, 1, WAIT_CAUSES, shape->cause);
    for (size_t i = 0; i < causes->n_kinds; i++)
        row->by[causes->kinds[i]] -= shape->total[causes->kinds[i]];
}

void causes_join(struct causes *causes, const struct job *job)
{
    push(&causes->joined, job->slot);
}

void causes_leave(struct causes *causes, const struct job *job, simtime now)
{
    struct row *row = job->wait_by ? row_of(causes, job->slot) : NULL;
    if (!row || !row->waits)
        return;
    struct crowd *crowd = &causes->crowds.items[row->crowd];
    struct shape *shape = &causes->shapes.items[row->shape];
    shape_advance(shape, now);
    for (size_t i = 0; i < causes->n_kinds; i++)
        row->by[causes->kinds[i]] += shape->total[causes->kinds[i]];
    row->waits = false;
    count_queued(causes, crowd, shape, 1, shape->cause, WAIT_CAUSES);
    crowd->n_empty += --shape->jobs == 0;
    if (UNLIKELY(crowd->n_empty > (crowd->quick ? EMPTY_MOST : 0)))
        drop_empty(causes, crowd);
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
    while (crowd->n_fit > 0 && shapes[crowd->order[crowd->n_fit - 1]].want.ask.procs > free)
        judge_quick(causes, crowd, --crowd->n_fit, now);
    while (crowd->n_fit < crowd->len && shapes[crowd->order[crowd->n_fit]].want.ask.procs <= free)
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
    for (uint64_t left = crowd->mask; left; left &= left - 1)
        if (causes->touched->marks[crowd->from + (size_t)__builtin_ctzll(left)])
            return true;
    return false;
}

static inline void renew(struct causes *causes, struct crowd *crowd, simtime now)
{
    if (crowd->quick)
        renew_quick(causes, crowd, now);
    else
        for (size_t i = 0; i < crowd->len; i++)
            judge(causes, crowd, i, now);
}

/* Those of jobs that wait in several partitions; where there are gates, all. */
static NOINLINE void renew_others(struct causes *causes, simtime now)
{
    struct crowd *crowds = causes->crowds.items;
    for (size_t i = causes->gated ? 0 : causes->world->n_partitions; i < causes->crowds.len; i++)
        if (causes->gated || is_touched(causes, &crowds[i]))
            renew(causes, &crowds[i], now);
}

void causes_settle(struct causes *causes, simtime now)
{
    const struct touched *touched = causes->touched;
    for (size_t i = 0, some = causes->gated ? 0 : touched->len; i < some; i++)
        renew(causes, &causes->crowds.items[touched->rows[i]], now);
    if (causes->gated || causes->crowds.len > causes->world->n_partitions)
        renew_others(causes, now);
    for (size_t i = 0; i < causes->joined.len; i++) {
        struct job *job = jobs_at(causes->jobs, causes->joined.items[i]);
        if (job->live && job->state == JOB_PENDING && job->waits_in)
            enter(causes, job, now);
    }
    causes->joined.len = 0;
}

const int64_t *causes_queued(const struct causes *causes, int32_t partition)
{
    return causes->queued[partition];
}

/* Each waiting job is counted once, in the shape of what it asks. */
static void check_jobs(const struct causes *causes)
{
    int64_t *jobs = mem_new(causes->shapes.len, sizeof(*jobs));
    for (uint32_t slot = 0; slot < causes->jobs->used; slot++) {
        const struct job *job = jobs_at(causes->jobs, slot);
        if (!job->live || job->state != JOB_PENDING || !job->waits_in)
            continue;
        const struct row *row = row_of(causes, slot);
        REQUIRE(job->wait_by == row->by && row->waits);
        const struct shape *shape = &causes->shapes.items[row->shape];
        const struct cause_want want = want_of(causes, job);
        REQUIRE(shape->crowd == row->crowd && compare_shapes(&want, shape) == 0);
        jobs[row->shape]++;
    }
    for (size_t i = 0; i < causes->shapes.len; i++)
        REQUIRE(causes->shapes.items[i].jobs == jobs[i]);
    free(jobs);
}

static void check_shapes(const struct causes *causes)
{
    const size_t n = causes->world->n_partitions;
    int64_t(*queued)[WAIT_CAUSES] = mem_new(n, sizeof(*queued));
    size_t *empty = mem_new(causes->crowds.len, sizeof(*empty));
    for (size_t i = 0; i < causes->shapes.len; i++) {
        const struct shape *shape = &causes->shapes.items[i];
        if (shape->crowd == SHAPE_FREE)
            continue;
        const struct crowd *crowd = &causes->crowds.items[shape->crowd];
        REQUIRE(shape->jobs >= 0);
        empty[shape->crowd] += shape->jobs == 0;
        REQUIRE(find_cause(causes, crowd, &shape->want) == shape->cause);
        REQUIRE(causes->world->causes >> shape->cause & 1);
        for (uint64_t left = crowd->mask; left; left &= left - 1) {
            const size_t p = crowd->from + (size_t)__builtin_ctzll(left);
            queued[p][shape->cause] +=
                shape->jobs * partition_procs(causes->places[p].partition, &shape->want.ask);
        }
    }
    for (size_t p = 0; p < n; p++) {
        int64_t sum = 0;
        for (int c = 0; c < WAIT_CAUSES; c++) {
            REQUIRE(queued[p][c] == causes->queued[p][c]);
            sum += queued[p][c];
        }
        REQUIRE(sum == causes->places[p].partition->counts.queued_procs);
    }
    for (size_t c = 0; c < causes->crowds.len; c++) {
        const struct crowd *crowd = &causes->crowds.items[c];
        REQUIRE(empty[c] == crowd->n_empty && empty[c] <= (crowd->quick ? EMPTY_MOST : 0));
    }
    free(empty);
    free(queued);
}

void causes_check(const struct causes *causes, bool jobs)
{
    check_shapes(causes);
    if (jobs)
        check_jobs(causes);
}
