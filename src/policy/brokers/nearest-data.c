/* Where the job's data are soonest: at once where they lie, else over the best route as it is
 * shared at this moment. Ties, such as jobs without data, go home, then by the order of the file.
 */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/broker.h"

static size_t choose(const void *params, void *state, const struct broker_view *view)
{
    (void)params;
    (void)state;
    size_t best = 0;
    for (size_t i = 1; i < view->len; i++)
        if (view->choices[i].moving < view->choices[best].moving)
            best = i;
    return best;
}

const struct broker_type broker_nearest_data = {
    .kind = {.name = "nearest-data", .summary = "where the job's data are soonest"},
    .choose = choose,
};
