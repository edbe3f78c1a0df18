/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/driver.h"

#include "util/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#if H5_VERSION_GE(1, 14, 0)
#include <H5FDdevelop.h>
#endif

/* An overwrite held back. */
struct overwrite {
    haddr_t addr;
    size_t size;
    int rank; /* order of writing */
    unsigned char *data;
};

struct driver_file {
    H5FD_t base; /* HDF5's, must be first */
    struct sink *sink;
    haddr_t eoa, eof;
    haddr_t settled; /* end of what the last flush left; overwrites below are held back */
    struct {
        struct overwrite *items;
        size_t len, cap;
    } held;
};

static void put(struct sink *sink, haddr_t addr, size_t size, const unsigned char *from)
{
    while (size > 0) {
        const ssize_t n = pwrite(sink->fd, from, size, (off_t)addr);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            if (!sink->error)
                sink->error = n < 0 ? errno : ENOSPC;
            return;
        }
        from += n;
        addr += (haddr_t)n;
        size -= (size_t)n;
    }
}

/* A parent that names its new child is sound before the old child gave up its half; the old child
 * is not without that parent. So levels go down. */
static int rank_of(H5FD_mem_t type, const unsigned char *data, size_t size)
{
    enum { SUPER, OTHER, ROOT, HEADER = ROOT + 256 };
    if (type == H5FD_MEM_SUPER)
        return SUPER;
    if (type == H5FD_MEM_OHDR)
        return HEADER;
    if (type == H5FD_MEM_BTREE && size > 5 && memcmp(data, "TREE", 4) == 0)
        return ROOT + 255 - data[5]; /* the level, 0 for leaves */
    return OTHER;
}

static int compare_rank(const void *a, const void *b)
{
    const struct overwrite *x = a, *y = b;
    return x->rank != y->rank ? (x->rank > y->rank) - (x->rank < y->rank)
                              : (x->addr > y->addr) - (x->addr < y->addr);
}

static void settle(struct driver_file *file)
{
    if (file->held.len > 0)
        qsort(file->held.items, file->held.len, sizeof(*file->held.items), compare_rank);
    for (size_t i = 0; i < file->held.len; i++) {
        const struct overwrite *held = &file->held.items[i];
        put(file->sink, held->addr, held->size, held->data);
        free(held->data);
    }
    file->held.len = 0;
    file->settled = file->eof;
}

/* Held back already: the very block, or NULL. A block that crosses held ones (space put to another
 * use) must not change places with them, so those are written first. */
static struct overwrite *find_held(struct driver_file *file, haddr_t addr, size_t size)
{
    for (size_t i = 0; i < file->held.len; i++) {
        struct overwrite *held = &file->held.items[i];
        if (held->addr == addr && held->size == size)
            return held;
        if (held->addr < addr + size && addr < held->addr + held->size) {
            settle(file);
            return NULL;
        }
    }
    return NULL;
}

static void hold(struct driver_file *file, H5FD_mem_t type, haddr_t addr, size_t size,
                 const void *from)
{
    struct overwrite *held = find_held(file, addr, size);
    if (!held) {
        MEM_GROW(&file->held);
        held = &file->held.items[file->held.len++];
        *held = (struct overwrite){addr, size, 0, mem_new(size, 1)};
    }
    memcpy(held->data, from, size);
    held->rank = rank_of(type, from, size);
}

static H5FD_t *driver_open(const char *name, unsigned flags, hid_t fapl, haddr_t maxaddr)
{
    (void)name;
    (void)flags;
    (void)maxaddr;
    struct sink *const *sink = H5Pget_driver_info(fapl);
    if (!sink)
        return NULL;
    struct driver_file *file = mem_new(1, sizeof(*file));
    file->sink = *sink;
    return &file->base;
}

static herr_t driver_close(H5FD_t *base)
{
    struct driver_file *file = (struct driver_file *)base;
    settle(file);
    free(file->held.items);
    free(file);
    return 0;
}

/* Metadata are not gathered into larger writes: the order of small ones matters. */
static herr_t driver_query(const H5FD_t *base, unsigned long *flags)
{
    (void)base;
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_DATA_SIEVE | H5FD_FEAT_AGGREGATE_SMALLDATA;
    return 0;
}

static haddr_t driver_get_eoa(const H5FD_t *base, H5FD_mem_t type)
{
    (void)type;
    return ((const struct driver_file *)base)->eoa;
}

static herr_t driver_set_eoa(H5FD_t *base, H5FD_mem_t type, haddr_t addr)
{
    (void)type;
    ((struct driver_file *)base)->eoa = addr;
    return 0;
}

static haddr_t driver_get_eof(const H5FD_t *base, H5FD_mem_t type)
{
    (void)type;
    return ((const struct driver_file *)base)->eof;
}

/* What is held back covers what the file has. */
static void overlay(const struct driver_file *file, haddr_t addr, size_t size, unsigned char *to)
{
    for (size_t i = 0; i < file->held.len; i++) {
        const struct overwrite *held = &file->held.items[i];
        const haddr_t from = held->addr > addr ? held->addr : addr;
        const haddr_t end =
            held->addr + held->size < addr + size ? held->addr + held->size : addr + size;
        if (from < end)
            memcpy(to + (from - addr), held->data + (from - held->addr), end - from);
    }
}

static herr_t driver_read(H5FD_t *base, H5FD_mem_t type, hid_t dxpl, haddr_t addr, size_t size,
                          void *buffer)
{
    (void)type;
    (void)dxpl;
    struct driver_file *file = (struct driver_file *)base;
    unsigned char *to = buffer;
    for (size_t at = 0; at < size;) {
        const ssize_t n = pread(file->sink->fd, to + at, size - at, (off_t)(addr + at));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            if (!file->sink->error)
                file->sink->error = errno;
            return -1;
        }
        if (n == 0) { /* past the end: zeros, as every driver of HDF5 has it */
            memset(to + at, 0, size - at);
            break;
        }
        at += (size_t)n;
    }
    overlay(file, addr, size, to);
    return 0;
}

static herr_t driver_write(H5FD_t *base, H5FD_mem_t type, hid_t dxpl, haddr_t addr, size_t size,
                           const void *buffer)
{
    (void)dxpl;
    struct driver_file *file = (struct driver_file *)base;
    if (addr + size > file->eof)
        file->eof = addr + size;
    if (type != H5FD_MEM_DRAW && addr < file->settled) {
        hold(file, type, addr, size, buffer);
        return 0;
    }
    if (find_held(file, addr, size))
        settle(file);
    put(file->sink, addr, size, buffer);
    return 0;
}

static herr_t driver_flush(H5FD_t *base, hid_t dxpl, hbool_t closing)
{
    (void)dxpl;
    (void)closing;
    settle((struct driver_file *)base);
    return 0;
}

static herr_t driver_truncate(H5FD_t *base, hid_t dxpl, hbool_t closing)
{
    (void)dxpl;
    (void)closing;
    struct driver_file *file = (struct driver_file *)base;
    if (file->eoa == file->eof)
        return 0;
    /* The end in the superblock must never lie beyond the file's. */
    if (file->eoa < file->eof)
        settle(file);
    if (ftruncate(file->sink->fd, (off_t)file->eoa) != 0 && !file->sink->error)
        file->sink->error = errno;
    file->eof = file->eoa;
    return 0;
}

static const H5FD_class_t driver = {
#if H5_VERSION_GE(1, 14, 0)
    .version = H5FD_CLASS_VERSION,
    .value = 511, /* of the range HDF5 leaves to tests and private drivers */
#endif
    .name = "jishi-sink",
    .maxaddr = (haddr_t)INT64_MAX,
    .fc_degree = H5F_CLOSE_STRONG,
    .fapl_size = sizeof(struct sink *),
    .open = driver_open,
    .close = driver_close,
    .query = driver_query,
    .get_eoa = driver_get_eoa,
    .set_eoa = driver_set_eoa,
    .get_eof = driver_get_eof,
    .read = driver_read,
    .write = driver_write,
    .flush = driver_flush,
    .truncate = driver_truncate,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

int driver_use(struct sink *sink, hid_t fapl, hid_t *ret_driver)
{
    const hid_t id = H5FDregister(&driver);
    if (id < 0)
        return -1;
    if (H5Pset_driver(fapl, id, &sink) < 0) {
        H5FDunregister(id);
        return -1;
    }
    *ret_driver = id;
    return 0;
}
