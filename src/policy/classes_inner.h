/* What classes.c and classes_rank.c share: the one knows jobs and searches, the other where classes
 * stand. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef POLICY_CLASSES_INNER_H
#define POLICY_CLASSES_INNER_H

#include "policy/bunch.h"
#include "policy/classes.h"

#define NO_CLASS UINT32_MAX

/* Jobs wait in it: one that is empty is no class of any tenant. */
struct class
{
    int32_t tenant; /* or, where the order goes by job, the gate: -1 none */
    int32_t priority;
    int32_t gate;
    bool aged, counts_time;
    bool stale; /* of a live order: its level may be another by now */
    double offset;
    struct jobkey first; /* of its jobs, its own */
    double level;        /* as order->level said */
    uint32_t next;       /* of the same tenant; of those to spare */
    struct bunch jobs;
};

/* A class, in order of its first job: what a search looks at. */
struct stand {
    struct jobkey head; /* of its first job, with the offset */
    simtime shortest;   /* request, or less */
    int32_t least;      /* processors */
    uint32_t id;
};

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
    simtime now;    /* as of which standings are looked at */
    simtime tick;   /* when the period began */
    uint64_t moves; /* by tree: as shares_moves said */
    int32_t *seams; /* by tree: of each stand and the one before it; at 0: none */
    int32_t *least; /* of each stand, side by side: most are passed over for it */
    struct {
        struct class *items;
        size_t len, cap;
    } all;
    struct {
        struct stand *items;
        size_t len, cap;
    } stands;
    struct {
        uint32_t *items; /* that became stale since all were settled */
        size_t len, cap;
    } stale;
    uint32_t *first; /* by tenant + 1: its first class */
    size_t n_first;
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

/* The class, which is not empty, gets an entry in `stands`; it loses it. O(log classes) comparisons
 * and a move of O(classes) entries. */
void classes_stand_up(struct classes *classes, uint32_t id);
void classes_stand_down(struct classes *classes, uint32_t id);

/* The jobs of a class that stands have changed. O(log classes), and a move of the entries that its
 * first job passes. */
void classes_stand_anew(struct classes *classes, uint32_t id);

/* Where the entry of a class is. O(log classes). */
size_t classes_stand_of(const struct classes *classes, uint32_t id);

/* The first entry whose head is not before the key. O(log classes). */
size_t classes_first_from(const struct classes *classes, struct jobkey key);

#endif
