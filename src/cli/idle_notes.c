/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/idle_notes.h"

#include "scenario/brokers.h"
#include "util/mem.h"

#include <stdio.h>
#include <stdlib.h>

/* Takes the text. */
static void add(struct texts *notes, char *text)
{
    notes->items = mem_resize(notes->items, notes->len + 1, sizeof(*notes->items));
    notes->items[notes->len++] = text;
}

/* Of members the first stands for all. */
static bool is_shown(const struct build *build, size_t tenant)
{
    int32_t row = (int32_t)tenant;
    const struct tenant_row *rows = build->program->epochs[0].scenario->rows.items;
    while (row >= 0 && rows[row].member <= 1)
        row = rows[row].parent;
    return row < 0;
}

/* Does it keep its jobs from their home, at some date, with nobody to send them elsewhere? */
static void add_centres(struct texts *notes, const struct build *build, size_t row)
{
    for (size_t e = 0; e < build->program->n_epochs; e++) {
        const struct scenario *scenario = build->program->epochs[e].scenario;
        const struct freight *freight = &build_workload_at(build, e, row)->freight;
        if (scenario->broker.policy.kind || freight_lists(scenario, freight, freight->home))
            continue;
        const struct centre *centres = scenario->centres.items;
        add(notes,
            mem_format("%s: without a broker its jobs run at %s, which is none of its centres",
                       build->world.workloads[row].path, centres[freight->home].named.name));
        return;
    }
}

static bool is_at(const struct build *build, const struct date_value *date, simtime from,
                  simtime to)
{
    if (!date->given)
        return false;
    const simtime at = program_instant(build->program, date);
    return at >= from && at <= to;
}

static bool joins_late(const struct build *build, const struct tenant *tenant)
{
    const simtime end = build->drain ? SIMTIME_NEVER : build->world.length;
    return end < SIMTIME_NEVER && (is_at(build, &tenant->join, end, INT64_MAX) ||
                                   is_at(build, &tenant->members.join.from, end, INT64_MAX));
}

static bool leaves_early(const struct build *build, const struct tenant *tenant)
{
    return is_at(build, &tenant->leave, INT64_MIN, 0);
}

/* Those of which it holds, in one line, the first few by name. */
static void add_tenants(struct texts *notes, const struct build *build,
                        bool (*holds)(const struct build *build, const struct tenant *tenant),
                        const char *does, const char *when)
{
    enum { NAMED = 3 };
    const struct scenario *scenario = build->program->epochs[0].scenario;
    char *names = mem_text(""), more[48] = "";
    size_t len = 0;
    for (size_t row = 0; row < scenario->rows.len; row++) {
        if (!is_shown(build, row) || !holds(build, scenario->rows.items[row].tenant) ||
            len++ >= NAMED)
            continue;
        char *longer =
            mem_format("%s%s%s", names, *names ? ", " : "", build->world.tenants.items[row].path);
        free(names);
        names = longer;
    }
    if (len > NAMED)
        snprintf(more, sizeof(more), " and %zu more", len - NAMED);
    if (len > 0)
        add(notes, mem_format("%s%s %s%s not %s of the run: no job comes of that", names, more,
                              does, len == 1 ? "s" : "", when));
    free(names);
}

struct texts idle_notes(const struct build *build)
{
    struct texts notes = {0};
    const struct world *world = &build->world;
    for (size_t w = 0; w < world->n_workloads; w++)
        if (is_shown(build, (size_t)world->workloads[w].tenant))
            add_centres(&notes, build, w);
    add_tenants(&notes, build, joins_late, "join", "before the end");
    add_tenants(&notes, build, leaves_early, "leave", "after the start");
    return notes;
}
