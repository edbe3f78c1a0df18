/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/cluster.h"

#include "model/placement.h"
#include "model/view.h"
#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

/* Extents given back, by the logarithm of their room: room is the least power of two that holds an
 * allocation's len, so that nobody needs to remember it. Linked through their first bytes. */
enum { POOL_CLASSES = 12, POOL_LEAST = 1 };

struct pool {
    void *spare[POOL_CLASSES];
};

static unsigned pool_class(uint32_t len)
{
    const unsigned log = len > 1 ? 32 - (unsigned)__builtin_clz(len - 1) : 0;
    return log > POOL_LEAST ? log : POOL_LEAST;
}

static struct extent *pool_get(struct pool *pool, uint32_t len)
{
    const unsigned class = pool_class(len);
    if (!pool || class >= POOL_CLASSES || !pool->spare[class])
        return mem_resize(NULL, (size_t)1 << class, sizeof(struct extent));
    void *const extents = pool->spare[class];
    memcpy(&pool->spare[class], extents, sizeof(void *));
    return extents;
}

static void pool_put(struct pool *pool, struct extent *extents, uint32_t len)
{
    const unsigned class = pool_class(len);
    if (class >= POOL_CLASSES) {
        free(extents);
        return;
    }
    memcpy(extents, &pool->spare[class], sizeof(void *));
    pool->spare[class] = extents;
}

static void pool_free(struct pool *pool)
{
    for (unsigned c = 0; c < POOL_CLASSES; c++) {
        while (pool->spare[c]) {
            void *const extents = pool->spare[c];
            memcpy(&pool->spare[c], extents, sizeof(void *));
            free(extents);
        }
    }
    free(pool);
}

static int64_t down_nodes(const struct nodes *group)
{
    return group->asked_down < group->nodes ? group->asked_down : group->nodes;
}

/* Without nodes the counts follow from what is in use: what is in use beyond the processors in
 * service drains, and is first reckoned to those that are to be down. */
static void count(struct cluster *cluster)
{
    int64_t up = 0, down = 0;
    for (size_t g = 0; g < cluster->len; g++) {
        const struct nodes *const group = &cluster->groups[g];
        const int64_t out = down_nodes(group);
        up += (group->nodes - out) * group->size;
        down += out * group->size;
    }
    struct cluster_counts *const now = &cluster->now;
    const int64_t idle = up > now->busy ? up - now->busy : 0;
    const int64_t drain = now->busy > up ? now->busy - up : 0;
    now->held = cluster->hold < idle ? cluster->hold : idle;
    now->free = idle - now->held;
    now->down = drain < down ? down - drain : 0;
    cluster->plain = drain == 0 && cluster->hold == 0;
}

int64_t cluster_in_service(const struct cluster *cluster)
{
    int64_t up = 0;
    for (size_t g = 0; g < cluster->len; g++) {
        const struct nodes *const group = &cluster->groups[g];
        up += (int64_t)(group->nodes - down_nodes(group)) * group->size;
    }
    return up;
}

/* Of so many in use on a node that are given back. */
static int32_t coming_free(const struct nodes *nodes, int32_t node, int32_t procs)
{
    if (nodes->state[node] == NODE_OVER) {
        const int32_t left = nodes->size - (nodes->used[node] - procs);
        return left > 0 ? left : 0;
    }
    return nodes->state[node] == NODE_UP ? procs : 0;
}

bool cluster_is_over(const struct cluster *cluster)
{
    bool over = false;
    for (size_t g = 0; g < cluster->len && !cluster->counts_only; g++)
        over |= cluster->groups[g].in[NODE_OVER] > 0;
    return over;
}

int64_t cluster_returning(const struct cluster *cluster, const struct allocation *allocation)
{
    if (cluster->counts_only)
        return allocation->procs;
    int64_t back = 0;
    for (uint32_t i = 0; i < allocation->len; i++) {
        const struct extent *const extent = &allocation_extents(allocation)[i];
        const struct nodes *const group = &cluster->groups[cluster_node_group(extent->first)];
        for (int32_t k = 0; k < extent->count; k++)
            back += coming_free(group, cluster_node_index(extent->first) + k, extent->procs);
    }
    return back;
}

static void settle(struct cluster *cluster, struct nodes *group)
{
    cluster->changes++;
    if (cluster->counts_only)
        count(cluster);
    else
        nodes_settle(group, &cluster->now);
}

struct cluster *cluster_new(const struct placement_type *placement, const struct node_group *groups,
                            size_t len, bool nodes_matter)
{
    struct cluster *const cluster = mem_new(1, sizeof(*cluster));
    cluster->placement = placement;
    for (size_t g = 0; g < len; g++)
        cluster->memory |= groups[g].memory > 0;
    cluster->counts_only = placement->counts_only && !nodes_matter && !cluster->memory;
    cluster->by_count = !placement->constraint && !cluster->memory;
    cluster->groups = mem_new(len, sizeof(*cluster->groups));
    cluster->len = len;
    cluster->choice = mem_new(1, sizeof(*cluster->choice));
    cluster->pool = mem_new(1, sizeof(*cluster->pool));
    if (cluster->memory)
        cluster->view = view_new(placement, len);
    REQUIRE(cluster->counts_only || len <= CLUSTER_GROUPS);
    for (size_t g = 0; g < len; g++) {
        REQUIRE(groups[g].procs_per_node > 0);
        if (cluster->counts_only)
            cluster->groups[g].size = groups[g].procs_per_node;
        else
            nodes_init(&cluster->groups[g], groups[g].procs_per_node, placement->lowest,
                       placement->runs);
        cluster->groups[g].memory = groups[g].memory;
    }
    if (cluster->counts_only)
        count(cluster);
    for (size_t g = 0; g < len; g++)
        cluster_resize(cluster, g, groups[g].nodes);
    return cluster;
}

void cluster_free(struct cluster *cluster)
{
    if (!cluster)
        return;
    for (size_t g = 0; g < cluster->len; g++)
        nodes_deinit(&cluster->groups[g]);
    free(cluster->groups);
    free(cluster->choice->items);
    free(cluster->choice);
    pool_free(cluster->pool);
    view_free(cluster->view);
    free(cluster);
}

struct cluster *cluster_copy(const struct cluster *cluster)
{
    struct cluster *const copy = mem_new(1, sizeof(*copy));
    copy->groups = mem_new(cluster->len, sizeof(*copy->groups));
    copy->len = cluster->len;
    copy->choice = mem_new(1, sizeof(*copy->choice));
    copy->pool = mem_new(1, sizeof(*copy->pool));
    if (cluster->memory)
        copy->view = view_new(cluster->placement, cluster->len);
    cluster_assign(copy, cluster);
    return copy;
}

void cluster_assign(struct cluster *copy, const struct cluster *cluster)
{
    REQUIRE(copy != cluster && copy->len == cluster->len);
    struct cluster new = *cluster;
    new.groups = copy->groups;
    new.choice = copy->choice;
    new.pool = copy->pool;
    new.view = copy->view;
    new.changes = copy->changes + 1;
    *copy = new;
    for (size_t g = 0; g < cluster->len; g++) {
        if (cluster->counts_only)
            copy->groups[g] = cluster->groups[g];
        else
            nodes_copy(&copy->groups[g], &cluster->groups[g]);
    }
}

bool cluster_fits_nodes(const struct cluster *cluster, const struct ask *ask)
{
    REQUIRE(!cluster->counts_only);
    if (cluster->memory && ask->memory > 0)
        return view_fits(cluster, ask);
    return cluster->placement->fits(cluster, ask);
}

static int compare_extents(const void *a, const void *b)
{
    const struct extent *const x = a, *const y = b;
    return (x->first > y->first) - (x->first < y->first);
}

/* Pieces chosen out of order are put in order and joined. */
static void order_choice(struct choice *choice)
{
    struct extent *const items = choice->items;
    size_t i = 1;
    while (i < choice->len && items[i - 1].first < items[i].first)
        i++;
    if (i >= choice->len)
        return;
    qsort(items, choice->len, sizeof(*items), compare_extents);
    size_t len = 1;
    for (i = 1; i < choice->len; i++) {
        struct extent *const last = &items[len - 1];
        if (last->first + last->count == items[i].first && last->procs == items[i].procs)
            last->count += items[i].count;
        else
            items[len++] = items[i];
    }
    choice->len = len;
}

static const struct choice *choose(const struct cluster *cluster, const struct ask *ask)
{
    REQUIRE(ask->nodes > 0 || ask->procs > 0);
    struct choice *const choice = cluster->choice;
    choice->len = 0;
    choice->procs = 0;
    const bool viewed =
        cluster->memory && ask->memory > 0 && (ask->nodes > 0 || !cluster->placement->lowest);
    cluster->placement->choose(viewed ? view_of(cluster, ask) : cluster, ask, choice);
    order_choice(choice);
    REQUIRE(choice->procs <= INT32_MAX && choice->len <= INT32_MAX);
    return choice;
}

static void make_allocation(struct pool *pool, const struct choice *choice, int64_t memory,
                            struct allocation *ret)
{
    const uint32_t len = (uint32_t)choice->len;
    *ret = (struct allocation){.procs = (int32_t)choice->procs, .len = len, .memory = memory};
    if (len == 1) {
        ret->one = choice->items[0];
        return;
    }
    ret->extents = pool_get(pool, len);
    memcpy(ret->extents, choice->items, len * sizeof(*ret->extents));
}

static struct nodes *group_of(struct cluster *cluster, int32_t node)
{
    const size_t g = cluster_node_group(node);
    REQUIRE(node >= 0 && g < cluster->len);
    return &cluster->groups[g];
}

/* What an allocation has of the memory of each node of the extent. */
static int64_t memory_on(const struct nodes *group, const struct extent *extent, int64_t memory)
{
    if (group->memory == 0)
        return 0;
    return memory == ALLOCATION_ALL ? group->memory : extent->procs * memory;
}

static void use_memory(struct cluster *cluster, const struct extent *extents, size_t len,
                       int64_t memory, int sign)
{
    for (size_t i = 0; i < len; i++) {
        struct nodes *const group = group_of(cluster, extents[i].first);
        const int64_t bytes = memory_on(group, &extents[i], memory);
        if (bytes > 0)
            nodes_use_memory(group, cluster_node_index(extents[i].first), extents[i].count,
                             sign * bytes, &cluster->now);
    }
}

static void use(struct cluster *cluster, const struct extent *extents, size_t len, int64_t memory,
                int sign)
{
    cluster->changes++;
    /* scattered nodes are fetched side by side instead of one after the other */
    for (size_t i = 0; i < len && len > 1; i++)
        __builtin_prefetch(
            &group_of(cluster, extents[i].first)->used[cluster_node_index(extents[i].first)]);
    for (size_t i = 0; i < len; i++)
        nodes_use(group_of(cluster, extents[i].first), cluster_node_index(extents[i].first),
                  extents[i].count, sign * extents[i].procs, &cluster->now);
    if (memory != 0)
        use_memory(cluster, extents, len, memory, sign);
}

/* As an allocation tells it. */
static int64_t memory_for(const struct cluster *cluster, const struct ask *ask)
{
    return !cluster->memory ? 0 : ask->nodes > 0 ? ALLOCATION_ALL : ask->memory;
}

void cluster_take_nodes(struct cluster *cluster, const struct ask *ask, struct allocation *ret)
{
    const struct choice *const choice = choose(cluster, ask);
    const int64_t memory = memory_for(cluster, ask);
    use(cluster, choice->items, choice->len, memory, 1);
    make_allocation(cluster->pool, choice, memory, ret);
}

void cluster_choose(const struct cluster *cluster, const struct ask *ask, struct allocation *ret)
{
    if (cluster->counts_only) {
        REQUIRE(ask->nodes <= 0 && ask->procs > 0 && ask->procs <= cluster->now.free);
        *ret = (struct allocation){.procs = ask->procs};
        return;
    }
    make_allocation(NULL, choose(cluster, ask), memory_for(cluster, ask), ret);
}

void allocation_clear(struct allocation *allocation)
{
    free(allocation->extents);
    *allocation = (struct allocation){0};
}

void cluster_give_copy(struct cluster *cluster, const struct allocation *allocation)
{
    if (!cluster->counts_only) {
        use(cluster, allocation_extents(allocation), allocation->len, allocation->memory, -1);
        return;
    }
    REQUIRE(allocation->procs <= cluster->now.busy);
    cluster->now.busy -= allocation->procs;
    count(cluster);
}

void cluster_give_nodes(struct cluster *cluster, struct allocation *allocation)
{
    cluster_give_copy(cluster, allocation);
    if (allocation->len > 1)
        pool_put(cluster->pool, allocation->extents, allocation->len);
    *allocation = (struct allocation){0};
}

static void hold(struct cluster *cluster, const struct allocation *allocation, int sign)
{
    cluster->changes++;
    if (cluster->counts_only) {
        cluster->hold += sign * allocation->procs;
        REQUIRE(cluster->hold >= 0);
        count(cluster);
        return;
    }
    for (uint32_t i = 0; i < allocation->len; i++) {
        const struct extent *const extent = &allocation_extents(allocation)[i];
        struct nodes *const group = group_of(cluster, extent->first);
        const int32_t first = cluster_node_index(extent->first);
        const int64_t bytes = memory_on(group, extent, allocation->memory);
        nodes_hold(group, first, extent->count, sign * extent->procs, &cluster->now);
        if (bytes > 0)
            nodes_hold_memory(group, first, extent->count, sign * bytes);
    }
}

void cluster_hold(struct cluster *cluster, const struct allocation *allocation)
{
    hold(cluster, allocation, 1);
}

void cluster_unhold(struct cluster *cluster, const struct allocation *allocation)
{
    hold(cluster, allocation, -1);
}

void cluster_resize(struct cluster *cluster, size_t g, int32_t nodes)
{
    REQUIRE(g < cluster->len && nodes >= 0);
    cluster->groups[g].nodes = nodes;
    settle(cluster, &cluster->groups[g]);
}

void cluster_shape(struct cluster *cluster, size_t g, int32_t procs_per_node)
{
    struct nodes *const group = &cluster->groups[g];
    REQUIRE(g < cluster->len && procs_per_node > 0);
    cluster->changes++;
    if (cluster->counts_only) {
        group->size = procs_per_node;
        count(cluster);
    } else {
        nodes_reshape(group, procs_per_node, group->with_some, group->with_runs, &cluster->now);
    }
}

void cluster_place(struct cluster *cluster, const struct placement_type *placement)
{
    REQUIRE(!cluster->counts_only || placement->counts_only);
    cluster->placement = placement;
    cluster->by_count = !placement->constraint && !cluster->memory;
    cluster->changes++;
    for (size_t g = 0; g < cluster->len && !cluster->counts_only; g++)
        nodes_reshape(&cluster->groups[g], cluster->groups[g].size, placement->lowest,
                      placement->runs, &cluster->now);
}

void cluster_down(struct cluster *cluster, size_t g, int32_t nodes)
{
    REQUIRE(g < cluster->len && nodes >= 0);
    cluster->groups[g].asked_down += nodes;
    settle(cluster, &cluster->groups[g]);
}

void cluster_up(struct cluster *cluster, size_t g, int32_t nodes)
{
    REQUIRE(g < cluster->len && nodes >= 0 && nodes <= cluster->groups[g].asked_down);
    cluster->groups[g].asked_down -= nodes;
    settle(cluster, &cluster->groups[g]);
}

int64_t cluster_fragmented(const struct cluster *cluster)
{
    if (cluster->counts_only)
        return 0;
    int64_t idle = 0;
    for (size_t g = 0; g < cluster->len; g++) {
        const struct nodes *const group = &cluster->groups[g];
        idle += (int64_t)group->count[group->size] * group->size;
    }
    return cluster->now.free - idle;
}

int64_t cluster_memory(const struct cluster *cluster)
{
    int64_t bytes = 0;
    for (size_t g = 0; g < cluster->len; g++) {
        const struct nodes *const group = &cluster->groups[g];
        bytes += (group->nodes - down_nodes(group)) * group->memory;
    }
    return bytes;
}

int64_t cluster_memory_of(const struct cluster *cluster, const struct allocation *allocation)
{
    int64_t bytes = 0;
    for (uint32_t i = 0; i < allocation->len && allocation->memory != 0; i++) {
        const struct extent *const extent = &allocation_extents(allocation)[i];
        const struct nodes *const group = &cluster->groups[cluster_node_group(extent->first)];
        bytes += extent->count * memory_on(group, extent, allocation->memory);
    }
    return bytes;
}

/* The groups as an ask of memory sees them: view.h. Returns how many are left. */
static size_t groups_with(const struct node_group *groups, size_t len, const struct ask *ask,
                          struct node_group *ret)
{
    size_t n = 0;
    for (size_t g = 0; g < len; g++) {
        if (groups[g].memory > 0 && groups[g].memory < ask->memory)
            continue;
        ret[n] = groups[g];
        if (ask->nodes <= 0)
            ret[n].procs_per_node =
                memory_lets(groups[g].memory, groups[g].procs_per_node, ask->memory);
        n++;
    }
    return n;
}

static bool could_fit(const struct placement_type *placement, const struct node_group *groups,
                      size_t len, const struct ask *ask)
{
    int64_t nodes = 0, procs = 0;
    for (size_t g = 0; g < len; g++) {
        nodes += groups[g].nodes;
        procs += (int64_t)groups[g].nodes * groups[g].procs_per_node;
    }
    if (ask->nodes > 0 ? ask->nodes > nodes : ask->procs <= 0 || ask->procs > procs)
        return false;
    return placement->could_fit ? placement->could_fit(groups, len, ask) : true;
}

bool cluster_could_fit(const struct placement_type *placement, const struct node_group *groups,
                       size_t len, const struct ask *ask)
{
    struct node_group left[CLUSTER_GROUPS];
    if (ask->memory <= 0 || len > CLUSTER_GROUPS)
        return could_fit(placement, groups, len, ask);
    return could_fit(placement, left, groups_with(groups, len, ask, left), ask);
}

void cluster_check(const struct cluster *cluster)
{
    const struct cluster_counts *const now = &cluster->now;
    REQUIRE(now->free >= 0 && now->held >= 0 && now->busy >= 0 && now->down >= 0);
    if (cluster->counts_only) {
        struct cluster again = *cluster;
        count(&again);
        REQUIRE(memcmp(&again.now, now, sizeof(*now)) == 0 && again.plain == cluster->plain);
        return;
    }
    struct cluster_counts sum = {0};
    for (size_t g = 0; g < cluster->len; g++)
        nodes_check(&cluster->groups[g], &sum);
    REQUIRE(memcmp(&sum, now, sizeof(sum)) == 0 && !cluster->plain && cluster->hold == 0);
}
