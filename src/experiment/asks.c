/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/asks.h"

#include "scenario/breaks.h"
#include "util/mem.h"
#include "workload/log_report.h"

#include <math.h>
#include <stdlib.h>

void asks_init(struct asks *asks, const struct build *build, size_t workload)
{
    const struct world *world = &build->world;
    *asks = (struct asks){.build = build,
                          .workload = &build->workloads[workload],
                          .places = mem_new(world->n_partitions, sizeof(*asks->places)),
                          .settled = mem_new(build->program->n_epochs, sizeof(*asks->settled))};
    for (size_t row = 0; row < world->n_partitions; row++) {
        struct asks_place *next = &asks->places[asks->n_places];
        next->partition = row;
        next->speeds = world->partitions[row].speeds;
        asks->n_places += build_room(build, asks->workload, row, &next->room);
    }
    for (size_t e = 0; e < build->program->n_epochs; e++) {
        asks->settled[e] = asks->n_places > 0 ? 0 : INT64_MIN;
        for (size_t i = 0; i < asks->n_places && asks->settled[e] > INT64_MIN; i++) {
            const simtime here = breaks_settled(build, asks->places[i].partition, e);
            if (here == INT64_MIN || here > asks->settled[e])
                asks->settled[e] = here;
        }
    }
}

void asks_deinit(struct asks *asks)
{
    free(asks->places);
    free(asks->settled);
    *asks = (struct asks){0};
}

/* Of n processors at these speeds. */
static double work_at(struct job_spec *job, int64_t n, const double *speeds, bool kills)
{
    job_place(job, (int32_t)n, speeds);
    const double runtime = simtime_seconds(job->runtime);
    return (double)n * (kills ? fmin(runtime, simtime_seconds(job->request)) : runtime);
}

double asks_longest(const void *ctx, double procs)
{
    const struct asks_instant *now = ctx;
    const struct asks *asks = now->asks;
    double longest = 0;
    for (size_t i = 0; i < asks->n_places; i++)
        if (procs <= (double)asks->places[i].room.procs)
            longest = fmax(longest, breaks_longest(asks->build, asks->places[i].partition,
                                                   now->epoch, now->at, (int64_t)procs));
    return longest;
}

struct asks_job asks_look(const struct asks *asks, const struct job_spec *job, size_t epoch,
                          simtime at, struct workload_bounds bounds)
{
    const bool breaks = asks->settled[epoch] > INT64_MIN;
    struct asks_job all = {.larger = true, .refused = true, .left_out = true, .asked = HUGE_VAL};
    for (size_t i = 0; i < asks->n_places; i++) {
        const struct asks_place *place = &asks->places[i];
        const int64_t n = job->ask.nodes > 0 ? (int64_t)job->ask.nodes * place->room.procs_per_node
                                             : job->ask.procs;
        struct job_spec here = *job;
        const bool above = (double)n > bounds.size;
        if (n > place->room.procs || (above && !all.larger))
            continue;
        const double work = work_at(&here, n, place->speeds, asks->workload->context.kills);
        const double request = simtime_seconds(here.request), asked = (double)n * request;
        const bool refused =
            above || request > bounds.request || asked > bounds.hours * (1 + 1e-12);
        all.refused &= refused;
        all.left_out &= refused || (breaks && !breaks_let(asks->build, place->partition, epoch, at,
                                                          n, request));
        if (asked >= all.asked && above == all.larger)
            continue;
        all.fits = true;
        all.larger = above;
        all.asked = asked;
        all.work = work;
    }
    return all;
}

double asks_work(const struct asks *asks, const struct job_spec *job, double *ret_procs)
{
    const struct workload_context *context = &asks->workload->context;
    struct job_spec there = *job;
    const int64_t n =
        job->ask.nodes > 0 ? (int64_t)job->ask.nodes * context->procs_per_node : job->ask.procs;
    *ret_procs = (double)n;
    return work_at(&there, n, context->speeds, context->kills);
}

/* Nobody wants to know the tenants of a log. */
static int32_t any_tenant(void *ctx, int64_t key)
{
    (void)key;
    return *(const int32_t *)ctx;
}

/* One reading. */
static int walk(const struct asks *asks, size_t epoch, bool sort, struct log_report *report,
                asks_see_fn *see, void *ctx, struct error *err)
{
    const struct build_workload *bw = asks->workload;
    const struct workload_kind *kind = bw->workload->kind;
    const struct program *program = asks->build->program;
    /* jobs of the first one may come before the start of the run */
    const simtime begin = epoch > 0 && !kind->endless ? program->epochs[epoch].at : INT64_MIN;
    struct workload_context context = bw->context;
    struct workload_epoch as_then = bw->epochs[epoch];
    struct job_spec job;
    int32_t tenant = context.base.tenant;
    context.sort |= sort;
    context.drains |= kind->endless; /* only a sample is taken: it need not end */
    context.tenant_of = any_tenant;
    context.tenant_ctx = &tenant;
    context.report = report;
    as_then.from = 0;
    struct source *source = kind->endless
                                ? kind->open(&as_then, 1, &context, err)
                                : kind->open(bw->epochs, program->n_epochs, &context, err);
    int got = source ? SOURCE_JOB : SOURCE_ERROR;
    see(ctx, NULL);
    for (size_t i = 0; got == SOURCE_JOB && (i < ASKS_SAMPLE || !kind->endless); i++) {
        got = source_next(source, &job, err);
        if (got != SOURCE_JOB)
            break;
        if (job.submit >= context.limit)
            got = report ? SOURCE_JOB : SOURCE_END;
        else if (job.submit >= begin && job.submit >= bw->stay.from && job.submit < bw->stay.until)
            see(ctx, &job);
    }
    const struct log_report *told = source && report ? workload_log_report(kind, source) : NULL;
    if (told)
        *report = *told;
    source_free(source);
    return got;
}

int asks_walk(const struct asks *asks, size_t epoch, struct log_report *report, asks_see_fn *see,
              void *ctx, struct error *err)
{
    struct error unasked;
    struct error *const told = err ? err : &unasked;
    const int got = walk(asks, epoch, false, report, see, ctx, told);
    return got == SOURCE_UNSORTED ? walk(asks, epoch, true, report, see, ctx, told) : got;
}
