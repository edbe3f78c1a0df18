/* Dominant resource fairness (Ghodsi et al., NSDI 2011): the tenant whose largest share of any
 * resource it runs on now, relative to its own share, is smallest goes first. Resources are the
 * processors and the memory of the partition. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/order.h"

static double dominant(const struct class_view *view)
{
    const struct tenancy *tenancy = view->tenancy;
    const struct shares_use use = shares_running(tenancy->shares, view->tenant);
    double most = view->processors > 0 ? (double)use.procs / (double)view->processors : 0;
    const double memory = view->memory > 0 ? use.memory / (double)view->memory : 0;
    most = memory > most ? memory : most;
    return most / tenancy->world->tenants.items[view->tenant].share;
}

static struct shares_config shares(const void *params)
{
    (void)params;
    return (struct shares_config){.half_life = 0, .period = SIMTIME_NEVER};
}

const struct order_type order_drf = {
    .kind = {.name = "drf",
             .summary = "the tenant with the least dominant share of what is in use goes first"},
    .by = ORDER_BY_RANK,
    .live = true,
    .level = dominant,
    .shares = shares,
};
