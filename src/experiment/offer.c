/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/offer.h"

#include "experiment/refused.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>

static double within(double from, double to, double lo, double hi)
{
    const double part = fmin(to, hi) - fmax(from, lo);
    return part > 0 ? part : 0;
}

/* The part of a list of jobs that is submitted in [from, to). */
static double part_of_list(const struct workload_outlook *outlook, double from, double to)
{
    if (outlook->span <= 0)
        return outlook->first >= from && outlook->first < to ? 1 : 0;
    return within(from, to, outlook->first, outlook->first + outlook->span) / outlook->span;
}

int offer_init(struct offer *offer, const struct build *build, size_t row,
               struct log_report *report, struct error *err)
{
    const struct build_workload *workload = &build->workloads[row];
    const simtime length = build->world.length;
    const struct workload_kind *kind = workload->workload->kind;
    const struct stay *stay = &workload->stay;
    struct workload_context context = workload->context;
    struct workload_outlook *outlook = &offer->outlook;
    *offer = (struct offer){
        .workload = workload, .largest = (double)NAN, .work = (double)NAN, .left = 1};
    offer->means = mem_new(build->program->n_epochs, sizeof(*offer->means));
    context.mean = offer->means;
    context.report = report;
    context.from = stay->from > 0 ? stay->from : 0;
    context.limit = stay->until < length ? stay->until : length;
    if (context.from >= context.limit)
        return 0;
    if (kind->outlook(workload->workload->params, &context, outlook, err) < 0)
        return -1;
    offer->left = refused_leaves(build, row);
    const double from = simtime_seconds(context.from), limit = simtime_seconds(context.limit);
    const bool ends = context.limit < SIMTIME_NEVER;
    offer->largest = outlook->largest > 0 ? (double)outlook->largest : (double)NAN;
    if (!outlook->endless) {
        offer->jobs = outlook->jobs * (stay->from > INT64_MIN || stay->until < SIMTIME_NEVER
                                           ? part_of_list(outlook, from, limit)
                                           : 1);
        offer->work = outlook->processor_seconds / outlook->jobs;
    } else {
        const double seconds =
            outlook->even ? limit * part_of_list(outlook, from, limit) : limit - from;
        offer->jobs = ends ? outlook->rate * seconds : (double)NAN;
        offer->work = outlook->load / outlook->rate;
    }
    return 0;
}

void offer_deinit(struct offer *offer)
{
    free(offer->means);
    offer->means = NULL;
}

/* Of a generated workload with the parameters of one epoch, during [from, to). */
static double asked_between(const struct offer *offer, size_t epoch, simtime from, simtime to)
{
    const struct build_workload *workload = offer->workload;
    const void *params = workload->epochs[epoch].params;
    struct workload_context context = workload->context;
    struct workload_outlook outlook;
    context.from = from;
    context.limit = to;
    context.mean = &offer->means[epoch];
    if (workload->workload->kind->outlook(params, &context, &outlook, NULL) < 0)
        return 0;
    return outlook.load * simtime_seconds(to - from);
}

double offer_asked(const struct offer *offer, const struct program *program, simtime from,
                   simtime to)
{
    const struct stay *stay = &offer->workload->stay;
    const struct workload_outlook *outlook = &offer->outlook;
    double sum = 0;
    if (stay->from > from)
        from = stay->from;
    if (stay->until < to)
        to = stay->until;
    if (from >= to || offer->left <= 0)
        return 0;
    if (!outlook->endless || outlook->even)
        return offer->left * outlook->processor_seconds *
               part_of_list(outlook, simtime_seconds(from), simtime_seconds(to));
    for (size_t e = 0; e < program->n_epochs; e++) {
        const simtime begin = program->epochs[e].at;
        const simtime end = e + 1 < program->n_epochs ? program->epochs[e + 1].at : SIMTIME_NEVER;
        const simtime lo = from > begin ? from : begin, hi = to < end ? to : end;
        if (lo < hi)
            sum += asked_between(offer, e, lo, hi);
    }
    return offer->left * sum;
}

double offer_load(const struct offer *offer)
{
    const struct workload_outlook *outlook = &offer->outlook;
    if (offer->left <= 0)
        return 0;
    if (outlook->endless)
        return offer->left * outlook->load;
    return outlook->span > 0 ? offer->left * outlook->processor_seconds / outlook->span
                             : (double)NAN;
}
