/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/asks.h"

#include "scenario/breaks.h"
#include "util/mem.h"
#include "workload/log_report.h"

#include <math.h>
#include <stdlib.h>

static void find_places(const struct asks *asks, size_t e)
{
    const struct build *build = asks->build;
    const struct world *world = &build->world;
    struct asks_epoch *epoch = &asks->epochs[e];
    epoch->known = true;
    epoch->places = mem_new(world->n_partitions, sizeof(*epoch->places));
    for (size_t row = 0; row < world->n_partitions; row++) {
        struct asks_place *next = &epoch->places[epoch->len];
        if (!room_of(build, asks->workload, e, row, &next->room))
            continue;
        next->partition = row;
        next->speeds = world->partitions[row].speeds;
        next->of_nodes = room_is_of_nodes(build, row);
        epoch->len++;
    }
    epoch->settled = INT64_MIN;
    for (size_t i = 0; i < epoch->len; i++) {
        const simtime here = breaks_settled(build, epoch->places[i].partition, e);
        epoch->settled = here > epoch->settled ? here : epoch->settled;
    }
    epoch->context = asks->workload->context;
    room_describe(build, asks->workload, e, &epoch->context);
}

void asks_init(struct asks *asks, const struct build *build, size_t workload)
{
    const size_t n = build->program->n_epochs;
    const struct build_workload *bw = &build->workloads[workload];
    const struct workload_kind *kind = bw->workload->kind;
    *asks =
        (struct asks){.build = build, .workload = bw, .epochs = mem_new(n, sizeof(*asks->epochs))};
    for (size_t e = 0; e < n && kind->asks_nodes && !asks->whole_nodes; e++)
        asks->whole_nodes = kind->asks_nodes(bw->epochs[e].params);
}

const struct asks_epoch *asks_at(const struct asks *asks, size_t epoch)
{
    if (!asks->epochs[epoch].known)
        find_places(asks, epoch);
    return &asks->epochs[epoch];
}

void asks_deinit(struct asks *asks)
{
    for (size_t e = 0; asks->epochs && e < asks->build->program->n_epochs; e++)
        free(asks->epochs[e].places);
    free(asks->epochs);
    *asks = (struct asks){0};
}

int64_t asks_most(const struct asks *asks, size_t epoch)
{
    const struct workload_context *context = &asks_at(asks, epoch)->context;
    return asks->whole_nodes ? context->fits_nodes : context->fits_procs;
}

size_t asks_most_until(const struct asks *asks, size_t epoch)
{
    size_t next = epoch + 1;
    while (next < asks->build->program->n_epochs && asks_most(asks, next) == asks_most(asks, epoch))
        next++;
    return next;
}

bool asks_in_vain(const struct asks *asks, size_t epoch)
{
    const struct workload_kind *kind = asks->workload->workload->kind;
    const struct workload_context *context = &asks_at(asks, epoch)->context;
    const bool whole =
        kind->asks_nodes && kind->endless && kind->asks_nodes(asks->workload->epochs[epoch].params);
    return whole ? context->fits_nodes == 0 : context->fits_procs == 0;
}

bool asks_fit_by_nodes(const struct asks *asks, size_t epoch)
{
    const struct asks_epoch *then = asks_at(asks, epoch);
    bool of_nodes = false;
    for (size_t i = 0; i < then->len; i++)
        of_nodes |= then->places[i].of_nodes;
    return of_nodes;
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
    const struct asks_epoch *epoch = asks_at(now->asks, now->epoch);
    double longest = 0;
    for (size_t i = 0; i < epoch->len; i++)
        if (procs <= (double)epoch->places[i].room.procs)
            longest = fmax(longest, breaks_longest(now->asks->build, epoch->places[i].partition,
                                                   now->epoch, now->at, (int64_t)procs));
    return longest;
}

struct asks_job asks_look(const struct asks *asks, const struct job_spec *job, size_t epoch,
                          simtime at, struct workload_bounds bounds)
{
    const struct asks_epoch *then = asks_at(asks, epoch);
    const bool breaks = then->settled > INT64_MIN;
    struct asks_job all = {.larger = true,
                           .refused = true,
                           .unplaced = true,
                           .too_long = true,
                           .left_out = true,
                           .asked = HUGE_VAL};
    for (size_t i = 0; i < then->len; i++) {
        const struct asks_place *place = &then->places[i];
        const int64_t n = job->ask.nodes > 0 ? (int64_t)job->ask.nodes * place->room.procs_per_node
                                             : job->ask.procs;
        struct job_spec here = *job;
        const bool above = (double)n > bounds.size;
        if (n > place->room.procs || job->ask.nodes > place->room.nodes || (above && !all.larger))
            continue;
        const double work = work_at(&here, n, place->speeds, then->context.kills);
        const double request = simtime_seconds(here.request), asked = (double)n * request;
        const bool refused =
            above || request > bounds.request || asked > bounds.hours * (1 + 1e-12);
        const bool unplaced =
            place->of_nodes && !room_takes(asks->build, epoch, place->partition, &job->ask);
        const bool too_long = unplaced || (breaks && !breaks_let(asks->build, place->partition,
                                                                 epoch, at, n, request));
        all.refused &= refused;
        all.unplaced &= unplaced;
        all.too_long &= too_long;
        all.left_out &= refused || too_long;
        if (asked >= all.asked && above == all.larger)
            continue;
        all.fits = true;
        all.larger = above;
        all.asked = asked;
        all.work = work;
    }
    all.too_long &= !all.unplaced;
    return all;
}

double asks_work(const struct asks *asks, const struct job_spec *job, size_t epoch,
                 double *ret_procs)
{
    const struct workload_context *context = &asks_at(asks, epoch)->context;
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

/* Does the epoch begin with a change of what the world is built of? */
static bool changes_world(const struct build *build, size_t epoch)
{
    bool changes = false;
    for (size_t i = 0; i < build->n_changes; i++)
        changes |= build->changes[i].at == build->program->epochs[epoch].at;
    return changes;
}

size_t asks_next(const struct asks *asks, size_t epoch)
{
    const struct build *build = asks->build;
    const size_t row = (size_t)asks->workload->context.base.workload;
    size_t next = epoch + 1;
    while (next < build->program->n_epochs && !changes_world(build, next) &&
           node_equal(build_workload_at(build, next, row)->node,
                      build_workload_at(build, next - 1, row)->node))
        next++;
    return next;
}

/* One reading of a list or log. */
static int walk(const struct asks *asks, size_t epoch, size_t end, bool sort,
                struct log_report *report, asks_see_fn *see, void *ctx, struct error *err)
{
    const struct build_workload *bw = asks->workload;
    const struct workload_kind *kind = bw->workload->kind;
    const struct program *program = asks->build->program;
    /* jobs of the first one may come before the start of the run */
    const simtime begin = epoch > 0 ? program->epochs[epoch].at : INT64_MIN;
    const simtime until = end < program->n_epochs ? program->epochs[end].at : SIMTIME_NEVER;
    struct workload_context context = bw->context;
    struct job_spec job;
    int32_t tenant = context.base.tenant;
    context.sort |= sort;
    context.tenant_of = any_tenant;
    context.tenant_ctx = &tenant;
    context.report = report;
    struct source *source = kind->open(bw->epochs, program->n_epochs, &context, err);
    int got = source ? SOURCE_JOB : SOURCE_ERROR;
    see(ctx, NULL, epoch);
    while (got == SOURCE_JOB) {
        got = source_next(source, &job, err);
        if (got != SOURCE_JOB)
            break;
        if (job.submit >= context.limit || job.submit >= until) {
            got = report ? SOURCE_JOB : SOURCE_END;
            continue;
        }
        while (epoch + 1 < program->n_epochs && program->epochs[epoch + 1].at <= job.submit)
            epoch++;
        if (job.submit >= begin && job.submit >= bw->stay.from && job.submit < bw->stay.until)
            see(ctx, &job, epoch);
    }
    const struct log_report *told = source && report ? workload_log_report(kind, source) : NULL;
    if (told)
        *report = *told;
    source_free(source);
    return got;
}

/* Of one that goes on: where it ends by itself, other replications follow. */
static int sample(const struct asks *asks, size_t epoch, asks_see_fn *see, void *ctx,
                  struct error *err)
{
    enum { TIMES = 100 };
    const struct build_workload *bw = asks->workload;
    struct workload_context context = asks_at(asks, epoch)->context;
    struct workload_epoch as_then = bw->epochs[epoch];
    struct job_spec job;
    bool enough = false;
    as_then.from = 0;
    context.limit = SIMTIME_NEVER;
    context.drains = true;
    see(ctx, NULL, epoch);
    for (size_t k = 0, seen = 0; k < TIMES && seen < ASKS_SAMPLE; k++) {
        struct source *source = bw->workload->kind->open(&as_then, 1, &context, err);
        if (!source)
            return SOURCE_ERROR;
        while ((seen < ASKS_SAMPLE || !enough) && seen < ASKS_MOST &&
               source_next(source, &job, err) == SOURCE_JOB) {
            enough = see(ctx, &job, epoch);
            seen++;
        }
        source_free(source);
        context.seed.replication++;
    }
    return SOURCE_JOB;
}

int asks_walk(const struct asks *asks, size_t epoch, size_t end, struct log_report *report,
              asks_see_fn *see, void *ctx, struct error *err)
{
    struct error unasked;
    struct error *const told = err ? err : &unasked;
    if (asks->workload->workload->kind->endless)
        return sample(asks, epoch, see, ctx, told);
    const int got = walk(asks, epoch, end, false, report, see, ctx, told);
    return got == SOURCE_UNSORTED ? walk(asks, epoch, end, true, report, see, ctx, told) : got;
}
