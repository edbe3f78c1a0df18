/* jishi plan: the smallest value, or the cheapest pair, or the purchases that meet a target. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/arguments.h"
#include "cli/plan_print.h"
#include "cli/planning.h"
#include "experiment/draws.h"
#include "experiment/pool.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PERIODS_MOST = 1200 };

/* --- what is planned --- */

static void planning_deinit(struct planning *planning)
{
    for (size_t i = 0; i < planning->n_varies; i++)
        vary_deinit(&planning->varies[i]);
    for (size_t i = 0; i < planning->n_periods; i++)
        free(planning->periods[i]);
    free(planning->periods);
    free(planning->begins);
    for (size_t i = 0; i < planning->n_growth; i++)
        node_free(planning->growth[i].changes);
    free(planning->growth);
    free(planning->growth_names);
    target_deinit(&planning->target);
    cost_free(planning->cost);
    program_free(&planning->program);
}

int planning_fault(const char *option, const char *text, const struct error *err)
{
    struct error told = {.at = {0}};
    memcpy(told.text, err->text, sizeof(told.text));
    error_prefix(&told, "%s: ", option);
    print_error(&told);
    if (err->at.column > 0 && !err->at.file && strlen(text) < 400) {
        tell_user("  %s", text);
        tell_user("  %*s", (int)err->at.column, "^");
    }
    return -1;
}

static int read_varies(struct planning *planning)
{
    const struct plan_options *options = planning->options;
    struct error err;
    for (size_t i = 0; i < options->n_varies; i++) {
        err = (struct error){0};
        if (vary_parse(options->varies[i], &planning->program, &planning->varies[i], &err) < 0)
            return planning_fault("--vary", "", &err);
        planning->n_varies++;
    }
    if (planning->n_varies == 2 &&
        strcmp(planning->varies[0].path, planning->varies[1].path) == 0) {
        error_set(&err, "%.200s is varied twice", planning->varies[0].path);
        return planning_fault("--vary", "", &err);
    }
    return 0;
}

/* The range of --buy, which is the only one then. */
static int read_buy(struct planning *planning)
{
    const struct plan_options *options = planning->options;
    struct error err = {0};
    if (!options->buy)
        return 0;
    if (vary_parse(options->buy, &planning->program, &planning->varies[0], &err) < 0)
        return planning_fault("--buy", "", &err);
    planning->n_varies = 1;
    if (planning->varies[0].added && planning->varies[0].lo == 0)
        return 0;
    error_set(&err, "%.200s: what is bought is a range from nothing on: +0..+96 by 8",
              planning->varies[0].path);
    return planning_fault("--buy", "", &err);
}

/* The changes that the scenario has with a variant (NULL: as it is loaded). */
static int add_growth(struct planning *planning, const char *name, const char *path)
{
    const struct scenario_options *own = &planning->options->scenario;
    struct scenario_options with = {.variant = name, .sets = own->sets, .n_sets = own->n_sets};
    struct program other;
    const struct program *program = &planning->program;
    if (name) {
        const int rc = load_program(&other, path, &with);
        program = &other;
        if (rc < 0) {
            program_free(&other);
            return -1;
        }
    }
    planning->growth =
        mem_resize(planning->growth, planning->n_growth + 1, sizeof(*planning->growth));
    const struct node *changes = node_get(program->resolved, "changes");
    planning->draws |= program_draws(program);
    planning->growth[planning->n_growth++] =
        (struct variant_changes){name, changes ? node_copy(changes) : NULL};
    if (name)
        program_free(&other);
    return 0;
}

/* The names of --growth, which are parted by commas in place. */
static int read_growth(struct planning *planning, const char *path)
{
    char *rest = planning->options->growth;
    if (!rest)
        return add_growth(planning, NULL, path);
    for (char *name; (name = strsep(&rest, ","));) {
        name += strspn(name, " ");
        if (add_growth(planning, name, path) < 0)
            return -1;
        planning->growth_names =
            mem_resize(planning->growth_names, planning->n_growth, sizeof(*planning->growth_names));
        planning->growth_names[planning->n_growth - 1] = name;
    }
    return 0;
}

static int read_cost(struct planning *planning)
{
    const struct plan_options *options = planning->options;
    struct error err = {0};
    if (!options->cost && planning->n_varies < 2)
        return 0;
    planning->cost = options->cost
                         ? cost_parse(options->cost, planning->varies, planning->n_varies, &err)
                         : cost_relative(planning->varies, planning->n_varies, &err);
    if (!planning->cost || cost_check(planning->cost, &err) < 0)
        return planning_fault(options->cost ? "--cost" : "--vary",
                              options->cost ? options->cost : "", &err);
    return 0;
}

static int check_target(struct planning *planning, const struct world *world)
{
    for (size_t i = 0; i < planning->target.len; i++) {
        struct selector selector;
        struct error err = {0};
        REQUIRE(selector_parse(planning->target.items[i].selector, &selector, &err) == 0);
        const int rc = selector_check(&selector, world, &err);
        selector_deinit(&selector);
        if (rc < 0)
            return planning_fault("--target", "", &err);
    }
    return 0;
}

static int add_periods(struct planning *planning, const struct world *world)
{
    const enum every every = planning->options->every;
    const bool years = every == EVERY_YEAR;
    const simtime until =
        world->measure_until < world->length ? world->measure_until : world->length;
    struct error err = {0};
    if (every == EVERY_NONE)
        return 0;
    if (until == SIMTIME_NEVER) {
        error_set(&err, "the scenario has no length: its years are not known");
        return planning_fault("--every", "", &err);
    }
    const struct civil first = date_civil(world->start + world->measure_from, world->offset);
    const struct civil last = date_civil(world->start + until - 1, world->offset);
    const int from = years ? first.year : first.year * 12 + first.month - 1;
    const int to = years ? last.year : last.year * 12 + last.month - 1;
    if (to - from >= PERIODS_MOST) {
        error_set(&err, "%d periods are too many; at most %d", to - from + 1, PERIODS_MOST);
        return planning_fault("--every", "", &err);
    }
    planning->periods = mem_new((size_t)(to - from) + 1, sizeof(*planning->periods));
    planning->begins = mem_new((size_t)(to - from) + 1, sizeof(*planning->begins));
    for (int at = from; at <= to; at++) {
        planning->begins[planning->n_periods] =
            years ? date_instant(at, 1, 1, 0, world->offset)
                  : date_instant(at / 12, at % 12 + 1, 1, 0, world->offset);
        planning->periods[planning->n_periods++] =
            years ? mem_format("%04d", at) : mem_format("%04d-%02d", at / 12, at % 12 + 1);
    }
    return 0;
}

/* All that can be wrong before the first simulation. */
static int prepare(struct planning *planning, const char *path)
{
    const struct plan_options *options = planning->options;
    struct error err = {0};
    struct error_list errors = {0};
    struct build build;
    if (target_parse(options->target, &planning->target, &err) < 0)
        return planning_fault("--target", options->target, &err);
    if (read_varies(planning) < 0 || read_buy(planning) < 0 || read_cost(planning) < 0 ||
        read_growth(planning, path) < 0)
        return -1;
    const struct build_options chosen = {.seed = 1, .replication = 1};
    int rc = build_init(&build, &planning->program, &chosen, &errors);
    print_scenario_errors(&planning->program, &options->scenario, errors.len, &errors);
    error_list_deinit(&errors);
    if (rc == 0)
        rc = check_target(planning, &build.world);
    if (rc == 0)
        rc = add_periods(planning, &build.world);
    planning->start = build.world.start;
    planning->offset = build.world.offset;
    build_deinit(&build);
    return rc;
}

/* --- running --- */

static double cost_of(void *ctx, const size_t at[2])
{
    const struct planning *planning = ((const struct sizing_runner *)ctx)->ctx;
    return cost_at(planning->cost, at);
}

static char *set_value(const struct sizing_runner *runner, size_t variant, const size_t at[2],
                       size_t i)
{
    const struct planning *planning = runner->ctx;
    (void)variant;
    return i < planning->n_varies ? vary_set(&planning->varies[i], at[i]) : NULL;
}

static void describe_values(const struct sizing_runner *runner, const size_t at[2], char *buffer,
                            size_t size)
{
    const struct planning *planning = runner->ctx;
    sizing_values_text(planning->varies, planning->n_varies, at, buffer, size);
}

static bool shows_progress(const struct plan_options *options)
{
    return !options->quiet && isatty(STDERR_FILENO);
}

static void show_progress(const struct sizing_runner *runner)
{
    fprintf(stderr, "\r%llu simulations done ", (unsigned long long)runner->runs);
    fflush(stderr);
}

struct sizing_runner planning_runner(const struct planning *planning, const char *path)
{
    const struct plan_options *options = planning->options;
    return (struct sizing_runner){
        .scenario = path,
        .variant = options->scenario.variant,
        .builtin_dir = builtin_dir(),
        .sets = options->scenario.sets,
        .n_sets = options->scenario.n_sets,
        .variants = (const char *const *)planning->growth_names,
        .n_variants = planning->growth_names ? planning->n_growth : 0,
        .seed = run_seed(&planning->program, &options->scenario),
        .workers = options->workers,
        .limit = options->limit,
        .progress = shows_progress(options) ? show_progress : NULL,
        .interrupted = planning->interrupted,
    };
}

struct sizing_setup planning_setup(const struct planning *planning)
{
    const struct plan_options *options = planning->options;
    return (struct sizing_setup){
        .len = {planning->varies[0].len, planning->n_varies > 1 ? planning->varies[1].len : 0},
        .rule = {.target = &planning->target,
                 .periods = (const char *const *)planning->periods,
                 .n_periods = planning->n_periods,
                 .share = options->share,
                 .of_periods = options->of_periods,
                 .confidence = options->confidence,
                 .unfinished = options->unfinished},
        .grid = options->grid > 0        ? options->grid
                : planning->n_varies > 1 ? 5
                                         : 9,
        .replications = (planning->draws ? options->replications : 1) * planning->n_growth,
        .most = (planning->draws ? options->most : 1) * planning->n_growth,
        .cost = cost_of,
        .run = sizing_run,
    };
}

void planning_wipe(const struct planning *planning)
{
    if (shows_progress(planning->options))
        fputs("\r\033[K", stderr);
}

int planning_failed(const struct planning *planning, const struct error *err)
{
    planning_wipe(planning);
    if (!err->text[0]) {
        fputs("jishi: stopped; nothing is planned\n", stderr);
        return EXIT_STOPPED;
    }
    print_error(err);
    return EXIT_FAULT;
}

int planning_status(struct sizing_runner *runner, bool met)
{
    const size_t lost = runner->lost.len;
    for (size_t i = 0; i < lost; i++)
        tell_user("jishi: %s", runner->lost.items[i]);
    sizing_runner_deinit(runner);
    return met && lost == 0 ? EXIT_DONE : EXIT_FAULT;
}

char *planning_growth(const struct planning *planning)
{
    char *text = NULL;
    for (size_t i = 0; planning->growth_names && i < planning->n_growth; i++) {
        char *longer =
            mem_format("%s%s%s", text ? text : "", text ? ", " : "", planning->growth_names[i]);
        free(text);
        text = longer;
    }
    return text;
}

static int plan_values(const struct planning *planning, const char *path)
{
    struct sizing_runner runner = planning_runner(planning, path);
    struct sizing_setup setup = planning_setup(planning);
    struct sizing made;
    struct error err = {0};
    char *growth = planning_growth(planning);
    runner.set = set_value;
    runner.describe = describe_values;
    runner.ctx = planning;
    setup.ctx = &runner;
    const int rc = sizing_make(&made, &setup, &err);
    if (rc == 0) {
        const struct plan_report report = {
            .title = planning->program.epochs[0].scenario->title,
            .target = planning->options->target,
            .plan = &made,
            .varies = planning->varies,
            .n_varies = planning->n_varies,
            .cost = planning->cost,
            .growth = growth,
            .draws = planning->draws,
            .cost_said = planning->options->cost != NULL,
        };
        planning_wipe(planning);
        plan_print(&report, planning->options->format, stdout);
    }
    const bool met = made.best != NULL;
    sizing_deinit(&made);
    free(growth);
    const int status = planning_status(&runner, met);
    return rc == 0 ? status : planning_failed(planning, &err);
}

static int run(const struct command *command, int argc, char **argv)
{
    struct plan_options options = {
        .confidence = 0.95, .unfinished = 0.01, .replications = 10, .workers = pool_processors()};
    if (plan_options_read(command, argc, argv, &options) < 0) {
        plan_options_deinit(&options);
        return EXIT_USAGE;
    }
    struct planning planning = {.options = &options, .interrupted = catch_signals()};
    int status = EXIT_FAULT;
    if (need_rereadable(argv[optind]) == 0 &&
        load_program(&planning.program, argv[optind], &options.scenario) == 0 &&
        prepare(&planning, argv[optind]) == 0)
        status = (options.buy ? plan_purchases : plan_values)(&planning, argv[optind]);
    planning_deinit(&planning);
    plan_options_deinit(&options);
    return status;
}

const struct command command_plan = {
    .name = "plan",
    .summary = "the smallest value, or cheapest pair, that meets a target",
    .help =
        "usage: jishi plan SCENARIO --vary PATH=LO..HI|--buy PATH=+0..+MOST --target 'EXPRESSION' "
        "[OPTION]...\n\n"
        "Finds the smallest value of a range that meets a target, by simulation on common random\n"
        "numbers: a coarse grid first, then bisection.\n\n"
        "      --vary PATH=LO..HI     what may be chosen; `LO..HI by STEP`; `+LO..+HI` is added "
        "to\n"
        "                             what the scenario has; a second --vary makes it a pair\n"
        "      --target 'EXPRESSION'  such as 'wait.p95 <= 2h and utilisation >= 70%'\n"
        "      --in SHARE             a value meets the target if at least this share of\n"
        "                             replications does; 'SHARE of years' or 'of months': of\n"
        "                             those of all replications. Without it the means over\n"
        "                             replications must meet it, each with its whole interval\n"
        "      --every year|month     in every year or month of the window, not over the whole\n"
        "      --cost 'EXPRESSION'    of a pair, such as '2.4 * a.nodes + 1.1 * b.nodes'; each "
        "value\n"
        "                             by the greatest of its range, added up, if not given\n"
        "      --buy PATH=+0..+MOST   instead of --vary: what must come when, for the target to be "
        "met\n"
        "                             in each year (or --every month), bought at its beginning\n"
        "      --lead '6 months'      from order to delivery\n"
        "      --growth NAME,...      variants of the scenario, all of which are simulated; --in "
        "is\n"
        "                             of all simulations then\n"
        "  -r N                       replications of each value at first (10)\n"
        "      --most N               of one whose interval lies on both sides of the target (8\n"
        "                             times as many as at first)\n"
        "      --grid N               values of a range tried first (9; of a pair 5)\n"
        "      --confidence SHARE     of intervals (95%)\n"
        "      --unfinished SHARE     jobs that may be left pending or rejected (1%)\n"
        "      --limit TIME           after which a simulation is given up, tried once more, and "
        "left out\n"
        "  -j N                       processes at a time (as many as there are processors)\n"
        "      --variant NAME         with the changes of a variant of the scenario\n"
        "      --set PATH=VALUE       change a value, as often as wanted, after the variant\n"
        "      --seed N               other random draws; the scenario's own if not given\n"
        "      --format FORMAT        text, csv or json\n"
        "  -q, --quiet                no progress\n\n"
        "Exit status: 0 an answer was found; 1 none meets the target, a simulation was lost, or a\n"
        "fault in the input or the environment; 2 a wrong command line; 130 stopped by Ctrl-C.\n",
    .run = run,
};
