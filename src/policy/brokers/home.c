/* Every job stays at the home of its tenant: what a run without a broker does. A job that its home
 * cannot hold, or that may not run there, goes to the first centre of the file that can. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/broker.h"

static size_t choose(const void *params, void *state, const struct broker_view *view)
{
    (void)params;
    (void)state;
    (void)view;
    return 0;
}

const struct broker_type broker_home = {
    .kind = {.name = "home", .summary = "jobs stay at the home of their tenant"},
    .choose = choose,
};
