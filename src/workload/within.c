/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/within.h"

#include "util/mem.h"

#include <stdlib.h>

struct within {
    struct source source;
    struct source *inner; /* borrowed */
    simtime from, until;
};

static int next(struct source *source, struct job_spec *ret_job, struct error *err)
{
    struct within *within = (struct within *)source;
    int status;
    do
        status = source_next(within->inner, ret_job, err);
    while (status == SOURCE_JOB && ret_job->submit < within->from);
    return status == SOURCE_JOB && ret_job->submit >= within->until ? SOURCE_END : status;
}

static void ended(struct source *source, const struct job *job)
{
    struct source *inner = ((struct within *)source)->inner;
    if (inner->class->ended)
        inner->class->ended(inner, job);
}

static void release(struct source *source)
{
    free(source);
}

static const struct source_class within_class = {.next = next, .ended = ended, .free = release};

struct source *source_within(struct source *inner, simtime from, simtime until)
{
    struct within *within = mem_new(1, sizeof(*within));
    *within = (struct within){{&within_class}, inner, from, until};
    return &within->source;
}
