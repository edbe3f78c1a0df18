/* Smallest area first: request x processors (Carastan-Santos et al., CCGrid 2019). */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/order.h"

static double score(const void *params, const struct score_input *in)
{
    (void)params;
    return in->request * in->procs;
}

const struct order_type order_saf = {
    .kind = {.name = "saf", .summary = "smallest request x processors first"},
    .ages = false,
    .score = score,
};
