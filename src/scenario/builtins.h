/* Files that come with the program, by name. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_BUILTINS_H
#define SCENARIO_BUILTINS_H

#include "util/error.h"

/* The path of NAME.yaml in the folder, to be freed. NULL with an error that tells the names there
 * are. `dir` NULL: there are none. O(files in the folder). */
char *builtin_path(const char *dir, const char *name, struct error *err);

#endif
