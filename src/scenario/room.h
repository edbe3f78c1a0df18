/* What partitions have for the jobs of a workload that are submitted from a date on: what is to
 * come counts, what was does not. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_ROOM_H
#define SCENARIO_ROOM_H

#include "scenario/build.h"

/* May jobs of the workload ever run in partition `row`? O(places). */
bool room_may_run(const struct build *build, const struct build_workload *bw, size_t row);

/* What a partition has for a job at most. */
struct job_room {
    int64_t procs, nodes;   /* no more than the scheduler lets one job have */
    int64_t installed;      /* processors, whatever that limit */
    int32_t procs_per_node; /* of its smallest nodes */
};

/* false: jobs of the workload that are submitted in the epoch may not run in partition `row`.
 * O(groups x changes^2). */
bool room_of(const struct build *build, const struct build_workload *bw, size_t epoch, size_t row,
             struct job_room *ret);

/* Does a placement, or memory, ever matter there, so that room_takes has to be asked? */
bool room_is_of_nodes(const struct build *build, size_t row);

/* Could a job that is submitted in the epoch ever get its nodes there, were all idle? As the engine
 * judges it, limits apart. As room_of. */
bool room_takes(const struct build *build, size_t epoch, size_t row, const struct ask *ask);

/* What the context says of where jobs submitted in the epoch may run; of the largest partition
 * ever, too. As room_of, of each partition. */
void room_describe(const struct build *build, const struct build_workload *bw, size_t epoch,
                   struct workload_context *context);

#endif
