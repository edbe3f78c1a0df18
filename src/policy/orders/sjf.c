/* Shortest job first, by request. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/order.h"

static double score(const void *params, const struct score_input *in)
{
    (void)params;
    return in->request;
}

const struct order_type order_sjf = {
    .kind = {.name = "sjf", .summary = "shortest request first"},
    .ages = false,
    .score = score,
};
