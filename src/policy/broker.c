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

/* Before when choice `but` has to start to be the earliest: of equal starts the choice that comes
 * first is. SIMTIME_NEVER: whenever it does. */
static inline simtime least_other(const struct broker_bound *bounds, const struct broker_bound *end,
                                  const struct broker_bound *but)
{
    simtime least = SIMTIME_NEVER;
    for (const struct broker_bound *bound = but + 1; bound < end; bound++)
        least = bound->start < least ? bound->start : least;
    least += least < SIMTIME_NEVER;
    for (const struct broker_bound *bound = bounds; bound < but; bound++)
        least = bound->start < least ? bound->start : least;
    return least;
}

/* The choice that may be the best is looked at until it is known to be, or another may be better:
 * no plan is made further than the comparison needs. */
size_t broker_earliest(const struct broker_view *view)
{
    struct broker_bound *const bounds = view->bounds, *const end = bounds + view->len;
    for (;;) {
        struct broker_bound *first = bounds;
        simtime start = bounds->start;
        for (struct broker_bound *bound = bounds + 1; bound < end; bound++)
            if (bound->start < start) {
                first = bound;
                start = bound->start;
            }
        const size_t i = (size_t)(first - bounds);
        if (!first->asked && start < SIMTIME_NEVER) {
            first->asked = true;
            view->bound(view->ctx, i, first);
            if (first->start > start)
                continue;
        }
        if (first->known || start >= SIMTIME_NEVER)
            return i;
        const simtime before = least_other(bounds, end, first);
        first->start = broker_start(view, i, before);
        if (first->start < before)
            return i;
    }
}
