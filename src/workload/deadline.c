/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/deadline.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

struct deadlines {
    struct source source;
    struct source *inner;
    struct rng_stream stream;
    struct deadline_epoch *epochs;
    size_t len, at;
};

static int next(struct source *source, struct job_spec *ret, struct error *err)
{
    struct deadlines *deadlines = (struct deadlines *)source;
    const int status = source_next(deadlines->inner, ret, err);
    if (status != SOURCE_JOB || ret->deadline > 0)
        return status;
    while (deadlines->at + 1 < deadlines->len &&
           deadlines->epochs[deadlines->at + 1].from <= ret->submit)
        deadlines->at++;
    const struct dist *within = deadlines->epochs[deadlines->at].within;
    if (!within)
        return status;
    const simtime after =
        simtime_from_seconds(dist_draw(within, rng_at(&deadlines->stream, ret->ordinal)));
    ret->deadline = ret->submit + (after > 0 ? after : 1);
    return status;
}

static void ended(struct source *source, const struct job *job)
{
    struct source *inner = ((struct deadlines *)source)->inner;
    if (inner->class->ended)
        inner->class->ended(inner, job);
}

static void release(struct source *source)
{
    struct deadlines *deadlines = (struct deadlines *)source;
    rng_stream_deinit(&deadlines->stream);
    free(deadlines->epochs);
    free(deadlines);
}

static const struct source_class deadlines_class = {.next = next, .ended = ended, .free = release};

struct source *deadline_source(struct source *inner, const struct deadline_epoch *epochs,
                               size_t len, struct rng_seed seed, const char *path)
{
    REQUIRE(len > 0 && epochs[0].from <= 0);
    struct deadlines *deadlines = mem_new(1, sizeof(*deadlines));
    deadlines->source.class = &deadlines_class;
    deadlines->inner = inner;
    deadlines->epochs = mem_new(len, sizeof(*epochs));
    deadlines->len = len;
    memcpy(deadlines->epochs, epochs, len * sizeof(*epochs));
    rng_stream_init(&deadlines->stream, seed, path, "deadline");
    return &deadlines->source;
}
