/* From a program to what a simulation is set up with: the world, the partitions with their
 * schedulers, what changes when, and the open sources. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_BUILD_H
#define SCENARIO_BUILD_H

#include "engine/sim.h"
#include "model/gaps.h"
#include "scenario/scenario.h"

struct build_options {
    uint64_t seed, replication;
    bool sort;   /* logs are read whole and sorted: one turned out not to be in order */
    bool causes; /* causes of waiting are told apart: sets world.causes */
};

/* When a tenant submits jobs: [from, until). */
struct stay {
    simtime from, until; /* INT64_MIN, SIMTIME_NEVER: always */
};

/* Where a workload's jobs go from the date of an epoch on, as in struct job_spec. */
struct build_place {
    size_t epoch;
    int32_t centre, partition;
};

/* A workload of the run. */
struct build_workload {
    const struct workload *workload; /* at the start; borrowed from the program */
    size_t nth;                      /* of those of its tenant */
    struct workload_context context;
    struct workload_epoch *epochs; /* owned, as many as the program has */
    struct build_place *places;    /* owned; the first is of the start */
    size_t n_places;
    struct source *source; /* owned; NULL before build_open */
    struct source *within; /* owned: what the tenant's stay leaves of it; NULL: all */
    struct stay stay;
    struct source *deadlines; /* the same jobs with theirs; owned; NULL: they have none */
    struct source *ahead;     /* the same, the first of them pulled; owned; NULL: it was not */
};

struct build {
    const struct program *program; /* borrowed */
    struct world world;
    struct sim_partition *partitions;
    struct sim_change *changes;
    size_t n_changes, changes_cap;
    bool laid_out;                    /* all of the world is there, whatever is wrong with it */
    struct build_workload *workloads; /* rows of world.workloads */
    struct source **sources;
    bool drain;
    struct stay *stays;           /* by tenant of the scenario */
    struct broker_layout *broker; /* owned; NULL: jobs run at home */
    struct outlook *outlook;      /* owned; NULL: nobody is guaranteed anything */
    /* Owned by the above. */
    struct recurrence **recurrences; /* by partition */
    struct gaps *gaps;               /* by epoch and partition: what breaks_longest found */
    struct member_context *members;  /* by tenant of the scenario */
    struct tenant **drawn;           /* by epoch and tenant: members that vary; else NULL */
    char **paths;
    size_t n_paths, paths_cap;
};

/* Lay out the world of a sound program. -1 with errors; deinitialise in either case. */
int build_init(struct build *build, const struct program *program,
               const struct build_options *options, struct error_list *errors);

/* What is wrong with the scripts of a build that is laid out: build_init tells it, too. */
void build_check_scripts(const struct build *build, struct error_list *errors);

/* When an epoch begins: the first with the run. */
static inline simtime build_epoch_begins(const struct build *build, size_t epoch)
{
    return epoch > 0 ? build->program->epochs[epoch].at : 0;
}

/* A tenant of the scenario as it is in an epoch. Borrowed. */
const struct tenant *build_tenant(const struct build *build, size_t epoch, size_t row);

/* A workload of the run as it is in an epoch; where its jobs go then. Borrowed. */
const struct workload *build_workload_at(const struct build *build, size_t epoch, size_t row);
const struct build_place *build_place_at(const struct build *build, size_t epoch, size_t row);

/* By tenant of the scenario: the first of those it is alike with, the same tenant of other members;
 * itself if it is the first or the only one. To be freed. */
int32_t *build_alike(const struct build *build);

/* As place_workload_error, of a workload by its row. */
void build_workload_error(const struct build *build, size_t row, struct error *err);

/* Open the sources of what is laid out. */
int build_open(struct build *build, struct error_list *errors);

/* Of open sources that are windows of logs, all of them: find where the first one begins, and count
 * from there, not from the start of the log, unless the scenario says from when, or when the run
 * starts. Reads logs up to their windows. What is wrong with them the run will tell. */
void build_find_begin(struct build *build);

void build_deinit(struct build *build);

/* Fill in what a build knows of a setup; observers and the rest are the caller's. */
void build_setup(const struct build *build, struct sim_setup *ret);

#endif
