/* What causes.c, causes_families.c and causes_check.c share. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_CAUSES_INNER_H
#define MODEL_CAUSES_INNER_H

#include "model/causes.h"
#include "util/mem.h"

/* The waiting jobs of a crowd that ask the same. */
struct shape {
    struct cause_want want;
    uint32_t crowd;        /* SHAPE_FREE: a free place */
    enum wait_cause cause; /* since `since` */
    uint32_t family;       /* that it is the base or one of; NO_FAMILY */
    bool follows;          /* has the cause of the base of its family, and its sums on top */
    int64_t jobs;
    simtime since;
    simtime total[WAIT_CAUSES];
};

#define SHAPE_FREE UINT32_MAX
#define NO_FAMILY UINT32_MAX

/* Shapes that differ by their request alone, where time is counted. Those whose request is within
 * what is left follow the base, which stands for a job that asks no time; a quota holds the rest.
 * Only those that this bound passes are touched. */
struct family {
    uint32_t base;   /* a shape; its jobs are those of the shapes that follow it */
    uint32_t *order; /* shapes by request, each with jobs; owned */
    size_t len, cap; /* of order */
    size_t within;   /* so many follow */
};

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
    uint32_t *order;      /* shapes by causes_compare, of families the bases; owned */
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
        struct family *items;
        size_t len, cap;
    } families;
    struct rows32 spare_families;
    struct {
        struct row **items; /* in chunks as those of the jobs */
        size_t len, cap;
    } rows;
    struct rows32 joined; /* slots; at this instant */
    struct touched *touched;
    int64_t (*queued)[WAIT_CAUSES];
};

static inline void rows32_push(struct rows32 *rows, uint32_t item)
{
    MEM_GROW(rows);
    rows->items[rows->len++] = item;
}

static inline void causes_count_at(struct causes *causes, size_t p, const struct shape *shape,
                                   int64_t jobs, enum wait_cause from, enum wait_cause to)
{
    const int64_t procs = jobs * partition_procs(causes->places[p].partition, &shape->want.ask);
    if (from != WAIT_CAUSES)
        causes->queued[p][from] -= procs;
    if (to != WAIT_CAUSES)
        causes->queued[p][to] += procs;
    touched_add(causes->touched, p);
}

void causes_count_in_several(struct causes *causes, const struct crowd *crowd,
                             const struct shape *shape, int64_t jobs, enum wait_cause from,
                             enum wait_cause to);

/* So many jobs of the shape, in each of its partitions, no longer wait for `from` but for `to`;
 * WAIT_CAUSES: they do not wait. */
static inline void causes_count(struct causes *causes, const struct crowd *crowd,
                                const struct shape *shape, int64_t jobs, enum wait_cause from,
                                enum wait_cause to)
{
    if (LIKELY(crowd->mask == 1))
        causes_count_at(causes, crowd->from, shape, jobs, from, to);
    else
        causes_count_in_several(causes, crowd, shape, jobs, from, to);
}

static inline void shape_advance(struct shape *shape, simtime now)
{
    shape->total[shape->cause] += now - shape->since;
    shape->since = now;
}

static inline int causes_compare_work(const struct cause_want *a, const struct cause_want *b)
{
    if (a->work < b->work || a->work > b->work)
        return a->work < b->work ? -1 : 1;
    if (a->request_factor < b->request_factor || a->request_factor > b->request_factor)
        return a->request_factor < b->request_factor ? -1 : 1;
    return (a->precision > b->precision) - (a->precision < b->precision);
}

/* The order of shapes in a crowd. */
static inline int causes_compare(const struct cause_want *want, const struct shape *shape)
{
    const struct cause_want *other = &shape->want;
    if (want->class != other->class)
        return want->class < other->class ? -1 : 1;
    if (want->ask.nodes != other->ask.nodes)
        return want->ask.nodes < other->ask.nodes ? -1 : 1;
    if (want->ask.procs != other->ask.procs)
        return want->ask.procs < other->ask.procs ? -1 : 1;
    if (want->ask.memory != other->ask.memory)
        return want->ask.memory < other->ask.memory ? -1 : 1;
    if (want->request != other->request)
        return want->request < other->request ? -1 : 1;
    return causes_compare_work(want, other);
}

static inline struct row *causes_row(const struct causes *causes, uint32_t slot)
{
    return &causes->rows.items[slot >> ROWS_CHUNK_BITS][slot & ((1u << ROWS_CHUNK_BITS) - 1)];
}

static inline struct cause_want causes_want(const struct causes *causes, const struct job *job)
{
    struct cause_want want = {.ask = job->spec.ask};
    if (causes->gated)
        causes->gates.fill(causes->gates.ctx, job, &want);
    return want;
}

static inline enum wait_cause causes_told(const struct causes *causes, const struct shape *shape)
{
    if (LIKELY(!shape->follows))
        return shape->cause;
    return causes->shapes.items[causes->families.items[shape->family].base].cause;
}

/* The cause of what a job of the crowd wants, by the rule alone. O(partitions of the crowd). */
enum wait_cause causes_find(const struct causes *causes, const struct crowd *crowd,
                            const struct cause_want *want);

/* The first shape of the crowd that does not stand before. O(log shapes). */
size_t causes_place(const struct causes *causes, const struct crowd *crowd,
                    const struct cause_want *want, bool *ret_same);

/* A place for a shape. O(1). */
uint32_t causes_free_shape(struct causes *causes);

/* A shape without jobs, where causes_place says. O(shapes of the crowd). */
uint32_t causes_add_shape(struct causes *causes, struct crowd *crowd, size_t at,
                          const struct cause_want *want, simtime now);

/* --- families --- */

/* The shape of its family for what counts time; a new one, or a new family, if there is none.
 * O(shapes). */
uint32_t family_shape(struct causes *causes, struct crowd *crowd, const struct cause_want *want,
                      simtime now);

/* One more, or one less, of shape i of a family waits. O(1); O(shapes of the family) for the last.
 */
void family_count(struct causes *causes, struct crowd *crowd, uint32_t i, int64_t jobs);

/* Shapes of a family that the bound has passed since: O(1), and O(causes) for each. */
void family_move(struct causes *causes, const struct crowd *crowd, struct family *family,
                 simtime now);

/* No shape is of it any more. */
void family_free(struct causes *causes, uint32_t f);

#endif
