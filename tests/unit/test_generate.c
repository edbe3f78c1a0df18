/* Generated workloads: what each job is, draws by address, epochs, offered load. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dist_build.h"
#include "workload/generate.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define INF HUGE_VAL
#define MOST 60000

static struct place place_in(simtime limit)
{
    return (struct place){.seed = {1, 1},
                          .path = "tenants/t/w",
                          .limit = limit,
                          .spec = {.workload = 3, .tenant = 7}};
}

static size_t run(const struct place *place, const struct generate_epoch *epochs, size_t len,
                  struct job_spec *ret)
{
    struct error err = {0};
    struct source *source = generate_new(place, epochs, len, &err);
    if (!source)
        fail_msg("%s", err.text);
    size_t n = 0;
    int status;
    while (n < MOST && (status = source_next(source, &ret[n], &err)) == SOURCE_JOB) {
        assert_true(ret[n].ordinal == n && ret[n].workload == 3 && ret[n].tenant == 7);
        assert_true(n == 0 || ret[n].submit >= ret[n - 1].submit);
        n++;
    }
    assert_int_equal(status, SOURCE_END);
    source_free(source);
    return n;
}

struct fixture {
    struct dist *batch, *processors, *runtime, *longer;
    struct job_spec *jobs, *others;
};

static int set_up(void **state)
{
    struct fixture *fixture = mem_new(1, sizeof(*fixture));
    fixture->batch = dist_build("choice", "values=1*0.5:12*0.5", -INF, INF, NULL);
    fixture->processors = dist_build("choice", "values=8*0.7:16*0.3", -INF, INF, NULL);
    fixture->runtime = dist_build("lognormal", "median=32400 sigma=0.6", -INF, INF, NULL);
    fixture->longer = dist_build("lognormal", "median=64800 sigma=0.6", -INF, INF, NULL);
    fixture->jobs = mem_new(MOST, sizeof(struct job_spec));
    fixture->others = mem_new(MOST, sizeof(struct job_spec));
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    dist_free(fixture->batch);
    dist_free(fixture->processors);
    dist_free(fixture->runtime);
    dist_free(fixture->longer);
    free(fixture->jobs);
    free(fixture->others);
    free(fixture);
    return 0;
}

static struct generate_params params_of(const struct fixture *fixture)
{
    return (struct generate_params){.arrival = {.poisson = 9 / 3600.0},
                                    .batch = fixture->batch,
                                    .processors = fixture->processors,
                                    .runtime = fixture->runtime};
}

/* The sum over the jobs made against the load foretold. */
static void load_is_as_foretold(void **state)
{
    struct fixture *fixture = *state;
    const struct place place = place_in(900 * SIMTIME_HOUR);
    struct generate_params params = params_of(fixture);
    for (int nodes = 0; nodes < 2; nodes++) {
        const struct generate_epoch epoch = {0, &params};
        const size_t n = run(&place, &epoch, 1, fixture->jobs);
        double area = 0;
        for (size_t i = 0; i < n; i++) {
            const struct job_spec *job = &fixture->jobs[i];
            assert_true(job->request == job->runtime);
            assert_true(nodes ? job->ask.nodes >= 8 && job->ask.procs == 0
                              : job->ask.procs >= 8 && job->ask.nodes == 0);
            area += simtime_seconds(job->runtime) * (nodes ? 8 * job->ask.nodes : job->ask.procs);
        }
        const double load = generate_load(&params, &place, 8);
        const double want = 9 / 3600.0 * 6.5 * 10.4 * 32400 * exp(0.18) * (nodes ? 8 : 1);
        assert_true(fabs(load / want - 1) < 1e-12);
        assert_true(fabs(area / (900 * 3600.0) / load - 1) < 0.06);
        params.nodes = fixture->processors;
        params.processors = NULL;
    }
}

/* Other run times, other sizes of batches: what is addressed otherwise stays as it was. */
static void draws_by_address(void **state)
{
    struct fixture *fixture = *state;
    const struct place place = place_in(500 * SIMTIME_HOUR);
    const struct generate_params params = params_of(fixture);
    struct generate_params other = params;
    other.runtime = fixture->longer;
    const struct generate_epoch one = {0, &params}, two = {0, &other};
    const size_t n = run(&place, &one, 1, fixture->jobs);
    assert_int_equal(run(&place, &two, 1, fixture->others), n);
    for (size_t i = 0; i < n; i++) {
        assert_true(fixture->jobs[i].submit == fixture->others[i].submit);
        assert_true(fixture->jobs[i].ask.procs == fixture->others[i].ask.procs);
        assert_true(llabs(fixture->others[i].runtime - 2 * fixture->jobs[i].runtime) <= 2);
    }
    other.batch = NULL;
    const size_t m = run(&place, &two, 1, fixture->others);
    size_t at = 0;
    for (size_t i = 0; i < m; i++) {
        while (at < n && fixture->jobs[at].submit < fixture->others[i].submit)
            at++;
        assert_true(at < n && fixture->jobs[at].submit == fixture->others[i].submit);
        assert_true(fixture->jobs[i].ask.procs == fixture->others[i].ask.procs);
    }
}

/* Jobs are drawn with the parameters in force when they are submitted. */
static void epochs(void **state)
{
    struct fixture *fixture = *state;
    const struct place place = place_in(500 * SIMTIME_HOUR);
    const struct generate_params params = params_of(fixture);
    struct generate_params other = params;
    other.runtime = fixture->longer;
    const simtime change = 200 * SIMTIME_HOUR;
    const struct generate_epoch epoch[] = {{0, &params}, {change, &other}};
    const size_t n = run(&place, epoch, 1, fixture->jobs);
    assert_int_equal(run(&place, epoch, 2, fixture->others), n);
    for (size_t i = 0; i < n; i++) {
        const bool later = fixture->others[i].submit >= change;
        const simtime want = (later ? 2 : 1) * fixture->jobs[i].runtime;
        assert_true(llabs(fixture->others[i].runtime - want) <= 2);
    }
}

static void bad_parameters(void **state)
{
    struct fixture *fixture = *state;
    AUTO(dist_free) struct dist *normal = dist_build("normal", "mean=5 sd=2", -INF, INF, NULL);
    struct generate_params rows[4];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        rows[i] = params_of(fixture);
    rows[0].runtime = NULL;
    rows[1].runtime = normal;
    rows[2].nodes = fixture->processors;
    rows[3].arrival.poisson = 0;
    static const char *const want[] = {
        "runtime is missing",
        "runtime can be negative: add `min: 0s`",
        "give either processors or nodes, not both",
        "arrival: needs poisson (a rate above 0), renewal or every",
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct place place = place_in(SIMTIME_HOUR);
        const struct generate_epoch epoch = {0, &rows[i]};
        struct error err = {0};
        assert_null(generate_new(&place, &epoch, 1, &err));
        assert_string_equal(err.text, want[i]);
    }
}

/* The table of fields and the struct agree. */
static void table(void **state)
{
    (void)state;
    static const char *const keys[] = {"arrival", "batch",   "processors",
                                       "nodes",   "runtime", "request"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        assert_string_equal(generate_fields[i].key, keys[i]);
    assert_int_equal(generate_fields[ARRAY_LEN(keys)].kind, FIELD_END);
    assert_int_equal(generate_fields[4].offset, offsetof(struct generate_params, runtime));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(load_is_as_foretold, set_up, tear_down),
        cmocka_unit_test_setup_teardown(draws_by_address, set_up, tear_down),
        cmocka_unit_test_setup_teardown(epochs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_parameters, set_up, tear_down),
        cmocka_unit_test(table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
