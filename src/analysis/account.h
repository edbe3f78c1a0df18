/* What each tenant and each centre came to over the whole run, warm-up included: rows of /tenants
 * and /centres. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_ACCOUNT_H
#define ANALYSIS_ACCOUNT_H

#include "analysis/collect.h"
#include "analysis/record.h"

struct account {
    const char *name; /* borrowed from the world */
    int64_t submitted, jobs[JOB_STATES];
    double processor_seconds, wait;
    double causes[WAIT_CAUSES]; /* wait by cause */
};

enum { ACCOUNT_COLUMNS_MAX = 11 + WAIT_CAUSES };

/* Those of a world: causes of waiting that cannot occur have none. Returns how many. */
size_t account_columns(const struct world *world, struct record_column *ret);

/* A row for each tenant (members are counted in their parents too) or centre, in the order of the
 * world. The array is the caller's. After the run. */
struct account *tenant_accounts(const struct collect *collect);
struct account *centre_accounts(const struct collect *collect);

/* Rows of tenants with parents before members, brothers by row; ret_members[i]: how many rows from
 * place i on (itself included) are inside the tenant at place i. Arrays are the caller's. O(n). */
void tenant_order(const struct world *world, int32_t **ret_order, uint32_t **ret_members);

#endif
