/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/sizing_run.h"

#include "experiment/pool.h"
#include "experiment/simulate.h"
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
};

static bool next_task(void *ctx, struct pool_task *ret)
{
    struct batch *batch = ctx;
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
                    struct error_list *errors)
{
    const size_t variants = variants_of(batch->runner);
    struct simulation simulation = {0};
    const struct simulation_options options = {
        .seed = batch->runner->seed,
        .replication = number / variants + 1,
        .selectors = (const char *const *)batch->readings->items,
        .n_selectors = batch->readings->len,
    };
    struct error err = {0};
    int rc = load(batch, trial, number % variants, errors);
    if (rc == 0)
        rc = simulation_run(&simulation, &batch->program, &options, errors) == SIM_DONE ? 0 : -1;
    for (size_t i = 0; i < batch->readings->len && rc == 0; i++)
        rc = metrics_select(simulation.metrics, batch->readings->items[i], &values[i], &err);
    if (rc < 0 && errors->len == 0)
        error_list_add(errors, &err);
    simulation_deinit(&simulation);
    return rc;
}

/* A worker's answer: values, or nothing but the text of an error behind a 0. */
static void run_task(void *ctx, const struct pool_task *task, struct pool_bytes *ret)
{
    struct batch *batch = ctx;
    const size_t trial = task->id / batch->replications, number = task->id % batch->replications;
    struct error_list errors = {0};
    double *values = mem_new(batch->readings->len, sizeof(*values));
    const unsigned char good = simulate(batch, trial, number, values, &errors) == 0 ? 1 : 0;
    pool_bytes_add(ret, &good, 1);
    if (good) {
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

static int fault(const struct batch *batch, size_t trial, size_t number, const char *what,
                 struct error *err)
{
    char at[320];
    const struct sizing_runner *runner = batch->runner;
    const size_t variants = variants_of(runner);
    runner->describe(runner, batch->trials[trial]->at, at, sizeof(at));
    return error_set(err, "at %s, %s%sreplication %zu: %s", at,
                     runner->n_variants > 0 ? runner->variants[number % variants] : "",
                     runner->n_variants > 0 ? ", " : "", number / variants + 1, what);
}

static int task_done(void *ctx, const struct pool_result *result, struct error *err)
{
    struct batch *batch = ctx;
    const size_t trial = result->id / batch->replications;
    const size_t number = result->id % batch->replications;
    char text[200];
    if (result->state != POOL_DONE)
        return fault(batch, trial, number, pool_describe(result, 0, text, sizeof(text)), err);
    if (result->bytes[0] == 0)
        return fault(batch, trial, number, (const char *)result->bytes + 1, err);
    const size_t row = batch->readings->len * sizeof(double);
    REQUIRE(result->len == 1 + row);
    memcpy(&batch->trials[trial]->values[number * batch->readings->len], result->bytes + 1, row);
    batch->runner->runs++;
    if (batch->runner->progress)
        batch->runner->progress(batch->runner);
    return 0;
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
    for (size_t i = 0; i < n; i++)
        trials[i]->values =
            mem_resize(trials[i]->values, replications * readings->len, sizeof(*trials[i]->values));
    const struct pool_setup setup = {
        .workers = runner->workers,
        .next = next_task,
        .run = run_task,
        .done = task_done,
        .ctx = &batch,
        .interrupted = runner->interrupted,
    };
    const int got = pool_run(&setup, err);
    if (got == POOL_INTERRUPTED)
        err->text[0] = 0;
    if (got != POOL_ENDED)
        return -1;
    for (size_t i = 0; i < n; i++)
        trials[i]->replications = replications;
    return 0;
}
