/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/assumptions.h"

#include "analysis/text_table.h"
#include "experiment/assumed.h"
#include "util/dist.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Growth is given, and so told, in percent a year: of 365 days, as in quantities. */
static void add_growth(struct text_table *table, double value)
{
    char text[48];
    snprintf(text, sizeof(text), "%.4g %%/year", 100 * value * 365 * 86400);
    text_table_right(table, isfinite(value) ? text : "none");
}

static bool is_growth(const struct uncertain *item)
{
    const char *dot = strrchr(item->path, '.');
    return item->unit == UNIT_RATE && dot && strcmp(dot, ".growth") == 0;
}

static void add_value(struct text_table *table, double value, double scale, enum unit unit)
{
    char text[64];
    text_table_right(table, !isfinite(value) ? "none"
                            : unit == UNIT_TIME
                                ? quantity_human_time(value, text, sizeof(text))
                                : quantity_human(value, scale, unit, text, sizeof(text)));
}

/* The least median in a unit: no number of this unit is then told in too large a one. */
static double least_median(const struct scenario *scenario, enum unit unit)
{
    const struct uncertain *items = scenario->uncertain.items;
    double least = HUGE_VAL;
    for (size_t i = 0; i < scenario->uncertain.len; i++)
        if (items[i].unit == unit && !is_growth(&items[i]))
            least = fmin(least, dist_quantile(items[i].dist, 0.5));
    return least;
}

static void print_uncertain(const struct program *program, FILE *out)
{
    const struct scenario *scenario = program->epochs[0].scenario;
    static const double quantiles[] = {0.05, 0.5, 0.95};
    const struct uncertain *items = scenario->uncertain.items;
    struct text_table table = {0};
    text_table_left(&table, "Uncertain");
    text_table_right(&table, "5 %");
    text_table_right(&table, "median");
    text_table_right(&table, "95 %");
    text_table_left(&table, "confidence");
    text_table_left(&table, "source");
    for (size_t i = 0; i < scenario->uncertain.len; i++) {
        const bool whole = assumed_is_whole(program, items[i].path);
        text_table_row(&table);
        text_table_left(&table, items[i].path);
        const double scale = least_median(scenario, items[i].unit);
        for (size_t q = 0; q < ARRAY_LEN(quantiles); q++) {
            const double drawn = dist_quantile(items[i].dist, quantiles[q]);
            const double value = whole ? rint(drawn) : drawn;
            if (is_growth(&items[i]))
                add_growth(&table, value);
            else
                add_value(&table, value, scale, items[i].unit);
        }
        text_table_left(&table, items[i].confidence ? confidence_names[items[i].confidence] : "-");
        text_table_left(&table, items[i].source ? items[i].source : "-");
    }
    putc('\n', out);
    text_table_write(&table, out);
    text_table_deinit(&table);
}

void explain_assumptions(const struct program *program, FILE *out)
{
    const struct scenario *scenario = program->epochs[0].scenario;
    if (scenario->question.metric) {
        char *metric = printable(scenario->question.metric);
        char *matters = printable(scenario->question.matters ? scenario->question.matters : "");
        fprintf(out, "\nQuestion: %s, %s is better%s%s%s.\n", metric,
                better_names[scenario->question.better],
                *matters ? "; a difference matters from " : "", matters, *matters ? " on" : "");
        free(metric);
        free(matters);
    }
    if (scenario->analysis == ANALYSIS_STEADY)
        fputs("\nAnalysis: steady, one long-run number is wanted.\n", out);
    if (scenario->uncertain.len > 0)
        print_uncertain(program, out);
}
