/* What happens at dates known beforehand: changes of values, maintenance. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/state.h"

#include "util/mem.h"

struct node_group sim_group_at(const struct sim_setup *setup, size_t partition, size_t group,
                               simtime at)
{
    struct node_group found = setup->partitions[partition].setup.groups[group];
    for (size_t i = 0; i < setup->n_changes && setup->changes[i].at <= at; i++) {
        const struct sim_change *c = &setup->changes[i];
        if (c->what != CHANGE_NODES || c->partition != (int32_t)partition || c->group != group)
            continue;
        found.nodes = c->nodes;
        found.procs_per_node = c->procs_per_node;
    }
    return found;
}

static bool gains(const struct node_group *before, const struct sim_change *change)
{
    return (int64_t)change->nodes * change->procs_per_node >=
           (int64_t)before->nodes * before->procs_per_node;
}

void sim_queue_changes(struct sim *sim)
{
    for (size_t i = 0; i < sim->setup.n_changes; i++) {
        const struct sim_change *c = &sim->setup.changes[i];
        bool gain = true;
        if (c->what == CHANGE_NODES) {
            const struct node_group before =
                sim_group_at(&sim->setup, (size_t)c->partition, c->group, c->at - 1);
            gain = gains(&before, c);
        }
        const struct event event = {.at = c->at,
                                    .class = gain ? EVENT_GAIN : EVENT_LOSS,
                                    .source = i,
                                    .kind = KIND_CHANGE,
                                    .object = (uint32_t)i};
        events_add(sim->events, &event);
    }
}

static void queue_edge(struct sim *sim, const struct station *station, size_t i, bool closes)
{
    const struct maintenance *window = &station->windows->items[i];
    const struct event event = {
        .at = closes ? window->to : window->from,
        .class = closes == (window->nodes > 0) ? EVENT_GAIN : EVENT_LOSS,
        .source = (uint64_t)(station->windows->dropped + i) << 1 | (uint64_t)closes,
        .kind = KIND_MAINTENANCE,
        .object = (uint32_t)station->partition.row,
    };
    if (event.at < SIMTIME_NEVER)
        events_add(sim->events, &event);
}

void sim_queue_windows(struct sim *sim, struct station *station)
{
    struct windows *windows = station->windows;
    const simtime next = windows_next(windows);
    windows_drop(windows, sim->now);
    const size_t old = windows->len;
    if (next < SIMTIME_NEVER)
        windows_extend(windows, next + 1, SIZE_MAX);
    for (size_t i = old; i < windows->len; i++) {
        queue_edge(sim, station, i, false);
        queue_edge(sim, station, i, true);
    }
}

static void change_kind(struct sim *sim, const struct sim_change *change)
{
    const size_t n = sim->setup.world->n_workloads;
    if (!sim->kinds) {
        sim->kinds = mem_new(n, sizeof(*sim->kinds));
        for (size_t i = 0; i < n; i++)
            sim->kinds[i].priority = -1;
    }
    sim->kinds[change->workload] =
        (struct job_kind){change->priority, change->qos, change->centre, change->at_partition};
}

/* A tenant has other terms from now on: the row of the world says so to all who ask. */
static void tenant_set(struct sim *sim, const struct sim_change *change)
{
    struct tenant_info *tenant = &sim->setup.world->tenants.items[change->tenant];
    tenant->share = change->share;
    tenant->quota = change->quota;
    tenant->guarantee = change->guarantee;
    sim_tenant_changed(sim, change->tenant);
}

static void qos_set(struct sim *sim, const struct sim_change *change)
{
    struct qos_info *qos = &sim->setup.world->qos[change->qos];
    qos->quota = change->quota;
    qos->each = change->each;
    sim_qos_changed(sim, change->qos);
}

/* Some jobs may never fit any more: to be looked at when all of this instant has changed. */
static void queue_shrunk(struct sim *sim, const struct station *station)
{
    const struct event event = {.at = sim->now,
                                .class = EVENT_LOSS,
                                .source = sim->setup.n_changes, /* behind all of them */
                                .kind = KIND_SHRUNK,
                                .object = (uint32_t)station->partition.row};
    events_add(sim->events, &event);
}

void sim_apply(struct sim *sim, const struct sim_change *change)
{
    if (change->what == CHANGE_KIND) {
        change_kind(sim, change);
        return;
    }
    if (change->what == CHANGE_QOS) {
        qos_set(sim, change);
        return;
    }
    if (change->what == CHANGE_TENANT) {
        tenant_set(sim, change);
        return;
    }
    struct station *station = &sim->stations[change->partition];
    if (change->what == CHANGE_RULES) {
        if (change->placement != station->partition.cluster->placement) {
            partition_set_placement(&station->partition, change->placement);
            /* Nodes may be found where there were none. */
            sched_capacity_changed(&station->sched, CAPACITY_GAIN);
            queue_shrunk(sim, station);
        }
        sim_open_books(sim, station, change->config);
        station->sched.tenancy = sim_tenancy(sim, station);
        sched_configure(&station->sched, change->config, sim->now);
    } else if (change->what == CHANGE_WINDOWS) {
        profile_advance(station->partition.profile, sim->now);
        /* Windows may have gone, and others come. */
        sched_capacity_changed(&station->sched, CAPACITY_GAIN);
        sched_capacity_changed(&station->sched, CAPACITY_LOSS);
        partition_know(&station->partition, sim->now);
        queue_shrunk(sim, station);
    } else {
        const struct node_group *group = &station->partition.groups[change->group];
        if (change->nodes < group->nodes || change->procs_per_node < group->procs_per_node)
            queue_shrunk(sim, station);
        profile_advance(station->partition.profile, sim->now);
        sched_capacity_changed(&station->sched,
                               gains(group, change) ? CAPACITY_GAIN : CAPACITY_LOSS);
        partition_resize(&station->partition, change->group, change->nodes, change->procs_per_node,
                         sim->now);
    }
    sim_gates_capacity(sim, sim->setup.world->partitions[station->partition.row].centre);
    sim_tell(sim, FACT_CAPACITY, NULL, station->partition.row);
    sim_mark(sim, station);
}

/* Of the jobs that wait there, may some have waited too long? A part has nodes in windows only. */
static bool may_run_out(const struct sim *sim, const struct station *station)
{
    const bool part = sim->setup.world->partitions[station->partition.row].part;
    return (part && !station->partition.windows.endless) ||
           partition_may_run_out(&station->partition, sim->now);
}

/* Open and close windows are told apart by the last bit. The last that is known opens: the next one
 * becomes so. */
void sim_maintain(struct sim *sim, uint32_t row, uint64_t source)
{
    struct station *station = &sim->stations[row];
    const size_t i = (size_t)(source >> 1) - station->windows->dropped;
    const struct maintenance window = station->windows->items[i];
    const bool opens = (source & 1) == 0;
    profile_advance(station->partition.profile, sim->now);
    sched_capacity_changed(&station->sched, CAPACITY_KNOWN);
    partition_maintain(&station->partition, &window, opens, sim->now);
    if (opens && i + 1 == station->windows->len)
        sim_queue_windows(sim, station);
    if (opens == (window.nodes > 0) && may_run_out(sim, station))
        queue_shrunk(sim, station);
    sim_gates_capacity(sim, sim->setup.world->partitions[station->partition.row].centre);
    sim_tell(sim, FACT_CAPACITY, NULL, station->partition.row);
    sim_mark(sim, station);
}
