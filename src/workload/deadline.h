/* Deadlines of a workload's jobs, of whatever kind it is. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WORKLOAD_DEADLINE_H
#define WORKLOAD_DEADLINE_H

#include "util/dist.h"
#include "util/rng.h"
#include "workload/source.h"

/* From an instant on; NULL: no deadlines. Borrowed. */
struct deadline_epoch {
    simtime from;
    const struct dist *within; /* s after the submission */
};

/* The jobs of `inner` (borrowed), each with a deadline drawn for its ordinal, of purpose
 * "deadline", unless it has one. Epochs are copied; the first from 0, ascending. */
struct source *deadline_source(struct source *inner, const struct deadline_epoch *epochs,
                               size_t len, struct rng_seed seed, const char *path);

#endif
