/* Submissions: where a job may wait, and whether it may at all. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/state.h"

#include "util/mem.h"

#include <string.h>

size_t sim_candidates_of_centre(const struct sim *sim, int32_t centre, size_t *ret_from)
{
    size_t from = 0;
    while (from < sim->n_stations && sim->setup.world->partitions[from].centre != centre)
        from++;
    size_t to = from;
    while (to < sim->n_stations && sim->setup.world->partitions[to].centre == centre)
        to++;
    *ret_from = from;
    return to;
}

/* A job that left may have stood in the way of others: a further round, once what this one made
 * happen at this instant has happened. */
static void pass_again(struct sim *sim, struct station *station)
{
    station->sched.changed = true;
    if (decides_after_events(&station->sched.config))
        sim_mark(sim, station);
    else
        station->again = sim->again = true;
}

void sim_leave_queues(struct sim *sim, struct job *job, const struct sched *but)
{
    size_t from;
    const size_t to = sim_candidates(sim, &job->spec, &from);
    for (size_t i = from; i < to; i++) {
        struct station *station = &sim->stations[i];
        if ((job->waits_in >> (i - from) & 1) == 0)
            continue;
        sched_withdraw(&station->sched, job);
        if (UNLIKELY(sim->broker != NULL))
            broker_left(sim, job, (int32_t)i, &station->sched == but);
        if (&station->sched == but)
            continue;
        if (but && sched_gave_way(&station->sched))
            pass_again(sim, station);
        sim_tell(sim, FACT_QUEUE, NULL, station->partition.row);
    }
    /* One that starts may come back to where it waited. */
    if (!but)
        job->waits_in = 0;
}

void sim_mark_queues(struct sim *sim, const struct job *job)
{
    size_t from;
    const size_t to = sim_candidates(sim, &job->spec, &from);
    for (size_t i = from; i < to; i++)
        if (job->waits_in >> (i - from) & 1) {
            sim->stations[i].sched.changed = true;
            sim_mark(sim, &sim->stations[i]);
        }
}

void sim_enter_queues(struct sim *sim, struct job *job)
{
    size_t from;
    const size_t to = sim_candidates(sim, &job->spec, &from);
    job->partition = job->spec.partition;
    for (size_t i = from; i < to; i++) {
        struct station *station = &sim->stations[i];
        if ((job->waits_in >> (i - from) & 1) == 0)
            continue;
        profile_advance(station->partition.profile, sim->now);
        const bool owes_pass = station->sched.config.decide != DECIDE_EVENT ||
                               sched_would_fit(&station->sched, job, sim->now);
        sched_add(&station->sched, job, sim->now);
        if (UNLIKELY(sim->broker != NULL))
            broker_joined(sim, job, (int32_t)i);
        if (owes_pass)
            sim_mark(sim, station);
        if (job->partition != station->partition.row)
            sim_tell(sim, FACT_QUEUE, NULL, station->partition.row);
    }
    sim_tenant_waits(sim, job, 1);
}

/* Those who came at this instant, for the limits on waiting jobs. */
static NOINLINE void note_newcomer(struct sim *sim, struct job *job, size_t from, size_t to)
{
    for (size_t i = from; i < to && sim->limits_queues; i++) {
        struct slots *newcomers = &sim->stations[i].newcomers;
        if ((job->waits_in >> (i - from) & 1) == 0 || sim->stations[i].sched.config.max_queued < 0)
            continue;
        MEM_GROW(newcomers);
        newcomers->items[newcomers->len++] = job->slot;
        sim->came = true;
    }
    if (sim->gates) {
        job->newcomer = true;
        MEM_GROW(&sim->tenant_newcomers);
        sim->tenant_newcomers.items[sim->tenant_newcomers.len++] = job->slot;
    }
}

void sim_reject(struct sim *sim, struct job *job, enum job_reason reason)
{
    job->wait += sim->now - job->pending_since;
    job->state = JOB_REJECTED;
    job->reason = (int32_t)reason;
    sim_tell(sim, FACT_REJECT, job, job->partition);
    sim->totals.rejected++;
    sim_forget(sim, job);
}

uint64_t sim_turn_out(struct sim *sim, struct job *job, enum job_reason reason,
                      const struct station *last)
{
    size_t from;
    sim_candidates(sim, &job->spec, &from);
    const uint64_t waited = job->waits_in;
    uint64_t owed = 0;
    sim_tenant_waits(sim, job, -1);
    sim_leave_queues(sim, job, NULL);
    sim_reject(sim, job, reason);
    for (uint64_t left = waited; left; left &= left - 1) {
        struct station *station = &sim->stations[from + (size_t)__builtin_ctzll(left)];
        if (station == last || sched_gave_way(&station->sched))
            owed |= left & -left;
    }
    return owed;
}

/* Is a change the last of its instant that changes its partition, of those of these kinds (a bit
 * for each)? What lies between them is never seen. */
static bool ends_instant(const struct sim *sim, size_t i, unsigned kinds)
{
    const struct sim_change *change = &sim->setup.changes[i];
    for (size_t k = i + 1; k < sim->setup.n_changes; k++) {
        const struct sim_change *next = &sim->setup.changes[k];
        if (next->at > change->at)
            break;
        if (next->partition == change->partition && kinds >> next->what & 1)
            return false;
    }
    return true;
}

/* As below, where that is not plain. `only`: by that placement; NULL: by those of the dates. */
static NOINLINE bool could_run_by_nodes(const struct sim *sim, const struct station *station,
                                        const struct job_spec *spec,
                                        const struct placement_type *only)
{
    const struct partition *partition = &station->partition;
    const struct ask *ask = &spec->ask;
    const struct placement_type *placement = only ? only : partition->cluster->placement;
    struct node_group groups[PARTITION_GROUPS_MAX];
    for (size_t g = 0; g < partition->n_groups; g++)
        groups[g] = partition->groups[g];
    if (cluster_could_fit(placement, groups, partition->n_groups, ask))
        return true;
    for (size_t i = 0; i < sim->setup.n_changes; i++) {
        const struct sim_change *change = &sim->setup.changes[i];
        const bool rules = change->what == CHANGE_RULES;
        if (change->at < sim->now || (!rules && change->what != CHANGE_NODES) ||
            change->partition != partition->row)
            continue;
        if (rules) {
            placement = only ? only : change->placement;
        } else {
            groups[change->group].nodes = change->nodes;
            groups[change->group].procs_per_node = change->procs_per_node;
        }
        if (ends_instant(sim, i, 1U << CHANGE_RULES | 1U << CHANGE_NODES) &&
            cluster_could_fit(placement, groups, partition->n_groups, ask))
            return true;
    }
    return false;
}

/* Could the partition ever run it, with the nodes it has now or will have? */
static inline bool could_run(const struct sim *sim, const struct station *station,
                             const struct job_spec *spec)
{
    const struct partition *partition = &station->partition;
    const int64_t in_service = partition->counts.capacity - partition->counts.down;
    if (UNLIKELY(sim->setup.world->partitions[partition->row].part))
        return partition_ever_lent(partition, &spec->ask, spec->request, sim->now);
    return (partition->cluster->plain && spec->ask.procs <= in_service) ||
           could_run_by_nodes(sim, station, spec, NULL);
}

/* Do windows that come again ever leave the job room between them, as the partition is or will be
 * after a change that lies ahead? */
static NOINLINE bool windows_leave(const struct sim *sim, const struct station *station,
                                   const struct job_spec *spec)
{
    const struct partition *partition = &station->partition;
    const int32_t procs = partition_procs(partition, &spec->ask);
    const simtime request = job_request(spec, procs, partition->speeds);
    if (partition_leaves(partition, procs, request, sim->now))
        return true;
    struct node_group groups[PARTITION_GROUPS_MAX];
    memcpy(groups, partition->groups, partition->n_groups * sizeof(groups[0]));
    struct outage outage = {partition->recurrences, partition->n_recurrences, partition->planned,
                            groups, partition->n_groups};
    for (size_t i = 0; i < sim->setup.n_changes; i++) {
        const struct sim_change *change = &sim->setup.changes[i];
        const bool nodes = change->what == CHANGE_NODES;
        if (change->at < sim->now || (!nodes && change->what != CHANGE_WINDOWS) ||
            change->partition != partition->row)
            continue;
        if (nodes) {
            groups[change->group].nodes = change->nodes;
            groups[change->group].procs_per_node = change->procs_per_node;
        } else {
            outage.planned = change->at;
        }
        if (ends_instant(sim, i, 1U << CHANGE_NODES | 1U << CHANGE_WINDOWS) &&
            gaps_let(&sim->gaps_later[i], &outage, change->at, procs, request > 0 ? request : 1))
            return true;
    }
    return false;
}

/* Why what could never run there could not. */
static NOINLINE enum job_reason why_never(const struct sim *sim, const struct station *station,
                                          const struct job_spec *spec)
{
    static const struct placement_type by_count = {0};
    const struct partition *partition = &station->partition;
    if (sim->setup.world->partitions[partition->row].part && partition_lends(partition, &spec->ask))
        return REASON_MAINTENANCE;
    const bool placed = could_run_by_nodes(sim, station, spec, NULL);
    return !placed && could_run_by_nodes(sim, station, spec, &by_count) ? REASON_NO_RUN
                                                                        : REASON_TOO_LARGE;
}

/* The same with windows that come again; why not. */
static inline enum job_reason may_ever_run(const struct sim *sim, const struct station *station,
                                           const struct job_spec *spec)
{
    if (UNLIKELY(!could_run(sim, station, spec)))
        return why_never(sim, station, spec);
    if (UNLIKELY(station->partition.windows.endless) && !windows_leave(sim, station, spec))
        return REASON_MAINTENANCE;
    return REASON_NONE;
}

enum job_reason sim_may_ever_run(const struct sim *sim, const struct station *station,
                                 const struct job_spec *spec)
{
    return may_ever_run(sim, station, spec);
}

static enum job_reason may_hold(const struct sim *sim, const struct station *station,
                                const struct job_spec *spec)
{
    const int64_t most = station->sched.config.max_processors;
    if (!access_may(sim->setup.world->access, spec->tenant, station->partition.row))
        return REASON_KEPT;
    const enum job_reason reason = may_ever_run(sim, station, spec);
    if (UNLIKELY(reason != REASON_NONE))
        return reason;
    if (most >= 0 && partition_procs(&station->partition, &spec->ask) > most)
        return REASON_MAX_PROCESSORS;
    return REASON_NONE;
}

/* Why the terms of its tenants and its QOS, or what others are guaranteed, never let it run there.
 */
static NOINLINE enum job_reason terms_refuse(const struct sim *sim, const struct station *station,
                                             const struct job_spec *spec)
{
    const int32_t procs = partition_procs(&station->partition, &spec->ask);
    const simtime request = job_request(spec, procs, station->partition.speeds);
    const int32_t centre = sim->setup.world->partitions[station->partition.row].centre;
    const enum job_reason reason = sim_terms_refuse(sim, spec, centre, procs, request);
    const bool left = reason == REASON_NONE && sim->outlook &&
                      outlook_binds(sim->outlook, station->partition.row) &&
                      procs > outlook_most(sim->outlook, spec->tenant, centre, sim->now);
    return left ? REASON_LEFT : reason;
}

enum job_reason sim_may_hold(const struct sim *sim, const struct station *station,
                             const struct job_spec *spec)
{
    const enum job_reason reason = may_hold(sim, station, spec);
    return reason == REASON_NONE && sim->refuses ? terms_refuse(sim, station, spec) : reason;
}

/* Is one reason why it cannot run nearer to what would let it than another? */
static bool is_nearer(enum job_reason one, enum job_reason other)
{
    static const uint8_t steps[JOB_REASONS] = {[REASON_KEPT] = 0,
                                               [REASON_TOO_LARGE] = 1,
                                               [REASON_NO_RUN] = 1,
                                               [REASON_MAINTENANCE] = 2,
                                               [REASON_MAX_PROCESSORS] = 3};
    return sim_is_of_terms(one) || (!sim_is_of_terms(other) && steps[one] > steps[other]);
}

/* Where the job may wait: sets job->waits_in. If nowhere, why not. */
static enum job_reason judge(const struct sim *sim, struct job *job, size_t from, size_t to)
{
    enum job_reason reason = REASON_KEPT;
    for (size_t i = from; i < to; i++) {
        const enum job_reason here = sim_may_hold(sim, &sim->stations[i], &job->spec);
        if (here == REASON_NONE)
            job->waits_in |= UINT64_C(1) << (i - from);
        else if (is_nearer(here, reason))
            reason = here;
    }
    return job->waits_in ? REASON_NONE : reason;
}

void sim_turn_away(struct sim *sim, struct station *station)
{
    const int64_t most = station->sched.config.max_queued;
    while (station->newcomers.len > 0) {
        struct job *job = jobs_at(&sim->jobs, station->newcomers.items[--station->newcomers.len]);
        if (!job->live || job->state != JOB_PENDING || job->joined < sim->now ||
            station->partition.counts.queued_jobs <= most)
            continue;
        size_t from;
        sim_candidates(sim, &job->spec, &from);
        uint64_t owed = sim_turn_out(sim, job, REASON_MAX_QUEUED, station);
        for (; owed; owed &= owed - 1)
            pass_again(sim, &sim->stations[from + (size_t)__builtin_ctzll(owed)]);
    }
}

void sim_refuse(struct sim *sim, struct job *job, enum job_reason reason)
{
    sim_tell(sim, FACT_SUBMIT, job, job->partition);
    sim_reject(sim, job, reason);
}

/* It was submitted before, and is in its queues now. */
static NOINLINE void tell_late(struct sim *sim, struct job *job, size_t from, size_t to)
{
    for (size_t i = from; i < to && job->partition >= 0; i++)
        sim_tell(sim, FACT_QUEUE, NULL, (int32_t)i);
    if (sim->waits)
        waits_join(sim, job);
    if (sim->check)
        check_late(sim->check, job);
}

void sim_join(struct sim *sim, struct job *job, bool late)
{
    size_t from;
    const size_t to = sim_candidates(sim, &job->spec, &from);
    job->procs = partition_procs(&sim->stations[from].partition, &job->spec.ask);
    const enum job_reason reason = judge(sim, job, from, to);
    const size_t first = job->waits_in ? from + (size_t)__builtin_ctzll(job->waits_in) : from;
    sim_place(&job->spec, &sim->stations[first].partition);
    if (reason != REASON_NONE) {
        job->waits_in = 0;
        if (late)
            sim_reject(sim, job, reason);
        else
            sim_refuse(sim, job, reason);
        return;
    }
    job->joined = sim->now;
    if (UNLIKELY(sim->broker != NULL) && to - from > 1) {
        size_t centre;
        sim_candidates_of_centre(sim, job->spec.centre, &centre);
        job->waits_at = (uint8_t)(from - centre);
    }
    sim_enter_queues(sim, job);
    if (sim->limits_queues || sim->gates)
        note_newcomer(sim, job, from, to);
    if (!late)
        sim_tell(sim, FACT_SUBMIT, job, job->partition);
    else
        tell_late(sim, job, from, to);
}

int sim_submit(struct sim *sim, struct error *err)
{
    const struct job_spec *spec = merge_first(&sim->merge);
    struct job *job = jobs_new(&sim->jobs);
    job->spec = *spec;
    job->seq = sim->arrivals++;
    if (sim->kinds && sim->kinds[spec->workload].priority >= 0) {
        const struct job_kind *kind = &sim->kinds[spec->workload];
        job->spec.priority = kind->priority;
        job->spec.qos = (int16_t)kind->qos;
        job->spec.centre = kind->centre;
        job->spec.partition = kind->partition;
    }
    if (job->spec.id == 0)
        job->spec.id = (int64_t)sim->arrivals;
    job->partition = job->spec.partition;
    job->state = JOB_PENDING;
    job->start = job->end = job->joined = SIMTIME_NEVER;
    job->end_event = job->overdue_event = EVENT_NONE;
    job->pending_since = sim->now;
    sim->counted += sim_counts(sim, job);
    sim->totals.submitted++;
    if (sim->jobs.live > sim->totals.live_most)
        sim->totals.live_most = sim->jobs.live;
    const int got = merge_advance(&sim->merge, err);
    if (got < 0)
        return got;
    if (UNLIKELY(sim->broker != NULL))
        broker_submit(sim, job);
    else
        sim_join(sim, job, false);
    return 0;
}
