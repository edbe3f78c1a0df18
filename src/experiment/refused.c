/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/refused.h"

#include "engine/outlook.h"
#include "scenario/build_tenants.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>

/* --- what jobs may have --- */

#define ONE_JOB "lets one job have no more than"

static void tighten(struct ceiling *ceiling, double own, const char *of, const char *who,
                    const char *says)
{
    if (own < ceiling->most)
        *ceiling = (struct ceiling){own, of, who, says};
}

static double count_of(int64_t count)
{
    return count == INT64_MAX ? HUGE_VAL : (double)count;
}

static double quota_of(const struct quota_plan *quota, enum ceiling_kind kind)
{
    if (kind == CEILING_HOURS)
        return quota->processor_hours.limit * 3600;
    if (kind == CEILING_REQUEST)
        return HUGE_VAL;
    return quota->jobs <= 0 || quota->processor_hours.limit <= 0 ? 0 : count_of(quota->processors);
}

static double guarantee_of(const struct guarantee_plan *plan)
{
    return plan->processors < 0 || plan->borrow == INT64_MAX
               ? HUGE_VAL
               : (double)(plan->processors + plan->borrow);
}

static double one_job_of(const struct quota_plan *quota, enum ceiling_kind kind)
{
    if (kind == CEILING_REQUEST && quota->max_request < SIMTIME_NEVER)
        return simtime_seconds(quota->max_request);
    return kind == CEILING_QUOTA ? count_of(quota->max_processors) : HUGE_VAL;
}

/* Of the quota, and of one job: the highest of several dates. */
static void raise_to(double *own, double *one, const struct quota_plan *quota,
                     enum ceiling_kind kind)
{
    *own = fmax(*own, quota_of(quota, kind));
    *one = fmax(*one, one_job_of(quota, kind));
}

static void tighten_by_tenant(const struct build *build, int32_t tenant, size_t epoch,
                              enum ceiling_kind kind, struct ceiling *ceiling)
{
    const char *who = build->world.tenants.items[tenant].path;
    double own = 0, one = 0, guarantee = 0;
    for (size_t e = epoch; e < build->program->n_epochs; e++) {
        const struct tenant *at = build_tenant(build, e, (size_t)tenant);
        raise_to(&own, &one, &at->quota, kind);
        guarantee = fmax(guarantee, guarantee_of(&at->guarantee));
    }
    if (kind == CEILING_GUARANTEE) {
        tighten(ceiling, guarantee, "", who, "is guaranteed, and may borrow, no more than");
        return;
    }
    tighten(ceiling, own, "", who, "has a quota of");
    tighten(ceiling, one, "", who, ONE_JOB);
}

static bool changes_qos(const struct build *build, size_t workload)
{
    for (size_t i = 0; i < build->n_changes; i++)
        if (build->changes[i].what == CHANGE_KIND &&
            build->changes[i].workload == (int32_t)workload)
            return true;
    return false;
}

static void tighten_by_qos(const struct build *build, size_t workload, size_t epoch,
                           enum ceiling_kind kind, struct ceiling *ceiling)
{
    const int32_t row = build->workloads[workload].context.base.qos;
    double own = 0, one = 0, each = 0, each_one = 0;
    if (row == 0 || changes_qos(build, workload))
        return;
    for (size_t e = epoch; e < build->program->n_epochs; e++) {
        const struct qos_plan *plans = build->program->epochs[e].scenario->qos.items;
        raise_to(&own, &one, &plans[row - 1].quota, kind);
        raise_to(&each, &each_one, &plans[row - 1].each, kind);
    }
    const char *who = build->world.qos[row].name;
    tighten(ceiling, own, "QOS ", who, "has a quota of");
    tighten(ceiling, each, "QOS ", who, "lets each tenant have no more than");
    tighten(ceiling, fmin(one, each_one), "QOS ", who, ONE_JOB);
}

/* Does what others are guaranteed bind the jobs of a workload wherever they may wait? */
static bool is_bound(const struct build *build, size_t workload)
{
    const struct job_spec *base = &build->workloads[workload].context.base;
    for (size_t p = 0; p < build->world.n_partitions && build->outlook; p++)
        if (build->world.partitions[p].centre == base->centre &&
            (base->partition == PARTITION_ANY || base->partition == (int32_t)p) &&
            !outlook_binds(build->outlook, (int32_t)p))
            return false;
    return build->outlook != NULL;
}

/* What others are guaranteed at home. */
static void tighten_by_others(const struct build *build, size_t workload, size_t epoch,
                              int32_t centre, struct ceiling *ceiling)
{
    const int32_t tenant = build->world.workloads[workload].tenant;
    if (!is_bound(build, workload))
        return;
    const simtime from = epoch > 0 ? build->program->epochs[epoch].at : 0;
    tighten(ceiling, count_of(outlook_most(build->outlook, tenant, centre, from)), "",
            build->world.tenants.items[tenant].path,
            "is left, by what others are guaranteed, no more than");
}

struct ceiling ceiling_of(const struct build *build, size_t workload, size_t epoch,
                          enum ceiling_kind kind)
{
    const struct world *world = &build->world;
    const int32_t centre = build->workloads[workload].context.base.centre;
    struct ceiling least = {.most = HUGE_VAL};
    int32_t t = world->workloads[workload].tenant;
    for (; t >= 0; t = world->tenants.items[t].parent) {
        /* Guarantees are of the home alone, and with a broker jobs may run elsewhere. */
        if (kind == CEILING_GUARANTEE && (build->broker || world->tenants.items[t].home != centre))
            continue;
        tighten_by_tenant(build, t, epoch, kind, &least);
    }
    if (kind != CEILING_GUARANTEE)
        tighten_by_qos(build, workload, epoch, kind, &least);
    else if (!build->broker)
        tighten_by_others(build, workload, epoch, centre, &least);
    return least;
}

/* --- by size --- */

/* When it is so from: jobs of the first one may come before the start of the run. */
static simtime begin_of(const struct build *build, size_t epoch)
{
    return epoch > 0 ? build->program->epochs[epoch].at : INT64_MIN;
}

/* The outlook of the jobs from the epoch on of no more than `most` processors. false: there are
 * none at all. */
static bool outlook_within(const struct build *build, const struct build_workload *workload,
                           size_t epoch, double most, struct workload_outlook *ret)
{
    const simtime begin = begin_of(build, epoch);
    struct workload_context context = workload->context;
    const struct workload_kind *kind = workload->workload->kind;
    const int64_t per_node = context.procs_per_node > 0 ? context.procs_per_node : 1;
    if (context.fits_procs == 0 || most < (double)context.fits_procs) {
        const int64_t processors = most < INT32_MAX ? (int64_t)most : INT32_MAX;
        context.fits_procs = processors > 0 ? processors : 1;
        context.fits_nodes = processors >= per_node ? processors / per_node : 1;
    }
    context.from = workload->stay.from > 0 ? workload->stay.from : 0;
    if (begin > context.from)
        context.from = begin;
    if (workload->stay.until < context.limit)
        context.limit = workload->stay.until;
    return context.from < context.limit &&
           kind->outlook(workload->epochs[epoch].params, &context, ret, NULL) == 0;
}

/* Does every job ask for more? */
static bool is_below_all(const struct build_workload *workload, double most)
{
    const struct workload_kind *kind = workload->workload->kind;
    const int32_t per_node = workload->context.procs_per_node;
    const bool whole = kind->asks_nodes && kind->asks_nodes(workload->workload->params);
    return most < (whole && per_node > 0 ? per_node : 1);
}

/* --- job by job --- */

/* One that is larger than every place is of no account; nor is one larger than bounds.size, but for
 * `larger`: it is refused for that. */
struct sums {
    const struct asks *asks;
    struct workload_bounds bounds;
    double jobs, work, refused_jobs, refused_work, largest;
    double larger; /* than bounds.size */
    size_t epoch;
    simtime at; /* of a sample: as if all came then; SIMTIME_NEVER: each at its own time */
};

static void see(void *ctx, const struct job_spec *job)
{
    struct sums *sums = ctx;
    if (!job) {
        *sums = (struct sums){
            .asks = sums->asks, .bounds = sums->bounds, .epoch = sums->epoch, .at = sums->at};
        return;
    }
    const simtime at = sums->at < SIMTIME_NEVER ? sums->at : job->submit;
    const struct asks_job one = asks_look(sums->asks, job, sums->epoch, at, sums->bounds);
    if (!one.fits)
        return;
    if (one.larger) {
        sums->larger++;
        return;
    }
    sums->jobs++;
    sums->work += one.work;
    sums->largest = fmax(sums->largest, one.asked);
    if (sums->bounds.longest ? one.left_out : one.refused) {
        sums->refused_jobs++;
        sums->refused_work += one.work;
    }
}

/* Look at all that may be looked at. What the source said last. */
static int look(const struct asks *asks, size_t epoch, simtime at, struct workload_bounds bounds,
                struct sums *ret)
{
    *ret = (struct sums){.asks = asks, .bounds = bounds, .epoch = epoch, .at = at};
    return asks_walk(asks, epoch, NULL, see, ret, NULL);
}

/* --- by what --- */

double refused_by_size(const struct build *build, size_t workload, size_t epoch, double most,
                       int64_t *ret_largest)
{
    const struct build_workload *bw = &build->workloads[workload];
    struct workload_outlook outlook = {0};
    if (!outlook_within(build, bw, epoch, most, &outlook))
        return 0;
    *ret_largest = outlook.largest;
    if (is_below_all(bw, most))
        return 1;
    if (epoch == 0 || bw->workload->kind->endless)
        return outlook.too_large;
    struct asks asks;
    struct sums sums;
    asks_init(&asks, build, workload);
    look(&asks, epoch, SIMTIME_NEVER,
         (struct workload_bounds){most, HUGE_VAL, HUGE_VAL, NULL, NULL}, &sums);
    asks_deinit(&asks);
    return sums.larger > 0 ? sums.larger / (sums.jobs + sums.larger) : 0;
}

/* As if all were submitted at that instant. */
static struct refused_time by_time(const struct asks *asks, size_t epoch, simtime at,
                                   const struct workload_bounds *bounds)
{
    const struct build_workload *bw = asks->workload;
    const struct workload_kind *kind = bw->workload->kind;
    struct workload_shares within = {(double)NAN, (double)NAN, (double)NAN};
    struct sums sums;
    if (kind->within)
        within = kind->within(bw->epochs[epoch].params, &bw->context, bounds);
    if (!isnan(within.jobs) && !isnan(within.work))
        return (struct refused_time){1 - within.jobs, 1 - within.work,
                                     isfinite(within.largest) ? within.largest : (double)NAN};
    const int got = look(asks, epoch, kind->endless ? at : SIMTIME_NEVER, *bounds, &sums);
    const double jobs = sums.jobs > 0 ? sums.refused_jobs / sums.jobs : 0;
    return (struct refused_time){
        .jobs = isnan(within.jobs) ? jobs : 1 - within.jobs,
        .work = sums.work > 0 ? sums.refused_work / sums.work : 0,
        .largest = got == SOURCE_END ? sums.largest : (double)NAN,
    };
}

struct refused_time refused_by_time(const struct build *build, size_t workload, size_t epoch,
                                    struct workload_bounds bounds)
{
    struct asks asks;
    asks_init(&asks, build, workload);
    const struct refused_time refused = by_time(&asks, epoch, 0, &bounds);
    asks_deinit(&asks);
    return refused;
}

/* When jobs of the epoch come: [*ret_from, *ret_to). */
static void span_of(const struct build *build, const struct build_workload *bw, size_t epoch,
                    simtime *ret_from, simtime *ret_to)
{
    const struct program *program = build->program;
    const simtime begin = epoch > 0 ? program->epochs[epoch].at : 0;
    const simtime next =
        epoch + 1 < program->n_epochs ? program->epochs[epoch + 1].at : SIMTIME_NEVER;
    const simtime end = next < build->world.length ? next : build->world.length;
    *ret_from = begin > bw->stay.from ? begin : bw->stay.from;
    *ret_to = end < bw->stay.until ? end : bw->stay.until;
}

/* By the bounds, and by breaks. Before all that comes again has begun a job may be the longer the
 * earlier it comes. */
static struct refused_time refused_with_breaks(const struct build *build, size_t workload,
                                               size_t epoch, struct workload_bounds bounds)
{
    enum { INSTANTS = 32 };
    const bool endless = build->workloads[workload].workload->kind->endless;
    struct refused_time refused = {0};
    struct asks asks;
    simtime from, to;
    asks_init(&asks, build, workload);
    span_of(build, &build->workloads[workload], epoch, &from, &to);
    const simtime settled = asks.settled[epoch] < to ? asks.settled[epoch] : to;
    struct asks_instant now = {&asks, epoch, settled};
    if (asks.settled[epoch] > INT64_MIN) {
        bounds.longest = asks_longest;
        bounds.ctx = &now;
    }
    if (bounds.longest || isfinite(bounds.hours) || isfinite(bounds.request))
        refused = by_time(&asks, epoch, now.at, &bounds);
    const double before = settled > from && endless && bounds.longest
                              ? (double)(settled - from) / (double)(to - from)
                              : 0;
    refused.jobs *= 1 - before;
    refused.work *= 1 - before;
    for (int i = 0; i < INSTANTS && before > 0; i++) {
        now.at = from + (settled - from) / INSTANTS * i + (settled - from) / (2 * INSTANTS);
        const struct refused_time then = by_time(&asks, epoch, now.at, &bounds);
        refused.jobs += before / INSTANTS * then.jobs;
        refused.work += before / INSTANTS * then.work;
    }
    asks_deinit(&asks);
    return refused;
}

double refused_by_breaks(const struct build *build, size_t workload, size_t epoch)
{
    return refused_with_breaks(build, workload, epoch,
                               (struct workload_bounds){HUGE_VAL, HUGE_VAL, HUGE_VAL, NULL, NULL})
        .jobs;
}

/* --- both --- */

struct workload_bounds refused_bounds(const struct build *build, size_t workload, size_t epoch)
{
    return (struct workload_bounds){
        .size = fmin(ceiling_of(build, workload, epoch, CEILING_QUOTA).most,
                     ceiling_of(build, workload, epoch, CEILING_GUARANTEE).most),
        .request = ceiling_of(build, workload, epoch, CEILING_REQUEST).most,
        .hours = ceiling_of(build, workload, epoch, CEILING_HOURS).most,
    };
}

struct refused_left refused_leaves(const struct build *build, size_t workload, size_t epoch)
{
    const struct build_workload *bw = &build->workloads[workload];
    const struct workload_bounds bounds = refused_bounds(build, workload, epoch);
    struct workload_outlook all = {0}, fit = {0};
    struct refused_left left = {1, 1};
    if (is_below_all(bw, bounds.size))
        return (struct refused_left){0};
    if (bounds.size < (double)bw->context.fits_procs &&
        outlook_within(build, bw, epoch, HUGE_VAL, &all) &&
        outlook_within(build, bw, epoch, bounds.size, &fit)) {
        left.jobs = all.rate > 0 ? fit.rate / all.rate : 0;
        left.work = fit.load <= 0 ? 0 : isfinite(all.load) ? fit.load / all.load : 1;
    }
    if (left.jobs > 0) {
        const struct refused_time refused = refused_with_breaks(build, workload, epoch, bounds);
        left.jobs *= 1 - refused.jobs;
        left.work *= 1 - refused.work;
    }
    return left;
}
