/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/log_notes.h"

#include "util/mem.h"
#include "util/quantity.h"

#include <stdio.h>
#include <stdlib.h>

/* More names than that are counted only. */
enum { NAMES_SHOWN = 4 };

/* "a: ", or of several "3 workloads (a, b, c): ". `of`: their rows. */
static char *whose(const struct build *build, const size_t *of, size_t n)
{
    char *text = n == 1 ? mem_text("") : mem_format("%zu workloads (", n);
    for (size_t i = 0; i < n && i < NAMES_SHOWN; i++) {
        char *longer =
            mem_format("%s%s%s", text, i > 0 ? ", " : "", build->world.workloads[of[i]].path);
        free(text);
        text = longer;
    }
    char *all = n > NAMES_SHOWN ? mem_format("%s and %zu more): ", text, n - NAMES_SHOWN)
                                : mem_format("%s%s: ", text, n == 1 ? "" : ")");
    free(text);
    return all;
}

/* Of the workloads in rows `of`. */
static void add_line(struct texts *notes, const struct build *build, const size_t *of, size_t n,
                     const char *line)
{
    char *names = whose(build, of, n);
    notes->items = mem_resize(notes->items, notes->len + 1, sizeof(*notes->items));
    notes->items[notes->len++] = mem_format("%s%s", names, line);
    free(names);
}

static void add_note(struct texts *notes, const struct build *build,
                     const struct log_report *report, enum log_kind kind, const size_t *of,
                     size_t n)
{
    char line[256];
    log_report_text(report, kind, line, sizeof(line));
    add_line(notes, build, of, n, line);
}

/* Nothing to do, or nothing for long: a log of dates is run from 1970 on where nothing says when it
 * began. */
static void add_whole(struct texts *notes, const struct build *build,
                      const struct log_report *report, size_t row)
{
    const struct workload *workload = build->workloads[row].workload;
    const simtime idle = report->first - build->world.begins, span = report->last - report->first;
    char line[256], before[48], during[48];
    if (report->counts[LOG_ROWS].count == 0) {
        add_line(notes, build, &row, 1, "no job in the log");
    } else if (report->counts[LOG_USED].count > 0 && idle > SIMTIME_DAY && idle > span &&
               !(workload->kind->windowed && workload->kind->windowed(workload->params))) {
        snprintf(line, sizeof(line),
                 "the first job comes %s after the start, the last %s later: `shift: to-start` or "
                 "a `window` lets the run begin with the first",
                 quantity_human_time(simtime_seconds(idle), before, sizeof(before)),
                 quantity_human_time(simtime_seconds(span), during, sizeof(during)));
        add_line(notes, build, &row, 1, line);
    }
}

/* One kind: a line for all, but of machines, which have no sum, one each. */
static void add_kind(struct texts *notes, const struct build *build,
                     const struct log_report *const *reports, enum log_kind kind)
{
    const size_t n_workloads = build->world.n_workloads;
    size_t *of = mem_new(n_workloads, sizeof(*of)), n = 0;
    struct log_report sum = {0};
    for (size_t i = 0; i < n_workloads; i++) {
        const struct log_report *report = reports[i];
        if (!report || report->counts[kind].count == 0)
            continue;
        if (kind == LOG_RECORDED_OVER) {
            add_note(notes, build, report, kind, &i, 1);
            continue;
        }
        sum.counts[kind].count += report->counts[kind].count;
        sum.partial |= report->partial;
        sum.counts[kind].line = n == 0 ? report->counts[kind].line : 0;
        of[n++] = i;
    }
    if (n > 0)
        add_note(notes, build, &sum, kind, of, n);
    free(of);
}

struct texts log_notes(const struct build *build, const struct log_report *const *reports)
{
    struct texts notes = {0};
    for (int kind = 0; kind < LOG_KINDS; kind++)
        add_kind(&notes, build, reports, (enum log_kind)kind);
    for (size_t i = 0; i < build->world.n_workloads; i++)
        if (reports[i])
            add_whole(&notes, build, reports[i], i);
    return notes;
}
