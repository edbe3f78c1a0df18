/* What the files share that complete a decoded scenario: names of other things, checks across
 * fields. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_COMPLETE_H
#define SCENARIO_COMPLETE_H

#include "scenario/scenario.h"

/* Of the value of a key; of the map if it has none. */
struct mark mark_of(const struct node *map, const char *key);

/* Collect an error about the value of a key of `map`, with its place and path; about the map if the
 * key is not there. Always -1. */
int decode_error_of(struct decode *ctx, const struct node *map, const char *key, const char *fmt,
                    ...) PRINTF_LIKE(4, 5);

/* "...home: unknown centre "x", did you mean y?"; `known`: structs of `size` that begin with a
 * struct named. Always -1. */
int unknown_name(struct decode *ctx, struct mark at, const char *key, const char *what,
                 const char *name, const struct items *known, size_t size);

/* Decode the workloads of all tenants, hand down what they inherit, check them across fields, and
 * list them in scenario->rows. Centres are complete. */
void complete_tenants(struct decode *ctx, struct scenario *scenario, const struct node *root);

/* Decode the workloads of one tenant, whose home and priority are known. */
void complete_workloads(struct decode *ctx, const struct scenario *scenario, struct tenant *tenant);
void workloads_deinit(struct tenant *tenant);

/* The quota that a map has under the key, checked across fields. */
void complete_quota(struct decode *ctx, struct quota_plan *quota, const struct node *map,
                    const char *key);

/* Hand down to one tenant what the one above has, check it and decode its workloads. */
void complete_alone(struct decode *ctx, const struct scenario *scenario, struct tenant *tenant,
                    const struct tenant *above, const struct node *node);

/* Read the list of what is uncertain. */
void complete_uncertain(struct decode *ctx, struct scenario *scenario, const struct node *root);
void uncertain_deinit(struct items *list);

/* Of one window: its end and its group. */
void check_window(struct decode *ctx, const struct partition_plan *plan,
                  const struct window *window, const struct node *node);

/* Their names, nodes and places, and that the scheduler of the partition can keep them. */
void complete_reservations(struct decode *ctx, const struct centre *centre,
                           struct partition_plan *plan, const struct node *list);

/* Free what complete_tenants made in structs tenant. */
void tenants_deinit(const struct items *tenants);

#endif
