/* EASY and plain queue order where free processors may find no place: whole nodes on a shared
 * partition, contiguous placements. The shadow is the first instant at which, with all that is
 * released by request until then, the head finds nodes; these are then kept for it. A job that runs
 * past the shadow must find its place beside them. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/sched.h"

/* When the head finds its nodes, and which: sched->kept, empty if it never does. O(nodes), and
 * O(log n) for each release until then. */
static simtime find_shadow(struct sched *sched, const struct jobitem *head, simtime now)
{
    const struct partition *partition = sched->partition;
    const struct ask *ask = &jobs_at(sched->jobs, head->slot)->spec.ask;
    if (sched->future)
        cluster_assign(sched->future, partition->cluster);
    else
        sched->future = cluster_copy(partition->cluster);
    allocation_clear(&sched->kept);
    simtime shadow = SIMTIME_NEVER, last = 0;
    struct jobkey key = {.score = -1, .seq = 0};
    uint32_t slot;
    bool pending = false; /* releases of one instant are tried together */
    while (partition_next_due(partition, &key, &slot)) {
        const struct job *job = jobs_at(sched->jobs, slot);
        if (pending && job->due > last && cluster_fits(sched->future, ask))
            break;
        cluster_give_copy(sched->future, &job->allocation);
        last = job->due;
        pending = true;
    }
    if (pending && cluster_fits(sched->future, ask)) {
        shadow = last > now ? last : now;
        cluster_choose(sched->future, ask, &sched->kept);
    }
    /* Known maintenance is told by counts. */
    if (partition->windows_end > now) {
        simtime at;
        do
            at = profile_earliest(partition->profile, now, head->request, head->procs);
        while (at == SIMTIME_NEVER && sched_look(sched, head, now, SIMTIME_NEVER));
        shadow = at > shadow ? at : shadow;
    }
    return shadow;
}

/* Start it now if it finds a place; one that runs past the shadow, beside what is kept. */
static void try_start(struct sched *sched, const struct jobitem *item, simtime now)
{
    struct cluster *cluster = sched->partition->cluster;
    const bool beside = item->request > sched->shadow - now;
    if (!sched_can_start(sched, item, now))
        return;
    if (beside)
        cluster_hold(cluster, &sched->kept);
    if (!beside || sched_can_start(sched, item, now))
        sched_start(sched, item);
    if (beside)
        cluster_unhold(cluster, &sched->kept);
}

/* Processors that a job past the shadow may have at most. */
static int64_t free_beside(const struct sched *sched)
{
    struct cluster *cluster = sched->partition->cluster;
    cluster_hold(cluster, &sched->kept);
    const int64_t free = cluster->now.free;
    cluster_unhold(cluster, &sched->kept);
    return free;
}

static void fill(struct sched *sched, simtime now)
{
    const struct queue *queue = sched_candidates(sched);
    const simtime window = sched->shadow - now;
    const int64_t spare = free_beside(sched);
    struct jobitem item;
    struct jobkey last;
    const struct jobkey *after = NULL;
    for (;;) {
        const int64_t free = sched_free(sched, now);
        if (free <= 0 || !queue_next_fit(queue, after, free, window, spare, &item))
            return;
        last = item.key;
        after = &last;
        if (item.key.seq != sched->head.key.seq)
            try_start(sched, &item, now);
    }
}

/* Nothing but submissions happened since the head was found blocked. */
static void fill_fresh(struct sched *sched, simtime now)
{
    for (size_t i = 0; i < sched->fresh.len; i++) {
        const struct job *job = jobs_at(sched->jobs, sched->fresh.items[i]);
        const int32_t procs = partition_procs(sched->partition, &job->spec.ask);
        const struct jobitem item = queue_item(&sched->queue, job, procs, now);
        if (procs <= sched_free(sched, now) && queue_admits(&sched->queue, job, &item))
            try_start(sched, &item, now);
    }
}

void sched_constrained_pass(struct sched *sched, simtime now)
{
    /* Several at once would have to be tried in order of the candidates. */
    const bool few = sched->fresh.len <= 1 && sched->config.depth <= 1;
    if (few && sched_still_blocked(sched)) {
        if (sched->config.depth == 1)
            fill_fresh(sched, now);
        return;
    }
    sched->blocked = false;
    if (!sched_start_heads(sched, now, &sched->head))
        return;
    sched->blocked = true;
    if (sched->config.depth > 1) {
        sched_backfill_pass(sched, now);
    } else if (sched->config.depth == 1) {
        sched->shadow = find_shadow(sched, &sched->head, now);
        fill(sched, now);
    }
}
