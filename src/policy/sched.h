/* A scheduler: one a partition. Its parts (order, backfill, placement, admission, when it decides)
 * are independent; a pass looks at the queue and the partition and acts only by starting jobs. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef POLICY_SCHED_H
#define POLICY_SCHED_H

#include "model/draft.h"
#include "model/partition.h"
#include "policy/plan.h"
#include "policy/queue.h"

enum decide {
    DECIDE_INSTANT, /* once an instant, after all that happens then */
    DECIDE_EVENT,   /* after each event, as published simulators do */
    DECIDE_EVERY    /* at multiples of `every` since the start */
};

/* How jobs may pass a blocked head. All but `conservative` are one engine with a different number
 * of reservations. */
struct backfill_type {
    struct kind kind;
    bool conservative;
    int64_t depth; /* jobs with a reservation at each pass; -1: the parameter `reserve` */
    bool slurm;    /* the parameters are a struct backfill_slurm */
};

#define DEPTH_ALL INT64_MAX

/* Parameters of `{reserve: k, order: ...}`. */
struct backfill_reserve {
    int64_t depth;
    struct kinded order; /* of the candidates; kind NULL: as the queue */
};

/* Parameters of `slurm`: as the two schedulers of Slurm work together (slurm.conf(5),
 * SchedulerParameters). Counts: INT64_MAX no limit; times: SIMTIME_NEVER never. */
struct backfill_slurm {
    simtime interval, window, resolution; /* of the plan */
    int64_t depth, starts;                /* jobs tested and started by one plan */
    int64_t per_tenant;                   /* jobs of one tenant tested by one plan */
    int64_t reservations;                 /* made by one plan */
    simtime reserve_after;                /* jobs that waited less hold no reservation */
    int64_t queue_depth;                  /* jobs looked at when something happens */
    simtime full_interval;                /* when all are looked at */
};

extern const struct kind_list backfill_kinds;

/* Borrowed parameters outlive the scheduler. */
struct sched_config {
    const struct order_type *order;
    const void *order_params;
    bool conservative;
    int64_t depth;
    const struct order_type *candidate_order; /* NULL: as `order` */
    const void *candidate_params;
    const struct backfill_slurm *slurm; /* NULL: another backfill */
    enum decide decide;
    simtime every;
    bool commit_head;       /* keep a blocked head chosen until it starts */
    bool extend;            /* jobs may outlive their request */
    int64_t max_queued;     /* -1: no limit */
    int64_t max_processors; /* of one job; -1: no limit */
    bool reclaim;           /* stop what borrowers started last for a claim on a guarantee */
    double weight;          /* of the partition, for orders that ask */
};

struct sched;

/* What a scheduler acts through. */
struct sched_actions {
    void *ctx;
    /* The job starts; it must be taken out by sched_withdraw. */
    void (*start)(void *ctx, struct sched *sched, struct job *job);
    /* Make room for a job that is owed part of a guarantee by stopping others; false if it cannot
     * be. */
    bool (*reclaim)(void *ctx, struct sched *sched, struct job *job);
};

/* A stretch of time. */
struct span {
    simtime from, to;
};

/* A waiting job with a reservation. */
struct held {
    struct jobitem item;
    simtime start;          /* SIMTIME_NEVER: the machine is too small for it as it is */
    struct booking booking; /* in the plan, if there is a start */
};

struct slots {
    uint32_t *items;
    size_t len, cap;
};

/* A planning pass: reservations stand in sched->draft until it ends. */
enum { TURNS_SOME = 64, TURNS_MOST = 4 * TURNS_SOME };
#define TURN_HAD UINT32_MAX /* slot of an item that had its turn early */
struct turns {
    /* Whom it is still made for: the next job behind the one at hand that may start now, by count
     * and for all that is reserved so far. Reservations only take: who may not start will not. */
    bool hopes;
    bool hoped;          /* there was one: nobody before it may start any more */
    struct jobitem hope; /* the last one */
    simtime until;       /* it is so as long as nothing is taken before; no such job: INT64_MAX */
    simtime window;      /* others may start now only if they ask for no longer, ... */
    int64_t spare;       /* ... or for no more processors than these */

    bool begun;
    double base;                      /* of the queue, in the keys below */
    struct jobkey last;               /* before the first of these, if any was */
    struct jobitem items[TURNS_MOST]; /* read ahead */
    struct jobitem *next, *end;       /* of these */

    /* Some had their turn early: what they took is beyond the reach of those before them. The last
     * that is still a waiting job ends at `early`. */
    const struct jobitem *early;
    const struct jobitem *clear;  /* up to here none is in the way of the hope */
    const struct jobitem *behind; /* what has to have its turn before the hope is looked at again */
};

/* The last plan made as Slurm does. */
enum { SLURM_SIZES = 31 };
struct slurm_plan {
    int64_t depth, starts, reservations; /* what is left of its limits */
    int64_t started;
    struct draft_grid grid; /* of the resolution */
    /* By class of processors: one that asks for as many, for so long or longer, finds no start
     * within the window. */
    simtime too_long[SLURM_SIZES];
    int sizes; /* of these are kept: classes in which the partition has as many */
    /* The next may go on where it ended: until `good` the same jobs would hold the same
     * reservations, had nothing happened but that jobs came behind the last one it tested. */
    bool kept;
    simtime good;
    bool firm; /* so far they would, though jobs started behind them */
    bool over; /* nobody behind could start, and no more than time has passed since */
};

struct sched {
    struct sched_config config;
    struct partition *partition; /* borrowed */
    struct jobs *jobs;           /* borrowed */
    struct sched_actions actions;
    struct tenancy tenancy;

    struct queue queue;
    struct queue candidates; /* in an order of its own; else unused */
    bool two_queues;

    struct slots fresh; /* submitted since the last pass */
    bool passing;       /* a pass is on */
    simtime passed;     /* when the last one was */
    bool failed;        /* a script did: the run has to end with `failure` */
    struct error failure;
    bool changed; /* more than submissions and new ranks since the last pass */

    /* What the last pass found, while nothing but submissions has happened since. */
    bool blocked;
    struct jobitem head;
    simtime shadow;
    int64_t spare;

    bool outlives; /* jobs may outlive their request, now or under rules that they started by */

    bool committed; /* commit_head: the head is chosen; `shadow` is its published estimate */

    /* Conservative: the waiting jobs with their reservations, in queue order. */
    struct held *held;
    size_t n_held, held_cap;
    bool early;        /* something came free before it was planned to */
    bool vacated;      /* one that others may have waited for left */
    bool replan;       /* the profile was made anew: so must the plan be */
    bool lost;         /* and some reservations may have lost their room */
    struct plan *plan; /* owned; NULL as long as no backfill was conservative */

    /* Slurm. */
    bool news;       /* something happened since the last plan */
    bool cut;        /* the last look at the queue ended at its depth */
    int64_t *tested; /* jobs of each tenant in this plan; owned */
    size_t tested_cap;

    /* On a constrained partition: the nodes kept for the blocked head, of those that are free now
     * besides, and a scratch of the nodes to come. Owned. */
    struct allocation kept, kept_free;
    struct cluster *future;

    struct draft *draft; /* of a planning pass; owned, NULL before the first */
    struct turns turns;  /* likewise */
    struct slurm_plan slurm_plan;
};

void sched_init(struct sched *sched, const struct sched_config *config, struct partition *partition,
                struct jobs *jobs, const struct tenancy *tenancy,
                const struct sched_actions *actions);
void sched_deinit(struct sched *sched);

/* Other rules from now on; waiting jobs are sorted anew. Reservations stay where they are if there
 * were some and are to be some; else, if there are to be, jobs get them in the new order.
 * O(n log n). */
void sched_configure(struct sched *sched, const struct sched_config *config, simtime now);

/* A job joins the queue. O(log n). */
void sched_add(struct sched *sched, struct job *job, simtime now);

/* A waiting job leaves it without having started here. O(log n). */
void sched_withdraw(struct sched *sched, struct job *job);

/* A job left the queue because it started elsewhere. Does the scheduler want a pass, because it was
 * the blocked head or held a reservation? O(1). */
bool sched_gave_way(struct sched *sched);

/* A job that held processors until `due` by request gave `procs` back at `now`. O(1);
 * conservative: O(steps of the plan until then). */
void sched_released(struct sched *sched, simtime now, simtime due, int64_t procs);

/* Capacity is about to change (called before partition_resize or partition_maintain): what was
 * planned on it has to be looked at again, and what a loss not known ahead took the room of, to be
 * made anew. O(1).
 */
enum capacity_change { CAPACITY_GAIN, CAPACITY_LOSS, CAPACITY_KNOWN };
void sched_capacity_changed(struct sched *sched, enum capacity_change change);

/* Tenants changed: ranks are looked at anew as of `now`, in the period begun at `tick`; one runs on
 * more or fewer processors; the gates may let through what they held, or hold the head. */
void sched_rank(struct sched *sched, simtime now, simtime tick);
void sched_usage_changed(struct sched *sched, int32_t tenant);
void sched_gates_changed(struct sched *sched);

/* Decide. Jobs start through the actions. */
void sched_pass(struct sched *sched, simtime now);

/* When it wants to be called though nothing happens: the next reserved start after `now`, the next
 * plan. O(held jobs); SIMTIME_NEVER: not at all. */
NOINLINE simtime sched_next_start(const struct sched *sched, simtime now);

/* When ranks of tenants that stand for a period change next; SIMTIME_NEVER: they do not. O(1). */
simtime sched_next_ranks(const struct sched *sched);

/* The instant it asked for has come, or a job became overdue. O(1). */
static inline void sched_woken(struct sched *sched)
{
    sched->changed |= !sched->config.slurm; /* to which neither is something that happens */
}

/* Would this job fit by count at this moment? */
bool sched_would_fit(const struct sched *sched, const struct job *job, simtime now);

/* REQUIREs every invariant of queue, plan and partition; `jobs` as for partition_check. O(log) for
 * each of these and of what has a reservation. */
void sched_check(struct sched *sched, struct some_jobs jobs, simtime now);

/* For the files of this folder. */
/* Free processors at `now`: by the profile, and really where jobs outlive their requests. */
int64_t sched_free(const struct sched *sched, simtime now);
bool sched_can_start(const struct sched *sched, const struct jobitem *item, simtime now);
void sched_start(struct sched *sched, const struct jobitem *item);
/* No start was found for it from `after` on: look further ahead at windows that come again, where
 * it may find one by `last`. Whether more is known now. */
NOINLINE bool sched_look(struct sched *sched, const struct jobitem *item, simtime after,
                         simtime last);
/* The first of the queue; claims on guarantees go before all else. Starts heads while they fit:
 * false when none is left, else *ret_head is the blocked one. */
bool sched_first(struct sched *sched, struct jobitem *ret);
/* The first job after `*after` (NULL: from the beginning) that is owed part of a guarantee, in the
 * order of the queue. *ret_claims: nothing above its tenant holds it. */
NOINLINE bool sched_next_owed(struct sched *sched, const struct jobkey *after, struct jobitem *ret,
                              bool *ret_claims);
/* As sched_first. With reclaim, others are stopped for a job that comes before it and that only
 * those above its tenant hold, where that lets it start: then it is the one. */
bool sched_next_head(struct sched *sched, struct jobitem *ret);
bool sched_start_heads(struct sched *sched, simtime now, struct jobitem *ret_head);
/* A head has started: where ranks are live, what stands first may be another. Candidates behind a
 * blocked head are taken in the order there was when it was found. */
void sched_settle_live(struct sched *sched, simtime now);
/* Others are stopped for a head with a claim, if that is the rule: may it start now? */
bool sched_make_room(struct sched *sched, const struct jobitem *head, simtime now);
void sched_backfill_pass(struct sched *sched, simtime now);
bool sched_still_blocked(struct sched *sched);
NOINLINE void sched_constrained_pass(struct sched *sched, simtime now);
NOINLINE void sched_commit_pass(struct sched *sched, simtime now);
NOINLINE void sched_slurm_pass(struct sched *sched, simtime now);
/* A job came while the last plan is kept. O(1). */
void sched_slurm_added(struct sched *sched, const struct job *job, int32_t procs, simtime now);
simtime sched_slurm_next(const struct sched *sched, simtime now);
NOINLINE void sched_conservative_pass(struct sched *sched, simtime now);
void sched_forget_plan(struct sched *sched, const struct job *job);
/* Reservations as they were, for jobs that are in the queue again; `held` is taken. O(n log n). */
void sched_hold_again(struct sched *sched, struct held *held, size_t n, simtime now);
/* A planning pass begins, or goes on where the last one ended. */
void sched_plan_begin(struct sched *sched, simtime now);
void sched_plan_resume(struct sched *sched, simtime now);
void sched_plan_end(struct sched *sched);
/* Since it ended: is this where some had their turn? */
bool sched_plan_reached(const struct sched *sched, const struct jobkey *key);
void sched_plan_deinit(struct sched *sched);
/* Is there one behind the job at hand that may start now? More jobs are read ahead, behind those
 * that are; false: none, or no more at once. */
bool sched_plan_hopes(struct sched *sched, simtime now);
bool sched_plan_read(struct sched *sched);
static inline void sched_plan_forget_hope(struct turns *turns)
{
    turns->hopes = false;
    turns->until = INT64_MAX;
    turns->clear = turns->behind = NULL;
}
/* Is it still made for somebody? O(log) for each job that fits by count and is found not to,
 * amortised. */
static inline bool sched_plan_goes_on(struct sched *sched, simtime now)
{
    return LIKELY(sched->draft->touched >= sched->turns.until) || sched_plan_hopes(sched, now);
}
/* The next job in queue order, valid until the next call. NULL: none is left. */
static inline const struct jobitem *sched_plan_take(struct sched *sched)
{
    struct turns *turns = &sched->turns;
    const struct jobitem *item;
    do {
        if (UNLIKELY(turns->next == turns->end) && !sched_plan_read(sched))
            return NULL;
        item = turns->next++;
    } while (UNLIKELY(item->slot == TURN_HAD));
    if (item->key.seq == turns->hope.key.seq)
        sched_plan_forget_hope(turns);
    return item;
}
/* Both in one: NULL also where none may start now; the pass may end. */
static inline const struct jobitem *sched_plan_next(struct sched *sched, simtime now)
{
    return sched_plan_goes_on(sched, now) ? sched_plan_take(sched) : NULL;
}
/* When the job could start by the draft; if it could now by count but finds no place on the nodes,
 * after the next release. SIMTIME_NEVER: not as things stand, or not until `last`. */
simtime sched_earliest(struct sched *sched, const struct jobitem *item, simtime now, simtime last);
/* It starts. Those read ahead, and who may start, are read anew where gates may hold them now. */
void sched_plan_start(struct sched *sched, const struct jobitem *item, simtime now);
/* sched_free, beside what is reserved. */
int64_t sched_free_beside(const struct sched *sched, simtime now);
void sched_check_plan(struct sched *sched, struct some_jobs jobs, simtime now);
static inline const struct queue *sched_candidates(const struct sched *sched)
{
    return sched->two_queues ? &sched->candidates : &sched->queue;
}

#endif
