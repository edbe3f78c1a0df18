/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/capacity.h"

#include "util/mem.h"

#include <stdlib.h>

static struct node_group group_of(const struct build *build, size_t row, size_t group, simtime at)
{
    struct sim_setup setup;
    build_setup(build, &setup);
    return sim_group_at(&setup, row, group, at);
}

static void add_phase(struct phases *phases, const struct build *build, size_t row, simtime at)
{
    const struct partition_setup *setup = &build->partitions[row].setup;
    struct capacity_phase phase = {.partition = (int32_t)row, .from = at};
    for (size_t g = 0; g < setup->n_groups; g++) {
        const struct node_group group = group_of(build, row, g, at);
        phase.nodes += group.nodes;
        phase.procs += (int64_t)group.nodes * group.procs_per_node;
        phase.procs_per_node = group.procs_per_node;
    }
    MEM_GROW(phases);
    phases->items[phases->len++] = phase;
}

void phases_init(struct phases *phases, const struct build *build)
{
    *phases = (struct phases){0};
    for (size_t row = 0; row < build->world.n_partitions; row++) {
        if (build->world.partitions[row].part)
            continue; /* installed in the whole */
        add_phase(phases, build, row, 0);
        for (size_t i = 0; i < build->n_changes; i++) {
            const struct sim_change *c = &build->changes[i];
            /* groups that change at one instant are one phase */
            if (c->partition == (int32_t)row && c->what == CHANGE_NODES &&
                c->at > phases->items[phases->len - 1].from && c->at < build->world.length)
                add_phase(phases, build, row, c->at);
        }
    }
}

void phases_deinit(struct phases *phases)
{
    free(phases->items);
    *phases = (struct phases){0};
}

static double overlap(simtime a, simtime b, simtime from, simtime to)
{
    const simtime lo = a > from ? a : from, hi = b < to ? b : to;
    return lo < hi ? simtime_seconds(hi - lo) : 0;
}

double phases_installed(const struct phases *phases, int32_t partition, simtime from, simtime to)
{
    double sum = 0;
    for (size_t i = 0; i < phases->len; i++) {
        const struct capacity_phase *phase = &phases->items[i];
        const bool last = i + 1 == phases->len || phase[1].partition != phase->partition;
        if (phase->partition == partition)
            sum += (double)phase->procs *
                   overlap(phase->from, last ? SIMTIME_NEVER : phase[1].from, from, to);
    }
    return sum;
}

/* When the nodes of a partition next change after `at`, but at `to` if not before. */
static simtime next_change(const struct build *build, int32_t partition, simtime at, simtime to)
{
    for (size_t i = 0; i < build->n_changes; i++) {
        const struct sim_change *c = &build->changes[i];
        if (c->partition == partition && c->what == CHANGE_NODES && c->at > at && c->at < to)
            to = c->at;
    }
    return to;
}

/* Of what overlaps [from, to), in which the groups do not change, the parts there. */
static void clip(const struct windows *windows, simtime from, simtime to, struct windows *ret)
{
    for (size_t i = 0; i < windows->len; i++) {
        struct maintenance window = windows->items[i];
        window.from = window.from > from ? window.from : from;
        window.to = window.to < to ? window.to : to;
        if (window.moves || window.from >= window.to)
            continue;
        MEM_GROW(ret);
        ret->items[ret->len++] = window;
    }
}

static double taken_between(const struct build *build, int32_t partition,
                            const struct windows *windows, simtime from, simtime to)
{
    struct node_group groups[PARTITION_GROUPS_MAX];
    struct windows there = {0};
    double sum = 0;
    for (size_t g = 0; g < build->partitions[partition].setup.n_groups; g++)
        groups[g] = group_of(build, (size_t)partition, g, from);
    clip(windows, from, to, &there);
    struct windows_step *steps = mem_new(2 * there.len, sizeof(*steps));
    windows_steps(&there, groups, steps);
    for (size_t i = 0; i < 2 * there.len; i++)
        sum -= (double)steps[i].change * simtime_seconds(to - steps[i].at);
    free(steps);
    windows_deinit(&there);
    return sum;
}

double maintenance_time(const struct build *build, int32_t partition, simtime from, simtime to)
{
    const struct partition_setup *setup = &build->partitions[partition].setup;
    struct windows windows;
    double sum = 0;
    windows_init(&windows, setup->recurrences, setup->n_recurrences, WINDOWS_BEGIN, from);
    windows_extend(&windows, to, SIZE_MAX);
    for (simtime at = from; at < to && windows.len > 0;) {
        const simtime next = next_change(build, partition, at, to);
        sum += taken_between(build, partition, &windows, at, next);
        at = next;
    }
    windows_deinit(&windows);
    return sum;
}
