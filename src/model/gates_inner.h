/* What the files of the gates share. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_GATES_INNER_H
#define MODEL_GATES_INNER_H

#include "model/gates.h"

/* Guarantees are asked about as things stand, or as if nothing ran. */
enum gates_view { GATES_NOW, GATES_IDLE };

/* What stands for no gate, beside GATE_NONE (nobody is held; nothing is above, and a job goes on to
 * its QOS): nothing is behind that; nobody looked yet. */
enum { GATE_LAST = -2, GATE_UNKNOWN = -3 };

/* So many ends of jobs are remembered. */
enum { GATES_ENDS = 64 };

/* A tenant with a quota, or one that has a guarantee below itself or a brother, or is that; a QOS
 * with a quota; or what the jobs of one tenant, or of all that have its gate, in one QOS come in
 * by. */
struct gate {
    int32_t tenant; /* -1: of a QOS */
    int32_t qos;    /* row; 0: of a tenant */
    int32_t home;   /* of the tenant; -1: of a QOS */
    int32_t up;     /* the next gate above, of tenants; GATE_NONE; of a whole QOS GATE_LAST */
    int32_t then;   /* for those who come in here: behind the last of tenants, or GATE_NONE */
    int32_t pot;    /* of its brothers, where any, or one below, has a guarantee; -1 */
    int32_t below;  /* pot of its children that have its home; -1 */
    const struct tenant_quota *quota;         /* now; NULL: none */
    const struct tenant_guarantee *guarantee; /* the same; of a tenant */
    int64_t procs, jobs, waiting;             /* running, running, waiting: in all centres */
    int64_t at_home;                          /* processors running in its home centre */
    int64_t apart;                            /* more of them, that gates_set_apart took out */
    int64_t kept[2];  /* of those of its home: neither lent nor used, of it or below;
                         by enum gates_view */
    int64_t part[2];  /* of the quotas above: the same, but used in any centre */
    int64_t parts[2]; /* those of its children, whatever their home */
    int64_t over;     /* processors of jobs that outlived their requests */
    wide spent; /* processor-microseconds of this period, as if all ran to its due; and `over` more
                   for each microsecond of the clock */
    wide due;   /* sum of procs x due of what runs within its request */
    wide most;  /* of spent; -1: no limit */
    simtime turn; /* when the next period begins; SIMTIME_NEVER: never */
    bool counts;  /* it has a quota, now or later */
    bool hours;   /* that is of processor-hours, now or later */
    bool
        lowered; /* its limits changed while jobs ran, or jobs hold more than they were judged by */
    bool carried; /* more was spent than starts were let through for */
    bool lent;    /* one below it lends, or had its guarantee changed: parts may be short */
    bool passed;  /* others come in below it */
    bool told;    /* it is among the news */
};

/* Brothers that share guarantees: those with one home. */
struct pot {
    int32_t parent;  /* tenant; -1: the top */
    int32_t home;    /* centre */
    int64_t kept[2]; /* by all brothers; by enum gates_view */
};

/* By tenant: the gate its jobs come in by, GATE_NONE; GATE_UNKNOWN: not looked at yet. */
struct gate_list {
    int32_t *items;
    size_t len;
};

/* A QOS. */
struct class_of_service {
    struct qos_need need;
    int32_t gate; /* of all its jobs; GATE_NONE: they have no quota together */
    struct gate_list of;
};

struct gates {
    const struct world *world;
    struct gate_need *needs; /* by tenant, of those there were at the start */
    size_t n_needs;
    bool *guarantees_below;       /* by parent + 1: one below has a guarantee */
    struct gate_list of;          /* without QOS */
    struct class_of_service *qos; /* by row */
    size_t n_qos;                 /* rows; 1 where the world has none */
    struct {
        struct gate *items;
        size_t len, cap;
    } gates;
    struct {
        struct pot *items;
        size_t len, cap;
    } pots;
    int64_t *capacity, *busy; /* by centre */
    int32_t *tops;            /* by centre: the pot of those at the top of the tree; -1 */
    struct {
        uint64_t n;
        int32_t last[GATES_ENDS]; /* number i at i % GATES_ENDS */
    } ends;
    struct {
        int32_t *items; /* gates behind which something happened, each once */
        size_t len, cap;
        bool all; /* terms changed */
    } news;
    simtime now, next_turn;
};

static inline const struct tenant_info *gates_info(const struct gates *gates, int32_t tenant)
{
    return &gates->world->tenants.items[tenant];
}

/* What a job that comes in by `first` passes after `gate`: tenants upwards, then its QOS. Below 0:
 * that was all. */
static inline int32_t gate_next(const struct gates *gates, int32_t gate, int32_t first)
{
    const int32_t up = gates->gates.items[gate].up;
    return LIKELY(up != GATE_NONE) ? up : gates->gates.items[first].then;
}

/* The nearest gate of tenants, from one that jobs come in by; below 0: none. */
static inline int32_t gate_of_tenants(const struct gates *gates, int32_t gate)
{
    return gate < 0 || gates->gates.items[gate].tenant >= 0 ? gate : gates->gates.items[gate].up;
}

static inline int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* --- quotas --- */

/* Processor-microseconds of this period, so far and still to come by request. */
static inline wide spent_by_now(const struct gates *gates, const struct gate *gate)
{
    return gate->spent + (wide)gate->over * gates->now;
}

/* Does its quota let no further job start, however small? */
static inline bool shuts(const struct gates *gates, const struct gate *gate,
                         const struct tenant_quota *quota)
{
    return gate->jobs >= quota->jobs ||
           (gate->most >= 0 && spent_by_now(gates, gate) >= gate->most);
}

static inline int64_t quota_room(const struct gates *gates, const struct gate *gate)
{
    const struct tenant_quota *quota = gate->quota;
    if (!quota)
        return INT64_MAX;
    if (shuts(gates, gate, quota))
        return 0;
    return quota->processors == INT64_MAX ? INT64_MAX : quota->processors - gate->procs;
}

/* What all quotas leave those who come in here. Never negative. */
static inline int64_t least_quota_room(const struct gates *gates, int32_t gate)
{
    int64_t room = INT64_MAX;
    for (int32_t i = gate; i >= 0; i = gate_next(gates, i, gate))
        room = lesser(room, quota_room(gates, &gates->gates.items[i]));
    return room > 0 ? room : 0;
}

/* --- guarantees: gates of tenants only --- */

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
static inline int64_t borrowing_room(const struct gate *gate, int32_t centre, enum gates_view view)
{
    const struct tenant_guarantee *g = gate->guarantee;
    if (!g || gate->home != centre || g->borrow == INT64_MAX)
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

/* What its brothers, whatever their home, keep of the quotas above. */
static inline int64_t parts_of_brothers(const struct gates *gates, const struct gate *gate,
                                        enum gates_view view)
{
    return gate->up < 0 ? 0 : gates->gates.items[gate->up].parts[view] - gate->part[view];
}

/* What a quota of processors leaves but for what is kept of it, within the tenant that has it, for
 * those it is guaranteed to. A quota of which nothing is kept is no bound of this kind. */
static inline int64_t unkept_quota(const struct gate *gate, int64_t kept, enum gates_view view)
{
    if (kept <= 0 || !gate->quota || gate->quota->processors == INT64_MAX)
        return INT64_MAX;
    return gate->quota->processors - (view == GATES_NOW ? gate->procs : 0) - kept;
}

/* What is kept from the jobs that a group has of its own: what those below it keep. */
static inline int64_t kept_from_own(const struct gates *gates, int32_t gate, int32_t centre,
                                    enum gates_view view)
{
    if (gate < 0 || gates->gates.items[gate].home != centre)
        return 0;
    return kept_below(gates, &gates->gates.items[gate], view);
}

/* From the gate of a tenant upwards, for jobs of its own (`own`: from which those below it keep
 * something), or for it with all below. What brothers keep to themselves, at each level, is out of
 * reach: of the bound of their group, of its quota, of the centre (`ret_kept`); where they keep
 * nothing, what is free in the centre is the only bound, and not of this kind. */
static inline int64_t room_on_path(const struct gates *gates, int32_t gate, int32_t centre,
                                   bool own, enum gates_view view, int64_t *ret_kept)
{
    int64_t room = INT64_MAX;
    int64_t kept = own ? kept_from_own(gates, gate, centre, view) : 0;
    int64_t parts = own && gate >= 0 ? gates->gates.items[gate].parts[view] : 0;
    for (int32_t i = gate; i >= 0; i = gates->gates.items[i].up) {
        const struct gate *at = &gates->gates.items[i];
        const int64_t borrowing = borrowing_room(at, centre, view);
        if (borrowing < INT64_MAX)
            room = lesser(room, borrowing - kept);
        room = lesser(room, unkept_quota(at, parts, view));
        kept += kept_by_brothers(gates, at, centre, view);
        parts += parts_of_brothers(gates, at, view);
    }
    *ret_kept = kept;
    return room;
}

/* The same, with what the centre leaves. */
static inline int64_t guarantee_room(const struct gates *gates, int32_t gate, int32_t centre,
                                     bool own, enum gates_view view)
{
    int64_t kept;
    const int64_t room = room_on_path(gates, gate, centre, own, view, &kept);
    return kept > 0 ? lesser(room, gates->capacity[centre] -
                                       (view == GATES_NOW ? gates->busy[centre] : 0) - kept)
                    : room;
}

/* Processors that it neither lends nor uses, and no fewer than those below it keep: what a member
 * borrows uses up the guarantee of the group, and not what is kept for another member. The first
 * is of its home; the second is of the quotas above, which what it uses elsewhere uses up, too. */
int64_t gates_kept_by(const struct gates *gates, const struct gate *gate, enum gates_view view);
int64_t gates_part_of(const struct gate *gate, enum gates_view view);

/* What a gate of a tenant keeps has changed, or what those below do. O(depth). */
void gates_keep_upwards(struct gates *gates, int32_t gate);

/* Something happened behind the gate. O(1). */
void gates_note_news(struct gates *gates, int32_t gate);

/* A job that came in by the gate ended; GATE_ANY: terms changed. */
void gates_note_end(struct gates *gates, int32_t gate);

/* What a claimer upwards does not use of its guarantee and keeps for nobody else below it.
 * O(depth).
 */
int64_t gates_unused(const struct gates *gates, int32_t gate, int32_t claimer, int32_t centre);

/* The quota of the gate is another, or its first one: of the period that `now` is in. */
void gates_arm(struct gates *gates, struct gate *gate, simtime now);

#endif
