/* What was found odd in a log, and which jobs were left out and why: nothing is used or dropped in
 * silence. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WORKLOAD_LOG_REPORT_H
#define WORKLOAD_LOG_REPORT_H

#include "util/base.h"
#include "util/simtime.h"

enum log_kind {
    LOG_ROWS, /* jobs in the log */
    LOG_USED, /* jobs handed to the simulation, copies included */
    /* Left out, each for the first that holds. */
    LOG_GARBLED,         /* garbled: drop: the row is none of numbers */
    LOG_TIMES_UNKNOWN,   /* neither submit nor run time is known: can never be used */
    LOG_NO_SIZE,         /* neither size is known: can never be used */
    LOG_RUN_NEGATIVE,    /* can never be used */
    LOG_SUBMIT_NEGATIVE, /* can never be used */
    LOG_SIZE_ABSURD,     /* more processors than 2^31 - 1: can never be used */
    LOG_RUN_ZERO,        /* drop: unusable */
    LOG_TOO_LARGE,       /* drop: unusable: asked or given more than the partition */
    LOG_REQUEST_DROPPED, /* missing: {request: drop} */
    LOG_ELSEWHERE,       /* where: of others */
    LOG_OUTSIDE_WINDOW,
    LOG_BEFORE_START,   /* submitted before the scenario's start, or before its tenant joins */
    LOG_AFTER_END,      /* submitted at the end of the run or later, or when its tenant has left */
    LOG_RESAMPLED_AWAY, /* load: {resample: F} drew none */
    /* Changed on the way. */
    LOG_RESAMPLED_COPY, /* copies, beyond each job itself */
    LOG_REQUEST_FILLED, /* missing: {request: ...} */
    /* Remarkable, used as it is. */
    LOG_RUN_OVER_REQUEST, /* ran longer than asked for: the simulator ends it at its request */
    LOG_RUN_ON,           /* the same, where it is not (overrun: extend) */
    LOG_SIZE_OTHER,       /* the size asked for by `size` is missing; the other was taken */
    LOG_GIVEN_OVER_MAX,   /* allocated more than the header's MaxProcs */
    LOG_OVER_PARTITION,   /* asks more than the partition: the simulator rejects it */
    LOG_RAN_NOT,          /* run time 0, kept */
    LOG_CPU_OVER_RUN,     /* field 6, a mean over processors, is more than the run time */
    LOG_KEY_UNKNOWN,      /* no user (group, ...) is known, where each is a tenant */
    LOG_FAILED,           /* status 0 */
    LOG_CANCELLED,        /* status 5 */
    LOG_PARTIAL,          /* status 2 to 4: part of a job that was stopped and went on */
    LOG_FOLLOWS,          /* comes after another job (field 17) */
    LOG_NUMBER,           /* repeated, or not in order */
    LOG_OUT_OF_ORDER,     /* submitted before the job of the line above */
    LOG_EXTRA_COLUMNS,
    LOG_FEW_COLUMNS,
    LOG_FRACTION, /* a fraction where there should be none */
    /* About the file. */
    LOG_NO_HEADER,     /* 1 */
    LOG_ZONE_NAME,     /* 1: the header names its zone, and does not tell its offset */
    LOG_ZONE_ODD,      /* 1: TimeZone is an offset that no zone has: hours, most likely */
    LOG_HEADER_ODD,    /* values of the header that should be numbers and are not */
    LOG_HEADER_TEXT,   /* values of the header with text behind the number */
    LOG_HEADER_FAR,    /* numbers of the header that are out of range */
    LOG_HEADER_AGAIN,  /* values of the header that come again, other than before */
    LOG_COUNT_DIFFERS, /* MaxJobs is not the number of jobs */
    LOG_RECORDED_OVER, /* the most processors given at once as recorded, if that is too many */
    LOG_KINDS
};

struct log_count {
    uint64_t count;
    uint64_t line; /* the first; 0: not about a line */
};

struct log_report {
    struct log_count counts[LOG_KINDS];
    int64_t machine;     /* processors that LOG_RECORDED_OVER is held against */
    simtime first, last; /* submissions of jobs handed to the simulation, if there are any */
    bool partial;        /* the log was not read to its end */
};

/* "run-over-request"; "ran longer than the time asked for; ended there". */
extern const char *const log_kind_names[LOG_KINDS];
extern const char *const log_kind_texts[LOG_KINDS];

static inline void log_report_count(struct log_report *report, enum log_kind kind, uint64_t line)
{
    struct log_count *const count = &report->counts[kind];
    if (count->count++ == 0)
        count->line = line;
}

/* What is odd about one row, a bit for each kind of row: it is counted where its job is used. */
enum { LOG_ROW_FIRST = LOG_TIMES_UNKNOWN, LOG_ROW_LAST = LOG_FRACTION };

static inline uint32_t log_mark(enum log_kind kind)
{
    return UINT32_C(1) << (kind - LOG_ROW_FIRST);
}

void log_report_add(struct log_report *report, uint32_t marks, uint64_t line);

/* Is there a reason among them why the row is no job? Is it that the row is of others? */
static inline bool log_marks_left_out(uint32_t marks)
{
    return marks & (log_mark(LOG_OUTSIDE_WINDOW) - 1);
}

static inline bool log_marks_elsewhere(uint32_t marks)
{
    return marks & log_mark(LOG_ELSEWHERE);
}

/* "475 jobs ran longer than ... (first: line 118)" into buffer, cut to size; empty if there are
 * none. Returns buffer. */
const char *log_report_text(const struct log_report *report, enum log_kind kind, char *buffer,
                            size_t size);

#endif
