/* What each tenant was due of the processor-time that was handed out. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_DUE_H
#define ANALYSIS_DUE_H

#include "model/observe.h"

/* Does anything tell tenants apart: shares other than 1, now or at any date? */
bool tenants_have_shares(const struct world *world);

/* Tenants and how they lie: order and members as by tenant_order. Borrowed. */
struct tenant_tree {
    const struct world *world;
    const int32_t *order;
    const uint32_t *members;
};

/* Hand out `total`, received over [from, to), from the top: at each level the demand-capped max-min
 * shares among brothers, by their shares; the jobs of a tenant that has others below it count as
 * one more brother with share 1. Where shares change in between, a brother's is the mean over that
 * time of its part of the shares of those who ask. `demands`: of each tenant's own jobs, by row.
 * ret_own: due to those; ret_all: with all below. O(n log n), and changes of brothers x brothers.
 */
void tenants_due(const struct tenant_tree *tree, simtime from, simtime to, double total,
                 const double *demands, double *ret_own, double *ret_all);

#endif
