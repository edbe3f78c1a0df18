/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/view.h"

#include "model/nodes.h"
#include "util/mem.h"

#include <stdlib.h>

/* Sums that are remembered: jobs tried one after the other often ask the same few amounts. */
enum { VIEW_SUMS = 16 };

struct view {
    struct cluster cluster; /* its groups are owned; nothing is ever taken from it */
    int64_t memory;
    bool whole;
    uint64_t changes; /* of the cluster when it was made; UINT64_MAX: never */
    struct {
        int64_t memory, free; /* processors to be had with so much for each */
    } sums[VIEW_SUMS];
    size_t n_sums, next_sum;
    uint64_t sums_changes; /* of the cluster when they were taken */
};

struct view *view_new(const struct placement_type *placement, size_t groups)
{
    struct view *const view = mem_new(1, sizeof(*view));
    view->cluster.placement = placement;
    view->cluster.groups = mem_new(groups, sizeof(*view->cluster.groups));
    view->cluster.len = groups;
    view->changes = UINT64_MAX;
    return view;
}

void view_free(struct view *view)
{
    if (!view)
        return;
    for (size_t g = 0; g < view->cluster.len; g++)
        nodes_deinit(&view->cluster.groups[g]);
    free(view->cluster.groups);
    free(view);
}

const struct cluster *view_of(const struct cluster *cluster, const struct ask *ask)
{
    struct view *const view = cluster->view;
    const bool whole = ask->nodes > 0;
    if (view->changes == cluster->changes && view->memory == ask->memory && view->whole == whole)
        return &view->cluster;
    view->cluster.placement = cluster->placement;
    view->memory = ask->memory;
    view->whole = whole;
    view->changes = cluster->changes;
    view->cluster.now = (struct cluster_counts){0};
    for (size_t g = 0; g < cluster->len; g++)
        nodes_view(&view->cluster.groups[g], &cluster->groups[g], ask->memory, whole,
                   &view->cluster.now);
    return &view->cluster;
}

/* Processors to be had, each with its memory. */
static int64_t sum_free(const struct cluster *cluster, int64_t memory)
{
    struct view *const view = cluster->view;
    if (view->sums_changes != cluster->changes)
        view->n_sums = view->next_sum = 0;
    view->sums_changes = cluster->changes;
    for (size_t i = 0; i < view->n_sums; i++)
        if (view->sums[i].memory == memory)
            return view->sums[i].free;
    int64_t free = 0;
    for (size_t g = 0; g < cluster->len; g++) {
        const struct nodes *const group = &cluster->groups[g];
        for (int32_t i = 0; i < group->len; i++)
            free += nodes_available_with(group, i, memory);
    }
    const size_t at = view->next_sum++ % VIEW_SUMS;
    view->sums[at].memory = memory;
    view->sums[at].free = free;
    if (view->n_sums < VIEW_SUMS)
        view->n_sums++;
    return free;
}

bool view_fits(const struct cluster *cluster, const struct ask *ask)
{
    if (ask->nodes <= 0 && (ask->procs <= 0 || ask->procs > cluster->now.free))
        return false;
    if (ask->nodes <= 0 && !cluster->placement->constraint)
        return ask->procs <= sum_free(cluster, ask->memory);
    return cluster->placement->fits(view_of(cluster, ask), ask);
}
