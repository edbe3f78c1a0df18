/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/reservations.h"

#include "scenario/build_partitions.h"
#include "scenario/changes.h"
#include "scenario/complete.h"
#include "scenario/path.h"
#include "scenario/windows.h"
#include "util/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what the scenario says --- */

static void check_scheduler(struct decode *ctx, const struct scheduler *scheduler, struct mark at)
{
    if (!scheduler->placement.kind || !scheduler->decide.kind)
        return; /* told already */
    struct placement_type placement;
    memcpy(&placement, scheduler->placement.kind, sizeof(placement));
    if (!placement.counts_only)
        decode_error(ctx, at,
                     "reservations are kept by number of processors: choose placement any");
    if (scheduler->overrun == OVERRUN_EXTEND)
        decode_error(ctx, at,
                     "reservations cannot be kept from jobs that outlive their request: leave "
                     "overrun: extend out");
    if (scheduler->commit_head || strcmp(scheduler->decide.kind->name, "each-event") == 0)
        decode_error(ctx, at,
                     "reservations need a scheduler that looks ahead: leave decide: each-event and "
                     "commit_head out");
}

static void complete_one(struct decode *ctx, const struct partition_plan *plan,
                         const struct node *node, size_t i)
{
    struct reservation *all = plan->reservations.items, *r = &all[i];
    check_window(ctx, plan, &r->window, node);
    if (r->tenant && r->tenants.len > 0)
        decode_error(ctx, r->node->at, "give either tenant or tenants, not both");
    else if (!r->tenant && r->tenants.len == 0 && !node_fails(node, "tenant") &&
             !(node_get(node, "tenants") && node_has_fault(node_get(node, "tenants"))))
        decode_error(ctx, r->node->at, "for whom? tenant is missing (or tenants)");
    if ((r->processors > 0) == (r->window.nodes > 0) && !node_fails(node, "processors") &&
        !node_fails(node, "nodes"))
        decode_error(ctx, r->node->at,
                     r->processors > 0 ? "give either processors or nodes, not both"
                                       : "processors is missing (or nodes)");
    for (size_t k = 0; k < i; k++)
        if (strcmp(all[k].name, r->name) == 0)
            decode_error_of(ctx, node, "name", "there is another reservation \"%.60s\"", r->name);
    if (r->window.group >= (int64_t)plan->groups.len)
        return;
    const struct group *group = (const struct group *)plan->groups.items + r->window.group;
    if (r->processors > 0 && group->processors_per_node > 0)
        r->window.nodes = (r->processors - 1) / group->processors_per_node + 1;
}

void complete_reservations(struct decode *ctx, const struct centre *centre,
                           struct partition_plan *plan, const struct node *list)
{
    struct reservation *all = plan->reservations.items;
    decode_enter(ctx, "reservations");
    if (plan->reservations.len > RESERVATIONS_MAX)
        decode_error(ctx, list->at, "at most %d of a partition", RESERVATIONS_MAX);
    if (!list->faulty)
        check_scheduler(ctx, partition_scheduler(centre, plan), list->at);
    for (size_t i = 0; i < plan->reservations.len; i++) {
        all[i].node = list->items[i].value;
        if (!all[i].name)
            all[i].name = mem_format("%zu", i + 1);
        decode_enter_item(ctx, i);
        complete_one(ctx, plan, list->items[i].value, i);
        decode_leave(ctx);
    }
    decode_leave(ctx);
}

/* --- as partitions --- */

static void add_moves(struct build *build, size_t row, const struct items *windows, int sign)
{
    struct partition_setup *setup = &build->partitions[row].setup;
    const size_t n = setup->n_recurrences;
    struct recurrence *all = mem_resize(build->recurrences[row], n + windows->len, sizeof(*all));
    for (size_t i = 0; i < windows->len; i++) {
        struct recurrence *one = &all[n + i];
        *one = ((const struct recurrence *)windows->items)[i];
        one->first.moves = true;
        one->first.nodes *= sign;
        one->first.group = sign > 0 ? one->first.group : 0;
    }
    setup->recurrences = build->recurrences[row] = all;
    setup->n_recurrences += windows->len;
}

void lay_out_reservation(struct build *build, size_t row, size_t of,
                         const struct partition_plan *plan, size_t i, struct error_list *errors)
{
    const struct reservation *r = (const struct reservation *)plan->reservations.items + i;
    const struct sim_partition *whole = &build->partitions[of];
    struct sim_partition *part = &build->partitions[row];
    struct partition_info *info = &build->world.partitions[row];
    *info = build->world.partitions[of];
    info->name = build_keep(build, mem_format("%s+%s", plan->named.name, r->name));
    info->path = build_keep(build, mem_format("%s+%s", build->world.partitions[of].path, r->name));
    info->part = true;
    info->of = (int32_t)of;
    info->reservations = 0;
    struct node_group *group = build_keep(build, mem_new(1, sizeof(*group)));
    *group = whole->setup.groups[r->window.group];
    group->nodes = 0;
    part->config = whole->config;
    part->config.max_queued = -1; /* those who wait here wait in the whole, too */
    part->setup = whole->setup;
    part->setup.row = (int32_t)row;
    part->setup.groups = group;
    part->setup.n_groups = 1;
    part->setup.recurrences = NULL;
    part->setup.n_recurrences = 0;
    struct items windows = {0};
    struct error err;
    char place[200];
    const size_t len = strlen(partition_place(
        (const struct centre *)build->program->epochs[0].scenario->centres.items + info->centre,
        plan, place, sizeof(place)));
    snprintf(place + len, sizeof(place) - len, ".reservations[%zu]", i);
    if (add_window(build->program, &r->window, INT64_MAX, &windows, &err) < 0)
        window_error(r->node, place, err.text, errors);
    add_moves(build, row, &windows, -1);
    add_moves(build, of, &windows, 1);
    free(windows.items);
    if (whole->setup.nodes_matter || group->memory > 0)
        error_list_addf(errors, r->node->at,
                        "%s: kept by number of processors, which does not suffice where "
                        "jobs ask for whole nodes or memory",
                        place);
}

/* More or fewer nodes taken, or another number there. */
struct step {
    simtime at;
    int order; /* at one instant: ends, changes, beginnings */
    int64_t nodes;
    bool moves; /* else maintenance, which takes no more than there is */
};

static int compare_steps(const void *a, const void *b)
{
    const struct step *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x->order - y->order;
}

/* When the run is over, drained or not. */
static simtime last_instant(const struct build *build)
{
    const simtime length = build->world.length;
    return build->drain && length < SIMTIME_NEVER / SIM_DRAIN_MOST ? SIM_DRAIN_MOST * length
                                                                   : length;
}

/* The first instant at which more is taken of a group than there is; SIMTIME_NEVER: none. */
static simtime first_short(const struct build *build, size_t row, size_t g, int64_t *ret_taken,
                           int64_t *ret_nodes)
{
    const struct partition_setup *setup = &build->partitions[row].setup;
    struct windows windows;
    windows_init(&windows, setup->recurrences, setup->n_recurrences, WINDOWS_BEGIN, 0);
    windows_extend(&windows, last_instant(build), SIZE_MAX);
    struct step *steps = mem_new(2 * windows.len + build->n_changes, sizeof(*steps));
    size_t n = 0;
    for (size_t i = 0; i < windows.len; i++) {
        const struct maintenance *w = &windows.items[i];
        if (w->group != g)
            continue;
        steps[n++] = (struct step){w->from, 2, w->nodes, w->moves};
        steps[n++] = (struct step){w->to, 0, -w->nodes, w->moves};
    }
    windows_deinit(&windows);
    for (size_t i = 0; i < build->n_changes; i++) {
        const struct sim_change *c = &build->changes[i];
        if (c->what == CHANGE_NODES && c->partition == (int32_t)row && c->group == g)
            steps[n++] = (struct step){c->at, 1, c->nodes, false};
    }
    if (n > 0)
        qsort(steps, n, sizeof(*steps), compare_steps);
    simtime at = SIMTIME_NEVER;
    int64_t down = 0, moved = 0;
    *ret_nodes = setup->groups[g].nodes;
    for (size_t i = 0; i < n && at == SIMTIME_NEVER; i++) {
        if (steps[i].order == 1)
            *ret_nodes = steps[i].nodes;
        else
            *(steps[i].moves ? &moved : &down) += steps[i].nodes;
        *ret_taken = moved + (down < *ret_nodes ? down : *ret_nodes);
        if (*ret_taken > *ret_nodes)
            at = steps[i].at;
    }
    free(steps);
    return at;
}

void check_lent(struct build *build, struct error_list *errors)
{
    const struct scenario *scenario = build->program->epochs[0].scenario;
    const struct centre *centres = scenario->centres.items;
    size_t row = 0;
    for (size_t c = 0; c < scenario->centres.len; c++) {
        const struct partition_plan *plans = centres[c].partitions.items;
        for (size_t k = 0; k < centres[c].partitions.len; k++) {
            row += plans[k].reservations.len;
            for (size_t g = 0; plans[k].reservations.len > 0 && g < plans[k].groups.len; g++) {
                int64_t taken, nodes;
                const simtime at = first_short(build, row, g, &taken, &nodes);
                const struct reservation *some = plans[k].reservations.items;
                char place[200], text[40];
                if (at < SIMTIME_NEVER)
                    error_list_addf(errors, some->node->at,
                                    "%s.reservations: they and maintenance take %lld of the %lld "
                                    "nodes of group %zu, %s after the start",
                                    partition_place(&centres[c], &plans[k], place, sizeof(place)),
                                    (long long)taken, (long long)nodes, g,
                                    quantity_human_time(simtime_seconds(at), text, sizeof(text)));
            }
            row++;
        }
    }
}

/* --- who may --- */

/* Its row; -1: none yet, but logs may bring it, below one that has members; -2: there is none. */
static int64_t find_tenant(const struct build *build, const char *path)
{
    const struct scenario *scenario = build->program->epochs[0].scenario;
    int64_t found = -2;
    for (size_t i = 0; i < build->world.tenants.len; i++) {
        const char *known = build->world.tenants.items[i].path;
        const size_t len = strlen(known);
        if (strcmp(known, path) == 0)
            return (int64_t)i;
        if (scenario->rows.items[i].tenant->members.by && strncmp(known, path, len) == 0 &&
            path[len] == '/')
            found = -1;
    }
    return found;
}

/* Where the scenario says what the row of the world is: a partition, or a reservation. */
static void push_row(struct path *path, const struct scenario *scenario, size_t row)
{
    const struct centre *centres = scenario->centres.items;
    for (size_t c = 0; c < scenario->centres.len; c++) {
        const struct partition_plan *plans = centres[c].partitions.items;
        for (size_t k = 0; k < centres[c].partitions.len; k++) {
            const size_t reservations = plans[k].reservations.len;
            if (row > reservations) {
                row -= reservations + 1;
                continue;
            }
            path_push_key(path, "centres");
            path_push_key(path, centres[c].named.name);
            path_push_key(path, "partitions");
            path_push_key(path, plans[k].named.name);
            if (row == reservations)
                return;
            path_push_key(path, "reservations");
            path_push_index(path, row);
            return;
        }
    }
}

/* `what` is wrong with it, at its place in the file. */
static void add_error(const struct build *build, const struct path *path, const char *what,
                      struct error_list *errors)
{
    char place[240];
    const struct node *node = path_get(build->program->epochs[0].tree, path);
    error_list_addf(errors, node ? node->at : (struct mark){0}, "%s: %s",
                    path_format(path, place, sizeof(place)), what);
}

/* The row is kept for tenants[i]; `key` says so. */
static void keep_for(struct build *build, size_t row, const char *key, const struct texts *tenants,
                     size_t i, struct error_list *errors)
{
    const char *tenant = tenants->items[i];
    if (find_tenant(build, tenant) == -2) {
        char hint[240], text[360];
        const size_t n = build->world.tenants.len;
        const char **names = mem_new(n, sizeof(*names));
        for (size_t k = 0; k < n; k++)
            names[k] = build->world.tenants.items[k].path;
        suggest_name(tenant, names, n, hint, sizeof(hint));
        free(names);
        struct path path = {0};
        push_row(&path, build->program->epochs[0].scenario, row);
        path_push_key(&path, key);
        const struct node *value = path_get(build->program->epochs[0].tree, &path);
        if (value && value->kind == NODE_LIST)
            path_push_index(&path, i);
        snprintf(text, sizeof(text), "unknown tenant \"%.60s\"%s", tenant, hint);
        add_error(build, &path, text, errors);
        path_deinit(&path);
    }
    access_keep(build->world.access, (int32_t)row, tenant);
}

/* Calls keep_for with all that is kept. Returns whether anything is; build NULL: only that. */
static bool keep_all(struct build *build, const struct scenario *scenario,
                     struct error_list *errors)
{
    const struct centre *centres = scenario->centres.items;
    bool any = false;
    size_t row = 0;
    for (size_t c = 0; c < scenario->centres.len; c++) {
        const struct partition_plan *plans = centres[c].partitions.items;
        for (size_t k = 0; k < centres[c].partitions.len; k++, row++) {
            const struct reservation *all = plans[k].reservations.items;
            any |= plans[k].tenants.len > 0 || plans[k].reservations.len > 0;
            for (size_t i = 0; i < plans[k].reservations.len && build; i++, row++) {
                char *tenant = all[i].tenant;
                if (tenant)
                    keep_for(build, row, "tenant", &(struct texts){&tenant, 1}, 0, errors);
                for (size_t t = 0; t < all[i].tenants.len; t++)
                    keep_for(build, row, "tenants", &all[i].tenants, t, errors);
            }
            for (size_t t = 0; t < plans[k].tenants.len && build; t++)
                keep_for(build, row, "tenants", &plans[k].tenants, t, errors);
        }
    }
    return any;
}

/* Who has a reservation must also be one of those the partition is kept for. */
static void check_rules(const struct build *build, struct error_list *errors)
{
    const struct access *access = build->world.access;
    for (size_t i = 0; i < access->n_rules; i++) {
        const int32_t row = access->rules[i].partition;
        const struct partition_info *info = &build->world.partitions[row];
        const int64_t tenant = find_tenant(build, access->rules[i].path);
        if (!info->part || tenant < 0 || access_may(access, (int32_t)tenant, info->of))
            continue;
        struct path path = {0};
        push_row(&path, build->program->epochs[0].scenario, (size_t)row);
        char *text = mem_format("%s may not run in %s, which is kept for others",
                                access->rules[i].path, build->world.partitions[info->of].path);
        add_error(build, &path, text, errors);
        free(text);
        path_deinit(&path);
    }
}

int open_access(struct build *build, struct error_list *errors)
{
    const struct scenario *scenario = build->program->epochs[0].scenario;
    const size_t before = errors->len;
    if (!keep_all(NULL, scenario, errors))
        return 0;
    build->world.access = access_new(build->world.n_partitions);
    keep_all(build, scenario, errors);
    for (size_t i = 0; i < build->world.tenants.len; i++)
        access_add(build->world.access, build->world.tenants.items[i].path,
                   build->world.tenants.items[i].parent);
    if (errors->len > before)
        return -1;
    check_rules(build, errors);
    return 0;
}

static void check_place(struct build *build, size_t workload, const struct build_place *place,
                        struct error_list *errors)
{
    const struct world *world = &build->world;
    const int32_t tenant = world->workloads[workload].tenant;
    const char *path = world->tenants.items[tenant].path;
    for (size_t row = 0; row < world->n_partitions; row++)
        if ((place->partition >= 0 ? (size_t)place->partition == row
                                   : world->partitions[row].centre == place->centre) &&
            (access_may(world->access, tenant, (int32_t)row) ||
             access_below(world->access, path, (int32_t)row)))
            return;
    struct error err = {0};
    if (place->partition >= 0)
        error_set(&err, "partition: %s is kept for other tenants",
                  world->partitions[place->partition].path);
    else
        error_set(&err, "partition: all those of %s are kept for other tenants",
                  world->centres[place->centre].name);
    if (place->epoch > 0) {
        const struct workload *later = build_workload_at(build, place->epoch, workload);
        const struct node *said = node_get(later->node, "partition");
        error_prefix(&err, "changes: %s: ", world->workloads[workload].path);
        err.at = said ? said->at : later->named.at;
    } else {
        build_workload_error(build, workload, &err);
    }
    error_list_add(errors, &err);
}

void check_access(struct build *build, size_t workload, struct error_list *errors)
{
    const struct build_workload *bw = &build->workloads[workload];
    for (size_t k = 0; k < bw->n_places; k++)
        check_place(build, workload, &bw->places[k], errors);
}
