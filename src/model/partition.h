/* One partition at work: its nodes, its free capacity over time, and what runs on it. Every start
 * and end passes here, so that nodes, profile and counts can never disagree. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_PARTITION_H
#define MODEL_PARTITION_H

#include "model/gaps.h"
#include "model/jobs.h"
#include "model/jobtree.h"
#include "model/observe.h"
#include "model/profile.h"

struct partition {
    int32_t row;             /* of world.partitions */
    struct cluster *cluster; /* owned */
    struct profile *profile; /* owned: running jobs and known maintenance, up to the horizon */
    struct jobs *jobs;       /* borrowed: all live jobs */
    const double *speeds;    /* borrowed: of a processor, by enum precision; NULL: not said */
    struct partition_counts counts;
    struct node_group *groups; /* owned: as they are set now */
    size_t n_groups;
    bool counts_only;                     /* no nodes are kept */
    bool constrained;                     /* free processors may not suffice for a start */
    bool by_nodes, may_constrain;         /* always so; now or later */
    const struct recurrence *recurrences; /* borrowed: maintenance, now or later */
    size_t n_recurrences;
    int32_t *moved; /* owned: by group, nodes that are elsewhere now; negative: from elsewhere */
    bool fixed;     /* no group ever got smaller but by windows */
    struct windows windows;     /* those that are known now, up to the horizon */
    struct windows_step *steps; /* owned: what these take and give back */
    simtime windows_end;        /* the last of them is over; 0: there is none */
    simtime horizon;            /* beyond it nothing is free: nobody has looked; SIMTIME_NEVER */
    int64_t level;              /* what would be free there, less what windows take */
    simtime longest;            /* request so far: no horizon is nearer */
    simtime planned;            /* when the known windows came to be known */
    struct gaps *gaps;          /* owned: between them */
    int64_t overdue;            /* processors of jobs that outlived their request and run on */
    int64_t running;            /* jobs */
    struct jobtree *by_due; /* owned: running jobs by their end by request; if it may constrain */
};

struct partition_setup {
    int32_t row;
    const struct placement_type *placement;
    const struct node_group *groups; /* copied */
    size_t n_groups;
    bool nodes_matter;                  /* some job asks for whole nodes */
    bool later_nodes, later_constraint; /* a placement of a later date keeps nodes, constrains */
    bool overcommit;                    /* its scheduler decides after each event */
    const struct recurrence *recurrences;
    size_t n_recurrences;
    const double *speeds; /* of a processor, by enum precision; borrowed */
};

/* May what is free there not suffice, now or later? Whole nodes, memory, a placement that is a
 * constraint. */
bool partition_constrains(const struct partition_setup *setup);

void partition_init(struct partition *partition, const struct partition_setup *setup,
                    struct jobs *jobs);
void partition_deinit(struct partition *partition);

/* Processors that an ask counts for: of whole nodes, what the smallest nodes hold. O(groups). */
NOINLINE int32_t partition_procs_of_nodes(const struct partition *partition, const struct ask *ask);
static inline int32_t partition_procs(const struct partition *partition, const struct ask *ask)
{
    return LIKELY(ask->nodes == 0) ? ask->procs : partition_procs_of_nodes(partition, ask);
}

/* Bytes of memory in service, where jobs ask memory and it is told; else 0. O(groups). */
int64_t partition_memory(const struct partition *partition);

/* Bytes that an ask counts for; of whole nodes, the least that nodes have which will do. O(groups).
 */
int64_t partition_memory_of(const struct partition *partition, const struct ask *ask);

/* The job takes its processors at `now`; its end by request is entered in the profile. It must fit
 * (partition_fits), except that a scheduler which decides after each event may count on processors
 * that come free at this very instant. O(log steps). */
void partition_start(struct partition *partition, struct job *job, simtime now);

/* The job gives them back. Returns how many come free: some of its nodes may be out of service.
 * O(log steps); O(running jobs) where more is in use on some node than it has. */
int64_t partition_end(struct partition *partition, struct job *job, simtime now);

/* The job has reached its request and runs on: plans take its end as now, so that the profile shows
 * its processors as free though they are not. */
void partition_overdue(struct partition *partition, struct job *job);

/* Free processors at `now`, by the profile. */
static inline int64_t partition_free(const struct partition *partition, simtime now)
{
    return profile_at(partition->profile, now);
}

/* Of a partition that has nodes only in windows that move them, in one group: could the ask ever
 * start at `now` or later and end, by request, within a window? O(windows to come), and as gaps_let
 * where they come again. */
bool partition_ever_lent(const struct partition *partition, const struct ask *ask, simtime request,
                         simtime now);

/* The same, however short the window is and whenever it was. O(recurrences). */
bool partition_lends(const struct partition *partition, const struct ask *ask);

/* Do known windows, if there are any, ever leave a job room between them, on the nodes there are
 * now? As gaps_let. */
bool partition_leaves(const struct partition *partition, int64_t procs, simtime request,
                      simtime now);

/* May a job that could start have missed its last chance when windows take nodes at `now`, with no
 * change of the partition? O(recurrences). */
bool partition_may_run_out(const struct partition *partition, simtime now);

/* A job of this request may be looked for a place here: windows are known so far ahead. O(1). */
static inline void partition_expect(struct partition *partition, simtime request)
{
    partition->longest = request > partition->longest ? request : partition->longest;
}

/* What comes again is looked at so often: where it comes every minute, for a week. */
enum { PARTITION_WINDOWS_MOST = 10000 };

/* The horizon is at `until` or beyond, or as far as so many windows go: known ones are entered up
 * to there. O(windows log windows) if it was not. */
NOINLINE void partition_look(struct partition *partition, simtime until);

/* The same for a copy of the profile, which had that horizon, and level there. */
void partition_catch_up(const struct partition *partition, struct profile *copy, simtime *horizon,
                        int64_t *level);

/* Group g has `nodes` nodes from now on, those that are elsewhere included, of so many processors
 * each. O(running jobs), and O(nodes log nodes) where that is another number of them. */
void partition_resize(struct partition *partition, size_t g, int32_t nodes, int32_t procs_per_node,
                      simtime now);

/* Its nodes are chosen by that from now on. O(nodes log nodes). */
void partition_set_placement(struct partition *partition, const struct placement_type *placement);

/* Other windows are known from now on. O(running jobs + windows log windows). */
void partition_know(struct partition *partition, simtime now);

/* A maintenance window opens or closes. O(running jobs). */
void partition_maintain(struct partition *partition, const struct maintenance *window, bool opens,
                        simtime now);

/* The running job whose request ends first after `due` (ties: after the job of that place in the
 * input); false if there is none. Only of a partition that may constrain. O(log n). */
bool partition_next_due(const struct partition *partition, struct jobkey *key, uint32_t *ret_slot);

/* REQUIREs that counts, nodes, profile and running jobs agree. `jobs`: those that run, here and
 * elsewhere, or more. O(jobs log steps). */
void partition_check(struct partition *partition, struct some_jobs jobs, simtime now);

#endif
