/* Paths that meet what templates say (`like`). */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_INHERIT_H
#define SCENARIO_INHERIT_H

#include "scenario/path.h"

/* Before something is put at the path of a tree whose root `table` describes (NULL: nothing to do).
 * Names on the way must be there, those of templates included: else -1 with an error at `at`.
 * And if the path leads into a thing that is one value (a distribution, an order, a list) and is so
 * far said by a template alone, that value is written out where the path leads, so that what
 * is not set of it stays. O(tree) where a template is met. */
int path_prepare(struct node *root, const struct field *table, const struct path *path,
                 struct mark at, struct error *err);

/* The value at the path as templates say it, to be freed; NULL: there is none. O(tree) where a
 * template is met. */
struct node *path_inherited(const struct node *root, const struct path *path);

#endif
