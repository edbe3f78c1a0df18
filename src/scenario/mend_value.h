/* What stands for single values that are wrong. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_MEND_VALUE_H
#define SCENARIO_MEND_VALUE_H

#include "scenario/field_at.h"
#include "scenario/mend.h"

/* For a value at the path, of the field, or of an item of its list; what it says is used where it
 * is nearly a name of the scenario. NULL: nothing need stand there. */
struct node *mend_value(const struct node *root, const struct field_place *place,
                        const struct path *path, const struct node *value, enum mend_way way);

/* The name of the centre that jobs of the workload, or tenant, at the path go to, as it, one above
 * or a template says. Of the tree. NULL: none does. */
const struct node *mend_home(const struct node *root, const struct path *path);

#endif
