/* What classes.c and classes_rank.c share: the one knows jobs and searches, the other where classes
 * stand. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef POLICY_CLASSES_INNER_H
#define POLICY_CLASSES_INNER_H

#include "policy/bunch.h"
#include "policy/classes.h"

#define NO_CLASS UINT32_MAX

struct class
{
    struct bunch jobs;
    int32_t tenant; /* or, where the order goes by job, the gate: -1 none */
    int32_t priority;
    int32_t gate;
    bool aged, counts_time;
    bool standing; /* it has an entry in `stands`: */
    size_t place;  /* where, unless the order is by rank; else found by */
    double offset;
    uint64_t keyed; /* period as of whose beginning its key is; 0: it has none yet */
    uint32_t next;  /* of the same tenant */
};

/* A class that is not empty, by offset where the order is by rank: what a search looks at. */
struct stand {
    double offset;
    double score;     /* of its first job, its own */
    simtime shortest; /* request, or less */
    int32_t least;    /* processors */
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
    simtime now;  /* as of which standings are looked at */
    simtime tick; /* when the period began */
    size_t key_len;
    uint64_t period; /* of ranks; counted */
    uint64_t scale;  /* as order->scale said */
    double *keys;    /* by rank, by class: where it stands, key_len each; then scratch for one */
    struct {
        struct class *items;
        size_t len, cap;
    } all;
    struct {
        struct stand *items;
        size_t len, cap;
    } stands;
    uint32_t *first; /* by tenant + 1: its first class */
    size_t n_first;
    size_t len;   /* jobs */
    bool crowded; /* offsets between neighbours are running out */
    struct {
        struct ageing *items;
        size_t first, len, cap;
    } ageing;
};

static inline bool classes_by_rank(const struct classes *classes)
{
    return classes->order->by == ORDER_BY_RANK;
}

/* The class, which is not empty, gets an entry in `stands`; it loses it. By rank O(log classes)
 * comparisons and a move of O(classes) entries, else O(1). */
void classes_stand_up(struct classes *classes, uint32_t id);
void classes_stand_down(struct classes *classes, uint32_t id);

/* Where the entry of a class is. By rank O(log classes), and the classes that tie with it. */
size_t classes_stand_of(const struct classes *classes, uint32_t id);

/* By rank: the first entry whose offset is not below. O(log classes). */
size_t classes_first_from(const struct classes *classes, double offset);

/* Of its first job, its own; it must have one. */
double classes_first_score(const struct class *class);

/* Bring the class with the entry `at` up to this period. It goes no further to the front, for keys
 * never fall. True if it may have moved. O(log classes) comparisons and a move of the entries that
 * it comes to stand behind. */
bool classes_renew(struct classes *classes, size_t at);

/* By rank: all ranks are taken anew, as where keys do not compare with former ones.
 * O(classes log classes). */
void classes_rank_all(struct classes *classes);

#endif
