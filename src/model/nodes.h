/* The nodes of one group: how much of each is in use, who is in service, and the index that
 * placements search: for each number of available processors the set of nodes that have exactly so
 * many. Numbers here are the group's own, from 0. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_NODES_H
#define MODEL_NODES_H

#include "model/bits.h"
#include "model/cluster.h"
#include "model/runs.h"

enum node_state {
    NODE_ABSENT,   /* a number that nobody bears; nothing in use */
    NODE_UP,       /* in service */
    NODE_OVER,     /* in service, more in use than its size: nothing free until less is */
    NODE_DRAINING, /* part of the group, in use, goes down when it is given back */
    NODE_DOWN,     /* part of the group, nothing in use */
    NODE_LEAVING,  /* no longer part of the group, in use, absent when it is given back */
    NODE_STATES
};

/* Sets of nodes that are always there; those by available processors come after. */
enum { SLOT_SOME = NODE_STATES, SLOT_LEVELS };

/* A node in service makes available what is neither in use nor held; any other nothing. */
struct nodes {
    int32_t size, most; /* processors a node; the most it ever was */
    int64_t memory;     /* bytes a node; 0: not told */
    int32_t nodes;      /* that the group is to have: up, over, draining and down */
    int64_t asked_down; /* of them: min(asked_down, nodes) draining or down */

    int32_t len, cap;        /* numbers ever borne; room */
    int32_t in[NODE_STATES]; /* nodes by state, of len */
    int64_t held;            /* sum of hold[] */
    int32_t *used;           /* processors in use, by node; owned, as all that follow */
    int32_t *hold;           /* processors set aside for somebody, free or not; NULL: none yet */
    uint8_t *state;
    int64_t *memory_used; /* bytes in use, by node; NULL: memory is not told */
    int64_t *memory_hold; /* set aside, as hold; NULL: none yet */

    /* The index. Level k, 1 <= k <= size, has count[k] nodes; with none it has no set. A set is a
     * slot of shape.words words, so that memory follows the levels in use. */
    struct bits_shape shape, level_shape;
    uint64_t *words, *levels; /* levels: bitmap of levels with nodes */
    uint32_t slots, slots_cap, spares, spares_cap;
    uint32_t *spare; /* slots of no level, all clear */
    uint32_t *slot;  /* by level; 0: none */
    int32_t *count;  /* by level */
    bool with_some, with_runs;
    struct runs runs; /* of the idle nodes, if with_runs */
};

/* No nodes yet. with_some: nodes_next_some is asked for. */
void nodes_init(struct nodes *nodes, int32_t size, bool with_some, bool with_runs);
void nodes_deinit(struct nodes *nodes);
void nodes_copy(struct nodes *nodes, const struct nodes *from); /* *nodes: zeroed or a copy */

/* Nodes of another size, or with another index. What is in use stays so, which may be more than the
 * new size. O(nodes log nodes). */
void nodes_reshape(struct nodes *nodes, int32_t size, bool with_some, bool with_runs,
                   struct cluster_counts *counts);

/* `procs` (negative: fewer) more in use on each of the nodes first .. first + count - 1; *counts
 * follows. O(count) words, and O(log nodes) for each stretch of equal nodes. */
void nodes_use(struct nodes *nodes, int32_t first, int32_t count, int32_t procs,
               struct cluster_counts *counts);

/* Hold `procs` more (negative: fewer) on each. O(log nodes) a node. */
void nodes_hold(struct nodes *nodes, int32_t first, int32_t count, int32_t procs,
                struct cluster_counts *counts);

/* `bytes` (negative: fewer) more of memory in use, or set aside, on each; only where it is told. */
void nodes_use_memory(struct nodes *nodes, int32_t first, int32_t count, int64_t bytes,
                      struct cluster_counts *counts);
void nodes_hold_memory(struct nodes *nodes, int32_t first, int32_t count, int64_t bytes);

/* Processors of a node of the group that a job can use which asks `memory` bytes for each. */
static inline int32_t memory_lets(int64_t memory, int32_t procs, int64_t asked)
{
    return memory > 0 && asked > 0 && memory / asked < procs ? (int32_t)(memory / asked) : procs;
}

/* Make *view (initialised; any former view) the group as a job sees it that asks `memory` for each
 * processor: of the size that memory lets it have (memory_lets), each node with so much available
 * as it can use. With `whole`, as one sees it that asks whole nodes with `memory`: no nodes at all
 * where they have less. *counts gets what is available. O(nodes). */
void nodes_view(struct nodes *view, const struct nodes *nodes, int64_t memory, bool whole,
                struct cluster_counts *counts);

/* Bring the states in line with `nodes` and `asked_down`, in the order that cluster.h states.
 * O(log nodes) a node that changes. */
void nodes_settle(struct nodes *nodes, struct cluster_counts *counts);

void nodes_check(const struct nodes *nodes, struct cluster_counts *ret_counts);

static inline const uint64_t *nodes_slot(const struct nodes *nodes, uint32_t slot)
{
    return nodes->words + (size_t)slot * nodes->shape.words;
}

/* The least level >= `level`, the greatest <= `level`, that has nodes; -1 if there is none. */
static inline int32_t nodes_level_next(const struct nodes *nodes, int32_t level)
{
    return level > nodes->size ? -1
                               : bits_next(&nodes->level_shape, nodes->levels, (uint32_t)level);
}

static inline int32_t nodes_level_prev(const struct nodes *nodes, int32_t level)
{
    const int32_t from = level < nodes->size ? level : nodes->size;
    return from < 0 ? -1 : bits_prev(&nodes->level_shape, nodes->levels, (uint32_t)from);
}

/* The lowest node >= from with exactly `level` available, level > 0; -1 if there is none. */
static inline int32_t nodes_next(const struct nodes *nodes, int32_t level, int32_t from)
{
    const uint32_t slot = nodes->slot[level];
    return slot == 0 || from >= nodes->cap
               ? -1
               : bits_next(&nodes->shape, nodes_slot(nodes, slot), (uint32_t)from);
}

/* The lowest node >= from with any available; -1 if there is none. */
static inline int32_t nodes_next_some(const struct nodes *nodes, int32_t from)
{
    return from >= nodes->cap
               ? -1
               : bits_next(&nodes->shape, nodes_slot(nodes, SLOT_SOME), (uint32_t)from);
}

/* How many nodes from `first` (which is one) on have `level` available, at most `most`. */
static inline int32_t nodes_run(const struct nodes *nodes, int32_t level, int32_t first,
                                int32_t most)
{
    return (int32_t)bits_run(&nodes->shape, nodes_slot(nodes, nodes->slot[level]), (uint32_t)first,
                             (uint32_t)most);
}

static inline int32_t nodes_available(const struct nodes *nodes, int32_t node)
{
    if (nodes->state[node] != NODE_UP)
        return 0;
    const int32_t hold = nodes->hold ? nodes->hold[node] : 0;
    const int32_t free = nodes->size - nodes->used[node];
    return free > hold ? free - hold : 0;
}

/* Of them those for which the node has `memory` bytes each. */
static inline int32_t nodes_available_with(const struct nodes *nodes, int32_t node, int64_t memory)
{
    const int32_t available = nodes_available(nodes, node);
    if (available == 0 || nodes->memory == 0 || memory == 0)
        return available;
    const int64_t hold = nodes->memory_hold ? nodes->memory_hold[node] : 0;
    const int64_t free = nodes->memory - nodes->memory_used[node] - hold;
    return free < memory ? 0 : memory_lets(free, available, memory);
}

#endif
