/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/build_partitions.h"

#include "scenario/brokers.h"
#include "scenario/changes.h"
#include "scenario/complete.h"
#include "scenario/path.h"
#include "scenario/reservations.h"
#include "scenario/windows.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *partition_place(const struct centre *centre, const struct partition_plan *plan,
                            char *buffer, size_t size)
{
    struct path path = {0};
    path_push_key(&path, "centres");
    path_push_key(&path, centre->named.name);
    path_push_key(&path, "partitions");
    path_push_key(&path, plan->named.name);
    path_format(&path, buffer, size);
    path_deinit(&path);
    return buffer;
}

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
        memcpy(info->speeds, processors[i].flops, sizeof(info->speeds));
        for (size_t k = 0; k < ARRAY_LEN(preference) && info->flops == 0; k++) {
            info->flops = processors[i].flops[preference[k]];
            info->precision = info->flops > 0 ? precision_names[preference[k]] : "";
        }
    }
}

enum asks { ASKS_NODES, ASKS_MEMORY };

static bool workload_asks(const struct workload *workload, enum asks what)
{
    bool (*const asks)(const void *) =
        what == ASKS_NODES ? workload->kind->asks_nodes : workload->kind->asks_memory;
    return asks && asks(workload->params);
}

/* Does some job that may run in the partition ask whole nodes, or memory? */
static bool someone_asks_in(const struct scenario *scenario, enum asks what, int64_t centre,
                            const char *partition)
{
    for (size_t i = 0; i < scenario->rows.len; i++) {
        const struct tenant *tenant = scenario->rows.items[i].tenant;
        const struct workload *workloads = tenant->workloads.items;
        for (size_t k = 0; k < tenant->workloads.len; k++) {
            const char *name = workloads[k].partition;
            if (!freight_may_run(scenario, &workloads[k].freight, centre))
                continue;
            if (centre == workloads[k].freight.home && !scenario->broker.policy.kind && name &&
                strcmp(name, "any") != 0 && strcmp(name, partition) != 0)
                continue;
            if (workload_asks(&workloads[k], what))
                return true;
        }
    }
    return false;
}

/* The same, whenever they come. */
static bool someone_asks(const struct program *program, enum asks what, int64_t centre,
                         const char *partition)
{
    bool asks = false;
    for (size_t e = 0; e < program->n_epochs && !asks; e++)
        asks = someone_asks_in(program->epochs[e].scenario, what, centre, partition);
    return asks;
}

/* --- maintenance --- */

static const struct partition_plan *plan_in(const struct build *build, size_t epoch, size_t centre,
                                            const char *name)
{
    const struct scenario *scenario = build->program->epochs[epoch].scenario;
    const struct centre *owner = (const struct centre *)scenario->centres.items + centre;
    const struct partition_plan *plans = owner->partitions.items;
    return &plans[centre_partition(owner, name)];
}

static int64_t most_nodes(const struct build *build, size_t centre,
                          const struct partition_plan *plan, int64_t group)
{
    int64_t most = 0;
    for (size_t e = 0; e < build->program->n_epochs; e++) {
        const struct partition_plan *then = plan_in(build, e, centre, plan->named.name);
        const struct group *groups = then->groups.items;
        most = groups[group].nodes > most ? groups[group].nodes : most;
    }
    return most;
}

/* As the file says it; NULL: not at all. */
static const struct node *maintenance_node(const struct build *build, size_t epoch, size_t centre,
                                           const char *name)
{
    const struct epoch *now = &build->program->epochs[epoch];
    const struct centre *owner = (const struct centre *)now->scenario->centres.items + centre;
    const struct node *centres = node_get(now->tree, "centres");
    const struct node *partitions = node_get(node_get(centres, owner->named.name), "partitions");
    return node_get(node_get(partitions, name), "maintenance");
}

static void tell_window(const struct node *list, size_t i, const char *partition, const char *text,
                        struct error_list *errors)
{
    char *place = mem_format("%s.maintenance[%zu]", partition, i);
    window_error(list->items[i].value, place, text, errors);
    free(place);
}

/* The windows as the partition's list of that date says them. */
static struct items windows_of(const struct build *build, size_t epoch, size_t centre,
                               const struct partition_plan *start, struct error_list *errors)
{
    const struct partition_plan *plan = plan_in(build, epoch, centre, start->named.name);
    const struct window *all = plan->maintenance.items;
    struct items windows = {0};
    char place[200];
    partition_place((const struct centre *)build->program->epochs[0].scenario->centres.items +
                        centre,
                    plan, place, sizeof(place));
    const struct node *list = maintenance_node(build, epoch, centre, plan->named.name);
    for (size_t i = 0; i < plan->maintenance.len; i++) {
        const bool of_one = node_get(list->items[i].value, "group") != NULL;
        struct window window = all[i];
        const size_t from = of_one ? (size_t)window.group : 0;
        for (size_t g = from; g < (of_one ? from + 1 : plan->groups.len); g++) {
            const int64_t most = most_nodes(build, centre, plan, (int64_t)g);
            struct error err;
            window.group = (int64_t)g;
            if (window.nodes < INT64_MAX && window.nodes > most)
                error_list_addf(
                    errors, mark_of(list->items[i].value, "nodes"),
                    "%s.maintenance[%zu].nodes: %lld nodes, but %s never has more than %lld", place,
                    i, (long long)window.nodes,
                    plan->groups.len > 1 ? "the group" : "the partition", (long long)most);
            if (add_window(build->program, &window, most, &windows, &err) < 0)
                tell_window(list, i, place, err.text, errors);
        }
    }
    return windows;
}

static bool same_windows(const struct recurrence *a, const struct recurrence *b)
{
    return a->first.from == b->first.from && a->first.to == b->first.to &&
           a->first.group == b->first.group && a->first.nodes == b->first.nodes &&
           a->every.months == b->every.months && a->every.step == b->every.step;
}

/* From a date on another list holds: what has begun by then stays, the rest is planned anew. What
 * is in both goes on. */
static void plan_anew(struct items *windows, simtime at, const struct items *later)
{
    const size_t before = windows->len;
    struct recurrence *items = windows->items =
        mem_resize(windows->items, 2 * before + later->len, sizeof(*items));
    bool *goes_on = mem_new(later->len, sizeof(*goes_on));
    for (size_t i = 0; i < before; i++) {
        size_t k = 0;
        while (
            k < later->len &&
            (goes_on[k] || !same_windows(&items[i], (const struct recurrence *)later->items + k)))
            k++;
        if (items[i].until < SIMTIME_NEVER || items[i].gone < SIMTIME_NEVER)
            continue;
        if (k < later->len) {
            goes_on[k] = true;
            continue;
        }
        struct recurrence *rest = &items[windows->len++];
        *rest = items[i];
        rest->since = rest->gone = at;
        items[i].until = at;
    }
    for (size_t k = 0; k < later->len; k++) {
        struct recurrence *new = &items[windows->len];
        if (goes_on[k])
            continue;
        *new = ((const struct recurrence *)later->items)[k];
        new->since = new->known = at;
        windows->len++;
    }
    free(goes_on);
}

/* The maintenance of the partition over time, and when another list of it holds. */
static void lay_out_windows(struct build *build, size_t row, size_t centre,
                            const struct partition_plan *plan, struct error_list *errors)
{
    const struct program *program = build->program;
    struct items windows = windows_of(build, 0, centre, plan, errors);
    for (size_t e = 1; e < program->n_epochs; e++) {
        const struct node *was = maintenance_node(build, e - 1, centre, plan->named.name);
        const struct node *is = maintenance_node(build, e, centre, plan->named.name);
        if (was == is || (was && is && node_equal(was, is)))
            continue;
        struct items later = windows_of(build, e, centre, plan, errors);
        plan_anew(&windows, program->epochs[e].at, &later);
        free(later.items);
        add_change(build, &(struct sim_change){.at = program->epochs[e].at,
                                               .what = CHANGE_WINDOWS,
                                               .partition = (int32_t)row});
    }
    build->recurrences[row] = windows.items;
    build->partitions[row].setup.recurrences = windows.items;
    build->partitions[row].setup.n_recurrences = windows.len;
}

void check_counted(const struct build *build, int32_t row, const struct sched_config *config,
                   struct mark at, struct error_list *errors)
{
    const struct partition_setup *setup = &build->partitions[row].setup;
    bool memory = false;
    for (size_t g = 0; g < setup->n_groups; g++)
        memory |= setup->groups[g].memory > 0;
    for (int what = 0; what <= 1 && (config->commit_head || config->decide == DECIDE_EVENT); what++)
        if (what == 0 ? setup->nodes_matter : memory)
            error_list_addf(errors, at,
                            "%s: jobs that ask %s cannot run under decide: each-event or "
                            "commit_head, which only count processors",
                            build->world.partitions[row].path,
                            what == 0 ? "for whole nodes" : "memory");
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
    info->path = build_keep(build, mem_format("%s/%s", owner->named.name, plan->named.name));
    info->centre = (int32_t)centre;
    info->reservations = (int32_t)plan->reservations.len;
    describe_processor(scenario, plan, info);
    const struct group *groups = plan->groups.items;
    struct node_group *copy = mem_new(plan->groups.len, sizeof(*copy));
    build_keep(build, copy);
    /* Where no job asks it, memory need not be looked at. */
    const bool memory_asked = someone_asks(program, ASKS_MEMORY, (int64_t)centre, plan->named.name);
    int64_t procs = 0;
    for (size_t g = 0; g < plan->groups.len; g++) {
        copy[g] =
            (struct node_group){(int32_t)groups[g].nodes, (int32_t)groups[g].processors_per_node,
                                memory_asked ? llround(groups[g].memory_per_node) : 0};
        procs += groups[g].nodes * groups[g].processors_per_node;
    }
    char place[200];
    partition_place(owner, plan, place, sizeof(place));
    if (procs > INT32_MAX)
        error_list_addf(errors, plan->named.at, "%s: more than %d processors", place, INT32_MAX);
    partition->config = scheduler_config(scheduler);
    partition->config.weight = plan->weight;
    partition->setup = (struct partition_setup){
        .row = (int32_t)row,
        .placement = (const struct placement_type *)(const void *)scheduler->placement.kind,
        .groups = copy,
        .n_groups = plan->groups.len,
        .nodes_matter = someone_asks(program, ASKS_NODES, (int64_t)centre, plan->named.name),
        .overcommit = partition->config.decide == DECIDE_EVENT,
        .speeds = info->speeds,
    };
    check_counted(build, (int32_t)row, &partition->config, plan->named.at, errors);
    lay_out_windows(build, row, centre, plan, errors);
}

void lay_out_centres(struct build *build, struct error_list *errors)
{
    const struct scenario *scenario = build->program->epochs[0].scenario;
    const struct centre *centres = scenario->centres.items;
    struct world *world = &build->world;
    world->n_centres = scenario->centres.len;
    world->centres = mem_new(world->n_centres, sizeof(*world->centres));
    for (size_t i = 0; i < world->n_centres; i++) {
        world->centres[i].name = centres[i].named.name;
        world->n_partitions += centres[i].partitions.len;
        const struct partition_plan *plans = centres[i].partitions.items;
        for (size_t k = 0; k < centres[i].partitions.len; k++)
            world->n_partitions += plans[k].reservations.len;
    }
    world->partitions = mem_new(world->n_partitions, sizeof(*world->partitions));
    build->partitions = mem_new(world->n_partitions, sizeof(*build->partitions));
    build->recurrences = mem_new(world->n_partitions, sizeof(*build->recurrences));
    build->gaps = mem_new(build->program->n_epochs * world->n_partitions, sizeof(*build->gaps));
    size_t row = 0;
    for (size_t i = 0; i < world->n_centres; i++) {
        const struct partition_plan *plans = centres[i].partitions.items;
        for (size_t k = 0; k < centres[i].partitions.len; k++) {
            const size_t first = row;
            row += plans[k].reservations.len;
            lay_out_partition(build, row, i, &plans[k], errors);
            for (size_t r = 0; r < plans[k].reservations.len; r++)
                lay_out_reservation(build, first + r, row, &plans[k], r, errors);
            row++;
        }
    }
}
