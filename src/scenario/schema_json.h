/* Field tables as a JSON Schema (draft 2020-12), so that editors complete and check scenarios. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_SCHEMA_JSON_H
#define SCENARIO_SCHEMA_JSON_H

#include "util/schema.h"

/* The schema of a file whose root is a map described by `root`. `included`: with the keys include
 * and variants of scenarios, which are resolved before decoding. Indented, ended by a line break;
 * to be freed. It accepts all that decoding accepts; it cannot refuse all that decoding refuses. */
char *schema_json(const struct field *root, const char *title, bool included);

#endif
