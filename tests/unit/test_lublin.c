/* The Lublin-Feitelson workload against a run of its authors' program. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/mem.h"
#include "workload/lublin.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void fill(const struct field *table, void *object)
{
    for (const struct field *field = table; field->kind != FIELD_END; field++) {
        char *at = (char *)object + field->offset;
        if (field->kind == FIELD_TABLE)
            fill(field->table, at);
        else if (field->kind == FIELD_QUANTITY && field->def)
            *(double *)at = strtod(field->def, NULL);
        else if (field->kind == FIELD_INT && field->def)
            *(int64_t *)at = strtoll(field->def, NULL, 10);
    }
}

static struct lublin_params published(void)
{
    struct lublin_params params = {0};
    fill(lublin_fields, &params);
    return params;
}

struct sums {
    double n, serial, powers, nodes, run, ln_run, area, last;
    double by_hour[24];
    double runs[400000];
};

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void collect(const struct lublin_params *params, size_t jobs, struct sums *sums)
{
    const struct place place = {.seed = {1, 1}, .path = "w", .limit = SIMTIME_NEVER};
    const struct kinded exact = {0};
    struct error err = {0};
    struct source *source = lublin_new(&place, params, &exact, &err);
    assert_non_null(source);
    memset(sums, 0, sizeof(*sums));
    for (size_t i = 0; i < jobs; i++) {
        struct job_spec job;
        assert_int_equal(source_next(source, &job, &err), SOURCE_JOB);
        assert_true(job.ordinal == i && job.request == job.runtime);
        assert_true(simtime_seconds(job.submit) >= sums->last);
        const double run = simtime_seconds(job.runtime);
        const int32_t n = job.ask.procs;
        sums->n++;
        sums->serial += n == 1;
        sums->powers += n > 1 && (n & (n - 1)) == 0;
        sums->nodes += n;
        sums->run += run;
        sums->ln_run += log(fmax(run, 1));
        sums->area += n * run;
        sums->last = simtime_seconds(job.submit);
        sums->by_hour[job.submit / SIMTIME_HOUR % 24]++;
        sums->runs[i] = run;
    }
    qsort(sums->runs, jobs, sizeof(double), ascending);
    source_free(source);
}

static void near(const char *what, double got, double want, double relative)
{
    if (!(fabs(got / want - 1) <= relative))
        fail_msg("%s: %g, want %g within %g %%", what, got, want, 100 * relative);
}

/* Both are samples: tolerances are about four standard errors of their difference. Gaps are so
 * heavy-tailed that a sample of 400 000 is known to 1 %: they are held against the integral of the
 * cut density (911.29 s; 619.30 s interactive, 3516.93 s batch). */
static void typeless_as_published(void **state)
{
    (void)state;
    static struct sums sums;
    static const double shares[24] = {1.99, 1.65, 1.22, 0.99, 0.79, 0.85, 1.57, 2.54,
                                      3.88, 4.84, 6.04, 6.77, 7.33, 7.43, 7.48, 7.32,
                                      6.78, 6.46, 5.65, 4.91, 4.39, 3.66, 2.99, 2.45};
    const struct lublin_params params = published();
    collect(&params, 400000, &sums);
    near("serial", sums.serial / sums.n, 0.2450, 0.015);
    near("powers of two", sums.powers / sums.n, 0.6249, 0.007);
    near("nodes", sums.nodes / sums.n, 12.133928, 0.009);
    near("run", sums.run / sums.n, 4357.8, 0.02);
    near("ln run", sums.ln_run / sums.n, 5.4584, 0.004);
    near("p50", sums.runs[200000], 108, 0.03);
    near("p90", sums.runs[360000], 14633, 0.03);
    near("p99", sums.runs[396000], 33988, 0.03);
    near("gap", sums.last / sums.n, 911.29, 0.044);
    near("load", sums.area / sums.last / 128, 0.717, 0.04);
    near("load by formula", lublin_load(&params) / 128, 0.717, 0.02);
    near("gap by formula", 1 / lublin_rate(&params), 911.29, 0.03);
    for (int i = 0; i < 24; i++)
        if (!(fabs(100 * sums.by_hour[i] / sums.n - shares[i]) < 0.3))
            fail_msg("hour %d: %g %%, want %g %%", i, 100 * sums.by_hour[i] / sums.n, shares[i]);
}

/* Each type by itself: the table of the reference run tells them apart. */
static void types_as_published(void **state)
{
    (void)state;
    static struct sums sums;
    static const struct {
        double serial, powers, nodes, run, ln_run, p50, p90, gap, tolerance;
    } want[2] = {
        {0.1542, 0.6923, 8.045022, 241.1, 2.8738, 13, 177, 619.30, 0.063},
        {0.2943, 0.6742, 13.893308, 9543.5, 6.9606, 850, 27620, 3516.93, 0.037},
    };
    for (int i = 0; i < 2; i++) {
        struct lublin_params params = published();
        params.typeless = i ? params.batch : params.interactive;
        collect(&params, 400000, &sums);
        near("serial", sums.serial / sums.n, want[i].serial, 0.03);
        near("powers", sums.powers / sums.n, want[i].powers, 0.015);
        near("nodes", sums.nodes / sums.n, want[i].nodes, 0.01);
        near("run", sums.run / sums.n, want[i].run, 0.05);
        near("ln run", sums.ln_run / sums.n, want[i].ln_run, 0.01);
        near("p50", sums.runs[200000], want[i].p50, 0.1); /* between two modes */
        near("p90", sums.runs[360000], want[i].p90, 0.03);
        near("gap", sums.last / sums.n, want[i].gap, want[i].tolerance);
    }
}

static void typed_together(void **state)
{
    (void)state;
    static struct sums sums;
    struct lublin_params params = published();
    params.typed = true;
    collect(&params, 400000, &sums);
    near("gap", sums.last / sums.n, 1 / (1 / 619.30 + 1 / 3516.93), 0.05);
    near("nodes", sums.nodes / sums.n, (342728 * 8.045 + 57272 * 13.893) / 400000, 0.01);
    near("load", sums.area / sums.last / 128, 0.394, 0.04);
    near("load by formula", lublin_load(&params) / 128, 0.394, 0.03);
    near("gap by formula", 1 / lublin_rate(&params), 1 / (1 / 619.30 + 1 / 3516.93), 0.03);
}

static void knobs(void **state)
{
    (void)state;
    static struct sums sums, twice;
    struct lublin_params params = published();
    collect(&params, 100000, &sums);
    params.arrival_factor = 2;
    collect(&params, 100000, &twice);
    near("gap", twice.last, sums.last / 2, 1e-3);
    assert_true(twice.by_hour[14] > 5 * twice.by_hour[4]); /* the same daily cycle */
    assert_true(twice.run == sums.run);                    /* arrivals only: the same jobs */
    params.machine = 1024;
    collect(&params, 100000, &sums);
    assert_true(sums.nodes > 4 * twice.nodes);
    static const int64_t machines[] = {1, 2, 3, 100, 1 << 24};
    for (size_t i = 0; i < ARRAY_LEN(machines); i++) {
        params.machine = machines[i];
        collect(&params, 1000, &sums);
        assert_true(sums.nodes <= sums.n * (double)machines[i]);
    }
}

static void bad_parameters(void **state)
{
    (void)state;
    struct lublin_params rows[5];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        rows[i] = published();
    rows[0].machine = 0;
    rows[1].typeless.serial = 0.9;
    rows[2].typeless.u_med = 8;
    rows[3].typeless.barr = 1e4;
    rows[4].typeless.anum = 1e4;
    static const char *const want[] = {
        "machine: 0 is outside [1, 16777216]",
        "typeless: serial, power_of_2, their sum and u_prob are probabilities",
        "typeless: sizes: 0 <= u_low <= u_med <= u_high <= 24 must hold",
        "typeless: gaps: min and max leave less than 1e-6 of the probability",
        "typeless: anum and bnum put next to no arrivals into the day",
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct place place = {.seed = {1, 1}, .path = "w", .limit = SIMTIME_NEVER};
        const struct kinded exact = {0};
        struct error err = {0};
        assert_null(lublin_new(&place, &rows[i], &exact, &err));
        assert_string_equal(err.text, want[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(typeless_as_published), cmocka_unit_test(types_as_published),
        cmocka_unit_test(typed_together),        cmocka_unit_test(knobs),
        cmocka_unit_test(bad_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
