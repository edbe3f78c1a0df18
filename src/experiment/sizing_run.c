/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/sizing_run.h"

#include "experiment/pool.h"
#include "experiment/simulate.h"
#include "experiment/stability.h"
#include "util/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- names --- */

/* The last `parts` parts of a path: points inside quotes part nothing. */
static const char *last_parts(const char *path, size_t parts)
{
    bool quoted = false;
    for (const char *c = path + strlen(path); c-- > path;) {
        quoted ^= *c == '"';
        if (*c == '.' && !quoted && --parts == 0)
            return c + 1;
    }
    return path;
}

const char *sizing_vary_name(const struct vary *varies, size_t n_varies, size_t i)
{
    for (size_t parts = 1;; parts++) {
        const char *name = last_parts(varies[i].path, parts);
        size_t same = 0;
        for (size_t k = 0; k < n_varies; k++)
            same += strcmp(name, last_parts(varies[k].path, parts)) == 0;
        if (same == 1 || name == varies[i].path)
            return name;
    }
}

const char *sizing_values_text(const struct vary *varies, size_t n_varies, const size_t at[2],
                               char *buffer, size_t size)
{
    size_t used = 0;
    *buffer = 0;
    for (size_t i = 0; i < n_varies && used < size; i++) {
        char text[64];
        used += (size_t)snprintf(buffer + used, size - used, "%s%.150s = %s", i > 0 ? ", " : "",
                                 sizing_vary_name(varies, n_varies, i),
                                 vary_text(&varies[i], at[i], text, sizeof(text)));
    }
    return buffer;
}

/* --- tasks --- */

/* One call of sizing_run: replications that are missing, trial by trial. */
struct batch {
    struct sizing_runner *runner;
    const struct readings *readings;
    struct trial *const *trials;
    size_t n, replications;
    size_t trial, replication; /* the next task */
    struct program program;    /* in a worker: of the trial it had last */
    size_t loaded;
    struct {
        struct failure {
            uint64_t id; /* of the task */
            bool tried;  /* again: handed out a second time */
            char *lost;  /* in words, after the second; owned */
        } * items;       /* owned */
        size_t len, cap;
    } failures;
};

static struct failure *find_failure(struct batch *batch, uint64_t id)
{
    for (size_t i = 0; i < batch->failures.len; i++)
        if (batch->failures.items[i].id == id)
            return &batch->failures.items[i];
    return NULL;
}

/* What failed once is tried at once: whatever ended it may have been meant for another. */
static bool next_again(struct batch *batch, struct pool_task *ret)
{
    for (size_t i = 0; i < batch->failures.len; i++) {
        struct failure *failure = &batch->failures.items[i];
        if (failure->tried)
            continue;
        failure->tried = true;
        *ret = (struct pool_task){.id = failure->id};
        return true;
    }
    return false;
}

static bool next_task(void *ctx, struct pool_task *ret)
{
    struct batch *batch = ctx;
    if (next_again(batch, ret))
        return true;
    while (batch->trial < batch->n && batch->replication >= batch->replications)
        if (++batch->trial < batch->n)
            batch->replication = batch->trials[batch->trial]->replications;
    if (batch->trial == batch->n)
        return false;
    *ret = (struct pool_task){.id = batch->trial * batch->replications + batch->replication++};
    return true;
}

/* Simulation s of a trial: its variant and its replication. */
static size_t variants_of(const struct sizing_runner *runner)
{
    return runner->n_variants > 0 ? runner->n_variants : 1;
}

static int load(struct batch *batch, size_t trial, size_t variant, struct error_list *errors)
{
    const struct sizing_runner *runner = batch->runner;
    const size_t key = trial * variants_of(runner) + variant;
    if (batch->loaded == key)
        return 0;
    if (batch->loaded != SIZE_MAX)
        program_free(&batch->program);
    char *own[SIZING_SETS_MAX] = {NULL};
    const char **sets = mem_new(runner->n_sets + SIZING_SETS_MAX, sizeof(*sets));
    size_t n = 0;
    for (; n < runner->n_sets; n++)
        sets[n] = runner->sets[n];
    for (size_t i = 0; (own[i] = runner->set(runner, variant, batch->trials[trial]->at, i)); i++)
        sets[n++] = own[i];
    const int rc =
        program_load(&batch->program, runner->scenario,
                     runner->n_variants > 0 ? runner->variants[variant] : runner->variant, sets, n,
                     runner->builtin_dir, errors);
    batch->loaded = rc == 0 ? key : SIZE_MAX;
    if (rc < 0)
        program_free(&batch->program);
    free(sets);
    for (size_t i = 0; own[i]; i++)
        free(own[i]);
    return rc;
}

static int simulate(struct batch *batch, size_t trial, size_t number, double *values,
                    enum fate *ret_fate, struct error_list *errors)
{
    const size_t variants = variants_of(batch->runner);
    struct simulation simulation = {0};
    struct stability_watch watch = {0};
    struct simulation_options options = {
        .seed = batch->runner->seed,
        .replication = number / variants + 1,
        .selectors = (const char *const *)batch->readings->items,
        .n_selectors = batch->readings->len,
    };
    struct error err = {0};
    int rc = load(batch, trial, number % variants, errors);
    if (rc == 0 && stability_asked(&batch->program)) {
        options.begin = stability_begin;
        options.ctx = &watch;
    }
    if (rc == 0)
        rc = simulation_run(&simulation, &batch->program, &options, errors) == SIM_DONE ? 0 : -1;
    for (size_t i = 0; i < batch->readings->len && rc == 0; i++)
        rc = metrics_select(simulation.metrics, batch->readings->items[i], &values[i], &err);
    *ret_fate =
        options.begin && (watch.offered || stability_grew(&watch)) ? FATE_UNSTABLE : FATE_FINE;
    if (rc < 0 && errors->len == 0)
        error_list_add(errors, &err);
    simulation_deinit(&simulation);
    return rc;
}

/* A worker's answer: 1 and its fate and values, or a 0 and the text of an error. */
static void run_task(void *ctx, const struct pool_task *task, struct pool_bytes *ret)
{
    struct batch *batch = ctx;
    const size_t trial = task->id / batch->replications, number = task->id % batch->replications;
    struct error_list errors = {0};
    double *values = mem_new(batch->readings->len, sizeof(*values));
    enum fate fate = FATE_FINE;
    const unsigned char good = simulate(batch, trial, number, values, &fate, &errors) == 0 ? 1 : 0;
    const unsigned char told = (unsigned char)fate;
    pool_bytes_add(ret, &good, 1);
    if (good) {
        pool_bytes_add(ret, &told, 1);
        pool_bytes_add(ret, values, batch->readings->len * sizeof(*values));
    } else {
        char text[600] = "stopped";
        if (errors.len > 0)
            error_format(&errors.items[0], text, sizeof(text));
        pool_bytes_add(ret, text, strlen(text) + 1);
    }
    free(values);
    error_list_deinit(&errors);
}

/* "nodes = 12, slow, replication 3": a simulation of a trial. Returns buffer. */
static const char *describe(const struct batch *batch, size_t trial, size_t number, char *buffer,
                            size_t size)
{
    char at[320];
    const struct sizing_runner *runner = batch->runner;
    const size_t variants = variants_of(runner);
    runner->describe(runner, batch->trials[trial]->at, at, sizeof(at));
    snprintf(buffer, size, "at %s, %s%sreplication %zu", at,
             runner->n_variants > 0 ? runner->variants[number % variants] : "",
             runner->n_variants > 0 ? ", " : "", number / variants + 1);
    return buffer;
}

/* A first time it is to be tried again, a second time it is lost. */
static void fail(struct batch *batch, const struct pool_result *result, size_t trial, size_t number)
{
    struct failure *failure = find_failure(batch, result->id);
    char at[400], text[200];
    if (!failure) {
        MEM_GROW(&batch->failures);
        batch->failures.items[batch->failures.len++] = (struct failure){.id = result->id};
        return;
    }
    pool_describe(result, batch->runner->limit, text, sizeof(text));
    failure->lost = mem_format("%s: %s, twice; it is left out",
                               describe(batch, trial, number, at, sizeof(at)), text);
    struct trial *lost = batch->trials[trial];
    lost->fates[number] = FATE_LOST;
    for (size_t i = 0; i < batch->readings->len; i++)
        lost->values[number * batch->readings->len + i] = (double)NAN;
}

static void count_run(struct sizing_runner *runner)
{
    runner->runs++;
    if (runner->progress)
        runner->progress(runner);
}

static int task_done(void *ctx, const struct pool_result *result, struct error *err)
{
    struct batch *batch = ctx;
    const size_t trial = result->id / batch->replications;
    const size_t number = result->id % batch->replications;
    if (result->state != POOL_DONE) {
        fail(batch, result, trial, number);
        return 0;
    }
    if (result->bytes[0] == 0) {
        char at[400];
        return error_set(err, "%s: %s", describe(batch, trial, number, at, sizeof(at)),
                         (const char *)result->bytes + 1);
    }
    const size_t row = batch->readings->len * sizeof(double);
    REQUIRE(result->len == 2 + row);
    batch->trials[trial]->fates[number] = result->bytes[1];
    memcpy(&batch->trials[trial]->values[number * batch->readings->len], result->bytes + 2, row);
    count_run(batch->runner);
    return 0;
}

static int by_id(const void *a, const void *b)
{
    const struct failure *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

/* In order of the tasks, whichever failed first. */
static void keep_losses(struct batch *batch)
{
    struct texts *lost = &batch->runner->lost;
    if (batch->failures.len > 0)
        qsort(batch->failures.items, batch->failures.len, sizeof(*batch->failures.items), by_id);
    for (size_t i = 0; i < batch->failures.len; i++) {
        if (!batch->failures.items[i].lost)
            continue;
        lost->items = mem_resize(lost->items, lost->len + 1, sizeof(*lost->items));
        lost->items[lost->len++] = batch->failures.items[i].lost;
    }
    free(batch->failures.items);
}

void sizing_runner_deinit(struct sizing_runner *runner)
{
    for (size_t i = 0; i < runner->lost.len; i++)
        free(runner->lost.items[i]);
    free(runner->lost.items);
    runner->lost = (struct texts){0};
}

int sizing_run(void *ctx, const struct readings *readings, struct trial *const *trials, size_t n,
               size_t replications, struct error *err)
{
    struct sizing_runner *runner = ctx;
    struct batch batch = {.runner = runner,
                          .readings = readings,
                          .trials = trials,
                          .n = n,
                          .replications = replications,
                          .replication = trials[0]->replications,
                          .loaded = SIZE_MAX};
    for (size_t i = 0; i < n; i++) {
        trials[i]->values =
            mem_resize(trials[i]->values, replications * readings->len, sizeof(*trials[i]->values));
        trials[i]->fates = mem_resize(trials[i]->fates, replications, 1);
    }
    const struct pool_setup setup = {
        .workers = runner->workers,
        .limit = runner->limit,
        .next = next_task,
        .run = run_task,
        .done = task_done,
        .ctx = &batch,
        .interrupted = runner->interrupted,
    };
    const int got = pool_run(&setup, err);
    keep_losses(&batch);
    if (got == POOL_INTERRUPTED)
        err->text[0] = 0;
    if (got != POOL_ENDED)
        return -1;
    for (size_t i = 0; i < n; i++)
        trials[i]->replications = replications;
    return 0;
}
