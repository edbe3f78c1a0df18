/* What a run leaves: rows of results in the trace, numbers on the screen. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_RESULT_H
#define CLI_RESULT_H

#include "experiment/simulate.h"

#include <stdio.h>

struct trace;

enum result_format { RESULT_TEXT, RESULT_CSV, RESULT_JSON };
extern const char *const result_format_names[]; /* NULL-ended */

struct result {
    const struct build *build;
    struct sim *sim;
    struct metrics *metrics;
    enum result_format format;
    bool complete;
    bool all_tenants; /* of the text: every tenant at every level */
    uint64_t starved; /* counted jobs that draining gave up on */
};

void result_print(const struct result *result, FILE *out);

/* /metrics, /tenants, /centres and /sharing of the trace. After the run. */
void trace_results(struct trace *trace, struct simulation *simulation);

#endif
