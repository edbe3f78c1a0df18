/* What centres and partitions of the scenario become in the world. For build.c. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_BUILD_PARTITIONS_H
#define SCENARIO_BUILD_PARTITIONS_H

#include "scenario/build.h"

/* Fill in world.centres, world.partitions, the partitions and their maintenance. */
void lay_out_centres(struct build *build, struct error_list *errors);

/* "centres.c.partitions.p", as everywhere in messages. Returns buffer. */
const char *partition_place(const struct centre *centre, const struct partition_plan *plan,
                            char *buffer, size_t size);

/* A scheduler that counts processors only serves no jobs that ask for more than that. */
void check_counted(const struct build *build, int32_t row, const struct sched_config *config,
                   struct mark at, struct error_list *errors);

#endif
