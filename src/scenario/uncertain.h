/* The list of what a scenario is not sure of. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_UNCERTAIN_H
#define SCENARIO_UNCERTAIN_H

#include "scenario/scenario.h"

/* Take assumptions out that a variant or a setting has made void: whose value is there in `base`
 * (as in the file), but not in `tree` (with templates written out). `resolved` is the tree as
 * before templates. What is not in the base either is left for decoding to tell. */
void uncertain_leave_out(struct node *tree, struct node *resolved, const struct node *base);

/* The assumption about the value at the path, as written; NULL: none. */
const struct uncertain *uncertain_find(const struct scenario *scenario, const char *path);

#endif
