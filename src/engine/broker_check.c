/* What the broker counts is what there is. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/broker_state.h"

#include "util/mem.h"

#include <stdlib.h>

/* What guarantees are judged by is what a fresh count finds. */
static void check_holds(struct sim *sim)
{
    struct broker *broker = sim->broker;
    AUTO(holds_free)
    struct holds *fresh = holds_new(sim->setup.world, &sim->jobs, sim->gates, false, 0);
    for (uint32_t slot = 0; slot < sim->jobs.used; slot++) {
        const struct job *job = jobs_at(&sim->jobs, slot);
        const bool coming = slot < broker->n_ways && broker->ways[slot].listed;
        if (!job->live || (coming && !broker->setup->knows_own))
            continue;
        if (job->state == JOB_RUNNING)
            holds_run(fresh, job, 1);
        else
            broker_hold(broker, fresh, job, 1);
    }
    holds_compare(broker->holds, fresh);
}

/* What observers are told of jobs on their way is what a fresh count finds. */
static void check_coming(struct sim *sim)
{
    const struct broker *broker = sim->broker;
    for (size_t i = 0; i < sim->n_stations; i++) {
        const struct partition_counts *counts = &sim->stations[i].partition.counts;
        int64_t left[COMINGS] = {counts->coming_jobs[0], counts->coming_jobs[1]};
        for (uint32_t slot = 0; slot < broker->n_ways; slot++) {
            size_t from;
            const struct way *way = &broker->ways[slot];
            if (!way->listed)
                continue;
            const size_t to = sim_candidates(sim, &jobs_at(&sim->jobs, slot)->spec, &from);
            if (i >= from && i < to)
                left[way->moving ? COMING_DATA : COMING_BROKER] -= way->counted >> (i - from) & 1;
        }
        REQUIRE(left[0] == 0 && left[1] == 0);
        REQUIRE(counts->coming_procs[0] >= counts->coming_jobs[0] &&
                counts->coming_procs[1] >= counts->coming_jobs[1]);
    }
}

struct fresh {
    int64_t procs;
    area asked;
};

/* The job waits or is on its way in these partitions. */
static void count_fresh(const struct broker *broker, const struct job *job, uint64_t in,
                        struct fresh *alone, struct shares *shares)
{
    size_t from;
    sim_candidates(broker->sim, &job->spec, &from);
    const size_t k = from + (size_t)__builtin_ctzll(in);
    int64_t procs;
    const area asked = forecast_area(&broker->forecasts[k], job, &procs);
    if (in_several(in)) {
        shares_count(&shares[job->spec.centre], broker_in_centre(broker, job, in), procs, asked, 1);
        return;
    }
    alone[k].procs += procs;
    alone[k].asked += asked;
}

/* Jobs that wait or are on their way count once, alone or among those that may run in several. */
static void check_shares(const struct broker *broker)
{
    const struct sim *sim = broker->sim;
    const size_t n = sim->setup.world->n_centres;
    struct fresh *alone = mem_new(sim->n_stations, sizeof(*alone));
    struct shares *shares = mem_new(n, sizeof(*shares));
    for (uint32_t slot = 0; slot < sim->jobs.used; slot++) {
        const struct job *job = jobs_at(&sim->jobs, slot);
        const bool coming = slot < broker->n_ways && broker->ways[slot].listed;
        if (!job->live || job->state != JOB_PENDING || (coming && !broker->setup->knows_own))
            continue;
        if (coming || job->waits_in)
            count_fresh(broker, job, coming ? broker->ways[slot].in : job->waits_in, alone, shares);
    }
    for (size_t i = 0; i < n; i++) {
        const struct shares *kept = &broker->shares[i];
        REQUIRE(kept->len == shares[i].len);
        for (size_t k = 0; k < kept->len; k++) {
            const struct share *a = &kept->items[k], *b = &shares[i].items[k];
            REQUIRE(a->in == b->in && a->jobs == b->jobs && a->procs == b->procs &&
                    a->asked == b->asked);
        }
        free(shares[i].items);
    }
    for (size_t i = 0; i < sim->n_stations; i++) {
        const struct forecast *forecast = &broker->forecasts[i];
        REQUIRE(sim->stations[i].partition.counts.queued_procs - forecast->shared_procs +
                    forecast->coming_procs ==
                alone[i].procs);
        REQUIRE(forecast->waiting + forecast->coming == alone[i].asked);
    }
    free(shares);
    free(alone);
}

void broker_check(struct sim *sim, bool jobs)
{
    struct broker *broker = sim->broker;
    network_check(broker->network, sim->now);
    if (jobs && broker->holds)
        check_holds(sim);
    if (jobs) {
        check_coming(sim);
        check_shares(broker);
    }
    for (uint32_t slot = 0; jobs && slot < sim->jobs.used; slot++) {
        const struct job *job = jobs_at(&sim->jobs, slot);
        if (!job->live)
            continue;
        const struct sim_freight *freight = broker_freight(broker, job);
        const bool coming = slot < broker->n_ways && broker->ways[slot].listed;
        REQUIRE(coming ? job->state == JOB_PENDING && job->waits_in == 0
                       : job->state == JOB_RUNNING || job->waits_in != 0);
        REQUIRE(freight->may_leave || job->spec.centre == freight->data_at);
        REQUIRE(!freight->centres || freight->centres[job->spec.centre]);
    }
}
