/* A scenario in words and tables, without a run: what there is, and who asks for how much of it. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_EXPLAIN_H
#define CLI_EXPLAIN_H

#include "scenario/build.h"

#include <stdio.h>

/* Logs are read once. -1 with errors. */
int explain_build(const struct build *build, FILE *out, struct error_list *errors);

#endif
