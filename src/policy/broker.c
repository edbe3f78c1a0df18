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

/* Put the first of the bounds where it belongs among the others, which stand in order: of equal
 * starts the choice that comes first does. */
static inline void sink_first(struct broker_bound *bounds, size_t len)
{
    const struct broker_bound bound = bounds[0];
    size_t i = 1;
    for (; i < len && (bounds[i].start < bound.start ||
                       (bounds[i].start == bound.start && bounds[i].choice < bound.choice));
         i++)
        bounds[i - 1] = bounds[i];
    bounds[i - 1] = bound;
}

/* The choice that may be the best is looked at until it is known to be, or another may be better:
 * no plan is made further than the comparison needs. */
size_t broker_earliest(const struct broker_view *view)
{
    struct broker_bound *first = view->bounds;
    for (size_t i = view->len; i-- > 0;) {
        first[i] = (struct broker_bound){.choice = i, .start = view->now + view->choices[i].moving};
        sink_first(&first[i], view->len - i);
    }
    while (!first->known && first->start < SIMTIME_NEVER) {
        if (!first->asked) {
            first->asked = true;
            view->bound(view->ctx, first);
        } else {
            simtime before = view->len > 1 ? first[1].start : SIMTIME_NEVER;
            /* Equal starts go to the one that comes first. */
            before += before < SIMTIME_NEVER && first->choice < first[1].choice;
            first->start = broker_start(view, first->choice, before);
            first->known = first->start < before || before == SIMTIME_NEVER;
        }
        sink_first(first, view->len);
    }
    return first->choice;
}
