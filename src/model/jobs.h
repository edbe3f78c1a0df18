/* The live jobs: slots in chunks that never move, reused once a job's row is written. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_JOBS_H
#define MODEL_JOBS_H

#include "model/job.h"

#define JOBS_CHUNK_BITS 14

struct jobs {
    struct job **chunks;
    size_t n_chunks, cap;
    uint32_t *free; /* stack of free slots */
    size_t n_free, free_cap;
    uint32_t used; /* slots ever handed out */
    size_t live;
    bool whole; /* jobs are written behind JOB_LINES_USUAL: set before the first of them */
};

void jobs_init(struct jobs *jobs);
void jobs_deinit(struct jobs *jobs); /* also what live jobs own */

/* Some of the jobs, by slot; items NULL: all slots that were handed out. Borrowed. */
struct some_jobs {
    const uint32_t *items;
    size_t len;
};

static inline struct some_jobs all_jobs(const struct jobs *jobs)
{
    return (struct some_jobs){NULL, jobs->used};
}

/* A zeroed job with its slot and a fresh generation. O(1); pointers stay valid until job_free. */
struct job *jobs_new(struct jobs *jobs);
void jobs_free(struct jobs *jobs, struct job *job);

/* Borrowed. O(1). */
static inline struct job *jobs_at(const struct jobs *jobs, uint32_t slot)
{
    return &jobs->chunks[slot >> JOBS_CHUNK_BITS][slot & ((1u << JOBS_CHUNK_BITS) - 1)];
}

/* All live ones, by their place in the input; the caller frees the array. O(used + n log n). */
struct job **jobs_in_order(const struct jobs *jobs, size_t *ret_n);

/* It will be started soon: a job that waited in a long queue is out of the caches, and its lines
 * may come while other things are done. O(1). */
static inline void jobs_fetch(const struct jobs *jobs, uint32_t slot)
{
    const struct job *job = jobs_at(jobs, slot);
    __builtin_prefetch(&job->spec, 1);
    __builtin_prefetch(&job->seq, 1);
    __builtin_prefetch(&job->allocation, 1);
}

/* The i-th of some. O(1). */
static inline struct job *some_jobs_at(const struct jobs *jobs, struct some_jobs some, size_t i)
{
    return jobs_at(jobs, some.items ? some.items[i] : (uint32_t)i);
}

#endif
