/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/result.h"

#include "analysis/output.h"
#include "analysis/summary.h"
#include "cli/routes.h"
#include "cli/slurm_notes.h"
#include "experiment/capacity.h"
#include "trace/trace.h"
#include "util/mem.h"
#include "workload/log_report.h"

#include <stdlib.h>
#include <string.h>

const char *const result_format_names[] = {"text", "csv", "json", NULL};

struct notes {
    char **items;
    size_t len, cap;
};

/* What was odd in the logs, one line a kind. */
static void note_log(struct notes *notes, const char *path, const struct log_report *report)
{
    for (int kind = 0; kind < LOG_KINDS; kind++) {
        char line[256];
        log_report_text(report, (enum log_kind)kind, line, sizeof(line));
        if (!*line)
            continue;
        MEM_GROW(notes);
        notes->items[notes->len++] = mem_format("%s: %s", path, line);
    }
}

static void note_sent(struct notes *notes, const struct result *result)
{
    const size_t n = result->build->world.n_centres;
    for (size_t home = 0; home < n; home++)
        for (size_t centre = 0; centre < n; centre++) {
            char *text = sent_text(result->build, result->sim, home, centre);
            if (!text)
                continue;
            MEM_GROW(notes);
            notes->items[notes->len++] = text;
        }
}

/* What it cost that jobs were stopped for the guarantees of others. */
static void note_stops(struct notes *notes, const struct result *result)
{
    const struct sim_totals totals = sim_totals(result->sim);
    if (totals.stops == 0)
        return;
    MEM_GROW(notes);
    notes->items[notes->len++] =
        mem_format("%llu times a job was stopped for the guarantee of another tenant; %.0f "
                   "processor-hours were "
                   "done in vain (they count as used)",
                   (unsigned long long)totals.stops, (double)totals.lost / (double)SIMTIME_HOUR);
}

static void print_text(const struct result *result, FILE *out)
{
    const struct build *build = result->build;
    struct notes notes = {0};
    for (size_t i = 0; i < build->world.n_workloads; i++) {
        const struct build_workload *bw = &build->workloads[i];
        const struct log_report *report = workload_log_report(bw->workload->kind, bw->source);
        if (report)
            note_log(&notes, build->world.workloads[i].path, report);
    }
    struct texts slurm = slurm_notes(build->program->epochs[0].scenario);
    for (size_t i = 0; i < slurm.len; i++) {
        MEM_GROW(&notes);
        notes.items[notes.len++] = slurm.items[i];
    }
    free(slurm.items);
    note_sent(&notes, result);
    note_stops(&notes, result);
    struct phases phases;
    phases_init(&phases, build);
    if (result->starved > 0 && result->complete) {
        MEM_GROW(&notes);
        notes.items[notes.len++] = mem_format(
            "draining was given up at ten times the length: %llu counted jobs had not ended",
            (unsigned long long)result->starved);
    }
    const struct summary_options options = {
        .title = build->program->epochs[0].scenario->title,
        .notes = (const char *const *)notes.items,
        .n_notes = notes.len,
        .phases = phases.items,
        .n_phases = phases.len,
        .cut_short = !result->complete,
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
    switch (result->format) {
    case RESULT_TEXT:
        print_text(result, out);
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

static size_t text_width(const struct record_table *table, const struct record_column *column)
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
            columns[i].size = text_width(table, from);
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

void trace_results(struct trace *trace, struct metrics *metrics)
{
    struct record_table tables[METRICS_TABLES];
    const size_t len = metrics_tables(metrics, tables);
    for (size_t i = 0; i < len; i++)
        write_table(trace, &tables[i]);
}
