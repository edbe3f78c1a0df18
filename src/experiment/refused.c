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

static void tighten_by_tenant(const struct build *build, int32_t tenant, size_t epoch,
                              enum ceiling_kind kind, struct ceiling *ceiling)
{
    const char *who = build->world.tenants.items[tenant].path;
    const double one = one_job_of(&build_tenant(build, epoch, (size_t)tenant)->quota, kind);
    double most = 0; /* mostly there is no bound at all */
    for (size_t e = epoch; e < build->program->n_epochs && most < HUGE_VAL; e++) {
        const struct tenant *at = build_tenant(build, e, (size_t)tenant);
        most = fmax(most, kind == CEILING_GUARANTEE ? guarantee_of(&at->guarantee)
                                                    : quota_of(&at->quota, kind));
    }
    if (kind == CEILING_GUARANTEE) {
        tighten(ceiling, most, "", who, "is guaranteed, and may borrow, no more than");
        return;
    }
    tighten(ceiling, most, "", who, "has a quota of");
    tighten(ceiling, one, "", who, ONE_JOB);
}

/* The row of the QOS of jobs that are submitted in the epoch. */
static int32_t qos_in(const struct build *build, size_t workload, size_t epoch)
{
    const simtime at = build_epoch_begins(build, epoch);
    int32_t row = build->workloads[workload].context.base.qos;
    for (size_t i = 0; i < build->n_changes && build->changes[i].at <= at; i++)
        if (build->changes[i].what == CHANGE_KIND &&
            build->changes[i].workload == (int32_t)workload)
            row = build->changes[i].qos;
    return row;
}

static void tighten_by_qos(const struct build *build, size_t workload, size_t epoch,
                           enum ceiling_kind kind, struct ceiling *ceiling)
{
    const int32_t row = qos_in(build, workload, epoch);
    double own = 0, each = 0;
    if (row == 0)
        return;
    for (size_t e = epoch; e < build->program->n_epochs && fmin(own, each) < HUGE_VAL; e++) {
        const struct qos_plan *plans = build->program->epochs[e].scenario->qos.items;
        own = fmax(own, quota_of(&plans[row - 1].quota, kind));
        each = fmax(each, quota_of(&plans[row - 1].each, kind));
    }
    const struct qos_plan *now =
        (const struct qos_plan *)build->program->epochs[epoch].scenario->qos.items + row - 1;
    const double one = one_job_of(&now->quota, kind), each_one = one_job_of(&now->each, kind);
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
static bool outlook_within(const struct asks *asks, size_t epoch, double most,
                           struct workload_outlook *ret)
{
    const struct build_workload *workload = asks->workload;
    const simtime begin = begin_of(asks->build, epoch);
    struct workload_context context = asks_at(asks, epoch)->context;
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
static bool is_below_all(const struct asks *asks, size_t epoch, double most)
{
    const struct workload_kind *kind = asks->workload->workload->kind;
    const int32_t per_node = asks_at(asks, epoch)->context.procs_per_node;
    const bool whole = kind->asks_nodes && kind->asks_nodes(asks->workload->workload->params);
    return most < (whole && per_node > 0 ? per_node : 1);
}

/* --- job by job --- */

/* Which jobs are counted as refused. */
enum refusal {
    BY_BOUNDS,
    BY_NODES,
    BY_BREAKS,
    BY_ANY,
};

/* One that is larger than every place, or than bounds.size, counts among all: it is refused for
 * that. */
struct sums {
    const struct asks *asks;
    simtime at; /* of a sample: as if all came then; SIMTIME_NEVER: each at its own time */
    struct workload_bounds bounds;
    enum refusal by;
    double all, jobs, work, refused_jobs, refused_work, largest;
    int64_t most; /* processors of one, whether it fits or not */
};

static bool is_refused(const struct asks_job *one, enum refusal by)
{
    return by == BY_BOUNDS   ? one->refused
           : by == BY_NODES  ? one->unplaced
           : by == BY_BREAKS ? one->too_long
                             : one->left_out;
}

static bool see(void *ctx, const struct job_spec *job, size_t epoch)
{
    struct sums *sums = ctx;
    double procs;
    if (!job) {
        *sums = (struct sums){
            .asks = sums->asks, .at = sums->at, .bounds = sums->bounds, .by = sums->by};
        return false;
    }
    const simtime at = sums->at < SIMTIME_NEVER ? sums->at : job->submit;
    const struct asks_job one = asks_look(sums->asks, job, epoch, at, sums->bounds);
    asks_work(sums->asks, job, epoch, &procs);
    sums->most = procs > (double)sums->most ? (int64_t)procs : sums->most;
    sums->all++;
    if (one.fits && !one.larger) {
        const bool refused = is_refused(&one, sums->by);
        sums->jobs++;
        sums->work += one.work;
        sums->largest = fmax(sums->largest, one.asked);
        sums->refused_jobs += refused;
        sums->refused_work += refused ? one.work : 0;
    }
    const double left = sums->jobs - sums->refused_jobs;
    return left == 0 || left >= ASKS_SAMPLE;
}

/* Look at all that may be looked at. What the source said last. */
static int look(const struct asks *asks, size_t epoch, size_t end, simtime at, enum refusal by,
                struct workload_bounds bounds, struct sums *ret)
{
    *ret = (struct sums){.asks = asks, .at = at, .bounds = bounds, .by = by};
    return asks_walk(asks, epoch, end, NULL, see, ret, NULL);
}

/* --- by what --- */

static const struct workload_bounds unbound = {HUGE_VAL, HUGE_VAL, HUGE_VAL, NULL, NULL};

double refused_by_size(const struct asks *asks, size_t epoch, size_t end, double most,
                       int64_t *ret_largest)
{
    struct workload_bounds bounds = unbound;
    struct workload_outlook outlook = {0};
    struct sums sums;
    if (asks->workload->workload->kind->endless) {
        if (!outlook_within(asks, epoch, most, &outlook))
            return 0;
        *ret_largest = outlook.largest;
        return is_below_all(asks, epoch, most) ? 1 : outlook.too_large;
    }
    bounds.size = most;
    look(asks, epoch, end, SIMTIME_NEVER, BY_BOUNDS, bounds, &sums);
    *ret_largest = sums.most;
    return sums.all > 0 ? 1 - sums.jobs / sums.all : 0;
}

/* As if all were submitted at that instant. */
static struct refused_time by_time(const struct asks *asks, size_t epoch, size_t end, simtime at,
                                   enum refusal by, const struct workload_bounds *bounds)
{
    const struct build_workload *bw = asks->workload;
    const struct workload_kind *kind = bw->workload->kind;
    struct workload_shares within = {(double)NAN, (double)NAN, (double)NAN};
    struct sums sums;
    if (kind->within && (by == BY_BOUNDS || by == BY_BREAKS || !asks_fit_by_nodes(asks, epoch)))
        within = kind->within(bw->epochs[epoch].params, &asks_at(asks, epoch)->context, bounds);
    if (!isnan(within.jobs) && !isnan(within.work))
        return (struct refused_time){1 - within.jobs, 1 - within.work,
                                     isfinite(within.largest) ? within.largest : (double)NAN};
    const int got = look(asks, epoch, end, kind->endless ? at : SIMTIME_NEVER, by, *bounds, &sums);
    const double jobs = sums.jobs > 0 ? sums.refused_jobs / sums.jobs : 0;
    return (struct refused_time){
        .jobs = isnan(within.jobs) ? jobs : 1 - within.jobs,
        .work = sums.work > 0 ? sums.refused_work / sums.work : 0,
        .largest = got == SOURCE_END ? sums.largest : (double)NAN,
    };
}

/* A share of the jobs that are not refused by their size, as one of all. */
static double of_all(const struct asks *asks, size_t epoch, size_t end, double size, double share)
{
    int64_t largest;
    return share > 0 ? share * (1 - refused_by_size(asks, epoch, end, size, &largest)) : 0;
}

struct refused_time refused_by_time(const struct asks *asks, size_t epoch, size_t end,
                                    struct workload_bounds bounds)
{
    struct refused_time refused = by_time(asks, epoch, end, 0, BY_BOUNDS, &bounds);
    refused.jobs = of_all(asks, epoch, end, bounds.size, refused.jobs);
    return refused;
}

/* The epoch up to which what is said of jobs from one on looks. */
static size_t end_of(const struct asks *asks, size_t epoch)
{
    return asks->workload->workload->kind->endless ? epoch + 1 : asks->build->program->n_epochs;
}

double refused_by_nodes(const struct asks *asks, size_t epoch)
{
    const size_t end = end_of(asks, epoch);
    return asks_fit_by_nodes(asks, epoch)
               ? of_all(asks, epoch, end, HUGE_VAL,
                        by_time(asks, epoch, end, 0, BY_NODES, &unbound).jobs)
               : 0;
}

/* When jobs of the epoch come: [*ret_from, *ret_to). */
static void span_of(const struct asks *asks, size_t epoch, simtime *ret_from, simtime *ret_to)
{
    const struct program *program = asks->build->program;
    const struct stay *stay = &asks->workload->stay;
    const simtime begin = build_epoch_begins(asks->build, epoch);
    const simtime next =
        epoch + 1 < program->n_epochs ? program->epochs[epoch + 1].at : SIMTIME_NEVER;
    const simtime end = next < asks->build->world.length ? next : asks->build->world.length;
    *ret_from = begin > stay->from ? begin : stay->from;
    *ret_to = end < stay->until ? end : stay->until;
}

/* Where something comes again and again, too. Before all that does has begun a job may be the
 * longer the earlier it comes. */
static struct refused_time over_time(const struct asks *asks, size_t epoch, enum refusal by,
                                     struct workload_bounds bounds)
{
    enum { INSTANTS = 32 };
    const simtime settled = asks_at(asks, epoch)->settled;
    simtime from, to;
    span_of(asks, epoch, &from, &to);
    const simtime end = settled < to ? settled : to;
    struct asks_instant now = {asks, epoch, end};
    bounds.longest = asks_longest;
    bounds.ctx = &now;
    struct refused_time refused = by_time(asks, epoch, end_of(asks, epoch), now.at, by, &bounds);
    const double before = end > from && asks->workload->workload->kind->endless
                              ? (double)(end - from) / (double)(to - from)
                              : 0;
    refused.jobs *= 1 - before;
    refused.work *= 1 - before;
    for (int i = 0; i < INSTANTS && before > 0; i++) {
        now.at = from + (end - from) / INSTANTS * i + (end - from) / (2 * INSTANTS);
        const struct refused_time then = by_time(asks, epoch, epoch + 1, now.at, by, &bounds);
        refused.jobs += before / INSTANTS * then.jobs;
        refused.work += before / INSTANTS * then.work;
    }
    return refused;
}

double refused_by_breaks(const struct asks *asks, size_t epoch)
{
    const size_t end = end_of(asks, epoch);
    return asks_at(asks, epoch)->settled > INT64_MIN
               ? of_all(asks, epoch, end, HUGE_VAL, over_time(asks, epoch, BY_BREAKS, unbound).jobs)
               : 0;
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

struct refused_left refused_leaves(const struct asks *asks, size_t epoch)
{
    const struct asks_epoch *then = asks_at(asks, epoch);
    const size_t workload = (size_t)then->context.base.workload;
    const struct workload_bounds bounds = refused_bounds(asks->build, workload, epoch);
    struct workload_outlook all = {0}, fit = {0};
    struct refused_left left = {1, 1};
    struct refused_time refused = {0};
    if (asks_in_vain(asks, epoch) || is_below_all(asks, epoch, bounds.size))
        return (struct refused_left){0};
    if (bounds.size < (double)then->context.fits_procs &&
        outlook_within(asks, epoch, HUGE_VAL, &all) &&
        outlook_within(asks, epoch, bounds.size, &fit)) {
        left.jobs = all.rate > 0 ? fit.rate / all.rate : 0;
        left.work = fit.load <= 0 ? 0 : isfinite(all.load) ? fit.load / all.load : 1;
    }
    if (left.jobs > 0 && then->settled > INT64_MIN)
        refused = over_time(asks, epoch, BY_ANY, bounds);
    else if (left.jobs > 0 &&
             (isfinite(bounds.hours) || isfinite(bounds.request) || asks_fit_by_nodes(asks, epoch)))
        refused = by_time(asks, epoch, epoch + 1, 0, BY_ANY, &bounds);
    /* what sums leave is nothing */
    left.jobs *= refused.jobs < 1 - 1e-12 ? 1 - refused.jobs : 0;
    left.work *= refused.work < 1 - 1e-12 ? 1 - refused.work : 0;
    return left;
}
