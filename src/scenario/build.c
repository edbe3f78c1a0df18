/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/build.h"

#include "engine/outlook.h"
#include "scenario/brokers.h"
#include "scenario/build_partitions.h"
#include "scenario/build_tenants.h"
#include "scenario/build_times.h"
#include "scenario/changes.h"
#include "scenario/path.h"
#include "scenario/qos.h"
#include "scenario/reservations.h"
#include "scenario/room.h"
#include "util/mem.h"
#include "workload/ahead.h"
#include "workload/deadline.h"
#include "workload/keymap.h"
#include "workload/log.h"
#include "workload/within.h"

#include <stdlib.h>
#include <string.h>

/* A job's rank in the input has 20 bits for its workload. */
#define WORKLOADS_MAX (1 << 20)

/* Maps the users (groups ...) of a log to tenants below this one. */
struct member_context {
    struct world *world;
    struct build *build;
    int32_t parent;
    double share;       /* of each that comes */
    struct keymap rows; /* of those that came: two logs may tell of one user */
};

void *build_keep(struct build *build, void *memory)
{
    if (build->n_paths == build->paths_cap) {
        build->paths_cap = build->paths_cap ? 2 * build->paths_cap : 64;
        build->paths = mem_resize(build->paths, build->paths_cap, sizeof(*build->paths));
    }
    return build->paths[build->n_paths++] = memory;
}

static int32_t add_tenant(struct world *world, const char *path, int32_t parent)
{
    MEM_GROW(&world->tenants);
    REQUIRE(world->tenants.len < INT32_MAX);
    const struct tenant_info none = {.home = -1};
    const struct tenant_info *above = parent >= 0 ? &world->tenants.items[parent] : &none;
    world->tenants.items[world->tenants.len] = (struct tenant_info){.path = path,
                                                                    .parent = parent,
                                                                    .home = above->home,
                                                                    .share = 1,
                                                                    .remote = above->remote,
                                                                    .sector = above->sector};
    if (world->access)
        access_add(world->access, path, parent);
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
        member->world, build_keep(member->build, mem_format("%s/%lld", parent, (long long)key)),
        member->parent);
    struct tenant_info *info = &member->world->tenants.items[row];
    info->share = member->share;
    info->quota = member->world->tenants.items[member->parent].each;
    keymap_add(&member->rows, key, row);
    return row;
}

/* --- tenants and workloads --- */

const struct workload *build_workload_at(const struct build *build, size_t epoch, size_t row)
{
    const struct tenant *tenant =
        build_tenant(build, epoch, (size_t)build->world.workloads[row].tenant);
    return (const struct workload *)tenant->workloads.items + build->workloads[row].nth;
}

const struct build_place *build_place_at(const struct build *build, size_t epoch, size_t row)
{
    const struct build_workload *bw = &build->workloads[row];
    size_t k = bw->n_places - 1;
    while (k > 0 && bw->places[k].epoch > epoch)
        k--;
    return &bw->places[k];
}

/* Jobs given by work need a speed wherever they may run. */
static void check_speeds(const struct build *build, const struct build_workload *bw,
                         struct error_list *errors)
{
    const struct workload *workload = bw->workload;
    unsigned bits = 0;
    for (size_t e = 0; e < build->program->n_epochs && workload->kind->works; e++)
        bits |= workload->kind->works(bw->epochs[e].params);
    for (size_t row = 0; row < build->world.n_partitions && bits; row++) {
        const struct partition_info *info = &build->world.partitions[row];
        if (!room_may_run(build, bw, row))
            continue;
        for (int k = 0; k < PRECISIONS; k++) {
            struct error err = {0};
            if (!(bits >> k & 1) || info->speeds[k] > 0)
                continue;
            if (*info->processor)
                error_set(&err, "work: processor \"%.60s\" of %s states no %s speed%s%s",
                          info->processor, info->path, precision_names[k],
                          *info->precision ? "; it states " : "", info->precision);
            else
                error_set(&err,
                          "work: %s names no processor, so there is no %s speed to turn "
                          "work into time",
                          info->path, precision_names[k]);
            build_workload_error(build, (size_t)bw->context.base.workload, &err);
            error_list_add(errors, &err);
        }
    }
}

static int32_t row_of(const struct build *build, int64_t centre, const char *partition)
{
    for (size_t row = 0; row < build->world.n_partitions; row++)
        if (build->world.partitions[row].centre == centre && !build->world.partitions[row].part &&
            (!partition || strcmp(build->world.partitions[row].name, partition) == 0))
            return (int32_t)row;
    return -1;
}

static int32_t partition_of(const struct build *build, const struct workload *workload)
{
    if (workload->partition && strcmp(workload->partition, "any") == 0)
        return PARTITION_ANY;
    return row_of(build, workload->freight.home, workload->partition);
}

/* Where its jobs go over time. */
static void find_places(const struct build *build, struct build_workload *bw, size_t row)
{
    const size_t n = build->program->n_epochs;
    bw->places = mem_new(n, sizeof(*bw->places));
    for (size_t e = 0; e < n; e++) {
        const struct workload *now = build_workload_at(build, e, row);
        if (e == 0 || !workload_same_place(build_workload_at(build, e - 1, row), now))
            bw->places[bw->n_places++] =
                (struct build_place){e, (int32_t)now->freight.home, partition_of(build, now)};
    }
    bw->places = mem_resize(bw->places, bw->n_places, sizeof(*bw->places));
}

static void lay_out_workload(struct build *build, size_t tenant, size_t k,
                             const struct build_options *options, struct error_list *errors)
{
    const struct program *program = build->program;
    const struct scenario *scenario = program->epochs[0].scenario;
    const struct tenant *owner = build_tenant(build, 0, tenant);
    const struct workload *workload = (const struct workload *)owner->workloads.items + k;
    const char *path = build->world.tenants.items[tenant].path;
    const size_t row = build->world.n_workloads++;
    struct build_workload *bw = &build->workloads[row];
    build->world.workloads[row] = (struct workload_info){
        .path = build_keep(build, mem_format("%s/%s", path, workload->named.name)),
        .tenant = (int32_t)tenant,
    };
    bw->workload = workload;
    bw->nth = k;
    find_places(build, bw, row);
    bw->stay = build->stays[tenant];
    bw->context = (struct workload_context){
        .base = {.workload = (int32_t)row,
                 .tenant = (int32_t)tenant,
                 .centre = bw->places[0].centre,
                 .partition = bw->places[0].partition,
                 .priority = workload->service.priority,
                 .qos = (int16_t)service_row(scenario, &workload->service)},
        .seed = {options->seed, options->replication},
        .path = build_keep(build, mem_format("tenants/%s/%s", path, workload->named.name)),
        .start = program->start,
        .offset = program->offset,
        .limit = build->drain ? SIMTIME_NEVER : build->world.length,
        .drains = build->drain,
        .joins = bw->stay.from > 0 ? bw->stay.from : 0,
        .leaves = bw->stay.until,
        .sort = options->sort,
        .by = owner->members.by,
        .tenant_of = member_of,
        .tenant_ctx = &build->members[tenant],
    };
    room_describe(build, bw, 0, &bw->context);
    bw->epochs = mem_new(program->n_epochs, sizeof(*bw->epochs));
    for (size_t e = 0; e < program->n_epochs; e++) {
        const struct tenant *t = build_tenant(build, e, tenant);
        const struct workload *w = (const struct workload *)t->workloads.items + k;
        bw->epochs[e] = (struct workload_epoch){program->epochs[e].at, w->params, w->deadline};
    }
    check_speeds(build, bw, errors);
}

static void lay_out_tenants(struct build *build, const struct build_options *options,
                            struct error_list *errors)
{
    const struct scenario *scenario = build->program->epochs[0].scenario;
    const struct tenant_row *rows = scenario->rows.items;
    struct world *world = &build->world;
    size_t n = 0;
    build->members = mem_new(scenario->rows.len, sizeof(*build->members));
    for (size_t i = 0; i < scenario->rows.len; i++) {
        add_tenant(world, build_keep(build, tenant_path(build, (int32_t)i)), rows[i].parent);
        const struct tenant *tenant = rows[i].tenant;
        build->members[i] = (struct member_context){
            .world = world,
            .build = build,
            .parent = (int32_t)i,
            .share = tenant->members.by && tenant->each ? tenant->each->share : 1};
        /* Whom the scenario knows by name is that member of the log. */
        int64_t key;
        if (rows[i].parent >= 0 && !rows[i].member && member_key(tenant, &key) &&
            rows[rows[i].parent].tenant->members.by)
            keymap_add(&build->members[rows[i].parent].rows, key, (int32_t)i);
        n += rows[i].tenant->workloads.len;
    }
    const bool access = open_access(build, errors) == 0;
    draw_members(build, options, errors);
    check_guarantees(build, errors);
    find_stays(build, errors);
    lay_out_qos(build);
    for (size_t i = 0; i < scenario->rows.len; i++)
        tenant_terms(build, 0, (int32_t)i, &world->tenants.items[i]);
    if (n > WORKLOADS_MAX) {
        error_list_addf(errors, scenario->rows.items[0].tenant->named.at,
                        "tenants: more than %d workloads in all", WORKLOADS_MAX);
        return;
    }
    world->workloads = mem_new(n, sizeof(*world->workloads));
    build->workloads = mem_new(n, sizeof(*build->workloads));
    build->sources = mem_new(n, sizeof(*build->sources));
    for (size_t i = 0; i < scenario->rows.len; i++)
        for (size_t k = 0; k < rows[i].tenant->workloads.len; k++)
            lay_out_workload(build, i, k, options, errors);
    for (size_t i = 0; i < world->n_workloads && world->access && access; i++)
        check_access(build, i, errors);
    build->laid_out = true;
}

/* Scripts are read, and run once, before the run: what is wrong with them is told by check too. */
static void check_script(const struct build *build, const struct order_type *order,
                         const void *params, struct error_list *errors)
{
    if (!order || !order->script)
        return;
    const struct tenancy tenancy = {.world = &build->world};
    struct error err = {0};
    void *state = order->script->open(params, &tenancy, NULL, &err);
    if (state)
        order->script->close(state);
    else
        error_list_add(errors, &err);
}

void build_check_scripts(const struct build *build, struct error_list *errors)
{
    for (size_t i = 0; i < build->world.n_partitions + build->n_changes; i++) {
        const size_t k = i - build->world.n_partitions;
        const struct sched_config *config =
            i < build->world.n_partitions ? &build->partitions[i].config : build->changes[k].config;
        if (!config)
            continue;
        check_script(build, config->order, config->order_params, errors);
        check_script(build, config->candidate_order, config->candidate_params, errors);
    }
}

int build_init(struct build *build, const struct program *program,
               const struct build_options *options, struct error_list *errors)
{
    const size_t before = errors->len;
    *build = (struct build){.program = program};
    set_times(build, errors);
    lay_out_centres(build, errors);
    find_changes(build, errors);
    sort_changes(build); /* what nodes there are at an instant is asked from here on */
    check_lent(build, errors);
    lay_out_tenants(build, options, errors);
    if (!build->laid_out)
        return -1;
    find_workload_changes(build, errors);
    find_tenant_changes(build, errors);
    find_qos_changes(build);
    sort_changes(build);
    build_check_scripts(build, errors);
    if (errors->len > before)
        return -1;
    build->broker =
        broker_layout_new(build, (struct rng_seed){options->seed, options->replication});
    struct sim_setup setup;
    build_setup(build, &setup);
    if (options->causes)
        build->world.causes = sim_possible_causes(&setup);
    build->world.stops = sim_may_stop_jobs(&setup);
    build->outlook = outlook_new(&setup);
    return 0;
}

void build_workload_error(const struct build *build, size_t row, struct error *err)
{
    const struct tenant_row *rows = build->program->epochs[0].scenario->rows.items;
    place_workload_error(rows, build->world.workloads[row].tenant, build->workloads[row].workload,
                         err);
}

/* What the simulation pulls: the jobs with their deadlines, if the workload gives any. */
static struct source *with_deadlines(struct build *build, struct build_workload *bw,
                                     struct source *jobs)
{
    const size_t n = build->program->n_epochs;
    bool any = false;
    struct deadline_epoch *epochs = mem_new(n, sizeof(*epochs));
    for (size_t e = 0; e < n; e++) {
        epochs[e] = (struct deadline_epoch){bw->epochs[e].from, bw->epochs[e].deadline};
        any |= epochs[e].within != NULL;
    }
    if (any)
        bw->deadlines = deadline_source(jobs, epochs, n, bw->context.seed, bw->context.path);
    free(epochs);
    const struct workload_kind *kind = bw->workload->kind;
    build->world.deadlines |=
        any || (kind->has_deadlines && kind->has_deadlines(bw->workload->params));
    return any ? bw->deadlines : jobs;
}

/* Told where there are too many. */
static int check_written(const struct build *build, struct error_list *errors)
{
    int64_t sum = 0;
    for (size_t i = 0; i < build->world.n_workloads; i++) {
        const struct workload *workload = build->workloads[i].workload;
        struct error err = {0};
        sum += workload->kind->written ? workload->kind->written(workload->params) : 0;
        if (sum <= WRITTEN_MAX)
            continue;
        error_set(&err,
                  "jobs: with these %lld jobs are written out in the scenario; at most %d are "
                  "possible, let more come by arrival",
                  (long long)sum, WRITTEN_MAX);
        build_workload_error(build, i, &err);
        error_list_add(errors, &err);
        return -1;
    }
    return 0;
}

/* Each job of a list that is wrong by itself. */
static bool check_jobs(const struct build *build, size_t row, struct error_list *errors)
{
    const struct build_workload *bw = &build->workloads[row];
    const struct workload *workload = bw->workload;
    const size_t before = errors->len;
    struct error err = {0};
    for (size_t at = 0; workload->kind->fault && errors->len < ERROR_LIST_MAX &&
                        workload->kind->fault(workload->params, &bw->context, &at, &err);
         err = (struct error){0}) {
        build_workload_error(build, row, &err);
        error_list_add(errors, &err);
    }
    return errors->len == before;
}

int build_open(struct build *build, struct error_list *errors)
{
    const size_t before = errors->len;
    if (check_written(build, errors) < 0)
        return -1;
    for (size_t i = 0; i < build->world.n_workloads; i++) {
        struct build_workload *bw = &build->workloads[i];
        struct error err = {0};
        if (!check_jobs(build, i, errors))
            continue;
        bw->source =
            bw->workload->kind->open(bw->epochs, build->program->n_epochs, &bw->context, &err);
        if (bw->source && (bw->stay.from > INT64_MIN || bw->stay.until < SIMTIME_NEVER))
            bw->within = source_within(bw->source, bw->stay.from, bw->stay.until);
        if (bw->source) {
            build->sources[i] = with_deadlines(build, bw, bw->within ? bw->within : bw->source);
            continue;
        }
        build_workload_error(build, i, &err);
        error_list_add(errors, &err);
    }
    return errors->len > before ? -1 : 0;
}

void build_find_begin(struct build *build)
{
    const struct scenario *scenario = build->program->epochs[0].scenario;
    struct world *world = &build->world;
    bool all = !scenario->time.start.given;
    for (size_t i = 0; i < world->n_workloads && all; i++) {
        const struct workload *workload = build->workloads[i].workload;
        all = workload->kind->windowed && workload->kind->windowed(workload->params);
    }
    simtime begins = SIMTIME_NEVER;
    for (size_t i = 0; i < world->n_workloads && all; i++) {
        struct build_workload *bw = &build->workloads[i];
        simtime first;
        bw->ahead = source_ahead(build->sources[i], &first);
        build->sources[i] = bw->ahead;
        begins = first < begins ? first : begins;
    }
    if (begins >= world->length)
        return;
    const bool given = scenario->measure.from.given;
    world->begins = given && world->measure_from < begins ? world->measure_from : begins;
    const simtime from = begins + scenario->time.warmup;
    if (!given && from < world->measure_until)
        world->measure_from = from;
}

void build_deinit(struct build *build)
{
    for (size_t i = 0; i < build->world.n_workloads; i++) {
        source_free(build->workloads[i].ahead);
        source_free(build->workloads[i].deadlines);
        source_free(build->workloads[i].within);
        source_free(build->workloads[i].source);
        free(build->workloads[i].epochs);
        free(build->workloads[i].places);
    }
    for (size_t row = 0; row < build->world.n_partitions && build->recurrences; row++)
        free(build->recurrences[row]);
    for (size_t i = 0; build->gaps && i < build->program->n_epochs * build->world.n_partitions; i++)
        gaps_clear(&build->gaps[i]);
    for (size_t i = 0; i < build->n_paths; i++)
        free(build->paths[i]);
    free(build->paths);
    free(build->recurrences);
    free(build->gaps);
    free(build->partitions);
    free(build->changes);
    free(build->workloads);
    free(build->sources);
    const struct scenario *scenario = build->program ? build->program->epochs[0].scenario : NULL;
    for (size_t i = 0; build->members && i < scenario->rows.len; i++)
        keymap_deinit(&build->members[i].rows);
    free(build->members);
    free(build->stays);
    drawn_deinit(build);
    broker_layout_free(build->broker);
    outlook_free(build->outlook);
    access_free(build->world.access);
    free(build->world.centres);
    free(build->world.partitions);
    free(build->world.workloads);
    free(build->world.qos);
    free(build->world.tenants.items);
    *build = (struct build){0};
}

void build_setup(const struct build *build, struct sim_setup *ret)
{
    *ret = (struct sim_setup){
        .broker = build->broker ? &build->broker->setup : NULL,
        .world = &build->world,
        .partitions = build->partitions,
        .changes = build->changes,
        .n_changes = build->n_changes,
        .sources = build->sources,
        .n_sources = build->world.n_workloads,
        .drain = build->drain,
    };
}
