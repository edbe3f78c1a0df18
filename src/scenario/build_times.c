/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/build_times.h"

#include "scenario/complete.h"
#include "util/quantity.h"

#include <stdio.h>

static void window_fault(const struct build *build, const char *map, const char *key,
                         struct error_list *errors, const char *what)
{
    const struct node *node = node_get(build->program->epochs[0].tree, map);
    error_list_addf(errors, mark_of(node, key), "%s.%s: %s", map, key, what);
}

/* "..., 12 d 12 h after the start; ...": which would be right. */
static void window_fault_by(const struct build *build, const char *map, const char *key,
                            struct error_list *errors, const char *what, simtime when,
                            const char *more)
{
    char text[300], time[64];
    snprintf(text, sizeof(text), "%s, %s after the start%s", what,
             quantity_human_time(simtime_seconds(when), time, sizeof(time)), more);
    window_fault(build, map, key, errors, text);
}

/* Something is counted, and only what the run gets to. */
static void check_window_counted(const struct build *build, struct error_list *errors)
{
    const struct scenario *scenario = build->program->epochs[0].scenario;
    const struct world *world = &build->world;
    const bool from = scenario->measure.from.given, until = scenario->measure.until.given;
    const char *const map = from ? "measure" : "time", *const key = from ? "from" : "warmup";
    if (from && scenario->time.warmup > 0)
        window_fault(build, "time", "warmup", errors,
                     "is short for measure.from, which is given too; leave one out");
    if (world->measure_from < 0)
        window_fault(build, map, key, errors, "lies before the start of the run");
    else if (world->measure_from >= world->length)
        window_fault_by(build, map, key, errors, "is not before the end of the run", world->length,
                        ": no job would be counted");
    if (until && world->measure_until > world->length)
        window_fault_by(build, "measure", "until", errors, "lies after the end of the run",
                        world->length, "");
    else if (until && world->measure_until <= world->measure_from)
        window_fault_by(build, "measure", "until", errors,
                        "is not after the beginning of the window", world->measure_from,
                        ": no job would be counted");
}

void set_times(struct build *build, struct error_list *errors)
{
    const struct program *program = build->program;
    const struct scenario *scenario = program->epochs[0].scenario;
    struct world *world = &build->world;
    world->start = program->start;
    world->offset = program->offset;
    world->length = scenario->time.length;
    world->measure_from = scenario->time.warmup;
    if (scenario->measure.from.given)
        world->measure_from = program_instant(program, &scenario->measure.from);
    world->measure_until = scenario->time.length;
    if (scenario->measure.until.given)
        world->measure_until = program_instant(program, &scenario->measure.until);
    /* Without a length the run ends at the last end anyway: there is nothing to go on after. */
    build->drain = scenario->measure.after == MEASURE_DRAIN && world->length < SIMTIME_NEVER;
    check_window_counted(build, errors);
}
