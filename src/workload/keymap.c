/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/keymap.h"

#include "util/mem.h"

#include <stdlib.h>

/* The slot of a key, or the free one where it would go. The finaliser of splitmix64 spreads the
 * small consecutive numbers that logs use. */
static struct keymap_slot *slot_of(const struct keymap *map, int64_t key)
{
    uint64_t hash = (uint64_t)key + UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ (hash >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ (hash >> 27)) * UINT64_C(0x94d049bb133111eb);
    size_t at = (size_t)(hash ^ (hash >> 31)) & (map->cap - 1);
    while (map->slots[at].used && map->slots[at].key != key)
        at = (at + 1) & (map->cap - 1);
    return &map->slots[at];
}

static void grow(struct keymap *map)
{
    const struct keymap old = *map;
    map->cap = old.cap ? 2 * old.cap : 64;
    map->slots = mem_new(map->cap, sizeof(*map->slots));
    for (size_t i = 0; i < old.cap; i++) {
        if (old.slots[i].used)
            *slot_of(map, old.slots[i].key) = old.slots[i];
    }
    free(old.slots);
}

void keymap_deinit(struct keymap *map)
{
    free(map->slots);
    *map = (struct keymap){0};
}

const int32_t *keymap_find(struct keymap *map, int64_t key)
{
    if (map->last && map->last->key == key)
        return &map->last->row;
    if (map->cap == 0)
        return NULL;
    struct keymap_slot *const slot = slot_of(map, key);
    if (!slot->used)
        return NULL;
    map->last = slot;
    return &slot->row;
}

void keymap_add(struct keymap *map, int64_t key, int32_t row)
{
    if (4 * (map->len + 1) > 3 * map->cap)
        grow(map);
    struct keymap_slot *const slot = slot_of(map, key);
    REQUIRE(!slot->used);
    *slot = (struct keymap_slot){.key = key, .row = row, .used = true};
    map->len++;
    map->last = slot;
}
