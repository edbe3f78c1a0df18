/* From the 64-bit numbers of a log (users, queues) to rows of a table: open addressing. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WORKLOAD_KEYMAP_H
#define WORKLOAD_KEYMAP_H

#include "util/base.h"

struct keymap_slot {
    int64_t key;
    int32_t row;
    bool used;
};

/* Zeroed is empty. */
struct keymap {
    struct keymap_slot *slots;
    size_t len, cap;          /* cap: a power of two */
    struct keymap_slot *last; /* found last: logs repeat themselves */
};

void keymap_deinit(struct keymap *map);

/* NULL: not there. O(1). */
const int32_t *keymap_find(struct keymap *map, int64_t key);

/* The key must not be there. */
void keymap_add(struct keymap *map, int64_t key, int32_t row);

#endif
