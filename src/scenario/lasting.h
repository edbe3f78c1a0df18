/* What holds for a whole run, so that no change dated after its start is one of it. The tables of
 * the language say which fields that are (`lasts`). */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_LASTING_H
#define SCENARIO_LASTING_H

#include "scenario/node.h"

/* Two states of a scenario, templates written out: is all in which they differ what may change
 * while a run goes on? Else -1, with an error for each value that may not, at its place in the
 * later state. However a change is written, a value or the whole that it is in, it is judged by
 * what it comes to. O(tree). */
int judge_lasting(const struct node *before, const struct node *after, struct error_list *errors);

#endif
