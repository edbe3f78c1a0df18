/* What each tenant was due of the processor-time that was handed out. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_DUE_H
#define ANALYSIS_DUE_H

#include "model/observe.h"

/* Does anything tell tenants apart: a tree, or shares other than 1? */
bool tenants_have_shares(const struct world *world);

/* Hand out `total` from the top: at each level the demand-capped max-min shares among brothers, by
 * their shares; the jobs of a tenant that has others below it count as one more brother with share
 * 1. `order` and `members` are those of tenant_order; `demands`: of each tenant's own jobs, by row.
 * ret_own: due to those; ret_all: with all below. O(n log n). */
void tenants_due(const struct world *world, const int32_t *order, const uint32_t *members,
                 double total, const double *demands, double *ret_own, double *ret_all);

#endif
