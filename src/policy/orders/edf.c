/* Earliest deadline first (Liu and Layland, JACM 1973). Jobs without a deadline come last. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/order.h"

static double score(const void *params, const struct score_input *in)
{
    (void)params;
    return in->deadline;
}

const struct order_type order_edf = {
    .kind = {.name = "edf", .summary = "earliest deadline first; jobs without one last"},
    .score = score,
};
