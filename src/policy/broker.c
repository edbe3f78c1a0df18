/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/broker.h"

#define BROKER(name) extern const struct broker_type broker_##name;
#include "broker_list.h"
#undef BROKER

static const struct kind *const brokers[] = {
#define BROKER(name) &broker_##name.kind,
#include "broker_list.h"
#undef BROKER
    NULL,
};

const struct kind_list broker_kinds = {.what = "broker", .whats = "brokers", .items = brokers};

/* Of those not looked at yet that may still be better than the best, the one with the shortest
 * queue: what is found there spares a longer look at the others. */
static size_t next_look(const struct broker_view *view, const struct broker_bound *bounds,
                        const struct broker_bound *best)
{
    size_t next = view->len;
    for (size_t i = 0; i < view->len; i++)
        if (!bounds[i].known && broker_bound_before(&bounds[i], best) &&
            (next == view->len || bounds[i].queued < bounds[next].queued))
            next = i;
    return next;
}

size_t broker_earliest(const struct broker_view *view)
{
    struct broker_bound *bounds = view->bounds;
    struct broker_bound best = {.start = SIMTIME_NEVER, .choice = view->len};
    for (size_t i = 0; i < view->len; i++) {
        bounds[i] = (struct broker_bound){.choice = i};
        view->bound(view->ctx, &bounds[i]);
        if (bounds[i].known && broker_bound_before(&bounds[i], &best))
            best = bounds[i];
    }
    for (size_t i; (i = next_look(view, bounds, &best)) < view->len;) {
        /* Equal starts go to the one that comes first. */
        const bool wins = i < best.choice && best.start < SIMTIME_NEVER;
        bounds[i].start = broker_start(view, i, best.start + wins);
        bounds[i].known = true;
        if (broker_bound_before(&bounds[i], &best))
            best = bounds[i];
    }
    return best.choice < view->len ? best.choice : 0;
}
