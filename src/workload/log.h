/* A log as a source of jobs: rows of a Standard Workload Format file in order of submission.
 *
 * Each row goes this way, and is counted in the report where it leaves it; what is odd in it is
 * counted where its job is used, for each copy of it, and of rows left out only why:
 *   0. row:     of numbers, or `garbled` says what
 *   1. use:     both sizes missing, run < 0 or submit < 0 can never be used; `drop: unusable`
 * leaves out run = 0 and whatever asked for or was given more than the partition
 *   2. request: where field 9 is not > 0, `missing: {request: ...}`
 *   3. window:  of those `where` asks for, a range in order of submission, or of dates
 *   4. start:   jobs submitted before the scenario's start are left out
 *   5. replicate: other submissions in each replication (log_replicate.h)
 *   6. load:    gaps, run times, or copies
 *   7. run:     jobs submitted after its end are left out
 *   8. request: the rule of the workload (the log's own, exact, or a model)
 *   9. tenant:  by user, group, queue or partition */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WORKLOAD_LOG_H
#define WORKLOAD_LOG_H

#include "util/date.h"
#include "util/schema.h"
#include "workload/log_report.h"
#include "workload/source.h"
#include "workload/swf.h"

enum log_drop { LOG_DROP_NONE, LOG_DROP_UNUSABLE };
enum log_garbled { LOG_GARBLED_REFUSE, LOG_GARBLED_DROP };
enum log_size { LOG_SIZE_REQUESTED, LOG_SIZE_ALLOCATED, LOG_SIZE_MAX };
enum log_memory { LOG_MEMORY_NONE, LOG_MEMORY_REQUESTED };
enum log_resample { LOG_RESAMPLE_NONE, LOG_RESAMPLE_USERS, LOG_RESAMPLE_PHASES };
enum log_cycle { LOG_BY_WEEK, LOG_BY_DAY };
enum log_shift { LOG_SHIFT_NONE, LOG_SHIFT_TO_START };

/* What a workload of the scenario says of its log: filled by decoding with log_fields. */
struct log_params {
    char *log;   /* path */
    int drop;    /* enum log_drop */
    int garbled; /* enum log_garbled */
    int size;    /* enum log_size */
    int memory;  /* enum log_memory */
    struct {
        char *user, *group, *queue, *partition; /* whole numbers; NULL: any */
    } where;
    int shift; /* enum log_shift */
    struct {
        char *request; /* "runtime", "drop" or a duration; NULL: runtime */
    } missing;
    struct {
        int64_t from_job, jobs; /* from 0; jobs 0: to the end */
        struct date_value from, until;
    } window;
    /* The load is multiplied by the one that is not 0:
     * gaps: submit times move towards the first job used (or away): t0 + (t - t0) / F;
     * runtimes: run times and requests become F times as long;
     * resample: each job is there floor(F) times, and once more with the probability of the rest,
     * drawn at the job's ordinal; a copy is submitted within the hour after the job, uniformly, so
     * that days and weeks keep their shape and copies do not arrive as one. */
    struct {
        double gaps, runtimes, resample;
    } load;
    struct {
        simtime shake; /* 0: none */
        int resample;  /* enum log_resample */
        int by;        /* enum log_cycle */
    } replicate;
    struct kinded request; /* of request_kinds; kind NULL: field 9 */
};

extern const struct field log_fields[];

/* `where`: the numbers that fields of a row must have, by enum log_key; a negative one: any. -1
 * with an error. */
int log_where(const struct log_params *params, int64_t ret[5], struct error *err);

/* Is it a part of the log, cut out by a window? */
bool log_is_windowed(const struct log_params *params);

/* What the window is, in words: "jobs 5 to 14", "from 2021-05-01T00:00:00+08:00 on". Dates without
 * a zone are at the offset. Returns buffer. */
const char *log_window_text(const struct log_params *params, int32_t offset, char *buffer,
                            size_t size);

/* Across fields: a window of jobs or of dates, one kind of load, what `missing` says. */
int log_params_check(const struct log_params *params, struct error *err);

/* `request` of the workload. A model returns the request of a job whose own (field 9, or filled in)
 * is in job->request; it is called in order of submission, job->ordinal and the path address its
 * draws. */
enum log_request { LOG_REQUEST_OWN, LOG_REQUEST_EXACT, LOG_REQUEST_MODEL };
typedef simtime log_request_fn(void *ctx, const struct job_spec *job);

enum log_key { LOG_BY_NONE, LOG_BY_USER, LOG_BY_GROUP, LOG_BY_QUEUE, LOG_BY_PARTITION };

/* The row of the tenant of a user (group, ...) number, asked once for each in order of submission;
 * -1: there is none, an error. */
typedef int32_t log_tenant_fn(void *ctx, int64_t key);

/* What the scenario around the log says. */
struct log_context {
    struct job_spec base;    /* workload, centre, partition, priority; tenant unless `by` says */
    int64_t partition_procs; /* for `drop: unusable`; 0: not known, nothing is too large */
    simtime start;           /* of the scenario, microseconds since 1970-01-01T00:00Z */
    int32_t offset;          /* of its zone, seconds east: for window dates that state none */
    bool sort;               /* read the whole log first (72 bytes a row) and sort it */
    simtime from, until;     /* jobs submitted in [from, until) are used; until 0: all later ones */
    /* For log_scan: */
    simtime limit;      /* submissions at or after do not count; 0: no limit */
    int64_t fits_procs; /* larger jobs are rejected; 0: not known */
    bool kills;         /* jobs end at their request */
    bool extends;       /* jobs that outlive their request need not end there: for remarks */
    bool recorded;      /* hold the recorded schedule against the machine (LOG_RECORDED_OVER) */
    enum log_request request;
    log_request_fn *request_of;
    void *request_ctx;
    enum log_key by;
    log_tenant_fn *tenant_of;
    void *tenant_ctx;
    struct rng_seed seed; /* for load.resample and replicate */
    const char *path;     /* of the workload: "tenants/users/workloads/kth" */
};

struct log;

/* The source of a log. NULL: the file cannot be opened (or, sorted, read), or bad parameters.
 * params is borrowed until the source is freed; *context is copied, what it points to is borrowed.
 * The ordinal of a job is the number of its row among all rows of the log, from 0 (with resample:
 * times ceil(F), plus the number of the copy; with replicate.resample another), however the log is
 * read. */
struct log *log_new(const struct log_params *params, const struct log_context *context,
                    struct error *err);
struct source *log_source(struct log *log); /* source_free frees the log */

/* Of the jobs used, and the rows left out, so far: whole once the source said SOURCE_END, which it
 * says only after the last row. The job handed out last is none of them until the next one is asked
 * for: it may be looked ahead at only. */
const struct log_report *log_report_of(const struct log *log);
const struct swf_header *log_header(const struct log *log);

/* When the log begins: its header's UnixStartTime, else 1970-01-01T00:00Z; and the offset of its
 * TimeZone, else 0. Reads the header only. */
int log_start(const char *path, simtime *ret_start, int32_t *ret_offset, struct error *err);

/* Jobs that could be used and none that is: a window or a start of other dates than the log's. -1,
 * with that in *err. `first`, `last`: submissions of those that could be used, since 1970; first
 * SIMTIME_NEVER: there was none. */
int log_none_used(const struct log_report *report, const struct log_params *params, int32_t offset,
                  simtime first, simtime last, struct error *err);

/* What a log holds, for `jishi check`: the jobs that a run would get, in one pass (two if the log
 * is out of order and a window or load depends on the order). */
struct log_totals {
    uint64_t jobs;
    int64_t keys;             /* distinct users (or what `by` says) among them */
    simtime first, last;      /* submit times; 0 without jobs */
    double processor_seconds; /* as long as the jobs need */
    double requested_seconds; /* processor-seconds, as long as they ask */
    uint64_t fitting;         /* jobs that are not larger than fits */
    double served_seconds;    /* processor-seconds until they end or are killed, of those */
    int64_t largest;          /* processors */
    int64_t header_procs;     /* MaxProcs; -1 */
    struct log_report report;
};

int log_scan(const struct log_params *params, const struct log_context *context,
             struct log_totals *ret_totals, struct error *err);

#endif
