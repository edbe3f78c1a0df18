/* Paths into a tree: centres.wuhan-ai.partitions.ascend.nodes, tenants["zhang.san"].share,
 * jobs[0].runtime. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_PATH_H
#define SCENARIO_PATH_H

#include "scenario/node.h"
#include "util/schema.h"

struct path_step {
    char *key; /* owned; NULL: an index */
    size_t index;
};

/* Zeroed is the empty path, which names the root. */
struct path {
    struct path_step *items;
    size_t len, cap;
};

enum { PATH_STEPS_MAX = NODE_DEPTH_MAX };

/* Parse the whole of `text`; fills err->text on failure. ret_path is untouched then. */
int path_parse(const char *text, struct path *ret_path, struct error *err);
void path_deinit(struct path *path);

void path_push_key(struct path *path, const char *key);
void path_push_index(struct path *path, size_t index);
void path_pop(struct path *path);

/* Put the steps of `more` behind those of the path. */
void path_append(struct path *path, const struct path *more);
void path_copy(const struct path *path, struct path *ret);
/* Is it this key at the top, or does it lead into that? */
bool path_is_in(const struct path *path, const char *key);
/* Is `front` the path, or a thing that the path leads into? */
bool path_begins(const struct path *path, const struct path *front);

/* Of a text that begins with names such as "window.from: " or "arrival: every: ": append those that
 * are in `map`, one below the other, and go on in *text behind them. The value they lead to. */
const struct node *path_push_told(struct path *path, const struct node *map, const char **text);

/* As path_parse reads it. Returns buffer, cut to size. */
const char *path_format(const struct path *path, char *buffer, size_t size);

/* NULL if there is nothing. */
struct node *path_get(const struct node *root, const struct path *path);

/* Is it told already why the path leads no further than it does? A map may get a key all the same.
 */
bool path_ends_faulty(const struct node *root, const struct path *path);

/* ": no "homr", did you mean home?" of a path that leads nowhere: the first step that is not there,
 * if it is a slip of the pen; empty otherwise. */
void path_suggest(const struct node *tree, const struct path *path, char *hint, size_t size);

/* Put a value at the path: takes it, frees what was there; a map replaces what a template says
 * there as well (`whole`). Maps missing on the way are made, with the mark `at`; whether their keys
 * are known is for decoding to say. On failure (an index beyond its list, a step into a scalar)
 * frees the value, fills err and leaves the tree as it was. */
int path_set(struct node *root, const struct path *path, struct mark at, struct node *value,
             struct error *err);

/* Do path_set for every pair PATH: value of a map, copying values; a value such as +49 adds if
 * `relative`. If a table describes the root, names on the way must be there, and what templates say
 * of a value that a path leads into stays (path_prepare). Errors carry the place of the key. */
int path_set_all(struct node *root, const struct field *table, const struct node *settings,
                 bool relative, struct error_list *errors);

/* Is it a text such as "+49", "-10" or "+2h"? */
bool node_is_relative(const struct node *value);

/* Add to a number: 49 and "+49" give 98; "2 h" and "+30min" give "2.5 h". The unit stays as it was
 * written. The result has the text of the sum and the mark of `change`. NULL with *err filled if
 * one is no number or the units are of different kinds. */
struct node *node_add_relative(const struct node *old, const struct node *change,
                               struct error *err);

#endif
