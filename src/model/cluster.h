/* The nodes of one partition: who has which processors. Nodes have identities and are taken lowest
 * first; a placement chooses among those that fit. The counts-only cluster (placement `any` with no
 * whole-node jobs) keeps one number and no nodes. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_CLUSTER_H
#define MODEL_CLUSTER_H

#include "util/schema.h"

/* What a job asks of a partition. */
struct ask {
    int32_t procs;  /* all processors; for whole nodes what the nodes taken hold is counted */
    int32_t nodes;  /* > 0: that many whole nodes, nobody else on them; procs is then ignored */
    int64_t memory; /* bytes for each processor, or that each whole node must have; 0: none */
};

/* Processors on consecutive nodes first .. first + count - 1, `procs` on each. */
struct extent {
    int32_t first, count, procs;
};

/* Owned by the job that runs on it; zeroed: nothing. A counts-only allocation has no extents. Most
 * have one, which is kept in place: no memory of its own, no second cache line to fetch. */
struct allocation {
    int32_t procs; /* in all */
    uint32_t len;
    struct extent *extents; /* ascending by node; owned; NULL if len <= 1 */
    struct extent one;      /* if len == 1 */
    int64_t memory;         /* bytes for each processor; ALLOCATION_ALL: what the nodes have */
};

#define ALLOCATION_ALL INT64_C(-1)

static inline const struct extent *allocation_extents(const struct allocation *allocation)
{
    return allocation->len > 1 ? allocation->extents : &allocation->one;
}

struct node_group {
    int32_t nodes, procs_per_node;
    int64_t memory; /* of each, bytes; 0: not told, never short */
};

/* Most groups of a partition. */
enum { PARTITION_GROUPS_MAX = 64 };

/* What a cluster with nodes can hold; the caller bounds its input by these, so that a number of a
 * node is an int32_t. A partition as a whole has at most INT32_MAX processors. A counts-only
 * cluster knows no bounds but those of its types. */
enum {
    CLUSTER_GROUP_BITS = 22,
    CLUSTER_GROUP_NODES = (1 << CLUSTER_GROUP_BITS) - 1, /* nodes of a group at any time */
    CLUSTER_GROUPS = 512,
    CLUSTER_NODE_PROCS = 1 << 20 /* processors of a node */
};

/* Node i of group g has the number g << CLUSTER_GROUP_BITS | i, whatever other groups there are. */
static inline size_t cluster_node_group(int32_t node)
{
    return (size_t)(node >> CLUSTER_GROUP_BITS);
}

static inline int32_t cluster_node_index(int32_t node)
{
    return node & CLUSTER_GROUP_NODES;
}

/* How to choose among the nodes that fit: model/placement.h has the queries for it. */
struct cluster;
struct choice;
struct placement_type {
    struct kind kind;
    bool counts_only; /* keeps no nodes unless whole-node jobs need them */
    bool constraint;  /* may refuse what fits by count */
    bool runs;        /* asks for runs of consecutive idle nodes */
    bool lowest;      /* asks for nodes with anything free, lowest first; heeds memory by itself */
    bool (*fits)(const struct cluster *cluster, const struct ask *ask);
    /* The nodes to take; it fits. Nothing is taken yet. */
    void (*choose)(const struct cluster *cluster, const struct ask *ask, struct choice *ret);
    /* With all given nodes idle; NULL: what is there by count fits. */
    bool (*could_fit)(const struct node_group *groups, size_t len, const struct ask *ask);
};

/* Processors of a partition. */
struct cluster_counts {
    int64_t free; /* to be had now */
    int64_t held; /* free, but set aside by cluster_hold */
    int64_t busy, down;
    int64_t memory; /* bytes in use, on nodes whose memory is told */
};

/* Read it through the functions below; it stands here so that the counts-only case is inlined. */
struct nodes;
struct cluster {
    struct cluster_counts now;
    bool counts_only; /* keeps no nodes */
    bool by_count;    /* what is there by count fits, but for whole nodes */
    bool plain;       /* counts only, and all that is given back is free again */
    bool overcommit;  /* counts only: what comes free within the instant may be handed out before */
    bool memory;      /* the memory of some nodes is told */
    int64_t hold;     /* counts only: processors held, free or not */
    const struct placement_type *placement;
    struct nodes *groups; /* owned */
    size_t len;
    struct choice *choice; /* scratch; owned */
    struct pool *pool;     /* of extents; owned */
    uint64_t changes;      /* so far, of what is free on nodes */
    struct view *view;     /* scratch: the nodes as a job that asks memory sees them; owned */
};

extern const struct kind_list placement_kinds;

/* nodes_matter: some job asks whole nodes, so that nodes must be kept even for `any`; where a group
 * tells the memory of its nodes they are too. What this takes follows the nodes that exist: some 8
 * bytes each (with memory 16) and a bit for each number of free processors in use. */
struct cluster *cluster_new(const struct placement_type *placement, const struct node_group *groups,
                            size_t len, bool nodes_matter);
void cluster_free(struct cluster *cluster); /* takes NULL */
AUTO_DEFINE(struct cluster *, cluster_free)

/* For what-if: a copy that shares nothing, a memcpy of each array: O(nodes). cluster_assign makes a
 * former copy of the same cluster equal to it again and allocates only if that has grown. */
struct cluster *cluster_copy(const struct cluster *cluster);
void cluster_assign(struct cluster *copy, const struct cluster *cluster);

NOINLINE bool cluster_fits_nodes(const struct cluster *cluster, const struct ask *ask);
NOINLINE void cluster_take_nodes(struct cluster *cluster, const struct ask *ask,
                                 struct allocation *ret);

/* Does it fit now? An ask of nothing never does. O(1) by counts, O(groups) for whole nodes and
 * `contiguous`. To an ask of memory a node has as many processors as its memory lets the job use,
 * min(processors, memory / asked), free as well as in all, and one of which all these are free is
 * idle; whole nodes must have the memory. O(nodes) where memory is told, and so is taking them. */
static inline bool cluster_fits(const struct cluster *cluster, const struct ask *ask)
{
    if (LIKELY(cluster->by_count && ask->nodes <= 0))
        return ask->procs <= cluster->now.free && ask->procs > 0;
    return cluster_fits_nodes(cluster, ask);
}

/* Hand out; it must fit. Its extents come from a pool and are given back by cluster_give (or, where
 * the cluster is gone, by free). O(log nodes) a stretch of equal nodes taken; `spread` also
 * O(levels in use), a level being a number of free processors that some node has. */
static inline void cluster_take(struct cluster *cluster, const struct ask *ask,
                                struct allocation *ret)
{
    if (LIKELY(cluster->counts_only)) {
        REQUIRE(ask->nodes <= 0 && ask->procs > 0 &&
                (ask->procs <= cluster->now.free || cluster->overcommit));
        cluster->now.free -= ask->procs;
        cluster->now.busy += ask->procs;
        *ret = (struct allocation){.procs = ask->procs};
    } else {
        cluster_take_nodes(cluster, ask, ret);
    }
}

/* What cluster_take would hand out, without taking it: same cost, *ret is freed by
 * allocation_clear. */
void cluster_choose(const struct cluster *cluster, const struct ask *ask, struct allocation *ret);

/* Free the extents of an allocation that nobody takes back; zeroes it. */
void allocation_clear(struct allocation *allocation);

/* As cluster_give, but leaves the allocation alone: for the copies of a what-if. */
void cluster_give_copy(struct cluster *cluster, const struct allocation *allocation);
NOINLINE void cluster_give_nodes(struct cluster *cluster, struct allocation *allocation);

/* Hand back all of it; *allocation is zeroed. Processors on draining nodes go down instead, those
 * on leaving nodes vanish. O(log nodes) a stretch of equal nodes. */
static inline void cluster_give(struct cluster *cluster, struct allocation *allocation)
{
    if (LIKELY(cluster->plain)) {
        REQUIRE(allocation->procs <= cluster->now.busy);
        cluster->now.free += allocation->procs;
        cluster->now.busy -= allocation->procs;
        *allocation = (struct allocation){0};
    } else {
        cluster_give_nodes(cluster, allocation);
    }
}

/* Set aside on each node of the allocation as many processors as it has there, so that nobody takes
 * them: what is free of them now (it counts as held) and, until cluster_unhold, what becomes free.
 * Holds add up; each is undone exactly by one cluster_unhold with an equal allocation, in any
 * order. The allocation is only read and may come from cluster_choose or a copy. O(log nodes) a
 * node. */
void cluster_hold(struct cluster *cluster, const struct allocation *allocation);
void cluster_unhold(struct cluster *cluster, const struct allocation *allocation);

/* Set group `g` to `nodes` nodes. More: nodes that are still leaving stay, lowest number first,
 * then absent numbers are borne again, then new ones are at the end of the group's range (each
 * group numbers its nodes from its own base, so that growth of one moves no other). Fewer: idle
 * nodes leave, highest number first; the rest drain, highest first: their free processors leave
 * now, the busy ones when given back. Nodes that are down leave only where they are more than the
 * group is to have. O(log nodes) a node that changes, O(nodes) where the range grows. */
void cluster_resize(struct cluster *cluster, size_t g, int32_t nodes);

/* Nodes of group `g` have so many processors each from now on. What is in use stays so: a node in
 * which that is more has nothing free until less is in use. O(nodes log nodes); O(groups) by
 * counts. */
void cluster_shape(struct cluster *cluster, size_t g, int32_t procs_per_node);

/* Choose by that from now on; one that keeps nodes needs a cluster that was made to keep them.
 * O(nodes log nodes). */
void cluster_place(struct cluster *cluster, const struct placement_type *placement);

/* Maintenance: take `nodes` nodes of group g out of service (idle ones first, highest number first;
 * busy ones drain) and bring that many back (down ones first, lowest number first). They stay part
 * of the capacity, as down. What is asked down adds up; where it is more than the group has, all
 * are down, and a node that joins goes down too, so that cluster_up undoes cluster_down whatever
 * happened in between. O(log nodes) a node. */
void cluster_down(struct cluster *cluster, size_t g, int32_t nodes);
void cluster_up(struct cluster *cluster, size_t g, int32_t nodes);

/* Counts, in processors: capacity = busy + free + down, held ones being free. A drained, still busy
 * processor counts in capacity until it is given back. O(1). */
static inline int64_t cluster_free_procs(const struct cluster *cluster)
{
    return cluster->now.free + cluster->now.held;
}

static inline int64_t cluster_busy(const struct cluster *cluster)
{
    return cluster->now.busy;
}

static inline int64_t cluster_down_procs(const struct cluster *cluster)
{
    return cluster->now.down;
}

static inline int64_t cluster_capacity(const struct cluster *cluster)
{
    return cluster->now.busy + cluster->now.free + cluster->now.held + cluster->now.down;
}

/* The processors of an allocation that come back when it is given: not those on nodes that drain or
 * leave, and where more is in use than a node has, those that are left. Counts only: all of them.
 * O(nodes of it). */
int64_t cluster_returning(const struct cluster *cluster, const struct allocation *allocation);

/* Is more in use on some node than it has? What comes back of several allocations on it is then
 * more than cluster_returning says of each. O(groups). */
bool cluster_is_over(const struct cluster *cluster);

/* Processors in service: capacity without what is down, draining or leaving. O(groups). */
int64_t cluster_in_service(const struct cluster *cluster);

/* Bytes of memory, of nodes whose memory is told: in service, and of an allocation. O(groups),
 * O(extents). */
int64_t cluster_memory(const struct cluster *cluster);
int64_t cluster_memory_of(const struct cluster *cluster, const struct allocation *allocation);

/* Free processors that are of no use to a job that asks a whole node: free on partly busy nodes,
 * held ones apart. 0 for a counts-only cluster. O(groups). */
int64_t cluster_fragmented(const struct cluster *cluster);

/* Could the ask ever fit with all given nodes idle? For rejecting what can never run. */
bool cluster_could_fit(const struct placement_type *placement, const struct node_group *groups,
                       size_t len, const struct ask *ask);

void cluster_check(const struct cluster *cluster); /* REQUIREs every invariant */

#endif
