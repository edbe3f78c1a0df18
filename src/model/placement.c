/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/placement.h"

#include "util/mem.h"

#define PLACEMENT(name) extern const struct placement_type placement_##name;
#include "model/placement_list.h"
#undef PLACEMENT

static const struct kind *const items[] = {
#define PLACEMENT(name) &placement_##name.kind,
#include "model/placement_list.h"
#undef PLACEMENT
    NULL,
};

const struct kind_list placement_kinds = {"placement", "placements", items};

void choice_add(struct choice *choice, int32_t node, int32_t count, int32_t procs)
{
    REQUIRE(count > 0 && procs > 0);
    choice->procs += (int64_t)count * procs;
    if (choice->len > 0) {
        struct extent *const last = &choice->items[choice->len - 1];
        if (last->first + last->count == node && last->procs == procs) {
            last->count += count;
            return;
        }
    }
    MEM_GROW(choice);
    choice->items[choice->len++] = (struct extent){node, count, procs};
}

int32_t cluster_fullest(const struct cluster *cluster)
{
    int32_t most = 0;
    for (size_t g = 0; g < cluster->len; g++) {
        const int32_t level = nodes_level_prev(&cluster->groups[g], INT32_MAX);
        if (level > most)
            most = level;
    }
    return most;
}

int32_t cluster_best_fit(const struct cluster *cluster, int32_t procs)
{
    int32_t best = INT32_MAX;
    size_t at = 0;
    for (size_t g = 0; g < cluster->len; g++) {
        const int32_t level = nodes_level_next(&cluster->groups[g], procs);
        if (level > 0 && level < best) {
            best = level;
            at = g;
        }
    }
    return best == INT32_MAX ? -1 : cluster_number(at, nodes_next(&cluster->groups[at], best, 0));
}

bool placement_fits_count(const struct cluster *cluster, const struct ask *ask)
{
    if (ask->nodes <= 0)
        return ask->procs > 0 && ask->procs <= cluster->now.free;
    int64_t idle = 0;
    for (size_t g = 0; g < cluster->len; g++)
        idle += cluster->groups[g].count[cluster->groups[g].size];
    return ask->nodes <= idle;
}

void placement_choose_whole(const struct cluster *cluster, int32_t nodes, struct choice *ret)
{
    int32_t left = nodes;
    for (size_t g = 0; g < cluster->len && left > 0; g++) {
        const struct nodes *const group = &cluster->groups[g];
        int32_t node = 0;
        while (left > 0 && (node = nodes_next(group, group->size, node)) >= 0) {
            const int32_t run = nodes_run(group, group->size, node, left);
            choice_add(ret, cluster_number(g, node), run, group->size);
            node += run;
            left -= run;
        }
    }
    REQUIRE(left == 0);
}
