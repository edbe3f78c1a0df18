/* Jobs of a log. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/mem.h"
#include "workload/kinds.h"
#include "workload/log.h"
#include "workload/request.h"

#include <stdlib.h>
#include <string.h>

/* What the log source calls back into: lives as long as the source, which it wraps. */
struct replay {
    struct source source;
    struct log *log;
    struct request *request; /* NULL: the log's own, or exact */
    struct rng_stream stream;
    bool streaming;
};

static simtime draw_request(void *ctx, const struct job_spec *job)
{
    struct replay *replay = ctx;
    return request_draw(replay->request, job->runtime, rng_at(&replay->stream, job->ordinal));
}

static int next(struct source *source, struct job_spec *ret, struct error *err)
{
    return source_next(log_source(((struct replay *)source)->log), ret, err);
}

static void release(struct source *source)
{
    struct replay *replay = (struct replay *)source;
    if (replay->log)
        source_free(log_source(replay->log));
    request_free(replay->request);
    if (replay->streaming)
        rng_stream_deinit(&replay->stream);
    free(replay);
}

static const struct source_class replay_class = {.next = next, .free = release};

/* While a run drains, jobs are submitted whatever its length. */
static simtime until_of(const struct workload_context *context)
{
    const simtime leaves = context->leaves > 0 ? context->leaves : SIMTIME_NEVER;
    return context->drains || context->limit == 0 || leaves < context->limit ? leaves
                                                                             : context->limit;
}

static struct log_context context_of(const struct workload_context *context)
{
    return (struct log_context){
        .base = context->base,
        .partition_procs = context->partition_procs,
        .from = context->joins,
        .until = until_of(context),
        .limit = context->limit,
        .fits_procs = context->fits_procs,
        .kills = context->kills,
        .extends = !context->kills,
        .recorded = context->report != NULL,
        .start = context->start,
        .offset = context->offset,
        .sort = context->sort,
        .by = (enum log_key)context->by,
        .tenant_of = context->tenant_of,
        .tenant_ctx = context->tenant_ctx,
        .seed = context->seed,
        .path = context->path,
    };
}

/* How the workload says that requests are made. */
static int open_request(struct replay *replay, const struct log_params *params,
                        const struct workload_context *context, struct log_context *log,
                        struct error *err)
{
    const struct kind *kind = params->request.kind;
    if (kind && strcmp(kind->name, "exact") == 0) {
        log->request = LOG_REQUEST_EXACT;
    } else if (kind) {
        replay->request = request_new(&params->request, NULL, context->seed, context->path, err);
        if (!replay->request)
            return -1;
        rng_stream_init(&replay->stream, context->seed, context->path, "request");
        replay->streaming = true;
        log->request = LOG_REQUEST_MODEL;
        log->request_of = draw_request;
        log->request_ctx = replay;
    }
    return 0;
}

static struct source *open_log(const struct workload_epoch *epochs, size_t n_epochs,
                               const struct workload_context *context, struct error *err)
{
    (void)n_epochs;
    const struct log_params *params = epochs[0].params;
    struct log_context log = context_of(context);
    struct replay *replay = mem_new(1, sizeof(*replay));
    replay->source.class = &replay_class;
    if (open_request(replay, params, context, &log, err) == 0)
        replay->log = log_new(params, &log, err);
    if (replay->log)
        return &replay->source;
    release(&replay->source);
    return NULL;
}

const struct log_report *workload_log_report(const struct workload_kind *kind,
                                             const struct source *source)
{
    return kind == &workload_log ? log_report_of(((const struct replay *)source)->log) : NULL;
}

static int check(const void *params, struct error *err)
{
    return log_params_check(params, err);
}

static bool asks_memory(const void *params)
{
    return ((const struct log_params *)params)->memory != LOG_MEMORY_NONE;
}

/* The outlook wants no tenants: users are counted, not made. */
static int32_t any_tenant(void *ctx, int64_t key)
{
    (void)key;
    return *(const int32_t *)ctx;
}

static int outlook(const void *params, const struct workload_context *context,
                   struct workload_outlook *ret, struct error *err)
{
    struct log_context log = context_of(context);
    int32_t tenant = context->base.tenant;
    log.tenant_of = any_tenant;
    log.tenant_ctx = &tenant;
    struct log_totals totals;
    struct replay *replay = mem_new(1, sizeof(*replay));
    int rc = open_request(replay, params, context, &log, err);
    if (rc == 0)
        rc = log_scan(params, &log, &totals, err);
    release(&replay->source);
    if (rc < 0)
        return -1;
    if (context->report)
        *context->report = totals.report;
    *ret = (struct workload_outlook){
        .jobs = (double)totals.fitting,
        .processor_seconds = totals.served_seconds,
        .too_large = totals.jobs > 0 ? 1 - (double)totals.fitting / (double)totals.jobs : 0,
        .first = simtime_seconds(totals.first),
        .span = simtime_seconds(totals.last - totals.first),
        .largest = totals.largest,
    };
    return 0;
}

static bool draws(const void *params)
{
    const struct log_params *p = params;
    return p->load.resample > 0 || p->replicate.shake > 0 ||
           p->replicate.resample != LOG_RESAMPLE_NONE || request_draws(&p->request);
}

static bool windowed(const void *params)
{
    return log_is_windowed(params);
}

const struct workload_kind workload_log = {
    .key = "log",
    .summary = "jobs of a log in the Standard Workload Format",
    .fields = log_fields,
    .size = sizeof(struct log_params),
    .check = check,
    .asks_memory = asks_memory,
    .draws = draws,
    .windowed = windowed,
    .open = open_log,
    .outlook = outlook,
};
