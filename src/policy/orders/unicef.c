/* UNICEF of Tang et al. (Cluster 2009): -w / (log2(max(n, 2)) r). Small, short jobs rise fast. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/order.h"

#include <math.h>

static double score(const void *params, const struct score_input *in)
{
    (void)params;
    return -in->waited / (log2(fmax(in->procs, 2)) * in->request);
}

const struct order_type order_unicef = {
    .kind = {.name = "unicef", .summary = "Argonne's UNICEF: small, short jobs rise fast"},
    .ages = true,
    .score = score,
};
