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

/* Tell err->text of the window that the map at the path `place` says; one that begins with "every:
 * " is about that. */
void window_error(const struct node *map, const char *place, const char *text,
                  struct error_list *errors);

#endif
