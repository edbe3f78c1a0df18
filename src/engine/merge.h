/* All sources as one stream of jobs in order of (submit, workload): arrivals are pulled one ahead
 * and merged, never queued. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ENGINE_MERGE_H
#define ENGINE_MERGE_H

#include "workload/source.h"

struct pending {
    struct job_spec spec;
    struct source *source;
};

/* What the heap is ordered by; small, and apart from the jobs, so that many sources cost little. */
struct turn {
    simtime submit;
    int32_t workload;
    uint32_t item;
};

struct merge {
    struct pending *items; /* one a source */
    struct turn *turns;    /* of those that have more: a heap */
    size_t len;
    int64_t failed; /* the source that failed; -1: none */
};

/* Pull the first job of each source (borrowed). -1 or SOURCE_UNSORTED on failure. */
int merge_init(struct merge *merge, struct source **sources, size_t len, struct error *err);
void merge_deinit(struct merge *merge);

/* The next job; NULL at the end. Borrowed until merge_advance. O(1). */
static inline const struct job_spec *merge_first(const struct merge *merge)
{
    return merge->len ? &merge->items[merge->turns[0].item].spec : NULL;
}

/* When it is submitted; SIMTIME_NEVER at the end. O(1). */
static inline simtime merge_time(const struct merge *merge)
{
    return merge->len ? merge->turns[0].submit : SIMTIME_NEVER;
}

/* Go on to the one after. O(log sources). 0, or -1 or SOURCE_UNSORTED on failure. */
int merge_advance(struct merge *merge, struct error *err);

#endif
