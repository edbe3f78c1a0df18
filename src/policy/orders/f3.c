/* F3 of Carastan-Santos and de Camargo (SC 2017): r n + 6860000 log10(s). */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/order.h"

#include <math.h>

static double score(const void *params, const struct score_input *in)
{
    (void)params;
    return in->request * in->procs + 6860000 * log10(in->submit);
}

const struct order_type order_f3 = {
    .kind = {.name = "f3", .summary = "learned F3: request n + 6860000 log10(submit)"},
    .ages = false,
    .score = score,
};
