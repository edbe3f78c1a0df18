/* The tree of tenants: what those below inherit, and what must fit together. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/complete.h"

#include "scenario/qos.h"
#include "scenario/variation.h"
#include "util/mem.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void tenants_deinit(const struct items *tenants)
{
    struct tenant *items = tenants->items;
    for (size_t i = 0; i < tenants->len; i++) {
        workloads_deinit(&items[i]);
        tenants_deinit(&items[i].tenants);
        variations_deinit(&items[i]);
        if (items[i].each) {
            tenants_deinit(&(struct items){items[i].each, 1});
            schema_free(tenant_fields, items[i].each);
            free(items[i].each->named.name);
            free(items[i].each);
            items[i].each = NULL;
        }
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

void complete_quota(struct decode *ctx, struct quota_plan *quota, const struct node *map,
                    const char *key)
{
    const struct node *hours = node_get(node_get(map, key), "processor_hours");
    if (!hours)
        quota->processor_hours.limit = HUGE_VAL;
    if (!hours || !quota->processor_hours.per || strcmp(quota->processor_hours.per, "run") == 0)
        return;
    struct error err;
    struct date_interval interval;
    if (date_interval_parse(quota->processor_hours.per, &interval, &err) == 0)
        return;
    decode_enter(ctx, key);
    decode_enter(ctx, "processor_hours");
    decode_error_of(ctx, hours, "per", "%s; or month, 3 months, year (of the calendar), or run",
                    err.text);
    decode_leave(ctx);
    decode_leave(ctx);
}

static void complete_guarantee(struct decode *ctx, const struct scenario *scenario,
                               struct tenant *tenant, const struct node *owner)
{
    struct guarantee_plan *plan = &tenant->guarantee;
    const struct node *node = node_get(owner, "guarantee");
    const bool share = node_get(node, "share") != NULL;
    if (!node) {
        plan->processors = -1;
        return;
    }
    decode_enter(ctx, "guarantee");
    if (share == (node_get(node, "processors") != NULL)) {
        if (!share && (node_fails(node, "processors") || node_fails(node, "share"))) {
            ctx->failures++;
            decode_leave(ctx);
            return;
        }
        decode_error(ctx, node->at,
                     share ? "give either processors or share, not both"
                           : "of how much? Give processors, or share: of those of its home");
        decode_leave(ctx);
        return;
    }
    const int64_t home = tenant->home ? scenario_centre(scenario, tenant->home) : -1;
    if (share && home >= 0) {
        const struct centre *centre = (const struct centre *)scenario->centres.items + home;
        plan->processors =
            (int64_t)floor(plan->share * (double)centre_processors(centre) * (1 + 1e-12));
    }
    if (plan->processors > tenant->quota.processors && !node_fails(owner, "quota"))
        decode_error(ctx, node->at,
                     "%lld processors are guaranteed, but its quota is %lld: no more could ever "
                     "run",
                     (long long)plan->processors, (long long)tenant->quota.processors);
    if (plan->lend != INT64_MAX && plan->lend > plan->processors && !share &&
        !node_fails(node, "processors"))
        decode_error_of(ctx, node, "lend", "at most the %lld processor%s guaranteed",
                        (long long)plan->processors, plan->processors == 1 ? "" : "s");
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
    service_inherit(&tenant->service, above ? &above->service : NULL, node);
    tenant->home_told =
        node_fails(node, "home") || (above && above->home_told && !node_get(node, "home"));
    if (!above)
        return;
    char *home = inherited(tenant->home, above->home);
    char *sector = inherited(tenant->sector, above->sector);
    free(tenant->home);
    free(tenant->sector);
    tenant->home = home;
    tenant->sector = sector;
    if (!node_get(node, "data_may_leave"))
        tenant->data_may_leave = above->data_may_leave;
    if (!node_get(node, "location"))
        tenant->location = above->location;
}

static void check_home(struct decode *ctx, const struct scenario *scenario,
                       const struct tenant *tenant, const struct node *node)
{
    if (!tenant->home && !tenant->home_told &&
        (tenant->workloads_node || (tenant->tenants.len == 0 && tenant->members.count == 0)))
        decode_error(ctx, node->at, "the key home is missing (the centre its jobs go to)");
    if (node_get(node, "home") && tenant->home && scenario->centres.len > 0 &&
        scenario_centre(scenario, tenant->home) < 0)
        unknown_name(ctx, mark_of(node, "home"), "home", "centre", tenant->home, &scenario->centres,
                     sizeof(struct centre));
}

static int32_t add_row(struct scenario *scenario, const struct tenant *tenant, int32_t parent)
{
    MEM_GROW(&scenario->rows);
    scenario->rows.items[scenario->rows.len] = (struct tenant_row){tenant, parent, 0};
    return (int32_t)scenario->rows.len++;
}

/* Names part a path by `/`. */
static void check_name(struct decode *ctx, const struct tenant *tenant)
{
    if (!*tenant->named.name || strchr(tenant->named.name, '/'))
        decode_error_key(ctx, tenant->named.at,
                         "a tenant's name is not empty and has no `/` in it");
}

static void complete_level(struct decode *ctx, struct scenario *scenario,
                           const struct items *tenants, const struct tenant *above, int32_t parent,
                           const struct node *map);
static void complete_tenant(struct decode *ctx, struct scenario *scenario, struct tenant *tenant,
                            const struct tenant *above, int32_t parent, const struct node *node);

void complete_alone(struct decode *ctx, const struct scenario *scenario, struct tenant *tenant,
                    const struct tenant *above, const struct node *node)
{
    inherit(tenant, above, node);
    complete_quota(ctx, &tenant->quota, node, "quota");
    complete_guarantee(ctx, scenario, tenant, node);
    complete_workloads(ctx, scenario, tenant);
}

/* --- members --- */

static void check_join(struct decode *ctx, const struct tenant *tenant, const struct node *join)
{
    const int64_t max = tenant->members.join.max;
    const bool over = tenant->members.join.over > 0, growth = tenant->members.join.growth > 0;
    decode_enter(ctx, "join");
    if (over && growth)
        decode_error(ctx, join->at, "give either over or growth, not both");
    else if (growth != (max > 0))
        decode_error(ctx, join->at,
                     growth ? "max is missing: how many members are there in the end?"
                            : "max goes with growth");
    else if (growth && max < tenant->members.count)
        decode_error_of(ctx, join, "max", "there are %lld members at first",
                        (long long)tenant->members.count);
    decode_leave(ctx);
}

static void check_members(struct decode *ctx, const struct tenant *tenant, const struct node *node)
{
    static const char *const counted[] = {"vary", "scale", "join"};
    const struct node *join = node_get(node, "join");
    const bool lacks = !node->faulty; /* what is not there */
    const bool uncounted = !node_get(node, "count") && !node_fails(node, "count");
    if (tenant->members.by && tenant->members.count > 0)
        decode_error(ctx, node->at,
                     "members come by a key of a log, or there is a count of them; "
                     "not both");
    for (size_t i = 0; i < ARRAY_LEN(counted) && lacks && uncounted; i++)
        if (node_get(node, counted[i]))
            decode_error(ctx, mark_of(node, counted[i]),
                         "%s goes with count: how many members are there?", counted[i]);
    if (node_get(node, "each") && lacks && uncounted && !node_get(node, "by"))
        decode_error(ctx, mark_of(node, "each"),
                     "like and each go with count or by: how many members are there?");
    if (tenant->members.count > 0 && lacks && !node_get(node, "each") &&
        !node_fails(node, "each") && !node_fails(node, "like"))
        decode_error(ctx, node->at, "what are they? Give like: a template, or each");
    if (join && !node_has_fault(join) && !node_fails(node, "count"))
        check_join(ctx, tenant, join);
}

bool member_key(const struct tenant *tenant, int64_t *ret_key)
{
    char plain[24];
    *ret_key = strtoll(tenant->named.name, NULL, 10);
    snprintf(plain, sizeof(plain), "%" PRId64, *ret_key);
    return strcmp(plain, tenant->named.name) == 0;
}

/* A path names one tenant. */
static void check_names(struct decode *ctx, const struct tenant *tenant)
{
    const struct tenant *items = tenant->tenants.items;
    for (size_t i = 0; i < tenant->tenants.len; i++) {
        int64_t key;
        if (member_key(&items[i], &key) && key >= 1 && key <= members_total(tenant))
            decode_error_key(ctx, items[i].named.at, "one of the members has the name %s already",
                             items[i].named.name);
    }
}

/* Of tenants that a log brings there is nothing to lay out but their terms. */
static void complete_brought(struct decode *ctx, struct tenant *tenant)
{
    const struct node *node = tenant->members.each_node;
    struct tenant *each = tenant->each = mem_new(1, sizeof(*each));
    each->named = (struct named){mem_text("each"), node->at};
    decode_enter(ctx, "each");
    decode_table(node, tenant_fields, each, ctx);
    for (size_t i = 0; i < node->len && node->kind == NODE_MAP; i++)
        if (strcmp(node->items[i].key, "share") != 0 && strcmp(node->items[i].key, "quota") != 0)
            decode_error(ctx, node->items[i].at,
                         "%s: what a log brings has a share and a quota; write the tenant out "
                         "under tenants to say more",
                         node->items[i].key);
    complete_quota(ctx, &each->quota, node, "quota");
    decode_leave(ctx);
}

/* Members are alike: one is decoded, and its rows are repeated. */
static void add_members(struct decode *ctx, struct scenario *scenario, const struct tenant *tenant,
                        int32_t row, size_t first)
{
    const size_t len = scenario->rows.len - first;
    const int64_t total = members_total(tenant);
    if ((double)total * (double)len + (double)first > TENANTS_MAX) {
        decode_error(ctx, tenant->members.each_node->at, "more than %d tenants in all",
                     TENANTS_MAX);
        return;
    }
    scenario->rows.items[first].member = 1;
    for (int64_t k = 1; k < total; k++)
        for (size_t i = 0; i < len; i++) {
            struct tenant_row copy = scenario->rows.items[first + i];
            if (copy.parent != row)
                copy.parent += (int32_t)((size_t)k * len);
            else
                copy.member = (int32_t)k + 1;
            MEM_GROW(&scenario->rows);
            scenario->rows.items[scenario->rows.len++] = copy;
        }
}

static void complete_members(struct decode *ctx, struct scenario *scenario, struct tenant *tenant,
                             int32_t row, const struct node *node)
{
    if (!node || node->kind != NODE_MAP)
        return;
    decode_enter(ctx, "members");
    check_members(ctx, tenant, node);
    check_names(ctx, tenant);
    if (tenant->members.by && tenant->members.count == 0 && tenant->members.each_node)
        complete_brought(ctx, tenant);
    if (tenant->members.count > 0 && tenant->members.each_node) {
        const size_t first = scenario->rows.len, before = ctx->failures;
        struct tenant *each = tenant->each = mem_new(1, sizeof(*each));
        each->named = (struct named){mem_text("each"), tenant->members.each_node->at};
        decode_enter(ctx, "each");
        decode_table(tenant->members.each_node, tenant_fields, each, ctx);
        complete_tenant(ctx, scenario, each, tenant, row, tenant->members.each_node);
        decode_leave(ctx);
        if (ctx->failures == before)
            variations_decode(ctx, tenant);
        if (ctx->failures == before)
            add_members(ctx, scenario, tenant, row, first);
    }
    decode_leave(ctx);
}

static void complete_tenant(struct decode *ctx, struct scenario *scenario, struct tenant *tenant,
                            const struct tenant *above, int32_t parent, const struct node *node)
{
    const int32_t row = add_row(scenario, tenant, parent);
    if (node->kind != NODE_MAP)
        return;
    inherit(tenant, above, node);
    check_home(ctx, scenario, tenant, node);
    service_check(ctx, scenario, &tenant->service, node);
    complete_alone(ctx, scenario, tenant, above, node);
    complete_members(ctx, scenario, tenant, row, node_get(node, "members"));
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
        check_name(ctx, &items[i]);
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
