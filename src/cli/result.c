/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/result.h"

#include "analysis/output.h"
#include "analysis/summary.h"
#include "analysis/text_table.h"
#include "cli/change_notes.h"
#include "cli/idle_notes.h"
#include "cli/log_notes.h"
#include "cli/page.h"
#include "cli/routes.h"
#include "cli/slurm_notes.h"
#include "cli/standings.h"
#include "experiment/capacity.h"
#include "experiment/compare.h"
#include "experiment/stability.h"
#include "trace/trace.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const result_format_names[] = {"text", "csv", "json", NULL};

struct notes {
    char **items;
    size_t len, cap;
};

/* Takes the texts. */
static void add_notes(struct notes *notes, struct texts more)
{
    for (size_t i = 0; i < more.len; i++) {
        MEM_GROW(notes);
        notes->items[notes->len++] = more.items[i];
    }
    free(more.items);
}

static struct texts run_log_notes(const struct build *build)
{
    const size_t n = build->world.n_workloads;
    const struct log_report **reports = mem_new(n, sizeof(*reports));
    for (size_t i = 0; i < n; i++) {
        const struct build_workload *bw = &build->workloads[i];
        reports[i] = workload_log_report(bw->workload->kind, bw->source);
    }
    struct texts notes = log_notes(build, reports);
    free(reports);
    return notes;
}

static void write_more(const void *ctx, FILE *out)
{
    const struct result *result = ctx;
    standings_write(result->build, result->sim, out);
    sent_write(result->build, result->sim, out);
}

/* What it cost that jobs were stopped for the guarantees of others. */
static void note_stops(struct notes *notes, const struct result *result)
{
    const struct sim_totals totals = sim_totals(result->sim);
    if (totals.stops == 0)
        return;
    char times[48], hours[48];
    count_format((double)totals.stops, times, sizeof(times));
    count_format(round((double)totals.lost / (double)SIMTIME_HOUR), hours, sizeof(hours));
    MEM_GROW(notes);
    notes->items[notes->len++] = mem_format(
        "%s time%s a job was stopped for the guarantee of another tenant; %s "
        "processor-hours were done in vain (they count as used, not as the run of a slowdown).",
        times, totals.stops == 1 ? "" : "s", hours);
}

/* Where the means below the table are of no system, but of this length. What is dated may end it:
 * nothing is said then. */
static void note_growth(struct notes *notes, const struct build *build)
{
    char *dated = compare_dated(build->program);
    char *excess = dated ? NULL : stability_excess(build);
    if (excess) {
        MEM_GROW(notes);
        notes->items[notes->len++] = mem_format(
            "%s: with this offered load its queue grows without bound, and waits grow with the "
            "length of the run",
            excess);
    }
    free(dated);
    free(excess);
}

static void print_text(const struct result *result, FILE *out)
{
    const struct build *build = result->build;
    struct notes notes = {0};
    note_growth(&notes, build);
    add_notes(&notes, run_log_notes(build));
    add_notes(&notes, change_notes(build));
    add_notes(&notes, idle_notes(build));
    add_notes(&notes, slurm_notes(build->program->epochs[0].scenario));
    note_stops(&notes, result);
    struct phases phases;
    phases_init(&phases, build);
    if (result->starved > 0 && result->complete) {
        char jobs[48];
        count_format((double)result->starved, jobs, sizeof(jobs));
        MEM_GROW(&notes);
        notes.items[notes.len++] = mem_format(
            "draining was given up: within ten times the length %s counted job%s would not have "
            "ended, and none ran.",
            jobs, result->starved == 1 ? "" : "s");
    }
    const struct summary_options options = {
        .title = build->program->epochs[0].scenario->title,
        .notes = (const char *const *)notes.items,
        .n_notes = notes.len,
        .phases = phases.items,
        .n_phases = phases.len,
        .cut_short = !result->complete,
        .all_tenants = result->all_tenants,
        .more = write_more,
        .more_ctx = result,
    };
    summary_write(result->metrics, &options, out);
    phases_deinit(&phases);
    for (size_t i = 0; i < notes.len; i++)
        free(notes.items[i]);
    free(notes.items);
}

void result_print(const struct result *result, FILE *out)
{
    size_t len;
    const struct metric_row *rows = metrics_rows(result->metrics, &len);
    struct page page;
    switch (result->format) {
    case RESULT_TEXT:
        print_text(result, page_begin(&page));
        page_end(&page, out);
        break;
    case RESULT_CSV:
        metrics_write_csv(rows, len, out);
        break;
    case RESULT_JSON:
        metrics_write_json(rows, len, out);
        break;
    }
}

/* --- tables of results in the trace --- */

static size_t cell_width(const struct record_table *table, const struct record_column *column)
{
    size_t width = 1;
    for (size_t i = 0; i < table->len; i++) {
        const char *text;
        memcpy(&text, (const char *)table->rows + i * table->row_size + column->offset,
               sizeof(text));
        const size_t len = strlen(text);
        width = len > width ? len : width;
    }
    return width;
}

static void describe(const struct record_table *table, struct column *columns)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        const struct record_column *from = &table->columns[i];
        columns[i] = (struct column){.name = from->name, .unit = from->unit, .help = from->help};
        switch (from->type) {
        case RECORD_INT64:
            columns[i].type = COLUMN_I64;
            break;
        case RECORD_REAL:
            columns[i].type = COLUMN_F64;
            break;
        case RECORD_TEXT:
            columns[i].type = COLUMN_NAME;
            columns[i].size = cell_width(table, from);
            break;
        }
    }
}

static void write_table(struct trace *trace, const struct record_table *table)
{
    struct column *columns = mem_new(table->n_columns, sizeof(*columns));
    describe(table, columns);
    const size_t size = columns_size(columns, table->n_columns);
    char *rows = mem_new(table->len, size), *at = rows;
    for (size_t i = 0; i < table->len; i++)
        for (size_t k = 0; k < table->n_columns; k++) {
            const char *value =
                (const char *)table->rows + i * table->row_size + table->columns[k].offset;
            if (columns[k].type == COLUMN_NAME) {
                const char *text;
                memcpy(&text, value, sizeof(text));
                memcpy(at, text, strlen(text));
            } else {
                memcpy(at, value, 8);
            }
            at += column_size(&columns[k]);
        }
    char *path = mem_format("/%s", table->name);
    const struct table_type type = {
        .path = path,
        .title = table->help,
        .columns = columns,
        .len = table->n_columns,
        .level = TRACE_LEVEL,
    };
    trace_table(trace, &type, rows, table->len);
    free(path);
    free(rows);
    free(columns);
}

void trace_results(struct trace *trace, struct simulation *simulation)
{
    struct record_table tables[METRICS_TABLES];
    const size_t len = metrics_tables(simulation->metrics, tables);
    for (size_t i = 0; i < len; i++)
        write_table(trace, &tables[i]);
    standings_tables(&simulation->build, simulation->sim, write_table, trace);
}
