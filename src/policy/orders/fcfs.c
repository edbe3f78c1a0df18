/* First come, first served: by submit time, then by place in the input. No score of its own:
 * ties fall to the place in the input. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/order.h"

static double score(const void *params, const struct score_input *in)
{
    (void)params, (void)in;
    return 0;
}

const struct order_type order_fcfs = {
    .kind = {.name = "fcfs", .summary = "first come, first served"},
    .ages = false,
    .score = score,
};
