/* F1 of Carastan-Santos and de Camargo (SC 2017): log10(r) n + 870 log10(s). */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/order.h"

#include <math.h>

static double score(const void *params, const struct score_input *in)
{
    (void)params;
    return log10(in->request) * in->procs + 870 * log10(in->submit);
}

const struct order_type order_f1 = {
    .kind = {.name = "f1", .summary = "learned F1: log10(request) n + 870 log10(submit)"},
    .ages = false,
    .score = score,
};
