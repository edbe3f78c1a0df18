/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/times.h"

#include <string.h>

bool partitions_of_one_kind(const struct world *world, const bool *places)
{
    const char *kind = NULL;
    for (size_t p = 0; p < world->n_partitions; p++) {
        if (places && !places[p])
            continue;
        if (kind && strcmp(kind, world->partitions[p].processor) != 0)
            return false;
        kind = world->partitions[p].processor;
    }
    return true;
}

/* Which queue was watched: that of everything, of one centre or of one partition; -1: none. */
static int64_t crowd_index(const struct collect *collect, const bool *places)
{
    const struct world *world = collect->world;
    const size_t none = SIZE_MAX;
    size_t wanted = 0, last = 0, centre = none;
    bool one_centre = true;
    for (size_t p = 0; p < world->n_partitions; p++) {
        if (places && !places[p])
            continue;
        wanted++;
        last = p;
        one_centre &= centre == none || centre == (size_t)world->partitions[p].centre;
        centre = (size_t)world->partitions[p].centre;
    }
    if (wanted == world->n_partitions)
        return 0;
    if (wanted == 1)
        return (int64_t)(1 + world->n_centres + last);
    size_t in_centre = 0;
    for (size_t p = 0; p < world->n_partitions; p++)
        in_centre += (size_t)world->partitions[p].centre == centre;
    return wanted > 0 && one_centre && in_centre == wanted ? (int64_t)(1 + centre) : -1;
}

void view_times(const struct collect *collect, const bool *places, const bool *slices,
                struct use *ret_use, struct metric_view *view)
{
    const int64_t crowd = crowd_index(collect, places);
    view->use = ret_use;
    view->peak = crowd < 0 ? -1 : 0;
    view->one_kind = partitions_of_one_kind(collect->world, places);
    for (size_t s = 0; s < collect->slices.len; s++) {
        const struct slice *slice = &collect->slices.items[s];
        if (!slices[s])
            continue;
        if (view->span == 0)
            view->from = slice->from;
        view->to = slice->to;
        view->span += slice->to - slice->from;
        for (size_t p = 0; p < collect->world->n_partitions; p++)
            if (!places || places[p])
                use_merge(ret_use, &slice->uses[p]);
        if (crowd >= 0 && slice->peaks[crowd] > view->peak)
            view->peak = slice->peaks[crowd];
    }
    if (view->span == 0) /* nothing was watched */
        view->peak = -1;
}
