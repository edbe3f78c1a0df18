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

/* The best two of the choices by what is known of them; `len`: there is none. */
static inline void find_best(const struct broker_bound *bounds, size_t len, size_t *ret_first,
                             size_t *ret_second)
{
    size_t first = 0, second = len;
    for (size_t i = 1; i < len; i++) {
        /* Of equal starts the one that comes first stays. */
        if (bounds[i].start < bounds[first].start) {
            second = first;
            first = i;
        } else if (second == len || bounds[i].start < bounds[second].start) {
            second = i;
        }
    }
    *ret_first = first;
    *ret_second = second;
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
        size_t first, second;
        find_best(bounds, view->len, &first, &second);
        if (bounds[first].known || bounds[first].start >= SIMTIME_NEVER)
            return first;
        if (!bounds[first].asked) {
            bounds[first].asked = true;
            view->bound(view->ctx, &bounds[first]);
            continue;
        }
        simtime before = second < view->len ? bounds[second].start : SIMTIME_NEVER;
        /* Equal starts go to the one that comes first. */
        before += first < second && before < SIMTIME_NEVER;
        bounds[first].start = broker_start(view, first, before);
        bounds[first].known = bounds[first].start < before || before == SIMTIME_NEVER;
    }
}
