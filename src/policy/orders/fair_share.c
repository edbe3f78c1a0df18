/* Fair share over the tree of tenants: who used least of what is due goes first, level by level, as
 * in Slurm's fair tree (Cox and Morrison, 2014); usage decays with a half-life. Among the jobs of a
 * tenant, high before medium before low, then first come. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/orders/usage.h"

#include "policy/order.h"

static const struct field params[] = {USAGE_PARAMS(struct usage_params, half_life, period),
                                      {.kind = FIELD_END}};

static struct shares_config shares(const void *object)
{
    const struct usage_params *p = object;
    return usage_config(p->half_life, p->period);
}

static bool by_levels(const void *object)
{
    (void)object;
    return true;
}

const struct order_type order_fair_share = {
    .kind = {.name = "fair-share",
             .summary =
                 "who used least of what is due to it goes first, level by level (fair tree)",
             .params = params,
             .size = sizeof(struct usage_params)},
    .by = ORDER_BY_RANK,
    .by_tree = true,
    .shares = shares,
    .by_levels = by_levels,
};
