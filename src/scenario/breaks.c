/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/breaks.h"

#include <math.h>

/* As it is from an epoch on. */
static struct outage outage_at(const struct build *build, size_t partition, size_t epoch,
                               struct node_group groups[PARTITION_GROUPS_MAX])
{
    const struct partition_setup *setup = &build->partitions[partition].setup;
    const simtime at = build_epoch_begins(build, epoch);
    struct sim_setup sim;
    build_setup(build, &sim);
    for (size_t g = 0; g < setup->n_groups; g++)
        groups[g] = sim_group_at(&sim, partition, g, at);
    return (struct outage){setup->recurrences, setup->n_recurrences, at, groups, setup->n_groups};
}

simtime breaks_settled(const struct build *build, size_t partition, size_t epoch)
{
    const struct partition_setup *setup = &build->partitions[partition].setup;
    const simtime at = build_epoch_begins(build, epoch);
    struct windows windows;
    if (setup->n_recurrences == 0)
        return INT64_MIN;
    windows_init(&windows, setup->recurrences, setup->n_recurrences, at, at);
    const simtime settled = windows.endless ? windows_settled(&windows) : INT64_MIN;
    windows_deinit(&windows);
    return settled;
}

/* Does the epoch change nodes there, or the list of maintenance? */
static bool changes(const struct build *build, size_t partition, size_t epoch)
{
    for (size_t i = 0; i < build->n_changes; i++) {
        const struct sim_change *change = &build->changes[i];
        if (change->at == build_epoch_begins(build, epoch) &&
            change->partition == (int32_t)partition &&
            (change->what == CHANGE_NODES || change->what == CHANGE_WINDOWS))
            return true;
    }
    return false;
}

/* The next epoch after one that changes something, from which on jobs may start, too. */
static size_t next_of(const struct build *build, size_t partition, size_t epoch)
{
    do
        epoch++;
    while (epoch < build->program->n_epochs && !changes(build, partition, epoch));
    return epoch;
}

static struct gaps *gaps_of(const struct build *build, size_t partition, size_t epoch)
{
    return &build->gaps[epoch * build->world.n_partitions + partition];
}

bool breaks_let(const struct build *build, size_t partition, size_t epoch, simtime at,
                int64_t procs, double seconds)
{
    const simtime duration = simtime_from_seconds(seconds);
    bool let = breaks_settled(build, partition, epoch) == INT64_MIN;
    for (size_t e = epoch; e < build->program->n_epochs && !let; e = next_of(build, partition, e)) {
        struct node_group groups[PARTITION_GROUPS_MAX];
        const struct outage outage = outage_at(build, partition, e, groups);
        const simtime from = e == epoch ? at : build_epoch_begins(build, e);
        let = gaps_let(gaps_of(build, partition, e), &outage, from, procs,
                       duration > 0 ? duration : 1);
    }
    return let;
}

double breaks_longest(const struct build *build, size_t partition, size_t epoch, simtime at,
                      int64_t procs)
{
    simtime longest = 0;
    if (breaks_settled(build, partition, epoch) == INT64_MIN)
        return HUGE_VAL;
    for (size_t e = epoch; e < build->program->n_epochs; e = next_of(build, partition, e)) {
        struct node_group groups[PARTITION_GROUPS_MAX];
        const struct outage outage = outage_at(build, partition, e, groups);
        const simtime from = e == epoch ? at : build_epoch_begins(build, e);
        const simtime here = gaps_longest(gaps_of(build, partition, e), &outage, from, procs);
        longest = here > longest ? here : longest;
    }
    return longest < SIMTIME_NEVER ? simtime_seconds(longest) : HUGE_VAL;
}
