/* Factors of a sweep that set the same: one would overwrite the other, and the table would tell of
 * a run what it was not. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_SWEEP_OVERLAP_H
#define EXPERIMENT_SWEEP_OVERLAP_H

#include "experiment/sweep.h"

/* An error in ctx for each factor that sets what another factor or a variant of the sweep does, by
 * its path or through templates (sweep_reach.h). `tree`: the scenario as it stands. O(factors^2)
 * besides. */
void sweep_overlap_check(struct decode *ctx, const struct sweep *sweep, const struct node *tree);

#endif
