/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/room.h"

#include "scenario/brokers.h"

#include <string.h>

static bool may_run_from(const struct build *build, const struct build_workload *bw,
                         const struct build_place *place, size_t row)
{
    const struct scenario *scenario = build->program->epochs[place->epoch].scenario;
    const size_t workload = (size_t)bw->context.base.workload;
    const struct freight *freight = &build_workload_at(build, place->epoch, workload)->freight;
    const int32_t centre = build->world.partitions[row].centre;
    if (scenario->broker.policy.kind || centre != freight->home)
        return freight_may_run(scenario, freight, centre);
    return place->partition >= 0 ? (size_t)place->partition == row : centre == place->centre;
}

static bool may_use(const struct build *build, const struct build_workload *bw, size_t row)
{
    return !build->world.partitions[row].part &&
           access_may(build->world.access, bw->context.base.tenant, (int32_t)row);
}

bool room_may_run(const struct build *build, const struct build_workload *bw, size_t row)
{
    bool may = false;
    for (size_t k = 0; k < bw->n_places && !may; k++)
        may = may_run_from(build, bw, &bw->places[k], row);
    return may && may_use(build, bw, row);
}

/* A partition as it is from a date on. */
struct state {
    struct node_group groups[PARTITION_GROUPS_MAX];
    size_t n_groups;
    const struct placement_type *placement;
    const struct sched_config *config;
};

static struct state state_at(const struct build *build, size_t row, simtime at)
{
    const struct sim_partition *partition = &build->partitions[row];
    struct state state = {.n_groups = partition->setup.n_groups,
                          .placement = partition->setup.placement,
                          .config = &partition->config};
    struct sim_setup setup;
    build_setup(build, &setup);
    for (size_t g = 0; g < state.n_groups; g++)
        state.groups[g] = sim_group_at(&setup, row, g, at);
    for (size_t i = 0; i < build->n_changes && build->changes[i].at <= at; i++) {
        const struct sim_change *change = &build->changes[i];
        if (change->what != CHANGE_RULES || change->partition != (int32_t)row)
            continue;
        state.placement = change->placement;
        state.config = change->config;
    }
    return state;
}

/* The date of the next change of nodes or rules after one; false: there is none. */
static bool next_of(const struct build *build, size_t row, simtime *at)
{
    for (size_t i = 0; i < build->n_changes; i++) {
        const struct sim_change *change = &build->changes[i];
        if (change->at <= *at || change->partition != (int32_t)row ||
            (change->what != CHANGE_NODES && change->what != CHANGE_RULES))
            continue;
        *at = change->at;
        return true;
    }
    return false;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* What it has at most, in nodes and processors, then or later. */
static void find_most(const struct build *build, size_t row, simtime at, struct job_room *ret)
{
    do {
        const struct state state = state_at(build, row, at);
        int64_t nodes = 0, procs = 0;
        for (size_t g = 0; g < state.n_groups; g++) {
            nodes += state.groups[g].nodes;
            procs += (int64_t)state.groups[g].nodes * state.groups[g].procs_per_node;
        }
        ret->nodes = larger(ret->nodes, nodes);
        ret->installed = larger(ret->installed, procs);
    } while (next_of(build, row, &at));
}

/* Processors of the smallest nodes: what a whole node counts for at least. */
static int32_t least_node(const struct state *state)
{
    int32_t least = state->n_groups > 0 ? state->groups[0].procs_per_node : 0;
    for (size_t g = 1; g < state->n_groups; g++)
        if (state->groups[g].procs_per_node < least)
            least = state->groups[g].procs_per_node;
    return least;
}

bool room_of(const struct build *build, const struct build_workload *bw, size_t epoch, size_t row,
             struct job_room *ret)
{
    size_t place = bw->n_places - 1;
    while (place > 0 && bw->places[place].epoch > epoch)
        place--;
    *ret = (struct job_room){0};
    if (!may_run_from(build, bw, &bw->places[place], row) || !may_use(build, bw, row))
        return false;
    const simtime at = build_epoch_begins(build, epoch);
    const struct state state = state_at(build, row, at);
    find_most(build, row, at, ret);
    ret->procs_per_node = least_node(&state);
    ret->procs = ret->installed;
    if (state.config->max_processors >= 0 && state.config->max_processors < ret->procs)
        ret->procs = state.config->max_processors;
    if (ret->procs_per_node > 0 && ret->procs / ret->procs_per_node < ret->nodes)
        ret->nodes = ret->procs / ret->procs_per_node;
    return true;
}

bool room_is_of_nodes(const struct build *build, size_t row)
{
    simtime at = 0;
    do {
        const struct state state = state_at(build, row, at);
        if (state.placement->could_fit)
            return true;
        for (size_t g = 0; g < state.n_groups; g++)
            if (state.groups[g].memory > 0)
                return true;
    } while (next_of(build, row, &at));
    return false;
}

bool room_takes(const struct build *build, size_t epoch, size_t row, const struct ask *ask)
{
    simtime at = build_epoch_begins(build, epoch);
    do {
        const struct state state = state_at(build, row, at);
        if (cluster_could_fit(state.placement, state.groups, state.n_groups, ask))
            return true;
    } while (next_of(build, row, &at));
    return false;
}

void room_describe(const struct build *build, const struct build_workload *bw, size_t epoch,
                   struct workload_context *context)
{
    double all = 0;
    context->kills = true;
    context->partition_procs = context->fits_procs = context->fits_nodes = 0;
    context->procs_per_node = 0;
    memset(context->speeds, 0, sizeof(context->speeds));
    for (size_t row = 0; row < build->world.n_partitions; row++) {
        struct job_room room = {0};
        if (!room_may_run(build, bw, row))
            continue;
        find_most(build, row, 0, &room);
        context->partition_procs = larger(context->partition_procs, room.installed);
        if (!room_of(build, bw, epoch, row, &room))
            continue;
        context->fits_procs = larger(context->fits_procs, room.procs);
        context->fits_nodes = larger(context->fits_nodes, room.nodes);
        if (context->procs_per_node == 0 || room.procs_per_node < context->procs_per_node)
            context->procs_per_node = room.procs_per_node;
        context->kills &= !state_at(build, row, build_epoch_begins(build, epoch)).config->extend;
        all += (double)room.procs;
        for (int k = 0; k < PRECISIONS; k++)
            context->speeds[k] += (double)room.procs * build->world.partitions[row].speeds[k];
    }
    for (int k = 0; k < PRECISIONS && all > 0; k++)
        context->speeds[k] /= all;
}
