/* Jobs by chance: arrivals, sizes, run times and requests from distributions. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/mem.h"
#include "workload/generate.h"
#include "workload/kinds.h"

#include <math.h>
#include <stdlib.h>

static int check(const void *params, struct error *err)
{
    return generate_check(params, err);
}

static bool asks_nodes(const void *params)
{
    return ((const struct generate_params *)params)->nodes != NULL;
}

static unsigned works(const void *params)
{
    const struct kinded *work = &((const struct generate_params *)params)->work;
    return work->kind ? 1u << work_precision(work) : 0;
}

static struct source *open_generated(const struct workload_epoch *epochs, size_t n_epochs,
                                     const struct workload_context *context, struct error *err)
{
    if (context->limit == SIMTIME_NEVER && !context->drains &&
        generate_is_endless(epochs[n_epochs - 1].params)) {
        error_set(err, "its arrivals never end%s: give time.length, or arrival.until",
                  generate_is_endless(epochs[0].params) ? "" : " after the last change");
        return NULL;
    }
    const struct place place = place_of(context);
    struct generate_epoch *own = mem_new(n_epochs, sizeof(*own));
    for (size_t i = 0; i < n_epochs; i++)
        own[i] = (struct generate_epoch){epochs[i].from, epochs[i].params};
    struct source *source = generate_new(&place, own, n_epochs, err);
    free(own);
    return source;
}

static bool asks_memory(const void *object)
{
    const struct generate_params *params = object;
    return params->memory || params->memory_per_node;
}

static struct generate_room room_of(const struct workload_context *context)
{
    return (struct generate_room){context->procs_per_node, context->fits_procs, context->fits_nodes,
                                  context->kills, context->speeds};
}

static struct workload_shares within(const void *params, const struct workload_context *context,
                                     const struct workload_bounds *bounds)
{
    const struct generate_room room = room_of(context);
    return generate_within(params, &room, bounds);
}

static int outlook(const void *object, const struct workload_context *context,
                   struct workload_outlook *ret, struct error *err)
{
    (void)err;
    const struct generate_params *params = object;
    const struct place place = place_of(context);
    const struct generate_room room = room_of(context);
    struct job_mean own = {0}, *mean = context->mean ? context->mean : &own;
    if (!mean->known)
        *mean = generate_mean(params, &room);
    const struct generate_outlook expected = generate_expect(params, &place, context->from, mean);
    *ret = (struct workload_outlook){
        .endless = true,
        .rate = expected.rate,
        .submits = expected.submits,
        .load = expected.load,
        .too_large = expected.too_large,
    };
    const struct dist *size = params->nodes ? params->nodes : params->processors;
    const double most = size ? dist_greatest(size) : 1;
    if (most < INT32_MAX)
        ret->largest = llround(most) * (params->nodes ? context->procs_per_node : 1);
    return 0;
}

const struct workload_kind workload_generated = {
    .key = "arrival",
    .summary = "jobs by chance, from distributions",
    .fields = generate_fields,
    .size = sizeof(struct generate_params),
    .changes = true,
    .endless = true,
    .check = check,
    .asks_nodes = asks_nodes,
    .works = works,
    .asks_memory = asks_memory,
    .within = within,
    .open = open_generated,
    .outlook = outlook,
};
