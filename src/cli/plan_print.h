/* What a plan came to: as text, CSV or JSON. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_PLAN_PRINT_H
#define CLI_PLAN_PRINT_H

#include "cli/result.h"
#include "experiment/cost.h"
#include "experiment/sizing.h"
#include "experiment/sizing_run.h"

/* All borrowed. */
struct plan_report {
    const char *title; /* of the scenario; may be NULL */
    const char *target;
    const struct sizing *plan;
    const struct vary *varies;
    size_t n_varies;
    const struct cost *cost; /* NULL: none */
    bool cost_said;          /* else it is the sum of values by the greatest of their ranges */
};

void plan_print(const struct plan_report *report, enum result_format format, FILE *out);

#endif
