/* A part of `jishi check`: jobs that a run rejects for want of room, whatever their tenants may. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_EXPLAIN_REJECTED_H
#define CLI_EXPLAIN_REJECTED_H

#include "cli/explain_load.h"

/* A line for each reason that turns jobs of the workload away, from each date on at which more of
 * them are, while it sends them to the partition (as in struct build_place). */
void explain_rejected(const struct explain *explain, size_t workload, int32_t partition,
                      int32_t centre);

#endif
