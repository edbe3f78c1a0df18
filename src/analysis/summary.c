/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/summary.h"

#include "analysis/output.h"
#include "analysis/summary_lines.h"
#include "analysis/text_table.h"
#include "util/date.h"
#include "util/mem.h"
#include "util/quantity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CAUSE(cause, name, what) [CAUSES + (cause)] = "wait." name ".mean",
#define REASON(reason, name, what) [REASONS + (reason)] = "jobs.rejected." name,
static const char *const shown_names[SHOWN] = {[CAPACITY] = "capacity",
                                               [UTILISATION] = "utilisation",
                                               [HOURS] = "processor_hours",
                                               [SUBMITTED] = "jobs.submitted",
                                               [ENDED] = "jobs.ended",
                                               [WAIT_MEAN] = "wait.mean",
                                               [WAIT_P95] = "wait.p95",
                                               [SLOWDOWN] = "slowdown.mean",
                                               [PENDING] = "jobs.pending",
                                               [RUNNING] = "jobs.running",
                                               [REJECTED] = "jobs.rejected",
                                               [ABANDONED] = "jobs.abandoned",
                                               [KILLED] = "jobs.killed",
                                               [JAIN] = "fairness.jain",
                                               [GINI] = "fairness.gini",
                                               [DUE] = "processor_hours.due",
                                               [BOUND] = "deadline.jobs",
                                               [MISSED] = "deadline.missed",
                                               [REASONS] = "",
                                               REJECTION_LIST(REASON) WAIT_CAUSE_LIST(CAUSE)};

static const char *plain_name(const struct metric_row *row)
{
    const char *colon = strchr(row->scope, ':');
    return row->kind == SCOPE_ALL || !colon ? row->scope : colon + 1;
}

/* What is shown of every scope in one period; "": the whole. */
static struct lines gather(const struct metric_row *rows, size_t len, const char *period)
{
    struct lines lines = {0};
    const char *scope = NULL;
    for (size_t i = 0; i < len; i++) {
        if (strcmp(rows[i].period, period) != 0 || rows[i].declared)
            continue;
        if (rows[i].scope != scope) {
            scope = rows[i].scope;
            MEM_GROW(&lines);
            struct line *line = &lines.items[lines.len++];
            *line = (struct line){rows[i].kind, rows[i].row, plain_name(&rows[i]), {0}, 0, {0}};
            for (int s = 0; s < SHOWN; s++)
                line->values[s] = (double)NAN;
        }
        for (int s = 0; s < SHOWN; s++)
            if (strcmp(rows[i].name, shown_names[s]) == 0)
                lines.items[lines.len - 1].values[s] = rows[i].value;
    }
    return lines;
}

/* ---- cells ---- */

static void add_time(struct text_table *table, double seconds)
{
    char text[64];
    text_table_right(table,
                     isnan(seconds) ? "-" : quantity_human_time(seconds, text, sizeof(text)));
}

void summary_add_percent(struct text_table *table, double fraction)
{
    char text[32];
    snprintf(text, sizeof(text), "%.1f %%", 100 * fraction);
    text_table_right(table, isnan(fraction) ? "-" : text);
}

static void add_slowdown(struct text_table *table, double value)
{
    char text[32];
    snprintf(text, sizeof(text), "%.2f", value);
    text_table_right(table, isnan(value) ? "-" : text);
}

void summary_add_count(struct text_table *table, double value)
{
    char text[48];
    text_table_right(table, isnan(value) ? "-" : count_format(value, text, sizeof(text)));
}

void summary_add_fate(struct text_table *table, const double *values)
{
    summary_add_count(table, values[ENDED]);
    add_time(table, values[WAIT_MEAN]);
    add_time(table, values[WAIT_P95]);
    add_slowdown(table, values[SLOWDOWN]);
    static const enum shown counts[] = {KILLED, PENDING, RUNNING, REJECTED, ABANDONED};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        summary_add_count(table, values[counts[i]]);
}

void summary_add_fate_heads(struct text_table *table)
{
    static const char *const heads[] = {"jobs ended", "wait mean", "wait p95", "slowdown", "killed",
                                        "pending",    "running",   "rejected", "abandoned"};
    for (size_t i = 0; i < ARRAY_LEN(heads); i++)
        text_table_right(table, heads[i]);
}

static void write_partitions(const struct lines *lines, const struct world *world, FILE *out)
{
    struct text_table table = {0};
    size_t partitions = 0;
    bool changes = false;
    for (size_t i = 0; i < lines->len; i++) {
        const double capacity = lines->items[i].values[CAPACITY];
        partitions += lines->items[i].kind == SCOPE_PARTITION;
        /* What a reservation has comes and goes with its windows. */
        changes |= lines->items[i].kind == SCOPE_PARTITION &&
                   (capacity != rint(capacity) || world->partitions[lines->items[i].row].part);
    }
    text_table_left(&table, "By partition");
    text_table_right(&table, changes ? "mean processors" : "processors");
    text_table_right(&table, "utilisation");
    summary_add_fate_heads(&table);
    for (int last = 0; last < 2; last++) {
        for (size_t i = 0; i < lines->len; i++) {
            const struct line *line = &lines->items[i];
            const bool total = line->kind == SCOPE_ALL && partitions != 1;
            if (last ? !total : line->kind != SCOPE_PARTITION)
                continue;
            text_table_row(&table);
            text_table_left(&table, line->name);
            summary_add_count(&table, line->values[CAPACITY]);
            summary_add_percent(&table, line->values[UTILISATION]);
            summary_add_fate(&table, line->values);
        }
    }
    text_table_write(&table, out);
    text_table_deinit(&table);
}

/* ---- periods ---- */

/* More months than that are left to the other formats. */
#define MONTHS_SHOWN 12
#define PERIODS_SHOWN 50

/* The periods to show: years; months where there are few. */
static size_t list_periods(const struct metric_row *rows, size_t len, const char **ret)
{
    size_t months = 0;
    const char *last = "";
    for (size_t i = 0; i < len && rows[i].kind == SCOPE_ALL; i++) {
        if (rows[i].declared || strcmp(rows[i].period, last) == 0)
            continue;
        last = rows[i].period;
        months += strlen(last) == 7;
    }
    const size_t width = months > 0 && months <= MONTHS_SHOWN ? 7 : 4;
    size_t n = 0;
    last = "";
    for (size_t i = 0; i < len && rows[i].kind == SCOPE_ALL; i++) {
        if (rows[i].declared || strcmp(rows[i].period, last) == 0)
            continue;
        last = rows[i].period;
        if (strlen(last) == width && n < PERIODS_SHOWN)
            ret[n++] = last;
    }
    return n;
}

static bool lay_idle(const struct line *line)
{
    return !(line->values[CAPACITY] > 0) && !(line->values[SUBMITTED] > 0);
}

static void write_periods(const struct metric_row *rows, size_t len, const struct world *world,
                          FILE *out)
{
    const char *periods[PERIODS_SHOWN];
    const size_t n = list_periods(rows, len, periods);
    if (n < 2)
        return;
    struct lines *lines = mem_new(n, sizeof(*lines));
    for (size_t k = 0; k < n; k++)
        lines[k] = gather(rows, len, periods[k]);
    struct text_table table = {0};
    text_table_left(&table, strlen(periods[0]) == 4 ? "By year" : "By month");
    text_table_left(&table, "");
    text_table_right(&table, "mean processors");
    text_table_right(&table, "utilisation");
    summary_add_fate_heads(&table);
    for (size_t p = 0; p < world->n_partitions; p++) {
        const char *name = world->partitions[p].path;
        for (size_t k = 0; k < n; k++)
            for (size_t i = 0; i < lines[k].len; i++) {
                const struct line *line = &lines[k].items[i];
                if (line->kind != SCOPE_PARTITION || (size_t)line->row != p || lay_idle(line))
                    continue;
                text_table_row(&table);
                text_table_left(&table, name);
                text_table_left(&table, periods[k]);
                summary_add_count(&table, line->values[CAPACITY]);
                summary_add_percent(&table, line->values[UTILISATION]);
                summary_add_fate(&table, line->values);
                name = "";
            }
    }
    putc('\n', out);
    text_table_write(&table, out);
    text_table_deinit(&table);
    for (size_t k = 0; k < n; k++)
        free(lines[k].items);
    free(lines);
}

/* ---- head and foot ---- */

static void write_span(struct metrics *metrics, double submitted, FILE *out)
{
    const struct world *world = metrics_world(metrics);
    const simtime end = metrics_end(metrics), begins = world->begins;
    char from[48], to[48], length[64];
    fprintf(out, "From %s to %s: %s simulated.\n",
            date_format(world->start + begins, world->offset, from, sizeof(from)),
            date_format(world->start + end, world->offset, to, sizeof(to)),
            quantity_human_time(simtime_seconds(end - begins), length, sizeof(length)));
    if (world->measure_from <= begins && world->measure_until >= end)
        return;
    const simtime until = world->measure_until < end ? world->measure_until : end;
    date_format(world->start + world->measure_from, world->offset, from, sizeof(from));
    if (world->measure_from >= end)
        fprintf(out,
                "Counted: 0 jobs. No job was submitted in the measuring window, which begins %s, "
                "after the end of the run.\n",
                from);
    else
        fprintf(out, "%s from %s to %s.\n",
                submitted > 0 ? "Counted: jobs submitted"
                              : "Counted: 0 jobs. No job was submitted in the measuring window,",
                from, date_format(world->start + until, world->offset, to, sizeof(to)));
}

static double capacity_of(const struct lines *lines, size_t partition)
{
    for (size_t i = 0; i < lines->len; i++)
        if (lines->items[i].kind == SCOPE_PARTITION && (size_t)lines->items[i].row == partition)
            return lines->items[i].values[CAPACITY];
    return (double)NAN;
}

static void write_centres(const struct lines *lines, const struct world *world, FILE *out)
{
    for (size_t c = 0; c < world->n_centres; c++) {
        char *name = printable(world->centres[c].name);
        fprintf(out, "%s:", name);
        free(name);
        const char *comma = "";
        for (size_t p = 0; p < world->n_partitions; p++) {
            const struct partition_info *info = &world->partitions[p];
            if ((size_t)info->centre != c)
                continue;
            char count[48], peak[96];
            const double capacity = capacity_of(lines, p);
            char *label = printable(info->name), *kind = printable(info->processor);
            fprintf(out, "%s %s %s%s%s processors", comma, label,
                    isnan(capacity) ? "-" : count_format(capacity, count, sizeof(count)),
                    *kind ? " " : "", kind);
            if (info->flops > 0 && !isnan(capacity))
                fprintf(out, " (%s)",
                        flops_format(capacity * info->flops, info->precision, peak, sizeof(peak)));
            comma = ",";
            free(label);
            free(kind);
        }
        putc('\n', out);
    }
}

/* A line a partition: what it starts with, and with what it goes on. */
static void write_phases(const struct summary_options *options, const struct world *world,
                         FILE *out)
{
    for (size_t i = 0; i < options->n_phases; i++) {
        const struct capacity_phase *phase = &options->phases[i];
        const struct partition_info *info = &world->partitions[phase->partition];
        char text[96];
        if (phase->from == 0) {
            char *path = printable(info->path), *kind = printable(info->processor);
            fprintf(out, "%s%s: %s%s%s processors", i > 0 ? "\n" : "", path,
                    count_format((double)phase->procs, text, sizeof(text)), *kind ? " " : "", kind);
            free(path);
            free(kind);
        } else {
            date_format_day(world->start + phase->from, world->offset, text, sizeof(text));
            fprintf(out, "; from %s ", text);
            fputs(count_format((double)phase->procs, text, sizeof(text)), out);
        }
        if (info->flops > 0)
            fprintf(out, ", %s",
                    flops_format(info->flops * (double)phase->procs, info->precision, text,
                                 sizeof(text)));
    }
    putc('\n', out);
}

/* Large ones as the tables above show them, small ones with their decimals. */
static const char *number_format(double value, char *buffer, size_t size)
{
    if (fabs(value) >= 1000)
        return count_format(round(value), buffer, size);
    snprintf(buffer, size, "%.6g", value);
    return buffer;
}

static void write_declared(const struct metric_row *rows, size_t len, FILE *out)
{
    struct text_table table = {0};
    text_table_left(&table, "Asked for");
    bool any = false;
    for (size_t i = 0; i < len; i++) {
        if (!rows[i].declared)
            continue;
        any = true;
        text_table_row(&table);
        text_table_left(&table, rows[i].name);
        char number[48], text[80];
        if (strcmp(rows[i].unit, "s") == 0) {
            add_time(&table, rows[i].value);
        } else {
            snprintf(text, sizeof(text), "%s%s%s",
                     number_format(rows[i].value, number, sizeof(number)),
                     strcmp(rows[i].unit, "1") ? " " : "",
                     strcmp(rows[i].unit, "1") ? rows[i].unit : "");
            text_table_right(&table, isnan(rows[i].value) ? "-" : text);
        }
    }
    if (any) {
        putc('\n', out);
        text_table_write(&table, out);
    }
    text_table_deinit(&table);
}

/* "Rejected: 7 of 19 jobs: limit on queued jobs (4), kept for other tenants (3)." Most first. */
static void write_rejected(const double *all, FILE *out)
{
    char rejected[48], submitted[48];
    if (!(all[REJECTED] > 0))
        return;
    fprintf(out, "Rejected: %s of %s jobs", count_format(all[REJECTED], rejected, sizeof(rejected)),
            count_format(all[SUBMITTED], submitted, sizeof(submitted)));
    bool told[JOB_REASONS] = {false};
    for (const char *comma = ":";; comma = ",") {
        int most = REASON_NONE;
        for (int r = REASON_NONE + 1; r < JOB_REASONS; r++)
            if (all[REASONS + r] > 0 && !told[r] &&
                (most == REASON_NONE || all[REASONS + r] > all[REASONS + most]))
                most = r;
        if (most == REASON_NONE)
            break;
        told[most] = true;
        char count[48];
        fprintf(out, "%s %s (%s)", comma, job_reason_names[most],
                count_format(all[REASONS + most], count, sizeof(count)));
    }
    fputs(".\n", out);
}

static void write_foot(const struct metrics *metrics, const double *all, FILE *out)
{
    char tau[64];
    fprintf(out,
            "\nWaits and slowdowns are of jobs that ended, killed included. Slowdown: bounded, "
            "max(1, response / max(run, %s)).\n",
            quantity_human_time(simtime_seconds(metrics_tau(metrics)), tau, sizeof(tau)));
    if (all[BOUND] > 0) {
        char count[48];
        fprintf(
            out,
            "Deadlines: %.1f %% of the %s jobs that had one, and ended, did not complete by it.\n",
            100 * all[MISSED], count_format(all[BOUND], count, sizeof(count)));
    }
    write_rejected(all, out);
    if (all[PENDING] + all[RUNNING] + all[REJECTED] + all[ABANDONED] > 0) {
        char missing[48], submitted[48];
        fprintf(out,
                "Note: %s of %s jobs are in no wait or slowdown above: they had not ended, or "
                "never ran.\n",
                count_format(all[SUBMITTED] - all[ENDED], missing, sizeof(missing)),
                count_format(all[SUBMITTED], submitted, sizeof(submitted)));
    }
}

void summary_write(struct metrics *metrics, const struct summary_options *options, FILE *out)
{
    size_t len;
    const struct metric_row *rows = metrics_rows(metrics, &len);
    const struct world *world = metrics_world(metrics);
    struct lines lines = gather(rows, len, "");
    if (options->title && *options->title) {
        char *title = printable(options->title);
        fprintf(out, "%s\n", title);
        free(title);
    }
    if (options->cut_short)
        fputs("The run was cut short: all numbers stop there.\n", out);
    write_span(metrics, lines.items[0].values[SUBMITTED], out);
    if (options->n_phases > 0)
        write_phases(options, world, out);
    else
        write_centres(&lines, world, out);
    putc('\n', out);
    write_partitions(&lines, world, out);
    write_periods(rows, len, world, out);
    write_tenants(&lines, metrics, options, out);
    write_causes(&lines, metrics, out);
    if (options->more)
        options->more(options->more_ctx, out);
    write_declared(rows, len, out);
    write_foot(metrics, lines.items[0].values, out);
    for (size_t i = 0; i < options->n_notes; i++) {
        char *note = printable(options->notes[i]);
        fprintf(out, "Note: %s\n", note);
        free(note);
    }
    free(lines.items);
}
