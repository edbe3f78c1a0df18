/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/log_entry.h"

#include "util/base.h"
#include "util/mem.h"

#include <stdlib.h>

void entries_deinit(struct entries *entries)
{
    free(entries->items);
    *entries = (struct entries){0};
}

void entries_append(struct entries *entries, const struct entry *entry)
{
    MEM_GROW(entries);
    entries->items[entries->len++] = *entry;
}

static int compare(const void *a, const void *b)
{
    return entry_before(a, b) ? -1 : entry_before(b, a);
}

void entries_sort(struct entries *entries)
{
    if (entries->len > 1)
        qsort(entries->items, entries->len, sizeof(*entries->items), compare);
}

void entries_push(struct entries *entries, const struct entry *entry)
{
    entries_append(entries, entry);
    size_t at = entries->len - 1;
    while (at > 0 && entry_before(entry, &entries->items[(at - 1) / 2])) {
        entries->items[at] = entries->items[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    entries->items[at] = *entry;
}

struct entry entries_pop(struct entries *entries)
{
    REQUIRE(entries->len > 0);
    struct entry *const items = entries->items;
    const struct entry least = items[0], moved = items[--entries->len];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= entries->len)
            break;
        if (child + 1 < entries->len && entry_before(&items[child + 1], &items[child]))
            child++;
        if (!entry_before(&items[child], &moved))
            break;
        items[at] = items[child];
        at = child;
    }
    items[at] = moved;
    return least;
}
