/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/chunks.h"

#include "trace/shuffle.h"
#include "util/mem.h"
#include "util/worker.h"

#include <isa-l/igzip_lib.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK_LEAST = 8,       /* of a short table */
    SKIP_DEFLATE = 1 << 1, /* filter mask: the second filter was not applied */
    CODE_WHOLE = 1 << 16,  /* bytes, all of which are looked at for a code */
    CODE_SAMPLE = 1 << 10  /* of more, so many in a row */
};

struct buffer {
    struct work work; /* must be first */
    struct chunks *chunks;
    unsigned char *data;
    hsize_t first; /* item */
    size_t items;  /* less than a chunk: the last one */
};

/* What compresses a chunk. */
struct packer {
    struct isal_zstream z;
    struct isal_huff_histogram seen;
    struct isal_hufftables code;
    uint8_t packed[];
};

struct chunks {
    struct h5 *h5;
    struct chunks_type type;
    struct buffer *buffers;
    size_t current;
    hsize_t written; /* items handed over */
    size_t chunk;    /* of the datasets, once created */
    hid_t *sets;
    bool created;
    /* The worker's: */
    struct packer *packer;
    unsigned char *shuffled;
};

static size_t plane_size(const struct chunks *chunks)
{
    return chunks->type.chunk * chunks->type.item_size;
}

/* Room enough that the compressor is never short of it, and does something else. */
static size_t packed_size(size_t bytes)
{
    return bytes + bytes / 4 + 4096;
}

/* A code for the whole chunk, by an eighth of it if it is large. */
static void make_code(struct packer *packer, unsigned char *from, size_t bytes)
{
    const size_t step = bytes > CODE_WHOLE ? 8 * CODE_SAMPLE : CODE_SAMPLE;
    packer->seen = (struct isal_huff_histogram){0};
    for (size_t at = 0; at < bytes; at += step) {
        const size_t n = bytes - at < CODE_SAMPLE ? bytes - at : CODE_SAMPLE;
        isal_update_histogram(from + at, (int)n, &packer->seen);
    }
    REQUIRE(isal_create_hufftables(&packer->code, &packer->seen) == 0);
}

/* The length of what is in packer->packed then. Level 0 with a code of our own: higher levels hash
 * a register that was never loaded, so that their bytes differ from run to run (ISA-L 2.30). */
static size_t pack(struct packer *packer, unsigned char *from, size_t bytes)
{
    struct isal_zstream *z = &packer->z;
    make_code(packer, from, bytes);
    isal_deflate_stateless_init(z);
    z->level = 0;
    z->hufftables = &packer->code;
    z->gzip_flag = IGZIP_ZLIB;
    z->end_of_stream = 1;
    z->next_in = from;
    z->avail_in = (uint32_t)bytes;
    z->next_out = packer->packed;
    z->avail_out = (uint32_t)packed_size(bytes);
    REQUIRE(isal_deflate_stateless(z) == COMP_OK);
    return z->total_out;
}

/* One chunk of one dataset; of the last one zeros are what no items are there for. */
static herr_t write_chunk(struct chunks *chunks, hid_t set, hsize_t first, size_t items,
                          unsigned char *from)
{
    const size_t bytes = chunks->chunk * chunks->type.item_size;
    const size_t filled = items * chunks->type.item_size;
    memset(from + filled, 0, bytes - filled);
    if (chunks->type.level == 0)
        return H5Dwrite_chunk(set, H5P_DEFAULT, 0, &first, bytes, from);
    if (!chunks->packer) {
        chunks->packer = mem_new(1, sizeof(*chunks->packer) + packed_size(bytes));
        chunks->shuffled = mem_new(bytes, 1);
    }
    shuffle_bytes(chunks->shuffled, from, chunks->chunk, chunks->type.item_size);
    const size_t packed = pack(chunks->packer, chunks->shuffled, bytes);
    if (packed >= bytes)
        return H5Dwrite_chunk(set, H5P_DEFAULT, SKIP_DEFLATE, &first, bytes, chunks->shuffled);
    return H5Dwrite_chunk(set, H5P_DEFAULT, 0, &first, packed, chunks->packer->packed);
}

static void write_buffer(struct work *work)
{
    struct buffer *buffer = (struct buffer *)work;
    struct chunks *chunks = buffer->chunks;
    const hsize_t extent = buffer->first + buffer->items;
    bool well = h5_check(chunks->h5, H5Eset_auto2(H5E_DEFAULT, NULL, NULL), "rows");
    for (size_t i = 0; i < chunks->type.sets && well; i++) {
        unsigned char *from = buffer->data + i * plane_size(chunks);
        const hid_t set = chunks->sets[i];
        well = h5_check(chunks->h5, H5Dset_extent(set, &extent), "rows") &&
               h5_check(chunks->h5, write_chunk(chunks, set, buffer->first, buffer->items, from),
                        "rows");
    }
    /* So that a killed run leaves what it had written so far. */
    if (well)
        h5_check(chunks->h5, H5Fflush(chunks->sets[0], H5F_SCOPE_LOCAL), "rows");
}

struct chunks *chunks_new(struct h5 *h5, const struct chunks_type *type)
{
    REQUIRE(type->chunk % 8 == 0 && type->chunk > 0 && type->sets > 0 && type->item_size > 0);
    REQUIRE(type->buffers >= 2 && type->level >= 0 && type->level <= 1);
    struct chunks *chunks = mem_new(1, sizeof(*chunks));
    chunks->h5 = h5;
    chunks->type = *type;
    chunks->sets = mem_new(type->sets, sizeof(*chunks->sets));
    chunks->buffers = mem_new(type->buffers, sizeof(*chunks->buffers));
    for (size_t i = 0; i < type->buffers; i++)
        chunks->buffers[i] = (struct buffer){.work = {.run = write_buffer}, .chunks = chunks};
    return chunks;
}

unsigned char *chunks_buffer(struct chunks *chunks)
{
    struct buffer *buffer = &chunks->buffers[chunks->current];
    worker_wait(h5_worker(chunks->h5), &buffer->work);
    if (!buffer->data)
        buffer->data = mem_new(chunks->type.sets, plane_size(chunks));
    return buffer->data;
}

static void create(struct chunks *chunks, size_t chunk)
{
    if (chunks->created)
        return;
    chunks->created = true;
    chunks->chunk = chunk;
    for (size_t i = 0; i < chunks->type.sets; i++)
        chunks->sets[i] = -1;
    struct h5 *h5 = chunks->h5;
    h5_file(h5);
    const hid_t plain = h5_plain(h5, H5P_DATASET_CREATE);
    h5_check(h5, H5Pset_chunk(plain, 1, &(hsize_t){chunk}), "a chunk");
    h5_check(h5, H5Pset_fill_time(plain, H5D_FILL_TIME_NEVER), "a chunk");
    if (chunks->type.level > 0) {
        h5_check(h5, H5Pset_shuffle(plain), "a chunk");
        h5_check(h5, H5Pset_deflate(plain, (unsigned)chunks->type.level), "a chunk");
    }
    chunks->type.create(chunks->type.ctx, plain, chunks->sets);
    H5Pclose(plain);
}

unsigned char *chunks_turn(struct chunks *chunks)
{
    struct buffer *buffer = &chunks->buffers[chunks->current];
    create(chunks, chunks->type.chunk);
    buffer->first = chunks->written;
    buffer->items = chunks->type.chunk;
    chunks->written += buffer->items;
    chunks->current = (chunks->current + 1) % chunks->type.buffers;
    worker_put(h5_worker(chunks->h5), &buffer->work);
    return chunks_buffer(chunks);
}

/* The chunk of a dataset that ends within its first buffer. */
static size_t fitting(size_t items, size_t chunk)
{
    size_t fit = CHUNK_LEAST;
    while (fit < items)
        fit *= 2;
    return fit < chunk ? fit : chunk;
}

const hid_t *chunks_finish(struct chunks *chunks, size_t items, uint64_t *ret_items)
{
    create(chunks, fitting(items, chunks->type.chunk));
    if (items > 0) {
        struct buffer *buffer = &chunks->buffers[chunks->current];
        buffer->first = chunks->written;
        buffer->items = items;
        chunks->written += items;
        worker_run(h5_worker(chunks->h5), &buffer->work);
    }
    worker_drain(h5_worker(chunks->h5));
    *ret_items = chunks->written;
    return chunks->sets;
}

void chunks_free(struct chunks *chunks)
{
    if (!chunks)
        return;
    worker_drain(h5_worker(chunks->h5));
    for (size_t i = 0; chunks->created && i < chunks->type.sets; i++)
        h5_release(chunks->h5, chunks->sets[i]);
    for (size_t i = 0; i < chunks->type.buffers; i++)
        free(chunks->buffers[i].data);
    free(chunks->packer);
    free(chunks->shuffled);
    free(chunks->buffers);
    free(chunks->sets);
    free(chunks);
}
