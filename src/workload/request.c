/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/request.h"

#include "util/mem.h"
#include "workload/tsafrir.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct factor_params {
    struct dist *factor;
};

struct modal_params {
    struct numbers values;
    struct dist *misjudge;
};

struct time_params {
    struct dist *time;
};

static const struct field factor_fields[] = {
    {"factor", FIELD_DIST, offsetof(struct factor_params, factor),
     "request / run time; below 1 the job is killed", .flags = FIELD_REQUIRED | FIELD_ABOVE_ZERO,
     .unit = UNIT_NONE, .zero = "0.01"},
    {0},
};

static const struct field modal_fields[] = {
    {"values", FIELD_NUMBERS, offsetof(struct modal_params, values),
     "the round times that users choose from", .flags = FIELD_REQUIRED, .unit = UNIT_TIME},
    {"misjudge", FIELD_DIST, offsetof(struct modal_params, misjudge),
     "what users think the run time is / the run time, before they round up", .unit = UNIT_NONE,
     .zero = "0"},
    {0},
};

static const struct field time_fields[] = {
    {"time", FIELD_DIST, offsetof(struct time_params, time), "whatever the run time",
     .flags = FIELD_REQUIRED, .unit = UNIT_TIME, .zero = "0s"},
    {0},
};

static int check_modal(const void *params, struct error *err)
{
    const struct modal_params *modal = params;
    if (modal->values.len == 0)
        return error_set(err, "values: at least one is needed");
    for (size_t i = 0; i < modal->values.len; i++)
        if (!(modal->values.values[i] > 0))
            return error_set(err, "values: %g s is not above 0", modal->values.values[i]);
    return 0;
}

static int check_tsafrir(const void *params, struct error *err)
{
    return tsafrir_check(params, err);
}

static const struct kind kind_exact = {.name = "exact", .summary = "the run time itself"};
static const struct kind kind_factor = {.name = "factor",
                                        .summary = "a multiple of the run time",
                                        .params = factor_fields,
                                        .size = sizeof(struct factor_params),
                                        .shorthand = "factor"};
static const struct kind kind_modal = {.name = "modal",
                                       .summary = "the smallest of a few round values that fits",
                                       .params = modal_fields,
                                       .size = sizeof(struct modal_params),
                                       .shorthand = "values",
                                       .check = check_modal};
static const struct kind kind_tsafrir = {.name = "tsafrir",
                                         .summary = "round values as users choose them "
                                                    "(Tsafrir, Etsion and Feitelson 2005)",
                                         .params = tsafrir_fields,
                                         .size = sizeof(struct tsafrir_params),
                                         .shorthand = "max",
                                         .check = check_tsafrir};
static const struct kind kind_time = {.name = "time",
                                      .summary = "a distribution of its own",
                                      .params = time_fields,
                                      .size = sizeof(struct time_params),
                                      .shorthand = "time"};

static const struct kind *const kinds[] = {
    &kind_exact, &kind_factor, &kind_modal, &kind_tsafrir, &kind_time, NULL,
};

const struct kind_list request_kinds = {
    .what = "request", .whats = "requests", .items = kinds, .otherwise = &kind_time};

struct request {
    const struct kind *kind;
    const void *params;      /* borrowed */
    double *values;          /* modal: ascending; owned */
    struct tsafrir *tsafrir; /* owned */
};

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct request *request_new(const struct kinded *kinded, const struct dist *runtime,
                            struct rng_seed seed, const char *path, struct error *err)
{
    const struct kind *kind = kinded->kind ? kinded->kind : &kind_exact;
    if (kind->check && kind->check(kinded->params, err) < 0) {
        error_prefix(err, "request: %s: ", kind->name);
        return NULL;
    }
    struct request *request = mem_new(1, sizeof(*request));
    request->kind = kind;
    request->params = kinded->params;
    if (kind == &kind_modal) {
        const struct numbers *values = &((const struct modal_params *)kinded->params)->values;
        request->values = mem_new(values->len, sizeof(double));
        for (size_t i = 0; i < values->len; i++)
            request->values[i] = values->values[i];
        qsort(request->values, values->len, sizeof(double), ascending);
    } else if (kind == &kind_tsafrir) {
        request->tsafrir = tsafrir_new(kinded->params, seed, path, err);
        if (runtime)
            tsafrir_couple(request->tsafrir, runtime);
    }
    return request;
}

void request_free(struct request *request)
{
    if (!request)
        return;
    free(request->values);
    tsafrir_free(request->tsafrir);
    free(request);
}

void request_couple_sample(struct request *request, const double *runtimes, size_t len)
{
    if (request->tsafrir)
        tsafrir_couple_sample(request->tsafrir, runtimes, len);
}

static double draw_modal(const struct request *request, double runtime, gsl_rng *rng)
{
    const struct modal_params *modal = request->params;
    const double guess = modal->misjudge ? runtime * dist_draw(modal->misjudge, rng) : runtime;
    size_t i = 0;
    while (i + 1 < modal->values.len && request->values[i] < guess)
        i++;
    return request->values[i];
}

simtime request_draw(const struct request *request, simtime runtime, gsl_rng *rng)
{
    if (request->kind == &kind_factor) {
        const struct factor_params *params = request->params;
        /* not through seconds: a factor of 1 must leave the run time as it is */
        const double us = ceil((double)runtime * dist_draw(params->factor, rng));
        return us < (double)SIMTIME_NEVER ? (simtime)us : SIMTIME_NEVER;
    }
    if (request->kind == &kind_modal)
        return simtime_from_seconds(draw_modal(request, simtime_seconds(runtime), rng));
    if (request->kind == &kind_tsafrir)
        return simtime_from_seconds(tsafrir_draw(request->tsafrir, simtime_seconds(runtime), rng));
    if (request->kind == &kind_time)
        return simtime_from_seconds(
            dist_draw(((const struct time_params *)request->params)->time, rng));
    return runtime;
}

int request_check_work(const struct kinded *kinded, struct error *err)
{
    if (kinded->kind == &kind_modal || kinded->kind == &kind_tsafrir)
        return error_set(err,
                         "request: %s goes by the run time, which jobs given by work have only "
                         "where they run; choose exact, factor or a time",
                         kinded->kind->name);
    return 0;
}

void request_draw_work(const struct request *request, gsl_rng *rng, struct job_spec *spec)
{
    spec->request = 0;
    spec->request_factor = 1;
    if (request->kind == &kind_factor)
        spec->request_factor =
            dist_draw(((const struct factor_params *)request->params)->factor, rng);
    if (request->kind == &kind_time) {
        spec->request_factor = -1;
        spec->request = request_draw(request, 0, rng);
    }
}

double request_mean_share(const struct kinded *kinded)
{
    if (kinded->kind != &kind_factor)
        return 1;
    return dist_mean_min(((const struct factor_params *)kinded->params)->factor, NULL, 1);
}

const struct dist *request_time(const struct kinded *kinded)
{
    return kinded->kind == &kind_time ? ((const struct time_params *)kinded->params)->time : NULL;
}

static double modal_greatest(const struct modal_params *modal)
{
    double most = 0;
    for (size_t i = 0; i < modal->values.len; i++)
        most = fmax(most, modal->values.values[i]);
    return most;
}

/* E[X; X <= most]. */
static double mean_to(const struct dist *x, double most)
{
    if (isinf(most))
        return dist_mean(x);
    return fmax(0, dist_mean_min(x, NULL, most) - most * (1 - dist_cdf(x, most)));
}

/* Of requests that do not depend on the run time. */
static struct request_part time_within(const struct dist *time, const struct dist *runtime,
                                       double most, bool kills)
{
    const double jobs = isinf(most) ? 1 : dist_cdf(time, most);
    struct request_part part = {jobs, (double)NAN};
    if (!runtime)
        return part;
    if (!kills)
        part.time = jobs > 0 ? jobs * dist_mean(runtime) : 0;
    else if (isinf(most))
        part.time = dist_mean_min(runtime, time, most);
    else
        part.time = fmax(0, dist_mean_min(runtime, time, most) -
                                (1 - jobs) * dist_mean_min(runtime, NULL, most));
    return part;
}

/* Of a factor that is drawn, of one run time. */
static struct request_part factor_within(const struct dist *factor, double runtime, double most,
                                         bool kills)
{
    const double to = most / runtime, cut = fmin(to, 1);
    const double jobs = isinf(to) ? 1 : dist_cdf(factor, to);
    const double share =
        kills ? fmax(0, dist_mean_min(factor, NULL, cut) - cut * (1 - jobs)) : jobs;
    return (struct request_part){jobs, share * runtime};
}

struct request_part request_within(const struct kinded *kinded, const struct dist *runtime,
                                   double most, bool kills)
{
    const struct request_part unknown = {(double)NAN, (double)NAN};
    double factor = 1, fixed;
    if (kinded->kind == &kind_time)
        return time_within(request_time(kinded), runtime, most, kills);
    if (!runtime || kinded->kind == &kind_modal || kinded->kind == &kind_tsafrir)
        return unknown;
    const struct dist *drawn = kinded->kind == &kind_factor
                                   ? ((const struct factor_params *)kinded->params)->factor
                                   : NULL;
    if (drawn && !dist_is_constant(drawn, &factor))
        return dist_is_constant(runtime, &fixed) && fixed > 0
                   ? factor_within(drawn, fixed, most, kills)
                   : unknown;
    if (factor <= 0)
        return (struct request_part){1, kills ? 0 : dist_mean(runtime)};
    return (struct request_part){isinf(most) ? 1 : dist_cdf(runtime, most / factor),
                                 mean_to(runtime, most / factor) * (kills ? fmin(factor, 1) : 1)};
}

double request_greatest(const struct kinded *kinded, const struct dist *runtime)
{
    if (kinded->kind == &kind_time)
        return dist_greatest(request_time(kinded));
    const double most = runtime ? dist_greatest(runtime) : HUGE_VAL;
    return kinded->kind == &kind_factor
               ? most * dist_greatest(((const struct factor_params *)kinded->params)->factor)
               : most;
}

/* E[min(x, request)]: the request is the least value not below x times the misjudgement. */
static double modal_cut_at(const struct modal_params *modal, double x)
{
    double values[64], *sorted = values, mean = 0, below = 0;
    const struct numbers *list = &modal->values;
    if (!modal->misjudge || x <= 0)
        return fmin(x, modal_greatest(modal));
    if (list->len > ARRAY_LEN(values))
        sorted = mem_new(list->len, sizeof(double));
    memcpy(sorted, list->values, list->len * sizeof(double));
    qsort(sorted, list->len, sizeof(double), ascending);
    for (size_t i = 0; i < list->len; i++) {
        const double up_to = i + 1 < list->len ? dist_cdf(modal->misjudge, sorted[i] / x) : 1;
        mean += (up_to - below) * fmin(x, sorted[i]);
        below = up_to;
    }
    if (sorted != values)
        free(sorted);
    return mean;
}

/* Over the quantiles of the run time at p = 1 / (1 + e^-t), which crowd towards the ends. What is
 * averaged is bounded by the largest value; beyond REACH lie 2e-9 of all jobs on either side. */
static double modal_mean_cut(const struct modal_params *modal, const struct dist *runtime)
{
    enum { STEPS = 250, REACH = 20 };
    double sum = 0, weights = 0;
    for (int i = 0; i < STEPS; i++) {
        const double t = 2 * REACH * ((i + 0.5) / STEPS - 0.5), p = 1 / (1 + exp(-t));
        const double weight = p / (1 + exp(t));
        sum += weight * modal_cut_at(modal, dist_quantile(runtime, p));
        weights += weight;
    }
    return sum / weights;
}

double request_mean_cut(const struct kinded *kinded, const struct dist *runtime)
{
    const void *params = kinded->params;
    if (kinded->kind == &kind_factor) {
        const double share = dist_mean_min(((const struct factor_params *)params)->factor, NULL, 1);
        return share > 0 ? share * dist_mean(runtime) : 0;
    }
    if (kinded->kind == &kind_modal) {
        const struct modal_params *modal = params;
        return modal->misjudge ? modal_mean_cut(modal, runtime)
                               : dist_mean_min(runtime, NULL, modal_greatest(modal));
    }
    if (kinded->kind == &kind_tsafrir)
        return dist_mean_min(runtime, NULL, ((const struct tsafrir_params *)params)->max);
    if (kinded->kind == &kind_time)
        return dist_mean_min(runtime, ((const struct time_params *)params)->time, HUGE_VAL);
    return dist_mean(runtime);
}

double request_cut_at(const struct kinded *kinded, double runtime)
{
    const void *params = kinded->params;
    if (kinded->kind == &kind_factor)
        return runtime * dist_mean_min(((const struct factor_params *)params)->factor, NULL, 1);
    if (kinded->kind == &kind_modal)
        return modal_cut_at(params, runtime);
    if (kinded->kind == &kind_tsafrir)
        return fmin(runtime, ((const struct tsafrir_params *)params)->max);
    if (kinded->kind == &kind_time)
        return dist_mean_min(((const struct time_params *)params)->time, NULL, runtime);
    return runtime;
}

bool request_draws(const struct kinded *kinded)
{
    double value;
    if (!kinded->kind || kinded->kind == &kind_exact)
        return false;
    if (kinded->kind == &kind_factor)
        return !dist_is_constant(((const struct factor_params *)kinded->params)->factor, &value);
    if (kinded->kind == &kind_time)
        return !dist_is_constant(((const struct time_params *)kinded->params)->time, &value);
    if (kinded->kind == &kind_modal)
        return ((const struct modal_params *)kinded->params)->misjudge != NULL;
    return true;
}
