/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/build.h"

#include "scenario/path.h"
#include "util/mem.h"
#include "workload/keymap.h"
#include "workload/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Maps the users (groups ...) of a log to tenants below this one. */
struct member_context {
    struct world *world;
    struct build *build;
    int32_t parent;
    struct keymap rows; /* of those that came: two logs may tell of one user */
};

static char *keep(struct build *build, char *text)
{
    if (build->n_paths == build->paths_cap) {
        build->paths_cap = build->paths_cap ? 2 * build->paths_cap : 64;
        build->paths = mem_resize(build->paths, build->paths_cap, sizeof(*build->paths));
    }
    return build->paths[build->n_paths++] = text;
}

static int32_t add_tenant(struct world *world, const char *path, int32_t parent)
{
    MEM_GROW(&world->tenants);
    REQUIRE(world->tenants.len < INT32_MAX);
    world->tenants.items[world->tenants.len] = (struct tenant_info){path, parent};
    return (int32_t)world->tenants.len++;
}

static int32_t member_of(void *ctx, int64_t key)
{
    struct member_context *member = ctx;
    const int32_t *known = keymap_find(&member->rows, key);
    if (known)
        return *known;
    const char *parent = member->world->tenants.items[member->parent].path;
    const int32_t row = add_tenant(
        member->world, keep(member->build, mem_format("%s/%lld", parent, (long long)key)),
        member->parent);
    keymap_add(&member->rows, key, row);
    return row;
}

/* "centres.c.partitions.p", "tenants.t.workloads.w", as everywhere in messages. */
static const char *place_text(const char *root, const char *owner, const char *list,
                              const char *name, char *buffer, size_t size)
{
    struct path path = {0};
    path_push_key(&path, root);
    path_push_key(&path, owner);
    path_push_key(&path, list);
    path_push_key(&path, name);
    path_format(&path, buffer, size);
    path_deinit(&path);
    return buffer;
}

/* --- schedulers --- */

static struct sched_config config_of(const struct scheduler *s)
{
    struct sched_config config = {
        .order = (const struct order_type *)(const void *)s->order.kind,
        .order_params = s->order.params,
        .commit_head = s->commit_head,
        .extend = s->overrun == OVERRUN_EXTEND,
        .max_queued = s->max_queued == INT64_MAX ? -1 : s->max_queued,
        .max_processors = s->max_processors == INT64_MAX ? -1 : s->max_processors,
    };
    const struct backfill_type *backfill =
        (const struct backfill_type *)(const void *)s->backfill.kind;
    config.conservative = backfill->conservative;
    config.depth = backfill->depth;
    if (backfill->depth < 0) {
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

/* --- maintenance --- */

/* How often a window that comes again may come in one run. */
#define WINDOWS_MAX 100000

static int compare_windows(const void *a, const void *b)
{
    const struct maintenance *x = a, *y = b;
    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    return x->to < y->to ? -1 : x->to > y->to;
}

/* "3 months", "1 year": calendar months; else a duration. */
static int read_interval(const char *text, int *ret_months, simtime *ret_step, struct error *err)
{
    char unit[16] = "";
    double number;
    *ret_months = 0;
    if (sscanf(text, "%lf %15s", &number, unit) == 2 &&
        (strncmp(unit, "month", 5) == 0 || strncmp(unit, "year", 4) == 0)) {
        *ret_months = (int)number * (unit[0] == 'y' ? 12 : 1);
        if (*ret_months > 0 && number == (int)number && number < 1200)
            return 0;
        return error_set(err, "every: \"%.40s\": a whole number of months or years is needed",
                         text);
    }
    double seconds;
    if (quantity_parse(text, UNIT_TIME, &seconds, err) < 0)
        return error_prefix(err, "every: ");
    *ret_step = simtime_from_seconds(seconds);
    return *ret_step >= SIMTIME_SECOND ? 0 : error_set(err, "every: at least a second is needed");
}

static void add_window(struct items *windows, struct maintenance window)
{
    if (window.to <= 0)
        return;
    windows->items = mem_resize(windows->items, windows->len + 1, sizeof(struct maintenance));
    ((struct maintenance *)windows->items)[windows->len++] = window;
}

static int expand_window(const struct program *program, const struct window *window,
                         int64_t group_nodes, struct items *ret, struct error *err)
{
    const simtime from = program_instant(program, &window->from);
    const simtime to =
        window->until.given ? program_instant(program, &window->until) : from + window->length;
    const int64_t nodes = window->nodes < group_nodes ? window->nodes : group_nodes;
    if (to <= from)
        return error_set(err, "it ends before it begins");
    struct maintenance one = {from, to, (size_t)window->group, (int32_t)nodes};
    const simtime length = program->epochs[0].scenario->time.length;
    if (!window->every) {
        add_window(ret, one);
        return 0;
    }
    int months;
    simtime step = 0;
    if (read_interval(window->every, &months, &step, err) < 0)
        return -1;
    if (length >= SIMTIME_NEVER)
        return error_set(err, "every: a time.length is needed to know where to stop");
    for (int i = 0; one.from < length; i++) {
        if (i == WINDOWS_MAX)
            return error_set(err, "every: more than %d windows in the run", WINDOWS_MAX);
        add_window(ret, one);
        one.from = months
                       ? date_add_months(program->start + from, program->offset, months * (i + 1)) -
                             program->start
                       : one.from + step;
        one.to = one.from + (to - from);
    }
    return 0;
}

/* --- the world --- */

static void describe_processor(const struct scenario *scenario, const struct partition_plan *plan,
                               struct partition_info *info)
{
    /* FP16 and FP64 are never added: a partition has the speed of its trade, the lowest precision
     * that is stated being the one for AI, FP64 for the rest. */
    static const int preference[] = {PRECISION_FP16, PRECISION_FP64, PRECISION_FP32,
                                     PRECISION_INT8};
    const struct processor *processors = scenario->processors.items;
    info->processor = plan->processor ? plan->processor : "";
    info->precision = "";
    for (size_t i = 0; i < scenario->processors.len && plan->processor; i++) {
        if (strcmp(processors[i].named.name, plan->processor) != 0)
            continue;
        for (size_t k = 0; k < ARRAY_LEN(preference) && info->flops == 0; k++) {
            info->flops = processors[i].flops[preference[k]];
            info->precision = info->flops > 0 ? precision_names[preference[k]] : "";
        }
    }
}

static bool asks_nodes_of(const struct program *program, int64_t centre, const char *partition)
{
    const struct scenario *scenario = program->epochs[0].scenario;
    const struct tenant *tenants = scenario->tenants.items;
    for (size_t i = 0; i < scenario->tenants.len; i++) {
        const struct workload *workloads = tenants[i].workloads.items;
        if (scenario_centre(scenario, tenants[i].home) != centre)
            continue;
        for (size_t k = 0; k < tenants[i].workloads.len; k++) {
            const char *name = workloads[k].partition;
            if (name && strcmp(name, "any") != 0 && strcmp(name, partition) != 0)
                continue;
            if (workloads[k].kind->asks_nodes && workloads[k].kind->asks_nodes(workloads[k].params))
                return true;
        }
    }
    return false;
}

static void lay_out_partition(struct build *build, size_t row, size_t centre,
                              const struct partition_plan *plan, struct error_list *errors)
{
    const struct program *program = build->program;
    const struct scenario *scenario = program->epochs[0].scenario;
    const struct centre *owner = (const struct centre *)scenario->centres.items + centre;
    const struct scheduler *scheduler = partition_scheduler(owner, plan);
    struct sim_partition *partition = &build->partitions[row];
    struct partition_info *info = &build->world.partitions[row];
    info->name = plan->named.name;
    info->path = keep(build, mem_format("%s/%s", owner->named.name, plan->named.name));
    info->centre = (int32_t)centre;
    describe_processor(scenario, plan, info);
    const struct group *groups = plan->groups.items;
    struct node_group *copy = mem_new(plan->groups.len, sizeof(*copy));
    keep(build, (char *)copy);
    int64_t procs = 0;
    for (size_t g = 0; g < plan->groups.len; g++) {
        copy[g] =
            (struct node_group){(int32_t)groups[g].nodes, (int32_t)groups[g].processors_per_node};
        procs += groups[g].nodes * groups[g].processors_per_node;
    }
    char place[200];
    place_text("centres", owner->named.name, "partitions", plan->named.name, place, sizeof(place));
    if (procs > INT32_MAX)
        error_list_addf(errors, plan->named.at, "%s: more than %d processors", place, INT32_MAX);
    partition->config = config_of(scheduler);
    partition->setup = (struct partition_setup){
        .row = (int32_t)row,
        .placement = (const struct placement_type *)(const void *)scheduler->placement.kind,
        .groups = copy,
        .n_groups = plan->groups.len,
        .nodes_matter = asks_nodes_of(program, (int64_t)centre, plan->named.name),
        .overcommit = partition->config.decide == DECIDE_EVENT,
    };
    if (partition->setup.nodes_matter &&
        (partition->config.commit_head || partition->config.decide == DECIDE_EVENT))
        error_list_addf(errors, plan->named.at,
                        "%s: jobs that ask for whole nodes cannot run under decide: each-event or "
                        "commit_head, which only count processors",
                        info->path);
    struct items windows = {0};
    const struct window *all = plan->maintenance.items;
    for (size_t i = 0; i < plan->maintenance.len; i++) {
        struct error err;
        if (expand_window(program, &all[i], groups[all[i].group].nodes, &windows, &err) < 0)
            error_list_addf(errors, plan->named.at, "%s.maintenance[%zu]: %s", place, i, err.text);
    }
    if (windows.len > 0)
        qsort(windows.items, windows.len, sizeof(struct maintenance), compare_windows);
    build->windows[row] = windows.items;
    partition->setup.windows = windows.items;
    partition->setup.n_windows = windows.len;
}

static void lay_out_centres(struct build *build, struct error_list *errors)
{
    const struct scenario *scenario = build->program->epochs[0].scenario;
    const struct centre *centres = scenario->centres.items;
    struct world *world = &build->world;
    world->n_centres = scenario->centres.len;
    world->centres = mem_new(world->n_centres, sizeof(*world->centres));
    for (size_t i = 0; i < world->n_centres; i++) {
        world->centres[i].name = centres[i].named.name;
        world->n_partitions += centres[i].partitions.len;
    }
    world->partitions = mem_new(world->n_partitions, sizeof(*world->partitions));
    build->partitions = mem_new(world->n_partitions, sizeof(*build->partitions));
    build->windows = mem_new(world->n_partitions, sizeof(*build->windows));
    size_t row = 0;
    for (size_t i = 0; i < world->n_centres; i++) {
        const struct partition_plan *plans = centres[i].partitions.items;
        for (size_t k = 0; k < centres[i].partitions.len; k++)
            lay_out_partition(build, row++, i, &plans[k], errors);
    }
}

/* --- what changes when --- */

/* By date; at one date as found, partitions first. */
static int compare_changes(const void *a, const void *b)
{
    const struct sim_change *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    if (x->what != y->what)
        return x->what < y->what ? -1 : 1;
    if (x->partition != y->partition)
        return x->partition < y->partition ? -1 : 1;
    return x->group < y->group ? -1 : x->group > y->group;
}

static void add_change(struct build *build, struct sim_change change)
{
    build->changes = mem_resize(build->changes, build->n_changes + 1, sizeof(*build->changes));
    build->changes[build->n_changes++] = change;
}

static const struct partition_plan *plan_at(const struct scenario *scenario, size_t centre,
                                            size_t partition, const struct centre **ret_centre)
{
    *ret_centre = (const struct centre *)scenario->centres.items + centre;
    return (const struct partition_plan *)(*ret_centre)->partitions.items + partition;
}

static bool same_scheduler(const struct centre *c, const struct partition_plan *p,
                           const struct centre *d, const struct partition_plan *q)
{
    const struct node *a = p->scheduler_node ? p->scheduler_node : c->scheduler_node;
    const struct node *b = q->scheduler_node ? q->scheduler_node : d->scheduler_node;
    return a == b || (a && b && node_equal(a, b));
}

static void compare_partition(struct build *build, size_t epoch, size_t centre, size_t k,
                              int32_t row, struct error_list *errors)
{
    const struct epoch *now = &build->program->epochs[epoch], *before = now - 1;
    const struct centre *c, *d;
    const struct partition_plan *p = plan_at(before->scenario, centre, k, &c);
    const struct partition_plan *q = plan_at(now->scenario, centre, k, &d);
    const struct group *old = p->groups.items, *new = q->groups.items;
    for (size_t g = 0; g < p->groups.len; g++)
        if (old[g].nodes != new[g].nodes)
            add_change(build, (struct sim_change){.at = now->at,
                                                  .partition = row,
                                                  .group = g,
                                                  .nodes = (int32_t) new[g].nodes});
    if (same_scheduler(c, p, d, q))
        return;
    const struct scheduler *s = partition_scheduler(d, q);
    if (s->placement.kind != partition_scheduler(c, p)->placement.kind)
        error_list_addf(errors, q->named.at,
                        "changes: the placement of %s cannot change while the run goes on",
                        build->world.partitions[row].path);
    struct sched_config *config = mem_new(1, sizeof(*config));
    keep(build, (char *)config);
    *config = config_of(s);
    if ((config->decide == DECIDE_EVENT) != build->partitions[row].setup.overcommit)
        error_list_addf(errors, q->named.at,
                        "changes: decide of %s cannot change to or from each-event while the run "
                        "goes on",
                        build->world.partitions[row].path);
    add_change(build, (struct sim_change){
                          .at = now->at, .what = CHANGE_RULES, .partition = row, .config = config});
}

static void find_changes(struct build *build, struct error_list *errors)
{
    for (size_t e = 1; e < build->program->n_epochs; e++) {
        int32_t row = 0;
        for (size_t i = 0; i < build->world.n_centres; i++) {
            const struct centre *centre =
                (const struct centre *)build->program->epochs[e].scenario->centres.items + i;
            for (size_t k = 0; k < centre->partitions.len; k++)
                compare_partition(build, e, i, k, row++, errors);
        }
    }
}

/* Two trees of a workload, but for what may change of any kind: its priority. */
static bool same_but_priority(const struct node *a, const struct node *b)
{
    struct node *x = node_copy(a), *y = node_copy(b);
    node_free(node_remove(x, "priority"));
    node_free(node_remove(y, "priority"));
    const bool same = node_equal(x, y);
    node_free(x);
    node_free(y);
    return same;
}

static void compare_workload(struct build *build, size_t epoch, const struct workload *old,
                             const struct workload *new, int32_t row, struct error_list *errors)
{
    if (old->priority != new->priority)
        add_change(build, (struct sim_change){.at = build->program->epochs[epoch].at,
                                              .what = CHANGE_PRIORITY,
                                              .workload = row,
                                              .priority = new->priority});
    if (!new->kind->changes && !same_but_priority(old->node, new->node))
        error_list_addf(errors, new->named.at,
                        "changes: %s: the jobs of a %s workload cannot change at a date, but for "
                        "their priority",
                        build->world.workloads[row].path, new->kind->key);
}

/* The other epochs against the one before. Workloads are laid out. */
static void find_workload_changes(struct build *build, struct error_list *errors)
{
    for (size_t e = 1; e < build->program->n_epochs; e++) {
        const struct scenario *before = build->program->epochs[e - 1].scenario;
        const struct scenario *now = build->program->epochs[e].scenario;
        const struct tenant *t = before->tenants.items, *u = now->tenants.items;
        int32_t row = 0;
        for (size_t i = 0; i < now->tenants.len; i++)
            for (size_t k = 0; k < u[i].workloads.len; k++, row++)
                compare_workload(build, e, (const struct workload *)t[i].workloads.items + k,
                                 (const struct workload *)u[i].workloads.items + k, row, errors);
    }
}

/* --- tenants and workloads --- */

static int64_t most_procs(const struct build *build, const struct job_spec *base)
{
    int64_t most = 0;
    for (size_t row = 0; row < build->world.n_partitions; row++) {
        if (base->partition >= 0 ? (size_t)base->partition != row
                                 : build->world.partitions[row].centre != base->centre)
            continue;
        const struct partition_setup *setup = &build->partitions[row].setup;
        int64_t procs = 0, change = 0;
        for (size_t g = 0; g < setup->n_groups; g++)
            procs += (int64_t)setup->groups[g].nodes * setup->groups[g].procs_per_node;
        for (size_t i = 0; i < build->n_changes; i++) {
            const struct sim_change *c = &build->changes[i];
            const struct node_group *group = &setup->groups[c->group];
            if (c->what == CHANGE_NODES && c->partition == (int32_t)row && c->nodes > group->nodes)
                change += (int64_t)(c->nodes - group->nodes) * group->procs_per_node;
        }
        most = procs + change > most ? procs + change : most;
    }
    return most;
}

static int32_t row_of(const struct build *build, int64_t centre, const char *partition)
{
    for (size_t row = 0; row < build->world.n_partitions; row++)
        if (build->world.partitions[row].centre == centre &&
            (!partition || strcmp(build->world.partitions[row].name, partition) == 0))
            return (int32_t)row;
    return -1;
}

/* Processors of the smallest nodes of a centre: what a whole node counts for at least. */
static int32_t least_node(const struct build *build, int64_t centre)
{
    int32_t least = 0;
    for (size_t row = 0; row < build->world.n_partitions; row++) {
        const struct partition_setup *setup = &build->partitions[row].setup;
        for (size_t g = 0; g < setup->n_groups && build->world.partitions[row].centre == centre;
             g++)
            if (least == 0 || setup->groups[g].procs_per_node < least)
                least = setup->groups[g].procs_per_node;
    }
    return least;
}

static void lay_out_workload(struct build *build, size_t tenant, size_t k,
                             const struct build_options *options)
{
    const struct program *program = build->program;
    const struct scenario *scenario = program->epochs[0].scenario;
    const struct tenant *owner = (const struct tenant *)scenario->tenants.items + tenant;
    const struct workload *workload = (const struct workload *)owner->workloads.items + k;
    const size_t row = build->world.n_workloads++;
    struct build_workload *bw = &build->workloads[row];
    build->world.workloads[row] = (struct workload_info){
        .path = keep(build, mem_format("%s/%s", owner->named.name, workload->named.name)),
        .tenant = (int32_t)tenant,
    };
    const int64_t centre = scenario_centre(scenario, owner->home);
    const bool any = workload->partition && strcmp(workload->partition, "any") == 0;
    bw->workload = workload;
    bw->context = (struct workload_context){
        .base = {.workload = (int32_t)row,
                 .tenant = (int32_t)tenant,
                 .centre = (int32_t)centre,
                 .partition = any ? PARTITION_ANY : row_of(build, centre, workload->partition),
                 .priority = workload->priority},
        .seed = {options->seed, options->replication},
        .path = keep(build, mem_format("tenants/%s/%s", owner->named.name, workload->named.name)),
        .start = program->start,
        .offset = program->offset,
        .limit = build->drain ? SIMTIME_NEVER : build->world.length,
        .drains = build->drain,
        .procs_per_node = least_node(build, centre),
        .sort = options->sort,
        .by = owner->members.by,
        .tenant_of = member_of,
        .tenant_ctx = &build->members[tenant],
    };
    bw->context.partition_procs = most_procs(build, &bw->context.base);
    bw->epochs = mem_new(program->n_epochs, sizeof(*bw->epochs));
    for (size_t e = 0; e < program->n_epochs; e++) {
        const struct tenant *t =
            (const struct tenant *)program->epochs[e].scenario->tenants.items + tenant;
        const struct workload *w = (const struct workload *)t->workloads.items + k;
        bw->epochs[e] = (struct workload_epoch){program->epochs[e].at, w->params};
    }
}

static void lay_out_tenants(struct build *build, const struct build_options *options)
{
    const struct scenario *scenario = build->program->epochs[0].scenario;
    const struct tenant *tenants = scenario->tenants.items;
    size_t n = 0;
    build->members = mem_new(scenario->tenants.len, sizeof(*build->members));
    for (size_t i = 0; i < scenario->tenants.len; i++) {
        add_tenant(&build->world, tenants[i].named.name, -1);
        build->members[i] = (struct member_context){&build->world, build, (int32_t)i, {0}};
        n += tenants[i].workloads.len;
    }
    build->world.workloads = mem_new(n, sizeof(*build->world.workloads));
    build->workloads = mem_new(n, sizeof(*build->workloads));
    build->sources = mem_new(n, sizeof(*build->sources));
    for (size_t i = 0; i < scenario->tenants.len; i++)
        for (size_t k = 0; k < tenants[i].workloads.len; k++)
            lay_out_workload(build, i, k, options);
}

static void set_times(struct build *build)
{
    const struct program *program = build->program;
    const struct scenario *scenario = program->epochs[0].scenario;
    struct world *world = &build->world;
    world->start = program->start;
    world->offset = program->offset;
    world->length = scenario->time.length;
    world->measure_from = scenario->time.warmup;
    if (scenario->measure.from.given)
        world->measure_from = program_instant(program, &scenario->measure.from);
    world->measure_until = scenario->time.length;
    if (scenario->measure.until.given)
        world->measure_until = program_instant(program, &scenario->measure.until);
    /* Without a length the run ends at the last end anyway: there is nothing to go on after. */
    build->drain = scenario->measure.after == MEASURE_DRAIN && world->length < SIMTIME_NEVER;
}

int build_init(struct build *build, const struct program *program,
               const struct build_options *options, struct error_list *errors)
{
    const size_t before = errors->len;
    *build = (struct build){.program = program};
    set_times(build);
    lay_out_centres(build, errors);
    find_changes(build, errors);
    lay_out_tenants(build, options);
    find_workload_changes(build, errors);
    if (build->n_changes > 1)
        qsort(build->changes, build->n_changes, sizeof(*build->changes), compare_changes);
    return errors->len > before ? -1 : 0;
}

void build_workload_error(const struct build *build, size_t row, struct error *err)
{
    const struct workload *workload = build->workloads[row].workload;
    const struct tenant *tenants = build->program->epochs[0].scenario->tenants.items;
    char place[200];
    if (err->at.file && err->at.line > 0)
        return;
    if (err->at.file)
        error_prefix(err, "%s: ", err->at.file);
    err->at = workload->named.at;
    error_prefix(err, "%s: ",
                 place_text("tenants", tenants[build->world.workloads[row].tenant].named.name,
                            "workloads", workload->named.name, place, sizeof(place)));
}

int build_open(struct build *build, struct error_list *errors)
{
    const size_t before = errors->len;
    for (size_t i = 0; i < build->world.n_workloads; i++) {
        struct build_workload *bw = &build->workloads[i];
        struct error err = {0};
        bw->source =
            bw->workload->kind->open(bw->epochs, build->program->n_epochs, &bw->context, &err);
        build->sources[i] = bw->source;
        if (bw->source)
            continue;
        build_workload_error(build, i, &err);
        error_list_add(errors, &err);
    }
    return errors->len > before ? -1 : 0;
}

void build_deinit(struct build *build)
{
    for (size_t i = 0; i < build->world.n_workloads; i++) {
        source_free(build->workloads[i].source);
        free(build->workloads[i].epochs);
    }
    for (size_t row = 0; row < build->world.n_partitions && build->windows; row++)
        free(build->windows[row]);
    for (size_t i = 0; i < build->n_paths; i++)
        free(build->paths[i]);
    free(build->paths);
    free(build->windows);
    free(build->partitions);
    free(build->changes);
    free(build->workloads);
    free(build->sources);
    const struct scenario *scenario = build->program ? build->program->epochs[0].scenario : NULL;
    for (size_t i = 0; build->members && i < scenario->tenants.len; i++)
        keymap_deinit(&build->members[i].rows);
    free(build->members);
    free(build->world.centres);
    free(build->world.partitions);
    free(build->world.workloads);
    free(build->world.tenants.items);
    *build = (struct build){0};
}

void build_setup(const struct build *build, struct sim_setup *ret)
{
    *ret = (struct sim_setup){
        .world = &build->world,
        .partitions = build->partitions,
        .changes = build->changes,
        .n_changes = build->n_changes,
        .sources = build->sources,
        .n_sources = build->world.n_workloads,
        .drain = build->drain,
    };
}
