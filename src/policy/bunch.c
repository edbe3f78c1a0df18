/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/bunch.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

void bunch_deinit(struct bunch *bunch)
{
    free(bunch->items);
    jobtree_free(bunch->tree);
    *bunch = (struct bunch){.least = INT32_MAX};
}

void bunch_clear(struct bunch *bunch)
{
    if (bunch->tree)
        bunch_deinit(bunch);
    *bunch = (struct bunch){.items = bunch->items, .cap = bunch->cap, .least = INT32_MAX};
}

static void plant(struct bunch *bunch)
{
    bunch->tree = jobtree_new();
    for (uint32_t i = 0; i < bunch->len; i++)
        jobtree_insert(bunch->tree, &bunch->items[i]);
    free(bunch->items);
    bunch->items = NULL;
    bunch->len = bunch->cap = 0;
    bunch->shortest = 0;
}

/* Where the first item after the key stands. */
static uint32_t place_after(const struct bunch *bunch, const struct jobkey *key)
{
    uint32_t low = 0, high = bunch->len;
    while (low < high) {
        const uint32_t middle = (low + high) / 2;
        if (jobkey_upto(&bunch->items[middle].key, key))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void bunch_insert(struct bunch *bunch, const struct jobitem *item)
{
    if (!bunch->tree && bunch->len == BUNCH_FEW)
        plant(bunch);
    if (bunch->tree) {
        jobtree_insert(bunch->tree, item);
        bunch->least = jobtree_least_procs(bunch->tree);
        return;
    }
    if (bunch->len == bunch->cap) {
        bunch->cap = bunch->cap ? 2 * bunch->cap : 4;
        bunch->items = mem_resize(bunch->items, bunch->cap, sizeof(*bunch->items));
    }
    const uint32_t at = place_after(bunch, &item->key);
    memmove(&bunch->items[at + 1], &bunch->items[at], (bunch->len - at) * sizeof(*bunch->items));
    bunch->items[at] = *item;
    const bool first = bunch->len++ == 0;
    if (first || item->procs < bunch->least)
        bunch->least = item->procs;
    if (first || item->request < bunch->shortest)
        bunch->shortest = item->request;
}

static void find_least(struct bunch *bunch)
{
    bunch->least = INT32_MAX;
    bunch->shortest = SIMTIME_NEVER;
    for (uint32_t i = 0; i < bunch->len; i++) {
        const struct jobitem *item = &bunch->items[i];
        bunch->least = item->procs < bunch->least ? item->procs : bunch->least;
        bunch->shortest = item->request < bunch->shortest ? item->request : bunch->shortest;
    }
}

bool bunch_remove(struct bunch *bunch, struct jobkey key)
{
    if (bunch->tree) {
        const bool found = jobtree_remove(bunch->tree, key);
        bunch->least = jobtree_least_procs(bunch->tree);
        return found;
    }
    const uint32_t after = place_after(bunch, &key);
    if (after == 0 || !jobkey_equal(&bunch->items[after - 1].key, &key))
        return false;
    const struct jobitem gone = bunch->items[after - 1];
    memmove(&bunch->items[after - 1], &bunch->items[after],
            (bunch->len - after) * sizeof(*bunch->items));
    bunch->len--;
    if (gone.procs == bunch->least || gone.request == bunch->shortest)
        find_least(bunch);
    return true;
}

size_t bunch_len(const struct bunch *bunch)
{
    return bunch->tree ? jobtree_len(bunch->tree) : bunch->len;
}

bool bunch_first(const struct bunch *bunch, struct jobitem *ret)
{
    if (bunch->tree)
        return jobtree_first(bunch->tree, ret);
    if (bunch->len > 0)
        *ret = bunch->items[0];
    return bunch->len > 0;
}

/* In the array; area: NULL where it is not bounded. */
static inline bool next_of_few(const struct bunch *bunch, const struct jobkey *after, int64_t free,
                               simtime window, int64_t spare, const wide *area, struct jobitem *ret)
{
    for (uint32_t i = after ? place_after(bunch, after) : 0; i < bunch->len; i++) {
        const struct jobitem *item = &bunch->items[i];
        if (item->procs <= free && (item->request <= window || item->procs <= spare) &&
            (!area || (wide)item->procs * item->request <= *area)) {
            *ret = *item;
            return true;
        }
    }
    return false;
}

bool bunch_next_fit(const struct bunch *bunch, const struct jobkey *after, int64_t free,
                    simtime window, int64_t spare, struct jobitem *ret)
{
    return bunch->tree ? jobtree_next_fit(bunch->tree, after, free, window, spare, ret)
                       : next_of_few(bunch, after, free, window, spare, NULL, ret);
}

bool bunch_next_within(const struct bunch *bunch, const struct jobkey *after, int64_t free,
                       simtime window, int64_t spare, wide area, struct jobitem *ret)
{
    return bunch->tree ? jobtree_next_within(bunch->tree, after, free, window, spare, area, ret)
                       : next_of_few(bunch, after, free, window, spare, &area, ret);
}
