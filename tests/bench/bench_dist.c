/* Draws a second: random numbers by address, each distribution, generated workloads. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit/dist_build.h"
#include "util/rng.h"
#include "workload/generate.h"
#include "workload/lublin.h"

#include <stdio.h>
#include <time.h>

#define DRAWS 2000000

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void report(const char *what, double begin, double n, double sum)
{
    const double ns = (now() - begin) / n * 1e9;
    printf("%-40s %8.1f ns  %7.2f M/s  (sum %g)\n", what, ns, 1e3 / ns, sum);
}

static void uniforms(struct rng_stream *stream)
{
    double sum = 0, begin = now();
    for (uint64_t i = 0; i < 10 * DRAWS; i++)
        sum += gsl_rng_uniform(rng_at(stream, i));
    report("rng_at + one uniform", begin, 10 * DRAWS, sum);
    begin = now();
    for (uint64_t i = 0; i < 10 * DRAWS; i++)
        sum += gsl_rng_uniform(stream->gsl);
    report("a further uniform", begin, 10 * DRAWS, sum);
}

static void distributions(struct rng_stream *stream)
{
    static const struct {
        const char *kind, *params;
        double max;
    } rows[] = {
        {"constant", "value=3", HUGE_VAL},
        {"uniform", "range=2:4", HUGE_VAL},
        {"log-uniform", "range=1:100", HUGE_VAL},
        {"exponential", "mean=2", HUGE_VAL},
        {"erlang", "mean=2 stages=4", HUGE_VAL},
        {"gamma", "shape=4.2 scale=0.94", HUGE_VAL},
        {"weibull", "shape=0.75 mean=100", HUGE_VAL},
        {"normal", "mean=5 sd=2", HUGE_VAL},
        {"lognormal", "median=9 sigma=0.6", HUGE_VAL},
        {"hyper-exponential", "probabilities=0.9:0.1 means=0.5:5", HUGE_VAL},
        {"pareto", "shape=1.5 scale=2", HUGE_VAL},
        {"bounded-pareto", "shape=1.1 range=1:1000", HUGE_VAL},
        {"hyper-gamma", "probability=0.7 shapes=4.2:312 scales=0.94:0.03", HUGE_VAL},
        {"choice", "values=8*0.7:16*0.3", HUGE_VAL},
        {"empirical", "values=3:1:1:7", HUGE_VAL},
        {"lognormal", "median=9 sigma=0.6", 12},
        {"lognormal", "median=9 sigma=0.6", 2},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char name[64];
        const uint64_t n = rows[i].max < 10 ? DRAWS / 20 : DRAWS;
        AUTO(dist_free)
        struct dist *dist = dist_build(rows[i].kind, rows[i].params, -HUGE_VAL, rows[i].max, NULL);
        const double begin = now();
        double sum = 0;
        for (uint64_t j = 0; j < n; j++)
            sum += dist_draw(dist, rng_at(stream, j));
        snprintf(name, sizeof(name), "%s%s", rows[i].kind,
                 rows[i].max < 10   ? ", cut to 0.6 %"
                 : rows[i].max < 20 ? ", cut to 68 %"
                                    : "");
        report(name, begin, (double)n, sum);
    }
}

static void pull(const char *what, struct source *source)
{
    struct job_spec job;
    double sum = 0, n = 0;
    const double begin = now();
    while (n < DRAWS && source_next(source, &job, NULL) == SOURCE_JOB) {
        sum += job.ask.procs;
        n++;
    }
    report(what, begin, n, sum);
    source_free(source);
}

static void workloads(void)
{
    const struct place place = {.seed = {1, 1}, .path = "w", .limit = SIMTIME_NEVER};
    double hours[24], days[7] = {1, 1, 1, 1, 1, 0.2, 0.1};
    for (int i = 0; i < 24; i++)
        hours[i] = 1 + i % 12;
    AUTO(dist_free)
    struct dist *runtime = dist_build("exponential", "mean=3600", -HUGE_VAL, HUGE_VAL, NULL);
    AUTO(dist_free)
    struct dist *sizes = dist_build("choice", "values=8*0.7:16*0.3", -HUGE_VAL, HUGE_VAL, NULL);
    struct generate_params params = {
        .arrival = {.poisson = 9 / 3600.0}, .processors = sizes, .runtime = runtime};
    const struct generate_epoch epoch = {0, &params};
    pull("jobs: poisson", generate_new(&place, &epoch, 1, NULL));
    params.arrival.profile = (struct arrival_profile){{hours, 24}, {days, 7}, {NULL, 0}};
    pull("jobs: poisson by hour and weekday", generate_new(&place, &epoch, 1, NULL));
    params.arrival.poisson = 1 / (30 * 86400.0);
    pull("jobs: the same, one a month", generate_new(&place, &epoch, 1, NULL));
}

int main(void)
{
    struct rng_stream stream;
    rng_stream_init(&stream, (struct rng_seed){1, 1}, "bench", "draws");
    uniforms(&stream);
    distributions(&stream);
    workloads();
    rng_stream_deinit(&stream);
    return 0;
}
