/* What the files of the broker share. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ENGINE_BROKER_STATE_H
#define ENGINE_BROKER_STATE_H

#include "engine/holds.h"
#include "engine/state.h"

#define NOBODY UINT32_MAX

/* Partitions of a centre, by bit; but for `ways` among all of it, as job_waits_in. */
enum { MOST_LANES = 64 };

/* A job that was sent and has not arrived: by slot, linked in the order of sending, per centre. */
struct way {
    uint32_t before, after; /* slots; NOBODY: none */
    simtime arrival;        /* as expected when it was sent */
    uint64_t counted;       /* bits: partitions that count it as coming, as job->waits_in */
    uint64_t in;            /* bits: where it will wait, as expected when it was sent */
    bool listed;
    bool moving; /* it was sent: its data move */
};

/* Jobs of a centre that wait in several partitions, or will, as far as they are known: each counted
 * once, as it asks in the first of these. Those in fewer first, then by bits; only such as have
 * jobs. */
struct share {
    uint64_t in;
    int64_t jobs, procs;
    area asked;
};

struct shares {
    struct share *items; /* owned */
    size_t len, cap;
};

/* One partition of a centre whose queues are planned as one. */
struct lane {
    struct forecast *forecast; /* valid */
    size_t next;               /* of its items */
    struct profile *plan;      /* of the forecast */
    /* Where the job at hand may run: */
    bool open;
    struct jobitem item;
    size_t ahead;  /* items that stand before it */
    simtime after; /* it does not start before */
};

/* Rows of partitions: [from, to). */
struct rows {
    size_t from, to;
    const struct sched *only; /* of a single one, which is nobody's part and open to all, without
                               * terms; else NULL */
};

struct broker {
    const struct sim_broker *setup;
    void *state; /* of the policy; owned */
    struct network *network;
    event_handle network_event;
    simtime network_at;         /* of that event; SIMTIME_NEVER: none */
    struct rng_stream *draws;   /* by workload */
    struct forecast *forecasts; /* by partition */
    simtime next_look;          /* the multiple of the interval from which it looks anew */
    struct way *ways;
    size_t n_ways;
    uint32_t *first, *last; /* on their way, by centre */
    struct sim_sent *sent;  /* by home x centre */
    struct shares *shares;  /* by centre, as of now */
    struct shares *seen;    /* by centre, as of the last look, with those sent since */
    uint64_t *placed;       /* seq of jobs that a common plan will meet again; owned */
    size_t n_placed, placed_cap;

    /* Of the decision at hand. */
    struct sim *sim;
    struct job *job;
    struct broker_choice *choices;
    struct broker_bound *bounds;
    int32_t *partitions; /* where it would wait, by choice */
    int32_t *names;      /* by partition: the first that has the same name */
    struct rows *rows;   /* by centre: its partitions, which stand together */
    size_t n_choices;
    bool may_share;        /* there is a centre of several partitions */
    struct holds *holds;   /* NULL: there are no guarantees, or it does not look */
    bool bounds_starts;    /* that, or limits on queued jobs, may matter */
    int64_t *queued_jobs;  /* by partition: as of the last look, with those sent since */
    bool cut_off;          /* there is a centre that could hold it, and no way for its data */
    enum job_reason terms; /* why its tenants' terms refuse it for ever, where one else could */
};

static inline const struct sim_freight *broker_freight(const struct broker *broker,
                                                       const struct job *job)
{
    return sim_freight_of(broker->setup, job);
}

/* broker.c: what the queue of the partition, and jobs on their way to it, mean for its forecast. */
void broker_read_queue(struct broker *broker, struct forecast *forecast);

/* For guarantees: it waits or is on its way, or (-1) does so no longer: it counts by the first
 * queue in which it stands, or may stand once it is there. */
void broker_hold(struct broker *broker, struct holds *holds, const struct job *job, int sign);

/* Jobs that wait in the partition or are on their way to it, as far as they are known, now. */
int64_t broker_queued_jobs(const struct broker *broker, size_t partition);

/* broker_shares.c: one comes (1) or goes (-1). O(kinds). */
void shares_count(struct shares *shares, uint64_t in, int64_t procs, area asked, int sign);
void shares_assign(struct shares *to, const struct shares *from);

/* Those of the centre as the broker sees them. */
const struct shares *broker_shares(const struct broker *broker, int32_t centre);

/* By partition of the centre, as seen: processors that waiting jobs leave free, and work, with that
 * of jobs that may run in several. */
void broker_rooms(const struct broker *broker, int32_t centre, int64_t *rooms);
void broker_works(const struct broker *broker, int32_t centre, area *work);

/* broker_common.c: when the job at hand would start by the common plan of a centre's partitions.
 * O(items) placements. */
simtime broker_common_start(struct broker *broker, struct lane *lanes, size_t n, simtime now);

/* broker_choice.c: where the job goes, and how long it is on its way, as expected. SIMTIME_NEVER:
 * it can go nowhere, because of `terms`, else for want of a way if `cut_off`. O(centres), and what
 * their forecasts take. */
simtime broker_decide(struct broker *broker, struct job *job, const struct sim_freight *freight);

/* What a way says of the partitions that the job may run in, among all of its centre. */
static inline uint64_t broker_in_centre(const struct broker *broker, const struct job *job,
                                        uint64_t in)
{
    size_t from;
    sim_candidates(broker->sim, &job->spec, &from);
    return in << (from - broker->rows[job->spec.centre].from);
}

#endif
