/* A part of `jishi check`: when a run begins and ends, and whose jobs count. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_EXPLAIN_TIME_H
#define CLI_EXPLAIN_TIME_H

#include "scenario/build.h"

#include <stdio.h>

/* A line for each. Where windows of logs begin is said if build_find_begin has found it. */
void explain_time(const struct build *build, FILE *out);

#endif
