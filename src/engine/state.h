/* What the files of the engine share: the state of a simulation. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ENGINE_STATE_H
#define ENGINE_STATE_H

#include "engine/check.h"
#include "engine/sim.h"

enum event_kind { KIND_END, KIND_OVERDUE, KIND_CHANGE, KIND_MAINTENANCE, KIND_WAKE };

/* Rank in the input: 20 bits of workload, 40 of ordinal. */
#define ORDINAL_BITS 40

struct station {
    struct partition partition;
    struct sched sched;
    simtime wake; /* when a wake event is due; SIMTIME_NEVER: none */
    event_handle wake_event;
    bool dirty;             /* a pass is owed at this instant */
    struct slots newcomers; /* submitted at this instant, for the limit on queued jobs */
};

struct sim {
    struct sim_setup setup;
    struct jobs jobs;
    struct events *events;
    struct merge merge;
    struct station *stations;
    size_t n_stations;
    simtime now;
    uint64_t arrivals; /* so far: numbers jobs in order of submission */
    uint64_t counted;  /* jobs of the measuring window still in the system */
    struct sim_totals totals;
    struct check *check; /* NULL: not checking */
    struct waits *waits; /* NULL: causes of waiting are not told apart */
    uint32_t *dirty;     /* rows of the places that owe a pass, in no order */
    size_t n_dirty;
    int32_t *priorities; /* by workload, since a dated change; -1: its own; NULL: none changed */
    bool limits_queues;  /* some scheduler has a limit on queued jobs */
};

/* waits.c: why jobs wait */

struct waits *waits_new(struct sim *sim);
void waits_free(struct waits *waits); /* takes NULL */
void waits_see(struct sim *sim, const struct fact *fact);

/* All that happens at this instant has happened. */
void waits_settle(struct sim *sim);

/* A job that is pending when the run ends. */
void waits_close(struct sim *sim, const struct job *job);

/* REQUIREs that each waiting job has the cause that holds. */
void waits_check(const struct sim *sim);

static inline void sim_tell(struct sim *sim, enum fact_kind kind, const struct job *job,
                            int32_t partition)
{
    const struct fact fact = {
        .kind = kind,
        .at = sim->now,
        .job = job,
        .partition = partition,
        .counts = partition >= 0 ? &sim->stations[partition].partition.counts : NULL,
    };
    if (sim->waits)
        waits_see(sim, &fact);
    for (size_t i = 0; i < sim->setup.n_observers; i++)
        sim->setup.observers[i].see(sim->setup.observers[i].ctx, &fact);
    if (sim->check)
        check_see(sim->check, &fact);
}

static inline void sim_mark(struct sim *sim, struct station *station)
{
    if (!station->dirty)
        sim->dirty[sim->n_dirty++] = (uint32_t)station->partition.row;
    station->dirty = true;
}

/* Take the i-th of the marked places. */
static inline struct station *sim_unmark(struct sim *sim, size_t i)
{
    struct station *station = &sim->stations[sim->dirty[i]];
    sim->dirty[i] = sim->dirty[--sim->n_dirty];
    station->dirty = false;
    return station;
}

static inline bool station_decides_after_events(const struct station *station)
{
    const struct sched_config *config = &station->sched.config;
    return config->decide == DECIDE_EVENT || config->commit_head;
}

static inline bool sim_counts(const struct sim *sim, const struct job *job)
{
    const struct world *world = sim->setup.world;
    return job->spec.submit >= world->measure_from && job->spec.submit < world->measure_until;
}

/* The partitions a job may run in: [*ret_from, to). */
static inline size_t sim_candidates(const struct sim *sim, const struct job_spec *spec,
                                    size_t *ret_from)
{
    if (spec->partition >= 0) {
        *ret_from = (size_t)spec->partition;
        return *ret_from + 1;
    }
    size_t from = 0;
    while (from < sim->n_stations && sim->setup.world->partitions[from].centre != spec->centre)
        from++;
    size_t to = from;
    while (to < sim->n_stations && sim->setup.world->partitions[to].centre == spec->centre)
        to++;
    *ret_from = from;
    return to;
}

static inline void sim_forget(struct sim *sim, struct job *job)
{
    sim->counted -= sim_counts(sim, job);
    jobs_free(&sim->jobs, job);
}

/* submit.c */

/* Take the next job of the sources: into the queues where it may wait, or turned down. 0, or what
 * merge_advance says of a failure. O(log n) a queue. */
int sim_submit(struct sim *sim, struct error *err);

/* The limit on queued jobs, judged after the pass: the last to come are the first to go. */
void sim_turn_away(struct sim *sim, struct station *station);

/* The job leaves all queues it stands in but that of `but` (NULL: all), whose scheduler sees to it
 * itself. */
void sim_leave_queues(struct sim *sim, struct job *job, const struct sched *but);

/* dated.c */

/* Put the dated changes, and the windows of a partition, among the events. */
void sim_queue_changes(struct sim *sim);
void sim_queue_windows(struct sim *sim, const struct partition *partition);

/* Their time has come. */
void sim_apply(struct sim *sim, const struct sim_change *change);
void sim_maintain(struct sim *sim, uint32_t row, uint64_t source);

#endif
