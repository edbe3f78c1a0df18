/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/tsafrir.h"

#include "util/mem.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

#define HEAD 20         /* popular estimates ... */
#define HEAD_SHARE 89.0 /* ... and the percent of all jobs that they hold */
#define MINUTE 60.0
#define HOUR 3600.0
#define MAX_LONGEST (10 * 365 * 86400.0)
#define MAX_JOBS 10000000

struct mode {
    double time, share; /* s; of all jobs, in percent while the model is built */
};

struct tsafrir {
    struct mode *modes; /* owned, ascending */
    double *above;      /* owned: the weights of modes i and above */
    size_t len, cap;
};

const struct field tsafrir_fields[] = {
    {"max", FIELD_QUANTITY, offsetof(struct tsafrir_params, max),
     "the longest a user may ask for, at least 1 h", .min = HOUR, .max = MAX_LONGEST,
     .flags = FIELD_REQUIRED, .unit = UNIT_TIME},
    {"jobs", FIELD_INT, offsetof(struct tsafrir_params, jobs),
     "how many jobs: the more, the more distinct requests", .def = "10000", .min = 200,
     .max = MAX_JOBS},
    {"head", FIELD_WEIGHTS, offsetof(struct tsafrir_params, head),
     "known popular requests and the percent of jobs that ask for them", .unit = UNIT_TIME},
    {0},
};

static int not_up_to_max(double request, double max, struct error *err)
{
    char asked[32], most[32];
    return error_set(err, "head: %s is not above 0 and at most the max, %s",
                     quantity_human_time(request, asked, sizeof(asked)),
                     quantity_human_time(max, most, sizeof(most)));
}

int tsafrir_check(const struct tsafrir_params *params, struct error *err)
{
    if (!(params->max >= HOUR && params->max <= MAX_LONGEST))
        return error_set(err, "max must be between 1 h and 10 years");
    if (params->jobs < 200 || params->jobs > MAX_JOBS)
        return error_set(err, "jobs: %lld is outside [200, %d]", (long long)params->jobs, MAX_JOBS);
    if (params->head.len > HEAD)
        return error_set(err, "head: at most %d requests, not %zu", HEAD, params->head.len);
    double sum = 0;
    for (size_t i = 0; i < params->head.len; i++) {
        if (!(params->head.values[i] > 0 && params->head.values[i] <= params->max))
            return not_up_to_max(params->head.values[i], params->max, err);
        if (!(params->head.weights[i] >= 0))
            return error_set(err, "head: %g is no percentage", params->head.weights[i]);
        sum += params->head.weights[i];
    }
    if (!(sum <= HEAD_SHARE))
        return error_set(err,
                         "head: the shares add up to %g %%, more than the %g %% of all "
                         "popular requests",
                         sum, HEAD_SHARE);
    return 0;
}

/* Distinct estimates among so many jobs, as counted in logs. */
static size_t count_modes(double jobs)
{
    static const double known[][2] = {{20, 10},    {200, 20},    {1000, 35},
                                      {10000, 90}, {70000, 340}, {250000, 565}};
    size_t i = 1;
    while (i + 1 < ARRAY_LEN(known) && jobs > known[i][0])
        i++;
    const double slope = (known[i][1] - known[i - 1][1]) / (known[i][0] - known[i - 1][0]);
    return (size_t)round(known[i - 1][1] + slope * (jobs - known[i - 1][0]));
}

static struct mode *find_mode(const struct tsafrir *tsafrir, double time)
{
    for (size_t i = 0; i < tsafrir->len; i++)
        if (tsafrir->modes[i].time == time)
            return &tsafrir->modes[i];
    return NULL;
}

static bool add_time(struct tsafrir *tsafrir, double time, size_t most)
{
    if (tsafrir->len >= most || !(time > 0) || find_mode(tsafrir, time))
        return false;
    tsafrir->modes[tsafrir->len++] = (struct mode){time, 0};
    return true;
}

/* The round times: the maximum, those that all logs share, then multiples of ever smaller units
 * from the top down. */
static void add_head_times(struct tsafrir *tsafrir, double max)
{
    static const double joint[] = {5,   15,  10,  20,  30,  60,  120, 180,
                                   240, 300, 360, 480, 600, 720, 1080};
    static const double units[] = {12000, 6000, 3000, 600, 300, 120, 60, 20, 10, 5, 1};
    add_time(tsafrir, max, HEAD);
    for (size_t i = 0; i < ARRAY_LEN(joint); i++)
        if (joint[i] * MINUTE < max)
            add_time(tsafrir, joint[i] * MINUTE, HEAD);
    for (size_t i = 0; i < ARRAY_LEN(units) && tsafrir->len < HEAD; i++) {
        const double unit = units[i] * MINUTE;
        for (double n = ceil(max / unit) - 1; n >= 1 && tsafrir->len < HEAD; n--)
            add_time(tsafrir, n * unit, HEAD);
    }
}

/* Percent of jobs by rank of popularity, from 1. */
static double head_share(size_t rank)
{
    double rest = HEAD_SHARE;
    if (rank > 1)
        return 14.0491 * exp(-0.177531 * (double)rank) + 0.462513;
    for (size_t i = 2; i <= HEAD; i++)
        rest -= head_share(i);
    return rest;
}

/* The times the user knows keep their shares; the others get the model's, by random rank after the
 * maximum, scaled so that all hold what the head holds. */
static void add_head(struct tsafrir *tsafrir, const struct tsafrir_params *params, gsl_rng *rng)
{
    double left = HEAD_SHARE, modelled = 0;
    for (size_t i = 0; i < params->head.len; i++) {
        add_time(tsafrir, params->head.values[i], HEAD);
        find_mode(tsafrir, params->head.values[i])->share += params->head.weights[i];
        left -= params->head.weights[i];
    }
    const size_t known = tsafrir->len;
    add_head_times(tsafrir, params->max);
    if (known == tsafrir->len)
        return;
    const size_t fixed = tsafrir->modes[known].time == params->max ? 1 : 0;
    double shares[HEAD];
    for (size_t i = known; i < tsafrir->len; i++) {
        shares[i] = head_share(i + 1 - (fixed ? known : 0));
        modelled += shares[i];
    }
    const size_t first = known + fixed;
    gsl_ran_shuffle(rng, shares + first, tsafrir->len - first, sizeof(double));
    for (size_t i = known; i < tsafrir->len; i++)
        tsafrir->modes[i].share = shares[i] * left / modelled;
}

/* Rounded to the minute; next to an estimate that is taken already, a little beside it. */
static void add_tail_time(struct tsafrir *tsafrir, double time, double max, double share)
{
    static const double shifts[] = {0, -30, 30, -20, 20, -10, 10};
    const double minute = fmax(MINUTE, round(time / MINUTE) * MINUTE);
    for (size_t i = 0; i < ARRAY_LEN(shifts); i++) {
        const double shifted = minute + shifts[i];
        if (shifted <= max && add_time(tsafrir, shifted, tsafrir->cap)) {
            tsafrir->modes[tsafrir->len - 1].share = share;
            return;
        }
    }
    struct mode *taken = find_mode(tsafrir, fmin(minute, max));
    (taken ? taken : &tsafrir->modes[0])->share += share;
}

/* The rare estimates: a power law of popularity, paired at random with times that crowd towards
 * the low end. */
static void add_tail(struct tsafrir *tsafrir, double max, gsl_rng *rng)
{
    const size_t len = tsafrir->cap - HEAD;
    if (len == 0)
        return;
    double *shares = mem_new(len, sizeof(double)), total = 0;
    for (size_t i = 0; i < len; i++) {
        shares[i] = 795.6 * pow((double)(HEAD + 1 + i), -2.267);
        total += shares[i];
    }
    gsl_ran_shuffle(rng, shares, len, sizeof(double));
    const double a = 1 + 12.1039 * pow((double)tsafrir->cap, -0.6026);
    for (size_t i = 0; i < len; i++) {
        const double x = (double)(i + 1) / (double)len;
        add_tail_time(tsafrir, (a - 1) * x / (a - x) * max, max,
                      shares[i] * (100 - HEAD_SHARE) / total);
    }
    free(shares);
}

static int by_time(const void *a, const void *b)
{
    const struct mode *x = a, *y = b;
    return (x->time > y->time) - (x->time < y->time);
}

struct tsafrir *tsafrir_new(const struct tsafrir_params *params, struct rng_seed seed,
                            const char *path, struct error *err)
{
    if (tsafrir_check(params, err) < 0)
        return NULL;
    struct tsafrir *tsafrir = mem_new(1, sizeof(*tsafrir));
    struct rng_stream stream;
    rng_stream_init(&stream, seed, path, "estimates");
    const size_t len = count_modes((double)params->jobs);
    tsafrir->cap = len > HEAD ? len : HEAD;
    tsafrir->modes = mem_new(tsafrir->cap, sizeof(*tsafrir->modes));
    tsafrir->above = mem_new(tsafrir->cap + 1, sizeof(double));
    add_head(tsafrir, params, rng_at(&stream, 0));
    add_tail(tsafrir, params->max, rng_at(&stream, 1));
    rng_stream_deinit(&stream);
    double total = 0;
    for (size_t i = 0; i < tsafrir->len; i++)
        total += tsafrir->modes[i].share;
    for (size_t i = 0; i < tsafrir->len; i++)
        tsafrir->modes[i].share /= total;
    qsort(tsafrir->modes, tsafrir->len, sizeof(*tsafrir->modes), by_time);
    for (size_t i = tsafrir->len; i-- > 0;)
        tsafrir->above[i] = tsafrir->above[i + 1] + tsafrir->modes[i].share;
    return tsafrir;
}

void tsafrir_free(struct tsafrir *tsafrir)
{
    if (!tsafrir)
        return;
    free(tsafrir->modes);
    free(tsafrir->above);
    free(tsafrir);
}

/* Deal out from the longest job down. While run times r lie between estimates j - 1 and j, all
 * estimates from j up are drawn from alike, so the pool of them, M(r) = W(>= j) - P(run > r),
 * shrinks by the same factor f(j) = M(time j - 1) / M(time j) whichever they are: estimate e has
 * lost the product of f over (j, e] when j enters. Relative weights are thus w(e) C(e) with C the
 * product of all f up to e. Where long jobs outnumber long estimates the pool is empty, and the
 * factor is held at its least. `cdf`: P(run <= time) of each estimate; overwritten. */
static void couple(struct tsafrir *tsafrir, double *cdf)
{
    static const double least_factor = 0.05, least_product = 1e-200;
    double pool = 1, product = 1, before = 0;
    cdf[tsafrir->len - 1] = 1; /* longer ones ask for the maximum */
    for (size_t j = 0; j < tsafrir->len; j++) {
        const double full = pool - 1 + cdf[j];
        const double left = pool - 1 + before;
        const double factor = full > 0 ? left / full : 0;
        pool -= tsafrir->modes[j].share;
        /* f(0) is common to all, and 0 where the pool comes out even */
        if (j > 0)
            product *= fmin(1, fmax(least_factor, factor));
        product = fmax(product, least_product);
        before = cdf[j];
        cdf[j] = product * tsafrir->modes[j].share;
    }
    for (size_t i = tsafrir->len; i-- > 0;)
        tsafrir->above[i] = tsafrir->above[i + 1] + cdf[i];
}

void tsafrir_couple(struct tsafrir *tsafrir, const struct dist *runtime)
{
    double *cdf = mem_new(tsafrir->len, sizeof(double));
    for (size_t i = 0; i < tsafrir->len; i++)
        cdf[i] = dist_cdf(runtime, tsafrir->modes[i].time);
    couple(tsafrir, cdf);
    free(cdf);
}

void tsafrir_couple_sample(struct tsafrir *tsafrir, const double *runtimes, size_t len)
{
    if (len == 0)
        return;
    double *cdf = mem_new(tsafrir->len, sizeof(double));
    size_t n = 0;
    for (size_t i = 0; i < tsafrir->len; i++) {
        while (n < len && runtimes[n] <= tsafrir->modes[i].time)
            n++;
        cdf[i] = (double)n / (double)len;
    }
    couple(tsafrir, cdf);
    free(cdf);
}

double tsafrir_draw(const struct tsafrir *tsafrir, double runtime, gsl_rng *rng)
{
    size_t lo = 0, hi = tsafrir->len - 1;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (tsafrir->modes[mid].time >= runtime)
            hi = mid;
        else
            lo = mid + 1;
    }
    /* the last mode whose weight, with those above, is not below u: above[] falls */
    const double u = gsl_rng_uniform_pos(rng) * tsafrir->above[lo];
    size_t last = tsafrir->len - 1;
    while (lo < last) {
        const size_t mid = lo + (last - lo + 1) / 2;
        if (tsafrir->above[mid] >= u)
            lo = mid;
        else
            last = mid - 1;
    }
    return tsafrir->modes[lo].time;
}

size_t tsafrir_len(const struct tsafrir *tsafrir)
{
    return tsafrir->len;
}

double tsafrir_estimate(const struct tsafrir *tsafrir, size_t i, double *ret_share)
{
    REQUIRE(i < tsafrir->len);
    if (ret_share)
        *ret_share = tsafrir->modes[i].share;
    return tsafrir->modes[i].time;
}
