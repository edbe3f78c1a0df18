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

/* --- windows --- */

static void find_steps(struct partition *partition)
{
    const size_t n = 2 * partition->windows.len;
    partition->steps = mem_resize(partition->steps, n, sizeof(*partition->steps));
    windows_steps(&partition->windows, partition->groups, partition->steps);
}

/* Write out the windows that begin before `until`, as far as PARTITION_WINDOWS_MOST go; all, if
 * there is an end to them. */
static void see(struct partition *partition, simtime until)
{
    struct windows *windows = &partition->windows;
    if (windows->endless)
        windows_extend(windows, until, PARTITION_WINDOWS_MOST);
    else
        windows_extend(windows, SIMTIME_NEVER, SIZE_MAX);
    partition->horizon = windows_next(windows);
    partition->windows_end = windows->endless ? SIMTIME_NEVER : 0;
    for (size_t i = 0; i < windows->len; i++)
        if (windows->items[i].to > partition->windows_end)
            partition->windows_end = windows->items[i].to;
    find_steps(partition);
}

/* What windows take and give back from `from` on, before the horizon, where `level` is free without
 * that; there and beyond nothing is. Returns what would be. */
static int64_t enter_windows(const struct partition *partition, struct profile *profile,
                             simtime from, int64_t level)
{
    for (size_t i = 0; i < 2 * partition->windows.len; i++) {
        const struct windows_step *step = &partition->steps[i];
        if (step->at < from || step->at >= partition->horizon)
            continue;
        profile_change(profile, step->at, step->change);
        level += step->change;
    }
    if (partition->horizon < SIMTIME_NEVER && level > 0)
        profile_change(profile, partition->horizon, -level);
    return level;
}

void partition_catch_up(const struct partition *partition, struct profile *copy, simtime *horizon,
                        int64_t *level)
{
    if (*level > 0)
        profile_change(copy, *horizon, *level);
    *level = enter_windows(partition, copy, *horizon, *level);
    *horizon = partition->horizon;
}

void partition_look(struct partition *partition, simtime until)
{
    simtime horizon = partition->horizon;
    if (until <= horizon)
        return;
    see(partition, until);
    partition_catch_up(partition, partition->profile, &horizon, &partition->level);
}

/* Those known at `now` that end after `begin`. */
static void know_windows(struct partition *partition, simtime now, simtime begin)
{
    windows_init(&partition->windows, partition->recurrences, partition->n_recurrences, now, begin);
    partition->planned = now;
    see(partition, begin + 1 + partition->longest);
}

static struct outage outage_of(const struct partition *partition)
{
    return (struct outage){partition->recurrences, partition->n_recurrences, partition->planned,
                           partition->groups, partition->n_groups};
}

bool partition_leaves(const struct partition *partition, int64_t procs, simtime request,
                      simtime now)
{
    const struct outage outage = outage_of(partition);
    return !partition->windows.endless ||
           gaps_let(partition->gaps, &outage, now, procs, request > 0 ? request : 1);
}

bool partition_ever_lent(const struct partition *partition, const struct ask *ask, simtime request,
                         simtime now)
{
    const int64_t procs = partition_procs(partition, ask);
    if (partition->windows.endless)
        return partition_leaves(partition, procs, request, now);
    for (size_t i = 0; i < partition->windows.len; i++) {
        const struct maintenance *w = &partition->windows.items[i];
        const simtime from = w->from > now ? w->from : now;
        if (w->to > from && request <= w->to - from &&
            procs <= -(int64_t)w->nodes * partition->groups[0].procs_per_node)
            return true;
    }
    return false;
}

bool partition_lends(const struct partition *partition, const struct ask *ask)
{
    const int64_t procs = partition_procs(partition, ask);
    for (size_t i = 0; i < partition->n_recurrences; i++) {
        const int64_t nodes = -(int64_t)partition->recurrences[i].first.nodes;
        if (procs <= nodes * partition->groups[0].procs_per_node)
            return true;
    }
    return false;
}

bool partition_may_run_out(const struct partition *partition, simtime now)
{
    const struct outage outage = outage_of(partition);
    return partition->windows.endless && now <= gaps_settled(&outage);
}

/* --- the profile --- */

/* After nodes came or went: what is free now, every release by request, every known window. */
static struct profile *make_profile(const struct partition *partition, struct some_jobs running,
                                    simtime now, int64_t *ret_level)
{
    int64_t level = base_free(partition);
    struct profile *profile = profile_new(level);
    profile_advance(profile, now);
    for (size_t i = 0; i < running.len; i++) {
        const struct job *job = some_jobs_at(partition->jobs, running, i);
        if (!is_running_here(partition, job))
            continue;
        const int64_t back = cluster_returning(partition->cluster, &job->allocation);
        profile_change(profile, job->due > now ? job->due : now, back);
        level += back;
    }
    *ret_level = enter_windows(partition, profile, now + 1, level);
    return profile;
}

static void renew_profile(struct partition *partition, simtime now)
{
    profile_free(partition->profile);
    partition->profile = make_profile(partition, all_jobs(partition->jobs), now, &partition->level);
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
        .recurrences = setup->recurrences,
        .n_recurrences = setup->n_recurrences,
        .gaps = mem_new(1, sizeof(*partition->gaps)),
    };
    memcpy(partition->groups, setup->groups, setup->n_groups * sizeof(*partition->groups));
    know_windows(partition, -1, 0);
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
    windows_deinit(&partition->windows);
    free(partition->steps);
    gaps_clear(partition->gaps);
    free(partition->gaps);
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
    gaps_clear(partition->gaps);
    find_steps(partition);
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
    windows_deinit(&partition->windows);
    gaps_clear(partition->gaps);
    know_windows(partition, now, now);
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
    windows_drop(&partition->windows, now);
    see(partition, now + 1);
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
    int64_t level;
    struct profile *fresh = make_profile(partition, jobs, now, &level);
    REQUIRE(partition->horizon > now);
    REQUIRE(partition->horizon >= SIMTIME_NEVER || level == partition->level);
    for (simtime t = now; t < SIMTIME_NEVER; t = profile_next_step(fresh, t))
        REQUIRE(profile_at(fresh, t) == profile_at(partition->profile, t));
    profile_free(fresh);
}
