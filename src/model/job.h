/* A job: what its source says of it, and what becomes of it. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_JOB_H
#define MODEL_JOB_H

#include "model/cluster.h"
#include "util/simtime.h"

#include <stddef.h>

/* Codes of /jobs.state and rows of /names/states: written to traces, so never renumbered. */
enum job_state {
    JOB_COMPLETED,
    JOB_KILLED, /* at its request */
    JOB_FAILED,
    JOB_ABANDONED,
    JOB_REJECTED,
    JOB_PENDING,
    JOB_RUNNING,
    JOB_STATES
};

/* Why a job was rejected: codes of /jobs.reason and rows of /names/reasons, with "none" first.
 * X(constant, name of the metric, what holds). */
#define REJECTION_LIST(X)                                                                          \
    X(REASON_TOO_LARGE, "too_large", "asks more than the partition ever has")                      \
    X(REASON_MAX_QUEUED, "max_queued", "limit on queued jobs")                                     \
    X(REASON_MAX_PROCESSORS, "max_processors", "limit on processors a job")                        \
    X(REASON_QUOTA, "quota", "asks more than a quota allows")                                      \
    X(REASON_QUOTA_QUEUED, "quota_queued", "quota of queued jobs")                                 \
    X(REASON_NO_CENTRE, "no_centre", "no centre that it may use can hold it")                      \
    X(REASON_KEPT, "kept", "kept for other tenants")                                               \
    X(REASON_GUARANTEE, "guarantee", "asks more than is guaranteed and may be borrowed")           \
    X(REASON_NO_WAY, "no_way", "no links lead from its data to a centre that can hold it")         \
    X(REASON_MAX_REQUEST, "max_request", "limit on the time a job asks for")                       \
    X(REASON_NO_RUN, "no_run",                                                                     \
      "no group of nodes is large enough for it (placement contiguous: in a row, of one group)")   \
    X(REASON_LEFT, "left", "asks more than the guarantees of others ever leave it")                \
    X(REASON_MAINTENANCE, "maintenance",                                                           \
      "asks for longer than maintenance and reservations that come again ever leave it")

#define REASON_CONSTANT(reason, name, what) reason,
enum job_reason { REASON_NONE, REJECTION_LIST(REASON_CONSTANT) JOB_REASONS };

/* Why a job waits, the first that holds: the precedence is the order of this list. X(constant,
 * name, what holds). */
#define WAIT_CAUSE_LIST(X)                                                                         \
    X(CAUSE_DEPENDENCY, "dependency", "another job has to end first")                              \
    X(CAUSE_DATA, "data", "its data are on the way")                                               \
    X(CAUSE_BROKER, "broker", "the broker sends it elsewhere, its delay is not over")              \
    X(CAUSE_QUOTA, "quota", "a quota of its tenants or QOS")                                       \
    X(CAUSE_BUDGET, "budget", "the budget of its tenants")                                         \
    X(CAUSE_GUARANTEE, "guarantee", "what others are guaranteed, or its own bound on borrowing")   \
    X(CAUSE_CAPACITY, "capacity", "fewer processors free than it asks")                            \
    X(CAUSE_FRAGMENTATION, "fragmentation", "enough free, no placement")                           \
    X(CAUSE_RESERVED, "reserved", "fits, but would move a reservation or maintenance")             \
    X(CAUSE_ORDER, "order", "fits, but the rule keeps it behind another")

#define WAIT_CAUSE_CONSTANT(cause, name, what) cause,
enum wait_cause { WAIT_CAUSE_LIST(WAIT_CAUSE_CONSTANT) WAIT_CAUSES };

extern const char *const wait_cause_names[WAIT_CAUSES];
extern const char *const wait_cause_texts[WAIT_CAUSES]; /* what holds */
extern const char *const job_state_names[JOB_STATES];
extern const char *const job_reason_names[JOB_REASONS];

/* The kinds of arithmetic that a processor's speed is stated for. */
enum precision { PRECISION_FP64, PRECISION_FP32, PRECISION_FP16, PRECISION_INT8, PRECISIONS };
extern const char *const precision_names[]; /* NULL-ended */

enum job_priority { PRIORITY_HIGH, PRIORITY_MEDIUM, PRIORITY_LOW };

#define JOB_NONE UINT32_MAX
#define PARTITION_ANY (-1)
#define PARTITIONS_ANY_MAX 64 /* of a centre, for jobs that wait in any of them */

/* What a source says of a job. Plain data, copied. What its start and its end read stands first,
 * in one line of cache: see struct job. */
struct job_spec {
    struct ask ask;
    simtime submit;
    simtime runtime; /* on its reference processor; what it needs, not what it gets */
    simtime request; /* wall time asked for; all that a scheduler sees */
    /* A job given by work: how long it runs, and asks for, follows from where it runs. `runtime`
     * and `request` are then as job_place last set them. */
    double work;           /* operations, were they done at peak speed; 0: given by its run time */
    uint64_t ordinal;      /* place in its workload, from 0 */
    int32_t workload;      /* row of world.workloads: the order of the file */
    int32_t partition;     /* row of world.partitions, or PARTITION_ANY: any of its centre */
    int64_t id;            /* a log's own; 0: numbered in order of submission */
    int32_t tenant;        /* row of world.tenants */
    int32_t centre;        /* row of world.centres */
    int32_t priority;      /* enum job_priority */
    int16_t precision;     /* enum precision of the work */
    int16_t qos;           /* row of world.qos; 0: none */
    double request_factor; /* request / run time; below 0: `request` stands wherever it runs */
    simtime deadline;      /* when it ought to have ended; 0: no deadline */
};

enum { JOB_LINE = 64, JOB_LINES_USUAL = 4 };

/* A live job. Kept in a slab by struct sim and freed once its row is written.
 *
 * In a long queue a job is out of the caches by the time it starts. What all jobs are written by
 * stands in the first four lines; of these the start and the end touch all but the second. What
 * is behind them is touched only where jobs are stopped for others or sent by a broker. */
struct job {
    _Alignas(JOB_LINE) struct job_spec spec;
    simtime joined;         /* when it joined its queue; SIMTIME_NEVER: not yet */
    const simtime *wait_by; /* wait by enum wait_cause, once it left the queue; NULL: all 0 */
    uint32_t generation;
    int32_t overdue_event; /* handle of the one that tells it has reached its request; EVENT_NONE */

    uint64_t seq; /* place in the merged input: breaks all ties */
    uint64_t
        waits_in; /* of the partitions it may run in, by bit, those in whose queues it stands */
    uint32_t slot;
    int32_t partition; /* where it waits or runs; PARTITION_ANY while it waits in several */
    int32_t procs;     /* that it has or had; until it starts, what it asks for at least */
    uint8_t state;     /* enum job_state */
    uint8_t reason;    /* enum job_reason */
    bool live : 1;     /* false: a free slot */
    bool newcomer : 1; /* the limits on waiting jobs have not judged it yet */
    bool overdue : 1;  /* it reached its request in this attempt, and runs on */
    uint8_t waits_at;  /* with a broker: the first of these among all of the centre, if several */
    simtime start;     /* first one; SIMTIME_NEVER: not yet */
    simtime began;     /* start of this attempt */
    simtime pending_since; /* while it waits */
    simtime wait;          /* pending time of all attempts so far */

    struct allocation allocation;
    simtime due;       /* end by request, while it runs */
    simtime end;       /* last one; SIMTIME_NEVER: not yet */
    int32_t attempt;   /* from 1 once started */
    int32_t end_event; /* handle of the event that ends it; EVENT_NONE: there is none */

    uint32_t newer, older; /* running jobs of its partition in order of their starts; JOB_NONE */
    wide lost;             /* processor-microseconds that it has to do again */
    double attained;       /* processor-seconds of former attempts */
    int32_t preemptions;   /* times it was stopped for others */
    simtime broker_time;   /* with the broker, before it was sent */
    simtime data_time;     /* while its data moved */
    int64_t data;          /* bytes that move with it */
};

_Static_assert(offsetof(struct job, seq) == 2 * JOB_LINE, "what waits and starts has its line");
_Static_assert(offsetof(struct job, newer) == JOB_LINES_USUAL * JOB_LINE, "what few need is last");

/* The same by bits among all partitions of the centre, if they are several. */
static inline uint64_t job_waits_in(const struct job *job)
{
    return job->waits_in << job->waits_at;
}

/* Speeds of one processor of a partition, by enum precision, in operations a second: one that jobs
 * are given in is above 0 wherever they may run.
 *
 * job_place: a job given by work gets the run time it has, and the request it makes, on `procs` of
 * those processors; of any other nothing changes. The one function that turns work into time: for
 * whoever moves a job to another partition. job_request and
 * job_runtime_of_work: what it would ask for there, and how long it would run. O(1). */
NOINLINE void job_place(struct job_spec *spec, int32_t procs, const double *speeds);
NOINLINE simtime job_runtime_of_work(const struct job_spec *spec, int32_t procs,
                                     const double *speeds);
NOINLINE simtime job_request_of_work(const struct job_spec *spec, int32_t procs,
                                     const double *speeds);

static inline simtime job_request(const struct job_spec *spec, int32_t procs, const double *speeds)
{
    return LIKELY(spec->work == 0) ? spec->request : job_request_of_work(spec, procs, speeds);
}

/* Only what did happen: jobs that ended or were rejected carry their final state. */
static inline bool job_ended(const struct job *job)
{
    return job->state == JOB_COMPLETED || job->state == JOB_KILLED || job->state == JOB_FAILED ||
           job->state == JOB_ABANDONED;
}

#endif
