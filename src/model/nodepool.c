/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/nodepool.h"

#include "util/mem.h"

#include <stdlib.h>

#define LINE 64
#define SLAB_MAX 64

void nodepool_init(struct nodepool *pool, size_t bytes)
{
    *pool = (struct nodepool){.block = (bytes + LINE - 1) / LINE * LINE, .slab = 1};
}

void nodepool_deinit(struct nodepool *pool)
{
    void *slab = pool->slabs;
    while (slab) {
        void *next = *(void **)slab;
        free(slab);
        slab = next;
    }
}

/* The first line of a slab holds the link to the slab before it. */
static COLD void grow(struct nodepool *pool)
{
    char *slab = mem_aligned(LINE, LINE + pool->slab * pool->block);
    *(void **)slab = pool->slabs;
    pool->slabs = slab;
    for (size_t i = pool->slab; i-- > 0;)
        nodepool_give(pool, slab + LINE + i * pool->block);
    if (pool->slab < SLAB_MAX)
        pool->slab *= 2;
}

void *nodepool_take(struct nodepool *pool)
{
    if (UNLIKELY(!pool->free))
        grow(pool);
    void *block = pool->free;
    pool->free = *(void **)block;
    return block;
}

void nodepool_give(struct nodepool *pool, void *block)
{
    *(void **)block = pool->free;
    pool->free = block;
}
