/* Maintenance as a run needs it: every window by itself, those that come again written out. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_WINDOWS_H
#define SCENARIO_WINDOWS_H

#include "scenario/scenario.h"

/* Add the windows that one entry of `maintenance` stands for to *ret (struct maintenance; to be
 * freed by free(ret->items)). group_nodes: how many nodes its group ever has. They are known
 * always. -1 with err->text. */
int expand_window(const struct program *program, const struct window *window, int64_t group_nodes,
                  struct items *ret, struct error *err);

/* By their beginning, then their end. */
void sort_windows(struct items *windows);

/* Windows of one thing, sorted, that overlap or meet become one. */
void join_windows(struct items *windows);

#endif
