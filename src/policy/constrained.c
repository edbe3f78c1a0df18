/* EASY and plain queue order where free processors may find no place: whole nodes on a shared
 * partition, contiguous placements. The shadow is the first instant at which, with all that is
 * released by request until then, the head finds nodes; these are then kept for it. A job that runs
 * past the shadow must find its place beside them. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/sched.h"

#include "util/mem.h"

#include <stdlib.h>

static int compare_due(const void *a, const void *b)
{
    const struct job *x = *(const struct job *const *)a, *y = *(const struct job *const *)b;
    if (x->due != y->due)
        return x->due < y->due ? -1 : 1;
    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* The running jobs of the partition by their end by request. To be freed. O(live jobs log). */
static const struct job **by_due(const struct sched *sched, size_t *ret_len)
{
    const struct partition *partition = sched->partition;
    const struct job **jobs = mem_new((size_t)partition->running, sizeof(*jobs));
    *ret_len = 0;
    for (uint32_t slot = 0; slot < sched->jobs->used; slot++) {
        const struct job *job = jobs_at(sched->jobs, slot);
        if (job->live && job->state == JOB_RUNNING && job->partition == partition->row)
            jobs[(*ret_len)++] = job;
    }
    qsort(jobs, *ret_len, sizeof(*jobs), compare_due);
    return jobs;
}

/* When the head finds its nodes, and which: *ret_nodes is to be cleared, empty if it never does. */
static simtime shadow_of(const struct sched *sched, const struct jobitem *head, simtime now,
                         struct allocation *ret_nodes)
{
    const struct partition *partition = sched->partition;
    const struct ask *ask = &jobs_at(sched->jobs, head->slot)->spec.ask;
    struct cluster *future = cluster_copy(partition->cluster);
    size_t len;
    const struct job **running = by_due(sched, &len);
    simtime shadow = SIMTIME_NEVER;
    for (size_t i = 0; i < len && shadow == SIMTIME_NEVER; i++) {
        cluster_give_copy(future, &running[i]->allocation);
        const bool last_of_instant = i + 1 == len || running[i + 1]->due > running[i]->due;
        if (last_of_instant && cluster_fits(future, ask))
            shadow = running[i]->due > now ? running[i]->due : now;
    }
    if (shadow < SIMTIME_NEVER)
        cluster_choose(future, ask, ret_nodes);
    /* Known maintenance is told by counts. */
    if (partition->windows_end > now) {
        const simtime at = profile_earliest(partition->profile, now, head->request, head->procs);
        shadow = at > shadow ? at : shadow;
    }
    free(running);
    cluster_free(future);
    return shadow;
}

/* May it start now without taking what is kept for the head? */
static bool fits_beside(const struct sched *sched, const struct jobitem *item, simtime now,
                        const struct allocation *kept)
{
    if (item->request <= sched->shadow - now)
        return sched_can_start(sched, item, now);
    cluster_hold(sched->partition->cluster, kept);
    const bool fits = sched_can_start(sched, item, now);
    cluster_unhold(sched->partition->cluster, kept);
    return fits;
}

/* The nodes are chosen while the head's are held, so that a long job cannot land on them. */
static void start_beside(struct sched *sched, const struct jobitem *item, simtime now,
                         const struct allocation *kept)
{
    struct job *job = jobs_at(sched->jobs, item->slot);
    const bool hold = item->request > sched->shadow - now;
    if (hold)
        cluster_hold(sched->partition->cluster, kept);
    sched->start(sched->ctx, sched, job);
    if (hold)
        cluster_unhold(sched->partition->cluster, kept);
}

void sched_constrained_pass(struct sched *sched, simtime now)
{
    struct jobitem item;
    while (queue_first(&sched->queue, &item) && sched_can_start(sched, &item, now))
        sched->start(sched->ctx, sched, jobs_at(sched->jobs, item.slot));
    if (sched->config.depth == 0 || !queue_first(&sched->queue, &item))
        return;
    if (sched->config.depth > 1) {
        sched_backfill_pass(sched, now);
        return;
    }
    const struct jobkey head = item.key;
    const struct queue *queue = sched_candidates(sched);
    struct allocation kept = {0};
    struct jobkey last;
    const struct jobkey *after = NULL;
    sched->shadow = shadow_of(sched, &item, now, &kept);
    for (;;) {
        const int64_t free = partition_free(sched->partition, now);
        if (free <= 0 || !queue_next_fit(queue, after, free, SIMTIME_NEVER, 0, &item))
            break;
        last = item.key;
        after = &last;
        if (item.key.seq != head.seq && fits_beside(sched, &item, now, &kept))
            start_beside(sched, &item, now, &kept);
    }
    allocation_clear(&kept);
}
