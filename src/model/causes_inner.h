/* What the files of the causes share. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_CAUSES_INNER_H
#define MODEL_CAUSES_INNER_H

#include "model/causes.h"
#include "util/mem.h"

#include <string.h>

struct rows32 {
    uint32_t *items;
    size_t len, cap;
};

/* The waiting jobs of a crowd that ask the same, in one of four ways:
 * - as if there were no gates: what passes these freely, and what of others they do not hold;
 * - of those that a tide bears;
 * - of one class, behind a door;
 * - of one class and request, where time is counted: of a family.
 * And where gates may answer differently in the partitions that a job waits in, it is judged by
 * itself (`loose`). A shape either has a cause of its own, or leads to one further up in this list:
 * it has the cause of that, and its sums on top; its jobs are among those of that. */
struct shape {
    struct cause_want want;
    uint32_t crowd;        /* SHAPE_FREE: a free place */
    enum wait_cause cause; /* its own, since `since` */
    uint32_t lead;         /* a shape; NO_SHAPE: none */
    uint32_t uses;         /* so many lead here, or are of its family */
    uint32_t door, tide;   /* that it is of; NONE_SUCH */
    uint32_t family;       /* that it is the base or one of; NONE_SUCH */
    int32_t procs;         /* of a tide: what it counts for */
    int64_t jobs;
    simtime since;
    simtime total[WAIT_CAUSES];
};

#define SHAPE_FREE UINT32_MAX
#define NO_SHAPE UINT32_MAX
#define NONE_SUCH UINT32_MAX

/* Shapes of one door and ask that differ by their request. Those whose request is within what is
 * left lead to the base, which stands for a job that asks no time; a quota holds the rest. Only
 * those that this bound passes are touched. */
struct family {
    uint32_t base;       /* a shape */
    struct rows32 order; /* shapes by request, each with jobs */
    size_t within;       /* so many lead to the base */
};

/* The shapes of a crowd that one gate lets in: asked about once for all, and only if what the gates
 * do may be another. */
struct door {
    int32_t class;
    uint32_t crowd;               /* DOOR_FREE: a free place */
    uint32_t next;                /* of the class, in another crowd; NONE_SUCH */
    struct rows32 order;          /* shapes by what they ask, each in use */
    bool doubted;                 /* is to be asked about */
    struct gates_opening opening; /* when it was asked about last */
};

#define DOOR_FREE UINT32_MAX

/* The shapes, whichever their door, that the same of a centre is left to: it comes and goes with
 * each start and end there, and passes few of them. */
struct tide {
    uint32_t crowd;
    int32_t pot;         /* what is left follows from this, ... */
    int64_t relief;      /* ... and that: gates_beyond */
    int64_t low, top;    /* nothing passes as long as it is not below, nor above */
    struct rows32 order; /* shapes by processors, then ask, each in use */
    size_t within;       /* so many are let through, and lead to what there is without gates */
};

/* A gate, as those who come in below it see it. */
struct seen_gate {
    struct gates_face face;
    bool known, grows, moved;
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
    struct rows32 order;  /* shapes as if there were no gates, and loose, by causes_compare */
    size_t n_fit;         /* quick: so many shapes fit by count, ... */
    int64_t least, most;  /* ... as long as so many processors are free */
    size_t n_empty;       /* shapes of `order` that are not in use */
    size_t n_loose;       /* loose ones among them */
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
        struct door *items;
        size_t len, cap;
    } doors;
    struct rows32 spare_doors;
    struct rows32 by_class; /* the first door of each; NONE_SUCH */
    struct rows32 doubted;  /* doors */
    size_t n_restless;      /* doors */
    struct {
        struct tide *items;
        size_t len, cap;
    } tides;
    struct rows32 spare_tides;
    struct rows32 tide_order; /* by crowd, pot and relief */
    struct {
        struct seen_gate *items;
        size_t len, cap;
    } seen;
    struct rows32 growing; /* gates that use up their quota as time passes */
    struct rows32 moved;   /* gates that show another face */
    int64_t most_procs;    /* no shape of a door asks for more, ... */
    wide most_area;        /* ... or for more processor-microseconds */
    struct {
        struct row **items; /* in chunks as those of the jobs */
        size_t len, cap;
    } rows;
    struct rows32 joined; /* slots; at this instant */
    struct touched *touched;
    enum wait_cause *fits; /* by partition, as last seen; where there are gates */
    int64_t (*queued)[WAIT_CAUSES];
};

static inline void rows32_push(struct rows32 *rows, uint32_t item)
{
    MEM_GROW(rows);
    rows->items[rows->len++] = item;
}

/* Before the item that stands at `at`. */
static inline void rows32_insert(struct rows32 *rows, size_t at, uint32_t item)
{
    MEM_GROW(rows);
    memmove(&rows->items[at + 1], &rows->items[at], (rows->len++ - at) * sizeof(*rows->items));
    rows->items[at] = item;
}

static inline void rows32_remove(struct rows32 *rows, size_t at)
{
    memmove(&rows->items[at], &rows->items[at + 1], (--rows->len - at) * sizeof(*rows->items));
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

static inline int causes_compare_ask(const struct ask *a, const struct ask *b)
{
    if (a->nodes != b->nodes)
        return a->nodes < b->nodes ? -1 : 1;
    if (a->procs != b->procs)
        return a->procs < b->procs ? -1 : 1;
    return (a->memory > b->memory) - (a->memory < b->memory);
}

/* The order of shapes in a crowd. */
static inline int causes_compare(const struct cause_want *want, const struct shape *shape)
{
    const struct cause_want *other = &shape->want;
    if (want->class != other->class)
        return want->class < other->class ? -1 : 1;
    const int by_ask = causes_compare_ask(&want->ask, &other->ask);
    if (by_ask != 0)
        return by_ask;
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
    struct cause_want want = {.class = CLASS_FREE, .ask = job->spec.ask};
    if (causes->gated)
        causes->gates.fill(causes->gates.ctx, job, &want);
    return want;
}

static inline enum wait_cause causes_told(const struct causes *causes, const struct shape *shape)
{
    while (UNLIKELY(shape->lead != NO_SHAPE))
        shape = &causes->shapes.items[shape->lead];
    return shape->cause;
}

static inline bool shape_is_used(const struct shape *shape)
{
    return shape->jobs > 0 || shape->uses > 0;
}

/* Is it of those that the crowd has in order? */
static inline bool shape_is_plain(const struct shape *shape)
{
    return shape->want.class == CLASS_FREE ||
           (shape->door == NONE_SUCH && shape->family == NONE_SUCH && shape->tide == NONE_SUCH);
}

/* May gates answer differently in the partitions of the crowd? */
static inline bool causes_is_loose(const struct crowd *crowd, const struct cause_want *want)
{
    return want->class >= 0 && crowd->mask != 1 && (want->ask.nodes > 0 || want->work > 0);
}

static inline int32_t causes_procs(const struct causes *causes, const struct crowd *crowd,
                                   const struct ask *ask)
{
    return partition_procs(causes->places[crowd->from].partition, ask);
}

/* The cause of what a job of the crowd wants, by the rule alone. O(partitions of the crowd). */
enum wait_cause causes_find(const struct causes *causes, const struct crowd *crowd,
                            const struct cause_want *want);

/* A shape without jobs, which has this cause of its own. O(1). */
uint32_t causes_new_shape(struct causes *causes, size_t c, const struct cause_want *want,
                          enum wait_cause cause, simtime now);

/* So many more jobs and uses of a shape, and so many jobs of those that it leads to. It may have
 * none left. O(1). */
void causes_load(struct causes *causes, uint32_t i, int64_t jobs, int uses);

/* Add the sums of a shape, and of those that it leads to. O(causes). */
void causes_add_sums(struct causes *causes, simtime *to, uint32_t i, int sign, simtime now);

/* A shape, and what it led to, goes if it is not in use. O(shapes of its family, door and tide);
 * those that a crowd has in order are dropped by and by. */
void causes_tidy(struct causes *causes, uint32_t i);

/* From now on the shape leads to another; or (NO_SHAPE) has this cause of its own. O(causes). */
void causes_lead(struct causes *causes, uint32_t i, uint32_t lead, enum wait_cause cause,
                 simtime now);

/* The shape of those that ask this as if there were no gates; a new one if there is none.
 * O(log shapes), and a move of small entries. */
uint32_t causes_plain(struct causes *causes, size_t c, const struct cause_want *want, simtime now);

/* --- doors --- */

/* The shape of what comes in by a gate and is not loose; a new one, by a new door, if there is
 * none. O(log shapes of the door), and O(depth) of a new door; O(gates and doors) if more is asked
 * than ever, by a power of two. */
uint32_t door_shape(struct causes *causes, size_t c, const struct cause_want *want, simtime now);

/* A shape that is not in use leaves its door. O(shapes of the door). */
void door_drop(struct causes *causes, uint32_t i);

/* What gates do has changed: ask about the doors that it may concern. O(news x depth), O(depth) and
 * O(shapes of the door) of each; O(doors x depth) where a gate that others pass shows another face.
 */
void doors_settle(struct causes *causes, simtime now);
void doors_free(struct causes *causes);

/* REQUIREs that doors are as if they were asked about now. O(doors x depth). */
void doors_check(const struct causes *causes);

/* --- tides --- */

/* The shape of a tide for what is asked and counts for so many processors; a new one, or a new
 * tide, if there is none. O(log tides + log shapes of the tide), and moves of small entries. */
uint32_t tide_shape(struct causes *causes, size_t c, const struct gates_opening *opening,
                    const struct ask *ask, int32_t procs, simtime now);

/* A shape that is not in use leaves its tide. O(shapes of the tide), a new tide's last: O(tides).
 */
void tide_drop(struct causes *causes, uint32_t i);

/* Other processors are free, or kept. O(tides), and O(causes) for each shape that they passed. */
void tides_settle(struct causes *causes, simtime now);
void tides_free(struct causes *causes);

/* REQUIREs that they hold what they have to. O(shapes of tides). */
void tides_check(const struct causes *causes);

/* --- families --- */

/* The shape of a family for what counts time; a new one if there is none. So long may its jobs ask.
 * O(shapes). */
uint32_t family_shape(struct causes *causes, uint32_t f, const struct cause_want *want,
                      simtime longest, simtime now);

/* A new family. O(1). */
uint32_t family_new(struct causes *causes, uint32_t base);

/* A shape that is not in use leaves its family. O(shapes of the family). */
void family_drop(struct causes *causes, uint32_t i);

/* Shapes of a family that the bound has passed since: O(1), and O(causes) for each. */
void family_move(struct causes *causes, uint32_t f, simtime longest, simtime now);

/* No shape is of it any more. */
void family_free(struct causes *causes, uint32_t f);

#endif
