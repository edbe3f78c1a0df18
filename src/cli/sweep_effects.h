/* What the factors of a sweep do to its measures. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_SWEEP_EFFECTS_H
#define CLI_SWEEP_EFFECTS_H

#include "experiment/outcome.h"
#include "experiment/sweep.h"

#include <stdio.h>

/* For each measure: Sobol indices where the design was made for them (its points are no independent
 * sample), else main effects. */
void sweep_effects_print(const struct sweep *sweep, const struct outcomes *outcomes, FILE *out);

#endif
