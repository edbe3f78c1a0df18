/* Whether there is chance in a scenario. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_DRAWS_H
#define EXPERIMENT_DRAWS_H

#include "scenario/scenario.h"

/* Does a run leave anything to chance? False: all replications would be the same. */
bool program_draws(const struct program *program);

#endif
