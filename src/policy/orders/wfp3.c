/* WFP3 of Tang et al. (Cluster 2009): -(w / r)^3 n. Large jobs rise as they wait. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/order.h"

static double score(const void *params, const struct score_input *in)
{
    (void)params;
    const double stretch = in->waited / in->request;
    return -(stretch * stretch * stretch) * in->procs;
}

const struct order_type order_wfp3 = {
    .kind = {.name = "wfp3", .summary = "Argonne's WFP3: large jobs rise as they wait"},
    .ages = true,
    .score = score,
};
