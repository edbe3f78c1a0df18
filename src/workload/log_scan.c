/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/log.h"

static int32_t number_key(void *ctx, int64_t key)
{
    int64_t *const keys = ctx;
    (void)key;
    return *keys < INT32_MAX ? (int32_t)(*keys)++ : -1;
}

static void add(struct log_totals *totals, const struct log_context *context,
                const struct job_spec *job)
{
    const simtime served =
        context->kills && job->request < job->runtime ? job->request : job->runtime;
    if (context->limit > 0 && job->submit >= context->limit)
        return;
    if (totals->jobs++ == 0)
        totals->first = job->submit;
    totals->last = job->submit;
    totals->processor_seconds += job->ask.procs * simtime_seconds(job->runtime);
    totals->requested_seconds += job->ask.procs * simtime_seconds(job->request);
    if (job->ask.procs > totals->largest)
        totals->largest = job->ask.procs;
    if (context->fits_procs > 0 && job->ask.procs > context->fits_procs)
        return;
    totals->fitting++;
    totals->served_seconds += job->ask.procs * simtime_seconds(served);
}

/* One reading; says what the source said last. */
static int scan(const struct log_params *params, const struct log_context *context,
                struct log_totals *ret, struct error *err)
{
    *ret = (struct log_totals){0};
    struct log_context counting = *context;
    counting.tenant_of = number_key;
    counting.tenant_ctx = &ret->keys;
    if (counting.by == LOG_BY_NONE)
        counting.by = LOG_BY_USER;
    struct log *const log = log_new(params, &counting, err);
    if (!log)
        return SOURCE_ERROR;
    struct job_spec job;
    int got;
    while ((got = source_next(log_source(log), &job, err)) == SOURCE_JOB)
        add(ret, context, &job);
    ret->report = *log_report_of(log);
    if (context->by == LOG_BY_NONE)
        ret->report.counts[LOG_KEY_UNKNOWN] = (struct log_count){0};
    ret->header_procs = log_header(log)->max_procs;
    source_free(log_source(log));
    return got;
}

int log_scan(const struct log_params *params, const struct log_context *context,
             struct log_totals *ret_totals, struct error *err)
{
    struct log_totals totals;
    int got = scan(params, context, &totals, err);
    if (got == SOURCE_UNSORTED) {
        struct log_context sorting = *context;
        sorting.sort = true;
        got = scan(params, &sorting, &totals, err);
    }
    if (got != SOURCE_END)
        return -1;
    *ret_totals = totals;
    return 0;
}

int log_start(const char *path, simtime *ret_start, int32_t *ret_offset, struct error *err)
{
    AUTO(swf_free) struct swf *swf = swf_open(path, err);
    if (!swf)
        return -1;
    *ret_start = swf_header(swf)->unix_start * SIMTIME_SECOND;
    *ret_offset = swf_header(swf)->time_zone;
    return 0;
}
