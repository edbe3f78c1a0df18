/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/h5.h"

#include "trace/driver.h"
#include "trace/sink.h"
#include "util/mem.h"
#include "util/worker.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SLAB = 1 << 20 }; /* bytes */

struct h5 {
    struct sink sink;
    struct worker *worker;
    hid_t file, driver;
    hid_t links;        /* a property list for links with UTF-8 names */
    struct error first; /* written once, before `failed` */
    atomic_bool failed;
};

bool h5_check(struct h5 *h5, herr_t status, const char *what)
{
    if (atomic_load_explicit(&h5->failed, memory_order_relaxed))
        return false;
    if (status >= 0 && h5->sink.error == 0)
        return true;
    char reason[128];
    if (h5->sink.error)
        error_set(&h5->first, "%s: cannot write: %s", h5->sink.path,
                  sink_reason(h5->sink.error, reason, sizeof(reason)));
    else
        error_set(&h5->first, "%s: HDF5 cannot write %s", h5->sink.path, what);
    atomic_store_explicit(&h5->failed, true, memory_order_release);
    return false;
}

int h5_status(const struct h5 *h5, struct error *err)
{
    if (!atomic_load_explicit(&h5->failed, memory_order_acquire))
        return 0;
    if (err)
        *err = h5->first;
    return -1;
}

hid_t h5_links(const struct h5 *h5)
{
    return h5->links;
}

struct worker *h5_worker(struct h5 *h5)
{
    return h5->worker;
}

hid_t h5_file(struct h5 *h5)
{
    worker_drain(h5->worker);
    return h5->file;
}

void h5_flush(struct h5 *h5)
{
    h5_check(h5, H5Fflush(h5_file(h5), H5F_SCOPE_LOCAL), "what is known at the start");
}

hid_t h5_root(const struct h5 *h5)
{
    return h5->file;
}

hid_t h5_plain(struct h5 *h5, hid_t class)
{
    const hid_t list = H5Pcreate(class);
    h5_check(h5, list < 0 ? -1 : 0, "a property list");
    h5_check(h5, H5Pset_obj_track_times(list, false), "a property list");
    return list;
}

static hid_t create(struct h5 *h5)
{
    const hid_t fapl = H5Pcreate(H5P_FILE_ACCESS);
    const hid_t fcpl = h5_plain(h5, H5P_FILE_CREATE);
    hid_t file = -1;
    /* v18: read by every HDF5 since 2008, and open after a kill without h5clear. */
    if (fapl >= 0 && fcpl >= 0 && H5Pset_libver_bounds(fapl, H5F_LIBVER_V18, H5F_LIBVER_V18) >= 0 &&
        H5Pset_fclose_degree(fapl, H5F_CLOSE_STRONG) >= 0 &&
        driver_use(&h5->sink, fapl, &h5->driver) == 0)
        file = H5Fcreate(h5->sink.temp, H5F_ACC_TRUNC, fcpl, fapl);
    H5Pclose(fcpl);
    H5Pclose(fapl);
    return file;
}

struct h5 *h5_open(const char *path, struct error *err)
{
    struct sink sink;
    if (sink_open(&sink, path, err))
        return NULL;
    struct h5 *h5 = mem_new(1, sizeof(*h5));
    h5->sink = sink;
    h5->driver = h5->links = -1;
    h5->worker = worker_new();
    /* Printing is a setting of each thread; the chunks set it for the worker. */
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    h5->links = H5Pcreate(H5P_LINK_CREATE);
    h5_check(h5, h5->links < 0 ? -1 : 0, "a new file");
    h5_check(h5, H5Pset_char_encoding(h5->links, H5T_CSET_UTF8), "a new file");
    h5->file = create(h5);
    if (h5_check(h5, h5->file < 0 ? -1 : 0, "a new file"))
        h5_attr_int(h5, h5->file, "complete", 0);
    if (h5_status(h5, err)) {
        h5_abandon(h5);
        return NULL;
    }
    return h5;
}

static void close_file(struct h5 *h5)
{
    worker_drain(h5->worker);
    if (h5->file >= 0) {
        h5_check(h5, H5Fflush(h5->file, H5F_SCOPE_LOCAL), "the last of the file");
        h5_check(h5, H5Fclose(h5->file), "the last of the file");
    }
    if (h5->links >= 0)
        H5Pclose(h5->links);
    if (h5->driver >= 0)
        H5FDunregister(h5->driver);
    worker_free(h5->worker);
}

void h5_abandon(struct h5 *h5)
{
    if (!h5)
        return;
    close_file(h5);
    sink_abandon(&h5->sink);
    free(h5);
}

int h5_close(struct h5 *h5, bool complete, struct error *err)
{
    h5_attr_int(h5, h5_file(h5), "complete", complete);
    close_file(h5);
    int status = h5_status(h5, err);
    if (status == 0)
        status = sink_commit(&h5->sink, err);
    sink_abandon(&h5->sink);
    free(h5);
    return status;
}

/* Under its name a file is whole, though the run that put it there may hold its lock a little. */
static hid_t open_finished(const char *path)
{
    const hid_t fapl = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_file_locking(fapl, false, true);
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, fapl);
    H5Pclose(fapl);
    return file;
}

bool h5_is_whole(const char *path)
{
    int64_t complete = 0;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    const hid_t file = open_finished(path);
    const hid_t attr = file < 0 ? -1 : H5Aopen(file, "complete", H5P_DEFAULT);
    const bool well = attr >= 0 && H5Aread(attr, H5T_NATIVE_INT64, &complete) >= 0;
    if (attr >= 0)
        H5Aclose(attr);
    if (file >= 0)
        H5Fclose(file);
    return well && complete == 1;
}

bool h5_is_marked(const char *path, const char *const *names)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    const hid_t file = open_finished(path);
    bool marked = file >= 0;
    for (size_t i = 0; marked && names[i]; i++)
        marked = H5Aexists(file, names[i]) > 0;
    if (file >= 0)
        H5Fclose(file);
    return marked;
}

void h5_release(struct h5 *h5, hid_t id)
{
    if (id < 0)
        return;
    worker_drain(h5->worker);
    h5_check(h5, H5Idec_ref(id), "an object");
}

hid_t h5_group(struct h5 *h5, const char *path)
{
    const hid_t file = h5_file(h5);
    char *part = mem_text(path);
    hid_t group = -1;
    for (char *slash = part; slash;) {
        slash = strchr(slash + 1, '/');
        if (slash)
            *slash = '\0';
        if (group >= 0)
            H5Gclose(group);
        if (H5Lexists(file, part, H5P_DEFAULT) > 0) {
            group = H5Gopen2(file, part, H5P_DEFAULT);
        } else {
            const hid_t plain = h5_plain(h5, H5P_GROUP_CREATE);
            group = H5Gcreate2(file, part, h5->links, plain, H5P_DEFAULT);
            H5Pclose(plain);
        }
        if (!h5_check(h5, group < 0 ? -1 : 0, part))
            break;
        if (slash)
            *slash = '/';
    }
    free(part);
    return group;
}

void h5_attr(struct h5 *h5, hid_t object, const char *name, hid_t type, const void *value)
{
    worker_drain(h5->worker);
    hid_t attr;
    if (H5Aexists(object, name) > 0) {
        attr = H5Aopen(object, name, H5P_DEFAULT);
    } else {
        const hid_t space = H5Screate(H5S_SCALAR);
        attr = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
        H5Sclose(space);
    }
    if (!h5_check(h5, attr < 0 ? -1 : 0, name))
        return;
    h5_check(h5, H5Awrite(attr, type, value), name);
    h5_check(h5, H5Aclose(attr), name);
}

static hid_t text_type(struct h5 *h5, size_t size, H5T_cset_t set, H5T_str_t pad)
{
    const hid_t type = H5Tcopy(H5T_C_S1);
    h5_check(h5, type < 0 ? -1 : 0, "a type");
    h5_check(h5, H5Tset_size(type, size), "a type");
    h5_check(h5, H5Tset_cset(type, set), "a type");
    h5_check(h5, H5Tset_strpad(type, pad), "a type");
    return type;
}

hid_t h5_text_type(struct h5 *h5, size_t size)
{
    worker_drain(h5->worker);
    return text_type(h5, size, H5T_CSET_UTF8, H5T_STR_NULLPAD);
}

void h5_attr_text(struct h5 *h5, hid_t object, const char *name, const char *value)
{
    worker_drain(h5->worker);
    const hid_t type = text_type(h5, H5T_VARIABLE, H5T_CSET_UTF8, H5T_STR_NULLTERM);
    h5_attr(h5, object, name, type, &value);
    H5Tclose(type);
}

void h5_attr_mark(struct h5 *h5, hid_t object, const char *name, const char *value)
{
    worker_drain(h5->worker);
    const hid_t type = text_type(h5, strlen(value) + 1, H5T_CSET_ASCII, H5T_STR_NULLTERM);
    h5_attr(h5, object, name, type, value);
    H5Tclose(type);
}

void h5_attr_int(struct h5 *h5, hid_t object, const char *name, int64_t value)
{
    h5_attr(h5, object, name, H5T_STD_I64LE, &value);
}

void h5_attr_double(struct h5 *h5, hid_t object, const char *name, double value)
{
    h5_attr(h5, object, name, H5T_IEEE_F64LE, &value);
}

void h5_parents(struct h5 *h5, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash && slash != path) {
        char *parent = mem_text_n(path, (size_t)(slash - path));
        h5_release(h5, h5_group(h5, parent));
        free(parent);
    }
}

static hid_t make_dataset(struct h5 *h5, const char *path, hid_t type, hid_t space, hid_t plain)
{
    h5_parents(h5, path);
    const hid_t set = H5Dcreate2(h5->file, path, type, space, h5->links, plain, H5P_DEFAULT);
    h5_check(h5, set < 0 ? -1 : 0, path);
    return set;
}

void h5_text(struct h5 *h5, const char *path, const char *text)
{
    const size_t len = text ? strlen(text) : 0;
    const hid_t type = h5_text_type(h5, len > 0 ? len : 1);
    const hid_t plain = h5_plain(h5, H5P_DATASET_CREATE);
    const hid_t space = H5Screate(H5S_SCALAR);
    const hid_t set = make_dataset(h5, path, type, space, plain);
    h5_check(h5, H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, len > 0 ? text : ""), path);
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(plain);
    H5Tclose(type);
}

/* Slab by slab, so that one long name among many costs no memory. */
static void write_names(struct h5 *h5, hid_t set, hid_t type, const char *const *names, size_t len,
                        size_t size, size_t slab)
{
    char *data = mem_new(slab, size);
    const hid_t space = H5Dget_space(set);
    for (size_t at = 0; at < len; at += slab) {
        const hsize_t first = at, count = len - at < slab ? len - at : slab;
        memset(data, 0, slab * size);
        for (size_t i = 0; i < count; i++)
            memcpy(data + i * size, names[at + i], strlen(names[at + i]));
        const hid_t memory = H5Screate_simple(1, &count, NULL);
        H5Sselect_hyperslab(space, H5S_SELECT_SET, &first, NULL, &count, NULL);
        h5_check(h5, H5Dwrite(set, type, memory, space, H5P_DEFAULT, data), "names");
        H5Sclose(memory);
    }
    H5Sclose(space);
    free(data);
}

void h5_names(struct h5 *h5, const char *path, const char *const *names, size_t len)
{
    size_t size = 1;
    for (size_t i = 0; i < len; i++) {
        const size_t n = strlen(names[i]);
        size = n > size ? n : size;
    }
    const size_t fit = NAME_SLAB / size > 0 ? NAME_SLAB / size : 1;
    const hsize_t slab = len < fit ? (len > 0 ? len : 1) : fit;
    const hid_t type = h5_text_type(h5, size);
    const hid_t plain = h5_plain(h5, H5P_DATASET_CREATE);
    const hid_t space = H5Screate_simple(1, &(hsize_t){len}, NULL);
    /* Long lists only: an index of chunks costs a few kilobytes. */
    if (len * size >= 4096) {
        h5_check(h5, H5Pset_chunk(plain, 1, &slab), "names");
        h5_check(h5, H5Pset_deflate(plain, 1), "names");
    }
    const hid_t set = make_dataset(h5, path, type, space, plain);
    write_names(h5, set, type, names, len, size, slab);
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(plain);
    H5Tclose(type);
}

char *h5_component(const char *name)
{
    if (!name[0])
        return mem_text("%");
    if (strcmp(name, ".") == 0)
        return mem_text("%2E");
    char *text = mem_new(3 * strlen(name) + 1, 1), *to = text;
    for (const char *c = name; *c; c++) {
        if (*c == '/' || *c == '%')
            to += sprintf(to, "%%%02X", (unsigned)*c);
        else
            *to++ = *c;
    }
    return text;
}
