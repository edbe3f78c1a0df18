/* The one stream of facts. The trace, the series, the metrics and the invariant checks listen to
 * it; nothing they do comes back. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_OBSERVE_H
#define MODEL_OBSERVE_H

#include "model/access.h"
#include "model/job.h"

/* Why a job that was sent to a centre has not joined a queue there. */
enum coming { COMING_DATA, COMING_BROKER, COMINGS };

/* What a partition holds now. In processors, but for jobs. capacity = busy + idle + down. */
struct partition_counts {
    int64_t capacity, down, busy, queued_jobs, queued_procs;
    int64_t coming_jobs[COMINGS], coming_procs[COMINGS]; /* that may come to wait in it */
};

struct partition_info {
    const char *name; /* "ascend" */
    const char *path; /* "wuhan-ai/ascend" */
    int32_t centre;
    bool part; /* a reservation, part of the partition in row `of` */
    int32_t of;
    int32_t reservations;      /* that are part of this one: the rows just before it */
    const char *processor;     /* kind of processor; "" if not said */
    double flops;              /* of one processor, at `precision`; 0: not said */
    const char *precision;     /* "fp16"; "" if not said */
    double speeds[PRECISIONS]; /* of one processor, operations a second; 0: not said */
};

struct centre_info {
    const char *name;
};

/* What a tenant with all below it, or a QOS, may have at once. */
struct tenant_quota {
    int64_t processors, jobs; /* running; INT64_MAX: no limit */
    int64_t queued;           /* jobs that wait; those beyond are rejected; INT64_MAX: no limit */
    double processor_seconds; /* used in a period; INFINITY: no limit */
    int months;               /* the period: so many calendar months (12: a calendar year), or */
    simtime step;             /* this long, from the start on; both 0: the whole run */
    int64_t max_processors;   /* of one job; INT64_MAX: no limit */
    simtime max_request;      /* the same; SIMTIME_NEVER: no limit */
};

/* What a tenant is sure to get of what it shares with its brothers (Kueue's cohort). */
struct tenant_guarantee {
    int64_t processors; /* at any time; -1: no guarantee */
    int64_t borrow;     /* beyond it while brothers leave theirs idle; INT64_MAX: no limit */
    int64_t lend;       /* of it, to brothers, while idle; INT64_MAX: all */
};

/* The shares of a tenant whose share changes at dates. */
struct tenant_shares {
    size_t len;
    struct {
        simtime at; /* from then on; the first is of the start */
        double share;
    } items[];
};

struct tenant_info {
    const char *path; /* "users/12" */
    int32_t parent;   /* row, -1: none */
    int32_t home;     /* row of the centre */
    double share;     /* of what its parent has, relative to its brothers; above 0; as of now */
    const struct tenant_quota *quota;         /* NULL: none; borrowed */
    const struct tenant_guarantee *guarantee; /* NULL: none; borrowed */
    const struct tenant_quota *each;    /* quota of each that a log brings below it, or NULL */
    bool remote;                        /* it is not where the centre is */
    const char *sector;                 /* its trade; NULL: not said; borrowed */
    const struct tenant_shares *shares; /* NULL: `share` stays as it is; borrowed */
};

/* A quality of service: what jobs of any tenants may have together. */
struct qos_info {
    const char *name;
    const struct tenant_quota *quota; /* of all its jobs; NULL: none; borrowed */
    const struct tenant_quota *each;  /* of each tenant that submits them; the same */
};

struct workload_info {
    const char *path; /* "handary/monthly-retraining" */
    int32_t tenant;
};

struct world {
    struct centre_info *centres;
    size_t n_centres;
    struct partition_info *partitions;
    size_t n_partitions;
    struct {
        struct tenant_info *items;
        size_t len, cap;
    } tenants;             /* grows while a log is read */
    struct access *access; /* grows with them; NULL: nothing is kept for anybody */
    struct workload_info *workloads;
    size_t n_workloads;
    struct qos_info *qos; /* row 0 is "none" */
    size_t n_qos;         /* 0: there are none */
    simtime start;        /* of the run: microseconds since 1970-01-01T00:00Z */
    int32_t offset;       /* of the start, seconds east of UTC: the calendar of the run */
    simtime length;       /* SIMTIME_NEVER: until the last end */
    uint32_t causes; /* of waiting that can occur, by bit of enum wait_cause; 0: not told apart */
    bool stops;      /* jobs that run may be stopped for others */
    bool deadlines;  /* some jobs have one */
    simtime begins;  /* nothing happens and nothing counts before, in windows of logs; else 0 */
    simtime measure_from, measure_until; /* jobs submitted in [from, until) are counted */
};

enum fact_kind {
    FACT_SUBMIT,   /* a job was submitted: it is in the queue unless a FACT_REJECT follows */
    FACT_REJECT,   /* a job was rejected: final */
    FACT_START,    /* a job started */
    FACT_END,      /* a job ended: final */
    FACT_STOP,     /* a job that ran was stopped for others: it waits again */
    FACT_CAPACITY, /* capacity or down changed; no job */
    FACT_QUEUE,    /* a job that waits in several queues joined or left this one; no job is told */
    FACT_PASS,     /* a scheduling pass is over; no job */
    FACT_SETTLED   /* an instant is over at which something happened in the partition; no job */
};

#define FACT_BIT(kind) (1u << (kind))

struct fact {
    enum fact_kind kind;
    simtime at;
    const struct job *job; /* valid during the call only */
    int32_t partition;     /* row; of the job, or the one that changed */
    /* What that partition holds, and the processors asked by its waiting jobs by enum wait_cause
     * (NULL: causes are not told apart). What it held within an instant never lasted: a simulation
     * tells both with FACT_SETTLED only, else NULL. */
    const struct partition_counts *counts;
    const int64_t *queued_by;
};

/* The world outlives every observer. `finish` is called once, at the end of the run, for every job
 * that is still pending or running first `unfinished`, then `finish`; both are told that end. */
struct observer {
    void *ctx;
    uint32_t hears; /* FACT_BIT of each kind that it is told of */
    void (*see)(void *ctx, const struct fact *fact);
    void (*unfinished)(void *ctx, const struct job *job, simtime end); /* may be NULL */
    void (*finish)(void *ctx, simtime end);                            /* may be NULL */
};

#endif
