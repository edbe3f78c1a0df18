/* Processor-hours apart by kind of processor: unlike kinds are never added up. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/kind_hours.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

static size_t kind_of(struct kind_hours *hours, const char *name)
{
    size_t k = 0;
    while (k < hours->n_kinds && strcmp(hours->kinds[k], name) != 0)
        k++;
    if (k == hours->n_kinds)
        hours->kinds[hours->n_kinds++] = name;
    return k;
}

struct kind_hours kind_hours_of(const struct collect *collect)
{
    const struct world *world = collect->world;
    struct kind_hours hours = {.kinds = mem_new(world->n_partitions, sizeof(*hours.kinds))};
    size_t *kinds = mem_new(world->n_partitions, sizeof(*kinds));
    for (size_t p = 0; p < world->n_partitions; p++)
        kinds[p] = kind_of(&hours, world->partitions[p].processor);
    hours.by_tenant = mem_new(world->tenants.len * hours.n_kinds, sizeof(*hours.by_tenant));
    for (size_t i = 0; i < collect->leaves.len; i++) {
        const struct leaf *leaf = collect->leaves.items[i];
        if (leaf->slice == SLICE_OUTSIDE || (size_t)leaf->place >= world->n_partitions)
            continue;
        const double received = (double)cell_delivered(&leaf->cell, collect->end) / 3600e6;
        for (int32_t t = leaf->tenant; t >= 0; t = world->tenants.items[t].parent)
            hours.by_tenant[(size_t)t * hours.n_kinds + kinds[leaf->place]] += received;
    }
    free(kinds);
    return hours;
}

void kind_hours_deinit(struct kind_hours *hours)
{
    free(hours->kinds);
    free(hours->by_tenant);
    *hours = (struct kind_hours){0};
}
