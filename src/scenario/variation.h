/* Members that draw some of their values for themselves. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_VARIATION_H
#define SCENARIO_VARIATION_H

#include "scenario/scenario.h"

/* Read `vary` and `scale` of a tenant's members into its variations. Errors are collected. */
void variations_decode(struct decode *ctx, struct tenant *group);
void variations_deinit(struct tenant *group);

/* One member with the values that it draws at `address` ("tenants/city/firms/17"), its workloads
 * decoded; tenants below it are not in it. It borrows nodes of the scenario. NULL with err->text.
 * To be freed by member_free. O(size of what each is). */
struct tenant *member_new(const struct scenario *scenario, const struct tenant *group,
                          const char *address, struct rng_seed seed, struct error *err);
void member_free(struct tenant *member); /* takes NULL */

#endif
