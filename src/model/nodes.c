/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/nodes.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

static uint64_t *slot_words(struct nodes *nodes, uint32_t slot)
{
    return nodes->words + (size_t)slot * nodes->shape.words;
}

static uint32_t open_slot(struct nodes *nodes)
{
    if (nodes->spares > 0)
        return nodes->spare[--nodes->spares];
    if (nodes->slots == nodes->slots_cap) {
        nodes->slots_cap += nodes->slots_cap / 2 + 4;
        nodes->words = mem_resize(nodes->words, (size_t)nodes->slots_cap * nodes->shape.words,
                                  sizeof(*nodes->words));
    }
    memset(slot_words(nodes, nodes->slots), 0, nodes->shape.words * sizeof(*nodes->words));
    return nodes->slots++;
}

static void close_slot(struct nodes *nodes, uint32_t slot)
{
    if (nodes->spares == nodes->spares_cap) {
        nodes->spares_cap = 2 * nodes->spares_cap + 8;
        nodes->spare = mem_resize(nodes->spare, nodes->spares_cap, sizeof(*nodes->spare));
    }
    nodes->spare[nodes->spares++] = slot;
}

static void level_add(struct nodes *nodes, int32_t level, int32_t first, int32_t count)
{
    if (nodes->count[level] == 0) {
        nodes->slot[level] = open_slot(nodes);
        bits_set(&nodes->level_shape, nodes->levels, (uint32_t)level, 1);
    }
    nodes->count[level] += count;
    bits_set(&nodes->shape, slot_words(nodes, nodes->slot[level]), (uint32_t)first,
             (uint32_t)count);
}

static void level_remove(struct nodes *nodes, int32_t level, int32_t first, int32_t count)
{
    bits_clear(&nodes->shape, slot_words(nodes, nodes->slot[level]), (uint32_t)first,
               (uint32_t)count);
    nodes->count[level] -= count;
    if (nodes->count[level] == 0) {
        close_slot(nodes, nodes->slot[level]);
        nodes->slot[level] = 0;
        bits_clear(&nodes->level_shape, nodes->levels, (uint32_t)level, 1);
    }
}

/* `count` nodes from `first` on had `from` available and now have `to`. */
static void index_move(struct nodes *nodes, int32_t first, int32_t count, int32_t from, int32_t to)
{
    if (from == to)
        return;
    uint64_t *const some = slot_words(nodes, SLOT_SOME);
    if (nodes->with_some && from == 0)
        bits_set(&nodes->shape, some, (uint32_t)first, (uint32_t)count);
    if (nodes->with_some && to == 0)
        bits_clear(&nodes->shape, some, (uint32_t)first, (uint32_t)count);
    if (from > 0)
        level_remove(nodes, from, first, count);
    if (to > 0)
        level_add(nodes, to, first, count);
    if (nodes->with_runs && (from == nodes->size || to == nodes->size)) {
        const uint32_t idle = nodes->slot[nodes->size];
        runs_update(&nodes->runs, idle ? slot_words(nodes, idle) : NULL, (uint32_t)first / 64,
                    (uint32_t)(first + count - 1) / 64);
    }
}

/* An index of no nodes. */
static void open_index(struct nodes *nodes, int32_t size, bool with_some, bool with_runs)
{
    REQUIRE(size > 0 && size <= CLUSTER_NODE_PROCS);
    nodes->size = size;
    nodes->most = size > nodes->most ? size : nodes->most;
    nodes->with_some = with_some;
    nodes->with_runs = with_runs;
    bits_shape_init(&nodes->level_shape, (uint32_t)size + 1);
    nodes->levels = mem_new(nodes->level_shape.words, sizeof(*nodes->levels));
    nodes->slot = mem_new((size_t)size + 1, sizeof(*nodes->slot));
    nodes->count = mem_new((size_t)size + 1, sizeof(*nodes->count));
    if (with_runs)
        runs_init(&nodes->runs, 0);
}

static void close_index(struct nodes *nodes)
{
    free(nodes->levels);
    free(nodes->slot);
    free(nodes->count);
    runs_deinit(&nodes->runs);
}

void nodes_init(struct nodes *nodes, int32_t size, bool with_some, bool with_runs)
{
    *nodes = (struct nodes){0};
    open_index(nodes, size, with_some, with_runs);
}

void nodes_deinit(struct nodes *nodes)
{
    free(nodes->used);
    free(nodes->hold);
    free(nodes->state);
    free(nodes->memory_used);
    free(nodes->memory_hold);
    free(nodes->words);
    free(nodes->spare);
    close_index(nodes);
    *nodes = (struct nodes){0};
}

/* `to`, of old_len items, made to hold a copy of `len`. */
static void *copy_array(void *to, size_t old_len, const void *from, size_t len, size_t size)
{
    if (!to || old_len < len)
        to = mem_resize(to, len, size);
    if (len > 0)
        memcpy(to, from, len * size);
    return to;
}

#define COPY(field, old_len, len)                                                                  \
    (copy.field = copy_array(nodes->field, (old_len), from->field, (len), sizeof(*from->field)))

void nodes_copy(struct nodes *nodes, const struct nodes *from)
{
    struct nodes copy = *from;
    const size_t old_levels = nodes->slot ? (size_t)nodes->size + 1 : 0;
    const size_t levels = (size_t)from->size + 1;
    const size_t old_cap = (size_t)nodes->cap, cap = (size_t)from->cap;
    const size_t old_words = (size_t)nodes->slots_cap * nodes->shape.words;
    const size_t words = (size_t)from->slots * from->shape.words;
    COPY(levels, nodes->level_shape.words, from->level_shape.words);
    COPY(slot, old_levels, levels);
    COPY(count, old_levels, levels);
    COPY(spare, nodes->spares_cap, from->spares);
    COPY(used, old_cap, cap);
    COPY(state, old_cap, cap);
    COPY(words, old_words, words);
    if (from->hold)
        COPY(hold, old_cap, cap);
    else
        free(nodes->hold);
    if (from->memory_used)
        COPY(memory_used, old_cap, cap);
    if (from->memory_hold)
        COPY(memory_hold, old_cap, cap);
    else
        free(nodes->memory_hold);
    copy.runs = nodes->runs;
    if (from->with_runs)
        runs_copy(&copy.runs, &from->runs);
    copy.slots_cap = from->slots;
    copy.spares_cap = nodes->spares_cap > from->spares ? nodes->spares_cap : from->spares;
    if (nodes->shape.words == from->shape.words && nodes->slots_cap > from->slots)
        copy.slots_cap = nodes->slots_cap;
    *nodes = copy;
}

/* The shape of the sets follows the room for nodes, so that more room makes the index anew. */
static void rebuild(struct nodes *nodes)
{
    free(nodes->words);
    bits_shape_init(&nodes->shape, (uint32_t)nodes->cap);
    nodes->words = mem_new((size_t)SLOT_LEVELS * nodes->shape.words, sizeof(*nodes->words));
    nodes->slots = nodes->slots_cap = SLOT_LEVELS;
    nodes->spares = 0;
    memset(nodes->levels, 0, nodes->level_shape.words * sizeof(*nodes->levels));
    memset(nodes->slot, 0, ((size_t)nodes->size + 1) * sizeof(*nodes->slot));
    memset(nodes->count, 0, ((size_t)nodes->size + 1) * sizeof(*nodes->count));
    if (nodes->with_runs) {
        runs_deinit(&nodes->runs);
        runs_init(&nodes->runs, (uint32_t)nodes->cap / 64);
    }
    for (int32_t i = 0; i < nodes->len; i++) {
        bits_set(&nodes->shape, slot_words(nodes, nodes->state[i]), (uint32_t)i, 1);
        index_move(nodes, i, 1, 0, nodes_available(nodes, i));
    }
}

/* An array of old to cap numbers, new ones 0; NULL stays NULL. */
static int64_t *lengthen(int64_t *numbers, int32_t old, int32_t cap)
{
    if (!numbers)
        return NULL;
    numbers = mem_resize(numbers, (size_t)cap, sizeof(*numbers));
    memset(numbers + old, 0, (size_t)(cap - old) * sizeof(*numbers));
    return numbers;
}

static void reserve(struct nodes *nodes, int32_t need)
{
    REQUIRE(need <= CLUSTER_GROUP_NODES);
    if (need <= nodes->cap)
        return;
    const int32_t old = nodes->cap, grown = old + old / 2;
    nodes->cap = ((need > grown ? need : grown) + 63) / 64 * 64;
    const size_t cap = (size_t)nodes->cap, more = (size_t)(nodes->cap - old);
    nodes->used = mem_resize(nodes->used, cap, sizeof(*nodes->used));
    nodes->state = mem_resize(nodes->state, cap, sizeof(*nodes->state));
    memset(nodes->used + old, 0, more * sizeof(*nodes->used));
    memset(nodes->state + old, NODE_ABSENT, more * sizeof(*nodes->state));
    if (nodes->hold) {
        nodes->hold = mem_resize(nodes->hold, cap, sizeof(*nodes->hold));
        memset(nodes->hold + old, 0, more * sizeof(*nodes->hold));
    }
    if (nodes->memory > 0 && !nodes->memory_used)
        nodes->memory_used = mem_new(cap, sizeof(*nodes->memory_used));
    else
        nodes->memory_used = lengthen(nodes->memory_used, old, nodes->cap);
    nodes->memory_hold = lengthen(nodes->memory_hold, old, nodes->cap);
    rebuild(nodes);
}

/* What a node adds to the counts, times `sign`. */
static void tally(const struct nodes *nodes, int32_t node, int sign, struct cluster_counts *counts)
{
    const int32_t left = nodes->size - nodes->used[node], free = left > 0 ? left : 0;
    const int32_t available = nodes_available(nodes, node);
    counts->busy += sign * nodes->used[node];
    switch (nodes->state[node]) {
    case NODE_UP:
        counts->free += sign * available;
        counts->held += sign * (free - available);
        break;
    case NODE_DRAINING:
    case NODE_DOWN:
        counts->down += sign * free;
        break;
    default:
        break;
    }
}

/* What a node in service with so much in use is. */
static enum node_state in_service(const struct nodes *nodes, int32_t used)
{
    return used > nodes->size ? NODE_OVER : NODE_UP;
}

/* The one way to change a node in any respect. */
static void change(struct nodes *nodes, int32_t node, int32_t used, int32_t hold,
                   enum node_state state, struct cluster_counts *counts)
{
    if (used == 0 && state == NODE_DRAINING)
        state = NODE_DOWN;
    if (used == 0 && state == NODE_LEAVING)
        state = NODE_ABSENT;
    if (state == NODE_UP || state == NODE_OVER)
        state = in_service(nodes, used);
    const enum node_state was = nodes->state[node];
    const int32_t available = nodes_available(nodes, node);
    tally(nodes, node, -1, counts);
    nodes->used[node] = used;
    if (nodes->hold) {
        nodes->held += hold - nodes->hold[node];
        nodes->hold[node] = hold;
    }
    nodes->state[node] = (uint8_t)state;
    tally(nodes, node, 1, counts);
    index_move(nodes, node, 1, available, nodes_available(nodes, node));
    if (was == state)
        return;
    nodes->in[was]--;
    nodes->in[state]++;
    bits_clear(&nodes->shape, slot_words(nodes, was), (uint32_t)node, 1);
    bits_set(&nodes->shape, slot_words(nodes, state), (uint32_t)node, 1);
}

static int32_t hold_of(const struct nodes *nodes, int32_t node)
{
    return nodes->hold ? nodes->hold[node] : 0;
}

static void set_state(struct nodes *nodes, int32_t node, enum node_state state,
                      struct cluster_counts *counts)
{
    change(nodes, node, nodes->used[node], hold_of(nodes, node), state, counts);
}

/* Nodes in use that are all in service and not held need no tally: available = size - used. */
static void use_plain(struct nodes *nodes, int32_t first, int32_t end, int32_t procs,
                      struct cluster_counts *counts)
{
    const int64_t change = (int64_t)procs * (end - first);
    counts->free -= change;
    counts->busy += change;
    while (first < end) {
        const int32_t used = nodes->used[first], now = used + procs;
        REQUIRE(now >= 0 && now <= nodes->size);
        int32_t next = first;
        do {
            nodes->used[next++] = now;
        } while (next < end && nodes->used[next] == used);
        index_move(nodes, first, next - first, nodes->size - used, nodes->size - now);
        first = next;
    }
}

void nodes_use(struct nodes *nodes, int32_t first, int32_t count, int32_t procs,
               struct cluster_counts *counts)
{
    REQUIRE(first >= 0 && count > 0 && count <= nodes->len - first);
    const int32_t end = first + count;
    if (nodes->held == 0 && nodes->in[NODE_DRAINING] == 0 && nodes->in[NODE_LEAVING] == 0 &&
        nodes->in[NODE_OVER] == 0) {
        use_plain(nodes, first, end, procs, counts);
        return;
    }
    for (int32_t i = first; i < end; i++) {
        const int32_t now = nodes->used[i] + procs;
        REQUIRE(procs < 0 ? now >= 0 : procs <= nodes_available(nodes, i));
        change(nodes, i, now, hold_of(nodes, i), nodes->state[i], counts);
    }
}

void nodes_hold(struct nodes *nodes, int32_t first, int32_t count, int32_t procs,
                struct cluster_counts *counts)
{
    REQUIRE(first >= 0 && count > 0 && count <= nodes->len - first);
    if (!nodes->hold)
        nodes->hold = mem_new((size_t)nodes->cap, sizeof(*nodes->hold));
    for (int32_t i = first; i < first + count; i++) {
        const int64_t hold = (int64_t)nodes->hold[i] + procs;
        REQUIRE(hold >= 0 && hold <= INT32_MAX);
        change(nodes, i, nodes->used[i], (int32_t)hold, nodes->state[i], counts);
    }
}

void nodes_use_memory(struct nodes *nodes, int32_t first, int32_t count, int64_t bytes,
                      struct cluster_counts *counts)
{
    for (int32_t i = first; i < first + count; i++) {
        nodes->memory_used[i] += bytes;
        REQUIRE(nodes->memory_used[i] >= 0 && nodes->memory_used[i] <= nodes->memory);
    }
    counts->memory += bytes * count;
}

void nodes_hold_memory(struct nodes *nodes, int32_t first, int32_t count, int64_t bytes)
{
    if (!nodes->memory_hold)
        nodes->memory_hold = mem_new((size_t)nodes->cap, sizeof(*nodes->memory_hold));
    for (int32_t i = first; i < first + count; i++) {
        nodes->memory_hold[i] += bytes;
        REQUIRE(nodes->memory_hold[i] >= 0);
    }
}

void nodes_view(struct nodes *view, const struct nodes *nodes, int64_t memory, bool whole,
                struct cluster_counts *counts)
{
    const bool lacks = nodes->memory > 0 && nodes->memory < memory;
    const int32_t size = whole ? nodes->size : memory_lets(nodes->memory, nodes->size, memory);
    nodes_deinit(view);
    nodes_init(view, lacks ? 1 : size, nodes->with_some, nodes->with_runs);
    if (lacks || nodes->len == 0)
        return;
    reserve(view, nodes->len);
    view->len = nodes->len;
    for (int32_t i = 0; i < nodes->len; i++) {
        int32_t available =
            whole ? nodes_available(nodes, i) : nodes_available_with(nodes, i, memory);
        available = available < size ? available : size;
        view->used[i] = size - available;
        view->state[i] = nodes->state[i];
        counts->free += available;
    }
    rebuild(view);
}

static int32_t lowest(const struct nodes *nodes, enum node_state state)
{
    return bits_next(&nodes->shape, nodes_slot(nodes, state), 0);
}

static int32_t highest(const struct nodes *nodes, uint32_t slot)
{
    return bits_prev(&nodes->shape, nodes_slot(nodes, slot), (uint32_t)nodes->cap - 1);
}

/* Of the nodes in service the highest idle one, else the highest that is not over. */
static int32_t to_retire(const struct nodes *nodes)
{
    const uint32_t idle = nodes->slot[nodes->size];
    return highest(nodes, idle ? idle : nodes->in[NODE_UP] > 0 ? NODE_UP : NODE_OVER);
}

static int32_t serving(const struct nodes *nodes)
{
    return nodes->in[NODE_UP] + nodes->in[NODE_OVER];
}

static void add_node(struct nodes *nodes, struct cluster_counts *counts)
{
    if (nodes->in[NODE_LEAVING] == 0 && nodes->in[NODE_ABSENT] == 0) {
        reserve(nodes, nodes->len + 1);
        bits_set(&nodes->shape, slot_words(nodes, NODE_ABSENT), (uint32_t)nodes->len++, 1);
        nodes->in[NODE_ABSENT]++;
    }
    const enum node_state from = nodes->in[NODE_LEAVING] > 0 ? NODE_LEAVING : NODE_ABSENT;
    set_state(nodes, lowest(nodes, from), NODE_UP, counts);
}

static void remove_node(struct nodes *nodes, int32_t up, struct cluster_counts *counts)
{
    int32_t node;
    if (serving(nodes) > up)
        node = to_retire(nodes);
    else
        node = highest(nodes, nodes->in[NODE_DOWN] > 0 ? NODE_DOWN : NODE_DRAINING);
    set_state(nodes, node, NODE_LEAVING, counts);
}

static int32_t members(const struct nodes *nodes)
{
    return serving(nodes) + nodes->in[NODE_DRAINING] + nodes->in[NODE_DOWN];
}

void nodes_settle(struct nodes *nodes, struct cluster_counts *counts)
{
    const int32_t down =
        nodes->asked_down < nodes->nodes ? (int32_t)nodes->asked_down : nodes->nodes;
    const int32_t up = nodes->nodes - down;
    reserve(nodes, nodes->nodes); /* for all the new ones at once: one rebuild */
    while (members(nodes) > nodes->nodes)
        remove_node(nodes, up, counts);
    while (members(nodes) < nodes->nodes)
        add_node(nodes, counts);
    while (serving(nodes) > up)
        set_state(nodes, to_retire(nodes), NODE_DRAINING, counts);
    while (serving(nodes) < up)
        set_state(nodes, lowest(nodes, nodes->in[NODE_DOWN] > 0 ? NODE_DOWN : NODE_DRAINING),
                  NODE_UP, counts);
}

void nodes_reshape(struct nodes *nodes, int32_t size, bool with_some, bool with_runs,
                   struct cluster_counts *counts)
{
    for (int32_t i = 0; i < nodes->len; i++)
        tally(nodes, i, -1, counts);
    close_index(nodes);
    open_index(nodes, size, with_some, with_runs);
    for (int32_t i = 0; i < nodes->len; i++) {
        const enum node_state was = nodes->state[i];
        if (was == NODE_UP || was == NODE_OVER)
            nodes->state[i] = (uint8_t)in_service(nodes, nodes->used[i]);
        nodes->in[was]--;
        nodes->in[nodes->state[i]]++;
        tally(nodes, i, 1, counts);
    }
    if (nodes->cap > 0)
        rebuild(nodes);
}

static void check_node(const struct nodes *nodes, int32_t i)
{
    const int32_t available = nodes_available(nodes, i);
    const enum node_state state = nodes->state[i];
    REQUIRE(nodes->used[i] >= 0 && nodes->used[i] <= nodes->most);
    REQUIRE((state != NODE_UP && state != NODE_OVER) || state == in_service(nodes, nodes->used[i]));
    REQUIRE((nodes->used[i] == 0) || (state != NODE_ABSENT && state != NODE_DOWN));
    REQUIRE((nodes->used[i] > 0) || (state != NODE_LEAVING && state != NODE_DRAINING));
    const bool some = nodes->with_some && available > 0;
    REQUIRE(bits_test(nodes_slot(nodes, SLOT_SOME), (uint32_t)i) == some);
    for (uint32_t s = 0; s < NODE_STATES; s++)
        REQUIRE(bits_test(nodes_slot(nodes, s), (uint32_t)i) == (s == state));
    if (available > 0)
        REQUIRE(bits_test(nodes_slot(nodes, nodes->slot[available]), (uint32_t)i));
}

/* Only who has processors of a node has memory of it. */
static void check_memory(const struct nodes *nodes, int32_t i)
{
    REQUIRE(nodes->memory_used[i] >= 0 && nodes->memory_used[i] <= nodes->memory);
    REQUIRE(nodes->memory_used[i] == 0 || nodes->used[i] > 0);
    REQUIRE(!nodes->memory_hold || nodes->memory_hold[i] >= 0);
}

static void check_slot(const struct nodes *nodes, uint32_t slot, int32_t count)
{
    const struct bits_shape *const shape = &nodes->shape;
    const uint64_t *const words = nodes_slot(nodes, slot);
    int32_t bits = 0;
    for (uint32_t w = 0; w < shape->at[1]; w++)
        bits += __builtin_popcountll(words[w]);
    REQUIRE(bits == count);
    for (uint32_t d = 1; d < shape->depth; d++)
        for (uint32_t i = 0; i < shape->at[d] - shape->at[d - 1]; i++)
            REQUIRE(bits_test(words + shape->at[d], i) == (words[shape->at[d - 1] + i] != 0));
}

void nodes_check(const struct nodes *nodes, struct cluster_counts *ret_counts)
{
    int32_t in[NODE_STATES] = {0}, some = 0;
    int64_t held = 0;
    for (int32_t i = 0; i < nodes->len; i++) {
        check_node(nodes, i);
        in[nodes->state[i]]++;
        some += nodes_available(nodes, i) > 0;
        held += hold_of(nodes, i);
        tally(nodes, i, 1, ret_counts);
        if (nodes->memory > 0) {
            check_memory(nodes, i);
            ret_counts->memory += nodes->memory_used[i];
        }
    }
    REQUIRE(held == nodes->held && memcmp(in, nodes->in, sizeof(in)) == 0);
    REQUIRE(members(nodes) == nodes->nodes);
    const int32_t down = in[NODE_DRAINING] + in[NODE_DOWN];
    REQUIRE(down == (nodes->asked_down < nodes->nodes ? nodes->asked_down : nodes->nodes));
    if (nodes->cap == 0)
        return;
    int32_t levels = 0, leveled = 0;
    for (int32_t k = 1; k <= nodes->size; k++) {
        REQUIRE((nodes->slot[k] != 0) == (nodes->count[k] > 0));
        REQUIRE(bits_test(nodes->levels, (uint32_t)k) == (nodes->count[k] > 0));
        if (nodes->count[k] == 0)
            continue;
        check_slot(nodes, nodes->slot[k], nodes->count[k]);
        leveled += nodes->count[k];
        levels++;
    }
    REQUIRE(leveled == some && (uint32_t)levels + nodes->spares + SLOT_LEVELS == nodes->slots);
    check_slot(nodes, SLOT_SOME, nodes->with_some ? some : 0);
    for (uint32_t s = 0; s < NODE_STATES; s++)
        check_slot(nodes, s, in[s]);
    for (uint32_t s = 0; s < nodes->spares; s++)
        check_slot(nodes, nodes->spare[s], 0);
    const uint32_t idle = nodes->slot[nodes->size];
    if (nodes->with_runs)
        runs_check(&nodes->runs, idle ? nodes_slot(nodes, idle) : NULL, nodes->shape.at[1]);
}
