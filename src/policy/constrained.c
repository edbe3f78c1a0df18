/* EASY and plain queue order where free processors may find no place: whole nodes on a shared
 * partition, contiguous placements. The shadow is the first instant at which, with all that is
 * released by request until then, the head finds nodes; these are then kept for it, as far as may
 * be such as are not free now, so that the others are left to those behind it. A job that runs past
 * the shadow must find its place beside them. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/sched.h"

/* Of what is asked, so many processors, or whole nodes. */
static struct ask part_of(const struct ask *ask, int32_t size)
{
    struct ask part = *ask;
    *(ask->nodes > 0 ? &part.nodes : &part.procs) = size;
    return part;
}

/* The most of what is asked, up to `most`, that fits: what is larger does not. O(log most) as
 * cluster_fits. */
static int32_t most_that_fits(const struct cluster *cluster, const struct ask *ask, int32_t most)
{
    int32_t low = 0;
    while (low < most) {
        const int32_t mid = low + (most - low + 1) / 2;
        const struct ask part = part_of(ask, mid);
        if (cluster_fits(cluster, &part))
            low = mid;
        else
            most = mid - 1;
    }
    return low;
}

static void choose_part(const struct cluster *cluster, const struct ask *ask, int32_t size,
                        struct allocation *ret)
{
    const struct ask part = part_of(ask, size);
    allocation_clear(ret);
    if (size > 0)
        cluster_choose(cluster, &part, ret);
}

/* The nodes of the head at the shadow. What is free now is all held first; of it only what is
 * wanting then is kept. */
static void choose_kept(struct sched *sched, const struct ask *ask)
{
    const struct cluster *now = sched->partition->cluster;
    struct cluster *future = sched->future;
    const int32_t want = ask->nodes > 0 ? ask->nodes : ask->procs;
    allocation_clear(&sched->kept_free);
    /* Runs of nodes have no parts, and holding processors holds no memory. */
    if (now->placement->constraint || (ask->nodes <= 0 && ask->memory > 0)) {
        cluster_choose(future, ask, &sched->kept);
        return;
    }
    choose_part(now, ask, most_that_fits(now, ask, want), &sched->kept_free);
    cluster_hold(future, &sched->kept_free);
    const int32_t found = most_that_fits(future, ask, want);
    choose_part(future, ask, found, &sched->kept);
    choose_part(now, ask, want - found, &sched->kept_free);
}

static void hold_kept(const struct sched *sched)
{
    cluster_hold(sched->partition->cluster, &sched->kept);
    cluster_hold(sched->partition->cluster, &sched->kept_free);
}

static void unhold_kept(const struct sched *sched)
{
    cluster_unhold(sched->partition->cluster, &sched->kept);
    cluster_unhold(sched->partition->cluster, &sched->kept_free);
}

/* When the head finds its nodes, and which: sched->kept and kept_free, empty if it never does.
 * O(nodes), and O(log n) for each release until then. */
static simtime find_shadow(struct sched *sched, const struct jobitem *head, simtime now)
{
    const struct partition *partition = sched->partition;
    const struct ask *ask = &jobs_at(sched->jobs, head->slot)->spec.ask;
    if (sched->future)
        cluster_assign(sched->future, partition->cluster);
    else
        sched->future = cluster_copy(partition->cluster);
    allocation_clear(&sched->kept);
    allocation_clear(&sched->kept_free);
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
        choose_kept(sched, ask);
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
    const bool beside = item->request > sched->shadow - now;
    if (!sched_can_start(sched, item, now))
        return;
    if (beside)
        hold_kept(sched);
    if (!beside || sched_can_start(sched, item, now))
        sched_start(sched, item);
    if (beside)
        unhold_kept(sched);
}

/* Processors that a job past the shadow may have at most. */
static int64_t free_beside(const struct sched *sched)
{
    hold_kept(sched);
    const int64_t free = sched->partition->cluster->now.free;
    unhold_kept(sched);
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
