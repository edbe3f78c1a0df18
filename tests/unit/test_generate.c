/* Generated workloads: what each job is, draws by address, epochs, offered load. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dist_build.h"
#include "workload/generate.h"
#include "workload/tsafrir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

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

static struct generate_outlook expect(const struct generate_params *params,
                                      const struct place *place, const struct generate_room *room)
{
    const struct job_mean mean = generate_mean(params, room);
    assert_true(mean.known);
    return generate_expect(params, place, 0, &mean);
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
    const struct generate_room room = {.procs_per_node = 8, .kills = true};
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
        const double load = expect(&params, &place, &room).load;
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

/* What requests leave of run times, against many draws of both. */
static void cut_by_requests(void **state)
{
    (void)state;
    AUTO(dist_free) struct dist *hour = dist_build("exponential", "mean=3600", -INF, INF, NULL);
    AUTO(dist_free)
    struct dist *heavy = dist_build("pareto", "shape=0.9 scale=60", -INF, INF, NULL);
    AUTO(dist_free)
    struct dist *spread = dist_build("lognormal", "median=2000 sigma=1", -INF, INF, NULL);
    AUTO(dist_free)
    struct dist *three = dist_build("choice", "values=600*1:3600*2:7200*1", -INF, INF, NULL);
    AUTO(dist_free) struct dist *factor = dist_build("uniform", "range=0.2:1.7", -INF, INF, NULL);
    struct {
        struct dist *dist;
    } fixed = {dist_constant(1800, UNIT_TIME)}, lognormal = {spread}, pareto = {heavy},
      choice = {three}, share = {factor};
    double values[] = {7200, 600, 1800};
    struct {
        struct numbers values;
        struct dist *misjudge;
    } modal = {{values, 3}, NULL}, misjudged = {{values, 3}, factor};
    struct tsafrir_params tsafrir = {.max = 7200, .jobs = 5000};
    const struct {
        const char *kind;
        void *params;
        const struct dist *runtime;
        double want; /* 0: not by hand */
    } rows[] = {
        {"exact", NULL, hour, 3600},
        {"time", &fixed, hour, 3600 * (1 - exp(-0.5))},
        {"time", &fixed, heavy, 60 + 60 / 0.1 * (pow(30, 0.1) - 1)},
        {"time", &lognormal, hour, 0},
        {"time", &lognormal, heavy, 0},
        {"time", &lognormal, three, 0},
        {"time", &choice, hour, 3600 * (1 - (exp(-1 / 6.) + 2 * exp(-1) + exp(-2)) / 4)},
        {"time", &choice, three, 0},
        {"time", &pareto, heavy, 60 + 60 / 0.8},
        {"factor", &share, hour, 3600 * (0.48 / 1.5 + 0.7 / 1.5)},
        {"modal", &modal, hour, 3600 * (1 - exp(-2))},
        {"modal", &misjudged, hour, 0},
        {"modal", &misjudged, three, 0},
        {"modal", &misjudged, heavy, 0},
        {"tsafrir", &tsafrir, spread, 0},
    };
    enum { DRAWS = 400000 };
    struct rng_stream stream;
    rng_stream_init(&stream, (struct rng_seed){1, 1}, "tenants/t/w", "test");
    gsl_rng *rng = rng_at(&stream, 1);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct kinded kinded = {.params = rows[i].params};
        for (const struct kind *const *k = request_kinds.items; *k; k++)
            if (strcmp((*k)->name, rows[i].kind) == 0)
                kinded.kind = *k;
        struct error err = {0};
        struct request *request =
            request_new(&kinded, rows[i].runtime, (struct rng_seed){1, 1}, "tenants/t/w", &err);
        assert_non_null(request);
        double sum = 0, squares = 0;
        for (int n = 0; n < DRAWS; n++) {
            const simtime runtime = simtime_from_seconds(dist_draw(rows[i].runtime, rng));
            const simtime asked = request_draw(request, runtime, rng);
            const double x = simtime_seconds(asked < runtime ? asked : runtime);
            sum += x;
            squares += x * x;
        }
        const double mean = sum / DRAWS, sd = sqrt(squares / DRAWS - mean * mean);
        const double got = request_mean_cut(&kinded, rows[i].runtime);
        if (rows[i].want > 0 && !(fabs(got / rows[i].want - 1) < 1e-6))
            fail_msg("row %zu: %.9g instead of %.9g", i, got, rows[i].want);
        /* of pareto twice, the variance of the least is infinite no more: shape 1.8 */
        if (!(fabs(got - mean) < 5 * sd / sqrt(DRAWS) + 1e-3))
            fail_msg("row %zu (%s): %.9g, drawn %.9g", i, rows[i].kind, got, mean);
        double at = 0;
        for (int k = 0; k < 1000; k++)
            at += request_cut_at(&kinded, dist_quantile(spread, (k + 0.5) / 1000)) / 1000;
        if (rows[i].runtime == spread)
            assert_true(fabs(at / got - 1) < 2e-3);
        request_free(request);
    }
    rng_stream_deinit(&stream);
    dist_free(fixed.dist);
    const struct kinded exact = {0};
    assert_true(isinf(request_mean_cut(&exact, heavy)));
    AUTO(dist_free)
    struct dist *heavier = dist_build("pareto", "shape=0.1 scale=60", -INF, INF, NULL);
    assert_true(isinf(dist_mean_min(heavy, heavier, INF)));
    assert_true(isfinite(dist_mean_min(heavy, heavier, 1e9)));
}

/* Jobs that do not fit are left out of load and rate, and told of. */
static void too_large(void **state)
{
    struct fixture *fixture = *state;
    const struct place place = place_in(900 * SIMTIME_HOUR);
    struct generate_params params = params_of(fixture); /* 8 with 0.7, 16 with 0.3; nodes of 4 */
    static const struct {
        int64_t fits;
        double size, share;
    } rows[] = {{7, 0, 0}, {8, 5.6, 0.7}, {15, 5.6, 0.7}, {16, 10.4, 1}, {0, 10.4, 1}};
    const double work = 9 / 3600.0 * 6.5 * 32400 * exp(0.18);
    for (int nodes = 0; nodes < 2; nodes++) {
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            const struct generate_room room = {4, nodes ? 1 : rows[i].fits,
                                               nodes ? rows[i].fits : 1, true};
            const struct generate_outlook got = expect(&params, &place, &room);
            const double size = rows[i].size * (nodes ? 4 : 1);
            assert_true(fabs(got.load - work * size) <= 1e-9 * work);
            assert_true(fabs(got.rate - 9 / 3600.0 * 6.5 * rows[i].share) < 1e-12);
            assert_true(fabs(got.too_large - (1 - rows[i].share)) < 1e-12);
        }
        params.nodes = fixture->processors;
        params.processors = NULL;
    }
}

/* Of jobs given by work: as drawn, placed on processors of one speed and cut by their requests. */
static void load_of_work(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *params;
        const char *request, *request_params;
        double tolerance; /* of what is foretold; a sum over quantiles is no more exact */
    } rows[] = {
        {"lognormal", "median=36e15 sigma=0.5", NULL, NULL, 0},
        {"lognormal", "median=36e15 sigma=0.5", "uniform", "range=0.5:1.5", 0},
        {"lognormal", "median=36e15 sigma=1", "lognormal", "median=3600 sigma=1", 0.01},
    };
    static const double speeds[PRECISIONS] = {[PRECISION_FP16] = 1e12};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        enum { DRAWS = 200000 };
        AUTO(dist_free)
        struct dist *amount = dist_build(rows[i].kind, rows[i].params, -INF, INF, NULL);
        AUTO(dist_free)
        struct dist *sizes = dist_build("choice", "values=4*0.5:8*0.3:64*0.2", -INF, INF, NULL);
        AUTO(dist_free)
        struct dist *ask =
            rows[i].request ? dist_build(rows[i].request, rows[i].request_params, -INF, INF, NULL)
                            : NULL;
        struct {
            struct dist *amount;
            double efficiency;
            int precision;
        } work = {amount, 0.5, PRECISION_FP16};
        const struct kind *kind = request_kinds.otherwise;
        if (i == 1)
            kind = kind_find(&request_kinds, "factor");
        struct generate_params params = {.arrival = {.poisson = 0.1},
                                         .processors = sizes,
                                         .work = {work_kinds.otherwise, &work}};
        if (ask)
            params.request = (struct kinded){kind, &ask};
        const struct place place = place_in(SIMTIME_NEVER);
        const struct generate_room room = {1, 32, 32, true, speeds};
        const struct generate_outlook got = expect(&params, &place, &room);
        assert_true(fabs(got.rate - 0.08) < 1e-12 && fabs(got.too_large - 0.2) < 1e-12);
        const struct generate_epoch epoch = {0, &params};
        struct error err = {0};
        struct source *source = generate_new(&place, &epoch, 1, &err);
        double sum = 0, squares = 0;
        int n = 0;
        for (struct job_spec job; n < DRAWS;) {
            assert_int_equal(source_next(source, &job, &err), SOURCE_JOB);
            if (job.ask.procs > 32)
                continue;
            assert_true(job_request(&job, job.ask.procs, speeds) >= 0);
            job_place(&job, job.ask.procs, speeds);
            const simtime runs = job.runtime < job.request ? job.runtime : job.request;
            const double area = job.ask.procs * simtime_seconds(runs);
            sum += area;
            squares += area * area;
            n++;
        }
        source_free(source);
        const double mean = sum / DRAWS, sd = sqrt(squares / DRAWS - mean * mean);
        if (!(fabs(got.load / 0.08 - mean) < 5 * sd / sqrt(DRAWS) + rows[i].tolerance * mean))
            fail_msg("row %zu: %.9g, drawn %.9g", i, got.load / 0.08, mean);
    }
}

static void bad_parameters(void **state)
{
    struct fixture *fixture = *state;
    struct generate_params rows[4];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        rows[i] = params_of(fixture);
    rows[0].runtime = NULL;
    rows[1].memory_per_node = fixture->processors;
    rows[2].nodes = fixture->processors;
    rows[3].arrival.poisson = 0;
    static const char *const want[] = {
        "runtime is missing (or work)",
        "memory_per_node is of whole nodes; say memory, for each processor",
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
    static const char *const keys[] = {"arrival", "batch",  "processors",
                                       "nodes",   "memory", "memory_per_node",
                                       "runtime", "work",   "request"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        assert_string_equal(generate_fields[i].key, keys[i]);
    assert_int_equal(generate_fields[ARRAY_LEN(keys)].kind, FIELD_END);
    assert_int_equal(generate_fields[6].offset, offsetof(struct generate_params, runtime));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(load_is_as_foretold, set_up, tear_down),
        cmocka_unit_test_setup_teardown(draws_by_address, set_up, tear_down),
        cmocka_unit_test_setup_teardown(epochs, set_up, tear_down),
        cmocka_unit_test(cut_by_requests),
        cmocka_unit_test_setup_teardown(too_large, set_up, tear_down),
        cmocka_unit_test(load_of_work),
        cmocka_unit_test_setup_teardown(bad_parameters, set_up, tear_down),
        cmocka_unit_test(table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
