/* Jobs of the Lublin-Feitelson model. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/kinds.h"
#include "workload/lublin.h"

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
    (void)context, (void)err;
    const struct lublin_workload *params = object;
    *ret = (struct workload_outlook){
        .endless = true,
        .load = lublin_load(&params->lublin),
        .largest = params->lublin.machine,
    };
    return 0;
}

const struct workload_kind workload_lublin = {
    .key = "lublin",
    .summary = "jobs of the Lublin-Feitelson model",
    .fields = fields,
    .size = sizeof(struct lublin_workload),
    .check = check,
    .open = open_lublin,
    .outlook = outlook,
};
