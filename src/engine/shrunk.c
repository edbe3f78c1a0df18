/* Jobs that wait and that changes of a partition, or time alone, left nowhere to run. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/state.h"

#include <stdlib.h>

uint64_t sim_could_run_in(const struct sim *sim, const struct job *job, enum job_reason *ret_reason)
{
    size_t from;
    sim_candidates(sim, &job->spec, &from);
    uint64_t in = 0;
    *ret_reason = REASON_NONE;
    for (uint64_t left = job->waits_in; left; left &= left - 1) {
        const struct station *station = &sim->stations[from + (size_t)__builtin_ctzll(left)];
        const enum job_reason reason = sim_may_ever_run(sim, station, &job->spec);
        if (reason == REASON_NONE)
            in |= left & -left;
        else if (*ret_reason == REASON_NONE)
            *ret_reason = reason;
    }
    return in;
}

/* Who counts a job by where it waits does so (1), or no more (-1). */
static void count_waiting(struct sim *sim, struct job *job, size_t from, int sign)
{
    sim_tenant_waits(sim, job, sign);
    for (uint64_t left = job->waits_in; left && sim->broker; left &= left - 1) {
        const int32_t row = (int32_t)from + __builtin_ctzll(left);
        if (sign > 0)
            broker_joined(sim, job, row);
        else
            broker_left(sim, job, row, false);
    }
}

/* It stays where else it waits, with its place there. */
static void leave_one(struct sim *sim, struct job *job, size_t from, struct station *station)
{
    count_waiting(sim, job, from, -1);
    sched_withdraw(&station->sched, job);
    job->waits_in &= ~(UINT64_C(1) << ((size_t)station->partition.row - from));
    sim_place(&job->spec, &sim->stations[from + (size_t)__builtin_ctzll(job->waits_in)].partition);
    count_waiting(sim, job, from, 1);
    if (sim->waits)
        waits_move(sim, job);
    sched_gave_way(&station->sched);
    sim_tell(sim, FACT_QUEUE, NULL, station->partition.row);
}

static void leave_shrunk(struct sim *sim, struct job *job, struct station *station)
{
    enum job_reason reason;
    size_t from;
    const size_t to = sim_candidates(sim, &job->spec, &from), row = (size_t)station->partition.row;
    if (row < from || row >= to || (job->waits_in >> (row - from) & 1) == 0 ||
        sim_may_ever_run(sim, station, &job->spec) == REASON_NONE)
        return;
    if (sim_could_run_in(sim, job, &reason)) {
        leave_one(sim, job, from, station);
    } else {
        sim_mark_queues(sim, job);
        sim_turn_out(sim, job, reason, NULL);
    }
}

void sim_shrunk(struct sim *sim, struct station *station)
{
    size_t n;
    struct job **jobs = jobs_in_order(&sim->jobs, &n);
    for (size_t i = 0; i < n; i++)
        if (jobs[i]->state == JOB_PENDING)
            leave_shrunk(sim, jobs[i], station);
    free(jobs);
}

/* Windows, and parts that have nodes in windows only, leave less by time alone, until one begins.
 */
void sim_check_waiting(struct sim *sim)
{
    for (uint32_t slot = 0; slot < sim->jobs.used; slot++) {
        const struct job *job = jobs_at(&sim->jobs, slot);
        size_t from;
        if (!job->live || job->state != JOB_PENDING)
            continue;
        sim_candidates(sim, &job->spec, &from);
        for (uint64_t left = job->waits_in; left; left &= left - 1) {
            const size_t row = from + (size_t)__builtin_ctzll(left);
            const struct station *station = &sim->stations[row];
            const enum job_reason reason = sim_may_ever_run(sim, station, &job->spec);
            REQUIRE(sim->setup.world->partitions[row].part || reason == REASON_NONE ||
                    reason == REASON_MAINTENANCE);
        }
    }
}
