/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/ahead.h"

#include "util/mem.h"

#include <stdlib.h>

struct ahead {
    struct source source;
    struct source *inner; /* borrowed */
    int status;           /* of the first job, while `held` */
    bool held;
    struct job_spec first;
    struct error err;
};

static int next(struct source *source, struct job_spec *ret_job, struct error *err)
{
    struct ahead *ahead = (struct ahead *)source;
    if (LIKELY(!ahead->held))
        return source_next(ahead->inner, ret_job, err);
    ahead->held = false;
    if (ahead->status == SOURCE_JOB)
        *ret_job = ahead->first;
    else if (ahead->status == SOURCE_ERROR && err)
        *err = ahead->err;
    return ahead->status;
}

static void ended(struct source *source, const struct job *job)
{
    struct source *inner = ((struct ahead *)source)->inner;
    if (inner->class->ended)
        inner->class->ended(inner, job);
}

static void release(struct source *source)
{
    free(source);
}

static const struct source_class ahead_class = {.next = next, .ended = ended, .free = release};

struct source *source_ahead(struct source *inner, simtime *ret_first)
{
    struct ahead *ahead = mem_new(1, sizeof(*ahead));
    ahead->source.class = &ahead_class;
    ahead->inner = inner;
    ahead->held = true;
    ahead->status = source_next(inner, &ahead->first, &ahead->err);
    *ret_first = ahead->status == SOURCE_JOB ? ahead->first.submit : SIMTIME_NEVER;
    return &ahead->source;
}
