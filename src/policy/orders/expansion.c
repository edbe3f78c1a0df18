/* Expansion factor: -(w + r) / r, the slowdown a job has already suffered. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/order.h"

static double score(const void *params, const struct score_input *in)
{
    (void)params;
    return -(in->waited + in->request) / in->request;
}

const struct order_type order_expansion = {
    .kind = {.name = "expansion",
             .summary = "greatest expansion factor (wait + request) / request first"},
    .ages = true,
    .score = score,
};
