/* A factor that says what load is offered: the rate of a Poisson arrival follows from it. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_SWEEP_LOAD_H
#define EXPERIMENT_SWEEP_LOAD_H

#include "experiment/sweep.h"

/* Multiply the rate of the arrival at the factor's path so that the processor-seconds asked for
 * over the whole run, by all workloads that go where this one goes (its partition, or any of its
 * centre), are `load` of those installed there. -1 with errors: what the others ask is more. Costs
 * a decoding of the scenario. */
int sweep_load_put(const struct sweep *sweep, const struct sweep_factor *factor, double load,
                   struct node *tree, struct error_list *errors);

/* Of the arrival at `by`: where its rate is said. To be deinitialised. */
void sweep_load_path(const struct path *by, const struct node *tree, struct path *ret);

#endif
