/* The cluster against a model that knows nothing but arrays and searches them from end to end,
 * through random histories of takes, gives, holds, growth, shrinkage and maintenance. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/placement.h"
#include "util/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct placement_type *placement(const char *name)
{
    for (const struct kind *const *kind = placement_kinds.items; *kind; kind++)
        if (strcmp((*kind)->name, name) == 0)
            return (const struct placement_type *)*kind;
    fail_msg("no placement %s", name);
    return NULL;
}

enum { MOST_GROUPS = 3, MOST_NODES = 700, MOST_JOBS = 400, MOST_HOLDS = 6 };

struct plain_node {
    int32_t used, hold;
    int64_t memory_used, memory_hold;
    enum node_state state;
};

struct plain_group {
    int32_t size, nodes, asked, len;
    int32_t all, all_len;       /* size and len, while they are what an ask of memory sees */
    int64_t memory, memory_ask; /* of a node; for each processor, or 0 */
    struct plain_node node[MOST_NODES];
};

struct world {
    struct cluster *cluster, *copy;
    const char *placement;
    size_t groups, jobs, holds;
    struct plain_group group[MOST_GROUPS];
    struct allocation job[MOST_JOBS], hold[MOST_HOLDS];
    uint32_t job_id[MOST_JOBS], next_id;
    uint32_t *owner[MOST_GROUPS];          /* of each processor of each node; 0: nobody */
    int32_t give[MOST_GROUPS][MOST_NODES]; /* what the last choice gives from each node */
    uint64_t random;
};

static uint32_t draw(struct world *world, uint32_t below)
{
    uint64_t x = world->random += 0x9e3779b97f4a7c15U;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
    x = (x ^ x >> 27) * 0x94d049bb133111ebU;
    return (uint32_t)((x ^ x >> 31) >> 32) % below;
}

static int32_t plain_free(const struct plain_group *group, int32_t i)
{
    const struct plain_node *const node = &group->node[i];
    int32_t free = group->all - node->used - node->hold;
    const int64_t bytes = group->memory - node->memory_used - node->memory_hold;
    if (node->state != NODE_UP || free <= 0)
        return 0;
    while (group->memory > 0 && group->memory_ask > 0 && free > 0 &&
           free * group->memory_ask > bytes)
        free--;
    return free < group->size ? free : group->size;
}

/* Groups become what the ask sees: fewer processors a node, or no nodes. */
static void plain_look(struct world *world, const struct ask *ask)
{
    for (size_t g = 0; g < world->groups; g++) {
        struct plain_group *const group = &world->group[g];
        if (group->memory == 0 || ask->memory == 0)
            continue;
        if (group->memory < ask->memory)
            group->len = 0;
        if (ask->nodes > 0)
            continue;
        group->memory_ask = ask->memory;
        while (group->size > 1 && group->size * ask->memory > group->memory)
            group->size--;
    }
}

static void plain_look_away(struct world *world)
{
    for (size_t g = 0; g < world->groups; g++) {
        world->group[g].size = world->group[g].all;
        world->group[g].len = world->group[g].all_len;
        world->group[g].memory_ask = 0;
    }
}

/* Fills world->give for whole nodes, lowest first or in a row. */
static bool plain_whole(struct world *world, int32_t nodes, bool in_row)
{
    int32_t left = nodes;
    for (size_t g = 0; g < world->groups; g++) {
        struct plain_group *const group = &world->group[g];
        for (int32_t i = 0; i < group->len && left > 0; i++) {
            const bool idle = plain_free(group, i) == group->size;
            if (idle) {
                world->give[g][i] = group->size;
                left--;
            }
            if (in_row && !idle && left < nodes) {
                memset(world->give, 0, sizeof(world->give));
                left = nodes;
            }
        }
        if (left == 0)
            return true;
        if (in_row) {
            memset(world->give, 0, sizeof(world->give));
            left = nodes;
        }
    }
    return false;
}

/* The lowest of the nodes with least free that have at least `procs`; false: there is none. */
static bool plain_best(const struct world *world, int32_t procs, size_t *ret_g, int32_t *ret_i)
{
    int32_t best = INT32_MAX;
    for (size_t g = 0; g < world->groups; g++) {
        for (int32_t i = 0; i < world->group[g].len; i++) {
            const int32_t free = plain_free(&world->group[g], i);
            if (free >= procs && free < best && world->give[g][i] == 0) {
                best = free;
                *ret_g = g;
                *ret_i = i;
            }
        }
    }
    return best < INT32_MAX;
}

/* The lowest idle node, or the lowest of those with most free; returns what it has, 0: none. */
static int32_t plain_next(const struct world *world, bool idle, size_t *ret_g, int32_t *ret_i)
{
    int32_t most = 0;
    for (size_t g = 0; g < world->groups; g++) {
        for (int32_t i = 0; i < world->group[g].len; i++) {
            const int32_t free = plain_free(&world->group[g], i);
            if (world->give[g][i] > 0 || (idle ? free < world->group[g].size : free <= most))
                continue;
            most = free;
            *ret_g = g;
            *ret_i = i;
            if (idle)
                return most;
        }
    }
    return most;
}

static void plain_pack(struct world *world, int32_t procs)
{
    for (int32_t left = procs; left > 0;) {
        size_t g = 0;
        int32_t i = 0, most = left;
        if (!plain_best(world, left, &g, &i)) {
            most = plain_next(world, true, &g, &i);
            if (most == 0)
                most = plain_next(world, false, &g, &i);
        }
        assert_true(most > 0 && most <= left);
        world->give[g][i] = most;
        left -= most;
    }
}

static void plain_any(struct world *world, int32_t procs)
{
    int32_t left = procs;
    for (size_t g = 0; g < world->groups; g++) {
        for (int32_t i = 0; i < world->group[g].len; i++) {
            const int32_t free = plain_free(&world->group[g], i);
            world->give[g][i] = free < left ? free : left;
            left -= world->give[g][i];
        }
    }
}

static void plain_spread(struct world *world, int32_t procs)
{
    int32_t share = 0, left = 0;
    do { /* the least share that is enough */
        share++;
        left = procs;
        for (size_t g = 0; g < world->groups; g++) {
            for (int32_t i = 0; i < world->group[g].len; i++) {
                const int32_t free = plain_free(&world->group[g], i);
                left -= free < share ? free : share;
            }
        }
    } while (left > 0);
    left = procs;
    for (size_t g = 0; g < world->groups; g++) {
        for (int32_t i = 0; i < world->group[g].len; i++) {
            const int32_t free = plain_free(&world->group[g], i);
            left -= world->give[g][i] = free < share - 1 ? free : share - 1;
        }
    }
    for (int32_t level = 1000; left > 0; level--)
        for (size_t g = 0; g < world->groups; g++)
            for (int32_t i = 0; i < world->group[g].len && left > 0; i++)
                if (plain_free(&world->group[g], i) == level && level >= share) {
                    world->give[g][i]++;
                    left--;
                }
}

static bool plain_contiguous(struct world *world, const struct ask *ask)
{
    size_t g = 0;
    int32_t i = 0;
    if (plain_best(world, ask->procs, &g, &i)) {
        world->give[g][i] = ask->procs;
        return true;
    }
    const size_t groups = world->groups;
    bool found = false;
    for (g = 0; g < groups && !found; g++) { /* as whole nodes of this group alone */
        const int32_t size = world->group[g].size, nodes = (ask->procs + size - 1) / size;
        int32_t run = 0;
        for (i = 0; i < world->group[g].len && !found; i++) {
            run = plain_free(&world->group[g], i) == size ? run + 1 : 0;
            if (run < nodes)
                continue;
            for (int32_t k = 0; k < nodes; k++)
                world->give[g][i - k] = size;
            world->give[g][i] -= nodes * size - ask->procs;
            found = true;
        }
    }
    return found;
}

static int64_t plain_sum(const struct world *world)
{
    int64_t free = 0;
    for (size_t g = 0; g < world->groups; g++)
        for (int32_t i = 0; i < world->group[g].len; i++)
            free += plain_free(&world->group[g], i);
    return free;
}

/* Fills world->give; false if it does not fit. */
static bool choose_plainly(struct world *world, const struct ask *ask)
{
    memset(world->give, 0, sizeof(world->give));
    const bool contiguous = strcmp(world->placement, "contiguous") == 0;
    if (ask->nodes > 0)
        return plain_whole(world, ask->nodes, contiguous);
    if (contiguous)
        return plain_contiguous(world, ask);
    if (ask->procs > plain_sum(world))
        return false;
    if (strcmp(world->placement, "any") == 0)
        plain_any(world, ask->procs);
    else if (strcmp(world->placement, "pack") == 0)
        plain_pack(world, ask->procs);
    else
        plain_spread(world, ask->procs);
    return true;
}

static bool plain_choose(struct world *world, const struct ask *ask)
{
    plain_look(world, ask);
    const bool fits = choose_plainly(world, ask);
    plain_look_away(world);
    return fits;
}

static void set_owner(struct world *world, const struct allocation *allocation, uint32_t from,
                      uint32_t to)
{
    for (uint32_t e = 0; e < allocation->len; e++) {
        const struct extent *const extent = &allocation_extents(allocation)[e];
        const size_t g = cluster_node_group(extent->first);
        const int32_t size = world->group[g].size;
        for (int32_t i = 0; i < extent->count; i++) {
            const int32_t node = cluster_node_index(extent->first) + i;
            uint32_t *const owner = world->owner[g] + (size_t)node * (size_t)size;
            int32_t left = extent->procs;
            for (int32_t p = 0; p < size && left > 0; p++) {
                if (owner[p] == from) {
                    owner[p] = to;
                    left--;
                }
            }
            if (left > 0)
                fail_msg("node %d of group %zu is given twice", node, g);
        }
    }
}

/* The allocation is what the model chose: no more, no less, in order and merged. */
static void compare_choice(const struct world *world, const struct allocation *allocation)
{
    uint32_t e = 0;
    int32_t k = 0;
    int64_t procs = 0;
    for (size_t g = 0; g < world->groups; g++) {
        for (int32_t i = 0; i < world->group[g].len; i++) {
            const int32_t give = world->give[g][i];
            if (give == 0)
                continue;
            assert_true(e < allocation->len);
            const struct extent *const extent = &allocation_extents(allocation)[e];
            assert_int_equal(extent->first + k, cluster_number(g, i));
            assert_int_equal(extent->procs, give);
            procs += give;
            if (++k == extent->count) {
                e++;
                k = 0;
                const bool more = i + 1 < world->group[g].len;
                assert_true(!more || world->give[g][i + 1] != give);
            }
        }
    }
    assert_int_equal(e, allocation->len);
    assert_int_equal(procs, allocation->procs);
}

/* What the allocation has on one of the nodes of an extent. */
static int64_t plain_memory(const struct plain_group *group, const struct allocation *allocation,
                            const struct extent *extent)
{
    if (group->memory == 0)
        return 0;
    return allocation->memory == ALLOCATION_ALL ? group->memory
                                                : extent->procs * allocation->memory;
}

static void plain_settle_node(struct plain_node *node)
{
    if (node->used == 0 && node->state == NODE_DRAINING)
        node->state = NODE_DOWN;
    if (node->used == 0 && node->state == NODE_LEAVING)
        node->state = NODE_ABSENT;
}

static int64_t plain_returning(const struct world *world, const struct allocation *allocation)
{
    int64_t procs = 0;
    for (uint32_t e = 0; e < allocation->len; e++) {
        const struct extent *const extent = &allocation_extents(allocation)[e];
        const struct plain_group *const group = &world->group[cluster_node_group(extent->first)];
        for (int32_t i = 0; i < extent->count; i++)
            if (group->node[cluster_node_index(extent->first) + i].state == NODE_UP)
                procs += extent->procs;
    }
    return procs;
}

static void plain_use(struct world *world, const struct allocation *allocation, int sign)
{
    for (uint32_t e = 0; e < allocation->len; e++) {
        const struct extent *const extent = &allocation_extents(allocation)[e];
        struct plain_group *const group = &world->group[cluster_node_group(extent->first)];
        for (int32_t i = 0; i < extent->count; i++) {
            struct plain_node *const node = &group->node[cluster_node_index(extent->first) + i];
            node->used += sign * extent->procs;
            node->memory_used += sign * plain_memory(group, allocation, extent);
            plain_settle_node(node);
        }
    }
}

static int32_t plain_in(const struct plain_group *group, enum node_state state)
{
    int32_t n = 0;
    for (int32_t i = 0; i < group->len; i++)
        n += group->node[i].state == state;
    return n;
}

/* Move one node: the highest (or lowest) one in `from`, an idle one first if `idle`. */
static void plain_move(struct plain_group *group, enum node_state from, enum node_state to,
                       bool highest, bool idle)
{
    int32_t found = -1;
    for (int pass = idle ? 0 : 1; pass < 2 && found < 0; pass++) {
        for (int32_t i = 0; i < group->len; i++) {
            if (group->node[i].state == from && (highest || found < 0) &&
                (pass == 1 || plain_free(group, i) == group->size))
                found = i;
        }
    }
    assert_true(found >= 0);
    group->node[found].state = to;
    plain_settle_node(&group->node[found]);
}

static void plain_settle(struct plain_group *group)
{
    const int32_t down = group->asked < group->nodes ? group->asked : group->nodes;
    const int32_t up = group->nodes - down;
    for (;;) {
        const int32_t in_up = plain_in(group, NODE_UP), in_down = plain_in(group, NODE_DOWN);
        const int32_t all = in_up + in_down + plain_in(group, NODE_DRAINING);
        if (all > group->nodes && in_up > up)
            plain_move(group, NODE_UP, NODE_LEAVING, true, true);
        else if (all > group->nodes)
            plain_move(group, in_down > 0 ? NODE_DOWN : NODE_DRAINING, NODE_LEAVING, true, false);
        else if (all < group->nodes && plain_in(group, NODE_LEAVING) > 0)
            plain_move(group, NODE_LEAVING, NODE_UP, false, false);
        else if (all < group->nodes && plain_in(group, NODE_ABSENT) > 0)
            plain_move(group, NODE_ABSENT, NODE_UP, false, false);
        else if (all < group->nodes)
            group->node[group->len++] = (struct plain_node){.state = NODE_UP};
        else if (in_up > up)
            plain_move(group, NODE_UP, NODE_DRAINING, true, true);
        else if (in_up < up)
            plain_move(group, in_down > 0 ? NODE_DOWN : NODE_DRAINING, NODE_UP, false, false);
        else
            break;
    }
    group->all_len = group->len;
}

static void compare_counts(const struct world *world)
{
    int64_t free = 0, held = 0, busy = 0, down = 0, idle = 0, up = 0, memory = 0, all = 0;
    for (size_t g = 0; g < world->groups; g++) {
        const struct plain_group *const group = &world->group[g];
        for (int32_t i = 0; i < group->len; i++) {
            const struct plain_node *const node = &group->node[i];
            const int32_t left = group->size - node->used, available = plain_free(group, i);
            up += node->state == NODE_UP ? group->size : 0;
            all += node->state == NODE_UP ? group->memory : 0;
            memory += node->memory_used;
            assert_in_range(node->memory_used, 0, group->memory);
            busy += node->used;
            free += available;
            held += node->state == NODE_UP ? left - available : 0;
            idle += available == group->size ? available : 0;
            down += node->state == NODE_DOWN || node->state == NODE_DRAINING ? left : 0;
        }
    }
    const struct cluster *const cluster = world->cluster;
    assert_int_equal(cluster_in_service(cluster), up);
    assert_int_equal(cluster_busy(cluster), busy);
    assert_int_equal(cluster_memory(cluster), all);
    assert_int_equal(cluster->now.memory, memory);
    assert_int_equal(cluster->now.free, free);
    assert_int_equal(cluster_free_procs(cluster), free + held);
    assert_int_equal(cluster_down_procs(cluster), down);
    assert_int_equal(cluster_capacity(cluster), busy + free + held + down);
    assert_int_equal(cluster_fragmented(cluster), free - idle);
}

static void plain_hold_memory(struct world *world, const struct allocation *allocation, int sign)
{
    for (uint32_t e = 0; e < allocation->len; e++) {
        const struct extent *const extent = &allocation_extents(allocation)[e];
        struct plain_group *const group = &world->group[cluster_node_group(extent->first)];
        for (int32_t i = 0; i < extent->count; i++)
            group->node[cluster_node_index(extent->first) + i].memory_hold +=
                sign * plain_memory(group, allocation, extent);
    }
}

static void do_take(struct world *world)
{
    struct ask ask = {0};
    const uint32_t kind = draw(world, 8);
    if (kind == 0)
        ask.nodes = 1 + (int32_t)draw(world, 9);
    else if (kind < 5)
        ask.procs = 1 + (int32_t)draw(world, 2 * (uint32_t)world->group[0].size);
    else
        ask.procs = 1 + (int32_t)draw(world, 12 * (uint32_t)world->group[0].size);
    if (draw(world, 2) == 0) /* a processor's part of a node's memory, less or more */
        ask.memory = (ask.nodes > 0 ? 16 : 1) * (int64_t)draw(world, 20);
    const bool fits = plain_choose(world, &ask);
    assert_int_equal(cluster_fits(world->cluster, &ask), fits);
    if (!fits || world->jobs == MOST_JOBS)
        return;
    struct allocation *const job = &world->job[world->jobs];
    if (draw(world, 4) == 0) {
        cluster_choose(world->cluster, &ask, job);
        compare_choice(world, job);
        if (draw(world, 2) == 0 && world->holds < MOST_HOLDS) {
            cluster_hold(world->cluster, job);
            for (size_t g = 0; g < world->groups; g++)
                for (int32_t i = 0; i < world->group[g].len; i++)
                    world->group[g].node[i].hold += world->give[g][i];
            plain_hold_memory(world, job, 1);
            world->hold[world->holds++] = *job;
            return;
        }
        allocation_clear(job);
    }
    cluster_take(world->cluster, &ask, job);
    compare_choice(world, job);
    plain_use(world, job, 1);
    set_owner(world, job, 0, ++world->next_id);
    world->job_id[world->jobs++] = world->next_id;
}

static void do_give(struct world *world)
{
    if (world->jobs == 0)
        return;
    const size_t j = draw(world, (uint32_t)world->jobs);
    assert_int_equal(cluster_returning(world->cluster, &world->job[j]),
                     plain_returning(world, &world->job[j]));
    plain_use(world, &world->job[j], -1);
    set_owner(world, &world->job[j], world->job_id[j], 0);
    if (draw(world, 8) == 0) { /* what-if on a copy says the same */
        if (world->copy)
            cluster_assign(world->copy, world->cluster);
        else
            world->copy = cluster_copy(world->cluster);
        cluster_give_copy(world->copy, &world->job[j]);
        cluster_check(world->copy);
        cluster_give(world->cluster, &world->job[j]);
        assert_memory_equal(&world->copy->now, &world->cluster->now, sizeof(world->copy->now));
    } else {
        cluster_give(world->cluster, &world->job[j]);
    }
    world->jobs--;
    world->job[j] = world->job[world->jobs];
    world->job_id[j] = world->job_id[world->jobs];
}

static void do_unhold(struct world *world)
{
    if (world->holds == 0)
        return;
    const size_t h = draw(world, (uint32_t)world->holds);
    const struct allocation *const hold = &world->hold[h];
    cluster_unhold(world->cluster, hold);
    plain_hold_memory(world, hold, -1);
    for (uint32_t e = 0; e < hold->len; e++)
        for (int32_t i = 0; i < allocation_extents(hold)[e].count; i++)
            world->group[cluster_node_group(allocation_extents(hold)[e].first)]
                .node[cluster_node_index(allocation_extents(hold)[e].first) + i]
                .hold -= allocation_extents(hold)[e].procs;
    allocation_clear(&world->hold[h]);
    world->hold[h] = world->hold[--world->holds];
}

static void do_service(struct world *world)
{
    const size_t g = draw(world, (uint32_t)world->groups);
    struct plain_group *const group = &world->group[g];
    const int32_t n = (int32_t)draw(world, 12);
    switch (draw(world, 3)) {
    case 0:
        group->nodes += n - 5;
        if (group->nodes < 0 || group->nodes > 250)
            group->nodes = 100;
        cluster_resize(world->cluster, g, group->nodes);
        break;
    case 1:
        if (group->asked > 30)
            return;
        group->asked += n;
        cluster_down(world->cluster, g, n);
        break;
    default:
        if (group->asked < n)
            return;
        group->asked -= n;
        cluster_up(world->cluster, g, n);
        break;
    }
    plain_settle(group);
}

static const struct {
    struct node_group groups[MOST_GROUPS];
    size_t len;
} shapes[] = {
    {{{130, 8}}, 1},
    {{{70, 1}}, 1},
    {{{5, 100}}, 1},
    {{{40, 4}, {30, 8}}, 2},
    {{{0, 3}, {65, 2}, {3, 16}}, 3},
    {{{1, 64}}, 1},
    {{{200, 6}, {1, 24}}, 2},
    {{{100, 8, 64}}, 1},
    {{{40, 4, 16}, {30, 8}, {20, 8, 100}}, 3},
    {{{5, 100, 500}, {60, 1, 10}}, 2},
};

static void run_world(const char *name, size_t shape, int steps)
{
    struct world *const world = mem_new(1, sizeof(*world));
    world->placement = name;
    world->random = 77 * shape + strlen(name);
    world->groups = shapes[shape].len;
    world->cluster = cluster_new(placement(name), shapes[shape].groups, world->groups, true);
    for (size_t g = 0; g < world->groups; g++) {
        world->group[g].size = shapes[shape].groups[g].procs_per_node;
        world->group[g].all = world->group[g].size;
        world->group[g].memory = shapes[shape].groups[g].memory;
        world->group[g].nodes = shapes[shape].groups[g].nodes;
        world->owner[g] =
            mem_new((size_t)MOST_NODES * (size_t)world->group[g].size, sizeof(uint32_t));
        plain_settle(&world->group[g]);
    }
    for (int step = 0; step < steps; step++) {
        /* fill and drain in turns, so that full and empty clusters are both seen */
        const uint32_t take = step / 500 % 2 ? 30 : 60, what = draw(world, 100);
        if (what < take)
            do_take(world);
        else if (what < 93)
            do_give(world);
        else if (what < 97)
            do_unhold(world);
        else
            do_service(world);
        cluster_check(world->cluster);
        compare_counts(world);
    }
    while (world->jobs > 0)
        do_give(world);
    while (world->holds > 0)
        do_unhold(world);
    cluster_check(world->cluster);
    compare_counts(world);
    assert_int_equal(cluster_busy(world->cluster), 0);
    for (size_t g = 0; g < world->groups; g++)
        free(world->owner[g]);
    cluster_free(world->cluster);
    cluster_free(world->copy);
    free(world);
}

static void test_random(void **state)
{
    for (size_t shape = 0; shape < ARRAY_LEN(shapes); shape++)
        run_world(*state, shape, 6000);
}

static char name_any[] = "any", name_pack[] = "pack", name_spread[] = "spread",
            name_contiguous[] = "contiguous";

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"random any", test_random, NULL, NULL, name_any},
        {"random pack", test_random, NULL, NULL, name_pack},
        {"random spread", test_random, NULL, NULL, name_spread},
        {"random contiguous", test_random, NULL, NULL, name_contiguous},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
