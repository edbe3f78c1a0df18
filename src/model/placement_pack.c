/* Best fit, to keep whole nodes idle: a job that one node can hold goes to the node with least free
 * that holds it. A larger one takes idle nodes, lowest first, and puts what is left over on the
 * node that it fits best; where idle nodes do not suffice, the nodes with most free come next.
 * Whatever fits by count starts. (Best fit: Knuth, TAOCP 1, 2.5.) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/placement.h"

/* Which nodes are chosen already: idle ones below idle_from; of the others those with more
 * available than `level`, and at `level` those below from. */
struct progress {
    int32_t idle_from, level, from;
};

/* As cluster_best_fit, among the nodes not chosen yet. */
static int32_t best_left(const struct cluster *cluster, int32_t procs, const struct progress *done)
{
    int32_t best = INT32_MAX, at = -1;
    for (size_t g = 0; g < cluster->len; g++) {
        const struct nodes *const group = &cluster->groups[g];
        const int32_t level = nodes_level_next(group, procs);
        if (level < 0 || level >= best)
            continue;
        int32_t from = 0;
        if (level == group->size)
            from = cluster_from(g, done->idle_from);
        else if (level > done->level)
            continue;
        else if (level == done->level)
            from = cluster_from(g, done->from);
        const int32_t node = nodes_next(group, level, from);
        if (node >= 0) {
            best = level;
            at = cluster_number(g, node);
        }
    }
    return at;
}

/* Idle nodes, lowest first, until what is left fits on one node. Returns what is left. */
static int32_t take_idle(const struct cluster *cluster, int32_t procs, struct progress *done,
                         struct choice *ret)
{
    const int32_t fullest = cluster_fullest(cluster);
    int32_t left = procs;
    for (size_t g = 0; g < cluster->len; g++) {
        const struct nodes *const group = &cluster->groups[g];
        int32_t node = 0;
        while ((node = nodes_next(group, group->size, node)) >= 0) {
            if (left <= fullest && best_left(cluster, left, done) >= 0)
                return left;
            /* while the rest is more than any node has, no need to look for its best fit */
            const int32_t sure = left > fullest ? (left - fullest - 1) / group->size : 0;
            const int32_t run = nodes_run(group, group->size, node, sure > 0 ? sure : 1);
            choice_add(ret, cluster_number(g, node), run, group->size);
            left -= run * group->size;
            node += run;
            done->idle_from = cluster_number(g, node);
        }
    }
    return left;
}

/* The next node with most available that is not idle; there is one. */
static int32_t next_fullest(const struct cluster *cluster, struct progress *done)
{
    for (;;) {
        int32_t lower = -1;
        for (size_t g = 0; g < cluster->len; g++) {
            const struct nodes *const group = &cluster->groups[g];
            const int32_t top = done->level < group->size ? done->level : group->size - 1;
            int32_t level = nodes_level_prev(group, top);
            if (level == done->level) {
                const int32_t node = nodes_next(group, level, cluster_from(g, done->from));
                if (node >= 0) {
                    done->from = cluster_number(g, node) + 1;
                    return cluster_number(g, node);
                }
                level = nodes_level_prev(group, level - 1);
            }
            if (level > lower)
                lower = level;
        }
        REQUIRE(lower > 0);
        done->level = lower;
        done->from = 0;
    }
}

static void choose(const struct cluster *cluster, const struct ask *ask, struct choice *ret)
{
    if (ask->nodes > 0) {
        placement_choose_whole(cluster, ask->nodes, ret);
        return;
    }
    int32_t node = cluster_best_fit(cluster, ask->procs);
    if (node >= 0) {
        choice_add(ret, node, 1, ask->procs);
        return;
    }
    struct progress done = {.level = INT32_MAX};
    int32_t left = take_idle(cluster, ask->procs, &done, ret);
    while (left > 0) {
        node = best_left(cluster, left, &done);
        int32_t procs = left;
        if (node < 0) {
            node = next_fullest(cluster, &done);
            procs = nodes_available(&cluster->groups[cluster_node_group(node)],
                                    cluster_node_index(node));
        }
        choice_add(ret, node, 1, procs);
        left -= procs;
    }
}

const struct placement_type placement_pack = {
    .kind = {.name = "pack", .summary = "best fit: as few nodes as possible, idle nodes kept idle"},
    .fits = placement_fits_count,
    .choose = choose,
};
