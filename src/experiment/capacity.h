/* What the partitions of a scenario have, and when. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_CAPACITY_H
#define EXPERIMENT_CAPACITY_H

#include "analysis/summary.h"
#include "scenario/build.h"

struct phases {
    struct capacity_phase *items; /* by partition, then date; the first of each is at 0 */
    size_t len, cap;
};

void phases_init(struct phases *phases, const struct build *build);
void phases_deinit(struct phases *phases);

/* Processor-seconds installed in a partition during [from, to). O(phases). */
double phases_installed(const struct phases *phases, int32_t partition, simtime from, simtime to);

/* Processor-seconds of a partition that maintenance takes during [from, to): where windows overlap,
 * no more than there are. O(windows (log windows + changes of nodes)). */
double maintenance_time(const struct build *build, int32_t partition, simtime from, simtime to);

#endif
