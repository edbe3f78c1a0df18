/* What has to happen before those whom gates hold may start. Starts alone never let anybody in: a
 * job that starts takes as many processors as its tenants and their brothers may then keep fewer at
 * most. So it takes the end of a job, or terms that change. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/gates_inner.h"

/* --- what happened --- */

void gates_note_end(struct gates *gates, int32_t gate)
{
    gates->ends.last[gates->ends.n++ % GATES_ENDS] = gate;
    gates->news.all |= gate == GATE_ANY;
}

uint64_t gates_ends(const struct gates *gates)
{
    return gates->ends.n;
}

int32_t gates_ended(const struct gates *gates, uint64_t end)
{
    return gates->ends.n - end > GATES_ENDS ? GATE_ANY : gates->ends.last[end % GATES_ENDS];
}

int32_t gates_next(const struct gates *gates, int32_t gate, int32_t first)
{
    return gate_next(gates, gate, first);
}

/* --- what has to --- */

int64_t gates_kept(const struct gates *gates, int32_t centre)
{
    const int32_t pot = gates->tops[centre];
    return pot < 0 ? 0 : gates->pots.items[pot].kept[GATES_NOW];
}

int64_t gates_level(const struct gates *gates, int32_t centre)
{
    const int64_t kept = gates_kept(gates, centre);
    return kept > 0 ? gates->capacity[centre] - gates->busy[centre] - kept : INT64_MAX;
}

/* The path of a gate, as guarantees see it. */
struct outlet {
    int32_t bound; /* the lowest gate that lets fewer processors through; GATE_NONE */
    int32_t owner; /* the highest with a guarantee; GATE_NONE */
    int32_t top;   /* the last */
    int64_t kept;  /* by others, of the centre */
    bool same;     /* all have the same home, the centre */
};

static struct outlet outlet_of(const struct gates *gates, int32_t gate, int32_t centre,
                               int32_t procs)
{
    struct outlet outlet = {.bound = GATE_NONE,
                            .owner = GATE_NONE,
                            .kept = kept_from_own(gates, gate, centre, GATES_NOW),
                            .same = true};
    int64_t parts = gates->gates.items[gate].parts[GATES_NOW];
    for (int32_t i = gate; i >= 0; i = gates->gates.items[i].up) {
        const struct gate *at = &gates->gates.items[i];
        const int64_t borrowing = borrowing_room(at, centre, GATES_NOW);
        if (outlet.bound == GATE_NONE &&
            ((borrowing < INT64_MAX && procs > borrowing - outlet.kept) ||
             procs > unkept_quota(at, parts, GATES_NOW)))
            outlet.bound = i;
        outlet.owner = at->guarantee ? i : outlet.owner;
        outlet.same &= at->pot >= 0 && at->home == centre;
        outlet.top = i;
        outlet.kept += kept_by_brothers(gates, at, centre, GATES_NOW);
        parts += parts_of_brothers(gates, at, GATES_NOW);
    }
    return outlet;
}

static bool is_upto(const struct gates *gates, int32_t gate, int32_t upper)
{
    int32_t i = gate;
    while (i >= 0 && i != upper)
        i = gates->gates.items[i].up;
    return i == upper;
}

/* Of two gates on one path, GATE_NONE below all. */
static int32_t upper_of(const struct gates *gates, int32_t a, int32_t b)
{
    return a >= 0 && (b < 0 || is_upto(gates, b, a)) ? a : b;
}

/* Behind which gate a job has to end before a claim covers so many processors; GATE_NONE: there
 * is none to claim. */
static int32_t bound_of_claim(const struct gates *gates, int32_t gate, int32_t centre,
                              int32_t procs, int32_t top)
{
    const int32_t claimer = gates_claimer(gates, gate, centre);
    return claimer < 0 || procs > gates_unused(gates, gate, claimer, centre) ? claimer : top;
}

/* Held by guarantees alone. */
static bool find_hold(const struct gates *gates, int32_t gate, int32_t centre, int32_t procs,
                      struct gates_hold *ret)
{
    if (procs > gates_largest(gates, gate, centre))
        return true;
    const struct outlet outlet = outlet_of(gates, gate, centre, procs);
    const int32_t claim = bound_of_claim(gates, gate, centre, procs, outlet.top);
    if (outlet.bound >= 0) {
        ret->gate = upper_of(gates, outlet.bound, claim);
        return true;
    }
    /* What the path itself keeps is no bar to it. That grows as jobs behind it end alone. */
    const int64_t relief = gates_kept(gates, centre) - outlet.kept;
    if (!outlet.same || gates->gates.items[outlet.top].pot != gates->tops[centre] ||
        outlet.kept <= 0 || procs - relief <= gates_level(gates, centre))
        return false;
    ret->gate = upper_of(gates, outlet.owner, claim);
    ret->level = procs - relief;
    ret->kept = relief;
    return true;
}

bool gates_hold(const struct gates *gates, int32_t gate, int32_t centre, int32_t procs,
                struct gates_hold *ret)
{
    *ret = (struct gates_hold){GATE_NONE, INT64_MAX, 0};
    for (int32_t i = gate; i >= 0; i = gate_next(gates, i, gate))
        if (procs > quota_room(gates, &gates->gates.items[i])) {
            ret->gate = i;
            return true;
        }
    const int32_t own = gate_of_tenants(gates, gate);
    return own >= 0 && gates_guarantee(gates) && find_hold(gates, own, centre, procs, ret);
}

/* Does the quota of a gate on the way keep so many processors from a claim, or from what is owed?
 * As to that, those of tenants above the claimer count only where they let no job start. */
static bool keeps_off(const struct gates *gates, const struct gate *gate, bool above, int32_t procs)
{
    if (!above || gate->tenant < 0)
        return procs > quota_room(gates, gate);
    return gate->quota && shuts(gates, gate, gate->quota);
}

int32_t gates_hold_claim(const struct gates *gates, int32_t gate, int32_t centre, int32_t procs,
                         bool owed)
{
    const int32_t own = gate_of_tenants(gates, gate);
    const int32_t claimer = own < 0 ? GATE_NONE : gates_claimer(gates, own, centre);
    if (claimer < 0)
        return GATE_NONE;
    int32_t top = own;
    bool above = false;
    for (int32_t i = gate; i >= 0; i = gate_next(gates, i, gate)) {
        if (keeps_off(gates, &gates->gates.items[i], owed && above, procs))
            return i;
        above |= i == claimer;
        top = gates->gates.items[i].tenant >= 0 ? i : top;
    }
    return bound_of_claim(gates, own, centre, procs, top);
}
