/* Consecutive nodes, a constraint: a job that one node can hold goes to the node it fits best; a
 * larger one takes the lowest run of idle nodes of one group that is long enough, all but the last
 * of them full. A job that finds no run waits, however many processors are free. (First fit; the
 * cost of contiguity: Lo, Windisch, Liu and Nitzberg, IEEE TPDS 8 (1997).) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/placement.h"

/* Nodes of a group that the ask takes if it takes more than one. */
static int32_t nodes_needed(const struct ask *ask, int32_t size)
{
    return ask->nodes > 0 ? ask->nodes : (ask->procs - 1) / size + 1;
}

static bool fits(const struct cluster *cluster, const struct ask *ask)
{
    if (ask->nodes <= 0 && (ask->procs <= 0 || ask->procs <= cluster_fullest(cluster)))
        return ask->procs > 0;
    for (size_t g = 0; g < cluster->len; g++) {
        const struct nodes *const group = &cluster->groups[g];
        if (nodes_needed(ask, group->size) <= runs_longest(&group->runs))
            return true;
    }
    return false;
}

static void choose_run(const struct cluster *cluster, const struct ask *ask, size_t g,
                       struct choice *ret)
{
    const struct nodes *const group = &cluster->groups[g];
    const int32_t need = nodes_needed(ask, group->size);
    const int32_t first =
        runs_find(&group->runs, nodes_slot(group, group->slot[group->size]), need);
    const int32_t number = cluster_number(g, first);
    if (ask->nodes > 0) {
        choice_add(ret, number, need, group->size);
        return;
    }
    if (need > 1)
        choice_add(ret, number, need - 1, group->size);
    choice_add(ret, number + need - 1, 1, ask->procs - (need - 1) * group->size);
}

static void choose(const struct cluster *cluster, const struct ask *ask, struct choice *ret)
{
    const int32_t node = ask->nodes > 0 ? -1 : cluster_best_fit(cluster, ask->procs);
    if (node >= 0) {
        choice_add(ret, node, 1, ask->procs);
        return;
    }
    for (size_t g = 0; g < cluster->len; g++) {
        const struct nodes *const group = &cluster->groups[g];
        if (nodes_needed(ask, group->size) <= runs_longest(&group->runs)) {
            choose_run(cluster, ask, g, ret);
            return;
        }
    }
    REQUIRE(!"it must fit");
}

static bool could_fit(const struct node_group *groups, size_t len, const struct ask *ask)
{
    for (size_t g = 0; g < len; g++)
        if (nodes_needed(ask, groups[g].procs_per_node) <= groups[g].nodes)
            return true;
    return false;
}

const struct placement_type placement_contiguous = {
    .kind = {.name = "contiguous",
             .summary = "consecutive idle nodes of one group, else the job waits"},
    .constraint = true,
    .runs = true,
    .fits = fits,
    .choose = choose,
    .could_fit = could_fit,
};
