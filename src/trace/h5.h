/* An HDF5 file being written: groups, texts and attributes, and the errors of all that is written
 * through it. The bytes depend on nothing but what is written: no times are kept.
 *
 * Errors are sticky, as ferror() is: the functions below return nothing, the first failure is kept,
 * what is written after it is lost, and h5_status and h5_close tell. Object ids may then be
 * negative; HDF5 refuses those without harm.
 *
 * One thread calls HDF5 at a time: the worker while it has chunks, else the caller; every function
 * here that needs HDF5 waits for the worker first. All calls come from the thread that opened the
 * file. Two files at once in two threads need a thread-safe HDF5. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TRACE_H5_H
#define TRACE_H5_H

#include "util/error.h"

#include <hdf5.h>

struct h5;
struct worker;

/* Writes under a temporary name in the folder of `path` (see trace/sink.h), with complete = 0.
 * NULL on failure. */
struct h5 *h5_open(const char *path, struct error *err);

/* Is there such a file, and was it closed with complete = 1? What is empty, cut short or no HDF5 is
 * not whole; rows are not read. Opens the file. */
bool h5_is_whole(const char *path);

/* Is there such a file, with all of these attributes at its root? NULL-ended. Opens the file. */
bool h5_is_marked(const char *path, const char *const *names);

/* Set the root attribute `complete`, close, rename to the final path. On failure (the first error
 * of the file's life is told) nothing is left. Frees h5 in either case. */
int h5_close(struct h5 *h5, bool complete, struct error *err);

/* Give up: remove the file and free. Takes NULL. */
void h5_abandon(struct h5 *h5);

/* 0, or -1 with the first failure. Cheap; does not wait for the worker. */
int h5_status(const struct h5 *h5, struct error *err);

/* Bring what was written so far to the file, so that it can be opened if the run is killed. */
void h5_flush(struct h5 *h5);

hid_t h5_root(const struct h5 *h5);

/* The group "/a/b", made with those above it where missing. To be closed by h5_release. */
hid_t h5_group(struct h5 *h5, const char *path);

/* Make the groups above `path` where missing. */
void h5_parents(struct h5 *h5, const char *path);

/* Close a group, dataset, type or property list of this file. */
void h5_release(struct h5 *h5, hid_t id);

/* A property list for creating a `class` of object (H5P_DATASET_CREATE ...) without times. */
hid_t h5_plain(struct h5 *h5, hid_t class);

/* Attributes of an object; setting again overwrites numbers. Texts are variable-length UTF-8,
 * which h5py and R give as text. */
void h5_attr_text(struct h5 *h5, hid_t object, const char *name, const char *value);
void h5_attr_int(struct h5 *h5, hid_t object, const char *name, int64_t value);
void h5_attr_double(struct h5 *h5, hid_t object, const char *name, double value);

/* A fixed-length ASCII attribute, as the H5TB and dimension scale conventions want their own. */
void h5_attr_mark(struct h5 *h5, hid_t object, const char *name, const char *value);

/* Any scalar attribute; type is that of *value and of the file. */
void h5_attr(struct h5 *h5, hid_t object, const char *name, hid_t type, const void *value);

/* A text as a scalar dataset at `path`; groups above it are made. NULL is the empty text. */
void h5_text(struct h5 *h5, const char *path, const char *text);

/* Texts as a 1-D dataset of fixed-length UTF-8, padded with zeros to the longest: PyTables does not
 * read variable-length ones. Compressed. */
void h5_names(struct h5 *h5, const char *path, const char *const *names, size_t len);

/* `name` as one component of a path: "/" and "%" become %2F and %25, a lone "." %2E, nothing "%".
 * Owned by the caller. */
char *h5_component(const char *name);

/* For the modules that write datasets. */

/* The worker of this file: writes chunks while the run goes on. */
struct worker *h5_worker(struct h5 *h5);

/* Wait until HDF5 may be called; the file's id, for creating objects. */
hid_t h5_file(struct h5 *h5);

/* The property list for making links, with UTF-8 names. */
hid_t h5_links(const struct h5 *h5);

/* Note a failure to do `what` if status is negative, or if the disk refused something. Only by the
 * thread that may call HDF5. Returns whether all is well so far. */
bool h5_check(struct h5 *h5, herr_t status, const char *what);

/* A fixed-length UTF-8 type of `size` bytes; to be released. */
hid_t h5_text_type(struct h5 *h5, size_t size);

#endif
