/* What partitions held over a stretch of time, as exact integrals: means over any scope and period
 * are quotients of sums of these. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_USE_H
#define ANALYSIS_USE_H

#include "analysis/cell.h"
#include "model/observe.h"

/* Zeroed is empty. In processor-microseconds (queued_jobs: job-microseconds). */
struct use {
    wide busy, available, installed, queued_jobs, queued_procs;
    int64_t ended; /* jobs that ended in this stretch, whenever submitted */
};

static inline void use_add(struct use *use, const struct partition_counts *counts, simtime span)
{
    use->busy += (wide)counts->busy * span;
    use->available += (wide)(counts->capacity - counts->down) * span;
    use->installed += (wide)counts->capacity * span;
    use->queued_jobs += (wide)counts->queued_jobs * span;
    use->queued_procs += (wide)counts->queued_procs * span;
}

static inline void use_merge(struct use *into, const struct use *from)
{
    into->busy += from->busy;
    into->available += from->available;
    into->installed += from->installed;
    into->queued_jobs += from->queued_jobs;
    into->queued_procs += from->queued_procs;
    into->ended += from->ended;
}

#endif
