/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/changes.h"

#include "scenario/build_partitions.h"
#include "scenario/build_tenants.h"
#include "scenario/complete.h"
#include "scenario/qos.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct sched_config scheduler_config(const struct scheduler *s)
{
    struct sched_config config = {
        .order = (const struct order_type *)(const void *)s->order.kind,
        .order_params = s->order.params,
        .commit_head = s->commit_head,
        .extend = s->overrun == OVERRUN_EXTEND,
        .reclaim = s->reclaim == RECLAIM_NEWEST,
        .max_queued = s->max_queued == INT64_MAX ? -1 : s->max_queued,
        .max_processors = s->max_processors == INT64_MAX ? -1 : s->max_processors,
    };
    const struct backfill_type *backfill =
        (const struct backfill_type *)(const void *)s->backfill.kind;
    config.conservative = backfill->conservative;
    config.depth = backfill->depth;
    if (backfill->slurm) {
        config.slurm = s->backfill.params;
    } else if (backfill->depth < 0) {
        const struct backfill_reserve *reserve = s->backfill.params;
        config.depth = reserve->depth;
        config.candidate_order = (const struct order_type *)(const void *)reserve->order.kind;
        config.candidate_params = reserve->order.params;
    }
    if (strcmp(s->decide.kind->name, "each-event") == 0)
        config.decide = DECIDE_EVENT;
    if (strcmp(s->decide.kind->name, "every") == 0) {
        const struct decide_every *every = s->decide.params;
        config.decide = DECIDE_EVERY;
        config.every = every->every;
    }
    return config;
}

/* By date; at one date as found, partitions first. */
static int compare_changes(const void *a, const void *b)
{
    const struct sim_change *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    if (x->what != y->what)
        return x->what < y->what ? -1 : 1;
    if (x->tenant != y->tenant)
        return x->tenant < y->tenant ? -1 : 1;
    if (x->workload != y->workload)
        return x->workload < y->workload ? -1 : 1;
    if (x->qos != y->qos)
        return x->qos < y->qos ? -1 : 1;
    if (x->partition != y->partition)
        return x->partition < y->partition ? -1 : 1;
    return x->group < y->group ? -1 : x->group > y->group;
}

void add_change(struct build *build, const struct sim_change *change)
{
    if (build->n_changes == build->changes_cap) {
        build->changes_cap = build->changes_cap ? 2 * build->changes_cap : 16;
        build->changes = mem_resize(build->changes, build->changes_cap, sizeof(*build->changes));
    }
    build->changes[build->n_changes++] = *change;
}

static const struct partition_plan *plan_at(const struct scenario *scenario, size_t centre,
                                            size_t partition, const struct centre **ret_centre)
{
    *ret_centre = (const struct centre *)scenario->centres.items + centre;
    return (const struct partition_plan *)(*ret_centre)->partitions.items + partition;
}

static const struct node *scheduler_node(const struct centre *centre,
                                         const struct partition_plan *plan)
{
    return plan->scheduler_node ? plan->scheduler_node : centre->scheduler_node;
}

static bool same_scheduler(const struct centre *c, const struct partition_plan *p,
                           const struct centre *d, const struct partition_plan *q)
{
    const struct node *a = scheduler_node(c, p), *b = scheduler_node(d, q);
    return a == b || (a && b && node_equal(a, b));
}

static struct mark group_mark(const struct build *build, size_t epoch, size_t centre, size_t k,
                              size_t g, const char *key)
{
    const struct epoch *now = &build->program->epochs[epoch];
    const struct centre *c;
    const struct partition_plan *plan = plan_at(now->scenario, centre, k, &c);
    const struct node *node =
        node_get(node_get(node_get(node_get(now->tree, "centres"), c->named.name), "partitions"),
                 plan->named.name);
    const struct node *groups = node_get(node, "groups");
    return mark_of(groups ? groups->items[g].value : node, key);
}

static struct mark rule_mark(const struct centre *centre, const struct partition_plan *plan,
                             const char *key)
{
    const struct node *rules = scheduler_node(centre, plan);
    return rules ? mark_of(rules, key) : plan->named.at;
}

/* What is told in nodes of one size has no other size later. */
static void check_sizes(const struct build *build, int32_t row, struct mark at,
                        struct error_list *errors)
{
    const struct partition_info *info = &build->world.partitions[row];
    if (build->partitions[row].setup.nodes_matter || info->reservations > 0)
        error_list_addf(errors, at,
                        "changes: the processors_per_node of %s cannot change after the start, as "
                        "%s whole nodes of it; nodes of another size are another partition",
                        info->path, info->reservations > 0 ? "reservations take" : "jobs ask for");
}

static void compare_partition(struct build *build, size_t epoch, size_t centre, size_t k,
                              int32_t row, struct error_list *errors)
{
    const struct epoch *now = &build->program->epochs[epoch], *before = now - 1;
    const struct centre *c, *d;
    const struct partition_plan *p = plan_at(before->scenario, centre, k, &c);
    const struct partition_plan *q = plan_at(now->scenario, centre, k, &d);
    const struct group *old = p->groups.items, *new = q->groups.items;
    struct partition_setup *setup = &build->partitions[row].setup;
    for (size_t g = 0; g < p->groups.len; g++) {
        const bool sizes = old[g].processors_per_node != new[g].processors_per_node;
        if (sizes)
            check_sizes(build, row, group_mark(build, epoch, centre, k, g, "processors_per_node"),
                        errors);
        if (sizes || old[g].nodes != new[g].nodes)
            add_change(build, &(struct sim_change){.at = now->at,
                                                   .partition = row,
                                                   .group = g,
                                                   .nodes = (int32_t) new[g].nodes,
                                                   .procs_per_node =
                                                       (int32_t) new[g].processors_per_node});
    }
    if (same_scheduler(c, p, d, q))
        return;
    const struct scheduler *s = partition_scheduler(d, q);
    const struct placement_type *placement =
        (const struct placement_type *)(const void *)s->placement.kind;
    setup->later_nodes |= !placement->counts_only;
    setup->later_constraint |= placement->constraint;
    struct sched_config *config = mem_new(1, sizeof(*config));
    build_keep(build, config);
    *config = scheduler_config(s);
    config->weight = q->weight;
    check_counted(build, row, config, rule_mark(d, q, "commit_head"), errors);
    if ((config->decide == DECIDE_EVENT) != setup->overcommit)
        error_list_addf(errors, rule_mark(d, q, "decide"),
                        "changes: decide of %s cannot change to or from each-event while the run "
                        "goes on",
                        build->world.partitions[row].path);
    const int32_t parts = build->world.partitions[row].reservations;
    for (int32_t part = row - parts; part < row; part++) {
        struct sched_config *its = build_keep(build, mem_new(1, sizeof(*its)));
        *its = *config;
        its->max_queued = -1;
        add_change(build, &(struct sim_change){.at = now->at,
                                               .what = CHANGE_RULES,
                                               .partition = part,
                                               .config = its,
                                               .placement = placement});
    }
    add_change(build, &(struct sim_change){.at = now->at,
                                           .what = CHANGE_RULES,
                                           .partition = row,
                                           .config = config,
                                           .placement = placement});
}

void find_changes(struct build *build, struct error_list *errors)
{
    for (size_t e = 1; e < build->program->n_epochs; e++) {
        int32_t row = 0;
        for (size_t i = 0; i < build->world.n_centres; i++) {
            const struct centre *centre =
                (const struct centre *)build->program->epochs[e].scenario->centres.items + i;
            for (size_t k = 0; k < centre->partitions.len; k++, row++) {
                while (build->world.partitions[row].part)
                    row++;
                compare_partition(build, e, i, k, row, errors);
            }
        }
    }
}

static struct tenant_quota *quota_of(const struct quota_plan *plan)
{
    if (plan->processors == INT64_MAX && plan->jobs == INT64_MAX && plan->queued == INT64_MAX &&
        isinf(plan->processor_hours.limit) && plan->max_processors == INT64_MAX &&
        plan->max_request == SIMTIME_NEVER)
        return NULL;
    struct tenant_quota *quota = mem_new(1, sizeof(*quota));
    *quota = (struct tenant_quota){.processors = plan->processors,
                                   .jobs = plan->jobs,
                                   .queued = plan->queued,
                                   .processor_seconds = 3600 * plan->processor_hours.limit,
                                   .max_processors = plan->max_processors,
                                   .max_request = plan->max_request};
    struct date_interval per;
    struct error err;
    if (strcmp(plan->processor_hours.per, "run") != 0 &&
        date_interval_parse(plan->processor_hours.per, &per, &err) == 0) {
        quota->months = per.months;
        quota->step = per.step;
    }
    return quota;
}

const struct tenant_quota *kept_quota(struct build *build, const struct quota_plan *plan)
{
    struct tenant_quota *quota = quota_of(plan);
    return quota ? build_keep(build, quota) : NULL;
}

void tenant_terms(struct build *build, size_t epoch, int32_t row, struct tenant_info *info)
{
    const struct tenant *tenant = build_tenant(build, epoch, (size_t)row);
    const struct scenario *scenario = build->program->epochs[epoch].scenario;
    info->share = tenant->share;
    info->home = tenant->home ? (int32_t)scenario_centre(scenario, tenant->home) : -1;
    info->remote = tenant->location == LOCATION_REMOTE;
    info->sector = tenant->sector;
    info->quota = kept_quota(build, &tenant->quota);
    info->each =
        tenant->members.by && tenant->each ? kept_quota(build, &tenant->each->quota) : NULL;
    info->guarantee = NULL;
    if (tenant->guarantee.processors < 0)
        return;
    struct tenant_guarantee *guarantee = build_keep(build, mem_new(1, sizeof(*guarantee)));
    *guarantee = (struct tenant_guarantee){tenant->guarantee.processors, tenant->guarantee.borrow,
                                           tenant->guarantee.lend};
    info->guarantee = guarantee;
}

/* Do two trees of a workload differ in more than what may change of any kind: how its jobs are
 * served, and where? */
static bool differs(const struct node *a, const struct node *b, struct mark *ret_at)
{
    static const char *const keys[] = {"priority",       "qos",    "partition", "data_at",
                                       "data_may_leave", "centres"};
    struct node *x = node_copy(a), *y = node_copy(b);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        node_free(node_remove(x, keys[i]));
        node_free(node_remove(y, keys[i]));
    }
    const struct node *found = node_difference(x, y);
    if (found)
        *ret_at = found->at;
    node_free(x);
    node_free(y);
    return found;
}

static void compare_workload(struct build *build, size_t epoch, const struct workload *old,
                             const struct workload *new, int32_t row, struct error_list *errors)
{
    const struct epoch *now = &build->program->epochs[epoch], *before = now - 1;
    const int32_t qos = service_row(now->scenario, &new->service);
    const struct build_place *place = build_place_at(build, epoch, (size_t)row);
    if (old->service.priority != new->service.priority ||
        qos != service_row(before->scenario, &old->service) || place->epoch == epoch)
        add_change(build, &(struct sim_change){.at = now->at,
                                               .what = CHANGE_KIND,
                                               .workload = row,
                                               .priority = new->service.priority,
                                               .qos = qos,
                                               .centre = place->centre,
                                               .at_partition = place->partition});
    struct mark at;
    if (!new->kind->changes && differs(old->node, new->node, &at))
        error_list_addf(errors, at,
                        "changes: %s: the jobs of a %s workload cannot change after the start, but "
                        "for their priority, their QOS, and where they run and their data lie",
                        build->world.workloads[row].path, new->kind->key);
}

/* The other epochs against the one before. Workloads are laid out. */
void find_workload_changes(struct build *build, struct error_list *errors)
{
    for (size_t e = 1; e < build->program->n_epochs; e++) {
        const size_t n = build->program->epochs[e].scenario->rows.len;
        int32_t row = 0;
        for (size_t i = 0; i < n; i++) {
            const struct items *old = &build_tenant(build, e - 1, i)->workloads;
            const struct items *new = &build_tenant(build, e, i)->workloads;
            for (size_t k = 0; k < new->len; k++, row++)
                compare_workload(build, e, (const struct workload *)old->items + k,
                                 (const struct workload *)new->items + k, row, errors);
        }
    }
}

bool same_quota(const struct tenant_quota *a, const struct tenant_quota *b)
{
    if (!a || !b)
        return a == b;
    return a->months == b->months && a->step == b->step && a->processors == b->processors &&
           a->jobs == b->jobs && a->queued == b->queued && a->max_processors == b->max_processors &&
           a->max_request == b->max_request && !(a->processor_seconds < b->processor_seconds) &&
           !(a->processor_seconds > b->processor_seconds);
}

static bool same_guarantee(const struct tenant_guarantee *a, const struct tenant_guarantee *b)
{
    if (!a || !b)
        return a == b;
    return a->processors == b->processors && a->borrow == b->borrow && a->lend == b->lend;
}

/* Who has come by then is not known before the run. */
static void compare_brought(const struct build *build, size_t epoch, size_t row,
                            const struct tenant_info *old, const struct tenant_info *new,
                            struct error_list *errors)
{
    const struct tenant *a = build_tenant(build, epoch - 1, row),
                        *b = build_tenant(build, epoch, row);
    if (!a->members.by || (!a->each && !b->each))
        return;
    if (!a->each || !b->each || a->each->share < b->each->share ||
        a->each->share > b->each->share || !same_quota(old->each, new->each)) {
        struct path path = {0};
        char place[200];
        push_tenant(&path, build->program->epochs[epoch].scenario->rows.items, (int32_t)row);
        const struct node *was = a->members.each_node, *is = b->members.each_node;
        const struct node *found = was && is ? node_difference(was, is) : is;
        error_list_addf(errors, found ? found->at : b->named.at,
                        "%s.members.each: what a log brings keeps its terms: changes cannot set "
                        "them",
                        path_format(&path, place, sizeof(place)));
        path_deinit(&path);
    }
}

/* The shares over all epochs; NULL: one. */
static const struct tenant_shares *shares_over_time(struct build *build, size_t row)
{
    const struct program *program = build->program;
    struct tenant_shares *shares =
        mem_new(1, sizeof(*shares) + program->n_epochs * sizeof(shares->items[0]));
    for (size_t e = 0; e < program->n_epochs; e++) {
        const double share = build_tenant(build, e, row)->share;
        const double before = shares->len > 0 ? shares->items[shares->len - 1].share : 0;
        if (share < before || share > before) {
            shares->items[shares->len].at = program->epochs[e].at;
            shares->items[shares->len++].share = share;
        }
    }
    if (shares->len > 1)
        return build_keep(build, shares);
    free(shares);
    return NULL;
}

/* From `at` on, if anything is another then. */
static void change_tenant(struct build *build, simtime at, size_t row, struct tenant_info *old,
                          const struct tenant_info *new)
{
    if (old->share < new->share || old->share > new->share || !same_quota(old->quota, new->quota) ||
        !same_guarantee(old->guarantee, new->guarantee))
        add_change(build, &(struct sim_change){.at = at,
                                               .what = CHANGE_TENANT,
                                               .tenant = (int32_t)row,
                                               .share = new->share,
                                               .quota = new->quota,
                                               .guarantee = new->guarantee});
    *old = *new;
}

/* The terms of an epoch. What is guaranteed counts while the tenant is there. */
static void find_terms(struct build *build, size_t epoch, size_t row, struct tenant_info *old,
                       const struct tenant_info *terms)
{
    const struct program *program = build->program;
    const struct stay *stay = &build->stays[row];
    const simtime begins = epoch > 0 ? program->epochs[epoch].at : 0;
    const simtime ends =
        epoch + 1 < program->n_epochs ? program->epochs[epoch + 1].at : SIMTIME_NEVER;
    const simtime dates[] = {begins, stay->from, stay->until};
    for (size_t i = 0; i < ARRAY_LEN(dates); i++) {
        const simtime at = dates[i];
        struct tenant_info new = *terms;
        if (i > 0 && (at <= begins || at >= ends))
            continue;
        if (at < stay->from || at >= stay->until)
            new.guarantee = NULL;
        if (epoch == 0 && i == 0)
            *old = build->world.tenants.items[row] = new;
        else
            change_tenant(build, at, row, old, &new);
    }
}

/* Guarantees bind at home, and what brothers of one home share is laid out for the run. */
static void compare_homes(const struct build *build, size_t epoch, struct error_list *errors)
{
    const struct epoch *now = &build->program->epochs[epoch];
    for (size_t i = 0; i < now->scenario->rows.len; i++) {
        const char *was = build_tenant(build, epoch - 1, i)->home;
        const char *is = build_tenant(build, epoch, i)->home;
        if (!was || !is || strcmp(was, is) == 0)
            continue;
        struct path path = {0};
        push_tenant(&path, now->scenario->rows.items, (int32_t)i);
        const struct node *node = path_get(now->tree, &path);
        error_list_addf(errors, node ? mark_of(node, "home") : (struct mark){0},
                        "changes: the home of %s cannot change after the start where tenants have "
                        "guarantees, which bind at home",
                        build->world.tenants.items[i].path);
        path_deinit(&path);
        return; /* those below have it from this one */
    }
}

static bool has_guarantees(const struct build *build)
{
    bool found = false;
    for (size_t e = 0; e < build->program->n_epochs; e++)
        for (size_t i = 0; i < build->program->epochs[e].scenario->rows.len; i++)
            found |= build_tenant(build, e, i)->guarantee.processors >= 0;
    return found;
}

void find_tenant_changes(struct build *build, struct error_list *errors)
{
    const bool guarantees = has_guarantees(build);
    for (size_t e = 1; e < build->program->n_epochs && guarantees; e++)
        compare_homes(build, e, errors);
    for (size_t i = 0; i < build->program->epochs[0].scenario->rows.len; i++) {
        build->world.tenants.items[i].shares = shares_over_time(build, i);
        struct tenant_info terms = build->world.tenants.items[i], old = terms;
        for (size_t e = 0; e < build->program->n_epochs; e++) {
            const struct tenant_info before = terms;
            if (e > 0) {
                tenant_terms(build, e, (int32_t)i, &terms);
                compare_brought(build, e, i, &before, &terms, errors);
            }
            find_terms(build, e, i, &old, &terms);
        }
    }
}

void sort_changes(struct build *build)
{
    if (build->n_changes > 1)
        qsort(build->changes, build->n_changes, sizeof(*build->changes), compare_changes);
}
