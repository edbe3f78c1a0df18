/* Datasets that grow by whole chunks, written by the worker: rows are gathered in a buffer; a full
 * buffer is shuffled, deflated and written as one chunk of each dataset, in HDF5's ordinary
 * shuffle + deflate format, while the next one is filled.
 *
 * The datasets of one struct chunks grow together: the buffer holds `sets` planes of
 * chunk * item_size bytes. They are created only when the first buffer is full or at the end, so
 * that a short table gets a chunk no larger than itself. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TRACE_CHUNKS_H
#define TRACE_CHUNKS_H

#include "trace/h5.h"

struct chunks;

/* Create the datasets with chunks of `chunk` items and put their ids into ret_sets. Called once,
 * by chunks_turn or chunks_close. `plain` is a dataset creation list with chunk and filters set. */
typedef void chunks_create_fn(void *ctx, hid_t plain, hid_t *ret_sets);

struct chunks_type {
    size_t sets, item_size; /* item_size in bytes */
    size_t chunk;           /* items of a full chunk; a multiple of 8 */
    size_t buffers;         /* at most so many in memory, at least 2 */
    int level;              /* of deflate: 0 (nothing is compressed) or 1 */
    chunks_create_fn *create;
    void *ctx; /* borrowed, for create */
};

struct chunks *chunks_new(struct h5 *h5, const struct chunks_type *type);

/* The buffer to fill; what is in it is left from before. */
unsigned char *chunks_buffer(struct chunks *chunks);

/* Hand over the full buffer and get the next one. Waits if all buffers are under way. After
 * a failure of the file the rows are lost. */
unsigned char *chunks_turn(struct chunks *chunks);

/* Hand over the last `items` items of the buffer and wait until all is in HDF5. Returns the ids of
 * the datasets, for attributes; valid until chunks_free. */
const hid_t *chunks_finish(struct chunks *chunks, size_t items, uint64_t *ret_items);

/* Closes the datasets. Before h5_close. Takes NULL. */
void chunks_free(struct chunks *chunks);

#endif
