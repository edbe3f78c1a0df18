/* Maintenance as a run needs it. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_WINDOWS_H
#define SCENARIO_WINDOWS_H

#include "scenario/scenario.h"

/* Add what one entry of `maintenance` says to *ret (struct recurrence; to be freed by
 * free(ret->items)). group_nodes: how many nodes its group ever has. It is planned always. -1 with
 * err->text. */
int add_window(const struct program *program, const struct window *window, int64_t group_nodes,
               struct items *ret, struct error *err);

#endif
