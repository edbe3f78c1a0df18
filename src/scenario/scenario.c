/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/scenario.h"

#include "scenario/brokers.h"
#include "scenario/complete.h"
#include "scenario/qos.h"
#include "scenario/slurm_conf.h"
#include "util/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t scenario_centre(const struct scenario *scenario, const char *name)
{
    const struct centre *centres = scenario->centres.items;
    for (size_t i = 0; i < scenario->centres.len; i++)
        if (strcmp(centres[i].named.name, name) == 0)
            return (int64_t)i;
    return -1;
}

int64_t centre_partition(const struct centre *centre, const char *name)
{
    const struct partition_plan *plans = centre->partitions.items;
    for (size_t i = 0; i < centre->partitions.len; i++)
        if (strcmp(plans[i].named.name, name) == 0)
            return (int64_t)i;
    return -1;
}

/* --- freeing --- */

static void scheduler_deinit(struct scheduler *scheduler)
{
    schema_free(scheduler_table, scheduler);
    for (size_t i = 0; i < scheduler->slurm_notes.len; i++)
        free(scheduler->slurm_notes.items[i]);
    free(scheduler->slurm_notes.items);
    free(scheduler->slurm_whole);
}

void scenario_free(struct scenario *scenario)
{
    if (!scenario)
        return;
    struct centre *centres = scenario->centres.items;
    for (size_t i = 0; i < scenario->centres.len; i++) {
        struct partition_plan *plans = centres[i].partitions.items;
        scheduler_deinit(&centres[i].scheduler);
        for (size_t k = 0; k < centres[i].partitions.len; k++)
            scheduler_deinit(&plans[k].scheduler);
    }
    tenants_deinit(&scenario->tenants);
    free(scenario->rows.items);
    uncertain_deinit(&scenario->uncertain);
    path_notes_deinit(&scenario->paths);
    schema_free(scenario_fields, scenario);
    free(scenario);
}

/* --- names of other things --- */

struct mark mark_of(const struct node *map, const char *key)
{
    const struct node *node = map ? node_get(map, key) : NULL;
    return node ? node->at : map ? map->at : (struct mark){0};
}

int decode_error_of(struct decode *ctx, const struct node *map, const char *key, const char *fmt,
                    ...)
{
    struct error err;
    va_list args;
    va_start(args, fmt);
    vsnprintf(err.text, sizeof(err.text), fmt, args);
    va_end(args);
    decode_enter(ctx, key);
    decode_error(ctx, mark_of(map, key), "%s", err.text);
    decode_leave(ctx);
    return -1;
}

int unknown_name(struct decode *ctx, struct mark at, const char *key, const char *what,
                 const char *name, const struct items *known, size_t size)
{
    char hint[240];
    if (ctx->hides_names) {
        ctx->failures++;
        return -1;
    }
    const char **names = mem_new(known->len, sizeof(*names));
    for (size_t i = 0; i < known->len; i++) {
        struct named named;
        memcpy(&named, (const char *)known->items + i * size, sizeof(named));
        names[i] = named.name;
    }
    suggest_name(name, names, known->len, hint, sizeof(hint));
    free(names);
    decode_enter(ctx, key);
    decode_error(ctx, at, "unknown %s \"%.60s\"%s", what, name, hint);
    decode_leave(ctx);
    return -1;
}

/* --- centres --- */

/* So that whoever keeps what a run read keeps it too. The main file is noted as it is named. */
static void note_includes(struct decode *ctx, const struct slurm_conf *conf, struct mark at)
{
    for (size_t i = 1; i < conf->pairs.files.len; i++) {
        const char *file = conf->pairs.files.items[i];
        MEM_GROW(&ctx->notes);
        ctx->notes.items[ctx->notes.len++] = (struct path_note){at, mem_text(file), mem_text(file)};
    }
}

/* The scheduler whole where a slurm.conf says what the scenario does not; to be freed. NULL with
 * errors. */
static struct node *with_slurm(struct decode *ctx, const struct node *node,
                               struct scheduler *scheduler)
{
    struct scheduler said = {0};
    const struct node *file = node_get(node, "slurm");
    struct node *whole = node_copy(node);
    struct node *name = node_remove(whole, "slurm");
    struct node *only = node_new(NODE_MAP, node->at);
    node_add(only, "slurm", file->at, name);
    const int rc = decode_table(only, scheduler_table, &said, ctx);
    node_free(only);
    struct slurm_conf conf = {0};
    char place[240];
    decode_enter(ctx, "slurm");
    path_format(&ctx->path, place, sizeof(place));
    decode_leave(ctx);
    if (rc < 0 || slurm_conf_read(&conf, said.slurm, place, file->at, ctx->errors) < 0) {
        struct scheduler rest = {0};
        ctx->failures++;
        decode_table(whole, scheduler_table, &rest, ctx); /* what else is wrong is told too */
        schema_free(scheduler_table, &rest);
        node_free(whole);
        whole = NULL;
    }
    for (size_t i = 0; whole && i < conf.scheduler->len; i++) {
        const struct node_entry *entry = &conf.scheduler->items[i];
        if (!node_get(whole, entry->key))
            node_add(whole, entry->key, entry->at, node_copy(entry->value));
    }
    scheduler->slurm = said.slurm;
    scheduler->slurm_notes = conf.notes;
    scheduler->slurm_whole = whole ? node_emit(whole) : NULL;
    note_includes(ctx, &conf, file->at);
    said.slurm = NULL;
    conf.notes = (struct texts){0};
    slurm_conf_deinit(&conf);
    schema_free(scheduler_table, &said);
    return whole;
}

/* Claims need a head that is judged once an instant, and processors that are all alike. */
static void check_reclaim(struct decode *ctx, const struct node *node,
                          const struct scheduler *scheduler)
{
    if (scheduler->reclaim != RECLAIM_NEWEST)
        return;
    if (strcmp(scheduler->backfill.kind->name, "conservative") == 0)
        decode_error_of(ctx, node, "reclaim",
                        "under backfill: conservative no claim goes first; choose another "
                        "backfill, or reclaim: none");
    if (scheduler->commit_head || strcmp(scheduler->decide.kind->name, "each-event") == 0)
        decode_error_of(ctx, node, "reclaim",
                        "claims are judged once an instant; leave commit_head and decide: "
                        "each-event out");
    if (strcmp(scheduler->placement.kind->name, "contiguous") == 0)
        decode_error_of(ctx, node, "reclaim",
                        "stopping jobs makes room by count, not in one run of nodes; choose "
                        "another placement than contiguous");
}

/* What no rule defines together. */
static void check_scheduler(struct decode *ctx, const struct node *node,
                            const struct scheduler *scheduler)
{
    struct placement_type placement;
    memcpy(&placement, scheduler->placement.kind, sizeof(placement));
    const char *decide = scheduler->decide.kind->name;
    const char *backfill = scheduler->backfill.kind->name;
    const bool each_event = strcmp(decide, "each-event") == 0;
    const bool each_instant = strcmp(decide, "each-instant") == 0;
    if ((each_event || scheduler->commit_head) && !placement.counts_only)
        decode_error_of(ctx, node, "placement",
                        "with decide: each-event or commit_head processors are only "
                        "counted; choose any");
    if (scheduler->commit_head && !each_instant)
        decode_error_of(ctx, node, "decide",
                        "commit_head decides after each event by itself; leave this out");
    if (strcmp(backfill, "conservative") == 0 && !(each_instant && !scheduler->commit_head))
        decode_error_of(ctx, node, "backfill",
                        "conservative makes its reservations on arrival, so it decides "
                        "at each instant; leave decide and commit_head out, or choose plan");
    else if (strcmp(backfill, "slurm") == 0 && !(each_instant && !scheduler->commit_head))
        decode_error_of(ctx, node, "backfill",
                        "slurm decides when something happens and at intervals of its "
                        "own; leave decide and commit_head out");
    else if (scheduler->commit_head && strcmp(backfill, "none") != 0 &&
             strcmp(backfill, "easy") != 0)
        decode_error_of(ctx, node, "backfill",
                        "commit_head has its own, published with it: easy; or none");
    check_reclaim(ctx, node, scheduler);
}

static void decode_scheduler(struct decode *ctx, const struct node *node,
                             struct scheduler *scheduler)
{
    static const struct node none = {.kind = NODE_MAP};
    struct node *whole = NULL;
    decode_enter(ctx, "scheduler");
    if (node && node_get(node, "slurm")) {
        whole = with_slurm(ctx, node, scheduler);
        node = whole;
        if (!whole) {
            decode_leave(ctx);
            return;
        }
    }
    if (decode_table(node ? node : &none, scheduler_table, scheduler, ctx) == 0)
        check_scheduler(ctx, node, scheduler);
    node_free(whole);
    decode_leave(ctx);
}

void check_window(struct decode *ctx, const struct partition_plan *plan,
                  const struct window *window, const struct node *node)
{
    const bool until = window->until.given, length = window->length > 0;
    const struct mark at = node->at;
    if (until == length && !node_fails(node, "until") && !node_fails(node, "length"))
        decode_error(ctx, at,
                     until ? "give either until or length, not both"
                           : "its end is missing: give until, or a length above 0s");
    if (window->group >= (int64_t)plan->groups.len)
        decode_error_of(ctx, node, "group", "%lld is none of the %zu groups, counted from 0",
                        (long long)window->group, plan->groups.len);
}

static void check_maintenance(struct decode *ctx, const struct centre *centre,
                              const struct partition_plan *plan, const struct node *list)
{
    const struct window *windows = plan->maintenance.items;
    decode_enter(ctx, "maintenance");
    if (partition_scheduler(centre, plan)->commit_head && !list->faulty)
        decode_error(ctx, list->at,
                     "commit_head does not look ahead: jobs would run into maintenance; leave one "
                     "of the two out");
    for (size_t i = 0; i < plan->maintenance.len; i++) {
        const struct node *node = list->items[i].value;
        decode_enter_item(ctx, i);
        check_window(ctx, plan, &windows[i], node);
        if (plan->groups.len > 1 && node_get(node, "nodes") && !node_get(node, "group"))
            decode_error_of(ctx, node, "nodes", "of which group? give group too, from 0");
        decode_leave(ctx);
    }
    decode_leave(ctx);
}

static void complete_partition(struct decode *ctx, const struct scenario *scenario,
                               const struct centre *centre, struct partition_plan *plan,
                               const struct node *node)
{
    bool known = !plan->processor;
    const struct processor *processors = scenario->processors.items;
    for (size_t i = 0; i < scenario->processors.len && !known; i++)
        known = strcmp(processors[i].named.name, plan->processor) == 0;
    if (!known)
        unknown_name(ctx, mark_of(node, "processor"), "processor", "processor", plan->processor,
                     &scenario->processors, sizeof(*processors));
    const bool has_groups = node_get(node, "groups") != NULL;
    if (!node_get(node, "nodes") && node_fails(node, "nodes"))
        ctx->failures++;
    else if (!has_groups && !node_get(node, "nodes"))
        decode_error(ctx, node->at, "nodes is missing (or groups, where nodes differ)");
    else if (has_groups == (node_get(node, "nodes") != NULL))
        decode_error(ctx, node->at, "give either nodes or groups, not both");
    else if (has_groups && node_get(node, "processors_per_node"))
        decode_error_of(ctx, node, "processors_per_node", "belongs inside each of the groups");
    else if (has_groups && node_get(node, "memory_per_node"))
        decode_error_of(ctx, node, "memory_per_node", "belongs inside each of the groups");
    const struct node *groups = node_get(node, "groups");
    if (groups && groups->kind == NODE_LIST && groups->len == 0)
        decode_error_of(ctx, node, "groups", "at least one is needed");
    if (plan->groups.len > PARTITION_GROUPS_MAX)
        decode_error_of(ctx, node, "groups", "at most %d", PARTITION_GROUPS_MAX);
    if (plan->groups.len == 0) {
        struct group *group = mem_new(1, sizeof(*group));
        *group = (struct group){plan->nodes, plan->processors_per_node, plan->memory_per_node};
        plan->groups = (struct items){group, 1};
    }
    const struct node *tenants = node_get(node, "tenants");
    if (tenants && tenants->kind == NODE_LIST && tenants->len == 0)
        decode_error_of(
            ctx, node, "tenants",
            "the list is empty, and nobody could run here; name whom it is kept for, or "
            "leave tenants out: then it is everybody's");
    if (plan->scheduler_node)
        decode_scheduler(ctx, plan->scheduler_node, &plan->scheduler);
    if (plan->maintenance.len > 0)
        check_maintenance(ctx, centre, plan, node_get(node, "maintenance"));
    if (plan->reservations.len > 0)
        complete_reservations(ctx, centre, plan, node_get(node, "reservations"));
}

static void complete_centres(struct decode *ctx, struct scenario *scenario, const struct node *root)
{
    struct centre *centres = scenario->centres.items;
    const struct node *all = node_get(root, "centres");
    decode_enter(ctx, "centres");
    if (scenario->centres.len == 0 && all && all->faulty)
        ctx->failures++;
    else if (scenario->centres.len == 0 && all && all->kind == NODE_MAP)
        decode_error(ctx, all->at, "at least one is needed");
    for (size_t i = 0; i < scenario->centres.len; i++) {
        struct partition_plan *plans = centres[i].partitions.items;
        const struct node *node = node_get(all, centres[i].named.name);
        const struct node *partitions = node_get(node, "partitions");
        decode_enter(ctx, centres[i].named.name);
        decode_scheduler(ctx, centres[i].scheduler_node, &centres[i].scheduler);
        decode_enter(ctx, "partitions");
        if (centres[i].partitions.len == 0 && partitions && partitions->kind == NODE_MAP)
            decode_error(ctx, partitions->at, "at least one is needed");
        for (size_t k = 0; k < centres[i].partitions.len; k++) {
            decode_enter(ctx, plans[k].named.name);
            complete_partition(ctx, scenario, &centres[i], &plans[k],
                               node_get(partitions, plans[k].named.name));
            decode_leave(ctx);
        }
        decode_leave(ctx);
        decode_leave(ctx);
    }
    decode_leave(ctx);
}

/* May there be more names than are seen: of processors, centres, partitions or QOS? */
static bool hides_names(const struct node *root)
{
    static const char *const keys[] = {"processors", "centres", "qos"};
    bool hides = root->faulty;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        const struct node *map = node_get(root, keys[i]);
        hides |= map && (map->faulty || map->kind != NODE_MAP);
    }
    const struct node *centres = node_get(root, "centres");
    for (size_t i = 0; centres && centres->kind == NODE_MAP && i < centres->len; i++) {
        const struct node *centre = centres->items[i].value, *map = node_get(centre, "partitions");
        hides |= centre->faulty || !map || map->faulty || map->kind != NODE_MAP;
    }
    return hides;
}

struct scenario *scenario_read(struct node *tree, const char *file, struct error_list *errors,
                               size_t *ret_failures)
{
    static const char *const taken[] = {"include", "variants", NULL};
    struct scenario *scenario = mem_new(1, sizeof(*scenario));
    struct decode ctx = {
        .errors = errors, .file = file, .hides_names = hides_names(tree), .taken = taken};
    size_t before = errors->len;
    decode_table(tree, scenario_fields, scenario, &ctx);
    node_blame(tree, errors, before);
    before = errors->len;
    if (tree->kind == NODE_MAP) {
        complete_centres(&ctx, scenario, tree);
        complete_qos(&ctx, scenario, tree);
        complete_tenants(&ctx, scenario, tree);
        complete_uncertain(&ctx, scenario, tree);
        check_links(&ctx, scenario, tree);
    }
    node_blame(tree, errors, before);
    *ret_failures = ctx.failures;
    scenario->paths = ctx.notes;
    ctx.notes = (struct path_notes){0};
    decode_deinit(&ctx);
    return scenario;
}

void push_tenant(struct path *path, const struct tenant_row *rows, int32_t row)
{
    if (rows[row].parent >= 0)
        push_tenant(path, rows, rows[row].parent);
    path_push_key(path, rows[row].member ? "members" : "tenants");
    path_push_key(path, rows[row].member ? "each" : rows[row].tenant->named.name);
}

void place_workload_error(const struct tenant_row *rows, int32_t row,
                          const struct workload *workload, struct error *err)
{
    char place[200];
    const struct node *log = node_get(workload->node, "log");
    if (err->at.file && log)
        err->named = log->at;
    if (err->at.file && err->at.line > 0)
        return;
    /* What is wrong with a file begins with no key. */
    const bool of_file = err->at.file != NULL;
    if (of_file)
        error_prefix(err, "%s: ", err->at.file);
    struct path path = {0};
    push_tenant(&path, rows, row);
    path_push_key(&path, "workloads");
    path_push_key(&path, workload->named.name);
    char *said = mem_text(err->text);
    const char *text = said;
    const struct node *about =
        of_file ? workload->node : path_push_told(&path, workload->node, &text);
    error_at(err, about == workload->node ? workload->named.at : about->at, "%s", text);
    free(said);
    err->of_key = about == workload->node;
    error_prefix(err, "%s: ", path_format(&path, place, sizeof(place)));
    path_deinit(&path);
}

struct scenario *scenario_decode(struct node *tree, const char *file, struct error_list *errors)
{
    size_t failures;
    struct scenario *scenario = scenario_read(tree, file, errors, &failures);
    if (failures == 0)
        return scenario;
    scenario_free(scenario);
    return NULL;
}
