/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/log_report.h"

#include "workload/log.h"

#include <stdio.h>
#include <string.h>

const char *const log_kind_names[LOG_KINDS] = {
    [LOG_ROWS] = "rows",
    [LOG_USED] = "used",
    [LOG_GARBLED] = "garbled",
    [LOG_TIMES_UNKNOWN] = "times-unknown",
    [LOG_NO_SIZE] = "no-size",
    [LOG_RUN_NEGATIVE] = "run-negative",
    [LOG_SUBMIT_NEGATIVE] = "submit-negative",
    [LOG_SIZE_ABSURD] = "size-absurd",
    [LOG_RUN_ZERO] = "run-zero",
    [LOG_TOO_LARGE] = "too-large",
    [LOG_REQUEST_DROPPED] = "request-dropped",
    [LOG_ELSEWHERE] = "elsewhere",
    [LOG_OUTSIDE_WINDOW] = "outside-window",
    [LOG_BEFORE_START] = "before-start",
    [LOG_AFTER_END] = "after-end",
    [LOG_RESAMPLED_AWAY] = "resampled-away",
    [LOG_RESAMPLED_COPY] = "resampled-copy",
    [LOG_REQUEST_FILLED] = "request-filled",
    [LOG_RUN_OVER_REQUEST] = "run-over-request",
    [LOG_RUN_ON] = "run-on",
    [LOG_SIZE_OTHER] = "size-other",
    [LOG_GIVEN_OVER_MAX] = "given-over-max",
    [LOG_OVER_PARTITION] = "over-partition",
    [LOG_RAN_NOT] = "ran-not",
    [LOG_CPU_OVER_RUN] = "cpu-over-run",
    [LOG_KEY_UNKNOWN] = "key-unknown",
    [LOG_FAILED] = "failed",
    [LOG_CANCELLED] = "cancelled",
    [LOG_PARTIAL] = "partial",
    [LOG_FOLLOWS] = "follows",
    [LOG_NUMBER] = "number",
    [LOG_OUT_OF_ORDER] = "out-of-order",
    [LOG_EXTRA_COLUMNS] = "extra-columns",
    [LOG_FEW_COLUMNS] = "few-columns",
    [LOG_FRACTION] = "fraction",
    [LOG_NO_HEADER] = "no-header",
    [LOG_ZONE_NAME] = "zone-name",
    [LOG_ZONE_ODD] = "zone-odd",
    [LOG_HEADER_ODD] = "header-odd",
    [LOG_HEADER_TEXT] = "header-text",
    [LOG_HEADER_FAR] = "header-far",
    [LOG_HEADER_AGAIN] = "header-again",
    [LOG_COUNT_DIFFERS] = "count-differs",
    [LOG_RECORDED_OVER] = "recorded-over",
};

/* Read after "N jobs: ". */
const char *const log_kind_texts[LOG_KINDS] = {
    [LOG_ROWS] = "in the log",
    [LOG_USED] = "used",
    [LOG_GARBLED] = "left out, no row of numbers",
    [LOG_TIMES_UNKNOWN] = "left out, neither submit nor run time is known",
    [LOG_NO_SIZE] = "left out, neither size is known",
    [LOG_RUN_NEGATIVE] = "left out, the run time is not known",
    [LOG_SUBMIT_NEGATIVE] = "left out, the submit time is not known",
    [LOG_SIZE_ABSURD] = "left out, more processors than can be",
    [LOG_RUN_ZERO] = "left out, run time zero",
    [LOG_TOO_LARGE] = "left out, asked or given more than the partition has",
    [LOG_REQUEST_DROPPED] = "left out, no time requested",
    [LOG_ELSEWHERE] = "left out, not what `where` asks for",
    [LOG_OUTSIDE_WINDOW] = "left out, outside the window",
    [LOG_BEFORE_START] = "left out, submitted before the start",
    [LOG_AFTER_END] = "left out, submitted after the end",
    [LOG_RESAMPLED_AWAY] = "left out by resampling",
    [LOG_RESAMPLED_COPY] = "added by resampling",
    [LOG_REQUEST_FILLED] = "no time requested, filled in",
    [LOG_RUN_OVER_REQUEST] = "ran longer than requested, will be ended there",
    [LOG_RUN_ON] = "ran longer than requested, will run on where `overrun: extend` holds",
    [LOG_SIZE_OTHER] = "the size wanted is missing, the other one taken",
    [LOG_GIVEN_OVER_MAX] = "allocated more than MaxProcs",
    [LOG_OVER_PARTITION] = "ask more than the partition has, will be rejected",
    [LOG_RAN_NOT] = "run time zero, kept",
    [LOG_CPU_OVER_RUN] =
        ("field 6 (mean processor time) is above the run time, not read: it may be a "
         "sum, or the time requested"),
    [LOG_KEY_UNKNOWN] = "not known whose (a number below zero), one tenant for all of them",
    [LOG_FAILED] = "failed (status 0), run as long as recorded",
    [LOG_CANCELLED] = "cancelled (status 5), run as long as recorded",
    [LOG_PARTIAL] = "parts of a job that was stopped and went on (status 2 to 4), each a job here",
    [LOG_FOLLOWS] = "follow another job (field 17), submitted as recorded, whenever that ends",
    [LOG_NUMBER] = "a number not above those before it: repeated, or out of order",
    [LOG_OUT_OF_ORDER] = "submitted before the job of the line above",
    [LOG_EXTRA_COLUMNS] = "more than 18 columns, the rest not read",
    [LOG_FEW_COLUMNS] = "fewer than 18 columns, the rest not known",
    [LOG_FRACTION] = "a fraction in a field that counts",
    [LOG_NO_HEADER] = "no header",
    [LOG_ZONE_NAME] =
        "TimeZoneString is not read, and there is no TimeZone: its zone counts as UTC",
    [LOG_ZONE_ODD] =
        "TimeZone is in seconds, and no multiple of 15 minutes: hours, or minutes, written there?",
    [LOG_HEADER_ODD] = "without a number",
    [LOG_HEADER_TEXT] = "with text behind the number, which is not read",
    [LOG_HEADER_FAR] = "out of range, not read",
    [LOG_HEADER_AGAIN] = "given again, other than before: the last one counts",
    [LOG_COUNT_DIFFERS] = "MaxJobs is not the number of jobs: off by",
    [LOG_RECORDED_OVER] = "processors given at once by the log's own start times, of",
};

const char *log_report_text(const struct log_report *report, enum log_kind kind, char *buffer,
                            size_t size)
{
    const struct log_count *const count = &report->counts[kind];
    char first[48] = "";
    if (kind == LOG_ROWS)
        snprintf(first, sizeof(first), "%s", report->partial ? " as far as it was read" : "");
    else if (count->line > 0)
        snprintf(first, sizeof(first), " (first: line %llu)", (unsigned long long)count->line);
    if (count->count == 0)
        snprintf(buffer, size, "%s", "");
    else if (kind == LOG_NO_HEADER || kind == LOG_ZONE_NAME || kind == LOG_ZONE_ODD)
        snprintf(buffer, size, "%s", log_kind_texts[kind]);
    else if (kind == LOG_COUNT_DIFFERS)
        snprintf(buffer, size, "%s %llu", log_kind_texts[kind], (unsigned long long)count->count);
    else if (kind == LOG_RECORDED_OVER)
        snprintf(buffer, size, "%llu %s %lld%s", (unsigned long long)count->count,
                 log_kind_texts[kind], (long long)report->machine, first);
    else if (kind >= LOG_HEADER_ODD && kind <= LOG_HEADER_AGAIN)
        snprintf(buffer, size, "%llu header value%s %s", (unsigned long long)count->count,
                 count->count == 1 ? "" : "s", log_kind_texts[kind]);
    else
        snprintf(buffer, size, "%llu job%s%s %s%s", (unsigned long long)count->count,
                 count->count == 1 ? "" : "s", kind == LOG_ROWS || kind == LOG_USED ? "" : ":",
                 log_kind_texts[kind], first);
    return buffer;
}

_Static_assert(LOG_ROW_LAST - LOG_ROW_FIRST < 32, "a bit for each kind");

void log_report_add(struct log_report *report, uint32_t marks, uint64_t line)
{
    for (; marks; marks &= marks - 1) {
        struct log_count *const count = &report->counts[LOG_ROW_FIRST + __builtin_ctz(marks)];
        if (count->count++ == 0 || line < count->line)
            count->line = line;
    }
}

int log_none_used(const struct log_report *report, const struct log_params *params, int32_t offset,
                  simtime first, simtime last, struct error *err)
{
    static const enum log_kind kinds[] = {LOG_ELSEWHERE, LOG_OUTSIDE_WINDOW, LOG_BEFORE_START,
                                          LOG_RESAMPLED_AWAY};
    const struct mark at = {.file = params->log};
    char reasons[400] = "", text[120], window[160], from[48], until[48];
    if (first == SIMTIME_NEVER)
        return error_at(err, at, "no job in it, and %llu rows that are none of numbers",
                        (unsigned long long)report->counts[LOG_GARBLED].count);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const size_t len = strlen(reasons);
        log_report_text(report, kinds[i], text, sizeof(text));
        if (*text)
            snprintf(reasons + len, sizeof(reasons) - len, "%s%s", len > 0 ? "; " : "", text);
        if (*text && kinds[i] == LOG_OUTSIDE_WINDOW) {
            const size_t end = strlen(reasons);
            log_window_text(params, offset, window, sizeof(window));
            snprintf(reasons + end, sizeof(reasons) - end, " (%s)", window);
        }
    }
    return error_at(err, at, "none of its jobs, submitted from %s to %s, is used: %s",
                    date_format(first, offset, from, sizeof(from)),
                    date_format(last, offset, until, sizeof(until)), reasons);
}
