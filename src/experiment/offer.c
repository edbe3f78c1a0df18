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
    *offer = (struct offer){.workload = workload, .largest = (double)NAN, .work = (double)NAN};
    offer->means = mem_new(build->program->n_epochs, sizeof(*offer->means));
    offer->left = mem_new(build->program->n_epochs, sizeof(*offer->left));
    context.mean = offer->means;
    context.report = report;
    context.from = stay->from > 0 ? stay->from : 0;
    context.limit = stay->until < length ? stay->until : length;
    if (context.from >= context.limit)
        return 0;
    if (kind->outlook(workload->workload->params, &context, outlook, err) < 0)
        return -1;
    for (size_t e = 0; e < build->program->n_epochs; e++)
        offer->left[e] = refused_leaves(build, row, e);
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
    free(offer->left);
    offer->means = NULL;
    offer->left = NULL;
}

/* The same of a list, where there are no bounds that refuse. */
static double listed_between(const struct offer *offer, simtime from, simtime to)
{
    const struct workload_outlook *outlook = &offer->outlook;
    return outlook->processor_seconds *
           part_of_list(outlook, simtime_seconds(from), simtime_seconds(to));
}

/* Of a generated workload with the parameters of one epoch, during [from, to). */
static double generated_between(const struct offer *offer, size_t epoch, simtime from, simtime to)
{
    const struct build_workload *workload = offer->workload;
    const void *params = workload->epochs[epoch].params;
    if (offer->left[epoch] <= 0)
        return 0;
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
    const bool listed = !outlook->endless || outlook->even;
    for (size_t e = 0; e < program->n_epochs; e++) {
        const simtime begin = program->epochs[e].at;
        const simtime end = e + 1 < program->n_epochs ? program->epochs[e + 1].at : SIMTIME_NEVER;
        const simtime lo = from > begin ? from : begin, hi = to < end ? to : end;
        if (lo < hi)
            sum += offer->left[e] *
                   (listed ? listed_between(offer, lo, hi) : generated_between(offer, e, lo, hi));
    }
    return sum;
}

double offer_load(const struct offer *offer, const struct program *program)
{
    const struct workload_outlook *outlook = &offer->outlook;
    if (outlook->endless)
        return offer->left[0] > 0 ? offer->left[0] * outlook->load : 0;
    const double asked = offer_asked(offer, program, INT64_MIN, SIMTIME_NEVER);
    return outlook->span > 0 ? asked / outlook->span : asked > 0 ? (double)NAN : 0;
}
