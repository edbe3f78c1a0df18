/* A source that draws jobs by the batch and knows what that took. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BENCH_DRAWN_SOURCE_H
#define BENCH_DRAWN_SOURCE_H

#include "workload/source.h"

#include "bench.h"
#include "drawn_log.h"

/* Small enough for the first cache: what reading a job costs is not what is measured. */
enum { DRAWN_BATCH = 64 };

struct drawn_source {
    struct source source;
    struct drawn_log log;
    uint64_t left, ordinal;
    size_t next, len;
    double seconds; /* spent on drawing */
    int32_t homes;  /* jobs are at home in so many centres in turn, each with one partition */
    struct job_spec batch[DRAWN_BATCH];
};

static void draw_batch(struct drawn_source *drawn)
{
    const double begin = bench_clock();
    drawn->next = 0;
    drawn->len = drawn->left < DRAWN_BATCH ? (size_t)drawn->left : DRAWN_BATCH;
    for (size_t i = 0; i < drawn->len; i++) {
        const struct drawn_job job = drawn_log_next(&drawn->log);
        drawn->batch[i] = (struct job_spec){
            .ordinal = drawn->ordinal,
            .workload = (int32_t)(drawn->ordinal % (uint64_t)drawn->homes),
            .centre = (int32_t)(drawn->ordinal % (uint64_t)drawn->homes),
            .partition = (int32_t)(drawn->ordinal % (uint64_t)drawn->homes),
            .priority = job.user % 3,
            .ask = {.procs = (int32_t)job.size},
            .submit = job.submit * SIMTIME_SECOND,
            .runtime = job.run * SIMTIME_SECOND,
            .request = job.request * SIMTIME_SECOND,
        };
        drawn->ordinal++;
    }
    drawn->left -= drawn->len;
    drawn->seconds += bench_clock() - begin;
}

static int next_drawn(struct source *source, struct job_spec *ret_job, struct error *err)
{
    struct drawn_source *drawn = (struct drawn_source *)source;
    (void)err;
    if (drawn->next == drawn->len) {
        draw_batch(drawn);
        if (drawn->len == 0)
            return SOURCE_END;
    }
    *ret_job = drawn->batch[drawn->next++];
    return SOURCE_JOB;
}

static const struct source_class drawn_class = {.next = next_drawn};

/* Load of `size` processors. */
static inline void drawn_source_init(struct drawn_source *drawn, double load, long size,
                                     uint64_t jobs)
{
    drawn->source.class = &drawn_class;
    drawn->left = jobs;
    drawn->ordinal = drawn->next = drawn->len = 0;
    drawn->seconds = 0;
    drawn->homes = drawn->homes > 0 ? drawn->homes : 1;
    drawn_log_init(&drawn->log, load, size, 1);
}

#endif
