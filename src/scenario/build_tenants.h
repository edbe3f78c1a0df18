/* What tenants of the scenario become in the world. For build.c. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_BUILD_TENANTS_H
#define SCENARIO_BUILD_TENANTS_H

#include "scenario/build.h"
#include "scenario/path.h"

/* "a/b/17", of a tenant whose parent is in the world. To be freed. */
char *tenant_path(const struct build *build, int32_t row);

/* Draw what members vary in, in all epochs. The paths of the world are known. */
void draw_members(struct build *build, const struct build_options *options,
                  struct error_list *errors);
void drawn_deinit(struct build *build);

/* What is guaranteed as a share is known with the centres of all epochs: more than that may not be
 * lent. It is enough if it is so for once, as a centre may grow. */
void check_guarantees(const struct build *build, struct error_list *errors);

/* When each tenant submits jobs: within the stays of those above it, of its join and leave, and,
 * for a member, from its turn on. Member k of N joins at from + (k - 1) / N * over; with growth,
 * when count * (1 + growth)^years reaches k. */
void find_stays(struct build *build, struct error_list *errors);

#endif
