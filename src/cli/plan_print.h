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
    const char *growth;      /* names of the variants that are simulated; NULL: one alone */
    bool draws;              /* the scenario draws something at random */
    bool cost_said;          /* else it is the sum of values by the greatest of their ranges */
};

/* How values, shares and intervals are told: for plans of purchases too. Return buffer. */
const char *plan_value_text(const struct comparison *comparison, double value, char *buffer,
                            size_t size);
const char *plan_interval_text(const struct comparison *comparison, const struct finding *finding,
                               char *buffer, size_t size);
const char *plan_percent(double share, char *buffer, size_t size);
/* `what`: that a share is of. */
void plan_print_target(const struct rule *rule, const char *target, const char *what, FILE *out);

void plan_print(const struct plan_report *report, enum result_format format, FILE *out);

#endif
