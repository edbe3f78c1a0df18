/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/simulate.h"

#include "experiment/judge.h"
#include "experiment/measures.h"
#include "experiment/question.h"

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
    int rc = build_init(build, program, &chosen, errors);
    if (!build->laid_out)
        return SIM_FAILED;
    rc |= question_check(build, errors);
    rc |= build_open(build, errors);
    if (rc == 0)
        build_find_begin(build);
    simulation->metrics = scenario_metrics(build, options->selectors, options->n_selectors, errors);
    if (rc < 0 || !simulation->metrics) {
        judge_logs(build, errors);
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
    if (got == SIM_FAILED) {
        const int64_t row = sim_failed_source(simulation->sim);
        if (row >= 0)
            build_workload_error(build, (size_t)row, &err);
        error_list_add(errors, &err);
    }
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
