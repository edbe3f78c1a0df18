/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/work.h"

#include "util/mem.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

struct amount_params {
    struct dist *amount;
    double efficiency;
    int precision;
};

struct llm_params {
    struct dist *parameters, *tokens;
    double mfu;
    bool recompute;
    int precision;
};

#define PRECISION_FIELD(type)                                                                      \
    {                                                                                              \
        .key = "precision", .kind = FIELD_CHOICE, .offset = offsetof(struct type, precision),      \
        .choices = precision_names, .def = "fp16",                                                 \
        .help = "of the operations: which of the processor's speeds they run at"                   \
    }

static const struct field amount_fields[] = {
    {.key = "amount",
     .kind = FIELD_DIST,
     .zero = "0 PFLOP",
     .offset = offsetof(struct amount_params, amount),
     .unit = UNIT_WORK,
     .flags = FIELD_REQUIRED,
     .help = "operations a job, all its processors together"},
    {.key = "efficiency",
     .kind = FIELD_QUANTITY,
     .offset = offsetof(struct amount_params, efficiency),
     .def = "1",
     .min = DBL_MIN,
     .max = 1,
     .help = "share of the peak speed that is reached"},
    PRECISION_FIELD(amount_params),
    {.kind = FIELD_END},
};

static const struct field llm_fields[] = {
    {.key = "parameters",
     .kind = FIELD_DIST,
     .zero = "0",
     .offset = offsetof(struct llm_params, parameters),
     .unit = UNIT_NONE,
     .flags = FIELD_REQUIRED,
     .help = "of the model; of one with experts, those in use for a token"},
    {.key = "tokens",
     .kind = FIELD_DIST,
     .zero = "0",
     .offset = offsetof(struct llm_params, tokens),
     .unit = UNIT_NONE,
     .flags = FIELD_REQUIRED,
     .help = "that it is trained on"},
    {.key = "mfu",
     .kind = FIELD_QUANTITY,
     .offset = offsetof(struct llm_params, mfu),
     .flags = FIELD_REQUIRED,
     .min = DBL_MIN,
     .max = 1,
     .help = "share of the peak speed that is reached; with recompute, of all operations done"},
    {.key = "recompute",
     .kind = FIELD_BOOL,
     .offset = offsetof(struct llm_params, recompute),
     .def = "false",
     .help = "activations are computed again: 8 operations a parameter and token, not 6"},
    PRECISION_FIELD(llm_params),
    {.kind = FIELD_END},
};

static const struct kind kind_amount = {.name = "amount",
                                        .summary = "so many operations",
                                        .params = amount_fields,
                                        .size = sizeof(struct amount_params),
                                        .shorthand = "amount"};
static const struct kind kind_llm = {.name = "llm",
                                     .summary = "training of a large language model",
                                     .params = llm_fields,
                                     .size = sizeof(struct llm_params)};

static const struct kind *const kinds[] = {&kind_amount, &kind_llm, NULL};

const struct kind_list work_kinds = {
    .what = "work", .whats = "kinds of work", .items = kinds, .otherwise = &kind_amount};

struct work {
    const struct kinded *kinded; /* borrowed */
    struct rng_stream first, second;
};

/* The work is a factor times one drawn number, or two. */
static double factor_of(const struct kinded *kinded, const struct dist **ret_first,
                        const struct dist **ret_second)
{
    *ret_second = NULL;
    if (kinded->kind == &kind_llm) {
        const struct llm_params *llm = kinded->params;
        *ret_first = llm->parameters;
        *ret_second = llm->tokens;
        return (llm->recompute ? 8 : 6) / llm->mfu;
    }
    const struct amount_params *amount = kinded->params;
    *ret_first = amount->amount;
    return 1 / amount->efficiency;
}

struct work *work_new(const struct kinded *kinded, struct rng_seed seed, const char *path)
{
    struct work *work = mem_new(1, sizeof(*work));
    const bool llm = kinded->kind == &kind_llm;
    work->kinded = kinded;
    rng_stream_init(&work->first, seed, path, llm ? "parameters" : "work");
    rng_stream_init(&work->second, seed, path, "tokens");
    return work;
}

void work_free(struct work *work)
{
    if (!work)
        return;
    rng_stream_deinit(&work->first);
    rng_stream_deinit(&work->second);
    free(work);
}

/* Beyond it no clock reaches, and products of it stay finite. */
#define WORK_MOST 1e200

void work_draw(struct work *work, uint64_t ordinal, struct job_spec *spec)
{
    const struct dist *first, *second;
    double value = factor_of(work->kinded, &first, &second);
    value *= fmin(dist_draw(first, rng_at(&work->first, ordinal)), WORK_MOST);
    if (second)
        value *= dist_draw(second, rng_at(&work->second, ordinal));
    spec->work = fmin(value, WORK_MOST);
    spec->precision = (int16_t)work_precision(work->kinded);
}

enum precision work_precision(const struct kinded *kinded)
{
    if (kinded->kind == &kind_llm)
        return (enum precision)((const struct llm_params *)kinded->params)->precision;
    return (enum precision)((const struct amount_params *)kinded->params)->precision;
}

double work_mean(const struct kinded *kinded)
{
    const struct dist *first, *second;
    const double factor = factor_of(kinded, &first, &second);
    const double a = dist_mean(first), b = second ? dist_mean(second) : 1;
    return a > 0 && b > 0 ? factor * a * b : 0;
}

void work_spread(const struct kinded *kinded, double *values, size_t n)
{
    const struct dist *first, *second;
    const double factor = factor_of(kinded, &first, &second);
    for (size_t i = 0; i < n * n && !second; i++)
        values[i] = factor * dist_quantile(first, ((double)i + 0.5) / (double)(n * n));
    for (size_t i = 0; i < n && second; i++) {
        const double a = factor * dist_quantile(first, ((double)i + 0.5) / (double)n);
        for (size_t k = 0; k < n; k++)
            values[i * n + k] = a * dist_quantile(second, ((double)k + 0.5) / (double)n);
    }
}
