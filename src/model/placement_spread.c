/* The emptiest nodes first, evenly: each node gets as few processors as possible, so that the most
 * any node gets is least; of two nodes the emptier, then the lower, gets one more. Whatever
 * fits by count starts. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/placement.h"

/* Nodes with exactly `level` available, over the groups. */
static int64_t nodes_at(const struct cluster *cluster, int32_t level)
{
    int64_t nodes = 0;
    for (size_t g = 0; g < cluster->len; g++)
        if (level <= cluster->groups[g].size)
            nodes += cluster->groups[g].count[level];
    return nodes;
}

/* The least level > `level` in use; -1 if there is none. */
static int32_t level_above(const struct cluster *cluster, int32_t level)
{
    int32_t least = INT32_MAX;
    for (size_t g = 0; g < cluster->len; g++) {
        const int32_t next = nodes_level_next(&cluster->groups[g], level + 1);
        if (next > 0 && next < least)
            least = next;
    }
    return least == INT32_MAX ? -1 : least;
}

static int32_t level_below(const struct cluster *cluster, int32_t level)
{
    int32_t most = -1;
    for (size_t g = 0; g < cluster->len; g++) {
        const int32_t next = nodes_level_prev(&cluster->groups[g], level - 1);
        if (next > most)
            most = next;
    }
    return most;
}

/* The greatest share s such that s processors on every node that has them (all of it on the others)
 * leave some of `procs` over, and in *ret_over what they leave over. */
static int32_t find_share(const struct cluster *cluster, int32_t procs, int64_t *ret_over)
{
    int64_t above = 0, over = procs;
    for (int32_t k = level_above(cluster, 0); k > 0; k = level_above(cluster, k))
        above += nodes_at(cluster, k);
    int32_t share = 0;
    for (int32_t k = level_above(cluster, 0); k > 0; k = level_above(cluster, k)) {
        const int64_t step = (over - 1) / above; /* rises of the share that leave some over */
        const int32_t rise = step < k - share ? (int32_t)step : k - share;
        share += rise;
        over -= rise * above;
        if (share < k)
            break;
        above -= nodes_at(cluster, k);
    }
    *ret_over = over;
    return share;
}

static void choose(const struct cluster *cluster, const struct ask *ask, struct choice *ret)
{
    if (ask->nodes > 0) {
        placement_choose_whole(cluster, ask->nodes, ret);
        return;
    }
    int64_t over;
    const int32_t share = find_share(cluster, ask->procs, &over);
    for (int32_t k = level_below(cluster, INT32_MAX); k > 0; k = level_below(cluster, k)) {
        for (size_t g = 0; g < cluster->len; g++) {
            const struct nodes *const group = &cluster->groups[g];
            if (k > group->size)
                continue;
            int32_t node = -1;
            while ((node = nodes_next(group, k, node + 1)) >= 0) {
                int32_t procs = k < share ? k : share;
                if (k > share && over > 0) {
                    procs++;
                    over--;
                }
                if (procs == 0)
                    return;
                choice_add(ret, cluster_number(g, node), 1, procs);
            }
        }
    }
}

const struct placement_type placement_spread = {
    .kind = {.name = "spread", .summary = "evenly over the emptiest nodes"},
    .fits = placement_fits_count,
    .choose = choose,
};
