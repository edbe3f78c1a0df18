/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/slurm_notes.h"

#include "util/mem.h"

#include <string.h>

static void add(struct texts *notes, const char *place, const char *inner,
                const struct scheduler *scheduler)
{
    const size_t more = scheduler->slurm_notes.len;
    if (more == 0)
        return;
    const char *slash = strrchr(scheduler->slurm, '/');
    notes->items = mem_resize(notes->items, notes->len + more, sizeof(*notes->items));
    for (size_t i = 0; i < more; i++)
        notes->items[notes->len++] =
            mem_format("%s%s%s: %s: %s", place, inner ? "/" : "", inner ? inner : "",
                       slash ? slash + 1 : scheduler->slurm, scheduler->slurm_notes.items[i]);
}

struct texts slurm_notes(const struct scenario *scenario)
{
    struct texts notes = {0};
    const struct centre *centres = scenario->centres.items;
    for (size_t i = 0; i < scenario->centres.len; i++) {
        const struct partition_plan *plans = centres[i].partitions.items;
        add(&notes, centres[i].named.name, NULL, &centres[i].scheduler);
        for (size_t k = 0; k < centres[i].partitions.len; k++)
            add(&notes, centres[i].named.name, plans[k].named.name, &plans[k].scheduler);
    }
    return notes;
}
