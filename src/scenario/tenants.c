/* The tree of tenants: what those below inherit, and what must fit together. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/complete.h"

#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void tenants_deinit(const struct items *tenants)
{
    struct tenant *items = tenants->items;
    for (size_t i = 0; i < tenants->len; i++) {
        workloads_deinit(&items[i]);
        tenants_deinit(&items[i].tenants);
    }
}

int64_t centre_processors(const struct centre *centre)
{
    const struct partition_plan *plans = centre->partitions.items;
    int64_t sum = 0;
    for (size_t k = 0; k < centre->partitions.len; k++) {
        const struct group *groups = plans[k].groups.items;
        for (size_t g = 0; g < plans[k].groups.len; g++)
            sum += groups[g].nodes * groups[g].processors_per_node;
    }
    return sum;
}

/* --- quotas and guarantees --- */

static void complete_quota(struct decode *ctx, struct quota_plan *quota, const struct node *node)
{
    const struct node *hours = node_get(node, "processor_hours");
    if (!hours)
        quota->processor_hours.limit = HUGE_VAL;
    if (!hours || !quota->processor_hours.per || strcmp(quota->processor_hours.per, "run") == 0)
        return;
    struct error err;
    struct date_interval interval;
    if (date_interval_parse(quota->processor_hours.per, &interval, &err) == 0)
        return;
    decode_enter(ctx, "quota");
    decode_enter(ctx, "processor_hours");
    decode_error(ctx, mark_of(hours, "per"), "per: %s; or run", err.text);
    decode_leave(ctx);
    decode_leave(ctx);
}

static void complete_guarantee(struct decode *ctx, const struct scenario *scenario,
                               struct tenant *tenant, const struct node *node)
{
    struct guarantee_plan *plan = &tenant->guarantee;
    const bool share = node_get(node, "share") != NULL;
    if (!node) {
        plan->processors = -1;
        return;
    }
    decode_enter(ctx, "guarantee");
    if (share == (node_get(node, "processors") != NULL))
        decode_error(ctx, node->at,
                     share ? "give either processors or share, not both"
                           : "of how much? Give processors, or share: of those of its home");
    const int64_t home = tenant->home ? scenario_centre(scenario, tenant->home) : -1;
    if (share && home >= 0) {
        const struct centre *centre = (const struct centre *)scenario->centres.items + home;
        plan->processors =
            (int64_t)floor(plan->share * (double)centre_processors(centre) * (1 + 1e-12));
    }
    if (plan->processors > tenant->quota.processors)
        decode_error(ctx, node->at,
                     "%lld processors are guaranteed, but its quota is %lld: no more could ever "
                     "run",
                     (long long)plan->processors, (long long)tenant->quota.processors);
    if (plan->lend != INT64_MAX && plan->lend > plan->processors && !share)
        decode_error(ctx, mark_of(node, "lend"),
                     "lend: at most the %lld processors that are guaranteed",
                     (long long)plan->processors);
    decode_leave(ctx);
}

/* --- the tree --- */

static char *inherited(const char *own, const char *above)
{
    return own ? mem_text(own) : above ? mem_text(above) : NULL;
}

/* What the tenant does not say and the one above does. */
static void inherit(struct tenant *tenant, const struct tenant *above, const struct node *node)
{
    if (!above)
        return;
    char *home = inherited(tenant->home, above->home);
    char *sector = inherited(tenant->sector, above->sector);
    free(tenant->home);
    free(tenant->sector);
    tenant->home = home;
    tenant->sector = sector;
    if (!node_get(node, "priority"))
        tenant->priority = above->priority;
    if (!node_get(node, "location"))
        tenant->location = above->location;
}

static void check_home(struct decode *ctx, const struct scenario *scenario,
                       const struct tenant *tenant, const struct node *node)
{
    if (!tenant->home && (tenant->workloads_node || tenant->tenants.len == 0))
        decode_error(ctx, node->at, "the key home is missing (the centre its jobs go to)");
    if (node_get(node, "home") && tenant->home && scenario->centres.len > 0 &&
        scenario_centre(scenario, tenant->home) < 0)
        unknown_name(ctx, mark_of(node, "home"), "home", "centre", tenant->home, &scenario->centres,
                     sizeof(struct centre));
}

static int32_t add_row(struct scenario *scenario, const struct tenant *tenant, int32_t parent)
{
    MEM_GROW(&scenario->rows);
    scenario->rows.items[scenario->rows.len] = (struct tenant_row){tenant, parent};
    return (int32_t)scenario->rows.len++;
}

/* Names part a path by `/`. */
static void check_name(struct decode *ctx, const struct tenant *tenant)
{
    if (!*tenant->named.name || strchr(tenant->named.name, '/'))
        decode_error(ctx, tenant->named.at, "a tenant's name is not empty and has no `/` in it");
}

static void complete_level(struct decode *ctx, struct scenario *scenario,
                           const struct items *tenants, const struct tenant *above, int32_t parent,
                           const struct node *map);

static void complete_tenant(struct decode *ctx, struct scenario *scenario, struct tenant *tenant,
                            const struct tenant *above, int32_t parent, const struct node *node)
{
    const int32_t row = add_row(scenario, tenant, parent);
    check_name(ctx, tenant);
    if (node->kind != NODE_MAP)
        return;
    inherit(tenant, above, node);
    check_home(ctx, scenario, tenant, node);
    complete_quota(ctx, &tenant->quota, node_get(node, "quota"));
    complete_guarantee(ctx, scenario, tenant, node_get(node, "guarantee"));
    complete_workloads(ctx, scenario, tenant);
    complete_level(ctx, scenario, &tenant->tenants, tenant, row, node_get(node, "tenants"));
}

static void complete_level(struct decode *ctx, struct scenario *scenario,
                           const struct items *tenants, const struct tenant *above, int32_t parent,
                           const struct node *map)
{
    struct tenant *items = tenants->items;
    if (!map)
        return;
    decode_enter(ctx, "tenants");
    for (size_t i = 0; i < tenants->len; i++) {
        decode_enter(ctx, items[i].named.name);
        complete_tenant(ctx, scenario, &items[i], above, parent,
                        node_get(map, items[i].named.name));
        decode_leave(ctx);
    }
    decode_leave(ctx);
}

void complete_tenants(struct decode *ctx, struct scenario *scenario, const struct node *root)
{
    complete_level(ctx, scenario, &scenario->tenants, NULL, -1, node_get(root, "tenants"));
}
