/* The yardstick: a bare EASY over fcfs for one log and nothing else: no events but ends, no nodes,
 * no tenants, no other policy, no trace. It tells how fast the machine is that a benchmark runs on,
 * and is a second opinion on every start. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include "util/mem.h"

#include "bench.h"
#include "drawn_source.h"

#include <stdlib.h>
#include <string.h>

struct bare_end {
    int64_t at;
    uint32_t job;
};

struct bare {
    struct drawn *jobs;
    uint32_t n_jobs;
    int64_t now;
    int32_t free;
    struct bare_end *ends; /* binary heap */
    size_t n_ends;
    uint32_t *running; /* by end of the request */
    size_t n_running;
    uint32_t *queue; /* in [head, tail) */
    size_t head, tail;
    /* The head's reservation. */
    int64_t shadow;
    int32_t spare;
};

static inline int64_t bare_due(const struct bare *bare, uint32_t job)
{
    return bare->jobs[job].start + bare->jobs[job].request;
}

static inline void bare_push_end(struct bare *bare, struct bare_end end)
{
    size_t i = bare->n_ends++;
    for (; i > 0 && bare->ends[(i - 1) / 2].at > end.at; i = (i - 1) / 2)
        bare->ends[i] = bare->ends[(i - 1) / 2];
    bare->ends[i] = end;
}

static inline uint32_t bare_pop_end(struct bare *bare)
{
    const uint32_t job = bare->ends[0].job;
    const struct bare_end last = bare->ends[--bare->n_ends];
    size_t i = 0, child;
    while ((child = 2 * i + 1) < bare->n_ends) {
        child += child + 1 < bare->n_ends && bare->ends[child + 1].at < bare->ends[child].at;
        if (bare->ends[child].at >= last.at)
            break;
        bare->ends[i] = bare->ends[child];
        i = child;
    }
    bare->ends[i] = last;
    return job;
}

static inline void bare_start(struct bare *bare, uint32_t job)
{
    struct drawn *j = &bare->jobs[job];
    j->start = bare->now;
    bare->free -= j->procs;
    bare_push_end(bare, (struct bare_end){bare->now + j->run, job});
    size_t i = bare->n_running++;
    const int64_t due = bare_due(bare, job);
    for (; i > 0 && bare_due(bare, bare->running[i - 1]) > due; i--)
        bare->running[i] = bare->running[i - 1];
    bare->running[i] = job;
}

static inline void bare_end(struct bare *bare)
{
    const uint32_t job = bare_pop_end(bare);
    bare->free += bare->jobs[job].procs;
    size_t i = 0;
    while (bare->running[i] != job)
        i++;
    bare->n_running--;
    memmove(&bare->running[i], &bare->running[i + 1],
            (bare->n_running - i) * sizeof(*bare->running));
}

static inline void bare_reserve(struct bare *bare)
{
    const int32_t procs = bare->jobs[bare->queue[bare->head]].procs;
    int32_t free = bare->free;
    bare->shadow = bare->now;
    for (size_t i = 0; i < bare->n_running; i++) {
        const int64_t due = bare_due(bare, bare->running[i]);
        if (free >= procs && due > bare->shadow)
            break;
        bare->shadow = due;
        free += bare->jobs[bare->running[i]].procs;
    }
    bare->spare = free - procs;
}

/* Jobs from `from` on that fit beside the reservation start; the queue closes up behind them. */
static inline void bare_fill(struct bare *bare, size_t from)
{
    size_t to = from;
    for (size_t i = from; i < bare->tail; i++) {
        const uint32_t job = bare->queue[i];
        const struct drawn *j = &bare->jobs[job];
        const bool ends_before = bare->now + j->request <= bare->shadow;
        if (j->procs <= bare->free && (ends_before || j->procs <= bare->spare)) {
            bare->spare -= ends_before ? 0 : j->procs;
            bare_start(bare, job);
        } else {
            bare->queue[to++] = job;
        }
    }
    bare->tail = to;
}

/* `came` jobs were submitted at this instant; did one end? */
static inline void bare_pass(struct bare *bare, size_t came, bool ended)
{
    if (!ended && bare->tail - bare->head > came) {
        bare_fill(bare, bare->tail - came);
        return;
    }
    while (bare->head < bare->tail && bare->jobs[bare->queue[bare->head]].procs <= bare->free)
        bare_start(bare, bare->queue[bare->head++]);
    if (bare->head == bare->tail)
        return;
    bare_reserve(bare);
    bare_fill(bare, bare->head + 1);
}

/* Sets all starts. Returns the processor time it took, in seconds. */
static inline double bare_easy(struct drawn *jobs, uint32_t n_jobs, int32_t procs)
{
    struct bare bare = {.jobs = jobs, .n_jobs = n_jobs, .free = procs};
    bare.ends = mem_new((size_t)procs, sizeof(*bare.ends));
    bare.running = mem_new((size_t)procs, sizeof(*bare.running));
    bare.queue = mem_new(n_jobs, sizeof(*bare.queue));
    const double begin = bench_clock();
    for (uint32_t next = 0; next < n_jobs || bare.n_ends > 0;) {
        const int64_t end = bare.n_ends > 0 ? bare.ends[0].at : INT64_MAX;
        const int64_t submit = next < n_jobs ? jobs[next].submit : INT64_MAX;
        const bool ended = end <= submit;
        size_t came = 0;
        bare.now = ended ? end : submit;
        while (bare.n_ends > 0 && bare.ends[0].at == bare.now)
            bare_end(&bare);
        for (; next < n_jobs && jobs[next].submit == bare.now; came++)
            bare.queue[bare.tail++] = next++;
        bare_pass(&bare, came, ended);
    }
    const double seconds = bench_clock() - begin;
    free(bare.ends);
    free(bare.running);
    free(bare.queue);
    return seconds;
}

#endif
