/* The partitions where something happened at this instant, each listed once. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_TOUCHED_H
#define MODEL_TOUCHED_H

#include "util/mem.h"

#include <stdlib.h>

struct touched {
    uint32_t *rows; /* in no order, with room for one more than there are partitions; owned */
    size_t len;
    bool *marks; /* by partition; owned */
};

static inline void touched_init(struct touched *touched, size_t partitions)
{
    touched->rows = mem_new(partitions + 1, sizeof(*touched->rows));
    touched->marks = mem_new(partitions, sizeof(*touched->marks));
    touched->len = 0;
}

static inline void touched_deinit(struct touched *touched)
{
    free(touched->rows);
    free(touched->marks);
    *touched = (struct touched){0};
}

static inline void touched_add(struct touched *touched, size_t partition)
{
    /* Written in any case, since most are touched twice an instant, or are not, by turns. */
    touched->rows[touched->len] = (uint32_t)partition;
    touched->len += !touched->marks[partition];
    touched->marks[partition] = true;
}

static inline void touched_clear(struct touched *touched)
{
    for (size_t i = 0; i < touched->len; i++)
        touched->marks[touched->rows[i]] = false;
    touched->len = 0;
}

#endif
