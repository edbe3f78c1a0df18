/* What classes.c, classes_rank.c, classes_sum.c, classes_stands.c, classes_tree.c, classes_held.c
 * and classes_line.c share: the one knows jobs and searches, the next where classes stand, the
 * third what they add to scores, the fourth how entries lie in memory, the fifth below which
 * tenants, the sixth which of them gates hold, the last all jobs in order. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef POLICY_CLASSES_INNER_H
#define POLICY_CLASSES_INNER_H

#include "policy/bunch.h"
#include "policy/classes.h"

#include "model/lanes.h"

#define NO_CLASS UINT32_MAX
#define NO_TENANT (-2) /* -1 stands for what is above all */
#define SEAM_BIT (-SEAM_SAME)

/* What tells the classes of one tenant apart; where the order goes by job, the gate does. */
struct class_kind {
    int16_t priority, qos;
};

/* Of a class that gates hold from searches of one scope: until a job ends behind this gate;
 * GATE_NONE: it is none, or that does not help. In a list of those that watch the same. */
struct watch {
    int32_t gate;
    uint32_t before, behind;
};

/* Jobs wait in it: one that is empty is no class of any tenant. */
struct class
{
    int32_t tenant; /* or, where the order goes by job, the gate: -1 none */
    struct class_kind kind;
    int32_t gate;
    bool aged, counts_time;
    bool stale;    /* of a live order: its level may be another by now */
    double level;  /* as order->level said */
    uint32_t next; /* of the same tenant; of those to spare */
    struct watch watches[SEARCH_SCOPES];
    struct bunch jobs;
};

/* What a class is ranked by, apart from the rest of it: looked at of all in each period. */
struct rank {
    double offset;       /* less `base`, as the scores of all keys that are kept */
    struct jobkey first; /* of its jobs, its own */
    double factor;       /* by sum: as shares_factor said */
    bool factor_known;
    uint8_t kind;                /* by sum: which of the sums of order_offsets */
    int16_t held[SEARCH_SCOPES]; /* HELD_NOT; until the level of the gates is no less; HELD_FAST */
};

/* Gates do not hold the class, or may not; they do, whatever is left in the centre. */
enum { HELD_NOT = INT16_MIN, HELD_FAST = INT16_MAX };

/* A class, in order of its first job: what a search looks at. */
struct stand {
    struct jobkey head; /* of its first job, with the offset */
    simtime shortest;   /* request, or less */
    int32_t least;      /* processors */
    uint32_t id;
};

static inline int16_t least_upto(int64_t procs)
{
    return (int16_t)(procs < 0 ? -1 : procs < INT16_MAX ? procs : INT16_MAX);
}

/* Of LANES such from `from` on, up to the last, a bit for each that is not above `most`. */
static inline uint32_t least_bits(const int16_t *least, size_t from, size_t len, int16_t most)
{
    const size_t left = len - from;
    const uint32_t there = left < LANES ? (1U << left) - 1 : UINT32_MAX;
    return lane_bits(lanes_at(&least[from]) <= most) & there;
}

/* Of a class that is gone through: its next job. */
struct class_head {
    struct jobitem item;
    uint32_t stand;
};

/* A tenant: its classes; by shares the children below which there are some as well. */
struct branch {
    uint32_t first;     /* class; NO_CLASS: none */
    int32_t child;      /* NO_TENANT: none */
    int32_t next, prev; /* among its brothers; NO_TENANT: none */
    int32_t parent;     /* once it was among them */
};

static inline bool branch_bears(const struct branch *branch)
{
    return branch->first != NO_CLASS || branch->child != NO_TENANT;
}

/* A job that will be aged, in order of submission. */
struct ageing {
    uint32_t slot, generation;
    int32_t procs;
    simtime at;
};

struct classes {
    const struct order_type *order;
    const void *params;
    struct tenancy tenancy;
    struct classes_place place;
    simtime now;                  /* as of which standings are looked at */
    simtime tick;                 /* when the period began */
    uint64_t moves;               /* by shares: as shares_moves said */
    struct order_offsets offsets; /* by sum: as of this period */
    double base;                  /* by sum: what all offsets changed by whenever they did alike */
    int32_t *seams; /* by tree: of each stand and the one before it; at 0: SEAM_SAME. In parallel
                       with stands, as `least` */
    size_t loose;   /* how many are SEAM_NONE */
    struct {
        int32_t *items; /* seams that are to be looked at */
        size_t len, cap;
        uint64_t *bits; /* of each + SEAM_BIT, whether it is there; of SEAM_NONE always */
        size_t words;
        bool all;
    } open;
    int16_t *least; /* of each stand, at most INT16_MAX: most are passed over for it, LANES at once;
                       so many may be read behind them */
    int16_t *held[SEARCH_SCOPES]; /* with gates: in turn, what its rank says */
    struct class_holds *holds;    /* NULL: no gates */
    int n_scopes;                 /* of searches that gates hold some from; 0: no gates */
    struct {
        struct class *items;
        size_t len, cap;
    } all;
    struct {
        struct rank *items; /* of each class in turn */
        size_t len, cap;
    } ranks;
    struct {
        struct shares_path *items; /* by tree: of each class in turn */
        size_t len, cap;
    } paths;
    struct {
        struct stand *items;
        size_t front, len, cap; /* so many are free in front of them; in all */
    } stands;
    struct {
        uint32_t *items; /* that became stale since all were settled */
        size_t len, cap;
    } stale;
    struct {
        struct branch *items; /* by tenant + 1 */
        size_t len;
    } branches;
    struct {
        struct class_head *items; /* of classes_some, a heap: the next of each class looked at */
        size_t len, cap;
        size_t looked;      /* stands looked at */
        struct jobkey last; /* the job before them */
        bool hold;          /* what they are: nothing came or left since, or was ranked */
    } heads;
    struct {
        struct line *made; /* owned; NULL before the first */
        enum {
            LINE_NONE,  /* nobody asked for it, or too many wait */
            LINE_STALE, /* all are there, but offsets changed since they were in order */
            LINE_READY
        } state;
    } line;
    uint32_t spare; /* the first that is empty */
    size_t len;     /* jobs */
    bool crowded;   /* offsets between neighbours are running out */
    struct {
        struct ageing *items;
        size_t first, len, cap;
    } ageing;
};

static inline bool classes_by_rank(const struct classes *classes)
{
    return classes->order->by == ORDER_BY_RANK;
}

/* By where tenants stand in the tree of shares. */
static inline bool classes_by_shares(const struct classes *classes)
{
    return classes->order->by_tree || classes->order->offsets;
}

/* NULL: nothing waits at the tenant or below it, the latter by shares alone. */
static inline const struct branch *classes_branch(const struct classes *classes, int32_t tenant)
{
    const size_t i = (size_t)(tenant + 1);
    return i < classes->branches.len && branch_bears(&classes->branches.items[i])
               ? &classes->branches.items[i]
               : NULL;
}

/* The class becomes one of its tenant; it is one no longer. O(classes of the tenant), and O(depth)
 * up to where something waits already, or still. */
void classes_join(struct classes *classes, uint32_t id);
void classes_leave(struct classes *classes, uint32_t id);

/* By sum: as of `tick`; what the class adds then; and all that stand anew, in order. */
void classes_find_offsets(struct classes *classes);
double classes_offset_of(const struct classes *classes, uint32_t id);
void classes_sum_anew(struct classes *classes);

/* Factors of the tenant and all below it are to be asked for again. O(tenants below it for which
 * jobs wait). */
void classes_forget_factors(struct classes *classes, int32_t tenant);

/* The class, which is not empty, gets an entry in `stands`; it loses it. O(log classes) comparisons
 * and a move of O(classes) entries. */
void classes_stand_up(struct classes *classes, uint32_t id);
void classes_stand_down(struct classes *classes, uint32_t id);

/* The jobs of a class that stands have changed. O(log classes), and a move of the entries that its
 * first job passes. */
void classes_stand_anew(struct classes *classes, uint32_t id);

/* What `least` and `held` say of a stand, by what is there and its rank. */
static inline void classes_mark(const struct classes *classes, size_t at)
{
    const struct stand *stand = &classes->stands.items[at];
    classes->least[at] = least_upto(stand->least);
    for (int scope = 0; scope < classes->n_scopes; scope++)
        classes->held[scope][at] = classes->ranks.items[stand->id].held[scope];
}

/* That of `len` of them from `from` on goes with them, by so many places. */
void classes_move_marks(const struct classes *classes, size_t from, size_t len, ptrdiff_t by);

/* A search of the scope does not find the smallest job of a stand, as gates hold it: the stand is
 * passed over until that may have changed. O(depth^2). */
NOINLINE void classes_hold(const struct classes *classes, enum search_scope scope, size_t at);

/* The class is passed over no longer. O(log classes). */
void classes_let_go(const struct classes *classes, uint32_t id);

/* Those that may be found since what happened at the gates are passed over no longer. O(depth) for
 * each end of a job, and O(log classes) for each class that waited for it; O(classes) where terms
 * changed. Returns up to what classes->held of the scope is passed over no longer either. */
int16_t classes_hear(const struct classes *classes, enum search_scope scope);

/* With gates; as of now nobody is held. */
void classes_begin_holds(struct classes *classes);
void classes_end_holds(struct classes *classes);

/* REQUIREs that lists and marks agree. */
void classes_check_holds(const struct classes *classes);

/* One more of `stands`, as its seam SEAM_SAME; one less. A move of those in front of it or of those
 * behind it, whichever are fewer. */
void classes_put_in(struct classes *classes, size_t at, const struct stand *stand);
void classes_take_out(struct classes *classes, size_t at);
void classes_free_stands(struct classes *classes);

/* The jobs of a class in order, with the scores of their own; returns how many. */
size_t classes_jobs_of(const struct classes *classes, uint32_t id, struct jobitem *ret);

/* Offsets of classes that stand change. */
static inline void classes_line_doubt(struct classes *classes)
{
    if (classes->line.state == LINE_READY)
        classes->line.state = LINE_STALE;
}

/* While there is a line, stale or not: a job joins the class, or has left it; items and keys with
 * scores of their own. O(log jobs), of one that is stale O(jobs), and a move of those behind. */
NOINLINE void classes_line_add(struct classes *classes, uint32_t id, const struct jobitem *item);
NOINLINE void classes_line_remove(struct classes *classes, uint32_t id, struct jobkey key);

/* As classes_some and classes_next_fit, of a line that is ready: the one returns whole scores.
 * O(log jobs) and O(most); O(jobs / LANES) and those that fit by count. */
NOINLINE size_t classes_line_some(const struct classes *classes, const struct jobkey *after,
                                  size_t most, struct jobitem *ret);
NOINLINE bool classes_line_next_fit(const struct classes *classes, const struct jobkey *after,
                                    int64_t free, simtime window, int64_t spare,
                                    struct jobitem *ret);
void classes_line_check(const struct classes *classes);

/* Where the entry of a class is. O(log classes). */
size_t classes_stand_of(const struct classes *classes, uint32_t id);

/* The first entry whose head is not before the key. O(log classes). */
size_t classes_first_from(const struct classes *classes, struct jobkey key);

#endif
