/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/refused.h"

#include "engine/outlook.h"
#include "scenario/build_tenants.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>

/* Jobs that are looked at of a workload that never ends. */
enum { SAMPLE = 2000 };

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

/* The outlook wants no tenants of a log. */
static int32_t any_tenant(void *ctx, int64_t key)
{
    (void)key;
    return *(const int32_t *)ctx;
}

struct asked {
    struct refused_bounds bounds;
    double jobs, work, refused_jobs, refused_work, largest;
    double larger, larger_work; /* than bounds.size */
};

/* Where jobs of a workload may run, in the order of the partitions. */
struct place_to_run {
    struct build_room room;
    const double *speeds;
};

struct places_to_run {
    struct place_to_run *items;
    size_t len;
};

/* To be freed. */
static struct places_to_run places_of(const struct build *build, const struct build_workload *bw)
{
    const struct world *world = &build->world;
    struct places_to_run places = {.items = mem_new(world->n_partitions, sizeof(*places.items))};
    for (size_t row = 0; row < world->n_partitions; row++) {
        struct place_to_run *next = &places.items[places.len];
        next->speeds = world->partitions[row].speeds;
        places.len += build_room(build, bw, row, &next->room);
    }
    return places;
}

/* What a job asks for and needs, in processor-seconds, where it asks for least; it is refused if
 * every place refuses it. One that is larger than every place is of no account; nor is one larger
 * than bounds.size, but for `larger`: it is refused for that. */
static void look_at(const struct places_to_run *places, bool kills, const struct job_spec *job,
                    struct asked *asked)
{
    const struct refused_bounds *most = &asked->bounds;
    double least = HUGE_VAL, work = 0;
    bool refused = true, larger = true;
    for (size_t i = 0; i < places->len; i++) {
        const struct place_to_run *place = &places->items[i];
        const int64_t n = job->ask.nodes > 0 ? (int64_t)job->ask.nodes * place->room.procs_per_node
                                             : job->ask.procs;
        struct job_spec here = *job;
        const bool above = (double)n > most->size;
        if (n > place->room.procs || (above && !larger))
            continue;
        job_place(&here, (int32_t)n, place->speeds);
        const double runtime = simtime_seconds(here.runtime);
        const double request = simtime_seconds(here.request);
        refused &=
            above || request > most->request || (double)n * request > most->hours * (1 + 1e-12);
        if ((double)n * request >= least && above == larger)
            continue;
        larger = above;
        least = (double)n * request;
        work = (double)n * (kills ? fmin(runtime, request) : runtime);
    }
    if (isinf(least))
        return;
    if (larger) {
        asked->larger++;
        asked->larger_work += work;
        return;
    }
    asked->jobs++;
    asked->work += work;
    asked->largest = fmax(asked->largest, least);
    if (refused) {
        asked->refused_jobs++;
        asked->refused_work += work;
    }
}

/* As a run would draw them. The status of the source at its end, or SOURCE_JOB. */
static int look_at_all(const struct build *build, const struct build_workload *bw, size_t epoch,
                       bool sort, const struct places_to_run *places, struct asked *ret)
{
    const simtime begin = bw->workload->kind->endless ? INT64_MIN : begin_of(build, epoch);
    const struct workload_kind *kind = bw->workload->kind;
    struct workload_context context = bw->context;
    int32_t tenant = context.base.tenant;
    context.sort |= sort;
    context.tenant_of = any_tenant;
    context.tenant_ctx = &tenant;
    struct error err;
    struct workload_epoch as_then = bw->epochs[epoch];
    as_then.from = 0;
    struct source *source = kind->endless
                                ? kind->open(&as_then, 1, &context, &err)
                                : kind->open(bw->epochs, build->program->n_epochs, &context, &err);
    int got = source ? SOURCE_JOB : SOURCE_ERROR;
    *ret = (struct asked){.bounds = ret->bounds};
    for (size_t i = 0; got == SOURCE_JOB && (i < SAMPLE || !kind->endless); i++) {
        struct job_spec job;
        got = source_next(source, &job, &err);
        if (got == SOURCE_JOB && job.submit >= context.limit)
            got = SOURCE_END;
        if (got == SOURCE_JOB && job.submit >= begin && job.submit >= bw->stay.from &&
            job.submit < bw->stay.until)
            look_at(places, context.kills, &job, ret);
    }
    source_free(source);
    return got;
}

/* Look at all that may be looked at. */
static int look(const struct build *build, const struct build_workload *bw, size_t epoch,
                struct asked *asked)
{
    struct places_to_run places = places_of(build, bw);
    int got = look_at_all(build, bw, epoch, false, &places, asked);
    if (got == SOURCE_UNSORTED)
        got = look_at_all(build, bw, epoch, true, &places, asked);
    free(places.items);
    return got;
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
    struct asked asked = {.bounds = {most, HUGE_VAL, HUGE_VAL}};
    look(build, bw, epoch, &asked);
    return asked.larger > 0 ? asked.larger / (asked.jobs + asked.larger) : 0;
}

struct refused_time refused_by_time(const struct build *build, size_t workload, size_t epoch,
                                    struct refused_bounds bounds)
{
    const struct build_workload *bw = &build->workloads[workload];
    struct asked asked = {.bounds = bounds};
    const int got = look(build, bw, epoch, &asked);
    return (struct refused_time){
        .jobs = asked.jobs > 0 ? asked.refused_jobs / asked.jobs : 0,
        .work = asked.work > 0 ? asked.refused_work / asked.work : 0,
        .largest = got == SOURCE_END ? asked.largest : (double)NAN,
    };
}

double refused_by_request(const struct build *build, size_t workload, size_t epoch, double most)
{
    const struct build_workload *bw = &build->workloads[workload];
    const struct workload_kind *kind = bw->workload->kind;
    const struct refused_bounds bounds = {HUGE_VAL, most, HUGE_VAL};
    const double known =
        kind->asks_longer ? kind->asks_longer(bw->epochs[epoch].params, most) : (double)NAN;
    return isnan(known) ? refused_by_time(build, workload, epoch, bounds).jobs : known;
}

/* --- both --- */

static double load_of(const struct workload_outlook *outlook)
{
    return outlook->endless ? outlook->load : outlook->processor_seconds;
}

double refused_leaves(const struct build *build, size_t workload, size_t epoch)
{
    const struct build_workload *bw = &build->workloads[workload];
    const double hours = ceiling_of(build, workload, epoch, CEILING_HOURS).most;
    const double request = ceiling_of(build, workload, epoch, CEILING_REQUEST).most;
    const double size = fmin(ceiling_of(build, workload, epoch, CEILING_QUOTA).most,
                             ceiling_of(build, workload, epoch, CEILING_GUARANTEE).most);
    const struct refused_bounds bounds = {size, request, hours};
    const bool by_time = isfinite(hours) || isfinite(request);
    struct workload_outlook all = {0}, fit = {0};
    double share = 1;
    if (is_below_all(bw, size))
        return 0;
    if (epoch > 0 && !bw->workload->kind->endless) {
        struct asked asked = {.bounds = bounds};
        if (by_time || size < (double)bw->context.fits_procs)
            look(build, bw, epoch, &asked);
        return asked.work > 0 || asked.larger_work > 0
                   ? (asked.work - asked.refused_work) / (asked.work + asked.larger_work)
                   : 1;
    }
    if (size < (double)bw->context.fits_procs && outlook_within(build, bw, epoch, HUGE_VAL, &all) &&
        outlook_within(build, bw, epoch, size, &fit)) {
        const double load = load_of(&all);
        share = load_of(&fit) <= 0 ? 0 : isfinite(load) ? load_of(&fit) / load : 1;
    }
    if (by_time && share > 0)
        share *= 1 - refused_by_time(build, workload, epoch, bounds).work;
    return share;
}
