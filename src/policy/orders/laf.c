/* Largest area first: request x processors. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/order.h"

static double score(const void *params, const struct score_input *in)
{
    (void)params;
    return -(in->request * in->procs);
}

const struct order_type order_laf = {
    .kind = {.name = "laf", .summary = "largest request x processors first"},
    .ages = false,
    .score = score,
};
