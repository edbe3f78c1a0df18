/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/sweep_summary.h"

#include "analysis/metric.h"
#include "analysis/text_table.h"
#include "experiment/stability.h"
#include "stats/interval.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>

enum { POINTS_SHOWN = 60, FAILURES_SHOWN = 20 };

/* Of intervals; said below the table. */
#define CONFIDENCE 0.95

char *sweep_point_text(const struct sweep *sweep, size_t point)
{
    char *text = mem_text("");
    for (size_t i = 0; i < sweep->n_factors; i++) {
        double number;
        char buffer[64];
        const char *label = sweep_value(sweep, point, i, &number);
        if (!label)
            label = quantity_format(number, sweep->factors[i].unit, buffer, sizeof(buffer));
        char *more =
            mem_format("%s%s%s %s", text, i > 0 ? ", " : "", sweep->factors[i].name, label);
        free(text);
        text = more;
    }
    return text;
}

void sweep_counts_print(const struct sweep *sweep, const struct outcomes *outcomes, FILE *out)
{
    char runs[48], points[48];
    fprintf(out, "%s run%s of %s point%s", count_format((double)sweep->runs, runs, sizeof(runs)),
            sweep->runs == 1 ? "" : "s",
            count_format((double)sweep->points, points, sizeof(points)),
            sweep->points == 1 ? "" : "s");
    if (sweep->replications > 1)
        fprintf(out, " in %lld replications", (long long)sweep->replications);
    const char *before = ": ";
    for (size_t i = 0; i < RUN_STATES; i++) {
        if (outcomes->counts[i] == 0)
            continue;
        fprintf(out, "%s%s %s", before,
                count_format((double)outcomes->counts[i], runs, sizeof(runs)), run_state_names[i]);
        before = ", ";
    }
    putc('\n', out);
}

void sweep_failures_print(const struct sweep *sweep, const struct outcomes *outcomes, FILE *out)
{
    size_t n = 0;
    for (uint64_t run = 0; run < outcomes->runs; run++) {
        const struct outcome *outcome = &outcomes->items[run];
        if (outcome->state == RUN_DONE || outcome->state == RUN_MISSING)
            continue;
        if (n++ >= FAILURES_SHOWN)
            continue;
        char *point = sweep_point_text(sweep, sweep_point(sweep, run));
        char *shown = printable(point), *text = printable(outcome->text);
        fprintf(out, "run %llu (%s%sreplication %llu): %s\n", (unsigned long long)run, shown,
                *shown ? ", " : "", (unsigned long long)sweep_replication(sweep, run), text);
        free(text);
        free(shown);
        free(point);
    }
    if (n > FAILURES_SHOWN)
        fprintf(out, "... and %zu more: the column state of sweep.h5 tells which\n",
                n - FAILURES_SHOWN);
}

static const struct outcome *run_of(const struct sweep *sweep, const struct outcomes *outcomes,
                                    size_t point, size_t replication)
{
    return &outcomes->items[point * (size_t)sweep->replications + replication];
}

/* Runs of a point that are done, and how many of them are unstable. */
static size_t count_unstable(const struct sweep *sweep, const struct outcomes *outcomes,
                             size_t point, size_t *ret_done)
{
    size_t unstable = 0;
    *ret_done = 0;
    for (size_t r = 0; r < (size_t)sweep->replications; r++) {
        const struct outcome *outcome = run_of(sweep, outcomes, point, r);
        *ret_done += outcome->state == RUN_DONE;
        unstable += outcome->state == RUN_DONE && outcome->unstable;
    }
    return unstable;
}

bool sweep_is_unstable(const struct sweep *sweep, const struct outcomes *outcomes, size_t point)
{
    size_t done;
    const size_t unstable = count_unstable(sweep, outcomes, point, &done);
    return stability_most(unstable, done);
}

/* "1.234 +- 0.05": mean and half width of the interval over the replications that are there. */
static void print_measure(struct text_table *table, const struct sweep *sweep,
                          const struct outcomes *outcomes, size_t point, size_t measure)
{
    struct moments moments = {0};
    char text[80];
    if (sweep_is_unstable(sweep, outcomes, point)) {
        text_table_right(table, "unstable");
        text_table_left(table, "");
        return;
    }
    for (size_t r = 0; r < (size_t)sweep->replications; r++) {
        const struct outcome *outcome = run_of(sweep, outcomes, point, r);
        if (outcome->state != RUN_DONE || isnan(outcome->values[measure]))
            continue;
        moments_add(&moments, outcome->values[measure]);
    }
    if (moments.n == 0) {
        text_table_right(table, "-");
        text_table_left(table, "");
        return;
    }
    const struct interval interval = interval_mean(&moments, CONFIDENCE);
    const double half = interval_half(&interval);
    const int digits = interval_digits(half);
    if (digits < 0)
        snprintf(text, sizeof(text), "%.5g", interval.value);
    else
        snprintf(text, sizeof(text), "%.*f", digits, interval.value);
    text_table_right(table, text);
    *text = '\0';
    if (digits >= 0)
        snprintf(text, sizeof(text), "+- %.*f", digits, half);
    else if (moments.n > 1)
        snprintf(text, sizeof(text), "+- 0");
    text_table_left(table, text);
}

static void print_points(const struct sweep *sweep, const struct outcomes *outcomes, FILE *out)
{
    struct text_table table = {0};
    char text[400];
    for (size_t i = 0; i < sweep->n_factors; i++)
        (sweep->factors[i].labels ? text_table_left : text_table_right)(&table,
                                                                        sweep->factors[i].name);
    for (size_t i = 0; i < sweep->n_measures; i++) {
        const struct metric *metric = sweep->measures[i].metric;
        const bool unit = metric->unit[0] && metric->unit[0] != '1';
        snprintf(text, sizeof(text), "%s%s%s", sweep->measures[i].selector, unit ? ", " : "",
                 unit ? metric->unit : "");
        text_table_right(&table, text);
        text_table_left(&table, "");
    }
    for (size_t point = 0; point < sweep->points; point++) {
        text_table_row(&table);
        for (size_t i = 0; i < sweep->n_factors; i++) {
            double number;
            const char *label = sweep_value(sweep, point, i, &number);
            if (label)
                text_table_left(&table, label);
            else
                text_table_right(
                    &table, quantity_format(number, sweep->factors[i].unit, text, sizeof(text)));
        }
        for (size_t i = 0; i < sweep->n_measures; i++)
            print_measure(&table, sweep, outcomes, point, i);
    }
    text_table_write(&table, out);
    text_table_deinit(&table);
}

/* Points without a long-run number, as many as are read. */
static void print_unstable(const struct sweep *sweep, const struct outcomes *outcomes, FILE *out)
{
    size_t n = 0;
    for (size_t point = 0; point < sweep->points; point++) {
        size_t done;
        const size_t unstable = count_unstable(sweep, outcomes, point, &done);
        if (!stability_most(unstable, done) || n++ >= FAILURES_SHOWN)
            continue;
        if (n == 1)
            putc('\n', out);
        char *text = sweep_point_text(sweep, point), *shown = printable(text);
        fprintf(out,
                "unstable: %s%sin %zu of %zu runs more is asked for than can be served, or the "
                "queue kept growing; there is no long-run number\n",
                shown, *shown ? ": " : "", unstable, done);
        free(text);
        free(shown);
    }
    if (n > FAILURES_SHOWN)
        fprintf(out, "... and %zu more such points\n", n - FAILURES_SHOWN);
}

/* A measure that no run gave a number: asked of a period outside the run, or of jobs that never
 * come, as likely as not. */
static void print_empty(const struct sweep *sweep, const struct outcomes *outcomes, FILE *out)
{
    for (size_t m = 0; m < sweep->n_measures && outcomes->counts[RUN_DONE] > 0; m++) {
        size_t run = 0;
        while (run < outcomes->runs &&
               (outcomes->items[run].state != RUN_DONE || isnan(outcomes->items[run].values[m])))
            run++;
        if (run == outcomes->runs)
            fprintf(out,
                    "%s has no value in any run: is what it asks for within the measuring window, "
                    "and does any job answer it?\n",
                    sweep->measures[m].selector);
    }
}

/* Where nothing is left, a summary of dashes says nothing. */
static void print_late(const struct sweep *sweep, const struct outcomes *outcomes, FILE *out)
{
    char limit[40];
    if (outcomes->runs > 0 && outcomes->counts[RUN_LATE] == outcomes->runs)
        fprintf(out,
                "every run (%zu) was stopped, as it took longer than limit: %s; a greater limit, "
                "which --resume takes, or a shorter time.length lets them end\n",
                outcomes->runs,
                quantity_human_time(simtime_seconds(sweep->limit), limit, sizeof(limit)));
}

void sweep_notes_print(const struct sweep *sweep, const struct outcomes *outcomes, FILE *out)
{
    print_unstable(sweep, outcomes, out);
    print_empty(sweep, outcomes, out);
    print_late(sweep, outcomes, out);
    sweep_failures_print(sweep, outcomes, out);
}

void sweep_summary_print(const struct sweep *sweep, const struct outcomes *outcomes,
                         const char *dir, FILE *out)
{
    sweep_counts_print(sweep, outcomes, out);
    if (sweep->points <= POINTS_SHOWN) {
        putc('\n', out);
        print_points(sweep, outcomes, out);
        if (sweep->replications > 1)
            fputs("\nMeans over replications +- the half width of their 95 % interval (Student).\n",
                  out);
    }
    fprintf(out, "\nA row a run: pandas.read_hdf(\"%s/sweep.h5\", \"runs\")\n", dir);
    sweep_notes_print(sweep, outcomes, out);
}
