/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/selector.h"
#include "experiment/engine.h"
#include "experiment/journal.h"
#include "experiment/measures.h"
#include "experiment/pool.h"
#include "experiment/stability.h"
#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

struct work {
    const struct engine_setup *setup;
    struct journal *journal;
    size_t next; /* in todo */
    char host[100];
    /* In a worker: the program of the point it did last. */
    struct program program;
    size_t point; /* SIZE_MAX: none */
    bool causes;
};

static bool next(void *ctx, struct pool_task *ret)
{
    struct work *work = ctx;
    if (work->next >= work->setup->n_todo)
        return false;
    ret->id = work->setup->todo[work->next++];
    return true;
}

/* --- in a worker --- */

/* Causes of waiting cost time, and are told apart only where a metric tells of them. */
static bool tells_causes(const char *selector)
{
    static const struct world no_causes;
    struct selector parsed;
    struct error err;
    if (selector_parse(selector, &parsed, &err) < 0)
        return true;
    const bool tells = !metric_applies(parsed.metric, &no_causes);
    selector_deinit(&parsed);
    return tells;
}

static bool needs_causes(const struct work *work)
{
    const struct sweep *sweep = work->setup->sweep;
    const struct texts *own = &work->program.epochs[0].scenario->metrics;
    bool needs = sweep->traces;
    for (size_t i = 0; i < sweep->n_measures && !needs; i++)
        needs = tells_causes(sweep->measures[i].selector);
    for (size_t i = 0; i < own->len && !needs; i++)
        needs = tells_causes(own->items[i]);
    return needs;
}

/* All replications of a point are of one program. */
static int use_point(struct work *work, size_t point, struct error_list *errors)
{
    if (work->point == point)
        return 0;
    program_free(&work->program);
    work->point = SIZE_MAX;
    if (sweep_program(work->setup->sweep, point, &work->program, errors) < 0)
        return -1;
    work->point = point;
    work->causes = needs_causes(work);
    return 0;
}

struct one_run {
    const struct run_hooks *hooks;
    uint64_t run;
    bool steady; /* a long-run number is asked for */
    struct stability_watch watch;
};

static int begin(void *ctx, struct simulation *simulation, struct error *err)
{
    struct one_run *one = ctx;
    if (one->steady && stability_begin(&one->watch, simulation, err) < 0)
        return -1;
    return one->hooks->begin ? one->hooks->begin(one->hooks->ctx, one->run, simulation, err) : 0;
}

static void abandon(void *ctx)
{
    const struct one_run *one = ctx;
    if (one->hooks->abandon)
        one->hooks->abandon(one->hooks->ctx);
}

static int measure(const struct sweep *sweep, struct simulation *simulation, double *values,
                   struct error *err)
{
    if (scenario_metrics_check(&simulation->build, simulation->metrics, err) < 0)
        return -1;
    for (size_t i = 0; i < sweep->n_measures; i++)
        if (metrics_select(simulation->metrics, sweep->measures[i].selector, &values[i], err) < 0)
            return -1;
    return 0;
}

static int simulate(struct work *work, uint64_t run, double *values, bool *ret_unstable,
                    struct error_list *errors)
{
    const struct engine_setup *setup = work->setup;
    const struct run_hooks *hooks = &setup->hooks;
    const struct sweep *sweep = setup->sweep;
    struct one_run one = {hooks, run, .steady = stability_asked(&work->program)};
    const struct simulation_options options = {
        .seed = sweep->run_seed,
        .replication = sweep_replication(sweep, run),
        .selectors = (const char *const *)sweep->measure_texts.items,
        .n_selectors = sweep->n_measures,
        .causes = work->causes,
        .begin = begin,
        .abandon = abandon,
        .ctx = &one,
    };
    struct simulation simulation = {0};
    struct error err = {0};
    int rc = simulation_run(&simulation, &work->program, &options, errors) == SIM_DONE ? 0 : -1;
    if (rc == 0) {
        rc = measure(sweep, &simulation, values, &err);
        if (rc == 0 && hooks->end)
            rc = hooks->end(hooks->ctx, &simulation, &err);
        if (rc < 0)
            error_list_add(errors, &err);
    }
    *ret_unstable = one.steady && (one.watch.offered || stability_grew(&one.watch));
    if (rc < 0 && hooks->abandon)
        hooks->abandon(hooks->ctx);
    simulation_deinit(&simulation);
    return rc;
}

/* The answer: a byte for the state, then the measures and a byte for stability, or the first error.
 */
static void run(void *ctx, const struct pool_task *task, struct pool_bytes *ret)
{
    struct work *work = ctx;
    const struct sweep *sweep = work->setup->sweep;
    struct error_list errors = {0};
    double *values = mem_new(sweep->n_measures, sizeof(*values));
    bool unstable = false;
    int rc = use_point(work, sweep_point(sweep, task->id), &errors);
    if (rc == 0)
        rc = simulate(work, task->id, values, &unstable, &errors);
    const unsigned char state = rc == 0 ? RUN_DONE : RUN_ERROR, told = unstable;
    pool_bytes_add(ret, &state, 1);
    if (rc == 0) {
        pool_bytes_add(ret, values, sweep->n_measures * sizeof(*values));
        pool_bytes_add(ret, &told, 1);
    } else {
        char text[1024] = "failed";
        if (errors.len > 0)
            error_format(&errors.items[0], text, sizeof(text));
        pool_bytes_add(ret, text, strlen(text) + 1);
    }
    error_list_deinit(&errors);
    free(values);
}

/* --- in the parent --- */

static int done(void *ctx, const struct pool_result *result, struct error *err)
{
    struct work *work = ctx;
    const struct engine_setup *setup = work->setup;
    const double limit = simtime_seconds(setup->sweep->limit);
    char text[200];
    struct outcome outcome = {
        .seconds = result->seconds,
        .peak_kib = result->peak_kib,
        .host = work->host,
    };
    double *values = mem_new(setup->sweep->n_measures, sizeof(*values));
    if (result->state == POOL_DONE && result->bytes[0] == RUN_DONE) {
        memcpy(values, result->bytes + 1, setup->sweep->n_measures * sizeof(*values));
        outcome.values = values;
        outcome.unstable = result->bytes[result->len - 1];
    } else if (result->state == POOL_DONE) {
        outcome.state = RUN_ERROR;
        outcome.text = (char *)(uintptr_t)(result->bytes + 1);
    } else {
        outcome.state = result->state == POOL_LATE ? RUN_LATE : RUN_CRASHED;
        outcome.text = text;
        pool_describe(result, limit, text, sizeof(text));
    }
    const int rc = journal_add(work->journal, result->id, &outcome, err);
    if (rc == 0)
        outcomes_put(setup->outcomes, result->id, &outcome);
    free(values);
    return rc;
}

static void tick(void *ctx)
{
    const struct work *work = ctx;
    if (work->setup->progress)
        work->setup->progress(work->setup->ctx, false);
}

int engine_work(const struct engine_setup *setup, struct error *err)
{
    struct work work = {.setup = setup, .point = SIZE_MAX};
    struct error late = {0};
    host_name(work.host, sizeof(work.host));
    work.journal = journal_new(setup->dir, setup->journal, setup->sweep->n_measures, err);
    if (!work.journal)
        return ENGINE_FAILED;
    const struct pool_setup pool = {
        .workers = setup->workers,
        .limit = simtime_seconds(setup->sweep->limit),
        .next = next,
        .run = run,
        .done = done,
        .tick = tick,
        .ctx = &work,
        .interrupted = setup->interrupted,
    };
    const int got = pool_run(&pool, err);
    const int closed = journal_close(work.journal, &late);
    if (setup->progress)
        setup->progress(setup->ctx, true);
    if (got == POOL_FAILED)
        return ENGINE_FAILED;
    if (closed < 0) {
        *err = late;
        return ENGINE_FAILED;
    }
    return got == POOL_INTERRUPTED ? ENGINE_INTERRUPTED : ENGINE_ENDED;
}
