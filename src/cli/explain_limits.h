/* A part of `jishi check`: quotas and guarantees that turn jobs away, or that cannot be kept. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_EXPLAIN_LIMITS_H
#define CLI_EXPLAIN_LIMITS_H

#include "scenario/build.h"

#include <stdio.h>

/* A line for each; alike: as by build_alike, members are told once. */
void explain_limits(const struct build *build, const int32_t *alike, FILE *out);

#endif
