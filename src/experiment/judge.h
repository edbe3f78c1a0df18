/* All that would be wrong with a scenario, without a run. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_JUDGE_H
#define EXPERIMENT_JUDGE_H

#include "scenario/build.h"

struct judge {
    const struct program *base; /* the scenario as it is read; its files are not read again */
    const char *variant;        /* that it has; NULL: none */
    const char *const *sets;
    size_t n_sets;
    struct build_options options;
};

/* The question and the metrics of a scenario that is laid out. -1 with errors. */
int judge_measures(const struct build *build, struct error_list *errors);

/* All logs of a scenario that is laid out, to their ends. -1 with errors. */
int judge_logs(const struct build *build, struct error_list *errors);

/* What else is wrong with a program that has errors. */
void judge_rest(const struct judge *judge, struct error_list *errors);

/* Give those of the first n errors which are there only with the settings, wherever they were
 * found, the place of the first setting with which they are. Judges once, and
 * O(log settings) times more for each of those. */
void judge_settings(const struct judge *judge, size_t n, struct error_list *errors);

/* Each variant of the scenario, as `run --variant` would find it, the question included. What is
 * wrong is told with its name, unless the same is told in `errors` already. -1 with errors. */
int judge_variants(const struct judge *judge, struct error_list *errors);

/* Near the ends of each assumption: can the scenario be with such a value? -1 with errors. */
int judge_assumptions(const struct judge *judge, struct error_list *errors);

#endif
