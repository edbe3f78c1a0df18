/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/simulate.h"

#include "experiment/question.h"
#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

/* Tenants that logs bring are known only after the run. */
static bool has_members(const struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->rows.len; i++)
        if (scenario->rows.items[i].tenant->members.by)
            return true;
    return false;
}

static int place_in_metrics(const struct program *program, struct error *err)
{
    const struct node *node = node_get(program->epochs[0].tree, "metrics");
    err->at = node ? node->at : (struct mark){0};
    return error_prefix(err, "metrics: ");
}

static int check_selector(const char *text, const struct world *world, struct error *err)
{
    struct selector selector;
    int rc = selector_parse(text, &selector, err);
    if (rc == 0) {
        rc = selector_check(&selector, world, err);
        selector_deinit(&selector);
    }
    return rc;
}

/* The scenario's own selectors, then the others: -1 with an error and, for the former, its place.
 */
static int make_metrics(struct simulation *simulation, const struct simulation_options *options,
                        struct error *err)
{
    const struct scenario *scenario = simulation->build.program->epochs[0].scenario;
    const struct texts *own = &scenario->metrics;
    for (size_t i = 0; i < options->n_selectors; i++)
        if (check_selector(options->selectors[i], &simulation->build.world, err) < 0)
            return -1;
    const char **all = mem_new(own->len + options->n_selectors, sizeof(*all));
    for (size_t i = 0; i < own->len; i++)
        all[i] = own->items[i];
    for (size_t i = 0; i < options->n_selectors; i++)
        all[own->len + i] = options->selectors[i];
    const struct metrics_options chosen = {
        .periods = (enum periods)scenario->measure.periods,
        .tau = scenario->measure.tau,
        .selectors = all,
        .n_selectors = own->len + options->n_selectors,
    };
    simulation->metrics = metrics_new(&simulation->build.world, &chosen, err);
    free(all);
    if (!simulation->metrics ||
        (!has_members(scenario) && metrics_check_tenants(simulation->metrics, err) < 0))
        return place_in_metrics(simulation->build.program, err);
    return 0;
}

static int attempt(struct simulation *simulation, const struct program *program,
                   const struct simulation_options *options, bool sort, struct error_list *errors)
{
    const struct build_options chosen = {
        .seed = options->seed,
        .replication = options->replication,
        .sort = sort,
        .causes = options->causes,
    };
    struct build *build = &simulation->build;
    struct error err = {0};
    if (build_init(build, program, &chosen, errors) < 0 || question_check(build, errors) < 0 ||
        build_open(build, errors) < 0)
        return SIM_FAILED;
    if (make_metrics(simulation, options, &err) < 0) {
        error_list_add(errors, &err);
        return SIM_FAILED;
    }
    simulation->observers[0] = metrics_observer(simulation->metrics);
    simulation->n_observers = 1;
    if (options->begin && options->begin(options->ctx, simulation, &err) < 0) {
        error_list_add(errors, &err);
        return SIM_FAILED;
    }
    struct sim_setup setup;
    build_setup(build, &setup);
    setup.observers = simulation->observers;
    setup.n_observers = simulation->n_observers;
    setup.check = options->check;
    setup.interrupted = options->interrupted;
    setup.progress = options->progress;
    setup.progress_ctx = options->ctx;
    simulation->sim = sim_new(&setup);
    const int got = sim_run(simulation->sim, &err);
    if (got == SIM_FAILED)
        error_list_add(errors, &err);
    return got;
}

int simulation_run(struct simulation *simulation, const struct program *program,
                   const struct simulation_options *options, struct error_list *errors)
{
    int got = attempt(simulation, program, options, false, errors);
    if (got != SIM_UNSORTED)
        return got;
    if (options->abandon)
        options->abandon(options->ctx);
    simulation_deinit(simulation);
    return attempt(simulation, program, options, true, errors);
}

void simulation_deinit(struct simulation *simulation)
{
    sim_free(simulation->sim);
    metrics_free(simulation->metrics);
    build_deinit(&simulation->build);
    *simulation = (struct simulation){0};
}

int simulation_check_metrics(const struct simulation *simulation, struct error *err)
{
    if (metrics_check(simulation->metrics, err) < 0)
        return place_in_metrics(simulation->build.program, err);
    return 0;
}
