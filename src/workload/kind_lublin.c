/* Jobs of the Lublin-Feitelson model. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/kinds.h"
#include "workload/lublin.h"

#include <math.h>
#include <stddef.h>

struct lublin_workload {
    struct lublin_params lublin;
    struct kinded request;
};

static const struct field fields[] = {
    {.key = "lublin",
     .kind = FIELD_TABLE,
     .offset = offsetof(struct lublin_workload, lublin),
     .table = lublin_fields,
     .size = sizeof(struct lublin_params),
     .flags = FIELD_REQUIRED,
     .help = "the model of a parallel machine's workload by Lublin and Feitelson"},
    {.key = "request",
     .kind = FIELD_KIND,
     .offset = offsetof(struct lublin_workload, request),
     .kinds = &request_kinds,
     .help = "the wall time asked for, exact if not given"},
    {.kind = FIELD_END},
};

static int check(const void *params, struct error *err)
{
    return lublin_check(&((const struct lublin_workload *)params)->lublin, err);
}

static struct source *open_lublin(const struct workload_epoch *epochs, size_t n_epochs,
                                  const struct workload_context *context, struct error *err)
{
    (void)n_epochs;
    const struct lublin_workload *params = epochs[0].params;
    if (context->limit == SIMTIME_NEVER && !context->drains && lublin_is_endless(&params->lublin)) {
        error_set(err, "its arrivals never end: give time.length, or lublin.until");
        return NULL;
    }
    const struct place place = place_of(context);
    return lublin_new(&place, &params->lublin, &params->request, err);
}

static int outlook(const void *object, const struct workload_context *context,
                   struct workload_outlook *ret, struct error *err)
{
    (void)err;
    const struct lublin_workload *params = object;
    const struct place place = place_of(context);
    const simtime from = place_time(&place, &params->lublin.from, 0);
    const simtime until = place_time(&place, &params->lublin.until, SIMTIME_NEVER);
    const simtime begin = from > 0 ? from : 0, end = until < place.limit ? until : place.limit;
    *ret = (struct workload_outlook){.endless = true, .largest = params->lublin.machine};
    double all;
    if (begin >= end)
        return 0;
    ret->load = lublin_load_within(&params->lublin,
                                   context->fits_procs > 0 ? context->fits_procs : INT64_MAX,
                                   context->kills ? &params->request : NULL, &ret->rate, &all);
    ret->too_large = fmax(0, 1 - ret->rate / all);
    ret->submits = all;
    if (place.limit == SIMTIME_NEVER)
        return 0;
    /* over the whole run, of which jobs arrive in a part */
    const double share = (double)(end - begin) / (double)place.limit;
    ret->even = true;
    ret->first = simtime_seconds(begin);
    ret->span = simtime_seconds(end - begin);
    ret->processor_seconds = ret->load * ret->span;
    ret->rate *= share;
    ret->submits *= share;
    ret->load *= share;
    return 0;
}

const struct workload_kind workload_lublin = {
    .key = "lublin",
    .summary = "jobs of the Lublin-Feitelson model",
    .fields = fields,
    .size = sizeof(struct lublin_workload),
    .endless = true,
    .check = check,
    .open = open_lublin,
    .outlook = outlook,
};
