/* What a placement may ask of a cluster that keeps nodes, and how it says what to take. Numbers of
 * nodes here are those of the whole cluster; -1: there is none. A placement reads and never
 * changes: what it chooses is taken when it is done. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_PLACEMENT_H
#define MODEL_PLACEMENT_H

#include "model/nodes.h"

/* Pieces in the order chosen, merged where they continue each other. */
struct choice {
    struct extent *items;
    size_t len, cap;
    int64_t procs;
};

/* `procs` on each of `count` nodes from `node` on, none of which was chosen before. */
void choice_add(struct choice *choice, int32_t node, int32_t count, int32_t procs);

static inline int32_t cluster_number(size_t g, int32_t node)
{
    return (int32_t)(g << CLUSTER_GROUP_BITS) | node;
}

/* Where in group g to go on from node number `from`, which may be of another group. */
static inline int32_t cluster_from(size_t g, int32_t from)
{
    const size_t at = cluster_node_group(from);
    return g > at ? 0 : g == at ? cluster_node_index(from) : CLUSTER_GROUP_NODES;
}

/* Most processors available on one node. O(groups). */
int32_t cluster_fullest(const struct cluster *cluster);

/* The lowest of the nodes with least available that have at least `procs` > 0. O(groups). */
int32_t cluster_best_fit(const struct cluster *cluster, int32_t procs);

/* Whole nodes of any group, lowest first; the fits and the choose for them. */
bool placement_fits_count(const struct cluster *cluster, const struct ask *ask);
void placement_choose_whole(const struct cluster *cluster, int32_t nodes, struct choice *ret);

#endif
