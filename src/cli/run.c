/* jishi run: one simulation, its trace and its numbers. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/arguments.h"
#include "cli/outfile.h"
#include "cli/progress.h"
#include "cli/provenance.h"
#include "cli/result.h"
#include "cli/scenario_options.h"
#include "experiment/measures.h"
#include "experiment/simulate.h"
#include "util/mem.h"
#include "workload/log_report.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct run_options {
    struct scenario_options scenario;
    const char *output; /* NULL: results/NAME.h5 */
    enum result_format format;
    bool quiet, check, no_trace, all_tenants;
    const volatile sig_atomic_t *interrupted;
};

enum { OPTION_FORMAT = 1, OPTION_CHECK, OPTION_NO_TRACE, OPTION_TENANTS };

static int read_tenants(const struct command *command, const char *text, bool *ret_all)
{
    *ret_all = strcmp(text, "all") == 0;
    if (*ret_all || strcmp(text, "most") == 0)
        return 0;
    usage_error(command, "--tenants takes most or all, not \"%.40s\"", text);
    return -1;
}

static int read_options(const struct command *command, int argc, char **argv,
                        struct run_options *options)
{
    static const struct option longs[] = {
        SCENARIO_LONG_OPTIONS,
        {"output", required_argument, NULL, 'o'},
        {"quiet", no_argument, NULL, 'q'},
        {"format", required_argument, NULL, OPTION_FORMAT},
        {"check", no_argument, NULL, OPTION_CHECK},
        {"no-trace", no_argument, NULL, OPTION_NO_TRACE},
        {"tenants", required_argument, NULL, OPTION_TENANTS},
        {0},
    };
    opterr = 0;
    for (int code; (code = getopt_long(argc, argv, ":o:q", longs, NULL)) != -1;) {
        const int own = scenario_option(command, &options->scenario, code, optarg);
        if (own < 0)
            return -1;
        if (own > 0)
            continue;
        switch (code) {
        case 'o':
            options->output = optarg;
            break;
        case 'q':
            options->quiet = true;
            break;
        case OPTION_FORMAT:
            if (read_format(command, optarg, &options->format) < 0)
                return -1;
            break;
        case OPTION_CHECK:
            options->check = true;
            break;
        case OPTION_NO_TRACE:
            options->no_trace = true;
            break;
        case OPTION_TENANTS:
            if (read_tenants(command, optarg, &options->all_tenants) < 0)
                return -1;
            break;
        default:
            return option_error(command, longs, code, argv[optind - 1]);
        }
    }
    if (optind + 1 != argc) {
        usage_error(command,
                    optind == argc ? "a scenario file is needed" : "one scenario file at a time");
        return -1;
    }
    return 0;
}

/* What one run keeps besides the simulation. */
struct run {
    const struct run_options *options;
    const char *path;
    struct simulation simulation;
    struct trace *trace; /* NULL: none */
    struct progress progress;
};

static void run_deinit(struct run *run)
{
    trace_abandon(run->trace);
    simulation_deinit(&run->simulation);
}

static int on_begin(void *ctx, struct simulation *simulation, struct error *err)
{
    struct run *run = ctx;
    const struct run_options *options = run->options;
    if (!options->no_trace) {
        run->trace = open_trace(&simulation->build, &options->scenario, run->path, err);
        if (!run->trace)
            return -1;
        trace_heed(run->trace, options->interrupted);
        simulation->observers[simulation->n_observers++] = trace_observer(run->trace);
    }
    progress_begin(&run->progress, !options->quiet, simulation->build.world.length);
    return 0;
}

static void on_abandon(void *ctx)
{
    struct run *run = ctx;
    trace_abandon(run->trace);
    run->trace = NULL;
    progress_end(&run->progress);
}

static uint32_t on_progress(void *ctx, simtime now, uint64_t ended)
{
    struct run *run = ctx;
    struct error err; /* told as the trace is closed */
    if (run->trace && trace_status(run->trace, &err) < 0)
        return 0;
    return progress_show(&run->progress, now, ended);
}

static int finish(struct run *run, bool complete, struct error *err)
{
    struct simulation *simulation = &run->simulation;
    const struct run_options *options = run->options;
    if (scenario_metrics_check(&simulation->build, simulation->metrics, err) < 0)
        return -1;
    struct result result = {
        .build = &simulation->build,
        .sim = simulation->sim,
        .metrics = simulation->metrics,
        .format = options->format,
        .complete = complete,
        .all_tenants = options->all_tenants,
        .starved = simulation->build.drain ? sim_totals(simulation->sim).counted : 0,
    };
    if (run->trace) {
        trace_results(run->trace, simulation);
        struct trace *trace = run->trace;
        run->trace = NULL;
        if (trace_close(trace, complete && !trace_is_cut(trace), err) < 0)
            return -1;
    }
    if (!options->quiet || options->format != RESULT_TEXT)
        result_print(&result, stdout);
    return 0;
}

static char *default_output(const char *scenario)
{
    char *name = scenario_name(scenario);
    char *path = mem_format("results/%s.h5", name);
    free(name);
    return path;
}

static int run_program(const struct run_options *options, const struct program *program,
                       const char *path)
{
    struct error_list errors = {0};
    struct error err = {0};
    struct run run = {.options = options, .path = path};
    const struct simulation_options chosen = {
        .seed = run_seed(program, &options->scenario),
        .replication = options->scenario.replication,
        .causes = true,
        .check = options->check,
        .begin = on_begin,
        .abandon = on_abandon,
        .progress = on_progress,
        .ctx = &run,
        .interrupted = options->interrupted,
    };
    const int got = simulation_run(&run.simulation, program, &chosen, &errors);
    progress_end(&run.progress);
    const bool stopped = got == SIM_INTERRUPTED || (run.trace && trace_is_cut(run.trace));
    int status = stopped ? EXIT_STOPPED : EXIT_DONE;
    if (got == SIM_FAILED) {
        status = EXIT_FAULT;
    } else if (finish(&run, got == SIM_DONE, &err) < 0) {
        error_list_add(&errors, &err);
        status = EXIT_FAULT;
    }
    print_scenario_errors(program, &options->scenario, errors.len, &errors);
    if (status != EXIT_FAULT && !options->no_trace && !options->quiet)
        tell_user("%s %s", status == EXIT_STOPPED ? "stopped; what there is:" : "trace:", path);
    error_list_deinit(&errors);
    run_deinit(&run);
    return status;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct run_options options = {.scenario.replication = 1};
    if (read_options(command, argc, argv, &options) < 0) {
        scenario_options_deinit(&options.scenario);
        return EXIT_USAGE;
    }
    options.interrupted = catch_signals();
    struct program program;
    int status = EXIT_FAULT;
    if (load_program(&program, argv[optind], &options.scenario) == 0 &&
        (!options.output || options.no_trace || outfile_folder(options.output) == 0)) {
        char *path = options.output ? mem_text(options.output) : default_output(argv[optind]);
        if (options.no_trace || outfile_replaces_trace(path) == 0)
            status = run_program(&options, &program, path);
        free(path);
    }
    program_free(&program);
    scenario_options_deinit(&options.scenario);
    return status;
}

const struct command command_run = {
    .name = "run",
    .summary = "simulate a scenario: a trace and a summary",
    .help =
        "usage: jishi run SCENARIO [OPTION]...\n\n"
        "Simulates the scenario, writes its trace and prints a summary.\n\n"
        "  -o, --output FILE.h5   the trace; results/<scenario>.h5 if not given\n"
        "      --no-trace         write none\n"
        "      --variant NAME     with the changes of a variant of the scenario\n"
        "      --set PATH=VALUE   change a value, as often as wanted, after the variant\n"
        "      --seed N           other random draws; the scenario's own if not given\n"
        "      --replication N    the N-th independent repetition, from 1\n"
        "      --format FORMAT    text (the summary), csv or json (every metric)\n"
        "      --tenants most|all those that received most (the default), or all, in the summary\n"
        "  -q, --quiet            no progress, no summary\n"
        "      --check            verify every invariant after every event; slow\n\n"
        "Exit status: 0 done; 1 a fault in the input or the environment; 2 a wrong command\n"
        "line; 130 stopped by Ctrl-C, with a valid trace marked incomplete.\n",
    .run = run,
};
