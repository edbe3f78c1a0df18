/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/offer.h"

#include <math.h>

int offer_init(struct offer *offer, const struct build_workload *workload, simtime length,
               struct error *err)
{
    const struct workload_kind *kind = workload->workload->kind;
    struct workload_context context = workload->context;
    *offer = (struct offer){.workload = workload};
    struct workload_outlook *outlook = &offer->outlook;
    context.limit = length;
    if (kind->outlook(workload->workload->params, &context, outlook, err) < 0)
        return -1;
    offer->largest = outlook->largest > 0 ? (double)outlook->largest : (double)NAN;
    if (!outlook->endless) {
        offer->jobs = outlook->jobs;
        offer->work = outlook->processor_seconds / outlook->jobs;
    } else {
        offer->jobs =
            length < SIMTIME_NEVER ? outlook->rate * simtime_seconds(length) : (double)NAN;
        offer->work = outlook->load / outlook->rate;
    }
    return 0;
}

/* Of a generated workload with the parameters of one epoch, during [from, to). */
static double asked_between(const struct build_workload *workload, const void *params, simtime from,
                            simtime to)
{
    struct workload_context context = workload->context;
    struct workload_outlook outlook;
    context.from = from;
    context.limit = to;
    if (workload->workload->kind->outlook(params, &context, &outlook, NULL) < 0)
        return 0;
    return outlook.load * simtime_seconds(to - from);
}

static double asked_of_list(const struct workload_outlook *outlook, double from, double to)
{
    if (outlook->span <= 0)
        return outlook->first >= from && outlook->first < to ? outlook->processor_seconds : 0;
    const double lo = fmax(from, outlook->first), hi = fmin(to, outlook->first + outlook->span);
    return lo < hi ? outlook->processor_seconds * (hi - lo) / outlook->span : 0;
}

double offer_asked(const struct offer *offer, const struct program *program, simtime from,
                   simtime to)
{
    if (!offer->outlook.endless || offer->outlook.even)
        return asked_of_list(&offer->outlook, simtime_seconds(from), simtime_seconds(to));
    double sum = 0;
    for (size_t e = 0; e < program->n_epochs; e++) {
        const simtime begin = program->epochs[e].at;
        const simtime end = e + 1 < program->n_epochs ? program->epochs[e + 1].at : SIMTIME_NEVER;
        const simtime lo = from > begin ? from : begin, hi = to < end ? to : end;
        const void *params = offer->workload->epochs[e].params;
        if (lo >= hi)
            continue;
        sum += asked_between(offer->workload, params, lo, hi);
    }
    return sum;
}

double offer_load(const struct offer *offer)
{
    const struct workload_outlook *outlook = &offer->outlook;
    if (outlook->endless)
        return outlook->load;
    return outlook->span > 0 ? outlook->processor_seconds / outlook->span : (double)NAN;
}
