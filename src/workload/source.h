/* Where jobs come from. A source is pulled in time order: it makes one job at a time, so that
 * neither a log nor an endless generator is ever held in memory. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WORKLOAD_SOURCE_H
#define WORKLOAD_SOURCE_H

#include "model/job.h"
#include "util/rng.h"

/* Jobs of one source that come at one instant are all held in memory, some 550 bytes each: more are
 * an error. */
enum { AT_ONCE_MAX = 1000000 };

/* Jobs written out in a scenario may all wait at once, whatever their instants. */
enum { WRITTEN_MAX = 4000000 };

/* What source_next says. */
enum { SOURCE_JOB = 1, SOURCE_END = 0, SOURCE_ERROR = -1, SOURCE_UNSORTED = -2 };

struct source;
struct source_class {
    /* The next job, submit times never falling. SOURCE_UNSORTED: this log is not in order of
     * submission after all; start over with `sort` set. */
    int (*next)(struct source *source, struct job_spec *ret_job, struct error *err);
    /* A job of this source ended (closed loops, dependencies); NULL: does not care. */
    void (*ended)(struct source *source, const struct job *job);
    void (*free)(struct source *source);
};

/* The first member of every source. */
struct source {
    const struct source_class *class;
};

static inline int source_next(struct source *source, struct job_spec *ret_job, struct error *err)
{
    return source->class->next(source, ret_job, err);
}

static inline void source_free(struct source *source)
{
    if (source)
        source->class->free(source);
}

#endif
