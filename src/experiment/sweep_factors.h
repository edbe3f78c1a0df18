/* The factors of a sweep, as its file says them. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_SWEEP_FACTORS_H
#define EXPERIMENT_SWEEP_FACTORS_H

#include "experiment/sweep.h"

/* The maps that a factor may be, NULL-ended. */
extern const struct field *const sweep_factor_forms[];

/* Fill sweep->factors from its variants and factors. `tree`: the scenario as it stands, which tells
 * what a path leads to. Errors are collected in ctx. */
void sweep_factors_read(struct decode *ctx, struct sweep *sweep, const struct node *tree);
void sweep_factor_deinit(struct sweep_factor *factor);

#endif
