/* What changes when: the states of a program compared, each with the one before. For build.c. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_CHANGES_H
#define SCENARIO_CHANGES_H

#include "scenario/build.h"

/* Nodes and rules of partitions, once these are laid out. */
void find_changes(struct build *build, struct error_list *errors);

/* Priorities and QOS of workloads, once these are laid out. What cannot change is an error. */
void find_workload_changes(struct build *build, struct error_list *errors);

/* Shares, quotas and guarantees of tenants, once these are laid out. */
void find_tenant_changes(struct build *build, struct error_list *errors);

void add_change(struct build *build, const struct sim_change *change);

/* Put all changes in order. */
void sort_changes(struct build *build);

/* Fill in share, quota and guarantee of a tenant as they are in an epoch. The build keeps them. */
void tenant_terms(struct build *build, size_t epoch, int32_t row, struct tenant_info *info);

/* A quota as the engine wants it, which the build keeps; NULL: it bounds nothing. */
const struct tenant_quota *kept_quota(struct build *build, const struct quota_plan *plan);
bool same_quota(const struct tenant_quota *a, const struct tenant_quota *b);

/* The rules of a scheduler as the engine wants them. Parameters are borrowed from it. */
struct sched_config scheduler_config(const struct scheduler *scheduler);

/* Give memory to the build, which frees it. Returns it. */
void *build_keep(struct build *build, void *memory);

#endif
