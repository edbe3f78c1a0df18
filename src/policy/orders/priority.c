/* Priority classes: high before medium before low, first come, first served inside each. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/order.h"

static double score(const void *params, const struct score_input *in)
{
    (void)params;
    return in->priority;
}

const struct order_type order_priority = {
    .kind = {.name = "priority",
             .summary = "high before medium before low, then first come, first served"},
    .ages = false,
    .score = score,
};
