/* The metrics that a scenario declares, and those that whoever runs it wants besides. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_MEASURES_H
#define EXPERIMENT_MEASURES_H

#include "analysis/metrics.h"
#include "scenario/build.h"

/* NULL with an error for each selector that is wrong, the scenario's with their places there.
 * `build` is borrowed and must outlive it. */
struct metrics *scenario_metrics(const struct build *build, const char *const *more, size_t n_more,
                                 struct error_list *errors);

/* After the run: does every declared metric name a tenant that came to be? -1 with an error and its
 * place in the scenario. */
int scenario_metrics_check(const struct build *build, struct metrics *metrics, struct error *err);

#endif
