/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/gates_inner.h"

#include "util/date.h"

#include <math.h>

/* --- what is kept --- */

static inline int64_t kept_of(const struct gate *gate, int64_t used, int64_t below)
{
    const struct tenant_guarantee *g = gate->guarantee;
    if (!g || g->lend >= g->processors)
        return below;
    const int64_t kept = g->processors - g->lend - used;
    return kept > below ? kept : below;
}

static inline int64_t kept_by(const struct gates *gates, const struct gate *gate,
                              enum gates_view view)
{
    return kept_of(gate, at_home(gate, view), kept_below(gates, gate, view));
}

static inline int64_t part_of(const struct gate *gate, enum gates_view view)
{
    return kept_of(gate, view == GATES_NOW ? gate->procs : 0, gate->parts[view]);
}

/* What it keeps has changed, or what those below do. O(1). */
static void keep(struct gates *gates, struct gate *gate, enum gates_view view)
{
    if (gate->pot < 0)
        return;
    const int64_t kept = kept_by(gates, gate, view);
    gates->pots.items[gate->pot].kept[view] += kept - gate->kept[view];
    gate->kept[view] = kept;
    const int64_t part = part_of(gate, view);
    if (gate->up >= 0)
        gates->gates.items[gate->up].parts[view] += part - gate->part[view];
    gate->part[view] = part;
}

int64_t gates_kept_by(const struct gates *gates, const struct gate *gate, enum gates_view view)
{
    return kept_by(gates, gate, view);
}

int64_t gates_part_of(const struct gate *gate, enum gates_view view)
{
    return part_of(gate, view);
}

void gates_keep_upwards(struct gates *gates, int32_t gate)
{
    for (int32_t i = gate; i >= 0; i = gates->gates.items[i].up) {
        keep(gates, &gates->gates.items[i], GATES_NOW);
        keep(gates, &gates->gates.items[i], GATES_IDLE);
    }
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
    gates_note_end(gates, GATE_ANY);
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

/* So many more processors of the centre are in use behind the gate. From below upwards. */
static void use(struct gates *gates, struct gate *gate, int32_t centre, int64_t procs)
{
    gate->procs += procs;
    if (gate->home == centre)
        gate->at_home += procs;
    keep(gates, gate, GATES_NOW);
}

/* What a job that starts or ends changes in one gate. */
static void count(struct gates *gates, struct gate *gate, const struct job *job, int sign)
{
    const int64_t procs = (int64_t)sign * job->procs;
    gate->jobs += sign;
    if (job->overdue)
        gate->over += procs;
    else
        gate->due += (wide)procs * job->due;
    use(gates, gate, job->spec.centre, procs);
}

void gates_suppose(struct gates *gates, int32_t gate, int32_t centre, int64_t procs)
{
    gates->busy[centre] += procs;
    for (int32_t i = gate; i >= 0; i = gates->gates.items[i].up)
        use(gates, &gates->gates.items[i], centre, procs);
}

void gates_start(struct gates *gates, const struct job *job, simtime now)
{
    gates->busy[job->spec.centre] += job->procs;
    const wide area = committed(job, now);
    const int32_t first = gates_of(gates, job->spec.tenant, job->spec.qos);
    for (int32_t i = first; i >= 0; i = gate_next(gates, i, first)) {
        struct gate *gate = &gates->gates.items[i];
        gates_note_news(gates, i);
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
        gates_note_news(gates, i);
        count(gates, gate, job, -1);
        gate->spent -= left;
    }
    gates_note_end(gates, first);
}

void gates_set_apart(struct gates *gates, const struct job *job, bool apart, simtime now)
{
    const int64_t procs = apart ? job->procs : -(int64_t)job->procs;
    const int32_t first = gates_of(gates, job->spec.tenant, job->spec.qos);
    for (int32_t i = first; i >= 0; i = gate_next(gates, i, first)) {
        struct gate *gate = &gates->gates.items[i];
        gate->apart += gate->home == job->spec.centre ? procs : 0;
    }
    if (apart)
        gates_end(gates, job, now);
    else
        gates_start(gates, job, now);
}

void gates_overdue(struct gates *gates, const struct job *job)
{
    const wide due = (wide)job->procs * job->due;
    const int32_t first = gates_of(gates, job->spec.tenant, job->spec.qos);
    for (int32_t i = first; i >= 0; i = gate_next(gates, i, first)) {
        struct gate *gate = &gates->gates.items[i];
        gates_note_news(gates, i);
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

struct room gates_room(const struct gates *gates, int32_t gate, int32_t centre)
{
    struct room room = {least_quota_room(gates, gate), INT64_MAX};
    if (gates_guarantee(gates)) {
        const int32_t own = gate_of_tenants(gates, gate);
        /* What could not start though nothing ran is no head: it would be promised an instant at
         * which guarantees hold it again. */
        room.guarantee = lesser(guarantee_room(gates, own, centre, true, GATES_NOW),
                                gates_largest(gates, own, centre));
    }
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
    gates_note_end(gates, GATE_ANY);
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
