/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/lublin.h"

#include "util/mem.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

#define BUCKETS 48
#define BUCKET 1800.0    /* s */
#define DAY_START 11     /* the bucket at which the daily gamma begins */
#define RUNTIME_CUT 12.0 /* redraw longer logarithms of run times ... */
#define GAP_CUT 13.0     /* ... and of gaps */
#define PUBLISHED_MACHINE 128

#define CLASS_ROW(key, def_, text)                                                                 \
    {                                                                                              \
#key, FIELD_QUANTITY, offsetof(struct lublin_class, key), text, .def = def_,               \
                                                                        .unit = UNIT_NONE          \
    }

/* The same table with three sets of defaults. */
#define CLASS_FIELDS(name, serial_, power_, low_, med_, high_, prob_, a1_, b1_, a2_, b2_, pa_,     \
                     pb_, aarr_, barr_, arar_, anum_, bnum_)                                       \
    static const struct field name[] = {                                                           \
        CLASS_ROW(serial, serial_, "share of jobs on one processor"),                              \
        CLASS_ROW(power_of_2, power_, "share of jobs rounded to a power of two"),                  \
        CLASS_ROW(u_low, low_, "log2 of the least size"),                                          \
        CLASS_ROW(u_med, med_, "log2 of the size where the two uniforms meet"),                    \
        CLASS_ROW(u_high, high_, "log2 of the greatest size"),                                     \
        CLASS_ROW(u_prob, prob_, "probability of the lower uniform"),                              \
        CLASS_ROW(a1, a1_, "shape of the short run times (of ln seconds)"),                        \
        CLASS_ROW(b1, b1_, "scale of the short run times"),                                        \
        CLASS_ROW(a2, a2_, "shape of the long run times"),                                         \
        CLASS_ROW(b2, b2_, "scale of the long run times"),                                         \
        CLASS_ROW(pa, pa_, "change of the share of short run times with size"),                    \
        CLASS_ROW(pb, pb_, "share of short run times at size 0"),                                  \
        CLASS_ROW(aarr, aarr_, "shape of the gaps in rush hours (of ln seconds)"),                 \
        CLASS_ROW(barr, barr_, "scale of the gaps in rush hours"),                                 \
        CLASS_ROW(arar, arar_, "factor of aarr for all hours"),                                    \
        CLASS_ROW(anum, anum_, "shape of the daily cycle (half hours from 5:30)"),                 \
        CLASS_ROW(bnum, bnum_, "scale of the daily cycle"),                                        \
        {0},                                                                                       \
    }

/* clang-format off */
CLASS_FIELDS(batch_fields, "0.2927", "0.6686", "1.2", "5", "7", "0.875",
             "6.57", "0.823", "639.1", "0.0156", "-0.003", "0.6986",
             "6.0415", "0.8531", "1.0519", "6.1271", "5.2740");
CLASS_FIELDS(interactive_fields, "0.1541", "0.625", "1", "3", "5.5", "0.705",
             "3.8351", "0.6605", "7.073", "0.6856", "-0.0118", "0.9156",
             "6.5510", "0.6621", "0.9797", "8.9186", "3.6680");
CLASS_FIELDS(typeless_fields, "0.244", "0.576", "0.8", "4.5", "7", "0.86",
             "4.2", "0.94", "312", "0.03", "-0.0054", "0.78",
             "10.2303", "0.4871", "1.0225", "8.1737", "3.9631");
/* clang-format on */

const struct field lublin_fields[] = {
    {"machine", FIELD_INT, offsetof(struct lublin_params, machine), "processors of the machine",
     .def = "128", .min = 1, .max = 1 << 24},
    {"typed", FIELD_BOOL, offsetof(struct lublin_params, typed),
     "batch and interactive jobs apart; false: one typeless stream", .def = "false"},
    {"arrival_factor", FIELD_QUANTITY, offsetof(struct lublin_params, arrival_factor),
     "so many times as many jobs, with the same daily cycle", .def = "1", .min = 1e-3, .max = 1e3,
     .unit = UNIT_NONE},
    {"from", FIELD_DATE, offsetof(struct lublin_params, from), "no arrival before"},
    {"until", FIELD_DATE, offsetof(struct lublin_params, until), "no arrival at or after"},
    {"batch", FIELD_TABLE, offsetof(struct lublin_params, batch), "parameters of batch jobs",
     .table = batch_fields},
    {"interactive", FIELD_TABLE, offsetof(struct lublin_params, interactive),
     "parameters of interactive jobs", .table = interactive_fields},
    {"typeless", FIELD_TABLE, offsetof(struct lublin_params, typeless),
     "parameters where jobs have no type", .table = typeless_fields},
    {0},
};

/* One kind of jobs at work. */
struct stream {
    const struct lublin_class *class;
    double u_low, u_med, u_high; /* for this machine */
    int32_t machine;
    struct dist *gap, *run[2]; /* cut gammas; owned */
    double uncut[2];           /* of the run times: P(logarithm <= cut) */
    double weight[BUCKETS];    /* mean 1 */
    struct rng_stream arrival, size, runtime;
    uint64_t count;
    int bucket;
    double points, place; /* the bucket's used up weight; and share of it, at `clock` */
    double clock;         /* s since the run's start: the next job's submission */
};

struct lublin {
    struct source source;
    struct job_spec spec;
    struct stream streams[2]; /* in the order in which ties are resolved */
    size_t len;
    double factor;
    simtime until;
    struct rng_stream request_rng;
    struct request *request;
    uint64_t ordinal;
};

static int check_class(const struct lublin_class *class, struct error *err)
{
    const double p[] = {class->serial, class->power_of_2, class->u_prob,
                        class->serial + class->power_of_2};
    for (size_t i = 0; i < ARRAY_LEN(p); i++)
        if (!(p[i] >= 0 && p[i] <= 1))
            return error_set(err, "serial, power_of_2, their sum and u_prob are probabilities");
    if (!(class->u_low >= 0 && class->u_low <= class->u_med && class->u_med <= class->u_high &&
          class->u_high <= 24))
        return error_set(err, "sizes: 0 <= u_low <= u_med <= u_high <= 24 must hold");
    if (!isfinite(class->pa) || !isfinite(class->pb))
        return error_set(err, "pa and pb must be finite");
    const double shapes[] = {class->a1, class->a2, class->aarr * class->arar, class->anum};
    const double scales[] = {class->b1, class->b2, class->barr, class->bnum};
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
        if (!(shapes[i] >= 0.01 && shapes[i] <= 1e4 && scales[i] >= 1e-4 && scales[i] <= 1e4))
            return error_set(err, "a shape or scale is outside [0.01, 1e4] or [1e-4, 1e4]");
    return 0;
}

/* The density of arrivals over the day: the gamma from DAY_START on, wrapped into the day. */
static int fill_weights(struct stream *stream, struct error *err)
{
    const struct lublin_class *class = stream->class;
    AUTO(dist_free)
    struct dist *daily = dist_gamma(class->anum, class->bnum, HUGE_VAL, UNIT_NONE, err);
    if (!daily)
        return -1;
    double sum = 0;
    for (int i = DAY_START; i < DAY_START + BUCKETS; i++) {
        const double weight = dist_cdf(daily, i + 0.5) - dist_cdf(daily, i - 0.5);
        stream->weight[(i - 1) % BUCKETS] = weight;
        sum += weight;
    }
    if (!(sum > 1e-3))
        return error_set(err, "anum and bnum put next to no arrivals into the day");
    for (int i = 0; i < BUCKETS; i++)
        stream->weight[i] *= BUCKETS / sum;
    return 0;
}

static int open_shapes(struct stream *stream, const struct lublin_class *class, int64_t machine,
                       struct error *err)
{
    const double shift = log2((double)machine / PUBLISHED_MACHINE);
    *stream = (struct stream){.class = class, .machine = (int32_t)machine};
    stream->u_low = fmin(class->u_low, log2((double)machine));
    stream->u_high = fmax(class->u_high + shift, stream->u_low);
    stream->u_med = fmin(fmax(class->u_med + shift, stream->u_low), stream->u_high);
    const double a[] = {class->a1, class->a2}, b[] = {class->b1, class->b2};
    for (int i = 0; i < 2; i++) {
        AUTO(dist_free) struct dist *whole = dist_gamma(a[i], b[i], HUGE_VAL, UNIT_NONE, err);
        stream->run[i] = dist_gamma(a[i], b[i], RUNTIME_CUT, UNIT_NONE, err);
        if (!whole || !stream->run[i])
            return error_prefix(err, "run times: ");
        stream->uncut[i] = dist_cdf(whole, RUNTIME_CUT);
    }
    stream->gap = dist_gamma(class->aarr * class->arar, class->barr, GAP_CUT, UNIT_NONE, err);
    return stream->gap ? fill_weights(stream, err) : error_prefix(err, "gaps: ");
}

static void close_stream(struct stream *stream)
{
    dist_free(stream->gap);
    dist_free(stream->run[0]);
    dist_free(stream->run[1]);
    rng_stream_deinit(&stream->arrival);
    rng_stream_deinit(&stream->size);
    rng_stream_deinit(&stream->runtime);
}

/* The kinds of jobs in force and their names. Interactive before batch: ties go to it. */
static size_t list_classes(const struct lublin_params *params,
                           const struct lublin_class *ret_classes[2], const char *ret_names[2])
{
    ret_classes[0] = params->typed ? &params->interactive : &params->typeless;
    ret_names[0] = params->typed ? "interactive" : "typeless";
    ret_classes[1] = &params->batch;
    ret_names[1] = "batch";
    return params->typed ? 2 : 1;
}

int lublin_check(const struct lublin_params *params, struct error *err)
{
    const struct lublin_class *classes[2];
    const char *names[2];
    if (params->machine < 1 || params->machine > 1 << 24)
        return error_set(err, "machine: %lld is outside [1, %d]", (long long)params->machine,
                         1 << 24);
    if (!(params->arrival_factor >= 1e-3 && params->arrival_factor <= 1e3))
        return error_set(err, "arrival_factor: %g is outside [0.001, 1000]",
                         params->arrival_factor);
    const size_t len = list_classes(params, classes, names);
    for (size_t i = 0; i < len; i++)
        if (check_class(classes[i], err) < 0)
            return error_prefix(err, "%s: ", names[i]);
    return 0;
}

bool lublin_is_endless(const struct lublin_params *params)
{
    return !params->until.given;
}

/* The size for the two numbers in [0, 1) that decide its kind and its place within the kind. */
static int32_t size_of(const struct stream *stream, double kind, double part, double place)
{
    const struct lublin_class *class = stream->class;
    if (kind <= class->serial)
        return 1;
    const bool low = part <= class->u_prob;
    const double from = low ? stream->u_low : stream->u_med;
    const double to = low ? stream->u_med : stream->u_high;
    double par = from + (to - from) * place;
    if (kind <= class->serial + class->power_of_2)
        par = floor(par + 0.5);
    const double size = floor(exp2(par) + 0.5);
    return size < stream->machine ? (int32_t)size : stream->machine;
}

/* The probability that a job of this size draws from the first gamma, given that neither is cut:
 * what redrawing both the choice and the value comes to. */
static double first_share(const struct stream *stream, int32_t size)
{
    const double p = stream->class->pa * size + stream->class->pb;
    const double first = (p < 0 ? 0 : p > 1 ? 1 : p) * stream->uncut[0];
    const double second = (1 - (p < 0 ? 0 : p > 1 ? 1 : p)) * stream->uncut[1];
    return first / (first + second);
}

static double draw_runtime(struct stream *stream, int32_t size)
{
    gsl_rng *rng = rng_at(&stream->runtime, stream->count);
    const int which = gsl_rng_uniform(rng) >= first_share(stream, size);
    return floor(exp(dist_draw(stream->run[which], rng)));
}

/* Let the next gap pass: the day's weight runs at its own speed in each half hour. */
static void advance(struct stream *stream, double factor)
{
    const double gap = dist_draw(stream->gap, rng_at(&stream->arrival, stream->count));
    stream->points += exp(gap) / BUCKET / factor;
    while (stream->points > stream->weight[stream->bucket]) {
        stream->points -= stream->weight[stream->bucket];
        stream->bucket = (stream->bucket + 1) % BUCKETS;
        stream->clock += BUCKET;
    }
    const double share = stream->points / stream->weight[stream->bucket];
    stream->clock += BUCKET * (share - stream->place);
    stream->place = share;
}

static int next(struct source *source, struct job_spec *ret_job, struct error *err)
{
    struct lublin *lublin = (struct lublin *)source;
    struct stream *stream = &lublin->streams[0];
    (void)err;
    if (lublin->len == 2 && lublin->streams[1].clock < stream->clock)
        stream = &lublin->streams[1];
    const simtime submit = simtime_from_seconds(stream->clock);
    if (submit >= lublin->until)
        return SOURCE_END;
    gsl_rng *rng = rng_at(&stream->size, stream->count);
    const double kind = gsl_rng_uniform(rng), part = gsl_rng_uniform(rng);
    *ret_job = lublin->spec;
    ret_job->ordinal = lublin->ordinal++;
    ret_job->submit = submit;
    ret_job->ask = (struct ask){.procs = size_of(stream, kind, part, gsl_rng_uniform(rng))};
    ret_job->runtime = simtime_from_seconds(draw_runtime(stream, ret_job->ask.procs));
    ret_job->request = request_draw(lublin->request, ret_job->runtime,
                                    rng_at(&lublin->request_rng, ret_job->ordinal));
    stream->count++;
    advance(stream, lublin->factor);
    return SOURCE_JOB;
}

static void lublin_free(struct source *source)
{
    struct lublin *lublin = (struct lublin *)source;
    for (size_t i = 0; i < ARRAY_LEN(lublin->streams); i++)
        close_stream(&lublin->streams[i]);
    rng_stream_deinit(&lublin->request_rng);
    request_free(lublin->request);
    free(lublin);
}

static const struct source_class lublin_class = {.next = next, .free = lublin_free};

/* Draws of a kind of jobs are addressed by the workload's path and the name of the kind. */
static void open_rng(struct stream *stream, const struct place *place, const char *name)
{
    char *path = mem_format("%s/%s", place->path, name);
    rng_stream_init(&stream->arrival, place->seed, path, "arrival");
    rng_stream_init(&stream->size, place->seed, path, "processors");
    rng_stream_init(&stream->runtime, place->seed, path, "runtime");
    free(path);
}

/* Stand at `from` in the local day. */
static void open_clock(struct stream *stream, const struct place *place, simtime from)
{
    const simtime day = (place_local(place, from) % SIMTIME_DAY + SIMTIME_DAY) % SIMTIME_DAY;
    const double buckets = simtime_seconds(day) / BUCKET;
    stream->bucket = (int)buckets % BUCKETS;
    stream->place = buckets - floor(buckets);
    stream->points = stream->place * stream->weight[stream->bucket];
    stream->clock = simtime_seconds(from);
}

static int open_streams(struct lublin *lublin, const struct place *place,
                        const struct lublin_params *params, struct error *err)
{
    const struct lublin_class *classes[2];
    const char *names[2];
    const simtime from = place_time(place, &params->from, 0);
    const simtime until = place_time(place, &params->until, SIMTIME_NEVER);
    lublin->until = until < place->limit ? until : place->limit;
    lublin->len = list_classes(params, classes, names);
    for (size_t i = 0; i < lublin->len; i++) {
        struct stream *stream = &lublin->streams[i];
        if (open_shapes(stream, classes[i], params->machine, err) < 0)
            return error_prefix(err, "%s: ", names[i]);
        open_rng(stream, place, names[i]);
        open_clock(stream, place, from > 0 ? from : 0);
        advance(stream, lublin->factor);
    }
    return 0;
}

struct source *lublin_new(const struct place *place, const struct lublin_params *params,
                          const struct kinded *request, struct error *err)
{
    if (lublin_check(params, err) < 0)
        return NULL;
    struct lublin *lublin = mem_new(1, sizeof(*lublin));
    lublin->source.class = &lublin_class;
    lublin->spec = place->spec;
    lublin->factor = params->arrival_factor;
    rng_stream_init(&lublin->request_rng, place->seed, place->path, "request");
    lublin->request = request_new(request, NULL, place->seed, place->path, err);
    if (!lublin->request || open_streams(lublin, place, params, err) < 0) {
        source_free(&lublin->source);
        return NULL;
    }
    return &lublin->source;
}

/* E[exp(x)] of a cut gamma: over its quantiles at p = 1 / (1 + e^-t), which crowd towards the ends,
 * where most of such a mean is. whole: in whole seconds, up to the request if there is one. */
static double mean_exp(const struct dist *dist, bool whole, const struct kinded *request)
{
    enum { STEPS = 1000 };
    double sum = 0;
    for (int i = 0; i < STEPS; i++) {
        const double t = 70 * ((i + 0.5) / STEPS - 0.5), p = 1 / (1 + exp(-t));
        double value = exp(dist_quantile(dist, p));
        if (whole)
            value = request ? request_cut_at(request, floor(value)) : floor(value);
        sum += value * p / (1 + exp(t)) * 70 / STEPS;
    }
    return sum;
}

/* E[size x run time; size <= most] over a grid of the uniforms behind the size, the share of those,
 * and of all, which is 1 but for rounding. */
static double mean_area(const struct stream *stream, int64_t most, const struct kinded *request,
                        double *ret_share, double *ret_all)
{
    enum { STEPS = 4000 };
    const struct lublin_class *class = stream->class;
    const double run[2] = {mean_exp(stream->run[0], true, request),
                           mean_exp(stream->run[1], true, request)};
    const double kinds[3] = {0, class->serial + class->power_of_2, 1};
    const double shares[3] = {class->serial, class->power_of_2,
                              1 - class->serial - class->power_of_2};
    double area = 0;
    *ret_share = *ret_all = 0;
    for (int kind = 0; kind < 3; kind++)
        for (int part = 0; part < 2; part++)
            for (int i = 0; i < STEPS; i++) {
                const double p = part ? 1 - class->u_prob : class->u_prob;
                const int32_t size =
                    kind ? size_of(stream, kinds[kind], part ? 2 : 0, (i + 0.5) / STEPS) : 1;
                const double first = first_share(stream, size), share = shares[kind] * p / STEPS;
                *ret_all += share;
                if (size > most)
                    continue;
                *ret_share += share;
                area += share * size * (first * run[0] + (1 - first) * run[1]);
            }
    return area;
}

double lublin_load_within(const struct lublin_params *params, int64_t most,
                          const struct kinded *request, double *ret_rate, double *ret_all)
{
    const struct lublin_class *classes[2];
    const char *names[2];
    const size_t len = list_classes(params, classes, names);
    double load = 0;
    *ret_rate = *ret_all = 0;
    for (size_t i = 0; i < len; i++) {
        struct stream stream;
        if (open_shapes(&stream, classes[i], params->machine, NULL) == 0) {
            const double rate = params->arrival_factor / mean_exp(stream.gap, false, NULL);
            double share, all;
            load += rate * mean_area(&stream, most, request, &share, &all);
            *ret_rate += rate * share;
            *ret_all += rate * all;
        }
        close_stream(&stream);
    }
    return load;
}

double lublin_load(const struct lublin_params *params)
{
    double rate, all;
    return lublin_load_within(params, INT64_MAX, NULL, &rate, &all);
}

double lublin_rate(const struct lublin_params *params)
{
    double rate, all;
    lublin_load_within(params, INT64_MAX, NULL, &rate, &all);
    return all;
}
