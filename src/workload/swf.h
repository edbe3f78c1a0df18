/* Logs in the Standard Workload Format: version 2.2 of Feitelson's Parallel Workloads Archive, and
 * what the logs of the archive and of others make of it. One line a job of 18 numbers, -1 for what
 * is not known; lines that begin with ';' are comments, those before the first job the header. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WORKLOAD_SWF_H
#define WORKLOAD_SWF_H

#include "util/error.h"
#include "util/simtime.h"

enum { SWF_COLUMNS = 18, SWF_COLUMNS_NEEDED = 5 };

/* The longest time a field may state either way, in seconds: 3000 years. Beyond, the log is
 * refused: sums of such times with a date still fit the clock. */
#define SWF_MAX_SECONDS INT64_C(100000000000)

/* Told of a row, not errors. */
enum {
    SWF_EXTRA_COLUMNS = 1, /* more than 18 columns: the rest was not read */
    SWF_FEW_COLUMNS = 2,   /* fewer than 18, at least 5: the rest is -1 */
    SWF_FRACTION = 4       /* a field that counts or names things has a fraction: cut off, but for
                            * processors, which are rounded up */
};

/* A row. What is not known is -1; times are in microseconds, an unknown one some negative value
 * (-1 s). */
struct swf_row {
    int64_t job;
    simtime submit;
    simtime wait;
    simtime run;
    int64_t procs;  /* allocated */
    simtime cpu;    /* used, mean over the processors */
    int64_t memory; /* used, KB a processor */
    int64_t procs_asked;
    simtime request;      /* time asked for */
    int64_t memory_asked; /* KB a processor */
    int64_t status;       /* 0 failed, 1 completed, 5 cancelled; others exist */
    int64_t user, group, executable, queue, partition;
    int64_t preceding; /* the job that this one waited for */
    simtime think;     /* from the end of that job to this submission */
    unsigned flags;    /* SWF_EXTRA_COLUMNS, ... */
    uint64_t line;     /* of the file, from 1 */
};

/* "Queue: 1 batch" */
struct swf_name {
    int64_t number;
    char *name; /* owned by the header */
};

struct swf_names {
    struct swf_name *items;
    size_t len, cap;
};

/* What the header says; numbers that it does not say are -1. Text after a number is ignored
 * ("MaxProcs: 338 (batch partition; 512 total)"). */
struct swf_header {
    bool any;           /* there was a line "; Key: value" */
    bool has_start;     /* UnixStartTime is given */
    int64_t unix_start; /* seconds since 1970-01-01T00:00Z, of submit time 0; else 0 */
    bool has_zone;
    int32_t time_zone; /* seconds east of UTC; else 0 */
    int64_t max_jobs, max_records, max_nodes, max_procs, max_runtime, max_memory;
    char *version, *computer, *installation, *time_zone_name; /* NULL: not said */
    struct swf_names queues, partitions;
    unsigned odd;   /* values that should be numbers and are not */
    unsigned text;  /* numbers with text behind */
    unsigned far;   /* numbers out of all range, not taken */
    unsigned again; /* values that come again, and are other than before: the last one counts */
};

struct swf;

/* Open and read the header. NULL: the file cannot be read or is no text. `path` is borrowed and
 * must outlive every *err filled, whose mark names it. Memory is constant. */
struct swf *swf_open(const char *path, struct error *err);
void swf_free(struct swf *swf);
AUTO_DEFINE(struct swf *, swf_free)

/* Complete once open: later lines like it are comments. Borrowed. */
const struct swf_header *swf_header(const struct swf *swf);

/* After SWF_END and SWF_DAMAGED do not call again. */
enum {
    SWF_ROW = 1,
    SWF_END = 0,
    SWF_DAMAGED = -1, /* the data: cannot be read or inflated */
    SWF_GARBLED = -2  /* a line that is no job: err says file:line: what. The next one may be */
};
int swf_next(struct swf *swf, struct swf_row *ret_row, struct error *err);

/* The name of a queue or partition number; NULL: the header names none. O(names). */
const char *swf_name_of(const struct swf_names *names, int64_t number);

#endif
