/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/outlook.h"

#include "engine/terms.h"
#include "util/mem.h"

#include <stdlib.h>

/* So much is the most, looked at before this date. */
struct step {
    simtime until;
    int64_t most;
};

/* What was found for a gate and a centre: ever less. */
struct found {
    struct step *items; /* owned; NULL: not looked at yet */
    size_t len, cap;
    size_t at; /* the step of the last look */
};

struct outlook {
    struct sim_setup setup;
    struct gates *start; /* owned, as all that follow; terms as of the start */
    struct gates *then;  /* scratch */
    int64_t *installed;  /* scratch: processors, by centre */
    int64_t *procs;      /* scratch: installed, by partition and group */
    struct found *found; /* by gate and centre */
    size_t n_found;
    bool *binds; /* by partition */
};

/* A tenant is guaranteed something, now or later: where it may not go, that binds nobody. */
static void free_others(struct outlook *outlook, int32_t tenant)
{
    const struct world *world = outlook->setup.world;
    for (int32_t p = 0; p < (int32_t)world->n_partitions; p++)
        if (world->partitions[p].centre == world->tenants.items[tenant].home &&
            !access_may(world->access, tenant, p))
            outlook->binds[p] = false;
}

static void find_binds(struct outlook *outlook)
{
    const struct world *world = outlook->setup.world;
    outlook->binds = mem_new(world->n_partitions, sizeof(*outlook->binds));
    for (size_t p = 0; p < world->n_partitions; p++)
        outlook->binds[p] = true;
    for (size_t t = 0; t < world->tenants.len; t++)
        if (world->tenants.items[t].guarantee)
            free_others(outlook, (int32_t)t);
    for (size_t i = 0; i < outlook->setup.n_changes; i++)
        if (outlook->setup.changes[i].what == CHANGE_TENANT && outlook->setup.changes[i].guarantee)
            free_others(outlook, outlook->setup.changes[i].tenant);
}

bool outlook_binds(const struct outlook *outlook, int32_t partition)
{
    return outlook->binds[partition];
}

struct outlook *outlook_new(const struct sim_setup *setup)
{
    const struct world *world = setup->world;
    bool refuses;
    struct gates *start = terms_gates(setup, &refuses);
    if (!start || !gates_guarantee(start)) {
        gates_free(start);
        return NULL;
    }
    struct outlook *outlook = mem_new(1, sizeof(*outlook));
    *outlook = (struct outlook){.setup = *setup, .start = start, .then = gates_copy(start)};
    outlook->installed = mem_new(world->n_centres, sizeof(*outlook->installed));
    outlook->procs = mem_new(world->n_partitions * PARTITION_GROUPS_MAX, sizeof(*outlook->procs));
    find_binds(outlook);
    return outlook;
}

void outlook_free(struct outlook *outlook)
{
    if (!outlook)
        return;
    gates_free(outlook->start);
    gates_free(outlook->then);
    free(outlook->installed);
    free(outlook->procs);
    for (size_t i = 0; i < outlook->n_found; i++)
        free(outlook->found[i].items);
    free(outlook->found);
    free(outlook->binds);
    free(outlook);
}

/* --- what there is at a date --- */

/* A group has so many processors from now on. Those of a reservation are its partition's. */
static void install(struct outlook *outlook, size_t partition, size_t group, int64_t procs)
{
    const struct partition_info *info = &outlook->setup.world->partitions[partition];
    int64_t *old = &outlook->procs[partition * PARTITION_GROUPS_MAX + group];
    if (info->part)
        return;
    outlook->installed[info->centre] += procs - *old;
    *old = procs;
    gates_capacity(outlook->then, info->centre, outlook->installed[info->centre]);
}

static void go_to_start(struct outlook *outlook)
{
    const struct world *world = outlook->setup.world;
    gates_assign(outlook->then, outlook->start);
    for (size_t p = 0; p < world->n_partitions; p++) {
        const struct partition_setup *setup = &outlook->setup.partitions[p].setup;
        for (size_t g = 0; g < setup->n_groups; g++)
            install(outlook, p, g,
                    (int64_t)setup->groups[g].nodes * setup->groups[g].procs_per_node);
    }
}

static bool matters(const struct sim_change *change)
{
    return change->what == CHANGE_TENANT || change->what == CHANGE_NODES;
}

static void apply(struct outlook *outlook, const struct sim_change *change)
{
    if (change->what == CHANGE_TENANT)
        gates_set(outlook->then, change->tenant, change->quota, change->guarantee, change->at);
    else if (change->what == CHANGE_NODES)
        install(outlook, (size_t)change->partition, change->group,
                (int64_t)change->nodes * change->procs_per_node);
}

/* --- the most of all dates --- */

/* What is the most from a date on is so for the dates before it, too, that had no more. */
static void add_step(struct found *found, simtime until, int64_t most)
{
    while (found->len > 0 && found->items[found->len - 1].most <= most)
        found->len--;
    MEM_GROW(found);
    found->items[found->len++] = (struct step){until, most};
}

static void find(struct outlook *outlook, struct found *found, int32_t gate, int32_t centre)
{
    const struct sim_change *changes = outlook->setup.changes;
    const size_t n = outlook->setup.n_changes;
    simtime at = 0;
    go_to_start(outlook);
    for (size_t i = 0; at < SIMTIME_NEVER;) {
        for (; i < n && changes[i].at <= at; i++)
            apply(outlook, &changes[i]);
        while (i < n && !matters(&changes[i]))
            i++;
        at = i < n ? changes[i].at : SIMTIME_NEVER;
        add_step(found, at, gates_largest(outlook->then, gate, centre));
    }
}

int64_t outlook_most(struct outlook *outlook, int32_t tenant, int32_t centre, simtime from)
{
    const size_t n = outlook->setup.world->n_centres;
    const int32_t gate = gates_of(outlook->start, tenant, 0);
    if (gate < 0)
        return INT64_MAX;
    const size_t row = (size_t)gate * n + (size_t)centre;
    if (row >= outlook->n_found) {
        const size_t len = 2 * ((size_t)gate + 1) * n;
        outlook->found = mem_resize(outlook->found, len, sizeof(*outlook->found));
        for (; outlook->n_found < len; outlook->n_found++)
            outlook->found[outlook->n_found] = (struct found){0};
    }
    struct found *found = &outlook->found[row];
    if (!found->items)
        find(outlook, found, gate, centre);
    while (found->at > 0 && found->items[found->at - 1].until > from)
        found->at--;
    while (found->items[found->at].until <= from)
        found->at++;
    return found->items[found->at].most;
}
