/* F2 of Carastan-Santos and de Camargo (SC 2017): sqrt(r) n + 25600 log10(s). */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/order.h"

#include <math.h>

static double score(const void *params, const struct score_input *in)
{
    (void)params;
    return sqrt(in->request) * in->procs + 25600 * log10(in->submit);
}

const struct order_type order_f2 = {
    .kind = {.name = "f2", .summary = "learned F2: sqrt(request) n + 25600 log10(submit)"},
    .ages = false,
    .score = score,
};
