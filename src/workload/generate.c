/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/generate.h"

#include "util/mem.h"

#include <math.h>
#include <stdlib.h>

struct outer {
    struct generate_params params;
};

const struct field generate_fields[] = {GENERATE_FIELDS(struct outer, params), {0}};

struct epoch {
    simtime from;
    const struct generate_params *params; /* borrowed */
    struct request *request;              /* owned */
    struct work *work;                    /* owned; NULL: by run time */
};

struct generate {
    struct source source;
    struct job_spec spec;
    struct arrival *arrival;
    struct rng_stream batch, processors, runtime, request, memory;
    struct epoch *epochs;
    size_t len, at;
    uint64_t ordinal; /* of the next job */
    simtime submit;
    int32_t left; /* jobs of this arrival still to come */
};

const char ask_memory_of_nodes[] =
    "memory is for each processor; of whole nodes say memory_per_node";
const char ask_memory_of_processors[] =
    "memory_per_node is of whole nodes; say memory, for each processor";

static int check_memory(const struct generate_params *params, struct error *err)
{
    if (params->nodes ? params->memory : params->memory_per_node)
        return error_set(err, "%s", params->nodes ? ask_memory_of_nodes : ask_memory_of_processors);
    return 0;
}

static int check_dists(const struct generate_params *params, struct error *err)
{
    if (!params->runtime && !params->work.kind)
        return error_set(err, "runtime is missing (or work)");
    if (params->runtime && params->work.kind)
        return error_set(err, "give either runtime or work, not both");
    if (params->nodes && params->processors)
        return error_set(err, "give either processors or nodes, not both");
    const struct dist *count = params->nodes ? params->nodes : params->processors;
    const char *what = params->nodes ? "nodes" : "processors";
    if (count && dist_least(count) > INT32_MAX)
        return error_set(err, "%s: a job gets at most %d", what, INT32_MAX);
    if (params->batch && round(dist_least(params->batch)) > AT_ONCE_MAX)
        return error_set(err, "batch: %.0f jobs at once; at most %d are possible",
                         round(dist_least(params->batch)), AT_ONCE_MAX);
    return check_memory(params, err);
}

int generate_check(const struct generate_params *params, struct error *err)
{
    if (arrival_check(&params->arrival, err) < 0)
        return error_prefix(err, "arrival: ");
    if (check_dists(params, err) < 0)
        return -1;
    const struct kind *kind = params->request.kind;
    if (kind && kind->check && kind->check(params->request.params, err) < 0)
        return error_prefix(err, "request: %s: ", kind->name);
    return params->work.kind ? request_check_work(&params->request, err) : 0;
}

bool generate_is_endless(const struct generate_params *params)
{
    return arrival_is_endless(&params->arrival);
}

/* Mean size of a job that fits, in processors, times the share of those. */
static double mean_size(const struct generate_params *params, const struct generate_room *room,
                        double *ret_share)
{
    const struct dist *size = params->nodes ? params->nodes : params->processors;
    const int64_t fits = params->nodes ? room->fits_nodes : room->fits_procs;
    *ret_share = 1;
    if (!size)
        return 1;
    const double mean =
        fits > 0 ? dist_mean_count_to(size, fits, ret_share) : dist_mean_count(size);
    return params->nodes ? mean * room->procs_per_node : mean;
}

/* E[n min(W / (n v), R)] of jobs of n processors and work W that ask for R, at a speed of v: a sum
 * over quantiles of all three. */
static double mean_cut_work(const struct generate_params *params, const struct generate_room *room,
                            double speed)
{
    enum { SIZES = 32, WORKS = 16, TIMES = 64 };
    const struct dist *size = params->nodes ? params->nodes : params->processors;
    const struct dist *request = request_time(&params->request);
    const int64_t fits = params->nodes ? room->fits_nodes : room->fits_procs;
    double works[WORKS * WORKS], times[TIMES], sum = 0;
    work_spread(&params->work, works, WORKS);
    for (int i = 0; i < TIMES; i++)
        times[i] = dist_quantile(request, (i + 0.5) / TIMES);
    int fitting = 0;
    for (int i = 0; i < SIZES; i++) {
        double n = size ? fmax(1, rint(dist_quantile(size, (i + 0.5) / SIZES))) : 1;
        if (fits > 0 && n > (double)fits)
            continue;
        fitting++;
        n *= params->nodes ? room->procs_per_node : 1;
        for (size_t w = 0; w < ARRAY_LEN(works); w++)
            for (size_t k = 0; k < TIMES; k++)
                sum += fmin(works[w] / speed, n * times[k]);
    }
    return fitting > 0 ? sum / ((double)ARRAY_LEN(works) * TIMES * fitting) : 0;
}

/* Processor-seconds a job given by work, of those that fit: whatever its size, but for what a
 * request cuts off. */
static double mean_of_work(const struct generate_params *params, const struct generate_room *room)
{
    const double speed = room->speeds ? room->speeds[work_precision(&params->work)] : 0;
    if (speed <= 0)
        return 0;
    if (room->kills && request_time(&params->request))
        return mean_cut_work(params, room, speed);
    const double share = room->kills ? request_mean_share(&params->request) : 1;
    return share > 0 ? share * work_mean(&params->work) / speed : 0;
}

struct job_mean generate_mean(const struct generate_params *params,
                              const struct generate_room *room)
{
    struct job_mean mean = {.known = true};
    mean.size = mean_size(params, room, &mean.share);
    if (params->work.kind)
        mean.runtime = mean_of_work(params, room);
    else if (mean.size > 0)
        mean.runtime = room->kills ? request_mean_cut(&params->request, params->runtime)
                                   : dist_mean(params->runtime);
    return mean;
}

/* That a job of so many processors may ask for. */
static double longest_of(const struct workload_bounds *bounds, double procs)
{
    const double longest = bounds->longest ? bounds->longest(bounds->ctx, procs) : HUGE_VAL;
    return fmin(fmin(bounds->request, longest), bounds->hours * (1 + 1e-12) / procs);
}

struct workload_shares generate_within(const struct generate_params *params,
                                       const struct generate_room *room,
                                       const struct workload_bounds *bounds)
{
    enum { SIZES = 64 };
    const struct kinded *request = &params->request;
    const struct dist *size = params->nodes ? params->nodes : params->processors;
    const double per_node = params->nodes ? room->procs_per_node : 1;
    const int64_t fits = params->nodes ? room->fits_nodes : room->fits_procs;
    const double most = fmin(bounds->size, fits > 0 ? (double)fits * per_node : HUGE_VAL);
    const bool alike = isinf(bounds->hours) && !bounds->longest;
    const int sizes = size && !alike ? SIZES : 1;
    const struct request_part all = request_within(request, params->runtime, HUGE_VAL, room->kills);
    struct request_part part = all;
    double jobs = 0, work = 0, all_jobs = 0, all_work = 0, before = 0;
    for (int i = 0; i < sizes; i++) {
        const double count = sizes > 1 ? dist_quantile(size, (i + 0.5) / sizes) : 1;
        const double n = fmax(1, rint(count)) * per_node;
        if (sizes > 1 && n > most)
            break; /* quantiles never fall */
        if (n > before)
            part = request_within(request, params->runtime, longest_of(bounds, n), room->kills);
        before = n;
        jobs += part.jobs;
        work += n * part.time;
        all_jobs++;
        all_work += n * all.time;
    }
    const double greatest = size ? fmax(1, rint(dist_greatest(size))) * per_node : per_node;
    return (struct workload_shares){
        .jobs = all_jobs > 0 ? jobs / all_jobs : (double)NAN,
        .work = all_work > 0 && isfinite(all_work) ? work / all_work : (double)NAN,
        .largest = fmin(greatest, most) * request_greatest(request, params->runtime),
    };
}

struct generate_outlook generate_expect(const struct generate_params *params,
                                        const struct place *place, simtime from,
                                        const struct job_mean *mean)
{
    const struct arrival_params *arrival = &params->arrival;
    double rate = place->limit == SIMTIME_NEVER
                      ? arrival_mean_rate(arrival, place)
                      : arrival_mean_count(arrival, place, from, place->limit) /
                            simtime_seconds(place->limit - from);
    if (params->batch)
        rate *= dist_mean_count(params->batch);
    struct generate_outlook outlook = {
        .submits = rate, .rate = rate * mean->share, .too_large = 1 - mean->share};
    if (params->work.kind)
        outlook.load = outlook.rate > 0 ? outlook.rate * mean->runtime : 0;
    else if (rate > 0 && mean->size > 0)
        outlook.load = rate * mean->size * mean->runtime;
    return outlook;
}

static int32_t draw_count(const struct dist *dist, struct rng_stream *stream, uint64_t ordinal)
{
    return dist ? dist_draw_count(dist, rng_at(stream, ordinal)) : 1;
}

/* Nobody has more: enough for every sum of bytes to fit into 64 bits. */
#define MEMORY_MAX INT64_C(1000000000000000)

static int64_t draw_memory(const struct dist *dist, struct rng_stream *stream, uint64_t ordinal)
{
    const double bytes = dist ? dist_draw(dist, rng_at(stream, ordinal)) : 0;
    return bytes < (double)MEMORY_MAX ? llround(bytes) : MEMORY_MAX;
}

static int next_batch(struct generate *generate, struct error *err)
{
    uint64_t ordinal;
    const int status = arrival_next(generate->arrival, &generate->submit, &ordinal, err);
    if (status != SOURCE_JOB)
        return status;
    while (generate->at + 1 < generate->len &&
           generate->epochs[generate->at + 1].from <= generate->submit)
        generate->at++;
    generate->left =
        draw_count(generate->epochs[generate->at].params->batch, &generate->batch, ordinal);
    if (generate->left > AT_ONCE_MAX)
        return error_set(err, "batch: %d jobs at once; at most %d are possible",
                         (int)generate->left, AT_ONCE_MAX);
    return SOURCE_JOB;
}

static int next(struct source *source, struct job_spec *ret_job, struct error *err)
{
    struct generate *generate = (struct generate *)source;
    if (generate->left == 0) {
        const int status = next_batch(generate, err);
        if (status != SOURCE_JOB)
            return status;
    }
    const struct epoch *epoch = &generate->epochs[generate->at];
    const struct generate_params *params = epoch->params;
    const uint64_t n = generate->ordinal++;
    generate->left--;
    *ret_job = generate->spec;
    ret_job->ordinal = n;
    ret_job->submit = generate->submit;
    if (params->nodes)
        ret_job->ask = (struct ask){.nodes = draw_count(params->nodes, &generate->processors, n)};
    else
        ret_job->ask =
            (struct ask){.procs = draw_count(params->processors, &generate->processors, n)};
    ret_job->ask.memory =
        draw_memory(params->nodes ? params->memory_per_node : params->memory, &generate->memory, n);
    if (epoch->work) {
        work_draw(epoch->work, n, ret_job);
        request_draw_work(epoch->request, rng_at(&generate->request, n), ret_job);
        return SOURCE_JOB;
    }
    ret_job->runtime =
        simtime_from_seconds(dist_draw(params->runtime, rng_at(&generate->runtime, n)));
    ret_job->request =
        request_draw(epoch->request, ret_job->runtime, rng_at(&generate->request, n));
    return SOURCE_JOB;
}

static void generate_free(struct source *source)
{
    struct generate *generate = (struct generate *)source;
    arrival_free(generate->arrival);
    rng_stream_deinit(&generate->batch);
    rng_stream_deinit(&generate->processors);
    rng_stream_deinit(&generate->runtime);
    rng_stream_deinit(&generate->request);
    rng_stream_deinit(&generate->memory);
    for (size_t i = 0; i < generate->len; i++) {
        request_free(generate->epochs[i].request);
        work_free(generate->epochs[i].work);
    }
    free(generate->epochs);
    free(generate);
}

static const struct source_class generate_class = {.next = next, .free = generate_free};

static int open_epochs(struct generate *generate, const struct place *place,
                       const struct generate_epoch *epochs, struct error *err)
{
    struct arrival_epoch *arrivals = mem_new(generate->len, sizeof(*arrivals));
    int status = 0;
    for (size_t i = 0; i < generate->len && status == 0; i++) {
        const struct generate_params *params = epochs[i].params;
        generate->epochs[i] = (struct epoch){epochs[i].from, params, NULL, NULL};
        arrivals[i] = (struct arrival_epoch){epochs[i].from, &params->arrival};
        status = generate_check(params, err);
        if (status < 0)
            break;
        if (params->work.kind)
            generate->epochs[i].work = work_new(&params->work, place->seed, place->path);
        generate->epochs[i].request =
            request_new(&params->request, params->runtime, place->seed, place->path, err);
        status = generate->epochs[i].request ? 0 : -1;
    }
    if (status == 0) {
        generate->arrival = arrival_new(place, arrivals, generate->len, err);
        status = generate->arrival ? 0 : error_prefix(err, "arrival: ");
    }
    free(arrivals);
    return status;
}

struct source *generate_new(const struct place *place, const struct generate_epoch *epochs,
                            size_t len, struct error *err)
{
    REQUIRE(len > 0 && epochs[0].from <= 0);
    struct generate *generate = mem_new(1, sizeof(*generate));
    generate->source.class = &generate_class;
    generate->spec = place->spec;
    generate->len = len;
    generate->epochs = mem_new(len, sizeof(*generate->epochs));
    rng_stream_init(&generate->batch, place->seed, place->path, "batch");
    rng_stream_init(&generate->processors, place->seed, place->path, "processors");
    rng_stream_init(&generate->runtime, place->seed, place->path, "runtime");
    rng_stream_init(&generate->request, place->seed, place->path, "request");
    rng_stream_init(&generate->memory, place->seed, place->path, "memory");
    if (open_epochs(generate, place, epochs, err) < 0) {
        source_free(&generate->source);
        return NULL;
    }
    return &generate->source;
}
