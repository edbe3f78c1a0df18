/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/change_notes.h"

#include "util/mem.h"

#include <stdio.h>

struct texts change_notes(const struct build *build)
{
    const struct program *program = build->program;
    const struct world *world = &build->world;
    struct texts notes = {0};
    size_t e = 1;
    while (e < program->n_epochs && program->epochs[e].at < world->length)
        e++;
    if (e >= program->n_epochs || build->drain)
        return notes;
    char at[64], end[64], more[64] = "";
    const size_t later = program->n_epochs - 1 - e;
    if (later > 0)
        snprintf(more, sizeof(more), " and %zu later date%s", later, later > 1 ? "s" : "");
    notes = (struct texts){mem_new(1, sizeof(*notes.items)), 1};
    notes.items[0] = mem_format(
        "changes: those of %s%s change nothing: the run ends on %s",
        date_format_day(world->start + program->epochs[e].at, world->offset, at, sizeof(at)), more,
        date_format_day(world->start + world->length, world->offset, end, sizeof(end)));
    return notes;
}
