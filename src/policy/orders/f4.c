/* F4 of Carastan-Santos and de Camargo (SC 2017): r sqrt(n) + 530000 log10(s). */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/order.h"

#include <math.h>

static double score(const void *params, const struct score_input *in)
{
    (void)params;
    return in->request * sqrt(in->procs) + 530000 * log10(in->submit);
}

const struct order_type order_f4 = {
    .kind = {.name = "f4", .summary = "learned F4: request sqrt(n) + 530000 log10(submit)"},
    .ages = false,
    .score = score,
};
