/* Waiting jobs in order of (score, seq): few in a sorted array, many in a tree. For the many
 * classes of a queue by tenant, most of which hold a handful. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef POLICY_BUNCH_H
#define POLICY_BUNCH_H

#include "model/jobtree.h"

#define BUNCH_FEW 48

/* Zeroed is empty. */
struct bunch {
    struct jobitem *items; /* owned; NULL once there is a tree */
    uint32_t len, cap;
    int32_t least;        /* processors; INT32_MAX when empty */
    simtime shortest;     /* request; in a tree only a bound: 0 */
    struct jobtree *tree; /* owned */
};

void bunch_deinit(struct bunch *bunch); /* leaves it empty */
void bunch_clear(struct bunch *bunch);  /* of an array the memory is kept */

/* O(log n), as of jobtree. */
void bunch_insert(struct bunch *bunch, const struct jobitem *item);
bool bunch_remove(struct bunch *bunch, struct jobkey key); /* false: it is not there */
size_t bunch_len(const struct bunch *bunch);

/* As jobtree_first. */
bool bunch_first(const struct bunch *bunch, struct jobitem *ret);

/* As jobtree_next_fit and _next_within. */
bool bunch_next_fit(const struct bunch *bunch, const struct jobkey *after, int64_t free,
                    simtime window, int64_t spare, struct jobitem *ret);
bool bunch_next_within(const struct bunch *bunch, const struct jobkey *after, int64_t free,
                       simtime window, int64_t spare, wide area, struct jobitem *ret);

#endif
