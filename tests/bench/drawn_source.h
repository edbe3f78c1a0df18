/* A source of jobs that were all drawn beforehand. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BENCH_DRAWN_SOURCE_H
#define BENCH_DRAWN_SOURCE_H

#include "workload/source.h"

#include "drawn_log.h"
#include "util/mem.h"

#include <stdlib.h>

struct drawn {
    int64_t submit, start; /* seconds; `start` is for who simulates them */
    int32_t run, request;
    int32_t procs, user;
};

struct drawn_source {
    struct source source;
    struct drawn *jobs;
    uint64_t n_jobs, next;
    int32_t homes; /* jobs are at home in so many centres in turn, each with one partition */
};

static int next_drawn(struct source *source, struct job_spec *ret_job, struct error *err)
{
    struct drawn_source *drawn = (struct drawn_source *)source;
    (void)err;
    if (drawn->next == drawn->n_jobs)
        return SOURCE_END;
    const struct drawn *job = &drawn->jobs[drawn->next];
    const int32_t home = (int32_t)(drawn->next % (uint64_t)drawn->homes);
    *ret_job = (struct job_spec){
        .ordinal = drawn->next++,
        .workload = home,
        .centre = home,
        .partition = home,
        .priority = job->user % 3,
        .ask = {.procs = job->procs},
        .submit = job->submit * SIMTIME_SECOND,
        .runtime = job->run * SIMTIME_SECOND,
        .request = job->request * SIMTIME_SECOND,
    };
    return SOURCE_JOB;
}

static const struct source_class drawn_class = {.next = next_drawn};

/* Load of `size` processors. To be read from its beginning again: set `next` to 0. */
static inline void drawn_source_init(struct drawn_source *drawn, double load, long size,
                                     uint64_t n_jobs)
{
    *drawn = (struct drawn_source){.source.class = &drawn_class, .n_jobs = n_jobs, .homes = 1};
    drawn->jobs = mem_new((size_t)n_jobs, sizeof(*drawn->jobs));
    struct drawn_log log;
    drawn_log_init(&log, load, size, 1);
    for (uint64_t i = 0; i < n_jobs; i++) {
        const struct drawn_job job = drawn_log_next(&log);
        drawn->jobs[i] = (struct drawn){
            job.submit, 0, (int32_t)job.run, (int32_t)job.request, (int32_t)job.size, job.user};
    }
    drawn_log_deinit(&log);
}

static inline void drawn_source_deinit(struct drawn_source *drawn)
{
    free(drawn->jobs);
}

#endif
