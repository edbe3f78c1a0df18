/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/log.h"

#include "util/mem.h"
#include "workload/keymap.h"
#include "workload/log_entry.h"
#include "workload/log_missing.h"
#include "workload/log_recorded.h"
#include "workload/log_remarks.h"
#include "workload/log_replicate.h"
#include "workload/swf_ahead.h"

#include <gsl/gsl_rng.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A log without UnixStartTime whose submit times are later than this (in 1973) states dates instead
 * of times since its beginning. */
#define SUBMIT_IS_DATE (INT64_C(100000000) * SIMTIME_SECOND)

/* What the format calls a kilobyte. */
#define KILOBYTE INT64_C(1024)

/* Copies of a job are submitted within this time after it. */
#define COPY_SPREAD SIMTIME_HOUR

struct log {
    struct source source;
    const struct log_params *params;
    struct log_context context;
    enum log_missing missing;
    simtime missing_request;
    int64_t where[5]; /* by enum log_key; negative: any */
    struct swf *swf;
    struct swf_ahead *rows; /* of it */
    bool cut;               /* to a window, or at its start: rows left out may lie outside */
    struct log_report report;
    struct log_remarks remarks;
    struct keymap tenants;

    simtime first_kept, last_kept; /* submit times of jobs that can be used */
    bool any_kept, any_loaded, rows_ended;
    struct entries sorted; /* all jobs kept, if context.sort */
    size_t next_sorted;

    simtime to_start;   /* added to the log's times to count from the scenario's start */
    simtime to_date;    /* ... to count from 1970 */
    uint64_t index;     /* of the next job kept */
    simtime first_used; /* submit: what load.gaps holds fast */

    struct log_recorded *recorded;   /* NULL: the recorded schedule is not looked at */
    struct log_replicate *replicate; /* NULL: the log as it is */
    struct rng_stream draws;
    bool has_draws;
    uint64_t copies_max; /* ordinals go up by this a row */
    struct entry ahead;  /* the next job, while copies of earlier ones may come before it */
    bool has_ahead;
    struct entries copies; /* a heap */
    struct entry handed;   /* out, and not counted: it is used if the next one is asked for */
    bool has_handed;
};

/* ---- 1, 2: rows that can be used ---- */

static int64_t size_of(const struct log *log, const struct swf_row *row, bool *ret_other)
{
    const int64_t asked = row->procs_asked, given = row->procs;
    const int64_t larger = asked > given ? asked : given;
    *ret_other = false;
    if (log->params->size == LOG_SIZE_MAX)
        return larger;
    const int64_t wanted = log->params->size == LOG_SIZE_REQUESTED ? asked : given;
    *ret_other = wanted <= 0;
    return wanted > 0 ? wanted : larger;
}

/* Why the row cannot be a job; LOG_USED if it can. */
static enum log_kind judge(const struct log *log, const struct swf_row *row, int64_t size)
{
    if (row->run < 0 && row->submit < 0)
        return LOG_TIMES_UNKNOWN;
    if (row->procs <= 0 && row->procs_asked <= 0)
        return LOG_NO_SIZE;
    if (row->run < 0)
        return LOG_RUN_NEGATIVE;
    if (row->submit < 0)
        return LOG_SUBMIT_NEGATIVE;
    if (log->params->drop == LOG_DROP_UNUSABLE) {
        const int64_t limit = log->context.partition_procs;
        if (row->run == 0)
            return LOG_RUN_ZERO;
        if (limit > 0 && (row->procs > limit || row->procs_asked > limit))
            return LOG_TOO_LARGE;
    }
    if (size > INT32_MAX)
        return LOG_SIZE_ABSURD;
    if (row->request <= 0 && log->missing == LOG_MISSING_DROP)
        return LOG_REQUEST_DROPPED;
    return LOG_USED;
}

static void remark_file(struct log *log)
{
    const struct swf_header *const header = swf_header(log->swf);
    struct log_count *const counts = log->report.counts;
    counts[LOG_NO_HEADER].count = !header->any;
    counts[LOG_ZONE_NAME].count = header->time_zone_name && !header->has_zone;
    counts[LOG_ZONE_ODD].count = header->time_zone % 900 != 0;
    counts[LOG_HEADER_ODD].count = header->odd;
    counts[LOG_HEADER_TEXT].count = header->text;
    counts[LOG_HEADER_FAR].count = header->far;
    counts[LOG_HEADER_AGAIN].count = header->again;
    if (header->max_jobs >= 0) {
        const uint64_t stated = (uint64_t)header->max_jobs, rows = counts[LOG_ROWS].count;
        counts[LOG_COUNT_DIFFERS].count = stated > rows ? stated - rows : rows - stated;
    }
    if (log->recorded)
        counts[LOG_RECORDED_OVER] = log_recorded_over(log->recorded);
}

/* In KB: 2 TB a processor at most, which is as good as more. */
static int32_t memory_of(const struct log *log, const struct swf_row *row)
{
    if (log->params->memory == LOG_MEMORY_NONE || row->memory_asked <= 0)
        return 0;
    return row->memory_asked < INT32_MAX ? (int32_t)row->memory_asked : INT32_MAX;
}

static bool wanted(const struct log *log, const struct swf_row *row)
{
    for (enum log_key by = LOG_BY_USER; by <= LOG_BY_PARTITION; by++)
        if (log->where[by] >= 0 && log->where[by] != log_key_of(by, row))
            return false;
    return true;
}

/* Behind the first garbled row: how many more there are. What has no row of numbers, before or
 * behind it, is most likely some other file: no word about its rows then. */
static void refuse(struct log *log, struct error *err)
{
    struct swf_row row;
    bool any = log->report.counts[LOG_ROWS].count > 0;
    uint64_t more = 0;
    for (int got; (got = swf_ahead_next(log->rows, &row, NULL)) == SWF_ROW || got == SWF_GARBLED;) {
        any |= got == SWF_ROW;
        more += got == SWF_GARBLED;
    }
    char count[64] = "";
    const size_t len = strlen(err->text);
    if (more > 0)
        snprintf(count, sizeof(count), "; %llu more row%s garbled too", (unsigned long long)more,
                 more == 1 ? " is" : "s are");
    if (any)
        snprintf(err->text + len, sizeof(err->text) - len,
                 "%s; `garbled: drop` leaves such rows out", count);
}

/* The next row of numbers: as swf_next. */
static int read_row(struct log *log, struct swf_row *ret, struct error *err)
{
    struct error own; /* garbled rows are told apart by it, though nobody asks */
    int got;
    err = err ? err : &own;
    while ((got = swf_ahead_next(log->rows, ret, err)) == SWF_GARBLED) {
        if (log->params->garbled == LOG_GARBLED_REFUSE) {
            refuse(log, err);
            break;
        }
        log_report_count(&log->report, LOG_GARBLED, err->at.line);
    }
    return got;
}

/* The next job of the file that can be used; without processors if it is not wanted. */
static int read_kept(struct log *log, struct entry *ret, struct error *err)
{
    struct swf_row row;
    int got;
    while ((got = read_row(log, &row, err)) == SWF_ROW) {
        const uint64_t ordinal = log->report.counts[LOG_ROWS].count;
        log_report_count(&log->report, LOG_ROWS, row.line);
        bool other;
        const int64_t size = size_of(log, &row, &other);
        const enum log_kind verdict = judge(log, &row, size);
        const bool mine = wanted(log, &row);
        if (log->recorded && mine)
            log_recorded_add(log->recorded, &row);
        const enum log_kind reason = mine ? verdict : LOG_ELSEWHERE;
        if (verdict != LOG_USED && !log->cut) {
            log_report_count(&log->report, reason, row.line);
            continue;
        }
        uint32_t marks = 0;
        if (verdict != LOG_USED)
            marks = log_mark(reason);
        else if (mine)
            marks = log_remark(&log->remarks, &row, size, other);
        const simtime filled = log->missing == LOG_MISSING_VALUE ? log->missing_request : row.run;
        *ret = (struct entry){.submit = row.submit,
                              .run = row.run,
                              .request = row.request > 0 ? row.request : filled,
                              .id = row.job,
                              .key = log_key_of(log->context.by, &row),
                              .user = row.user,
                              .ordinal = ordinal,
                              .procs = mine ? (int32_t)size : 0,
                              .memory = memory_of(log, &row),
                              .line = row.line < UINT32_MAX ? (uint32_t)row.line : UINT32_MAX,
                              .marks = marks};
        return SOURCE_JOB;
    }
    if (got == SWF_END)
        remark_file(log);
    return got == SWF_END ? SOURCE_END : SOURCE_ERROR;
}

static int read_all(struct log *log, struct error *err)
{
    struct entry entry;
    int got;
    while ((got = read_kept(log, &entry, err)) == SOURCE_JOB)
        entries_append(&log->sorted, &entry);
    entries_sort(&log->sorted);
    return got;
}

static int next_in_order(struct log *log, struct entry *ret, struct error *err)
{
    if (log->context.sort) {
        if (log->next_sorted == log->sorted.len)
            return SOURCE_END;
        *ret = log->sorted.items[log->next_sorted++];
        if (!log_marks_left_out(ret->marks))
            log->last_kept = ret->submit;
        return SOURCE_JOB;
    }
    const int got = read_kept(log, ret, err);
    if (got != SOURCE_JOB)
        return got;
    if (log_marks_left_out(ret->marks))
        return SOURCE_JOB;
    if (log->any_kept && ret->submit < log->last_kept)
        return SOURCE_UNSORTED;
    log->last_kept = ret->submit;
    return SOURCE_JOB;
}

/* ---- 3, 4: the window and the start ---- */

static void set_origin(struct log *log, simtime first)
{
    const struct swf_header *const header = swf_header(log->swf);
    log->to_date = header->unix_start * SIMTIME_SECOND;
    log->to_start = log->to_date - log->context.start;
    if (log->params->shift == LOG_SHIFT_TO_START)
        log->to_start = !header->has_start && first >= SUBMIT_IS_DATE ? -first : 0;
}

/* Is the job submitted before the date? A date is one of the log's own calendar, a duration counts
 * from the start of the scenario. */
static bool before_date(const struct log *log, const struct entry *entry,
                        const struct date_value *date)
{
    if (date->relative)
        return entry->submit + log->to_start < date->instant;
    const simtime zone = date->zoned ? 0 : log->context.offset * SIMTIME_SECOND;
    return entry->submit + log->to_date < date->instant - zone;
}

static bool in_window(const struct log *log, const struct entry *entry, uint64_t index)
{
    const uint64_t from = (uint64_t)log->params->window.from_job;
    const uint64_t jobs = (uint64_t)log->params->window.jobs;
    const struct date_value *const since = &log->params->window.from;
    const struct date_value *const until = &log->params->window.until;
    return index >= from && (jobs == 0 || index - from < jobs) &&
           !(since->given && before_date(log, entry, since)) &&
           !(until->given && !before_date(log, entry, until));
}

static enum log_kind place(const struct log *log, const struct entry *entry)
{
    if (!in_window(log, entry, log->index))
        return LOG_OUTSIDE_WINDOW;
    return entry->submit + log->to_start < 0 ? LOG_BEFORE_START : LOG_USED;
}

/* A log that is read in one go is known to be in order only at its end: rows behind the window are
 * read too. One that is left out stands where the next job does. */
static int next_selected(struct log *log, struct entry *ret, struct error *err)
{
    int got;
    while ((got = next_in_order(log, ret, err)) == SOURCE_JOB) {
        const bool job = !log_marks_left_out(ret->marks);
        if (!log->any_kept)
            set_origin(log, ret->submit);
        if (job && !log->any_kept)
            log->first_kept = ret->submit;
        log->any_kept |= job;
        const enum log_kind where = place(log, ret);
        log->index += job && ret->procs > 0;
        if (job ? ret->procs == 0 : where != LOG_USED && log_marks_elsewhere(ret->marks))
            log_report_count(&log->report, LOG_ELSEWHERE, 0);
        else if (where != LOG_USED)
            log_report_count(&log->report, where, 0);
        else if (job)
            break;
        else
            log_report_add(&log->report, ret->marks, ret->line);
    }
    return got;
}

/* ---- 5: replications ---- */

static int pull(void *ctx, struct entry *ret, struct error *err)
{
    return next_selected(ctx, ret, err);
}

static int next_replicated(struct log *log, struct entry *ret, struct error *err)
{
    return log->replicate ? log_replicate_next(log->replicate, pull, log, ret, err)
                          : next_selected(log, ret, err);
}

/* ---- 6: the load ---- */

static simtime scaled(simtime time, double factor)
{
    const double us = (double)time * factor;
    return us < (double)SIMTIME_NEVER ? (simtime)llround(us) : SIMTIME_NEVER;
}

/* How often the job is there; its copies go to the heap. */
static uint64_t resample(struct log *log, struct entry *entry)
{
    gsl_rng *const draw = rng_at(&log->draws, entry->ordinal);
    const double factor = log->params->load.resample, whole = floor(factor);
    const uint64_t times = (uint64_t)whole + (gsl_rng_uniform(draw) < factor - whole);
    entry->ordinal *= log->copies_max;
    for (uint64_t i = 1; i < times; i++) {
        struct entry copy = *entry;
        copy.ordinal += i;
        copy.submit += (simtime)(gsl_rng_uniform(draw) * (double)COPY_SPREAD);
        entries_push(&log->copies, &copy);
        log_report_count(&log->report, LOG_RESAMPLED_COPY, 0);
    }
    if (times == 0)
        log_report_count(&log->report, LOG_RESAMPLED_AWAY, 0);
    return times;
}

static int next_resampled(struct log *log, struct entry *ret, struct error *err)
{
    while (!log->has_ahead && !log->rows_ended) {
        const int got = next_replicated(log, &log->ahead, err);
        if (got < 0)
            return got;
        log->rows_ended = got == SOURCE_END;
        log->has_ahead = got == SOURCE_JOB && resample(log, &log->ahead) > 0;
    }
    if (log->copies.len > 0 &&
        !(log->has_ahead && entry_before(&log->ahead, &log->copies.items[0]))) {
        *ret = entries_pop(&log->copies);
        return SOURCE_JOB;
    }
    *ret = log->ahead;
    const bool got = log->has_ahead;
    log->has_ahead = false;
    return got ? SOURCE_JOB : SOURCE_END;
}

static int next_loaded(struct log *log, struct entry *ret, struct error *err)
{
    if (log->has_draws)
        return next_resampled(log, ret, err);
    if (log->rows_ended)
        return SOURCE_END;
    const int got = next_replicated(log, ret, err);
    log->rows_ended = got == SOURCE_END;
    if (got != SOURCE_JOB)
        return got;
    if (!log->any_loaded)
        log->first_used = ret->submit;
    const double gaps = log->params->load.gaps, runtimes = log->params->load.runtimes;
    if (gaps > 0)
        ret->submit = log->first_used + scaled(ret->submit - log->first_used, 1 / gaps);
    if (runtimes > 0) {
        ret->run = scaled(ret->run, runtimes);
        ret->request = scaled(ret->request, runtimes);
    }
    return got;
}

/* ---- 7 to 9: the job ---- */

static int tenant_of(struct log *log, int64_t key, int32_t *ret_tenant, struct error *err)
{
    const int32_t *const known = keymap_find(&log->tenants, key);
    if (known) {
        *ret_tenant = *known;
        return 0;
    }
    static const char *const names[] = {"", "user", "group", "queue", "partition"};
    const int32_t row = log->context.tenant_of(log->context.tenant_ctx, key);
    if (row < 0)
        return error_at(err, (struct mark){.file = log->params->log},
                        "there is no tenant for %s %lld", names[log->context.by], (long long)key);
    keymap_add(&log->tenants, key, row);
    *ret_tenant = row;
    return 0;
}

static simtime request_of(const struct log *log, const struct job_spec *job)
{
    switch (log->context.request) {
    case LOG_REQUEST_EXACT:
        return job->runtime < job->request ? job->runtime : job->request;
    case LOG_REQUEST_MODEL:
        return log->context.request_of(log->context.request_ctx, job);
    case LOG_REQUEST_OWN:
        break;
    }
    return job->request;
}

/* A log is read to its end, wherever the run ends: only then is it known to be in order. */
static bool in_run(struct log *log, const struct entry *entry)
{
    const simtime submit = entry->submit + log->to_start;
    const bool early = submit < log->context.from;
    log->any_loaded = true;
    if (!early && (log->context.until == 0 || submit < log->context.until))
        return true;
    log_report_count(&log->report, early ? LOG_BEFORE_START : LOG_AFTER_END, 0);
    return false;
}

static int next_in_run(struct log *log, struct entry *ret, struct error *err)
{
    int got;
    while ((got = next_loaded(log, ret, err)) == SOURCE_JOB && !in_run(log, ret))
        ;
    if (got == SOURCE_END && !log->any_loaded &&
        (log->any_kept || log->report.counts[LOG_GARBLED].count > 0))
        return log_none_used(&log->report, log->params, log->context.offset,
                             log->any_kept ? log->first_kept + log->to_date : SIMTIME_NEVER,
                             log->last_kept + log->to_date, err);
    log->report.partial = got != SOURCE_END;
    return got;
}

static void count_handed(struct log *log)
{
    struct log_report *const report = &log->report;
    if (!log->has_handed)
        return;
    report->last = log->handed.submit + log->to_start;
    if (report->counts[LOG_USED].count == 0)
        report->first = report->last;
    log_report_count(report, LOG_USED, 0);
    log_report_add(report, log->handed.marks, log->handed.line);
    log->has_handed = false;
}

static int next(struct source *source, struct job_spec *ret_job, struct error *err)
{
    struct log *const log = (struct log *)source;
    const struct entry *const entry = &log->handed;
    count_handed(log);
    const int got = next_in_run(log, &log->handed, err);
    if (got != SOURCE_JOB)
        return got;
    struct job_spec job = log->context.base;
    job.id = entry->id;
    job.ordinal = entry->ordinal;
    job.ask = (struct ask){.procs = entry->procs, .memory = entry->memory * KILOBYTE};
    job.submit = entry->submit + log->to_start;
    job.runtime = entry->run;
    job.request = entry->request;
    if (log->context.by != LOG_BY_NONE && tenant_of(log, entry->key, &job.tenant, err) < 0)
        return SOURCE_ERROR;
    job.request = request_of(log, &job);
    log->has_handed = true;
    *ret_job = job;
    return SOURCE_JOB;
}

/* ---- life ---- */

static void log_free(struct log *log)
{
    if (!log)
        return;
    swf_ahead_free(log->rows);
    swf_free(log->swf);
    keymap_deinit(&log->tenants);
    entries_deinit(&log->sorted);
    entries_deinit(&log->copies);
    log_recorded_free(log->recorded);
    log_replicate_free(log->replicate);
    if (log->has_draws)
        rng_stream_deinit(&log->draws);
    free(log);
}
AUTO_DEFINE(struct log *, log_free)

static void free_source(struct source *source)
{
    log_free((struct log *)source);
}

static const struct source_class log_class = {.next = next, .free = free_source};

struct log *log_new(const struct log_params *params, const struct log_context *context,
                    struct error *err)
{
    REQUIRE(context->by == LOG_BY_NONE || context->tenant_of);
    REQUIRE(context->request != LOG_REQUEST_MODEL || context->request_of);
    AUTO(log_free) struct log *log = mem_new(1, sizeof(*log));
    log->source.class = &log_class;
    log->params = params;
    log->context = *context;
    log->copies_max = 1;
    if (log_params_check(params, err) < 0 ||
        log_missing_request(params, &log->missing, &log->missing_request, err) < 0 ||
        log_where(params, log->where, err) < 0)
        return NULL;
    log->swf = swf_open(params->log, err);
    if (!log->swf)
        return NULL;
    log->rows = swf_ahead_new(log->swf);
    const int64_t stated = swf_header(log->swf)->max_procs;
    log->remarks = (struct log_remarks){.context = &log->context, .stated = stated};
    log->report.machine = stated > 0 ? stated : context->partition_procs;
    if (context->recorded && log->report.machine > 0)
        log->recorded = log_recorded_new(log->report.machine);
    if (params->load.resample > 0) {
        REQUIRE(context->path);
        log->copies_max = (uint64_t)ceil(params->load.resample);
        rng_stream_init(&log->draws, context->seed, context->path, "resample");
        log->has_draws = true;
    }
    log->cut = log_is_windowed(params) ||
               context->start > swf_header(log->swf)->unix_start * SIMTIME_SECOND;
    log->replicate = log_replicate_new(params, context->seed, context->path);
    if (context->sort && read_all(log, err) < 0)
        return NULL;
    struct log *const whole = log;
    log = NULL;
    return whole;
}

struct source *log_source(struct log *log)
{
    return &log->source;
}

const struct log_report *log_report_of(const struct log *log)
{
    return &log->report;
}

const struct swf_header *log_header(const struct log *log)
{
    return swf_header(log->swf);
}
