/* Why jobs wait: what the partitions and their schedulers say of it, told from the facts. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/state.h"

#include "model/causes.h"
#include "util/mem.h"

#include <stdlib.h>

struct waits {
    struct causes *causes;
    struct cause_place *places; /* by partition */
    bool fixed; /* what keeps a job that fits is the same all the time, everywhere */
};

uint32_t sim_possible_causes(const struct sim_setup *setup)
{
    uint32_t causes = 1u << CAUSE_CAPACITY;
    for (size_t i = 0; i < setup->world->n_partitions + setup->n_changes; i++) {
        const size_t n = setup->world->n_partitions;
        const struct sim_change *change = i < n ? NULL : &setup->changes[i - n];
        if (change && change->what != CHANGE_RULES)
            continue;
        const struct sim_partition *partition =
            &setup->partitions[change ? (size_t)change->partition : i];
        const struct sched_config *config = change ? change->config : &partition->config;
        const bool reserves = config->conservative || config->depth > 0 || config->slurm;
        if (partition_constrains(&partition->setup))
            causes |= 1u << CAUSE_FRAGMENTATION;
        if ((reserves && !config->commit_head) || partition->setup.n_recurrences > 0)
            causes |= 1u << CAUSE_RESERVED;
        if (!reserves || config->commit_head || config->decide == DECIDE_EVERY || config->slurm)
            causes |= 1u << CAUSE_ORDER;
    }
    const struct world *world = setup->world;
    if (setup->broker && setup->broker->delay > 0)
        causes |= 1u << CAUSE_BROKER;
    for (size_t i = 0; i < world->n_workloads && setup->broker; i++)
        for (size_t k = 0; k < setup->broker->freights[i].len; k++)
            if (setup->broker->freights[i].items[k].data)
                causes |= 1u << CAUSE_DATA;
    bool held = false;
    for (size_t i = 0; i < world->tenants.len; i++) {
        const struct tenant_info *info = &world->tenants.items[i];
        held |= quota_holds(info->quota) || quota_holds(info->each);
        causes |= info->guarantee ? 1u << CAUSE_GUARANTEE : 0;
    }
    for (size_t q = 0; q < world->n_qos; q++)
        held |= quota_holds(world->qos[q].quota) || quota_holds(world->qos[q].each);
    for (size_t i = 0; i < setup->n_changes; i++) {
        const struct sim_change *change = &setup->changes[i];
        held |= quota_holds(change->quota) || quota_holds(change->each);
        causes |= change->guarantee ? 1u << CAUSE_GUARANTEE : 0;
    }
    causes |= held ? 1u << CAUSE_QUOTA : 0;
    return causes;
}

/* Does what blocks the whole queue, in front of it, fit by itself? Then it waits for maintenance.
 */
static NOINLINE bool head_fits(const struct station *station)
{
    const struct partition *partition = &station->partition;
    struct jobitem head;
    if (partition->n_recurrences == 0 || !queue_first(&station->sched.queue, &head))
        return false;
    return head.procs <= cluster_free_procs(partition->cluster) &&
           (!partition->constrained ||
            cluster_fits(partition->cluster, &jobs_at(partition->jobs, head.slot)->spec.ask));
}

/* What keeps a job that fits. */
static inline enum wait_cause cause_of_fitting(const struct station *station)
{
    const struct sched_config *config = &station->sched.config;
    if (config->commit_head || (config->decide == DECIDE_EVERY && station->owed))
        return CAUSE_ORDER;
    /* Until the next plan the order keeps it, then what that reserves. */
    if (config->slurm)
        return station->sched.news ? CAUSE_ORDER : CAUSE_RESERVED;
    if (config->conservative || config->depth > 0 || head_fits(station))
        return CAUSE_RESERVED;
    return CAUSE_ORDER;
}

/* Does that follow from the rules alone, as long as these do not change? */
static bool is_fixed(const struct station *station)
{
    const struct sched_config *config = &station->sched.config;
    if (config->commit_head)
        return true;
    return config->decide != DECIDE_EVERY && !config->slurm &&
           (config->conservative || config->depth > 0 || station->partition.n_recurrences == 0);
}

/* Does a job given by work ask for times that differ among the partitions it waits in? */
static bool request_differs(const struct sim *sim, const struct job *job)
{
    const struct job_spec *spec = &job->spec;
    const uint64_t several = job->waits_in & (job->waits_in - 1);
    if (spec->work == 0 || spec->request_factor < 0 || several == 0)
        return false;
    size_t from;
    sim_candidates(sim, spec, &from);
    const size_t first = from + (size_t)__builtin_ctzll(job->waits_in);
    const double speed = sim->stations[first].partition.speeds[spec->precision];
    bool differs = spec->ask.nodes > 0;
    for (uint64_t left = several; left && !differs; left &= left - 1) {
        const size_t p = from + (size_t)__builtin_ctzll(left);
        const double here = sim->stations[p].partition.speeds[spec->precision];
        differs = here < speed || here > speed;
    }
    return differs;
}

static void fill_want(void *ctx, const struct job *job, struct cause_want *want)
{
    const struct sim *sim = ctx;
    const struct job_spec *spec = &job->spec;
    want->class = gates_of(sim->gates, spec->tenant, spec->qos);
    if (!gates_counts_time(sim->gates, want->class))
        return;
    if (request_differs(sim, job)) {
        want->work = spec->work;
        want->request_factor = spec->request_factor;
        want->precision = spec->precision;
    } else {
        want->request = spec->request > 0 ? spec->request : 1;
    }
}

static simtime request_at(const struct partition *partition, int32_t procs,
                          const struct cause_want *want)
{
    if (LIKELY(want->work == 0))
        return want->request;
    const struct job_spec spec = {
        .work = want->work, .request_factor = want->request_factor, .precision = want->precision};
    const simtime request = job_request_of_work(&spec, procs, partition->speeds);
    return request > 0 ? request : 1;
}

static enum wait_cause gate_cause(void *ctx, const struct partition *partition,
                                  const struct cause_want *want)
{
    const struct sim *sim = ctx;
    const int32_t centre = sim->setup.world->partitions[partition->row].centre;
    const int32_t procs = partition_procs(partition, &want->ask);
    const struct room room = gates_room(sim->gates, want->class, centre);
    if (procs > room.quota ||
        !gates_affords(sim->gates, want->class, procs, request_at(partition, procs, want)))
        return CAUSE_QUOTA;
    if (procs > room.guarantee && procs > gates_claim(sim->gates, want->class, centre))
        return CAUSE_GUARANTEE;
    return WAIT_CAUSES;
}

static struct gates_opening opening_of(void *ctx, const struct partition *partition, int32_t class)
{
    const struct sim *sim = ctx;
    return gates_opening(sim->gates, class, sim->setup.world->partitions[partition->row].centre);
}

struct waits *waits_new(struct sim *sim)
{
    const size_t n = sim->n_stations;
    struct waits *waits = mem_new(1, sizeof(*waits));
    waits->places = mem_new(n, sizeof(*waits->places));
    waits->fixed = sim->setup.n_changes == 0;
    for (size_t i = 0; i < n; i++) {
        const struct station *station = &sim->stations[i];
        waits->places[i] = (struct cause_place){&station->partition, cause_of_fitting(station)};
        waits->fixed &= is_fixed(station);
    }
    const struct cause_gates gates = {sim, sim->gates, fill_want, gate_cause, opening_of};
    waits->causes = causes_new(sim->setup.world, waits->places, &sim->jobs,
                               sim->gates ? &gates : NULL, &sim->touched);
    return waits;
}

void waits_free(struct waits *waits)
{
    if (!waits)
        return;
    causes_free(waits->causes);
    free(waits->places);
    free(waits);
}

static void check_sum(const struct job *job)
{
    simtime sum = 0;
    for (int c = 0; c < WAIT_CAUSES; c++) {
        sum += job->wait_by ? job->wait_by[c] : 0;
        REQUIRE(!job->wait_by || job->wait_by[c] >= 0);
    }
    REQUIRE(sum == job->wait);
}

static NOINLINE void note_owed(struct sim *sim, const struct job *job)
{
    size_t from;
    const size_t to = sim_candidates(sim, &job->spec, &from);
    for (size_t i = from; i < to; i++)
        if (job->waits_in >> (i - from) & 1)
            sim->stations[i].owed = true;
}

void waits_join(struct sim *sim, const struct job *job)
{
    if (!sim->waits->fixed)
        note_owed(sim, job);
    if (job->waits_in)
        causes_join(sim->waits->causes, job);
}

void waits_move(struct sim *sim, const struct job *job)
{
    causes_leave(sim->waits->causes, job, sim->now);
    causes_join(sim->waits->causes, job);
}

void waits_leave(struct sim *sim, const struct job *job)
{
    causes_leave(sim->waits->causes, job, sim->now);
    if (sim->check && job->state == JOB_RUNNING)
        check_sum(job);
}

static NOINLINE void find_fitting(struct sim *sim)
{
    struct waits *waits = sim->waits;
    const uint32_t *rows = sim->touched.rows;
    for (size_t i = 0; i < sim->touched.len; i++)
        waits->places[rows[i]].fits = cause_of_fitting(&sim->stations[rows[i]]);
    /* Whom the gates let through may depend on what happens elsewhere. */
    for (size_t i = 0, n = sim->gates ? sim->n_stations : 0; i < n; i++)
        waits->places[i].fits = cause_of_fitting(&sim->stations[i]);
}

void waits_settle(struct sim *sim)
{
    if (!sim->waits->fixed)
        find_fitting(sim);
    causes_settle(sim->waits->causes, sim->now);
}

const int64_t *waits_queued(const struct waits *waits, int32_t partition)
{
    return causes_queued(waits->causes, partition);
}

void waits_before(struct sim *sim, struct job *job)
{
    causes_add(sim->waits->causes, job, CAUSE_BROKER, job->broker_time);
    causes_add(sim->waits->causes, job, CAUSE_DATA, job->data_time);
}

void waits_close(struct sim *sim, struct job *job)
{
    if (sim->broker && broker_is_coming(sim, job))
        waits_before(sim, job);
    causes_leave(sim->waits->causes, job, sim->now);
    if (sim->check)
        check_sum(job);
}

void waits_check(const struct sim *sim, bool jobs)
{
    for (size_t i = 0; i < sim->n_stations; i++)
        REQUIRE(sim->waits->places[i].fits == cause_of_fitting(&sim->stations[i]));
    causes_check(sim->waits->causes, jobs);
}
