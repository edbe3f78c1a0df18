/* The live jobs: slots in chunks that never move, reused once a job's row is written. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_JOBS_H
#define MODEL_JOBS_H

#include "model/job.h"

#define JOBS_CHUNK_BITS 9

struct jobs {
    struct job **chunks;
    size_t n_chunks, cap;
    uint32_t *free; /* stack of free slots */
    size_t n_free, free_cap;
    uint32_t used; /* slots ever handed out */
    size_t live;
};

void jobs_init(struct jobs *jobs);
void jobs_deinit(struct jobs *jobs); /* also what live jobs own */

/* A zeroed job with its slot and a fresh generation. O(1); pointers stay valid until job_free. */
struct job *jobs_new(struct jobs *jobs);
void jobs_free(struct jobs *jobs, struct job *job);

/* Borrowed. O(1). */
static inline struct job *jobs_at(const struct jobs *jobs, uint32_t slot)
{
    return &jobs->chunks[slot >> JOBS_CHUNK_BITS][slot & ((1u << JOBS_CHUNK_BITS) - 1)];
}

/* It will be started in a moment: a job that waited in a long queue is out of the caches, and its
 * lines may come while the queue is being closed up. */
static inline void jobs_fetch(const struct jobs *jobs, uint32_t slot)
{
    const char *job = (const char *)jobs_at(jobs, slot);
    for (size_t at = 0; at < JOB_LINES_HOT * JOB_LINE; at += JOB_LINE)
        __builtin_prefetch(job + at, 1);
}

#endif
