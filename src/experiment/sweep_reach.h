/* What the factors of a sweep reach through templates, and who undoes it. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_SWEEP_REACH_H
#define EXPERIMENT_SWEEP_REACH_H

#include "experiment/sweep.h"

/* An error in ctx for each factor of which something, where templates are written out, is
 * overwritten: by another factor, by a variant, or by what each member of a group draws for itself
 * if nothing else is left of it. What a factor sets by itself is all there where it does not
 * overlap. O((levels that are maps + variants + factors) x size of the scenario). */
void sweep_reach_check(struct decode *ctx, const struct sweep *sweep);

#endif
