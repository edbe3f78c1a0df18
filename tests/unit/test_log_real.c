/* Real logs: rows and oddities counted as their keeper counts them. They are not part of the
 * project (they are not ours to publish); without them the test is skipped. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tempfile.h"
#include "workload/log.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define S SIMTIME_SECOND

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
    int64_t procs; /* of the partition */
    uint64_t jobs;
    int64_t users;
    const char *counts;
} real[] = {
    {"KTH-SP2-1996-2.swf.gz",
     {.drop = LOG_DROP_UNUSABLE, .missing.request = (char[]){"drop"}},
     100,
     28481,
     214,
     "rows 28489, used 28481, run-zero 8, run-over-request 475, failed 7946, count-differs 1, "
     "recorded-over 104"},
    {"KTH-SP2.easy-schedule.swf.gz",
     {0},
     100,
     28481,
     214,
     "rows 28481, used 28481, number 16321, out-of-order 9415"},
    {"CTC-SP2-1996-3.1-cln.swf.gz",
     {0},
     338,
     77222,
     679,
     "rows 77222, used 77222, request-filled 6, run-over-request 7174, size-other 77222, ran-not "
     "17, cpu-over-run 156, failed 16669, header-text 1, count-differs 2080, recorded-over 592"},
    {"LLNL-Thunder-2007-1.1-cln.swf.gz",
     {0},
     4008,
     118791,
     283,
     "rows 121039, used 118791, times-unknown 1190, no-size 1058, request-filled 80200, "
     "run-over-request 1101, "
     "size-other 4, ran-not 5178, failed 7933, cancelled 7886, zone-name 1, "
     "count-differs 7623"},
    {"METACENTRUM-2009-2.swf.gz",
     {0},
     0,
     103656,
     147,
     "rows 103656, used 103656, request-filled 103656, size-other 103656, ran-not 3712, failed "
     "15825, no-header 1"},
    {"UniLu-Gaia-2014-1.swf.gz",
     {0},
     2004,
     51860,
     84,
     "rows 51987, used 51860, run-negative 127, run-over-request 1500, ran-not 1, failed 10592, "
     "zone-name 1"},
    {"wagap-2013.swf.gz",
     {0},
     0,
     17898,
     75,
     "rows 17900, used 17898, run-negative 2, run-over-request 702, follows 17898, extra-columns "
     "17898, no-header 1"},
    {"lublin-1.swf.gz",
     {0},
     256,
     10000,
     1,
     "rows 10000, used 10000, request-filled 10000, size-other 10000"},
};

static void real_logs(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(real); i++) {
        char path[512];
        struct log_params params = real[i].params;
        params.log = (char *)trace_path(real[i].name, path, sizeof(path));
        if (!params.log) {
            print_message("%s is not there\n", real[i].name);
            continue;
        }
        struct log_context context = {.partition_procs = real[i].procs, .recorded = true};
        struct error err;
        struct log_totals totals;
        if (log_scan(&params, &context, &totals, &err) < 0)
            fail_msg("%s", err.text);
        check_counts(&totals.report, real[i].counts);
        assert_int_equal(totals.jobs, real[i].jobs);
        assert_int_equal(totals.keys, real[i].users);
    }
}

static void real_window(void **state)
{
    (void)state;
    char path[512];
    struct log_params params = {.window = {.from_job = 1981, .jobs = 1024}};
    params.log = (char *)trace_path("lublin-1.swf.gz", path, sizeof(path));
    if (!params.log)
        return;
    struct log_context context = {.partition_procs = 256};
    struct error err;
    struct log *log = log_new(&params, &context, &err);
    assert_non_null(log);
    struct job_spec job;
    int64_t id = 1982;
    while (source_next(log_source(log), &job, &err) == SOURCE_JOB) {
        assert_int_equal(job.id, id++);
        assert_int_equal(job.request, job.runtime);
    }
    assert_int_equal(id, 1982 + 1024);
    assert_int_equal(log_report_of(log)->counts[LOG_ROWS].count, 10000);
    source_free(log_source(log));
    simtime start;
    int32_t offset;
    assert_int_equal(log_start(params.log, &start, &offset, &err), 0);
    assert_int_equal(start, 0);
    params.log = (char *)trace_path("KTH-SP2-1996-2.swf.gz", path, sizeof(path));
    if (!params.log)
        return;
    assert_int_equal(log_start(params.log, &start, &offset, &err), 0);
    assert_int_equal(start, 843480031 * S);
    assert_int_equal(offset, 3600);
}

/* The jobs of a log by their numbers, submit times from the log's time zero. */
static struct job_spec *jobs_by_id(const char *name, struct log_params params, bool sort,
                                   size_t *ret_len)
{
    enum { IDS = 40000 };
    char path[512];
    params.log = (char *)trace_path(name, path, sizeof(path));
    if (!params.log)
        return NULL;
    const struct log_context context = {.partition_procs = 100, .sort = sort, .start = 0};
    struct error err;
    struct log *log = log_new(&params, &context, &err);
    assert_non_null(log);
    struct job_spec *jobs = calloc(IDS, sizeof(*jobs)), job;
    const simtime zero = log_header(log)->unix_start * S;
    int got;
    simtime last = 0;
    for (*ret_len = 0; (got = source_next(log_source(log), &job, &err)) == SOURCE_JOB; ++*ret_len) {
        assert_true(job.submit >= last && job.id >= 0 && job.id < IDS);
        last = job.submit;
        job.submit -= zero;
        jobs[job.id] = job;
    }
    assert_int_equal(got, SOURCE_END);
    source_free(log_source(log));
    return jobs;
}

/* The jobs are those that another simulator (pyss) took from the same log, as it wrote them down in
 * another order. */
static void same_as_pyss(void **state)
{
    (void)state;
    const struct log_params kth = {.drop = LOG_DROP_UNUSABLE, .missing.request = (char[]){"drop"}};
    size_t len, want_len;
    struct job_spec *jobs = jobs_by_id("KTH-SP2-1996-2.swf.gz", kth, false, &len);
    struct job_spec *want =
        jobs_by_id("KTH-SP2.easy-schedule.swf.gz", (struct log_params){0}, true, &want_len);
    if (jobs && want) {
        assert_int_equal(len, want_len);
        for (size_t i = 0; i < 40000; i++) {
            assert_int_equal(jobs[i].submit, want[i].submit);
            assert_int_equal(jobs[i].ask.procs, want[i].ask.procs);
            assert_int_equal(jobs[i].request, want[i].request);
            const simtime run =
                jobs[i].runtime < jobs[i].request ? jobs[i].runtime : jobs[i].request;
            assert_int_equal(run, want[i].runtime);
        }
    }
    free(jobs);
    free(want);
}

int main(void)
{
    char path[512];
    if (!trace_path("KTH-SP2-1996-2.swf.gz", path, sizeof(path))) {
        printf("1..0 # SKIP no real logs in $JISHI_TRACES or ../shared/traces\n");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_logs),
        cmocka_unit_test(real_window),
        cmocka_unit_test(same_as_pyss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
