/* What gates.c and gates_claims.c share: the one knows what runs and what quotas leave, the other
 * who may claim what of a guarantee. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_GATES_INNER_H
#define MODEL_GATES_INNER_H

#include "model/gates.h"

/* Guarantees are asked about as things stand, or as if nothing ran. */
enum gates_view { GATES_NOW, GATES_IDLE };

/* A tenant with a quota, or one that has a guarantee below itself or a brother, or is that. */
struct gate {
    int32_t tenant;
    int32_t up;    /* the next gate above; -1: none */
    int32_t pot;   /* of its brothers, where any, or one below, has a guarantee; -1 */
    int32_t below; /* pot of its children that have its home; -1 */
    int64_t procs, jobs, waiting; /* running, running, waiting: in all centres */
    int64_t at_home;              /* processors running in its home centre */
    int64_t kept[2];              /* of those of its home: neither lent nor used, of it or below;
                                     by enum gates_view */
    int64_t over;                 /* processors of jobs that outlived their requests */
    wide spent; /* processor-microseconds of this period, as if all ran to its due; and `over` more
                   for each microsecond of the clock */
    wide due;   /* sum of procs x due of what runs within its request */
    wide most;  /* of spent; -1: no limit */
    simtime turn; /* when the next period begins; SIMTIME_NEVER: never */
    bool
        lowered; /* its limits changed while jobs ran, or jobs hold more than they were judged by */
    bool carried; /* more was spent than starts were let through for */
};

/* Brothers that share guarantees: those with one home. */
struct pot {
    int32_t parent;  /* tenant; -1: the top */
    int32_t home;    /* centre */
    int64_t kept[2]; /* by all brothers; by enum gates_view */
};

struct gates {
    const struct world *world;
    struct gate_need *needs; /* by tenant, of those there were at the start */
    size_t n_needs;
    bool *guarantees_below; /* by parent + 1: one below has a guarantee */
    int32_t *of;            /* by tenant: its gate, -1 none above either; -2: not looked at yet */
    size_t n_of;
    struct {
        struct gate *items;
        size_t len, cap;
    } gates;
    struct {
        struct pot *items;
        size_t len, cap;
    } pots;
    int64_t *capacity, *busy; /* by centre */
    simtime now, next_turn;
};

static inline const struct tenant_info *info_of(const struct gates *gates, int32_t tenant)
{
    return &gates->world->tenants.items[tenant];
}

static inline int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t at_home(const struct gate *gate, enum gates_view view)
{
    return view == GATES_NOW ? gate->at_home : 0;
}

/* Processors that those below it keep to themselves. */
static inline int64_t kept_below(const struct gates *gates, const struct gate *gate,
                                 enum gates_view view)
{
    return gate->below < 0 ? 0 : gates->pots.items[gate->below].kept[view];
}

/* What a tenant may have more at home by its own guarantee. */
static inline int64_t borrowing_room(const struct gates *gates, const struct gate *gate,
                                     int32_t centre, enum gates_view view)
{
    const struct tenant_info *info = info_of(gates, gate->tenant);
    const struct tenant_guarantee *g = info->guarantee;
    if (!g || info->home != centre || g->borrow == INT64_MAX)
        return INT64_MAX;
    return g->processors + g->borrow - at_home(gate, view);
}

/* Processors of the centre that the brothers of a tenant keep to themselves. */
static inline int64_t kept_by_brothers(const struct gates *gates, const struct gate *gate,
                                       int32_t centre, enum gates_view view)
{
    if (gate->pot < 0 || gates->pots.items[gate->pot].home != centre)
        return 0;
    return gates->pots.items[gate->pot].kept[view] - gate->kept[view];
}

/* What is kept from the jobs that a group has of its own: what those below it keep. */
static inline int64_t kept_from_own(const struct gates *gates, int32_t gate, int32_t centre,
                                    enum gates_view view)
{
    if (gate < 0 || info_of(gates, gates->gates.items[gate].tenant)->home != centre)
        return 0;
    return kept_below(gates, &gates->gates.items[gate], view);
}

/* From the gate upwards; `kept` from the jobs at hand already. What brothers keep to themselves, at
 * each level, is out of reach; where they keep nothing, what is free in the centre is the only
 * bound, and not of this kind. */
static inline int64_t guarantee_room(const struct gates *gates, int32_t gate, int32_t centre,
                                     int64_t kept, enum gates_view view)
{
    int64_t room = INT64_MAX;
    for (int32_t i = gate; i >= 0; i = gates->gates.items[i].up) {
        const struct gate *at = &gates->gates.items[i];
        const int64_t borrowing = borrowing_room(gates, at, centre, view);
        if (borrowing < INT64_MAX)
            room = lesser(room, borrowing - kept);
        kept += kept_by_brothers(gates, at, centre, view);
    }
    return kept > 0 ? lesser(room, gates->capacity[centre] -
                                       (view == GATES_NOW ? gates->busy[centre] : 0) - kept)
                    : room;
}

#endif
