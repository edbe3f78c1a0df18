/* The trace of a run: an observer of its facts that writes /jobs, /series, /names, /scenario and
 * the root attributes into one HDF5 file while the run goes on, in memory that does not grow. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include "model/observe.h"
#include "trace/table.h"

#include <signal.h>

struct trace;

enum { TRACE_FORMAT = 1, TRACE_LEVEL = 1 };

struct trace_setup {
    const char *path;
    const struct world *world; /* borrowed for the life of the trace; centres, partitions and
                                * workloads are all there, tenants may come */
    int64_t seed, replication;
    const char *title; /* NULL: none */
    const char *start; /* ISO 8601 */
    /* /scenario: texts; NULL: empty. sets: a line each, as given; hashes: "HASH  what", a line
     * each. */
    const char *given, *resolved, *sets, *hashes;
    simtime step; /* of /series; 0: no series */
    int level;    /* of deflate: TRACE_LEVEL */
};

/* Columns of /jobs that belong together, and how to fill them. */
struct column_group {
    const struct column *columns;
    size_t len;
    void *ctx;
    /* Fill the columns of this group, every byte, at `row`, unaligned, packed in their order. */
    void (*fill)(void *ctx, const struct job *job, void *row);
};

/* Open the file and write what is known at the start. NULL on failure, with nothing left behind.
 * All in setup but world is copied. */
struct trace *trace_new(const struct trace_setup *setup, struct error *err);

/* More columns of /jobs, after the core ones, in the order of the calls. Before the first fact.
 * The group is copied; its ctx is borrowed for the life of the trace, its columns until the first
 * fact. */
void trace_add_columns(struct trace *trace, const struct column_group *group);

/* Borrows the trace. Its `unfinished` and `finish` are to be called before trace_close. */
struct observer trace_observer(struct trace *trace);

/* Stop soon to write steps of series in which nothing happens once it is not 0. Borrowed. */
void trace_heed(struct trace *trace, const volatile sig_atomic_t *interrupted);

/* Was it, and are the series cut short? After the last fact. */
bool trace_is_cut(const struct trace *trace);

/* 0, or -1 with the first error: the disk is full, say, and going on is of no use. Cheap: for every
 * few thousand events. */
int trace_status(const struct trace *trace, struct error *err);

/* Write a whole small table (/tenants, /metrics): `len` packed rows. After the last fact. */
void trace_table(struct trace *trace, const struct table_type *type, const void *rows, size_t len);

/* For further objects and attributes of the file. */
struct h5 *trace_h5(struct trace *trace);

/* Write the rest and close; complete: the run came to its end. Frees the trace in either case. On
 * failure no file is left. */
int trace_close(struct trace *trace, bool complete, struct error *err);

/* Give up: no file is left. Takes NULL. */
void trace_abandon(struct trace *trace);

#endif
