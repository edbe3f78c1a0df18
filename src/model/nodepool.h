/* Equal blocks of memory for the nodes of one tree: taken and given back in O(1) through a free
 * list, cut from slabs that double in size, so that a tree of one node stays small and a tree in
 * steady state never calls malloc. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_NODEPOOL_H
#define MODEL_NODEPOOL_H

#include "util/base.h"

struct nodepool {
    size_t block; /* bytes; a multiple of a cache line */
    size_t slab;  /* blocks in the next slab */
    void *free;   /* blocks given back, each pointing to the next */
    void *slabs;  /* all slabs, each pointing to the next */
};

void nodepool_init(struct nodepool *pool, size_t bytes);
void nodepool_deinit(struct nodepool *pool); /* every block with it */

/* Not zeroed; aligned to a cache line. */
void *nodepool_take(struct nodepool *pool);
void nodepool_give(struct nodepool *pool, void *block);

#endif
