/* What the files of the engine share: the state of a simulation. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ENGINE_STATE_H
#define ENGINE_STATE_H

#include "engine/check.h"
#include "engine/outlook.h"
#include "engine/sim.h"
#include "model/touched.h"

enum event_kind {
    KIND_END,
    KIND_OVERDUE,
    KIND_CHANGE,
    KIND_SHRUNK, /* changes took something from a partition at this instant */
    KIND_MAINTENANCE,
    KIND_WAKE,
    KIND_TURN,    /* a period of processor-hours begins */
    KIND_SEND,    /* the broker sends a job on */
    KIND_NETWORK, /* a transfer leaves the links */
    KIND_ARRIVAL  /* a job's data are there */
};

/* Rank in the input: 20 bits of workload, 40 of ordinal. */
#define ORDINAL_BITS 40

/* What tenants used of a centre, for the partitions with one scheduler. */
struct books {
    const struct order_type *order; /* whose view of usage it is */
    const void *params;
    int32_t centre;
    struct shares *shares; /* owned */
};

struct station {
    struct partition partition;
    struct sched sched;
    simtime wake; /* when a wake event is due; SIMTIME_NEVER: none */
    event_handle wake_event;
    bool dirty;              /* a pass is owed at this instant */
    bool again;              /* and one in the next round */
    bool owed;               /* something happened since the last pass */
    struct slots newcomers;  /* submitted at this instant, for the limit on queued jobs */
    struct books *books;     /* NULL: its order does not go by usage */
    uint32_t newest;         /* of the jobs that run here; kept where some may be stopped */
    struct windows *windows; /* owned: whose events are queued: those open, and the next to come */
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
    uint32_t untold;       /* steps until setup.progress is called */
    struct check *check;   /* NULL: not checking */
    struct broker *broker; /* NULL: jobs stay at home */
    struct waits *waits;   /* NULL: causes of waiting are not told apart */
    uint32_t *dirty;       /* rows of the places that owe a pass, in no order */
    size_t n_dirty;
    bool again; /* some place owes one in the next round */
    bool came;  /* to places with a limit on queued jobs, at this instant */
    struct job_kind {
        int32_t priority, qos, centre, partition;
    } * kinds; /* by workload, since a dated change; priority -1: its own; NULL: none changed */
    const struct error *failure; /* of a scheduler: the run has to end; NULL: all is well */
    uint32_t heard;              /* FACT_BIT of each kind that anybody hears, `waits` included */
    uint32_t told;               /* the same without `waits` */
    struct touched touched;
    bool eager;         /* some scheduler decides after each event, now or later */
    bool limits_queues; /* some scheduler has a limit on queued jobs */
    struct books **books;
    size_t n_books;
    simtime next_tick;             /* when the next period of some books begins */
    struct gates *gates;           /* NULL: no tenant and no QOS has a quota or a guarantee */
    struct outlook *outlook;       /* NULL: there are no guarantees */
    bool refuses;                  /* some quota or guarantee may refuse a job for good */
    simtime next_turn;             /* when an event for the next period of processor-hours is due */
    struct slots tenant_newcomers; /* as station.newcomers, for quotas of waiting jobs */
    bool reclaims;                 /* some scheduler stops jobs for claims, now or later */
    struct gaps *gaps_later;       /* owned: between windows, after each change */
};

/* waits.c: why jobs wait */

struct waits *waits_new(struct sim *sim);
void waits_free(struct waits *waits); /* takes NULL */

/* A job joins its queues; it leaves them. */
NOINLINE void waits_join(struct sim *sim, const struct job *job);
NOINLINE void waits_leave(struct sim *sim, const struct job *job);

/* All that happens at this instant has happened. */
NOINLINE void waits_settle(struct sim *sim);

/* A job left some of its queues, and waits on in the others. */
void waits_move(struct sim *sim, const struct job *job);

/* The processors asked by the jobs that wait in a partition, by cause. */
const int64_t *waits_queued(const struct waits *waits, int32_t partition);

/* A job was on its way, for as long as it says; it joins its queues after its submission. */
void waits_before(struct sim *sim, struct job *job);

/* A job that is pending when the run ends. */
void waits_close(struct sim *sim, struct job *job);

/* REQUIREs that the causes are those that hold; `jobs` as for causes_check. */
void waits_check(const struct sim *sim, bool jobs);

/* broker.c */

struct broker *broker_new(struct sim *sim);
void broker_free(struct broker *broker); /* takes NULL */

/* A job was submitted: it is sent to a centre, whose queue it joins now or later. */
NOINLINE void broker_submit(struct sim *sim, struct job *job);

/* One of the broker's own events. */
NOINLINE void broker_handle(struct sim *sim, const struct event *event);

/* Before anything happens at an instant: time to look? */
NOINLINE void broker_look(struct sim *sim);

/* What changes what the broker sees. */
NOINLINE void broker_hear(struct sim *sim, const struct fact *fact);
uint32_t broker_hears(const struct sim *sim); /* FACT_BIT of each kind that means something to it */
NOINLINE void broker_changed(struct sim *sim, int32_t partition);

/* Where there are quotas or guarantees: a job waits (1), or does so no longer (-1); it starts, or
 * it ends or is stopped; a tenant has other terms. */
NOINLINE void broker_waits(struct sim *sim, const struct job *job, int sign);
NOINLINE void broker_runs(struct sim *sim, const struct job *job, int sign);
NOINLINE void broker_tenant_changed(struct sim *sim, int32_t tenant);
NOINLINE void broker_joined(struct sim *sim, struct job *job, int32_t partition);
NOINLINE void broker_left(struct sim *sim, const struct job *job, int32_t partition, bool starts);

/* Is the job on its way? If so, how long it took so far is put into it. */
bool broker_is_coming(struct sim *sim, struct job *job);

/* REQUIREs what must hold of links, and (`jobs`) of jobs on their way. O(transfers), O(live jobs).
 */
void broker_check(struct sim *sim, bool jobs);

/* To all but `waits`. */
NOINLINE void sim_tell_all(struct sim *sim, enum fact_kind kind, const struct job *job,
                           int32_t partition);

/* Kinds of facts. */
enum {
    FACTS_OWING = FACT_BIT(FACT_END) | FACT_BIT(FACT_STOP) | FACT_BIT(FACT_CAPACITY), /* a pass */
    FACTS_JOINING = FACT_BIT(FACT_SUBMIT) | FACT_BIT(FACT_STOP),
    FACTS_LEAVING = FACT_BIT(FACT_START) | FACT_BIT(FACT_REJECT),
};

/* The one way in which anybody hears of anything but what an instant came to. O(observers). */
static inline void sim_tell(struct sim *sim, enum fact_kind kind, const struct job *job,
                            int32_t partition)
{
    if (!sim->heard)
        return;
    if (partition >= 0) {
        touched_add(&sim->touched, (size_t)partition);
        if (FACTS_OWING >> kind & 1)
            sim->stations[partition].owed = true;
        else if (kind == FACT_PASS)
            sim->stations[partition].owed = false;
    }
    if (sim->waits && (FACTS_JOINING >> kind & 1))
        waits_join(sim, job);
    else if (sim->waits && (FACTS_LEAVING >> kind & 1) && (job->wait_by || sim->check))
        waits_leave(sim, job);
    if (sim->told >> kind & 1)
        sim_tell_all(sim, kind, job, partition);
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

static inline bool decides_after_events(const struct sched_config *config)
{
    return config->decide == DECIDE_EVENT || config->commit_head;
}

static inline bool sim_counts(const struct sim *sim, const struct job *job)
{
    const struct world *world = sim->setup.world;
    return job->spec.submit >= world->measure_from && job->spec.submit < world->measure_until;
}

/* Those of a centre: [*ret_from, to). O(partitions). */
NOINLINE size_t sim_candidates_of_centre(const struct sim *sim, int32_t centre, size_t *ret_from);

/* The partitions a job may run in, but for those kept for others: [*ret_from, to). */
static inline size_t sim_candidates(const struct sim *sim, const struct job_spec *spec,
                                    size_t *ret_from)
{
    if (UNLIKELY(spec->partition < 0))
        return sim_candidates_of_centre(sim, spec->centre, ret_from);
    const struct partition_info *info = &sim->setup.world->partitions[spec->partition];
    *ret_from = (size_t)(spec->partition - info->reservations);
    return (size_t)spec->partition + 1;
}

/* How long the job runs and what it asks for in a partition, by plan. */
static inline void sim_place(struct job_spec *spec, const struct partition *partition)
{
    if (UNLIKELY(spec->work > 0))
        job_place(spec, partition_procs(partition, &spec->ask), partition->speeds);
}

static inline void sim_forget(struct sim *sim, struct job *job)
{
    sim->counted -= sim_counts(sim, job);
    jobs_free(&sim->jobs, job);
}

/* submit.c */

/* Into the queues where it may wait (job->waits_in); a pass is owed there. O(log n) a queue. */
void sim_enter_queues(struct sim *sim, struct job *job);

/* A pass is owed wherever it waits. */
void sim_mark_queues(struct sim *sim, const struct job *job);

NOINLINE void sim_reject(struct sim *sim, struct job *job, enum job_reason reason);

/* The same of one that waits: it leaves every queue. A bit for each of its candidates that wants a
 * pass: others may have waited for it there. `last`: where it was the last to come, so that nobody
 * has a reservation behind its own, or NULL; wants one. */
NOINLINE uint64_t sim_turn_out(struct sim *sim, struct job *job, enum job_reason reason,
                               const struct station *last);

/* Take the next job of the sources: into the queues where it may wait, or turned down. 0, or what
 * merge_advance says of a failure. O(log n) a queue. */
int sim_submit(struct sim *sim, struct error *err);

/* Could the partition ever run it, with the nodes it has now or will have, within its limit on
 * processors and the terms of the job's tenants? REASON_NONE, or why not. */
enum job_reason sim_may_hold(const struct sim *sim, const struct station *station,
                             const struct job_spec *spec);

/* The same whatever rules, access and terms say. */
NOINLINE enum job_reason sim_may_ever_run(const struct sim *sim, const struct station *station,
                                          const struct job_spec *spec);

static inline bool sim_is_of_terms(enum job_reason reason)
{
    return reason == REASON_QUOTA || reason == REASON_GUARANTEE || reason == REASON_LEFT ||
           reason == REASON_MAX_REQUEST;
}

/* A job that has a centre and a partition joins the queues where it may wait, or is turned down.
 * `late`: it was submitted before. O(log n) a queue. */
void sim_join(struct sim *sim, struct job *job, bool late);

/* A job that was just submitted is turned down: it waits nowhere. */
void sim_refuse(struct sim *sim, struct job *job, enum job_reason reason);

/* The limit on queued jobs, judged after the pass: the last to come are the first to go. */
NOINLINE void sim_turn_away(struct sim *sim, struct station *station);

/* The job leaves all queues it stands in but that of `but` (NULL: all), whose scheduler sees to it
 * itself. */
void sim_leave_queues(struct sim *sim, struct job *job, const struct sched *but);

/* shrunk.c */

/* Of the queues of a job, where it could still run, a bit for each; *ret_reason: why not in the
 * first of the others. */
uint64_t sim_could_run_in(const struct sim *sim, const struct job *job,
                          enum job_reason *ret_reason);

/* At an instant at which the partition lost something, when all its changes have been made: what
 * waits there and could never run there any more leaves its queue, and is rejected if it waits
 * nowhere else where it could. O(live jobs log live jobs). */
NOINLINE void sim_shrunk(struct sim *sim, struct station *station);

/* REQUIREs that all that waits could run, windows aside. O(live jobs). */
void sim_check_waiting(struct sim *sim);

/* terms.c */

/* Why quotas of its tenants and its QOS, and at home guarantees with what may be borrowed, never
 * let the job start on so many processors for so long, each as it is or as it will be from some
 * date on, or are now against single jobs that ask so much; REASON_NONE: they may. O(depth), and
 * O(changes) more for each that does not now. */
NOINLINE enum job_reason sim_terms_refuse(const struct sim *sim, const struct job_spec *spec,
                                          int32_t centre, int32_t procs, simtime request);

/* tenants.c */

/* Quotas and guarantees of the world, if there are any; usage as the order of the scheduler wants
 * it, with what runs counted from now on. */
void sim_gates_open(struct sim *sim);
void sim_open_books(struct sim *sim, struct station *station, const struct sched_config *config);
struct tenancy sim_tenancy(const struct sim *sim, const struct station *station);
void sim_tenants_free(struct sim *sim);

/* A period of ranks, of processor-hours begins. The latter is a reason for a pass only where what
 * was spent in the one before holds a job: O(live jobs x depth). */
NOINLINE void sim_tick(struct sim *sim);
NOINLINE void sim_turn(struct sim *sim);

/* So many more jobs of its tenant wait, this one among them while it stands in its queues; one of
 * those starts; one that ran ends. O(depth), and where there are gates O(partitions). */
NOINLINE void sim_gates_wait(struct sim *sim, const struct job *job, int jobs);
static inline void sim_tenant_waits(struct sim *sim, const struct job *job, int jobs)
{
    if (UNLIKELY(sim->gates != NULL))
        sim_gates_wait(sim, job, jobs);
}
NOINLINE void sim_tenant_starts(struct sim *sim, const struct job *job);
NOINLINE void sim_tenant_ends(struct sim *sim, const struct job *job);

/* Does it matter whose jobs start and end? */
static inline bool sim_minds_tenants(const struct sim *sim)
{
    return sim->n_books > 0 || sim->gates;
}

/* The world's row of the tenant, of the QOS has changed. */
void sim_tenant_changed(struct sim *sim, int32_t tenant);
void sim_qos_changed(struct sim *sim, int32_t qos);

/* The centre has other processors in service. */
void sim_gates_capacity(struct sim *sim, int32_t centre);

/* As sim_turn_away, for the quotas of tenants. */
NOINLINE void sim_tenants_turn_away(struct sim *sim);

/* REQUIREs that no limit is exceeded, and that no claim waits that could be met. */
void sim_tenants_check(struct sim *sim);

/* reclaim.c */

/* struct sched_actions: stop jobs of borrowers so that the job fits, if that is possible: the last
 * to start are chosen first, and none is stopped that the others make needless. O(running), and
 * O(chosen^2) with nodes or maintenance ahead O(nodes) or O(steps) more for each. */
NOINLINE bool sim_reclaim(void *ctx, struct sched *sched, struct job *job);

/* REQUIREs that no claim which could be met is left waiting by a pass. */
void sim_claims_check(struct sim *sim, struct station *station);

/* The jobs that run in a partition, in order of their starts. O(1). */
static inline void sim_link(struct sim *sim, struct station *station, struct job *job)
{
    job->older = station->newest;
    job->newer = JOB_NONE;
    if (station->newest != JOB_NONE)
        jobs_at(&sim->jobs, station->newest)->newer = job->slot;
    station->newest = job->slot;
}

static inline void sim_unlink(struct sim *sim, struct station *station, const struct job *job)
{
    if (!sim->reclaims)
        return;
    if (job->newer != JOB_NONE)
        jobs_at(&sim->jobs, job->newer)->older = job->older;
    else
        station->newest = job->older;
    if (job->older != JOB_NONE)
        jobs_at(&sim->jobs, job->older)->newer = job->newer;
}

/* dated.c */

/* Put the dated changes, and the windows of a partition, among the events. */
void sim_queue_changes(struct sim *sim);
void sim_queue_windows(struct sim *sim, struct station *station);

/* Their time has come. */
NOINLINE void sim_apply(struct sim *sim, const struct sim_change *change);
NOINLINE void sim_maintain(struct sim *sim, uint32_t row, uint64_t source);

#endif
