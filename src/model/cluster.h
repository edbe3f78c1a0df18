/* The nodes of one partition: who has which processors. Nodes have identities and are taken lowest
 * first; a placement chooses among those that fit. The counts-only cluster (placement `any` with no
 * whole-node jobs) keeps one number and no nodes. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_CLUSTER_H
#define MODEL_CLUSTER_H

#include "util/schema.h"

/* What a job asks of a partition. */
struct ask {
    int32_t procs;      /* all processors; for whole nodes what the nodes taken hold is counted */
    int32_t nodes;      /* > 0: that many whole nodes, nobody else on them; procs is then ignored */
};

/* Processors on consecutive nodes first .. first + count - 1, `procs` on each. */
struct extent {
    int32_t first, count, procs;
};

/* Owned by the job that runs on it; zeroed: nothing. A counts-only allocation has no extents. */
struct allocation {
    int32_t procs; /* in all */
    uint32_t len;
    struct extent *extents; /* ascending by node; owned */
};

struct node_group {
    int32_t nodes, procs_per_node;
};

/* How to choose among the nodes that fit. The functions see the cluster's indices of nodes by free
 * processors; both give the same answer to "does it fit". */
struct cluster;
struct placement_type {
    struct kind kind;
    bool counts_only;  /* keeps no nodes unless whole-node jobs need them */
    bool constraint;   /* may refuse what fits by count */
    bool (*fits)(const struct cluster *cluster, const struct ask *ask);
    void (*take)(struct cluster *cluster, const struct ask *ask, struct allocation *ret);
};

extern const struct kind_list placement_kinds;

/* nodes_matter: some job asks whole nodes, so that nodes must be kept even for `any`. */
struct cluster *cluster_new(const struct placement_type *placement, const struct node_group *groups,
                            size_t len, bool nodes_matter);
void cluster_free(struct cluster *cluster);
AUTO_DEFINE(struct cluster *, cluster_free)

/* Does it fit now? O(1) by counts, O(log nodes) with nodes, for whole-node jobs too. */
bool cluster_fits(const struct cluster *cluster, const struct ask *ask);

/* Hand out; it must fit. O(log nodes) a node taken. */
void cluster_take(struct cluster *cluster, const struct ask *ask, struct allocation *ret);

/* Hand back all of it; *allocation is zeroed. Processors on draining nodes go down instead. */
void cluster_give(struct cluster *cluster, struct allocation *allocation);

/* Set group `g` to `nodes` nodes. New nodes get the numbers at the end of the group's range (each
 * group numbers its nodes from its own base, so that growth of one moves no other). Fewer: idle
 * nodes leave, highest number first; the rest drain: their free processors leave now, the busy ones
 * when given back. */
void cluster_resize(struct cluster *cluster, size_t g, int32_t nodes);

/* Maintenance: take `nodes` nodes of group g out of service (idle ones first, highest number first;
 * busy ones drain) and bring that many back. They stay part of the capacity, as down. */
void cluster_down(struct cluster *cluster, size_t g, int32_t nodes);
void cluster_up(struct cluster *cluster, size_t g, int32_t nodes);

/* Counts, in processors: capacity = busy + free + down. A drained, still busy processor counts in
 * capacity until it is given back. O(1). */
int64_t cluster_capacity(const struct cluster *cluster);
int64_t cluster_free_procs(const struct cluster *cluster);
int64_t cluster_busy(const struct cluster *cluster);
int64_t cluster_down_procs(const struct cluster *cluster);

/* Free processors that are of no use to a job that asks a whole node: free on partly busy nodes. */
int64_t cluster_fragmented(const struct cluster *cluster);

/* Could the ask ever fit with all given nodes idle? For rejecting what can never run. */
bool cluster_could_fit(const struct placement_type *placement, const struct node_group *groups,
                       size_t len, const struct ask *ask);

void cluster_check(const struct cluster *cluster); /* REQUIREs every invariant */

#endif
