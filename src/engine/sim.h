/* One simulation: jobs from the sources, partitions with their schedulers, the clock, and the
 * observers that hear of it. All state is in struct sim: two can live side by side. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ENGINE_SIM_H
#define ENGINE_SIM_H

#include "core/events.h"
#include "engine/forecast.h"
#include "engine/merge.h"
#include "model/network.h"
#include "policy/broker.h"
#include "util/dist.h"

#include <signal.h>

/* At a date a group of a partition gets other nodes, a partition other rules, or other windows of
 * its own are known, the jobs of a workload another priority, QOS or place, a tenant another share,
 * quota and guarantee, or a QOS other quotas. */
struct sim_change {
    simtime at;
    enum {
        CHANGE_NODES,
        CHANGE_RULES,
        CHANGE_WINDOWS,
        CHANGE_KIND,
        CHANGE_TENANT,
        CHANGE_QOS
    } what;
    int32_t partition; /* of the first three */
    size_t group;
    int32_t nodes, procs_per_node;     /* of the group */
    const struct sched_config *config; /* borrowed; of rules, as is the next */
    const struct placement_type *placement;
    int32_t workload;
    int32_t priority;             /* enum job_priority */
    int32_t qos;                  /* row; of the jobs, or the one that changes */
    int32_t centre, at_partition; /* where the jobs go, as in struct job_spec */
    int32_t tenant;               /* row */
    double share;
    const struct tenant_quota *quota; /* borrowed, as in struct tenant_info; so are the next */
    const struct tenant_guarantee *guarantee;
    const struct tenant_quota *each; /* of a QOS */
};

struct sim_partition {
    struct partition_setup setup;
    struct sched_config config;
};

/* What the broker has to know of a workload's jobs that are submitted from a date on. */
struct sim_freight {
    simtime from;
    const struct dist *data; /* bytes a job; NULL: none */
    int32_t home, data_at;   /* centres */
    bool may_leave;          /* else its jobs stay where their data are */
    const bool *centres;     /* by centre: where its jobs may run; NULL: anywhere */
};

struct sim_freights {
    const char *path;                /* addresses the draws */
    const struct sim_freight *items; /* by date, the first from the start */
    size_t len;
};

/* The links between centres and who chooses the centre of a job. */
struct sim_broker {
    const struct broker_type *type;
    const void *params;
    simtime refresh; /* looks at multiples of it; 0: whenever it decides */
    simtime delay;   /* before a job is sent elsewhere */
    enum broker_sees sees;
    bool knows_own; /* what it sent itself since it looked */
    size_t depth;   /* jobs of a queue in a plan */
    const struct link *links;
    size_t n_links;
    const struct sim_freights *freights; /* one a workload */
    struct rng_seed seed;
};

/* That of a job. O(dates). */
static inline const struct sim_freight *sim_freight_of(const struct sim_broker *broker,
                                                       const struct job *job)
{
    const struct sim_freights *freights = &broker->freights[job->spec.workload];
    size_t i = freights->len - 1;
    while (i > 0 && freights->items[i].from > job->spec.submit)
        i--;
    return &freights->items[i];
}

/* All borrowed; outlives the simulation. */
/* After so many lengths of the run draining goes on only as long as a counted job runs. */
#define SIM_DRAIN_MOST 10

struct sim_setup {
    const struct world *world;
    const struct sim_partition *partitions; /* one a row of world.partitions */
    const struct sim_change *changes;       /* by date */
    size_t n_changes;
    struct source **sources; /* in order of their workloads */
    size_t n_sources;
    const struct observer *observers;
    size_t n_observers;
    const struct sim_broker *broker; /* NULL: jobs run at home, where their data are */
    bool drain;                      /* after `length`, go on until the counted jobs have ended */
    bool check;                      /* REQUIRE every invariant after every event: slow */
    /* Stop before the next instant once it is not 0; may be NULL. */
    const volatile sig_atomic_t *interrupted;
    /* Called with the clock and the jobs ended so far; may be NULL. Returns after how many steps
     * it is to be called again, each a submission or the end of an instant; 0: stop. */
    uint32_t (*progress)(void *ctx, simtime now, uint64_t ended);
    void *progress_ctx;
};

/* A group of a partition as it is at a time, windows aside. O(changes). */
struct node_group sim_group_at(const struct sim_setup *setup, size_t partition, size_t group,
                               simtime at);

/* What jobs may come to wait for, a bit for each enum wait_cause. */
uint32_t sim_possible_causes(const struct sim_setup *setup);

/* Does a scheduler ever stop jobs for a claim on a guarantee? */
bool sim_may_stop_jobs(const struct sim_setup *setup);

struct sim;

/* What a run says: why it came to an end. */
enum { SIM_DONE = 0, SIM_FAILED = -1, SIM_UNSORTED = -2, SIM_INTERRUPTED = 1 };

NOINLINE struct sim *sim_new(const struct sim_setup *setup);
NOINLINE void sim_free(struct sim *sim); /* takes NULL */
AUTO_DEFINE(struct sim *, sim_free)

/* Run to the end: of the length, of the jobs, or of patience. SIM_UNSORTED: a log turned out not to
 * be in order of submission; its source has to be opened again, sorted, and all begun anew.
 * Observers are told of unfinished jobs and of the end unless it failed or has to begin anew. */
NOINLINE int sim_run(struct sim *sim, struct error *err);

/* How far it got. */
struct sim_totals {
    simtime now;
    uint64_t submitted, ended, rejected, passes, events;
    size_t live_most; /* most jobs in the system at once */
    uint64_t counted; /* jobs of the measuring window that are still in the system */
    uint64_t stops;   /* of jobs that ran, for others */
    wide lost;        /* processor-microseconds that these have to do again */
};
struct sim_totals sim_totals(const struct sim *sim);

/* After SIM_FAILED: the source of the setup that failed; -1: none did. */
int64_t sim_failed_source(const struct sim *sim);

/* Jobs whose home is `home` that the broker sent to `centre`, and what moved with them. Zero where
 * there is no broker. */
struct sim_sent {
    uint64_t jobs;
    double bytes;
    double seconds; /* with the broker and while data moved, of those that arrived */
    uint64_t arrived;
};
struct sim_sent sim_sent(const struct sim *sim, size_t home, size_t centre);

/* By whose usage the order of the partition sets tenants apart, the same for several partitions of
 * one scheduler; NULL where it does not. After the run; borrowed. */
struct shares *sim_shares(const struct sim *sim, size_t partition);

#endif
