/* Any processors will do: the lowest free ones. With no whole-node jobs beside it no node is kept
 * and the cluster is one number. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/placement.h"

static void choose(const struct cluster *cluster, const struct ask *ask, struct choice *ret)
{
    if (ask->nodes > 0) {
        placement_choose_whole(cluster, ask->nodes, ret);
        return;
    }
    int32_t left = ask->procs;
    for (size_t g = 0; g < cluster->len && left > 0; g++) {
        const struct nodes *const group = &cluster->groups[g];
        int32_t node = -1;
        while (left > 0 && (node = nodes_next_some(group, node + 1)) >= 0) {
            const int32_t available = nodes_available_with(group, node, ask->memory);
            const int32_t procs = available < left ? available : left;
            if (procs == 0)
                continue;
            choice_add(ret, cluster_number(g, node), 1, procs);
            left -= procs;
        }
    }
    REQUIRE(left == 0);
}

const struct placement_type placement_any = {
    .kind = {.name = "any", .summary = "the lowest free processors, on whatever nodes"},
    .counts_only = true,
    .lowest = true,
    .fits = placement_fits_count,
    .choose = choose,
};
