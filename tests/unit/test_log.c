/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/log.h"

#include "tempfile.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define S SIMTIME_SECOND

/* Ten jobs with one oddity each; user = 10 x job, the partition has 8 processors. */
static const char odd_log[] = "; UnixStartTime: 1000000\n; MaxProcs: 8\n; MaxJobs: 99\n"
                              "1 0 -1 30 4 -1 -1 2 100 -1 1 10\n"     /* sizes differ */
                              "2 10 -1 30 4 -1 -1 -1 100 -1 1 20\n"   /* not requested */
                              "3 20 -1 30 -1 -1 -1 4 -1 -1 1 30\n"    /* no request */
                              "4 30 -1 200 4 -1 -1 4 100 -1 1 40\n"   /* run over request */
                              "5 40 -1 0 4 -1 -1 4 100 -1 1 50\n"     /* did not run */
                              "6 50 -1 -1 4 -1 -1 4 100 -1 1 60\n"    /* run unknown */
                              "7 -1 -1 30 4 -1 -1 4 100 -1 1 70\n"    /* submit unknown */
                              "8 60 -1 30 -1 -1 -1 -1 100 -1 1 80\n"  /* no size */
                              "9 70 -1 30 9 -1 -1 4 100 -1 1 90\n"    /* given too much */
                              "10 80 -1 30 4 -1 -1 9 100 -1 1 100\n"; /* asks too much */

static const struct log_context plain = {.partition_procs = 8, .start = 1000000 * S};

/* The jobs of a log, by their ids; the report in *ret_report. Says what the source said last. */
static int run(const char *text, struct log_params params, const struct log_context *context,
               struct job_spec jobs[32], size_t *ret_len, struct log_report *ret_report)
{
    struct tempfile file = tempfile_make(text, strlen(text));
    struct error err = {0};
    params.log = file.path;
    struct log *log = log_new(&params, context, &err);
    if (!log)
        fail_msg("%s", err.text);
    struct source *source = log_source(log);
    size_t len = 0;
    int got;
    struct job_spec job;
    while ((got = source_next(source, &job, &err)) == SOURCE_JOB) {
        assert_true(len < 32);
        jobs[len++] = job;
    }
    if (got == SOURCE_END)
        assert_int_equal(source_next(source, &job, &err), SOURCE_END);
    if (ret_report)
        *ret_report = *log_report_of(log);
    *ret_len = len;
    source_free(source);
    tempfile_remove(&file);
    return got;
}

static void check_ids(const struct job_spec *jobs, size_t len, const char *want)
{
    char got[256] = "";
    for (size_t i = 0; i < len; i++)
        sprintf(got + strlen(got), "%s%lld", i ? " " : "", (long long)jobs[i].id);
    assert_string_equal(got, want);
}

static void check_counts(const struct log_report *report, const char *want)
{
    char got[1024] = "";
    for (int kind = 0; kind < LOG_KINDS; kind++) {
        if (report->counts[kind].count > 0)
            sprintf(got + strlen(got), "%s%s %llu", *got ? ", " : "", log_kind_names[kind],
                    (unsigned long long)report->counts[kind].count);
    }
    assert_string_equal(got, want);
}

static const struct {
    const char *name;
    struct log_params params;
    const char *ids, *counts;
} drops[] = {
    {"nothing dropped but what can never be used",
     {.drop = LOG_DROP_NONE},
     "1 2 3 4 5 9 10",
     "rows 10, used 7, no-size 1, run-negative 1, submit-negative 1, request-filled 1, "
     "run-over-request 1, size-other 1, given-over-max 1, over-partition 1, ran-not 1, "
     "few-columns 7, count-differs 89"},
    {"drop: unusable",
     {.drop = LOG_DROP_UNUSABLE},
     "1 2 3 4",
     "rows 10, used 4, no-size 1, run-negative 1, submit-negative 1, run-zero 1, too-large 2, "
     "request-filled 1, run-over-request 1, size-other 1, few-columns 4, "
     "count-differs 89"},
    {"missing requests dropped too",
     {.drop = LOG_DROP_UNUSABLE, .missing.request = (char[]){"drop"}},
     "1 2 4",
     "rows 10, used 3, no-size 1, run-negative 1, submit-negative 1, run-zero 1, too-large 2, "
     "request-dropped 1, run-over-request 1, size-other 1, few-columns 3, "
     "count-differs 89"},
};

static void what_is_dropped(void **state)
{
    (void)state;
    struct job_spec jobs[32];
    struct log_report report;
    size_t len;
    for (size_t i = 0; i < ARRAY_LEN(drops); i++) {
        for (int sort = 0; sort < 2; sort++) {
            struct log_context context = plain;
            context.sort = sort;
            assert_int_equal(run(odd_log, drops[i].params, &context, jobs, &len, &report),
                             SOURCE_END);
            check_ids(jobs, len, drops[i].ids);
            check_counts(&report, drops[i].counts);
        }
    }
    char text[200];
    assert_string_equal(log_report_text(&report, LOG_RUN_OVER_REQUEST, text, sizeof(text)),
                        "1 job: ran longer than requested, will be ended there (first: line 7)");
    assert_string_equal(log_report_text(&report, LOG_TOO_LARGE, text, sizeof(text)),
                        "2 jobs: left out, asked or given more than the partition has (first: line "
                        "12)");
    assert_string_equal(log_report_text(&report, LOG_COUNT_DIFFERS, text, sizeof(text)),
                        "MaxJobs is not the number of jobs: off by 89");
    assert_string_equal(log_report_text(&report, LOG_NO_HEADER, text, sizeof(text)), "");
}

/* What is used as it is, and told. */
static void what_is_remarkable(void **state)
{
    (void)state;
    static const char log[] = "; UnixStartTime: 1000000 (Mon)\n; MaxProcs: eight\n"
                              "1 0 0 100 4 100 -1 4 100 -1 1 10\n"
                              "2 0 0 100 4 101 -1 4 100 -1 1 10\n"  /* field 6 above the run */
                              "3 -1 -1 -1 4 -1 -1 4 100 -1 1 10\n"  /* no times */
                              "4 10 0 100 4 -1 -1 4 100 -1 1 -1\n"; /* no user */
    struct tempfile file = tempfile_make(log, strlen(log));
    const struct log_params params = {.log = file.path};
    struct log_context context = plain;
    struct log_totals totals;
    struct error err;
    char text[200];
    assert_int_equal(log_scan(&params, &context, &totals, &err), 0);
    check_counts(&totals.report, "rows 4, used 3, times-unknown 1, cpu-over-run 1, "
                                 "few-columns 3, header-odd 1, header-text 1");
    context.by = LOG_BY_USER;
    context.recorded = true;
    assert_int_equal(log_scan(&params, &context, &totals, &err), 0);
    check_counts(&totals.report, "rows 4, used 3, times-unknown 1, cpu-over-run 1, key-unknown 1, "
                                 "few-columns 3, header-odd 1, header-text 1, "
                                 "recorded-over 12");
    static const struct {
        enum log_kind kind;
        const char *text;
    } texts[] = {
        {LOG_TIMES_UNKNOWN,
         "1 job: left out, neither submit nor run time is known (first: line 5)"},
        {LOG_CPU_OVER_RUN, "1 job: field 6 (mean processor time) is above the run time, not read: "
                           "it may be a sum, or the time requested (first: line 4)"},
        {LOG_KEY_UNKNOWN, "1 job: not known whose (a number below zero), one tenant for all of "
                          "them (first: line 6)"},
        {LOG_HEADER_ODD, "1 header value without a number"},
        {LOG_HEADER_TEXT, "1 header value with text behind the number, which is not read"},
        {LOG_RECORDED_OVER, "12 processors given at once by the log's own start times, of 8 "
                            "(first: line 6)"},
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_string_equal(log_report_text(&totals.report, texts[i].kind, text, sizeof(text)),
                            texts[i].text);
    tempfile_remove(&file);
}

/* The most processors given at once, by a log of 8: at one instant ends come first, and what the
 * log tells late counts from there on. */
static void recorded_schedules(void **state)
{
    (void)state;
    static const struct {
        const char *rows;
        uint64_t most, line;
    } cases[] = {
        {"1 0 0 100 8\n2 10 90 100 8\n", 0, 0},              /* one after the other */
        {"1 0 0 100 8\n2 10 89 100 8\n", 16, 3},             /* a second too early */
        {"1 0 50 10 5\n2 10 0 100 4\n3 20 35 1 3\n", 12, 2}, /* starts in another order */
        {"1 0 -1 100 8\n2 10 -1 100 8\n", 0, 0},             /* not recorded */
        {"1 0 0 0 8\n2 0 0 10 8\n3 0 0 -1 8\n", 0, 0},       /* never there */
        {"1 90 0 20 8\n2 10 0 100 1\n3 95 0 1 1\n", 10, 2},  /* told late: still there */
        {"1 90 0 20 8\n2 10 0 30 8\n3 95 0 1 -1\n", 0, 0},   /* told late: gone by then */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char log[256];
        sprintf(log, "; MaxProcs: 8\n%s", cases[i].rows);
        struct tempfile file = tempfile_make(log, strlen(log));
        const struct log_params params = {.log = file.path};
        const struct log_context context = {.recorded = true};
        struct log_totals totals;
        struct error err;
        assert_int_equal(log_scan(&params, &context, &totals, &err), 0);
        const struct log_count *over = &totals.report.counts[LOG_RECORDED_OVER];
        assert_int_equal(over->count, cases[i].most);
        assert_int_equal(over->line, cases[i].line);
        tempfile_remove(&file);
    }
}

static void sizes_and_requests(void **state)
{
    (void)state;
    static const int32_t sizes[][7] = {
        [LOG_SIZE_REQUESTED] = {2, 4, 4, 4, 4, 4, 9},
        [LOG_SIZE_ALLOCATED] = {4, 4, 4, 4, 4, 9, 4},
        [LOG_SIZE_MAX] = {4, 4, 4, 4, 4, 9, 9},
    };
    struct job_spec jobs[32];
    size_t len;
    for (int size = LOG_SIZE_REQUESTED; size <= LOG_SIZE_MAX; size++) {
        run(odd_log, (struct log_params){.size = size}, &plain, jobs, &len, NULL);
        for (size_t i = 0; i < len; i++)
            assert_int_equal(jobs[i].ask.procs, sizes[size][i]);
    }
    assert_int_equal(jobs[0].request, 100 * S);
    assert_int_equal(jobs[2].request, 30 * S);  /* filled with the run time */
    assert_int_equal(jobs[3].runtime, 200 * S); /* not cut here */
    assert_int_equal(jobs[3].request, 100 * S);
    run(odd_log, (struct log_params){.missing.request = (char[]){"2h"}}, &plain, jobs, &len, NULL);
    assert_int_equal(jobs[2].request, 7200 * S);
    assert_int_equal(jobs[2].ordinal, 2);
    assert_int_equal(jobs[5].ordinal, 8);
    struct log_context context = plain;
    context.request = LOG_REQUEST_EXACT;
    run(odd_log, (struct log_params){0}, &context, jobs, &len, NULL);
    assert_int_equal(jobs[0].request, 30 * S);
    assert_int_equal(jobs[3].request, 100 * S);
}

static simtime twice(void *ctx, const struct job_spec *job)
{
    ++*(int *)ctx;
    return 2 * job->request;
}

static int32_t tenant_row(void *ctx, int64_t key)
{
    ++*(int *)ctx;
    return key == 90 ? -1 : (int32_t)(key % 1000) + 1;
}

static void models_and_tenants(void **state)
{
    (void)state;
    int models = 0, tenants = 0;
    struct log_context context = plain;
    context.base = (struct job_spec){.workload = 3, .centre = 1, .partition = 2, .priority = 1};
    context.request = LOG_REQUEST_MODEL;
    context.request_of = twice;
    context.request_ctx = &models;
    context.by = LOG_BY_USER;
    context.tenant_of = tenant_row;
    context.tenant_ctx = &tenants;
    struct job_spec jobs[32];
    size_t len;
    static const char text[] = "1 0 -1 30 4 -1 -1 2 100 -1 1 20130412000017 5\n"
                               "2 1 -1 30 4 -1 -1 2 100 -1 1 7 5\n"
                               "3 2 -1 30 4 -1 -1 2 100 -1 1 20130412000017 6\n";
    context.start = 0;
    assert_int_equal(run(text, (struct log_params){0}, &context, jobs, &len, NULL), SOURCE_END);
    assert_int_equal(len, 3);
    assert_int_equal(models, 3);
    assert_int_equal(tenants, 2);
    assert_int_equal(jobs[0].request, 200 * S);
    assert_int_equal(jobs[1].tenant, 8);
    assert_int_equal(jobs[0].tenant, jobs[2].tenant);
    assert_int_equal(jobs[2].workload, 3);
    assert_int_equal(jobs[2].centre, 1);
    assert_int_equal(jobs[2].partition, 2);
    assert_int_equal(jobs[2].priority, 1);
    context.by = LOG_BY_GROUP;
    tenants = 0;
    run(text, (struct log_params){0}, &context, jobs, &len, NULL);
    assert_int_equal(jobs[2].tenant, 7);
    assert_int_equal(jobs[1].tenant, 6);
    assert_int_equal(tenants, 2);
    /* User 90 has no tenant. */
    context.by = LOG_BY_USER;
    context.start = 1000000 * S;
    assert_int_equal(run(odd_log, (struct log_params){0}, &context, jobs, &len, NULL),
                     SOURCE_ERROR);
    assert_int_equal(len, 5);
}

static const char five[] = "; UnixStartTime: 1000000\n"
                           "1 100 -1 30 1\n2 200.5 -1 30 1\n3 200.5 -1 30 1\n4 300 -1 30 1\n"
                           "5 400 -1 30 1\n";
static const char five_mixed[] = "; UnixStartTime: 1000000\n"
                                 "2 200.5 -1 30 1\n4 300 -1 30 1\n1 100 -1 30 1\n5 400 -1 30 1\n"
                                 "3 200.5 -1 30 1\n";

static void starts_and_shifts(void **state)
{
    (void)state;
    struct job_spec jobs[32];
    struct log_report report;
    size_t len;
    struct log_context context = plain;
    run(five, (struct log_params){0}, &context, jobs, &len, NULL);
    assert_int_equal(jobs[1].submit, 200500000);
    context.start = 1000200 * S; /* later than the first */
    run(five, (struct log_params){0}, &context, jobs, &len, &report);
    check_ids(jobs, len, "2 3 4 5");
    assert_int_equal(jobs[0].submit, 500000);
    assert_int_equal(report.counts[LOG_BEFORE_START].count, 1);
    run(five, (struct log_params){.shift = LOG_SHIFT_TO_START}, &context, jobs, &len, &report);
    assert_int_equal(len, 5);
    assert_int_equal(jobs[0].submit, 100 * S);
    /* No start in the header: dates in the submit times, or times. */
    static const char dated[] = "1 1356996147 -1 3 4\n2 1356996150 -1 3 4\n";
    run(dated, (struct log_params){.shift = LOG_SHIFT_TO_START}, &context, jobs, &len, &report);
    assert_int_equal(jobs[0].submit, 0);
    assert_int_equal(jobs[1].submit, 3 * S);
    context.start = 1356996000 * S;
    run(dated, (struct log_params){0}, &context, jobs, &len, &report);
    assert_int_equal(jobs[1].submit, 150 * S);
}

static void order_of_submission(void **state)
{
    (void)state;
    struct job_spec jobs[32];
    size_t len;
    struct log_context context = plain;
    assert_int_equal(run(five_mixed, (struct log_params){0}, &context, jobs, &len, NULL),
                     SOURCE_UNSORTED);
    check_ids(jobs, len, "2 4");
    context.sort = true;
    assert_int_equal(run(five_mixed, (struct log_params){0}, &context, jobs, &len, NULL),
                     SOURCE_END);
    check_ids(jobs, len, "1 2 3 4 5"); /* 2 and 3 at one instant: in the order of the log */
    static const uint64_t ordinals[] = {2, 0, 4, 1, 3};
    for (size_t i = 0; i < len; i++)
        assert_int_equal(jobs[i].ordinal, ordinals[i]);
}

static struct date_value at(simtime seconds, bool relative)
{
    return (struct date_value){
        .given = true, .relative = relative, .zoned = true, .instant = seconds * S};
}

static void windows(void **state)
{
    (void)state;
    const struct {
        struct log_params params;
        const char *ids;
    } rows[] = {
        {{.window = {.from_job = 1, .jobs = 2}}, "2 3"},
        {{.window = {.from_job = 3}}, "4 5"},
        {{.window = {.jobs = 1}}, "1"},
        {{.window = {.from = at(1000200, false), .until = at(1000400, false)}}, "2 3 4"},
        {{.window = {.until = at(300, true)}}, "1 2 3"},
        {{.window = {.from = at(300, true)}}, "4 5"},
    };
    struct job_spec jobs[32];
    struct log_report report;
    size_t len;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (int sort = 0; sort < 2; sort++) {
            struct log_context context = plain;
            context.sort = sort;
            assert_int_equal(
                run(sort ? five_mixed : five, rows[i].params, &context, jobs, &len, &report),
                SOURCE_END);
            check_ids(jobs, len, rows[i].ids);
            assert_int_equal(report.counts[LOG_OUTSIDE_WINDOW].count, 5 - len);
        }
    }
    /* A date without a zone is read at the scenario's. */
    struct log_context context = plain;
    context.offset = 100;
    struct log_params params = {.window.from = at(1000400, false)};
    params.window.from.zoned = false;
    run(five, params, &context, jobs, &len, &report);
    check_ids(jobs, len, "4 5");
}

/* What is odd is told of the window, and of what is left out in it: the log read in one go, and out
 * of order, so that it is sorted first. */
static void remarks_of_windows(void **state)
{
    (void)state;
    static char rows[] = "1 100 -1 30 1 -1 -1 -1 20 -1 0\n" /* ran longer than asked, failed */
                         "2 200 -1 -1 1 -1 -1 -1 20 -1 1\n" /* no run time */
                         "3 300 -1 30 1 -1 -1 -1 20 -1 0\n"
                         "4 400 -1 -1 1 -1 -1 -1 20 -1 1\n"
                         "5 500 -1 30 1 -1 -1 -1 -1 -1 5\n" /* no request, cancelled */
                         "6 600 -1 30 1 -1 -1 -1 20 -1 0\n"
                         "7 700 -1 -1 1 -1 -1 -1 20 -1 1\n";
    static char mixed[] = "6 600 -1 30 1 -1 -1 -1 20 -1 0\n"
                          "7 700 -1 -1 1 -1 -1 -1 20 -1 1\n"
                          "1 100 -1 30 1 -1 -1 -1 20 -1 0\n"
                          "4 400 -1 -1 1 -1 -1 -1 20 -1 1\n"
                          "5 500 -1 30 1 -1 -1 -1 -1 -1 5\n"
                          "2 200 -1 -1 1 -1 -1 -1 20 -1 1\n"
                          "3 300 -1 30 1 -1 -1 -1 20 -1 0\n";
    const struct {
        struct log_params params;
        simtime start;
        const char *ids;
        uint64_t outside, before, negative, over, failed, filled, cancelled;
    } rows_of[] = {
        {{0}, 0, "1 3 5 6", 0, 0, 3, 3, 3, 1, 1},
        {{.window = {.from_job = 1, .jobs = 2}}, 0, "3 5", 3, 0, 2, 1, 1, 1, 1},
        {{.window = {.jobs = 1}}, 0, "1", 6, 0, 0, 1, 1, 0, 0},
        {{.window = {.from_job = 3}}, 0, "6", 5, 0, 1, 1, 1, 0, 0},
        {{.window = {.from = at(400, false), .until = at(600, false)}},
         0,
         "5",
         5,
         0,
         1,
         0,
         0,
         1,
         1},
        {{0}, 450 * S, "5 6", 0, 4, 1, 1, 1, 1, 1},
    };
    for (size_t i = 0; i < 2 * ARRAY_LEN(rows_of); i++) {
        struct log_context context = {.start = rows_of[i / 2].start, .sort = i % 2};
        struct job_spec jobs[32];
        struct log_report report;
        size_t len;
        assert_int_equal(
            run(i % 2 ? mixed : rows, rows_of[i / 2].params, &context, jobs, &len, &report),
            SOURCE_END);
        check_ids(jobs, len, rows_of[i / 2].ids);
        assert_int_equal(report.counts[LOG_ROWS].count, 7);
        assert_int_equal(report.counts[LOG_USED].count, len);
        assert_int_equal(report.counts[LOG_OUTSIDE_WINDOW].count, rows_of[i / 2].outside);
        assert_int_equal(report.counts[LOG_BEFORE_START].count, rows_of[i / 2].before);
        assert_int_equal(report.counts[LOG_RUN_NEGATIVE].count, rows_of[i / 2].negative);
        assert_int_equal(report.counts[LOG_RUN_OVER_REQUEST].count, rows_of[i / 2].over);
        assert_int_equal(report.counts[LOG_FAILED].count, rows_of[i / 2].failed);
        assert_int_equal(report.counts[LOG_REQUEST_FILLED].count, rows_of[i / 2].filled);
        assert_int_equal(report.counts[LOG_CANCELLED].count, rows_of[i / 2].cancelled);
        assert_int_equal(report.counts[LOG_FEW_COLUMNS].count, len);
    }
    /* Of which line: the first in the window. */
    struct job_spec jobs[32];
    struct log_report report;
    struct log_context context = {0};
    size_t len;
    run(rows, (struct log_params){.window.from_job = 1}, &context, jobs, &len, &report);
    assert_int_equal(report.counts[LOG_FAILED].line, 3);
    assert_int_equal(report.counts[LOG_RUN_NEGATIVE].line, 2);
}

/* Rows with submissions out of order and one that is not known, of 100 s each. */
static const char disorder[] = "1 0 -1 100 1 -1 -1 1 200 -1 1\n"
                               "2 40 -1 100 1 -1 -1 1 50 -1 1\n"  /* longer than requested */
                               "3 -1 -1 100 1 -1 -1 1 200 -1 1\n" /* no time */
                               "4 90 -1 100 1 -1 -1 1 50 -1 1\n"  /* longer than requested */
                               "5 20 -1 100 1 -1 -1 1 200 -1 1\n" /* before the job above */
                               "6 95 -1 100 1 -1 -1 1 50 -1 1\n"; /* longer than requested */

/* A run that ends within the log, or whose tenant comes or goes there: what is told is of its jobs,
 * before they are simulated and after. */
static void ends_within(void **state)
{
    (void)state;
    static const struct {
        simtime from, until;
        const char *ids, *counts;
    } cuts[] = {
        {0, 0, "1 5 2 4 6",
         "rows 6, used 5, submit-negative 1, run-over-request 3, out-of-order 1, few-columns 5, "
         "no-header 1"},
        {0, 90 * S, "1 5 2",
         "rows 6, used 3, submit-negative 1, after-end 2, run-over-request 1, out-of-order 1, "
         "few-columns 3, no-header 1"},
        {0, 20 * S + 1, "1 5",
         "rows 6, used 2, submit-negative 1, after-end 3, out-of-order 1, few-columns 2, "
         "no-header 1"},
        {30 * S, 95 * S, "2 4",
         "rows 6, used 2, submit-negative 1, before-start 2, after-end 1, run-over-request 2, "
         "few-columns 2, no-header 1"},
        {100 * S, 0, "", "rows 6, submit-negative 1, before-start 5, no-header 1"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cuts); i++) {
        struct log_context context = {
            .from = cuts[i].from, .until = cuts[i].until, .limit = cuts[i].until};
        struct job_spec jobs[32];
        struct log_report report;
        struct log_totals totals;
        struct error err;
        size_t len;
        assert_int_equal(run(disorder, (struct log_params){0}, &context, jobs, &len, &report),
                         SOURCE_UNSORTED);
        context.sort = true;
        assert_int_equal(run(disorder, (struct log_params){0}, &context, jobs, &len, &report),
                         SOURCE_END);
        check_ids(jobs, len, cuts[i].ids);
        check_counts(&report, cuts[i].counts);
        struct tempfile file = tempfile_make(disorder, strlen(disorder));
        context.sort = false;
        assert_int_equal(log_scan(&(struct log_params){.log = file.path}, &context, &totals, &err),
                         0);
        tempfile_remove(&file);
        assert_int_equal(totals.jobs, len);
        check_counts(&totals.report, cuts[i].counts);
    }
}

/* One job is asked for ahead of time: where a run ends before it, it was not used. */
static void looked_ahead_at(void **state)
{
    (void)state;
    struct tempfile file = tempfile_make(odd_log, strlen(odd_log));
    struct log_params params = {.log = file.path};
    struct error err;
    struct log *log = log_new(&params, &plain, &err);
    struct job_spec job;
    char text[120];
    for (uint64_t jobs = 1; jobs <= 7; jobs++) {
        assert_int_equal(source_next(log_source(log), &job, &err), SOURCE_JOB);
        const struct log_report *report = log_report_of(log);
        assert_int_equal(report->counts[LOG_USED].count, jobs - 1);
        assert_int_equal(report->counts[LOG_SIZE_OTHER].count, jobs > 2);
        assert_int_equal(report->counts[LOG_RUN_OVER_REQUEST].count, jobs > 4);
    }
    assert_string_equal(log_report_text(log_report_of(log), LOG_ROWS, text, sizeof(text)),
                        "10 jobs in the log as far as it was read");
    assert_int_equal(source_next(log_source(log), &job, &err), SOURCE_END);
    assert_string_equal(log_report_text(log_report_of(log), LOG_ROWS, text, sizeof(text)),
                        "10 jobs in the log");
    assert_int_equal(log_report_of(log)->counts[LOG_USED].count, 7);
    source_free(log_source(log));
    tempfile_remove(&file);
}

/* What is odd in a job is so in each of its copies, and in none that is left out. */
static void remarks_of_copies(void **state)
{
    (void)state;
    static const double factors[] = {0.5, 1.3, 3};
    for (size_t i = 0; i < ARRAY_LEN(factors); i++) {
        const struct log_context context = {.path = "tenants/t/w", .seed = {1, 0}, .sort = true};
        struct job_spec jobs[32];
        struct log_report report;
        size_t len;
        uint64_t over = 0;
        run(disorder, (struct log_params){.load.resample = factors[i]}, &context, jobs, &len,
            &report);
        for (size_t k = 0; k < len; k++)
            over += jobs[k].runtime > jobs[k].request;
        assert_int_equal(report.counts[LOG_RUN_OVER_REQUEST].count, over);
        assert_int_equal(report.counts[LOG_FEW_COLUMNS].count, len);
    }
}

static void loads(void **state)
{
    (void)state;
    struct job_spec jobs[32];
    size_t len;
    run(five, (struct log_params){.load.gaps = 2}, &plain, jobs, &len, NULL);
    assert_int_equal(jobs[0].submit, 100 * S);
    assert_int_equal(jobs[1].submit, 150250000);
    assert_int_equal(jobs[4].submit, 250 * S);
    run(five, (struct log_params){.load.gaps = 0.5, .window.from_job = 3}, &plain, jobs, &len,
        NULL);
    assert_int_equal(jobs[0].submit, 300 * S);
    assert_int_equal(jobs[1].submit, 500 * S);
    run(odd_log, (struct log_params){.load.runtimes = 1.5}, &plain, jobs, &len, NULL);
    assert_int_equal(jobs[0].runtime, 45 * S);
    assert_int_equal(jobs[0].request, 150 * S);
    assert_int_equal(jobs[1].submit, 10 * S);
}

static char *regular_log(int jobs)
{
    char *text = malloc((size_t)jobs * 48), *to = text;
    assert_non_null(text);
    for (int i = 0; i < jobs; i++)
        to += sprintf(to, "%d %d -1 30 1\n", i + 1, 60 * i);
    return text;
}

static void resampling(void **state)
{
    (void)state;
    enum { JOBS = 4000 };
    char *text = regular_log(JOBS);
    struct tempfile file = tempfile_make(text, strlen(text));
    free(text);
    static const double factors[] = {0.25, 1, 1.6, 3};
    for (size_t f = 0; f < ARRAY_LEN(factors); f++) {
        struct log_params params = {.log = file.path, .load.resample = factors[f]};
        struct log_context context = {.seed = {1, 1}, .path = "tenants/users/workloads/w"};
        struct error err;
        struct log *log = log_new(&params, &context, &err);
        assert_non_null(log);
        unsigned long copies = 0, used = 0;
        uint64_t step = (uint64_t)ceil(factors[f]);
        struct job_spec job, last = {0};
        while (source_next(log_source(log), &job, &err) == SOURCE_JOB) {
            assert_true(job.submit > last.submit || (used == 0 && job.submit == 0) ||
                        (job.submit == last.submit && job.ordinal > last.ordinal));
            assert_int_equal(job.ordinal / step, job.id - 1);
            const simtime after = job.submit - (job.id - 1) * 60 * S;
            if (job.ordinal % step == 0)
                assert_int_equal(after, 0);
            else
                assert_true(after >= 0 && after < SIMTIME_HOUR);
            copies += job.ordinal % step != 0;
            used++;
            last = job;
        }
        const struct log_report *report = log_report_of(log);
        assert_int_equal(report->counts[LOG_RESAMPLED_COPY].count, copies);
        assert_int_equal(report->counts[LOG_USED].count, used);
        assert_int_equal(JOBS + copies - report->counts[LOG_RESAMPLED_AWAY].count, used);
        /* Five standard deviations of a binomial of JOBS draws. */
        const double rest = factors[f] - floor(factors[f]);
        const double spread = 5 * sqrt(JOBS * rest * (1 - rest));
        assert_true(fabs((double)used - factors[f] * JOBS) <= spread);
        source_free(log_source(log));
    }
    tempfile_remove(&file);
}

/* ---- replicate ---- */

enum { USERS = 7, USERS_ODD = 11, WEEKS = 5, HOURS = WEEKS * 7 * 24 };

/* A job an hour, of users that take turns unevenly: user h * h mod `users`. */
static struct tempfile hourly_log(int hours, int users)
{
    char *text = malloc((size_t)hours * 64), *to = text;
    assert_non_null(text);
    for (int h = 0; h < hours; h++)
        to += sprintf(to, "%d %d -1 30 1 -1 -1 1 60 -1 1 %d\n", h + 1, 3600 * h, h * h % users);
    struct tempfile file = tempfile_make(text, strlen(text));
    free(text);
    return file;
}

static size_t replicated(struct log_params params, uint64_t replication, bool sort,
                         struct job_spec jobs[2 * HOURS])
{
    const struct log_context context = {
        .seed = {1, replication}, .path = "tenants/users/workloads/w", .sort = sort};
    struct error err;
    struct log *log = log_new(&params, &context, &err);
    assert_non_null(log);
    size_t len = 0;
    int got;
    while ((got = source_next(log_source(log), &jobs[len], &err)) == SOURCE_JOB) {
        assert_true(len + 1 < 2 * HOURS);
        if (len > 0)
            assert_true(jobs[len].submit > jobs[len - 1].submit ||
                        (jobs[len].submit == jobs[len - 1].submit &&
                         jobs[len].ordinal > jobs[len - 1].ordinal));
        len++;
    }
    assert_int_equal(got, SOURCE_END);
    assert_int_equal(source_next(log_source(log), &jobs[len], &err), SOURCE_END);
    assert_int_equal(log_report_of(log)->counts[LOG_USED].count, len);
    source_free(log_source(log));
    return len;
}

static bool same_jobs(const struct job_spec *a, const struct job_spec *b, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (a[i].id != b[i].id || a[i].submit != b[i].submit || a[i].ordinal != b[i].ordinal)
            return false;
    return true;
}

static void shaking(void **state)
{
    (void)state;
    struct tempfile file = hourly_log(HOURS, USERS);
    /* By more than the hour between jobs, so that they pass each other. */
    const simtime most = 5 * SIMTIME_HOUR;
    const struct log_params params = {.log = file.path, .replicate.shake = most};
    static struct job_spec jobs[2 * HOURS], again[2 * HOURS];
    assert_int_equal(replicated(params, 1, false, jobs), HOURS);
    bool there[HOURS] = {false};
    double sum = 0, least = 0, largest = 0;
    for (size_t i = 0; i < HOURS; i++) {
        const simtime moved = jobs[i].submit - (jobs[i].id - 1) * SIMTIME_HOUR;
        assert_true(moved <= most && moved >= -most && jobs[i].submit >= 0);
        assert_int_equal(jobs[i].ordinal, jobs[i].id - 1);
        assert_false(there[jobs[i].id - 1]);
        there[jobs[i].id - 1] = true;
        sum += simtime_seconds(moved);
        least = fmin(least, simtime_seconds(moved));
        largest = fmax(largest, simtime_seconds(moved));
    }
    /* Uniform: five standard errors of the mean, and both ends nearly reached. */
    const double bound = simtime_seconds(most);
    assert_true(fabs(sum / HOURS) < 5 * bound / sqrt(3.0 * HOURS) + bound * 3 / HOURS);
    assert_true(least < -0.95 * bound && largest > 0.95 * bound);
    assert_int_equal(replicated(params, 1, true, again), HOURS);
    assert_true(same_jobs(jobs, again, HOURS));
    assert_int_equal(replicated(params, 2, false, again), HOURS);
    assert_false(same_jobs(jobs, again, HOURS));
    tempfile_remove(&file);
}

/* By how many cycles a job has moved round the log's; -1: not by a whole number of them. */
static int cycles_moved(const struct job_spec *job, simtime cycle, int cycles)
{
    const simtime moved = job->submit - (job->id - 1) * SIMTIME_HOUR;
    return moved % cycle != 0 ? -1 : (int)((moved / cycle + cycles) % cycles);
}

static void resampled_phases(void **state)
{
    (void)state;
    struct tempfile file = hourly_log(HOURS, USERS);
    static struct job_spec jobs[2 * HOURS], again[2 * HOURS];
    for (int by = LOG_BY_WEEK; by <= LOG_BY_DAY; by++) {
        const struct log_params params = {.log = file.path,
                                          .replicate = {.resample = LOG_RESAMPLE_PHASES, .by = by}};
        const simtime cycle = by == LOG_BY_DAY ? SIMTIME_DAY : 7 * SIMTIME_DAY;
        const int cycles = by == LOG_BY_DAY ? 7 * WEEKS : WEEKS;
        int moved[USERS], moves = 0;
        bool there[HOURS] = {false};
        memset(moved, -1, sizeof(moved));
        assert_int_equal(replicated(params, 1, false, jobs), HOURS);
        for (size_t i = 0; i < HOURS; i++) {
            const int hour = (int)jobs[i].id - 1, user = hour * hour % USERS;
            const int by_now = cycles_moved(&jobs[i], cycle, cycles);
            assert_true(by_now >= 0 && (moved[user] < 0 || moved[user] == by_now));
            moved[user] = by_now;
            assert_false(there[hour]);
            there[hour] = true;
        }
        for (int user = 0; user < USERS; user++)
            moves += moved[user] > 0;
        assert_true(moves > 0);
        assert_int_equal(replicated(params, 1, true, again), HOURS);
        assert_true(same_jobs(jobs, again, HOURS));
        assert_int_equal(replicated(params, 2, false, again), HOURS);
        assert_false(same_jobs(jobs, again, HOURS));
    }
    tempfile_remove(&file);
}

/* Over many replications each user is there once on average, with all of its jobs each time. */
static void resampled_users(void **state)
{
    (void)state;
    enum { REPLICATIONS = 200 };
    struct tempfile file = hourly_log(HOURS, USERS);
    const struct log_params params = {.log = file.path, .replicate.resample = LOG_RESAMPLE_USERS};
    static struct job_spec jobs[2 * HOURS];
    int owned[USERS] = {0};
    double times[USERS] = {0};
    for (int hour = 0; hour < HOURS; hour++)
        owned[hour * hour % USERS]++;
    for (int r = 1; r <= REPLICATIONS; r++) {
        int found[USERS] = {0};
        const size_t len = replicated(params, (uint64_t)r, false, jobs);
        for (size_t i = 0; i < len; i++) {
            const int hour = (int)jobs[i].id - 1;
            found[hour * hour % USERS]++;
            assert_true(cycles_moved(&jobs[i], 7 * SIMTIME_DAY, WEEKS) >= 0);
        }
        for (int user = 0; user < USERS; user++) {
            if (owned[user] > 0)
                assert_int_equal(found[user] % owned[user], 0);
            times[user] += owned[user] > 0 ? (double)found[user] / owned[user] : 0;
        }
    }
    int there = 0;
    for (int user = 0; user < USERS; user++)
        there += owned[user] > 0;
    for (int user = 0; user < USERS; user++)
        if (owned[user] > 0)
            assert_true(fabs(times[user] / REPLICATIONS - 1) <
                        5 * sqrt((1 - 1.0 / there) / REPLICATIONS));
    tempfile_remove(&file);
}

/* Half the jobs of a replication: those of the first half of the log's hours. Each job has moved by
 * whole cycles, to within the log; no two of one user to one hour where each user is there once. */
static double check_places(const struct job_spec *jobs, size_t len, int hours,
                           const struct log_params *params)
{
    const simtime cycle = params->replicate.by == LOG_BY_DAY ? SIMTIME_DAY : 7 * SIMTIME_DAY;
    static bool taken[HOURS][USERS_ODD];
    double half = 0;
    memset(taken, 0, sizeof(taken));
    for (size_t i = 0; i < len; i++) {
        const int hour = (int)jobs[i].id - 1, user = hour * hour % USERS_ODD;
        const int now = (int)(jobs[i].submit / SIMTIME_HOUR);
        assert_int_equal((jobs[i].submit - hour * SIMTIME_HOUR) % cycle, 0);
        assert_true(now >= 0 && now < hours);
        assert_false(taken[now][user] && params->replicate.resample == LOG_RESAMPLE_PHASES);
        taken[now][user] = true;
        half += now < hours / 2;
    }
    return half;
}

/* A log that is no whole number of weeks or days long stays as long, and so does its load: that of
 * the whole and that of its first half are the log's within five standard errors of their means. */
static void resampled_length(void **state)
{
    (void)state;
    enum { REPLICATIONS = 200 };
    static const int lengths[] = {8 * 24, 355, 713}; /* hours: 8, 14.8 and 29.7 days */
    static struct job_spec jobs[2 * HOURS];
    for (int i = 0; i < 3 * 4; i++) {
        const int hours = lengths[i / 4];
        struct tempfile file = hourly_log(hours, USERS_ODD);
        const struct log_params params = {
            .log = file.path,
            .replicate = {.resample = i & 1 ? LOG_RESAMPLE_USERS : LOG_RESAMPLE_PHASES,
                          .by = i & 2 ? LOG_BY_DAY : LOG_BY_WEEK}};
        double sum[2] = {0}, squares[2] = {0};
        for (int r = 1; r <= REPLICATIONS; r++) {
            const size_t len = replicated(params, (uint64_t)r, false, jobs);
            const double found[2] = {(double)len, check_places(jobs, len, hours, &params)};
            for (int k = 0; k < 2; k++) {
                sum[k] += found[k];
                squares[k] += found[k] * found[k];
            }
        }
        for (int k = 0; k < 2; k++) {
            const double mean = sum[k] / REPLICATIONS, want = k == 0 ? hours : hours / 2;
            const double variance = squares[k] / REPLICATIONS - mean * mean;
            assert_true(fabs(mean - want) <= 5 * sqrt(fmax(variance, 0) / REPLICATIONS));
            assert_true((variance > 0) ==
                        (k == 1 || params.replicate.resample != LOG_RESAMPLE_PHASES));
        }
        tempfile_remove(&file);
    }
}

/* Two weeks and a day, a user a job, by week: moved by one and by two weeks what comes behind the
 * end goes where the cut week would have gone on. */
static void resampled_by_hand(void **state)
{
    (void)state;
    static const struct {
        int day, after[3]; /* moved by 0, 1 and 2 weeks */
    } want[] = {
        {0, {0, 7, 14}}, {3, {3, 10, 10}}, {7, {7, 14, 0}}, {10, {10, 3, 3}}, {14, {14, 0, 7}}};
    char text[1000], *to = text;
    for (int i = 0; i < 5; i++)
        to += sprintf(to, "%d %d -1 30 1 -1 -1 1 60 -1 1 %d\n", i + 1, 86400 * want[i].day, i);
    struct tempfile file = tempfile_make(text, strlen(text));
    const struct log_params params = {.log = file.path, .replicate.resample = LOG_RESAMPLE_PHASES};
    static struct job_spec jobs[2 * HOURS];
    bool seen[5][15] = {{false}};
    for (int r = 1; r <= 100; r++) {
        assert_int_equal(replicated(params, (uint64_t)r, false, jobs), 5);
        for (int i = 0; i < 5; i++)
            seen[jobs[i].id - 1][jobs[i].submit / SIMTIME_DAY] = true;
    }
    for (int i = 0; i < 5; i++) {
        bool expected[15] = {false};
        for (int k = 0; k < 3; k++)
            expected[want[i].after[k]] = true;
        assert_memory_equal(seen[i], expected, sizeof(expected));
    }
    tempfile_remove(&file);
}

/* What a run does with a log says so when no job of it is left. */
static void nothing_used(void **state)
{
    (void)state;
    const struct {
        struct log_params params;
        const char *says;
    } rows[] = {
        {{.window = {.from_job = 9}}, "5 jobs: left out, outside the window (jobs from 9 on)"},
        {{.window = {.from = at(1000900, false)}},
         "5 jobs: left out, outside the window (from 1970-01-12T14:01:40+00:00 on)"},
        {{.where.queue = (char[]){"7"}}, "5 jobs: left out, not what `where` asks for"},
    };
    for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
        struct tempfile file = tempfile_make(i % 2 ? five_mixed : five, strlen(five));
        struct log_params params = rows[i / 2].params;
        struct log_context context = plain;
        struct job_spec job;
        struct error err = {0};
        char want[300];
        params.log = file.path;
        context.sort = i % 2;
        struct log *log = log_new(&params, &context, &err);
        assert_non_null(log);
        assert_int_equal(source_next(log_source(log), &job, &err), SOURCE_ERROR);
        snprintf(want, sizeof(want),
                 "none of its jobs, submitted from 1970-01-12T13:48:20+00:00 to "
                 "1970-01-12T13:53:20+00:00, is used: %s",
                 rows[i / 2].says);
        assert_string_equal(err.text, want);
        assert_string_equal(err.at.file, file.path);
        source_free(log_source(log));
        tempfile_remove(&file);
    }
}

/* Rows that are none of numbers, where they may be left out; a job that failed, one that was
 * cancelled, parts, one that follows another, a number again. */
static void garbled(void **state)
{
    (void)state;
    static const char text[] = "; UnixStartTime: 1000000\n1 0 -1 30 1 -1 -1 1 60 -1 0 1\n"
                               "2 60 -1 30 x\n"
                               "3 120 -1 30 1 -1 -1 1 60 -1 5 1 -1 -1 -1 -1 1 10\n"
                               "short\n"
                               "3 180 -1 30 1 -1 -1 1 60 -1 2 1\n"
                               "2 240\n";
    struct job_spec jobs[32];
    struct log_report report;
    size_t len;
    const struct log_params params = {.garbled = LOG_GARBLED_DROP};
    assert_int_equal(run(text, params, &plain, jobs, &len, &report), SOURCE_END);
    check_ids(jobs, len, "1 3 3");
    check_counts(&report, "rows 3, used 3, garbled 3, failed 1, cancelled 1, partial 1, follows 1, "
                          "number 1, few-columns 2");
    assert_int_equal(report.counts[LOG_GARBLED].line, 3);
}

static void parameters(void **state)
{
    (void)state;
    const struct {
        struct log_params params;
        const char *err;
    } rows[] = {
        {{.log = NULL}, "log: the path of a log is missing"},
        {{.log = (char[]){"x"}, .missing.request = (char[]){"never"}},
         "missing.request: \"never\" is neither runtime nor drop nor a duration such as 24h"},
        {{.log = (char[]){"x"}, .missing.request = (char[]){"0s"}},
         "missing.request: 0s is no time to ask for; it must be positive"},
        {{.log = (char[]){"x"}, .window = {.jobs = 5, .from = at(5, true)}},
         "window: give jobs (from_job, jobs) or dates (from, until), not both"},
        {{.log = (char[]){"x"}, .window = {.from = at(5, true), .until = at(5, true)}},
         "window: until must be after from"},
        {{.log = (char[]){"x"}, .load = {.gaps = 2, .resample = 2}},
         "load: give one of gaps, runtimes and resample"},
        {{.log = (char[]){"x"}, .replicate = {.shake = 1, .resample = LOG_RESAMPLE_USERS}},
         "replicate: give one of shake and resample"},
        {{.log = (char[]){"x"}, .replicate = {.shake = 1, .by = LOG_BY_DAY}},
         "replicate: by needs resample: it says what users are moved by"},
        {{.log = (char[]){"x"}, .load = {.gaps = -2}},
         "load: the factor must be within [0.001, 1000]"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err = {0};
        assert_int_equal(log_params_check(&rows[i].params, &err), -1);
        assert_string_equal(err.text, rows[i].err);
        assert_null(log_new(&rows[i].params, &plain, &err));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_dropped),     cmocka_unit_test(what_is_remarkable),
        cmocka_unit_test(recorded_schedules),  cmocka_unit_test(sizes_and_requests),
        cmocka_unit_test(models_and_tenants),  cmocka_unit_test(starts_and_shifts),
        cmocka_unit_test(order_of_submission), cmocka_unit_test(windows),
        cmocka_unit_test(ends_within),         cmocka_unit_test(looked_ahead_at),
        cmocka_unit_test(remarks_of_copies),   cmocka_unit_test(loads),
        cmocka_unit_test(nothing_used),        cmocka_unit_test(garbled),
        cmocka_unit_test(resampling),          cmocka_unit_test(shaking),
        cmocka_unit_test(resampled_phases),    cmocka_unit_test(resampled_users),
        cmocka_unit_test(resampled_length),    cmocka_unit_test(resampled_by_hand),
        cmocka_unit_test(remarks_of_windows),  cmocka_unit_test(parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
