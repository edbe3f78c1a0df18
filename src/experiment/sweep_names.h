/* Names of the columns of a sweep's table. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_SWEEP_NAMES_H
#define EXPERIMENT_SWEEP_NAMES_H

#include "experiment/sweep.h"

/* Name the factors that have no name of their own: by the last keys of the path, as many as it
 * takes to tell them apart. Errors in ctx where a name is taken. */
void sweep_names_make(struct decode *ctx, struct sweep *sweep);

#endif
