/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/explain_tenants.h"

#include "analysis/text_table.h"
#include "cli/explain_limits.h"
#include "scenario/changes.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* More rows than that are left to the trace. */
#define ROWS_SHOWN 60

static char *tenant_label(const struct tenant_row *rows, int32_t row)
{
    const int32_t parent = rows[row].parent;
    char *above = parent >= 0 ? tenant_label(rows, parent) : NULL;
    char *name = rows[row].member
                     ? mem_format("1..%lld", (long long)members_total(rows[parent].tenant))
                     : mem_text(rows[row].tenant->named.name);
    char *label = above ? mem_format("%s/%s", above, name) : mem_text(name);
    free(above);
    free(name);
    return label;
}

char *workload_label(const struct build *build, size_t workload)
{
    const struct world *world = &build->world;
    const struct workload *w = build->workloads[workload].workload;
    char *tenant = tenant_label(build->program->epochs[0].scenario->rows.items,
                                world->workloads[workload].tenant);
    char *label = mem_format("%s/%s", tenant, w->named.name);
    free(tenant);
    return label;
}

/* --- sums over the tree --- */

/* A row of the table: all tenants that are alike, and those below them. */
struct branch {
    int64_t tenants;     /* that have jobs, these and those below */
    int64_t first, last; /* of these there at the start and at the end of the run */
    double load;         /* processors on average */
    int64_t depth;
    bool shares_differ, quotas_differ, guarantees_differ; /* at the start */
};

/* What a tenant has at the start is not what the first like it has. */
static void tell_apart(const struct build *build, size_t row, size_t first, struct branch *branch)
{
    const struct tenant *own = build_tenant(build, 0, row), *other = build_tenant(build, 0, first);
    const struct tenant_info *infos = build->world.tenants.items;
    branch->shares_differ |= own->share < other->share || own->share > other->share;
    branch->quotas_differ |= !same_quota(infos[row].quota, infos[first].quota);
    branch->guarantees_differ |= own->guarantee.processors != other->guarantee.processors;
}

static struct branch *find_branches(const struct build *build, const struct offer *offers,
                                    struct offer_span span, const int32_t *alike)
{
    const struct world *world = &build->world;
    const struct tenant_row *rows = build->program->epochs[0].scenario->rows.items;
    const size_t n = build->program->epochs[0].scenario->rows.len;
    struct branch *own = mem_new(n, sizeof(*own));
    struct branch *branches = mem_new(n, sizeof(*branches));
    for (size_t w = 0; w < world->n_workloads; w++) {
        struct branch *branch = &own[world->workloads[w].tenant];
        const struct stay *stay = &build->workloads[w].stay;
        branch->tenants = 1;
        branch->first = stay->from <= 0 && stay->until > 0;
        branch->last = stay->until >= world->length && stay->from < world->length;
        branch->load += offer_load(&offers[w], build->program, span);
    }
    for (size_t i = n; i-- > 0;) {
        struct branch *above = rows[i].parent >= 0 ? &own[rows[i].parent] : NULL;
        struct branch *branch = &branches[alike[i]];
        if (above) {
            above->tenants += own[i].tenants;
            above->first += own[i].first;
            above->last += own[i].last;
            above->load += own[i].load;
        }
        branch->tenants += own[i].tenants;
        branch->first += own[i].first;
        branch->last += own[i].last;
        branch->load += own[i].load;
        tell_apart(build, i, (size_t)alike[i], branch);
    }
    for (size_t i = 0; i < n; i++)
        branches[i].depth = rows[i].parent >= 0 ? branches[rows[i].parent].depth + 1 : 0;
    free(own);
    return branches;
}

/* --- the table --- */

static void add_limit(struct text_table *table, int64_t value)
{
    char text[48];
    text_table_right(table, value < 0 || value == INT64_MAX
                                ? "-"
                                : count_format((double)value, text, sizeof(text)));
}

/* All that the quota limits: "64, 3 jobs, 500 queued, 20 000 h/month, 8 a job, 2 h a job"; "-":
 * nothing. */
static char *quota_text(const struct quota_plan *quota)
{
    char count[48];
    const bool sized = quota->max_processors < INT64_MAX;
    const bool timed = quota->max_request < SIMTIME_NEVER;
    char *text = mem_text("");
    const struct {
        double limit;
        const char *what;
    } parts[] = {{quota->processors == INT64_MAX ? HUGE_VAL : (double)quota->processors, ""},
                 {quota->jobs == INT64_MAX ? HUGE_VAL : (double)quota->jobs, " jobs"},
                 {quota->queued == INT64_MAX ? HUGE_VAL : (double)quota->queued, " queued"},
                 {quota->processor_hours.limit, " h/"},
                 {sized ? (double)quota->max_processors : HUGE_VAL, " a job"},
                 {timed ? simtime_seconds(quota->max_request) : HUGE_VAL, " a job"}};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (!isfinite(parts[i].limit))
            continue;
        const char *per = quota->processor_hours.per ? quota->processor_hours.per : "run";
        const char *shown = i == 5
                                ? quantity_format(parts[i].limit, UNIT_TIME, count, sizeof(count))
                                : count_format(parts[i].limit, count, sizeof(count));
        char *longer = mem_format("%s%s%s%s%s", text, *text ? ", " : "", shown, parts[i].what,
                                  i == 3 ? per : "");
        free(text);
        text = longer;
    }
    if (*text)
        return text;
    free(text);
    return mem_text("-");
}

static void add_tenant(struct text_table *table, const struct build *build, size_t row,
                       const struct branch *branch, bool moves)
{
    const struct tenant_row *r = &build->program->epochs[0].scenario->rows.items[row];
    const struct tenant *tenant = build_tenant(build, 0, row);
    char text[64];
    char *name =
        r->member
            ? mem_format("%*s1..%lld", (int)(2 * branch->depth), "",
                         (long long)members_total(
                             build->program->epochs[0].scenario->rows.items[r->parent].tenant))
            : mem_format("%*s%s", (int)(2 * branch->depth), "", tenant->named.name);
    text_table_row(table);
    text_table_left(table, name);
    free(name);
    text_table_right(table, tenant->members.by
                                ? "by log"
                                : count_format((double)branch->tenants, text, sizeof(text)));
    snprintf(text, sizeof(text), "%g", tenant->share);
    text_table_right(table, branch->shares_differ ? "differ" : text);
    char *quota = quota_text(&tenant->quota);
    text_table_right(table, branch->quotas_differ ? "differ" : quota);
    free(quota);
    if (branch->guarantees_differ)
        text_table_right(table, "differ");
    else
        add_limit(table, tenant->guarantee.processors);
    const bool small = branch->load > 0 && branch->load < 0.95;
    snprintf(text, sizeof(text),
             branch->load >= 100 ? "%.0f"
             : small             ? "%.2g"
                                 : "%.1f",
             branch->load);
    text_table_right(table, isfinite(branch->load) ? text : "-");
    if (!moves)
        return;
    text_table_right(table, count_format((double)branch->first, text, sizeof(text)));
    text_table_right(table, count_format((double)branch->last, text, sizeof(text)));
}

/* What those are that a log brings below the tenant. */
static void add_brought(struct text_table *table, const struct tenant *tenant, size_t depth,
                        bool moves)
{
    char text[64];
    char *name = mem_format("%*seach %s", (int)(2 * depth), "", member_keys[tenant->members.by]);
    char *quota = quota_text(&tenant->each->quota);
    text_table_row(table);
    text_table_left(table, name);
    text_table_right(table, "-");
    snprintf(text, sizeof(text), "%g", tenant->each->share);
    text_table_right(table, text);
    text_table_right(table, quota);
    for (int i = 0; i < (moves ? 4 : 2); i++)
        text_table_right(table, "-");
    free(name);
    free(quota);
}

static bool worth_telling(const struct build *build, bool *ret_moves)
{
    const struct scenario *scenario = build->program->epochs[0].scenario;
    bool worth = false;
    *ret_moves = false;
    for (size_t i = 0; i < scenario->rows.len; i++) {
        const struct tenant *tenant = scenario->rows.items[i].tenant;
        const struct tenant_info *info = &build->world.tenants.items[i];
        const struct stay *stay = &build->stays[i];
        *ret_moves |= stay->from > 0 || stay->until < build->world.length;
        worth |= scenario->rows.items[i].parent >= 0 || tenant->share < 1 || tenant->share > 1 ||
                 info->quota || info->guarantee || (tenant->members.by && tenant->each);
    }
    for (size_t i = 0; i < build->n_changes; i++)
        worth |= build->changes[i].quota || build->changes[i].guarantee;
    return worth || *ret_moves || build->world.n_qos > 0;
}

/* What QOS there are, and of how many workloads at the start. */
static void explain_qos(const struct build *build, FILE *out)
{
    static const char *const heads[] = {"workloads", "priority", "quota", "each tenant"};
    const struct qos_plan *plans = build->program->epochs[0].scenario->qos.items;
    struct text_table table = {0};
    char text[48];
    text_table_left(&table, "QOS");
    for (size_t i = 0; i < ARRAY_LEN(heads); i++)
        text_table_right(&table, heads[i]);
    for (size_t q = 1; q < build->world.n_qos; q++) {
        char *quota = quota_text(&plans[q - 1].quota), *each = quota_text(&plans[q - 1].each);
        size_t n = 0;
        for (size_t w = 0; w < build->world.n_workloads; w++)
            n += (size_t)build->workloads[w].context.base.qos == q;
        text_table_row(&table);
        text_table_left(&table, build->world.qos[q].name);
        text_table_right(&table, count_format((double)n, text, sizeof(text)));
        text_table_right(&table,
                         plans[q - 1].priority < 0 ? "-" : priority_names[plans[q - 1].priority]);
        text_table_right(&table, quota);
        text_table_right(&table, each);
        free(quota);
        free(each);
    }
    putc('\n', out);
    text_table_write(&table, out);
    text_table_deinit(&table);
}

void explain_tenants(const struct build *build, const struct offer *offers, struct offer_span span,
                     FILE *out)
{
    static const char *const heads[] = {"with jobs", "share", "quota", "guarantee", "asked for"};
    bool moves;
    if (!worth_telling(build, &moves))
        return;
    int32_t *alike = build_alike(build);
    struct branch *branches = find_branches(build, offers, span, alike);
    struct text_table table = {0};
    size_t shown = 0, left = 0;
    text_table_left(&table, "Tenants");
    for (size_t i = 0; i < ARRAY_LEN(heads); i++)
        text_table_right(&table, heads[i]);
    if (moves) {
        text_table_right(&table, "at the start");
        text_table_right(&table, "at the end");
    }
    for (size_t i = 0; i < build->program->epochs[0].scenario->rows.len; i++) {
        if ((size_t)alike[i] != i)
            continue;
        const struct tenant *tenant = build_tenant(build, 0, i);
        if (++shown <= ROWS_SHOWN)
            add_tenant(&table, build, i, &branches[i], moves);
        else
            left++;
        if (shown <= ROWS_SHOWN && tenant->members.by && tenant->each)
            add_brought(&table, tenant, branches[i].depth + 1, moves);
    }
    putc('\n', out);
    text_table_write(&table, out);
    if (left > 0)
        fprintf(out, "  and %zu more\n", left);
    if (build->world.n_qos > 0)
        explain_qos(build, out);
    explain_limits(build, alike, out);
    text_table_deinit(&table);
    free(branches);
    free(alike);
}
