/* When a run starts: as stated; else when the earliest of its logs does; else 1970-01-01Z.
 *
 * Logs that state a date and keep it come first, then those that would fall on the start whenever
 * that is (`shift: to-start`), then those that state none, which begin in 1970. Of several of a
 * kind the earliest counts, and of those at one instant the smallest offset: their order in the
 * scenario does not matter. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_START_H
#define SCENARIO_START_H

#include "scenario/scenario.h"

struct start {
    simtime at;     /* microseconds since 1970-01-01T00:00Z */
    int32_t offset; /* of its zone, seconds east */
    bool dated;     /* the scenario or a log states it */
};

/* `tree` is what the scenario was read from. -1 with errors, *ret then undefined. Reads the header
 * of each log. */
int start_find(const struct scenario *scenario, const struct node *tree, struct start *ret,
               struct error_list *errors);

#endif
