/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/jobs.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

void jobs_init(struct jobs *jobs)
{
    *jobs = (struct jobs){0};
}

void jobs_deinit(struct jobs *jobs)
{
    for (uint32_t slot = 0; slot < jobs->used; slot++)
        free(jobs_at(jobs, slot)->allocation.extents);
    for (size_t i = 0; i < jobs->n_chunks; i++)
        free(jobs->chunks[i]);
    free(jobs->chunks);
    free(jobs->free);
    *jobs = (struct jobs){0};
}

static NOINLINE uint32_t fresh_slot(struct jobs *jobs)
{
    const uint32_t slot = jobs->used++;
    REQUIRE(slot < INT32_MAX);
    if (slot >> JOBS_CHUNK_BITS == jobs->n_chunks) {
        if (jobs->n_chunks == jobs->cap) {
            jobs->cap = jobs->cap ? 2 * jobs->cap : 8;
            jobs->chunks = mem_resize(jobs->chunks, jobs->cap, sizeof(*jobs->chunks));
        }
        const size_t bytes = sizeof(struct job) << JOBS_CHUNK_BITS;
        jobs->chunks[jobs->n_chunks] = mem_pages(bytes, jobs->n_chunks > 0);
        jobs->n_chunks++;
    }
    memset(jobs_at(jobs, slot), 0, sizeof(struct job));
    return slot;
}

struct job *jobs_new(struct jobs *jobs)
{
    const uint32_t slot = jobs->n_free > 0 ? jobs->free[--jobs->n_free] : fresh_slot(jobs);
    struct job *job = jobs_at(jobs, slot);
    const uint32_t generation = job->generation + 1;
    memset(job, 0, jobs->whole ? sizeof(*job) : offsetof(struct job, newer));
    job->slot = slot;
    job->live = true;
    job->generation = generation;
    jobs->live++;
    return job;
}

void jobs_free(struct jobs *jobs, struct job *job)
{
    if (jobs->n_free == jobs->free_cap) {
        jobs->free_cap = jobs->free_cap ? 2 * jobs->free_cap : 64;
        jobs->free = mem_resize(jobs->free, jobs->free_cap, sizeof(*jobs->free));
    }
    free(job->allocation.extents);
    job->allocation = (struct allocation){0};
    jobs->free[jobs->n_free++] = job->slot;
    job->live = false;
    jobs->live--;
}

static int compare_jobs(const void *a, const void *b)
{
    const struct job *x = *(struct job *const *)a, *y = *(struct job *const *)b;
    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

COLD struct job **jobs_in_order(const struct jobs *jobs, size_t *ret_n)
{
    struct job **live = mem_new(jobs->live, sizeof(*live));
    size_t n = 0;
    for (uint32_t slot = 0; slot < jobs->used; slot++) {
        struct job *job = jobs_at(jobs, slot);
        if (job->live)
            live[n++] = job;
    }
    qsort(live, n, sizeof(*live), compare_jobs);
    *ret_n = n;
    return live;
}
