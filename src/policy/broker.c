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

/* The best of the choices by what is known of them, but for one; `len`: there is none. */
static size_t best_but(const struct broker_bound *bounds, size_t len, size_t but)
{
    size_t best = len;
    for (size_t i = 0; i < len; i++)
        if (i != but && (best == len || broker_bound_before(&bounds[i], &bounds[best])))
            best = i;
    return best;
}

/* The choice that may be the best is looked at until it is known to be, or another may be better:
 * no plan is made further than the comparison needs. */
size_t broker_earliest(const struct broker_view *view)
{
    struct broker_bound *bounds = view->bounds;
    for (size_t i = 0; i < view->len; i++)
        bounds[i] =
            (struct broker_bound){.choice = i, .start = view->now + view->choices[i].moving};
    for (;;) {
        const size_t first = best_but(bounds, view->len, view->len);
        if (bounds[first].known || bounds[first].start >= SIMTIME_NEVER)
            return first;
        if (!bounds[first].asked) {
            bounds[first].asked = true;
            view->bound(view->ctx, &bounds[first]);
            continue;
        }
        const size_t second = best_but(bounds, view->len, first);
        simtime before = second < view->len ? bounds[second].start : SIMTIME_NEVER;
        /* Equal starts go to the one that comes first. */
        before += first < second && before < SIMTIME_NEVER;
        bounds[first].start = broker_start(view, first, before);
        bounds[first].known = bounds[first].start < before || before == SIMTIME_NEVER;
    }
}
