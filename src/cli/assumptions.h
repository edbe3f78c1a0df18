/* What a scenario asks and what it is not sure of: data that a run does not heed. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_ASSUMPTIONS_H
#define CLI_ASSUMPTIONS_H

#include "scenario/build.h"

#include <stdio.h>

/* The question, the analysis and what is uncertain, where the scenario says so. */
void explain_assumptions(const struct program *program, FILE *out);

#endif
