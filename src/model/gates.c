/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/gates_inner.h"

#include "util/date.h"

#include <math.h>

/* --- what is kept --- */

/* Processors that those below it keep to themselves. */
static int64_t kept_below(const struct gates *gates, const struct gate *gate)
{
    return gate->below < 0 ? 0 : gates->pots.items[gate->below].kept;
}

static inline int64_t kept_by(const struct gates *gates, const struct gate *gate)
{
    const int64_t below = kept_below(gates, gate);
    const struct tenant_guarantee *g = gates_info(gates, gate->tenant)->guarantee;
    if (!g || g->lend >= g->processors)
        return below;
    const int64_t kept = g->processors - g->lend - gate->at_home;
    return kept > below ? kept : below;
}

/* What it keeps has changed, or what those below do. O(1). */
static void keep(struct gates *gates, struct gate *gate)
{
    if (gate->pot < 0)
        return;
    const int64_t kept = kept_by(gates, gate);
    gates->pots.items[gate->pot].kept += kept - gate->kept;
    gate->kept = kept;
}

int64_t gates_kept_by(const struct gates *gates, const struct gate *gate)
{
    return kept_by(gates, gate);
}

void gates_keep_upwards(struct gates *gates, int32_t gate)
{
    for (int32_t i = gate; i >= 0; i = gates->gates.items[i].up)
        keep(gates, &gates->gates.items[i]);
}

/* --- the periods of processor-hours --- */

/* The first period after `now` that begins. */
static simtime turn_after(const struct gates *gates, const struct tenant_quota *quota, simtime now)
{
    const struct world *world = gates->world;
    if (quota->months > 0) {
        const struct civil civil = date_civil(world->start + now, world->offset);
        const int month = 12 * civil.year + civil.month - 1;
        const int next = (month / quota->months + 1) * quota->months;
        return date_instant(next / 12, next % 12 + 1, 1, 0, world->offset) - world->start;
    }
    return quota->step > 0 ? (now / quota->step + 1) * quota->step : SIMTIME_NEVER;
}

/* Processor-microseconds of a period; of a finite limit. */
static wide most_of(const struct tenant_quota *quota)
{
    return (wide)(quota->processor_seconds * SIMTIME_SECOND);
}

void gates_arm(struct gates *gates, struct gate *gate, simtime now)
{
    const struct tenant_quota *quota = gate->quota;
    gate->turn = SIMTIME_NEVER;
    gate->most = -1;
    if (quota && isfinite(quota->processor_seconds)) {
        gate->turn = turn_after(gates, quota, now);
        gate->most = most_of(quota);
    }
    if (gate->turn < gates->next_turn)
        gates->next_turn = gate->turn;
}

bool gates_guarantee(const struct gates *gates)
{
    return gates->pots.len > 0;
}

enum gates_reach gates_reach(const struct gates *gates, int32_t gate)
{
    for (int32_t i = gate; i >= 0; i = gate_next(gates, i, gate))
        if (gates->gates.items[i].counts)
            return GATES_EVERYWHERE;
    return gate >= 0 ? GATES_CENTRE : GATES_NOWHERE;
}

/* --- what happens --- */

void gates_capacity(struct gates *gates, int32_t centre, int64_t procs)
{
    gates->capacity[centre] = procs;
}

void gates_advance(struct gates *gates, simtime now)
{
    gates->now = now;
}

/* What the job is committed to from `now` on. Of one that outlived its request that is nothing, and
 * less what `over` counts for the time until now, when it did not run. */
static wide committed(const struct job *job, simtime now)
{
    return (wide)job->procs * ((job->overdue ? 0 : job->due) - now);
}

/* What a job that starts or ends changes in one gate. */
static void count(struct gates *gates, struct gate *gate, const struct job *job, int sign)
{
    const int64_t procs = (int64_t)sign * job->procs;
    gate->procs += procs;
    gate->jobs += sign;
    if (job->overdue)
        gate->over += procs;
    else
        gate->due += (wide)procs * job->due;
    if (gate->home != job->spec.centre)
        return;
    gate->at_home += procs;
    keep(gates, gate);
}

void gates_start(struct gates *gates, const struct job *job, simtime now)
{
    gates->busy[job->spec.centre] += job->procs;
    const wide area = committed(job, now);
    const int32_t first = gates_of(gates, job->spec.tenant, job->spec.qos);
    for (int32_t i = first; i >= 0; i = gate_next(gates, i, first)) {
        struct gate *gate = &gates->gates.items[i];
        count(gates, gate, job, 1);
        gate->spent += area;
        /* Judged by the smallest nodes: larger ones may exceed a limit. */
        gate->lowered |= job->spec.ask.nodes > 0;
    }
}

void gates_end(struct gates *gates, const struct job *job, simtime now)
{
    gates->busy[job->spec.centre] -= job->procs;
    const wide left = committed(job, now);
    const int32_t first = gates_of(gates, job->spec.tenant, job->spec.qos);
    for (int32_t i = first; i >= 0; i = gate_next(gates, i, first)) {
        struct gate *gate = &gates->gates.items[i];
        count(gates, gate, job, -1);
        gate->spent -= left;
    }
}

void gates_overdue(struct gates *gates, const struct job *job)
{
    const wide due = (wide)job->procs * job->due;
    const int32_t first = gates_of(gates, job->spec.tenant, job->spec.qos);
    for (int32_t i = first; i >= 0; i = gate_next(gates, i, first)) {
        struct gate *gate = &gates->gates.items[i];
        gate->over += job->procs;
        gate->due -= due;
        gate->spent -= due;
        gate->carried = true;
    }
}

void gates_wait(struct gates *gates, int32_t gate, int jobs)
{
    for (int32_t i = gate; i >= 0; i = gate_next(gates, i, gate))
        gates->gates.items[i].waiting += jobs;
}

/* --- what is left --- */

static int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Processor-microseconds of this period, so far and still to come by request. */
static wide spent_by_now(const struct gates *gates, const struct gate *gate)
{
    return gate->spent + (wide)gate->over * gates->now;
}

static int64_t quota_room(const struct gates *gates, const struct gate *gate)
{
    const struct tenant_quota *quota = gate->quota;
    if (!quota)
        return INT64_MAX;
    if (gate->jobs >= quota->jobs || (gate->most >= 0 && spent_by_now(gates, gate) >= gate->most))
        return 0;
    return quota->processors == INT64_MAX ? INT64_MAX : quota->processors - gate->procs;
}

/* What a tenant may have more at home by its own guarantee. */
static int64_t borrowing_room(const struct gates *gates, const struct gate *gate, int32_t centre)
{
    const struct tenant_guarantee *g = gates_info(gates, gate->tenant)->guarantee;
    if (!g || gate->home != centre || g->borrow == INT64_MAX)
        return INT64_MAX;
    return g->processors + g->borrow - gate->at_home;
}

/* Processors of the centre that the brothers of a tenant keep to themselves. */
static int64_t kept_by_brothers(const struct gates *gates, const struct gate *gate, int32_t centre)
{
    if (gate->pot < 0 || gates->pots.items[gate->pot].home != centre)
        return 0;
    return gates->pots.items[gate->pot].kept - gate->kept;
}

/* What is kept from the jobs that a group has of its own: what those below it keep. */
static int64_t kept_from_own(const struct gates *gates, int32_t gate, int32_t centre)
{
    if (gate < 0 || gates->gates.items[gate].home != centre)
        return 0;
    return kept_below(gates, &gates->gates.items[gate]);
}

/* What brothers keep to themselves, at each level, is out of reach; where they keep nothing, what
 * is free in the centre is the only bound, and not of this kind. */
static int64_t guarantee_room(const struct gates *gates, int32_t gate, int32_t centre)
{
    int64_t room = INT64_MAX, kept = kept_from_own(gates, gate, centre);
    for (int32_t i = gate; i >= 0; i = gates->gates.items[i].up) {
        const struct gate *at = &gates->gates.items[i];
        const int64_t borrowing = borrowing_room(gates, at, centre);
        if (borrowing < INT64_MAX)
            room = lesser(room, borrowing - kept);
        kept += kept_by_brothers(gates, at, centre);
    }
    return kept > 0 ? lesser(room, gates->capacity[centre] - gates->busy[centre] - kept) : room;
}

struct room gates_room(const struct gates *gates, int32_t gate, int32_t centre)
{
    struct room room = {INT64_MAX, guarantee_room(gates, gate_of_tenants(gates, gate), centre)};
    for (int32_t i = gate; i >= 0; i = gate_next(gates, i, gate))
        room.quota = lesser(room.quota, quota_room(gates, &gates->gates.items[i]));
    room.quota = room.quota < 0 ? 0 : room.quota;
    room.guarantee = room.guarantee < 0 ? 0 : room.guarantee;
    return room;
}

bool gates_counts_time(const struct gates *gates, int32_t gate)
{
    for (int32_t i = gate; i >= 0; i = gate_next(gates, i, gate))
        if (gates->gates.items[i].most >= 0 || gates->gates.items[i].hours)
            return true;
    return false;
}

static bool exceeds(const struct gates *gates, const struct gate *gate, wide area)
{
    return gate->most >= 0 && spent_by_now(gates, gate) + area > gate->most;
}

wide gates_left(const struct gates *gates, int32_t gate)
{
    wide least = WIDE_MAX;
    for (int32_t i = gate; i >= 0; i = gate_next(gates, i, gate)) {
        const struct gate *at = &gates->gates.items[i];
        if (at->most < 0)
            continue;
        const wide left = at->most - spent_by_now(gates, at);
        least = left < least ? left : least;
    }
    return least;
}

bool gates_affords(const struct gates *gates, int32_t gate, int32_t procs, simtime request)
{
    return (wide)procs * request <= gates_left(gates, gate);
}

bool gates_admit(const struct gates *gates, int32_t gate, int32_t centre, int32_t procs,
                 simtime request)
{
    const struct room room = gates_room(gates, gate, centre);
    return procs <= room.quota &&
           (procs <= room.guarantee || procs <= gates_claim(gates, gate, centre)) &&
           gates_affords(gates, gate, procs, request);
}

/* The nearest gate upwards whose own tenant has a guarantee in the centre; -1: none. */
static int32_t guaranteed(const struct gates *gates, int32_t gate, int32_t centre)
{
    for (int32_t i = gate; i >= 0; i = gates->gates.items[i].up) {
        const struct gate *at = &gates->gates.items[i];
        if (at->home == centre && gates_info(gates, at->tenant)->guarantee)
            return i;
    }
    return -1;
}

int64_t gates_claim(const struct gates *gates, int32_t first, int32_t centre)
{
    const int32_t gate = gate_of_tenants(gates, first);
    const int32_t claimer = guaranteed(gates, gate, centre);
    if (claimer < 0)
        return 0;
    const struct gate *at = &gates->gates.items[claimer];
    int64_t left = gates_info(gates, at->tenant)->guarantee->processors - at->at_home -
                   kept_from_own(gates, gate, centre);
    for (int32_t i = gate; i != claimer; i = gates->gates.items[i].up)
        left -= kept_by_brothers(gates, &gates->gates.items[i], centre);
    for (int32_t i = at->up; i >= 0; i = gates->gates.items[i].up)
        left = lesser(left, borrowing_room(gates, &gates->gates.items[i], centre));
    return left > 0 ? left : 0;
}

/* Does the tenant run on no more of the centre than it is guaranteed there? */
static bool is_covered(const struct gates *gates, const struct gate *gate, int32_t centre)
{
    const struct tenant_guarantee *g = gates_info(gates, gate->tenant)->guarantee;
    return g && gate->home == centre && gate->at_home <= g->processors;
}

/* Of the brothers of that tenant, does the one above the job run at home on more than it is
 * guaranteed, and so do all between it and the job? */
static bool borrows_from(struct gates *gates, const struct job *job, int32_t tenant)
{
    const int32_t first = gates_of(gates, job->spec.tenant, 0);
    for (int32_t i = first; i >= 0; i = gates->gates.items[i].up) {
        const struct gate *at = &gates->gates.items[i];
        if (is_covered(gates, at, job->spec.centre))
            return false;
        if (at->pot == gates->gates.items[tenant].pot)
            return i != tenant;
    }
    return false;
}

/* Does the guarantee of a gate above the nearest guaranteed one cover a claim on its own? */
static bool covers(const struct gates *gates, const struct gate *gate, int32_t procs)
{
    return procs <= gates_info(gates, gate->tenant)->guarantee->processors - gate->at_home;
}

bool gates_borrows(struct gates *gates, const struct job *job, int32_t gate, int32_t centre,
                   int32_t procs)
{
    const int32_t nearest = guaranteed(gates, gate_of_tenants(gates, gate), centre);
    for (int32_t i = nearest; i >= 0; i = guaranteed(gates, gates->gates.items[i].up, centre)) {
        const bool by = i == nearest || procs == 0 || covers(gates, &gates->gates.items[i], procs);
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
        n += covers(gates, &gates->gates.items[i], procs);
    return n;
}

bool gates_crowded(const struct gates *gates, int32_t gate)
{
    for (int32_t i = gate; i >= 0; i = gate_next(gates, i, gate)) {
        const struct gate *at = &gates->gates.items[i];
        if (at->quota && at->waiting > at->quota->queued)
            return true;
    }
    return false;
}

bool quota_holds(const struct tenant_quota *quota)
{
    return quota && (quota->processors < INT64_MAX || quota->jobs < INT64_MAX ||
                     quota->queued < INT64_MAX || isfinite(quota->processor_seconds));
}

bool quota_could(const struct tenant_quota *quota, int32_t procs, simtime request)
{
    if (!quota)
        return true;
    const wide area = (wide)procs * (request > 0 ? request : 1);
    return procs <= quota->processors && quota->jobs > 0 &&
           (!isfinite(quota->processor_seconds) || area <= most_of(quota));
}

bool guarantee_could(const struct tenant_guarantee *guarantee, int32_t procs)
{
    return !guarantee || guarantee->borrow == INT64_MAX ||
           procs <= guarantee->processors + guarantee->borrow;
}

bool gates_spent(const struct gates *gates)
{
    for (size_t i = 0; i < gates->gates.len; i++)
        if (gates->gates.items[i].turn < SIMTIME_NEVER &&
            spent_by_now(gates, &gates->gates.items[i]) > 0)
            return true;
    return false;
}

/* --- a period of processor-hours begins --- */

simtime gates_next_turn(const struct gates *gates)
{
    return gates->next_turn;
}

bool gates_turn_frees(const struct gates *gates, int32_t gate, int32_t procs, simtime request)
{
    for (int32_t i = gate; i >= 0; i = gate_next(gates, i, gate))
        if (gates->gates.items[i].turn <= gates->now &&
            exceeds(gates, &gates->gates.items[i], (wide)procs * request))
            return true;
    return false;
}

void gates_turn(struct gates *gates, simtime now)
{
    gates->next_turn = SIMTIME_NEVER;
    for (size_t i = 0; i < gates->gates.len; i++) {
        struct gate *gate = &gates->gates.items[i];
        if (gate->turn <= now) {
            gate->spent = gate->due - (wide)gate->procs * now;
            gate->carried = true;
            gates_arm(gates, gate, now);
        }
        if (gate->turn < gates->next_turn)
            gates->next_turn = gate->turn;
    }
}
