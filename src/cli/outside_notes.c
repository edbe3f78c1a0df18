/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/outside_notes.h"

#include "analysis/selector.h"
#include "util/mem.h"

/* Takes the text. */
static void add(struct texts *notes, char *text)
{
    notes->items = mem_resize(notes->items, notes->len + 1, sizeof(*notes->items));
    notes->items[notes->len++] = text;
}

static void add_workload(struct texts *notes, const struct build *build, const struct offer *offer,
                         const char *path)
{
    const simtime length = build->world.length;
    const struct workload_outlook *outlook = &offer->outlook;
    if (build->drain || length >= SIMTIME_NEVER || offer->workload->stay.until < length)
        return;
    if (outlook->late > 0)
        add(notes, mem_format("%s: %lld job%s after the end of the run, and %s no part of it", path,
                              (long long)outlook->late, outlook->late == 1 ? " comes" : "s come",
                              outlook->late == 1 ? "is" : "are"));
    else if (outlook->endless && outlook->rate <= 0 && outlook->too_large <= 0 &&
             offer_between(offer, build->program, 0, length).work <= 0)
        add(notes, mem_format("%s: no job comes before the end of the run", path));
}

/* The period that the metric is of, [*ret_from, *ret_to) since the start; false: of none. */
static bool period_of(const struct selector *selector, const struct world *world, simtime *ret_from,
                      simtime *ret_to)
{
    const struct condition *period = selector_condition(selector, CONDITION_PERIOD);
    if (!period)
        return false;
    const int year = (int)(period->number / 100), month = (int)(period->number % 100);
    const simtime begin = date_instant(year, month ? month : 1, 1, 0, world->offset);
    *ret_from = begin - world->start;
    *ret_to = date_add_months(begin, world->offset, month ? 1 : 12) - world->start;
    return true;
}

static void add_metric(struct texts *notes, const struct build *build, const char *text)
{
    const struct world *world = &build->world;
    struct selector selector;
    struct error err;
    simtime from, to;
    char first[64], last[64] = "";
    if (selector_parse(text, &selector, &err) < 0)
        return; /* told already */
    const bool any = period_of(&selector, world, &from, &to);
    selector_deinit(&selector);
    if (!any || (from < world->measure_until && to > world->measure_from))
        return;
    date_format_day(world->start + world->measure_from, world->offset, first, sizeof(first));
    if (world->measure_until < SIMTIME_NEVER)
        date_format_day(world->start + world->measure_until, world->offset, last, sizeof(last));
    add(notes,
        mem_format("metrics: %s is of a period in which nothing counts: that is from %s on%s%s",
                   text, first, *last ? " and before " : "", last));
}

struct texts outside_notes(const struct build *build, const struct offer *offers,
                           const size_t *shown)
{
    struct texts notes = {0};
    const struct texts *metrics = &build->program->epochs[0].scenario->metrics;
    for (size_t w = 0; w < build->world.n_workloads; w++)
        if (shown[w] == w)
            add_workload(&notes, build, &offers[w], build->world.workloads[w].path);
    for (size_t i = 0; i < metrics->len; i++)
        add_metric(&notes, build, metrics->items[i]);
    return notes;
}
