/* Which field of the language a path of a tree leads to. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_FIELD_AT_H
#define SCENARIO_FIELD_AT_H

#include "scenario/path.h"
#include "util/schema.h"

struct field_place {
    const struct field *field;
    enum unit unit; /* UNIT_SAME resolved */
};

/* The path from `from` on, below a map that `table` describes. The value itself may be absent; what
 * has a name on the way must be in the tree. False if there is no such field. O(length x keys). */
bool field_at(const struct field *table, const struct node *node, const struct path *path,
              size_t from, struct field_place *ret);

/* Of `changes[2].set["centres.c.nodes"]`: the path that it sets, to be deinitialised. False: the
 * path is of another kind. */
bool path_of_change(const struct path *path, struct path *ret);

/* The field of a scenario that a path or a dated change of it sets. `resolved`: the scenario;
 * `whole`: the same with its templates written out, which is what changes know. */
bool scenario_field_at(const struct node *resolved, const struct node *whole,
                       const struct path *path, struct field_place *ret);

/* Before something is put at the path: is a name on the way one that its map does not have, a
 * centre or a tenant that is spelt otherwise? Then -1 with an error at `at`: a thing made of one
 * value is never meant. What inherits (`like`) may have more names than are seen here: path_prepare
 * sees them. */
int path_names_known(const struct field *table, const struct node *root, const struct path *path,
                     struct mark at, struct error *err);

#endif
