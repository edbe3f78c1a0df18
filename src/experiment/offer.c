/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/offer.h"

#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- lists and logs --- */

struct reading {
    struct offer *offer;
    const struct asks *asks;
    const struct program *program;
    const struct workload_bounds *bounds; /* by epoch */
    simtime limit;
    struct reading_sum {
        double jobs, fitting;
    } * sums; /* by epoch */
};

static void begin_reading(struct reading *reading)
{
    struct offer *offer = reading->offer;
    memset(reading->sums, 0, reading->program->n_epochs * sizeof(*reading->sums));
    offer->outlook.largest = 0;
    offer->steps.len = 0;
}

static void add_job(struct offer_steps *steps, simtime at, double work)
{
    const struct offer_step *last = steps->len > 0 ? &steps->items[steps->len - 1] : NULL;
    if (!last || last->at < at) {
        const struct offer_sum before = last ? last->sum : (struct offer_sum){0};
        MEM_GROW(steps);
        steps->items[steps->len++] = (struct offer_step){at, before};
    }
    struct offer_sum *sum = &steps->items[steps->len - 1].sum;
    sum->jobs++;
    sum->work += work;
}

static bool read_job(void *ctx, const struct job_spec *job, size_t epoch)
{
    struct reading *reading = ctx;
    struct offer *offer = reading->offer;
    double procs;
    if (!job) {
        begin_reading(reading);
        return false;
    }
    if (job->submit >= reading->limit)
        return false;
    const struct asks_job one =
        asks_look(reading->asks, job, epoch, job->submit, reading->bounds[epoch]);
    const double work = asks_work(reading->asks, job, epoch, &procs);
    offer->outlook.largest =
        procs > (double)offer->outlook.largest ? (int64_t)procs : offer->outlook.largest;
    reading->sums[epoch].jobs++;
    reading->sums[epoch].fitting += one.fits;
    if (one.fits && !one.left_out)
        add_job(&offer->steps, job->submit, work);
    return false;
}

/* How many jobs written out come too late. */
static int64_t late(const struct build_workload *workload, simtime limit)
{
    const struct workload_kind *kind = workload->workload->kind;
    struct workload_context context = workload->context;
    struct workload_outlook outlook = {0};
    context.limit = limit;
    if (kind->written)
        kind->outlook(workload->workload->params, &context, &outlook, NULL);
    return outlook.late;
}

/* Each epoch of a spell over which the most for one job stays the same gets the share of all jobs
 * of the spell. */
static void share_too_large(struct offer *offer, const struct reading_sum *sums, size_t n_epochs)
{
    for (size_t from = 0, to; from < n_epochs; from = to) {
        struct reading_sum spell = {0};
        to = asks_most_until(&offer->asks, from);
        for (size_t e = from; e < to; e++) {
            spell.jobs += sums[e].jobs;
            spell.fitting += sums[e].fitting;
        }
        for (size_t e = from; e < to && spell.jobs > 0; e++)
            offer->then[e].too_large = 1 - spell.fitting / spell.jobs;
    }
}

static int read_jobs(struct offer *offer, const struct build *build, size_t row, simtime limit,
                     struct log_report *report, struct error *err)
{
    const size_t n = build->program->n_epochs;
    struct workload_bounds *bounds = mem_new(n, sizeof(*bounds));
    struct reading reading = {.offer = offer, .asks = &offer->asks, .program = build->program};
    reading.bounds = bounds;
    reading.limit = limit;
    reading.sums = mem_new(n, sizeof(*reading.sums));
    for (size_t e = 0; e < n; e++)
        bounds[e] = refused_bounds(build, row, e);
    const int got = asks_walk(&offer->asks, 0, n, report, read_job, &reading, err);
    share_too_large(offer, reading.sums, n);
    free(reading.sums);
    free(bounds);
    if (got != SOURCE_END)
        return -1;
    offer->outlook.late = late(offer->workload, limit);
    return 0;
}

/* Submitted before `to`. */
static struct offer_sum before(const struct offer_steps *steps, simtime to)
{
    size_t lo = 0, hi = steps->len;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (steps->items[mid].at < to)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo > 0 ? steps->items[lo - 1].sum : (struct offer_sum){0};
}

/* --- others --- */

static double within(double from, double to, double lo, double hi)
{
    const double part = fmin(to, hi) - fmax(from, lo);
    return part > 0 ? part : 0;
}

/* Of a workload that asks evenly, all along a part of the run. */
static struct offer_sum even_between(const struct workload_outlook *outlook, simtime from,
                                     simtime to)
{
    const double begin = simtime_seconds(from), end = simtime_seconds(to);
    const double part =
        outlook->span > 0
            ? within(begin, end, outlook->first, outlook->first + outlook->span) / outlook->span
            : 0;
    return (struct offer_sum){outlook->jobs * part, outlook->processor_seconds * part};
}

/* Of a generated workload with the parameters of one epoch. */
static struct workload_outlook outlook_between(const struct offer *offer, size_t epoch,
                                               simtime from, simtime to)
{
    const struct build_workload *workload = offer->workload;
    const void *params = workload->epochs[epoch].params;
    struct workload_context context = asks_at(&offer->asks, epoch)->context;
    struct workload_outlook outlook;
    context.from = from;
    context.limit = to;
    context.mean = &offer->means[epoch];
    if (workload->workload->kind->outlook(params, &context, &outlook, NULL) < 0)
        return (struct workload_outlook){0};
    return outlook;
}

/* With what one epoch leaves of it. */
static struct offer_sum left_between(const struct offer *offer, size_t epoch, simtime from,
                                     simtime to)
{
    const struct refused_left *left = &offer->left[epoch];
    const double seconds = simtime_seconds(to - from);
    struct offer_sum sum;
    if (left->jobs <= 0)
        return (struct offer_sum){0};
    if (offer->outlook.even) {
        sum = even_between(&offer->then[epoch].outlook, from, to);
    } else {
        const struct workload_outlook outlook = outlook_between(offer, epoch, from, to);
        sum = (struct offer_sum){outlook.rate * seconds, outlook.load * seconds};
    }
    return (struct offer_sum){left->jobs * sum.jobs, left->work * sum.work};
}

struct stretch {
    simtime from, to; /* from >= to: nothing */
};

/* What lies in an epoch, and in the stay. */
static struct stretch in_epoch(const struct offer *offer, const struct program *program,
                               size_t epoch, simtime from, simtime to)
{
    const struct stay *stay = &offer->workload->stay;
    const simtime begin = program->epochs[epoch].at;
    const simtime end =
        epoch + 1 < program->n_epochs ? program->epochs[epoch + 1].at : SIMTIME_NEVER;
    from = from > begin ? from : begin;
    to = to < end ? to : end;
    return (struct stretch){from > stay->from ? from : stay->from,
                            to < stay->until ? to : stay->until};
}

bool offer_changes(const struct offer *offer, const struct program *program, size_t epoch)
{
    const struct stretch then = in_epoch(offer, program, epoch, 0, offer->until);
    if (!offer->outlook.endless || then.from >= then.to)
        return false;
    const double before = left_between(offer, epoch - 1, then.from, then.to).work;
    const double after = left_between(offer, epoch, then.from, then.to).work;
    const double change = fabs(after - before);
    return isinf(before) != isinf(after) || change > 1e-9 * fmax(before, after);
}

/* Of all of the run, [from, limit), where values change: jobs of any size, and their largest. */
static void expect_changes(struct offer *offer, const struct program *program, simtime from,
                           simtime limit)
{
    double submitted = 0, fitting = 0, largest = 0;
    for (size_t e = 0; e < program->n_epochs; e++) {
        const struct stretch then = in_epoch(offer, program, e, from, limit);
        if (then.from >= then.to)
            continue;
        const struct workload_outlook outlook = outlook_between(offer, e, then.from, then.to);
        const double seconds = simtime_seconds(then.to - then.from);
        submitted += outlook.submits * seconds;
        fitting += outlook.rate * seconds;
        if (outlook.submits > 0)
            largest = fmax(largest, outlook.largest > 0 ? (double)outlook.largest : HUGE_VAL);
    }
    offer->outlook.rate = fitting / simtime_seconds(limit - from);
    offer->outlook.too_large = submitted > 0 ? 1 - fitting / submitted : 0;
    offer->outlook.largest = isfinite(largest) ? (int64_t)largest : 0;
}

/* Are its jobs, and where they may run, as in the epoch before? */
static bool is_as_before(const struct offer *offer, size_t epoch)
{
    const struct asks *asks = &offer->asks;
    const struct workload_context *now = &asks_at(asks, epoch)->context;
    const struct workload_context *before = &asks_at(asks, epoch - 1)->context;
    const size_t row = (size_t)now->base.workload;
    return node_equal(build_workload_at(asks->build, epoch, row)->node,
                      build_workload_at(asks->build, epoch - 1, row)->node) &&
           now->fits_procs == before->fits_procs && now->fits_nodes == before->fits_nodes &&
           now->procs_per_node == before->procs_per_node && now->kills == before->kills &&
           memcmp(now->speeds, before->speeds, sizeof(now->speeds)) == 0;
}

static bool is_bound_as_before(const struct offer *offer, size_t epoch)
{
    const struct asks *asks = &offer->asks;
    const size_t row = (size_t)asks_at(asks, epoch)->context.base.workload;
    const struct workload_bounds now = refused_bounds(asks->build, row, epoch);
    const struct workload_bounds before = refused_bounds(asks->build, row, epoch - 1);
    return memcmp(&now, &before, sizeof(now)) == 0 && !asks_fit_by_nodes(asks, epoch) &&
           asks_at(asks, epoch)->settled == INT64_MIN &&
           asks_at(asks, epoch - 1)->settled == INT64_MIN;
}

/* What it asks in the whole run, [from, limit), were it always as in an epoch. */
static int expect_then(struct offer *offer, size_t epoch, simtime from, simtime limit,
                       struct error *err)
{
    const struct build_workload *workload = offer->workload;
    struct workload_outlook *outlook = &offer->then[epoch].outlook;
    struct workload_context context = asks_at(&offer->asks, epoch)->context;
    context.mean = &offer->means[epoch];
    context.from = from;
    context.limit = limit;
    if (epoch > 0 && is_as_before(offer, epoch)) {
        offer->means[epoch] = offer->means[epoch - 1];
        offer->then[epoch] = offer->then[epoch - 1];
        offer->left[epoch] = is_bound_as_before(offer, epoch) ? offer->left[epoch - 1]
                                                              : refused_leaves(&offer->asks, epoch);
        return 0;
    }
    if (workload->workload->kind->outlook(workload->epochs[epoch].params, &context, outlook, err) <
        0)
        return -1;
    if (outlook->even)
        outlook->jobs = outlook->rate * simtime_seconds(limit);
    offer->then[epoch].too_large = asks_in_vain(&offer->asks, epoch) ? 0 : outlook->too_large;
    offer->left[epoch] = refused_leaves(&offer->asks, epoch);
    return 0;
}

/* What it asks in the whole run, [from, limit). */
static int expect(struct offer *offer, const struct build *build, simtime from, simtime limit,
                  struct error *err)
{
    for (size_t e = 0; e < build->program->n_epochs; e++)
        if (expect_then(offer, e, from, limit, err) < 0)
            return -1;
    struct workload_outlook *outlook = &offer->outlook;
    *outlook = offer->then[0].outlook;
    if (limit == SIMTIME_NEVER) {
        const struct refused_left *left = offer->left;
        offer->all.jobs = (double)NAN;
        offer->work = outlook->load * left->work / (outlook->rate * left->jobs);
        return 0;
    }
    if (offer->workload->workload->kind->changes && build->program->n_epochs > 1)
        expect_changes(offer, build->program, from, limit);
    return 0;
}

/* --- any --- */

struct offer_sum offer_between(const struct offer *offer, const struct program *program,
                               simtime from, simtime to)
{
    struct offer_sum sum = {0};
    if (!offer->outlook.endless) {
        const struct offer_sum first = before(&offer->steps, from);
        const struct offer_sum all = before(&offer->steps, to);
        return (struct offer_sum){all.jobs - first.jobs, all.work - first.work};
    }
    for (size_t e = 0; e < program->n_epochs; e++) {
        const struct stretch then = in_epoch(offer, program, e, from, to);
        if (then.from >= then.to)
            continue;
        const struct offer_sum part = left_between(offer, e, then.from, then.to);
        sum.jobs += part.jobs;
        sum.work += part.work;
    }
    return sum;
}

int offer_init(struct offer *offer, const struct build *build, size_t row,
               struct log_report *report, struct error *err)
{
    const struct build_workload *workload = &build->workloads[row];
    const struct stay *stay = &workload->stay;
    const simtime length = build->world.length;
    const simtime from = stay->from > 0 ? stay->from : 0;
    const simtime limit = stay->until < length ? stay->until : length;
    *offer = (struct offer){
        .workload = workload, .until = limit, .largest = (double)NAN, .work = (double)NAN};
    offer->means = mem_new(build->program->n_epochs, sizeof(*offer->means));
    offer->left = mem_new(build->program->n_epochs, sizeof(*offer->left));
    offer->then = mem_new(build->program->n_epochs, sizeof(*offer->then));
    asks_init(&offer->asks, build, row);
    if (from >= limit)
        return 0;
    if ((workload->workload->kind->endless ? expect(offer, build, from, limit, err)
                                           : read_jobs(offer, build, row, limit, report, err)) < 0)
        return -1;
    if (!offer->outlook.endless || limit < SIMTIME_NEVER) {
        offer->all =
            offer_between(offer, build->program, offer->outlook.endless ? from : INT64_MIN, limit);
        offer->work = offer->all.work / offer->all.jobs;
    }
    if (offer->outlook.largest > 0)
        offer->largest = (double)offer->outlook.largest;
    return 0;
}

void offer_deinit(struct offer *offer)
{
    free(offer->steps.items);
    free(offer->means);
    free(offer->left);
    free(offer->then);
    if (offer->asks.build)
        asks_deinit(&offer->asks);
    *offer = (struct offer){0};
}

struct offer_span offers_span(const struct build *build, const struct offer *offers)
{
    const struct offer_span unknown = {0, SIMTIME_NEVER};
    simtime first = SIMTIME_NEVER, last = INT64_MIN;
    if (build->world.length < SIMTIME_NEVER)
        return (struct offer_span){0, build->world.length};
    for (size_t w = 0; w < build->world.n_workloads; w++) {
        const struct offer_steps *steps = &offers[w].steps;
        if (offers[w].outlook.endless)
            return unknown;
        if (steps->len == 0)
            continue;
        first = steps->items[0].at < first ? steps->items[0].at : first;
        last = steps->items[steps->len - 1].at > last ? steps->items[steps->len - 1].at : last;
    }
    return first < last ? (struct offer_span){first, last + 1} : unknown;
}

double offer_load(const struct offer *offer, const struct program *program, struct offer_span own)
{
    const struct offer_steps *steps = &offer->steps;
    if (own.to < SIMTIME_NEVER)
        return offer_between(offer, program, own.from, own.to).work /
               simtime_seconds(own.to - own.from);
    if (offer->outlook.endless)
        return offer->left->work > 0 ? offer->left->work * offer->outlook.load : 0;
    const double asked = offer_between(offer, program, INT64_MIN, SIMTIME_NEVER).work;
    const simtime span = steps->len > 0 ? steps->items[steps->len - 1].at - steps->items[0].at : 0;
    return span > 0 ? asked / simtime_seconds(span) : asked > 0 ? (double)NAN : 0;
}
