/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/gates_inner.h"

/* The nearest gate upwards whose own tenant has a guarantee in the centre; -1: none. */
static int32_t guaranteed(const struct gates *gates, int32_t gate, int32_t centre)
{
    for (int32_t i = gate; i >= 0; i = gates->gates.items[i].up) {
        const struct gate *at = &gates->gates.items[i];
        if (at->home == centre && at->guarantee)
            return i;
    }
    return -1;
}

/* What the claimer does not use of its guarantee and keeps for nobody else below it. */
static int64_t unused(const struct gates *gates, int32_t gate, int32_t claimer, int32_t centre,
                      enum gates_view view)
{
    const struct gate *at = &gates->gates.items[claimer];
    int64_t left =
        at->guarantee->processors - at_home(at, view) - kept_from_own(gates, gate, centre, view);
    for (int32_t i = gate; i != claimer; i = gates->gates.items[i].up)
        left -= kept_by_brothers(gates, &gates->gates.items[i], centre, view);
    return left;
}

int64_t gates_unused(const struct gates *gates, int32_t gate, int32_t claimer, int32_t centre)
{
    return unused(gates, gate, claimer, centre, GATES_NOW);
}

/* What quotas upwards leave a claim: what others do not keep of them; and those above the claimer
 * in any case what its guarantee leaves of all that it uses, wherever. `above`: those, too. */
static int64_t unkept_quotas(const struct gates *gates, int32_t gate, int32_t claimer, bool above,
                             enum gates_view view)
{
    int64_t left = INT64_MAX, spare = INT64_MIN, parts = gates->gates.items[gate].parts[view];
    for (int32_t i = gate; i >= 0 && (above || spare == INT64_MIN); i = gates->gates.items[i].up) {
        const struct gate *at = &gates->gates.items[i];
        const int64_t unkept = unkept_quota(at, parts, view);
        left = lesser(left, unkept > spare ? unkept : spare);
        if (i == claimer)
            spare = at->guarantee->processors - (view == GATES_NOW ? at->procs : 0) - parts;
        parts += parts_of_brothers(gates, at, view);
    }
    return left;
}

static int64_t claim_of(const struct gates *gates, int32_t gate, int32_t centre,
                        enum gates_view view)
{
    const int32_t claimer = guaranteed(gates, gate, centre);
    if (claimer < 0)
        return 0;
    int64_t left = lesser(unused(gates, gate, claimer, centre, view),
                          unkept_quotas(gates, gate, claimer, true, view));
    for (int32_t i = gates->gates.items[claimer].up; i >= 0; i = gates->gates.items[i].up)
        left = lesser(left, borrowing_room(&gates->gates.items[i], centre, view));
    return left > 0 ? left : 0;
}

int64_t gates_claim(const struct gates *gates, int32_t gate, int32_t centre)
{
    return claim_of(gates, gate_of_tenants(gates, gate), centre, GATES_NOW);
}

int64_t gates_owed(const struct gates *gates, int32_t gate, int32_t centre)
{
    const int32_t own = gate_of_tenants(gates, gate), claimer = guaranteed(gates, own, centre);
    if (claimer < 0)
        return 0;
    int64_t left = lesser(unused(gates, own, claimer, centre, GATES_NOW),
                          unkept_quotas(gates, own, claimer, false, GATES_NOW));
    bool above = false;
    for (int32_t i = gate; i >= 0 && left > 0; i = gate_next(gates, i, gate)) {
        const struct gate *at = &gates->gates.items[i];
        if (!above || at->tenant < 0)
            left = lesser(left, quota_room(gates, at));
        else if (at->quota && shuts(gates, at, at->quota))
            return 0;
        above |= i == claimer;
    }
    return left > 0 ? left : 0;
}

bool gates_claims(const struct gates *gates, int32_t gate, int32_t centre, int32_t procs,
                  simtime request)
{
    return procs <= gates_claim(gates, gate, centre) && procs <= least_quota_room(gates, gate) &&
           gates_affords(gates, gate, procs, request);
}

bool gates_owes(const struct gates *gates, int32_t gate, int32_t centre, int32_t procs,
                simtime request)
{
    return procs <= gates_owed(gates, gate, centre) && gates_affords(gates, gate, procs, request);
}

int32_t gates_claimer(const struct gates *gates, int32_t gate, int32_t centre)
{
    return guaranteed(gates, gate, centre);
}

/* The most that guarantees let in. */
static int64_t largest(const struct gates *gates, int32_t gate, int32_t centre,
                       enum gates_view view)
{
    const int64_t room = guarantee_room(gates, gate, centre, true, view);
    const int64_t claim = claim_of(gates, gate, centre, view);
    return room > claim ? room : claim;
}

bool gates_allow(const struct gates *gates, int32_t gate, int32_t centre, int64_t procs)
{
    return procs <= largest(gates, gate, centre, GATES_NOW);
}

int64_t gates_largest(const struct gates *gates, int32_t gate, int32_t centre)
{
    return largest(gates, gate, centre, GATES_IDLE);
}

int64_t gates_most(const struct gates *gates, int32_t gate, int32_t centre)
{
    const int64_t most = guarantee_room(gates, gate, centre, false, GATES_IDLE);
    return most < gates->capacity[centre] ? most : INT64_MAX;
}

/* Does the tenant run on no more of the centre than it is guaranteed there? */
static bool is_covered(const struct gate *gate, int32_t centre)
{
    const struct tenant_guarantee *g = gate->guarantee;
    return g && gate->home == centre && gate->at_home <= g->processors;
}

/* Of the brothers of that tenant, does the one above the job run at home on more than it is
 * guaranteed, and so do all between it and the job? */
static bool borrows_from(struct gates *gates, const struct job *job, int32_t tenant)
{
    const int32_t first = gates_of(gates, job->spec.tenant, 0);
    for (int32_t i = first; i >= 0; i = gates->gates.items[i].up) {
        const struct gate *at = &gates->gates.items[i];
        if (is_covered(at, job->spec.centre))
            return false;
        if (at->pot == gates->gates.items[tenant].pot)
            return i != tenant;
    }
    return false;
}

/* Does the guarantee of a gate above the nearest guaranteed one cover a claim on its own? */
static bool covers(const struct gate *gate, int32_t procs)
{
    return procs <= gate->guarantee->processors - gate->at_home - gate->apart;
}

bool gates_borrows(struct gates *gates, const struct job *job, int32_t gate, int32_t centre,
                   int32_t procs)
{
    const int32_t nearest = guaranteed(gates, gate_of_tenants(gates, gate), centre);
    for (int32_t i = nearest; i >= 0; i = guaranteed(gates, gates->gates.items[i].up, centre)) {
        const bool by = i == nearest || procs == 0 || covers(&gates->gates.items[i], procs);
        if (by && borrows_from(gates, job, i))
            return true;
    }
    return false;
}

int gates_covering(const struct gates *gates, int32_t gate, int32_t centre, int32_t procs)
{
    int n = 0;
    for (int32_t i = guaranteed(gates, gate_of_tenants(gates, gate), centre); i >= 0;
         i = guaranteed(gates, gates->gates.items[i].up, centre))
        n += covers(&gates->gates.items[i], procs);
    return n;
}

bool guarantee_could(const struct tenant_guarantee *guarantee, int32_t procs)
{
    return !guarantee || guarantee->borrow == INT64_MAX ||
           procs <= guarantee->processors + guarantee->borrow;
}
