/* Trees with faults, made such that the rest of them can be judged. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_MEND_H
#define SCENARIO_MEND_H

#include "scenario/node.h"

/* A copy of a scenario's tree without what is faulty: something else stands there if something
 * must, and all that has a name keeps it. It may have faults of its own. */
struct node *mend_tree(const struct node *root);

/* May it be wrong only as something else was left out of the mended tree? `root`: with its faults.
 */
bool mend_explains(const struct node *root, const struct error *err);

#endif
