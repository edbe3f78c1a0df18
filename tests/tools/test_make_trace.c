/* make_trace makes the load it was asked for, and the same log for the same seed:
 * test_make_trace MAKE_TRACE. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit/tempfile.h"
#include "workload/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>

#include <cmocka.h>

enum { JOBS = 200000 };

static const char *program;

static struct log_totals make(const char *load, const char *procs, const char *seed)
{
    struct tempfile file = tempfile_make("", 0);
    const pid_t child = fork();
    if (child == 0) {
        execl(program, program, "--jobs", "200000", "--load", load, "--procs", procs, "--seed",
              seed, "--level", "1", file.path, (char *)NULL);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    const struct log_params params = {.log = file.path};
    const struct log_context context = {.partition_procs = atol(procs)};
    struct log_totals totals;
    struct error err = {0};
    if (log_scan(&params, &context, &totals, &err) < 0)
        fail_msg("%s", err.text);
    tempfile_remove(&file);
    assert_int_equal(totals.jobs, JOBS);
    return totals;
}

/* The work of a job and the gap before it vary by about 3.6 times their means together, so the load
 * of 200 000 jobs by 0.8 %: 4 % is five times that. */
static void load_as_asked(void **state)
{
    (void)state;
    static const struct {
        const char *load, *procs;
    } rows[] = {{"0.9", "256"}, {"0.5", "128"}, {"1.2", "4096"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct log_totals t = make(rows[i].load, rows[i].procs, "1");
        const double span = simtime_seconds(t.last - t.first);
        const double load = t.processor_seconds / (span * atof(rows[i].procs));
        if (fabs(load / atof(rows[i].load) - 1) > 0.04)
            fail_msg("load %g, asked for %s", load, rows[i].load);
        assert_int_equal(t.largest, 128);
        assert_int_equal(t.keys, 50);
        assert_int_equal(t.report.counts[LOG_RUN_OVER_REQUEST].count, 0);
        assert_int_equal(t.report.counts[LOG_COUNT_DIFFERS].count, 0);
        assert_true(t.requested_seconds > 2 * t.processor_seconds);
    }
}

static void seeds(void **state)
{
    (void)state;
    const struct log_totals a = make("0.9", "256", "7"), b = make("0.9", "256", "7");
    const struct log_totals c = make("0.9", "256", "8");
    assert_true(a.processor_seconds == b.processor_seconds && a.last == b.last);
    assert_true(a.processor_seconds != c.processor_seconds && a.last != c.last);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    program = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(load_as_asked),
        cmocka_unit_test(seeds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
