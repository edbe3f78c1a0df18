/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/partition.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

static void count_nodes(struct partition *partition)
{
    partition->counts.capacity = cluster_capacity(partition->cluster);
    partition->counts.down = cluster_down_procs(partition->cluster);
    partition->counts.busy = cluster_busy(partition->cluster);
}

static bool is_running_here(const struct partition *partition, const struct job *job)
{
    return job->state == JOB_RUNNING && job->partition == partition->row &&
           job->allocation.procs > 0;
}

/* What the profile starts from. By counts, a partition that shrank under its jobs is below zero:
 * the first that come back are not to be had. With nodes it is known which come back. */
static int64_t base_free(const struct partition *partition)
{
    if (!partition->counts_only)
        return cluster_free_procs(partition->cluster);
    return cluster_in_service(partition->cluster) - cluster_busy(partition->cluster);
}

/* Where a window opens or closes. */
struct edge {
    simtime at;
    size_t group;
    int32_t nodes; /* more out of service; negative: back */
};

static int compare_edges(const void *a, const void *b)
{
    const struct edge *x = a, *y = b;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* Of the windows that are known. */
static void find_edges(struct partition *partition, simtime now)
{
    partition->n_edges = 0;
    partition->windows_end = 0;
    for (size_t i = 0; i < partition->n_windows; i++) {
        const struct maintenance *w = &partition->windows[i];
        if (!maintenance_is_known(w, now))
            continue;
        partition->edges[partition->n_edges++] = (struct edge){w->from, w->group, w->nodes};
        partition->edges[partition->n_edges++] = (struct edge){w->to, w->group, -w->nodes};
        if (w->to > partition->windows_end)
            partition->windows_end = w->to;
    }
    if (partition->n_edges > 0)
        qsort(partition->edges, partition->n_edges, sizeof(*partition->edges), compare_edges);
}

/* What windows will take and give back. Where they overlap, a group has no more nodes to lose than
 * it has. */
static void enter_windows(const struct partition *partition, struct profile *profile, simtime now)
{
    int64_t asked[PARTITION_GROUPS_MAX] = {0};
    for (size_t i = 0; i < partition->n_edges; i++) {
        const struct edge *edge = &partition->edges[i];
        const struct node_group *group = &partition->groups[edge->group];
        const int64_t before =
            asked[edge->group] < group->nodes ? asked[edge->group] : group->nodes;
        asked[edge->group] += edge->nodes;
        const int64_t after = asked[edge->group] < group->nodes ? asked[edge->group] : group->nodes;
        if (edge->at > now)
            profile_change(profile, edge->at, (before - after) * group->procs_per_node);
    }
}

/* After nodes came or went: what is free now, every release by request, every known window. */
static struct profile *make_profile(const struct partition *partition, struct some_jobs running,
                                    simtime now)
{
    struct profile *profile = profile_new(base_free(partition));
    profile_advance(profile, now);
    for (size_t i = 0; i < running.len; i++) {
        const struct job *job = some_jobs_at(partition->jobs, running, i);
        if (is_running_here(partition, job))
            profile_change(profile, job->due > now ? job->due : now,
                           cluster_returning(partition->cluster, &job->allocation));
    }
    enter_windows(partition, profile, now);
    return profile;
}

static void renew_profile(struct partition *partition, simtime now)
{
    profile_free(partition->profile);
    partition->profile = make_profile(partition, all_jobs(partition->jobs), now);
}

static bool constrains_by_nodes(const struct partition_setup *setup)
{
    bool memory = false;
    for (size_t g = 0; g < setup->n_groups; g++)
        memory |= setup->groups[g].memory > 0;
    return memory || setup->nodes_matter;
}

bool partition_constrains(const struct partition_setup *setup)
{
    return constrains_by_nodes(setup) || setup->later_constraint || setup->placement->constraint;
}

void partition_init(struct partition *partition, const struct partition_setup *setup,
                    struct jobs *jobs)
{
    *partition = (struct partition){
        .row = setup->row,
        .jobs = jobs,
        .n_groups = setup->n_groups,
        .groups = mem_new(setup->n_groups, sizeof(*partition->groups)),
        .by_nodes = constrains_by_nodes(setup),
        .constrained = constrains_by_nodes(setup) || setup->placement->constraint,
        .may_constrain = partition_constrains(setup),
        .speeds = setup->speeds,
        .windows = setup->windows,
        .n_windows = setup->n_windows,
    };
    memcpy(partition->groups, setup->groups, setup->n_groups * sizeof(*partition->groups));
    partition->edges = mem_new(2 * setup->n_windows, sizeof(*partition->edges));
    find_edges(partition, -1);
    partition->moved = mem_new(setup->n_groups, sizeof(*partition->moved));
    partition->fixed = true;
    partition->cluster = cluster_new(setup->placement, setup->groups, setup->n_groups,
                                     setup->nodes_matter || setup->later_nodes);
    partition->counts_only = partition->cluster->counts_only;
    if (partition->may_constrain)
        partition->by_due = jobtree_new();
    partition->cluster->overcommit = setup->overcommit;
    renew_profile(partition, -1);
    count_nodes(partition);
}

void partition_deinit(struct partition *partition)
{
    cluster_free(partition->cluster);
    profile_free(partition->profile);
    free(partition->groups);
    free(partition->edges);
    free(partition->moved);
    jobtree_free(partition->by_due);
}

int32_t partition_procs_of_nodes(const struct partition *partition, const struct ask *ask)
{
    int32_t least = 0;
    for (size_t g = 0; g < partition->n_groups; g++)
        if (least == 0 || partition->groups[g].procs_per_node < least)
            least = partition->groups[g].procs_per_node;
    const int64_t procs = (int64_t)least * ask->nodes;
    return procs < INT32_MAX ? (int32_t)procs : INT32_MAX;
}

int64_t partition_memory(const struct partition *partition)
{
    return cluster_memory(partition->cluster);
}

int64_t partition_memory_of(const struct partition *partition, const struct ask *ask)
{
    if (!partition->cluster->memory)
        return 0;
    int64_t each = ask->memory, count = ask->procs;
    if (ask->nodes > 0) {
        count = ask->nodes;
        each = 0;
        for (size_t g = 0; g < partition->n_groups; g++) {
            const int64_t memory = partition->groups[g].memory;
            if (memory > 0 && memory >= ask->memory && (each == 0 || memory < each))
                each = memory;
        }
    }
    int64_t bytes;
    return __builtin_mul_overflow(each, count, &bytes) ? INT64_MAX : bytes;
}

static struct jobkey due_key(const struct job *job)
{
    return (struct jobkey){.score = (double)job->due, .seq = job->seq};
}

bool partition_next_due(const struct partition *partition, struct jobkey *key, uint32_t *ret_slot)
{
    struct jobitem item;
    if (!jobtree_next(partition->by_due, *key, &item))
        return false;
    *key = item.key;
    *ret_slot = item.slot;
    return true;
}

void partition_start(struct partition *partition, struct job *job, simtime now)
{
    cluster_take(partition->cluster, &job->spec.ask, &job->allocation);
    const int32_t procs = job->procs = job->allocation.procs;
    job->due = now + (job->spec.request > 0 ? job->spec.request : 1);
    job->overdue = false;
    profile_change(partition->profile, now, -procs);
    profile_change(partition->profile, job->due, procs);
    partition->counts.busy += procs;
    partition->running++;
    if (partition->by_due) {
        const struct jobitem item = {
            .key = due_key(job), .slot = job->slot, .procs = procs, .request = job->spec.request};
        jobtree_insert(partition->by_due, &item);
    }
}

/* Where nodes are over, what comes back of one job depends on what others on them still use. */
static NOINLINE int64_t end_over(struct partition *partition, struct job *job, simtime now)
{
    const int64_t free = base_free(partition);
    partition->counts.busy -= job->allocation.procs;
    partition->running--;
    if (job->due <= now && job->overdue)
        partition->overdue -= job->allocation.procs;
    if (partition->by_due)
        REQUIRE(jobtree_remove(partition->by_due, due_key(job)));
    cluster_give(partition->cluster, &job->allocation);
    renew_profile(partition, now);
    count_nodes(partition);
    return base_free(partition) - free;
}

int64_t partition_end(struct partition *partition, struct job *job, simtime now)
{
    if (!partition->cluster->plain && cluster_is_over(partition->cluster))
        return end_over(partition, job, now);
    const int32_t procs = job->allocation.procs;
    const int64_t back = cluster_returning(partition->cluster, &job->allocation);
    const bool plain = partition->cluster->plain;
    cluster_give(partition->cluster, &job->allocation);
    if (job->due > now) {
        profile_change(partition->profile, job->due, -back);
        profile_change(partition->profile, now, back);
    } else if (job->overdue) {
        partition->overdue -= procs;
    }
    partition->running--;
    if (partition->by_due)
        REQUIRE(jobtree_remove(partition->by_due, due_key(job)));
    partition->counts.busy -= procs;
    if (!plain)
        count_nodes(partition);
    return back;
}

void partition_overdue(struct partition *partition, struct job *job)
{
    job->overdue = true;
    partition->overdue += job->allocation.procs;
}

bool partition_ever_lent(const struct partition *partition, const struct ask *ask, simtime request,
                         simtime now)
{
    for (size_t i = 0; i < partition->n_windows; i++) {
        const struct maintenance *w = &partition->windows[i];
        const simtime from = w->from > now ? w->from : now;
        if (w->to > from && request <= w->to - from &&
            partition_procs(partition, ask) <=
                -(int64_t)w->nodes * partition->groups[0].procs_per_node)
            return true;
    }
    return false;
}

/* What is here now, of what the group is to have in all. */
static void resize_cluster(struct partition *partition, size_t g)
{
    const int64_t nodes = (int64_t)partition->groups[g].nodes - partition->moved[g];
    cluster_resize(partition->cluster, g, nodes > 0 ? (int32_t)nodes : 0);
}

void partition_resize(struct partition *partition, size_t g, int32_t nodes, int32_t procs_per_node,
                      simtime now)
{
    struct node_group *group = &partition->groups[g];
    partition->fixed &= nodes >= group->nodes && procs_per_node >= group->procs_per_node;
    if (procs_per_node != group->procs_per_node)
        cluster_shape(partition->cluster, g, procs_per_node);
    group->procs_per_node = procs_per_node;
    group->nodes = nodes;
    resize_cluster(partition, g);
    renew_profile(partition, now);
    count_nodes(partition);
}

void partition_set_placement(struct partition *partition, const struct placement_type *placement)
{
    cluster_place(partition->cluster, placement);
    partition->constrained = partition->by_nodes || placement->constraint;
}

void partition_know(struct partition *partition, simtime now)
{
    find_edges(partition, now);
    renew_profile(partition, now);
}

void partition_maintain(struct partition *partition, const struct maintenance *window, bool opens,
                        simtime now)
{
    if (window->moves) {
        partition->moved[window->group] += opens ? window->nodes : -window->nodes;
        resize_cluster(partition, window->group);
    } else if (opens) {
        cluster_down(partition->cluster, window->group, window->nodes);
    } else {
        cluster_up(partition->cluster, window->group, window->nodes);
    }
    renew_profile(partition, now);
    count_nodes(partition);
}

/* What is elsewhere is not here, whatever ran here before. */
static void check_moved(const struct partition *partition)
{
    int64_t procs = 0, moved = 0;
    for (size_t g = 0; g < partition->n_groups; g++) {
        const struct node_group *group = &partition->groups[g];
        moved += partition->moved[g] != 0;
        procs += (int64_t)(group->nodes - partition->moved[g]) * group->procs_per_node;
    }
    REQUIRE(moved == 0 || !partition->fixed || partition->counts.capacity == procs);
}

/* With all that jobs have given back, no node has anything in use. */
static void check_nodes(const struct partition *partition, struct some_jobs jobs)
{
    struct cluster *const copy = cluster_copy(partition->cluster);
    for (size_t i = 0; i < jobs.len; i++) {
        const struct job *job = some_jobs_at(partition->jobs, jobs, i);
        if (is_running_here(partition, job))
            cluster_give_copy(copy, &job->allocation);
    }
    cluster_check(copy);
    REQUIRE(copy->now.busy == 0 && copy->now.memory == 0);
    cluster_free(copy);
}

void partition_check(struct partition *partition, struct some_jobs jobs, simtime now)
{
    cluster_check(partition->cluster);
    profile_check(partition->profile);
    const struct partition_counts *c = &partition->counts;
    REQUIRE(c->capacity == cluster_capacity(partition->cluster));
    REQUIRE(c->busy == cluster_busy(partition->cluster));
    REQUIRE(c->down == cluster_down_procs(partition->cluster));
    REQUIRE(c->busy + c->down + cluster_free_procs(partition->cluster) == c->capacity);
    check_moved(partition);
    int64_t busy = 0, running = 0, memory = 0;
    for (size_t i = 0; i < jobs.len; i++) {
        const struct job *job = some_jobs_at(partition->jobs, jobs, i);
        if (is_running_here(partition, job)) {
            busy += job->allocation.procs;
            memory += cluster_memory_of(partition->cluster, &job->allocation);
            running++;
        }
    }
    REQUIRE(busy == c->busy && running == partition->running);
    REQUIRE(memory == partition->cluster->now.memory);
    if (partition->cluster->memory)
        check_nodes(partition, jobs);
    struct profile *fresh = make_profile(partition, jobs, now);
    for (simtime t = now; t < SIMTIME_NEVER; t = profile_next_step(fresh, t))
        REQUIRE(profile_at(fresh, t) == profile_at(partition->profile, t));
    profile_free(fresh);
}
