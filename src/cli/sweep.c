/* jishi sweep: a scenario at many points. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/arguments.h"
#include "cli/scenario_options.h"
#include "cli/sweep_effects.h"
#include "cli/sweep_summary.h"
#include "cli/sweep_traces.h"
#include "experiment/engine.h"
#include "experiment/folder.h"
#include "experiment/journal.h"
#include "experiment/parts.h"
#include "experiment/pool.h"
#include "experiment/sweep_table.h"
#include "util/mem.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct sweep_options {
    const char *output, *status, *merge, *part;
    const char *of_slurm; /* an option that is of this engine alone; NULL: none is given */
    const struct engine_type *engine;
    struct engine_parts parts;
    const char **handed_on; /* owned; of parts.options */
    unsigned workers;
    const volatile sig_atomic_t *interrupted;
    bool resume, quiet, effects;
};

/* --- command line --- */

enum {
    OPTION_ENGINE = 1,
    OPTION_RESUME,
    OPTION_STATUS,
    OPTION_MERGE,
    OPTION_EFFECTS,
    OPTION_PART,
    OPTION_MAX_JOBS,
    OPTION_PART_TIME,
    OPTION_SBATCH,
    OPTION_DETACH,
    PARTS_MAX = 1000000
};

/* Of a part: long beside what it costs to start one, short enough to be lost with a node. */
#define PART_SECONDS 300.0

static void hand_on(struct sweep_options *options, const char *text)
{
    struct engine_parts *parts = &options->parts;
    options->handed_on =
        mem_resize(options->handed_on, parts->n_options + 1, sizeof(*options->handed_on));
    options->handed_on[parts->n_options++] = text;
    parts->options = options->handed_on;
}

static int read_engine(const struct command *command, const char *text,
                       const struct engine_type **ret)
{
    const char *names[20];
    char hint[200];
    size_t len = 0;
    *ret = engine_find(text);
    if (*ret)
        return 0;
    for (; engines[len] && len < ARRAY_LEN(names); len++)
        names[len] = engines[len]->name;
    suggest_name(text, names, len, hint, sizeof(hint));
    usage_error(command, "unknown engine \"%.40s\"%s", text, hint);
    return -1;
}

static const struct option longs[] = {
    {"output", required_argument, NULL, 'o'},
    {"jobs", required_argument, NULL, 'j'},
    {"quiet", no_argument, NULL, 'q'},
    {"engine", required_argument, NULL, OPTION_ENGINE},
    {"resume", no_argument, NULL, OPTION_RESUME},
    {"effects", no_argument, NULL, OPTION_EFFECTS},
    {"status", required_argument, NULL, OPTION_STATUS},
    {"merge", required_argument, NULL, OPTION_MERGE},
    {"part", required_argument, NULL, OPTION_PART},
    {"max-jobs", required_argument, NULL, OPTION_MAX_JOBS},
    {"part-time", required_argument, NULL, OPTION_PART_TIME},
    {"sbatch", required_argument, NULL, OPTION_SBATCH},
    {"detach", no_argument, NULL, OPTION_DETACH},
    {0},
};

static int read_option(const struct command *command, int code, struct sweep_options *options,
                       const char *word)
{
    switch (code) {
    case 'o':
        options->output = optarg;
        return 0;
    case 'j':
        return read_workers(command, optarg, &options->workers);
    case 'q':
        options->quiet = true;
        return 0;
    case OPTION_ENGINE:
        return read_engine(command, optarg, &options->engine);
    case OPTION_RESUME:
        options->resume = true;
        return 0;
    case OPTION_EFFECTS:
        options->effects = true;
        return 0;
    case OPTION_STATUS:
        options->status = optarg;
        return 0;
    case OPTION_MERGE:
        options->merge = optarg;
        return 0;
    case OPTION_PART:
        options->part = optarg;
        return 0;
    case OPTION_MAX_JOBS:
        options->of_slurm = "--max-jobs";
        return read_whole(command, "--max-jobs", optarg, 1, PARTS_MAX, &options->parts.most);
    case OPTION_PART_TIME:
        options->of_slurm = "--part-time";
        return read_duration(command, "--part-time", optarg, &options->parts.seconds);
    case OPTION_SBATCH:
        options->of_slurm = "--sbatch";
        hand_on(options, optarg);
        return 0;
    case OPTION_DETACH:
        options->of_slurm = "--detach";
        options->parts.leave = true;
        return 0;
    default:
        return option_error(command, longs, code, word);
    }
}

static int read_options(const struct command *command, int argc, char **argv,
                        struct sweep_options *options)
{
    opterr = 0;
    for (int code; (code = getopt_long(argc, argv, ":o:j:q", longs, NULL)) != -1;)
        if (read_option(command, code, options, argv[optind - 1]) < 0)
            return -1;
    const int alone = !!options->status + !!options->merge + !!options->part;
    const bool reads = alone > 0;
    if (reads && (optind < argc || options->output || alone > 1))
        usage_error(command, "--status DIR, --merge DIR and --part stand alone");
    else if (!reads && optind + 1 != argc)
        usage_error(command, optind == argc ? "a sweep file is needed" : "one sweep at a time");
    else if (!reads && !options->output)
        usage_error(command, "-o DIR is needed: the folder of the results");
    else if (options->of_slurm && strcmp(options->engine->name, "slurm") != 0)
        usage_error(command, "%s is of job arrays: --engine slurm", options->of_slurm);
    else
        return 0;
    return -1;
}

/* --- progress --- */

struct progress_line {
    const struct sweep *sweep;
    const struct outcomes *outcomes;
    bool on, drawn;
    size_t done_before;
    double begun;
};

static double clock_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t finished(const struct outcomes *outcomes)
{
    return outcomes->runs - outcomes->counts[RUN_MISSING];
}

static void show_progress(void *ctx, bool ended)
{
    struct progress_line *line = ctx;
    if (!line->on)
        return;
    if (ended) {
        if (line->drawn)
            fputs("\r\033[K", stderr);
        return;
    }
    const size_t done = finished(line->outcomes), now = done - line->done_before;
    const double spent = clock_now() - line->begun;
    char left[64] = "";
    if (now > 0)
        quantity_human_time(spent / (double)now * (double)(line->sweep->runs - done), left,
                            sizeof(left));
    fprintf(stderr, "\r\033[K%zu of %zu runs, %.0f %%", done, line->sweep->runs,
            100 * (double)done / (double)line->sweep->runs);
    if (now > 0)
        fprintf(stderr, ", %.1f a second, %s left", (double)now / spent, left);
    const size_t failed = done - line->outcomes->counts[RUN_DONE];
    if (failed > 0)
        fprintf(stderr, ", %zu failed", failed);
    fflush(stderr);
    line->drawn = true;
}

static void tell(void *ctx, const char *sentence)
{
    struct progress_line *line = ctx;
    fprintf(stderr, "%s%s\n", line->drawn ? "\r\033[K" : "", sentence);
    line->drawn = false;
}

/* --- running --- */

/* The runs go on without us: no results yet, and nothing wrong. */
enum { EXIT_LEFT = -1 };

static void tell_damaged(const char *dir, size_t damaged)
{
    if (damaged > 0)
        fprintf(stderr,
                "jishi: %s/journal: %zu record%s torn or damaged; what %s would have said is done "
                "again\n",
                dir, damaged, damaged == 1 ? " is" : "s are", damaged == 1 ? "it" : "they");
}

static int write_results(const struct sweep *sweep, const struct outcomes *outcomes,
                         const char *dir, struct error *err)
{
    if (sweep_table_write(sweep, outcomes, dir, err) < 0)
        return -1;
    return sweep_timing_write(outcomes, dir, err);
}

/* Failures of before are tried again, and so are runs whose trace is gone or not whole. */
static void forget_undone(const struct sweep_traces *traces, struct outcomes *outcomes)
{
    for (size_t run = 0; run < outcomes->runs; run++)
        if (outcomes->items[run].state != RUN_DONE || sweep_traces_lacks(traces, run))
            outcomes_forget(outcomes, run);
}

static int status_of(const struct outcomes *outcomes)
{
    return outcomes->counts[RUN_DONE] == outcomes->runs ? EXIT_DONE : EXIT_FAULT;
}

static int run_engine(const struct sweep *sweep, const struct sweep_options *options,
                      struct sweep_traces *traces, struct outcomes *outcomes, struct error *err)
{
    struct progress_line line = {
        .sweep = sweep,
        .outcomes = outcomes,
        .on = !options->quiet && isatty(STDERR_FILENO),
        .done_before = finished(outcomes),
        .begun = clock_now(),
    };
    size_t n_todo;
    uint64_t *todo = outcomes_missing(outcomes, &n_todo);
    const struct engine_setup setup = {
        .sweep = sweep,
        .hooks = sweep_trace_hooks(traces),
        .dir = options->output,
        .outcomes = outcomes,
        .todo = todo,
        .n_todo = n_todo,
        .workers = options->workers,
        .parts = options->parts,
        .progress = show_progress,
        .tell = options->quiet ? NULL : tell,
        .ctx = &line,
        .interrupted = options->interrupted,
    };
    const int got =
        sweep_traces_folder(traces, err) < 0 ? ENGINE_FAILED : options->engine->run(&setup, err);
    free(todo);
    if (got == ENGINE_FAILED)
        return EXIT_FAULT;
    if (got == ENGINE_LEFT)
        return EXIT_LEFT;
    if (write_results(sweep, outcomes, options->output, err) < 0)
        return EXIT_FAULT;
    return got == ENGINE_INTERRUPTED ? EXIT_STOPPED : status_of(outcomes);
}

static int run_sweep(const struct sweep *sweep, const struct sweep_record *record,
                     const struct sweep_options *options)
{
    struct folder folder;
    struct outcomes outcomes;
    struct sweep_traces traces = {.sweep = sweep, .dir = options->output};
    struct error err = {0};
    size_t damaged = 0;
    int status = EXIT_FAULT;
    outcomes_init(&outcomes, sweep->runs, sweep->n_measures);
    if (folder_begin(&folder, options->output, record, options->resume, &err) == 0 &&
        journal_read(options->output, NULL, &outcomes, &damaged, &err) == 0) {
        tell_damaged(options->output, damaged);
        forget_undone(&traces, &outcomes);
        status = run_engine(sweep, options, &traces, &outcomes, &err);
    }
    if (err.text[0])
        print_error(&err);
    else if (status == EXIT_LEFT)
        printf("jishi sweep --status %s tells how far it is, --merge %s writes the table\n",
               options->output, options->output);
    else if (!options->quiet)
        sweep_summary_print(sweep, &outcomes, options->output, stdout);
    else
        sweep_notes_print(sweep, &outcomes, stderr);
    if (options->effects && !err.text[0])
        sweep_effects_print(sweep, &outcomes, stdout);
    if (status == EXIT_STOPPED && !options->quiet)
        fprintf(stderr, "stopped; --resume goes on with %s\n", options->output);
    folder_close(&folder);
    outcomes_deinit(&outcomes);
    return status == EXIT_LEFT ? EXIT_DONE : status;
}

static int run_file(const char *path, const struct sweep_options *options)
{
    struct error_list errors = {0};
    struct sweep sweep;
    struct sweep_record record = {0};
    int status = EXIT_FAULT;
    if (sweep_load(&sweep, path, builtin_dir(), &errors) == 0 &&
        sweep_record_make(&record, &sweep, &errors) == 0)
        status = run_sweep(&sweep, &record, options);
    print_errors(&errors);
    error_list_deinit(&errors);
    sweep_record_deinit(&record);
    sweep_deinit(&sweep);
    return status;
}

/* --- what is there --- */

static void print_status(const struct sweep *sweep, const struct outcomes *outcomes,
                         const char *dir)
{
    char left[64], mean[64];
    double seconds = 0;
    const struct sweep_traces traces = {.sweep = sweep, .dir = dir};
    const size_t lacking = sweep_traces_lacking(&traces, outcomes);
    const size_t done = outcomes->counts[RUN_DONE];
    const size_t missing = outcomes->counts[RUN_MISSING] + lacking;
    for (size_t run = 0; run < outcomes->runs; run++)
        if (outcomes->items[run].state == RUN_DONE)
            seconds += outcomes->items[run].seconds;
    sweep_counts_print(sweep, outcomes, stdout);
    if (lacking > 0)
        printf("%zu of those done: the trace is gone or not whole; --resume makes %s again\n",
               lacking, lacking == 1 ? "it" : "them");
    if (done > 0)
        printf("a run takes %s on average%s%s%s\n",
               quantity_human_time(seconds / (double)done, mean, sizeof(mean)),
               missing > 0 ? "; the rest takes one processor " : "",
               missing > 0 ? quantity_human_time(seconds / (double)done * (double)missing, left,
                                                 sizeof(left))
                           : "",
               "");
    if (folder_is_busy(dir))
        puts("a process of this machine is running it");
    sweep_failures_print(sweep, outcomes, stdout);
}

/* --status and --merge. */
static int read_folder(const char *dir, const struct sweep_options *options)
{
    const bool merge = options->merge != NULL;
    struct error_list errors = {0};
    struct sweep sweep = {0};
    struct outcomes outcomes = {0};
    struct error err = {0};
    size_t damaged = 0;
    int status = EXIT_FAULT;
    char *path = folder_sweep(dir, &err);
    if (path && sweep_load(&sweep, path, builtin_dir(), &errors) == 0) {
        outcomes_init(&outcomes, sweep.runs, sweep.n_measures);
        if (journal_read(dir, NULL, &outcomes, &damaged, &err) == 0 &&
            (!merge || write_results(&sweep, &outcomes, dir, &err) == 0))
            status = merge ? status_of(&outcomes) : EXIT_DONE;
        if (status == EXIT_DONE || !err.text[0]) {
            tell_damaged(dir, damaged);
            if (!merge)
                print_status(&sweep, &outcomes, dir);
            else if (!options->quiet)
                sweep_summary_print(&sweep, &outcomes, dir, stdout);
            if (options->effects)
                sweep_effects_print(&sweep, &outcomes, stdout);
        }
    }
    if (err.text[0])
        print_error(&err);
    print_errors(&errors);
    error_list_deinit(&errors);
    outcomes_deinit(&outcomes);
    sweep_deinit(&sweep);
    free(path);
    return status;
}

/* --- a part, in a process that an engine started --- */

static int do_part(const struct part *part, const struct sweep *sweep,
                   const struct sweep_options *options, struct error *err)
{
    struct outcomes outcomes;
    size_t damaged, n_todo = 0;
    outcomes_init(&outcomes, sweep->runs, sweep->n_measures);
    uint64_t *todo = mem_new(part->n_runs, sizeof(*todo));
    /* What an earlier process of this part recorded, before it was stopped and started again. */
    int got = journal_read(part->sweep_dir, part->name, &outcomes, &damaged, err);
    for (size_t i = 0; got == 0 && i < part->n_runs; i++)
        if (part->runs[i] < sweep->runs && outcomes.items[part->runs[i]].state == RUN_MISSING)
            todo[n_todo++] = part->runs[i];
    struct sweep_traces traces = {.sweep = sweep, .dir = part->sweep_dir};
    const struct engine_setup setup = {
        .sweep = sweep,
        .hooks = sweep_trace_hooks(&traces),
        .dir = part->sweep_dir,
        .outcomes = &outcomes,
        .todo = todo,
        .n_todo = n_todo,
        .journal = part->name,
        .workers = options->workers,
        .interrupted = options->interrupted,
    };
    if (got == 0)
        got = engine_work(&setup, err);
    free(todo);
    outcomes_deinit(&outcomes);
    return got == ENGINE_FAILED ? EXIT_FAULT : got == ENGINE_INTERRUPTED ? EXIT_STOPPED : EXIT_DONE;
}

static int run_part(const struct sweep_options *options)
{
    struct error_list errors = {0};
    struct error err = {0};
    struct sweep sweep = {0};
    struct part part;
    int status = EXIT_FAULT;
    char *path = NULL;
    if (part_read(&part, options->part, &err) == 0)
        path = folder_sweep(part.sweep_dir, &err);
    if (path && sweep_load(&sweep, path, builtin_dir(), &errors) == 0)
        status = do_part(&part, &sweep, options, &err);
    if (err.text[0])
        print_error(&err);
    print_errors(&errors);
    error_list_deinit(&errors);
    sweep_deinit(&sweep);
    part_deinit(&part);
    free(path);
    return status;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct sweep_options options = {
        .engine = engines[0],
        .parts = {.most = PARTS_MAX, .seconds = PART_SECONDS},
        .workers = pool_processors(),
    };
    int status = EXIT_USAGE;
    if (read_options(command, argc, argv, &options) == 0) {
        options.interrupted = catch_signals();
        if (options.status)
            status = read_folder(options.status, &options);
        else if (options.merge)
            status = read_folder(options.merge, &options);
        else if (options.part)
            status = run_part(&options);
        else
            status = run_file(argv[optind], &options);
    }
    free(options.handed_on);
    return status;
}

const struct command command_sweep = {
    .name = "sweep",
    .summary = "simulate a scenario at many points, each in many replications",
    .help = "usage: jishi sweep SWEEP -o DIR [OPTION]...\n"
            "       jishi sweep --status DIR\n"
            "       jishi sweep --merge DIR\n\n"
            "Simulates the scenario of a sweep at every point of its design, in as many\n"
            "replications as it says, and writes a table of runs: DIR/sweep.h5.\n\n"
            "  -o, --output DIR     the folder of the results\n"
            "  -j, --jobs N         processes at a time; as many as there are processors if not\n"
            "                       given. The results do not depend on it\n"
            "      --engine NAME    where runs are done: local, or slurm\n"
            "      --resume         go on with the sweep in DIR: what is done is not done again,\n"
            "                       what failed is tried again\n"
            "      --status DIR     tell how far a sweep is\n"
            "      --merge DIR      write the table of what there is\n"
            "      --effects        tell what each factor does: its main effects; of the design\n"
            "                       saltelli its Sobol indices\n"
            "  -q, --quiet          no progress, no summary\n\n"
            "With --engine slurm, runs are done by the tasks of a job array:\n"
            "      --part-time TIME how long a task is to take, about; 5min if not given\n"
            "      --max-jobs N     at most so many tasks in the array\n"
            "      --sbatch OPTION  hand an option on to sbatch, --sbatch=--partition=long for\n"
            "                       one, as often as wanted\n"
            "      --detach         do not wait for the array\n"
            "      --part PART      do a part: what a task of the array calls\n\n"
            "Exit status: 0 every run is done; 1 some failed or are missing, or a fault in the\n"
            "input or the environment; 2 a wrong command line; 130 stopped by Ctrl-C, to be\n"
            "resumed.\n",
    .run = run,
};
