/* What a scenario asks: a metric, which way is better, and what difference matters. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_QUESTION_H
#define EXPERIMENT_QUESTION_H

#include "analysis/selector.h"
#include "scenario/build.h"

struct question {
    const char *metric;   /* the selector as written; borrowed from the program. NULL: none asked */
    const char *unit;     /* of the metric */
    bool lower_is_better; /* as the scenario says */
    double matters;       /* in the unit of the metric; NaN: not said */
};

/* Is there such a metric, and is what matters in its unit? -1 with errors. */
int question_read(const struct build *build, struct question *ret, struct error_list *errors);
int question_check(const struct build *build, struct error_list *errors);

#endif
