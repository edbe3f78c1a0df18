/* jishi plan: the smallest value, or the cheapest pair, that meets a target. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/plan_print.h"
#include "cli/scenario_options.h"
#include "experiment/pool.h"
#include "util/mem.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { VARIES_MAX = 2, PERIODS_MOST = 1200 };
enum every { EVERY_NONE, EVERY_YEAR, EVERY_MONTH };

struct plan_options {
    struct scenario_options scenario;
    const char *varies[VARIES_MAX];
    size_t n_varies;
    const char *target, *cost;
    double share; /* 0: the means are judged */
    bool of_periods;
    enum every every;
    double confidence, unfinished;
    uint64_t replications, most, workers, grid; /* most 0: 8 times as many */
    enum result_format format;
    bool quiet;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int signal)
{
    (void)signal;
    interrupted = 1;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* --- the command line --- */

enum {
    OPTION_VARY = 1,
    OPTION_TARGET,
    OPTION_IN,
    OPTION_EVERY,
    OPTION_COST,
    OPTION_MOST,
    OPTION_GRID,
    OPTION_CONFIDENCE,
    OPTION_UNFINISHED,
    OPTION_FORMAT
};

static int read_whole(const struct command *command, const char *name, const char *text,
                      uint64_t least, uint64_t most, uint64_t *ret)
{
    char *end;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    if (*text >= '0' && *text <= '9' && !*end && !errno && value >= least && value <= most) {
        *ret = value;
        return 0;
    }
    usage_error(command, "%s takes a whole number from %llu to %llu, not \"%.40s\"", name,
                (unsigned long long)least, (unsigned long long)most, text);
    return -1;
}

static int read_share(const struct command *command, const char *name, const char *text,
                      double *ret)
{
    struct error err;
    if (quantity_parse(text, UNIT_NONE, ret, &err) == 0 && *ret > 0 && *ret <= 1)
        return 0;
    usage_error(command, "%s takes a share, such as 95%%, not \"%.40s\"", name, text);
    return -1;
}

/* "95%", "95% of replications", "95% of years", "95% of months". */
static int read_in(const struct command *command, const char *text, struct plan_options *options)
{
    const char *of = strstr(text, " of ");
    char *share = mem_text_n(text, of ? (size_t)(of - text) : strlen(text));
    int rc = read_share(command, "--in", share, &options->share);
    free(share);
    options->of_periods = false;
    if (rc < 0 || !of || strcmp(of, " of replications") == 0)
        return rc;
    options->of_periods = true;
    if (strcmp(of, " of years") == 0)
        options->every = EVERY_YEAR;
    else if (strcmp(of, " of months") == 0)
        options->every = EVERY_MONTH;
    else
        return usage_error(command,
                           "--in takes a share of replications, years or months, not \"%.40s\"",
                           text),
               -1;
    return 0;
}

static int read_every(const struct command *command, const char *text, struct plan_options *options)
{
    if (strcmp(text, "year") == 0 || strcmp(text, "month") == 0) {
        options->every = *text == 'y' ? EVERY_YEAR : EVERY_MONTH;
        return 0;
    }
    usage_error(command, "--every takes year or month, not \"%.40s\"", text);
    return -1;
}

static int read_format(const struct command *command, const char *text, enum result_format *ret)
{
    for (int i = 0; result_format_names[i]; i++)
        if (strcmp(text, result_format_names[i]) == 0) {
            *ret = (enum result_format)i;
            return 0;
        }
    usage_error(command, "--format takes text, csv or json, not \"%.40s\"", text);
    return -1;
}

static int add_vary(const struct command *command, const char *text, struct plan_options *options)
{
    if (options->n_varies == VARIES_MAX) {
        usage_error(command, "at most %d values are varied", VARIES_MAX);
        return -1;
    }
    options->varies[options->n_varies++] = text;
    return 0;
}

static int take_option(const struct command *command, int code, struct plan_options *options)
{
    switch (code) {
    case OPTION_VARY:
        return add_vary(command, optarg, options);
    case OPTION_TARGET:
        options->target = optarg;
        return 0;
    case OPTION_COST:
        options->cost = optarg;
        return 0;
    case OPTION_IN:
        return read_in(command, optarg, options);
    case OPTION_EVERY:
        return read_every(command, optarg, options);
    case OPTION_CONFIDENCE:
        if (read_share(command, "--confidence", optarg, &options->confidence) < 0)
            return -1;
        if (options->confidence < 1)
            return 0;
        usage_error(command, "--confidence takes a share below 100%%, not \"%.40s\"", optarg);
        return -1;
    case OPTION_UNFINISHED:
        return read_share(command, "--unfinished", optarg, &options->unfinished);
    case OPTION_MOST:
        return read_whole(command, "--most", optarg, 1, 100000, &options->most);
    case OPTION_GRID:
        return read_whole(command, "--grid", optarg, 2, 1000, &options->grid);
    case OPTION_FORMAT:
        return read_format(command, optarg, &options->format);
    case 'r':
        return read_whole(command, "-r", optarg, 1, 100000, &options->replications);
    case 'j':
        return read_whole(command, "-j", optarg, 1, 1024, &options->workers);
    default:
        options->quiet = true; /* q */
        return 0;
    }
}

static int check_options(const struct command *command, int argc, struct plan_options *options)
{
    const char *wrong = NULL;
    if (optind + 1 != argc)
        wrong = optind == argc ? "a scenario file is needed" : "one scenario file at a time";
    else if (options->n_varies == 0)
        wrong = "--vary PATH=LO..HI says what may be chosen";
    else if (!options->target)
        wrong = "--target 'EXPRESSION' says what is wanted";
    else if (options->scenario.replication > 0)
        wrong = "-r says how many replications are done, from the first on";
    if (wrong)
        usage_error(command, "%s", wrong);
    if (options->most == 0)
        options->most = 8 * options->replications;
    if (options->most < options->replications)
        options->most = options->replications;
    return wrong ? -1 : 0;
}

static int read_options(const struct command *command, int argc, char **argv,
                        struct plan_options *options)
{
    static const struct option longs[] = {
        SCENARIO_LONG_OPTIONS,
        {"vary", required_argument, NULL, OPTION_VARY},
        {"target", required_argument, NULL, OPTION_TARGET},
        {"in", required_argument, NULL, OPTION_IN},
        {"every", required_argument, NULL, OPTION_EVERY},
        {"cost", required_argument, NULL, OPTION_COST},
        {"most", required_argument, NULL, OPTION_MOST},
        {"grid", required_argument, NULL, OPTION_GRID},
        {"confidence", required_argument, NULL, OPTION_CONFIDENCE},
        {"unfinished", required_argument, NULL, OPTION_UNFINISHED},
        {"format", required_argument, NULL, OPTION_FORMAT},
        {"quiet", no_argument, NULL, 'q'},
        {0},
    };
    opterr = 0;
    for (int code; (code = getopt_long(argc, argv, ":r:j:q", longs, NULL)) != -1;) {
        const int own = scenario_option(command, &options->scenario, code, optarg);
        if (own < 0)
            return -1;
        if (own > 0)
            continue;
        if (code == ':' || code == '?') {
            usage_error(command, code == ':' ? "%s needs a value" : "unknown option %s",
                        argv[optind - 1]);
            return -1;
        }
        if (take_option(command, code, options) < 0)
            return -1;
    }
    return check_options(command, argc, options);
}

/* --- what is planned --- */

struct planning {
    const struct plan_options *options;
    struct program program;
    struct vary varies[VARIES_MAX];
    size_t n_varies;
    struct target target;
    struct cost *cost;
    char **periods;
    size_t n_periods;
};

static void planning_deinit(struct planning *planning)
{
    for (size_t i = 0; i < planning->n_varies; i++)
        vary_deinit(&planning->varies[i]);
    for (size_t i = 0; i < planning->n_periods; i++)
        free(planning->periods[i]);
    free(planning->periods);
    target_deinit(&planning->target);
    cost_free(planning->cost);
    program_free(&planning->program);
}

/* "jishi: --target: TEXT", the expression, and a caret below the place. Always -1. */
static int print_fault(const char *option, const char *text, const struct error *err)
{
    struct error told = {.at = {0}};
    memcpy(told.text, err->text, sizeof(told.text));
    error_prefix(&told, "%s: ", option);
    print_error(&told);
    if (err->at.column > 0 && !err->at.file && strlen(text) < 400)
        fprintf(stderr, "  %s\n  %*s\n", text, (int)err->at.column, "^");
    return -1;
}

static int read_varies(struct planning *planning)
{
    const struct plan_options *options = planning->options;
    struct error err;
    for (size_t i = 0; i < options->n_varies; i++) {
        err = (struct error){0};
        if (vary_parse(options->varies[i], &planning->program, &planning->varies[i], &err) < 0)
            return print_fault("--vary", "", &err);
        planning->n_varies++;
    }
    if (planning->n_varies == 2 &&
        strcmp(planning->varies[0].path, planning->varies[1].path) == 0) {
        error_set(&err, "%.200s is varied twice", planning->varies[0].path);
        return print_fault("--vary", "", &err);
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
        return print_fault(options->cost ? "--cost" : "--vary", options->cost ? options->cost : "",
                           &err);
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
            return print_fault("--target", "", &err);
    }
    return 0;
}

static int add_periods(struct planning *planning, const struct world *world)
{
    const bool years = planning->options->every == EVERY_YEAR;
    const simtime until =
        world->measure_until < world->length ? world->measure_until : world->length;
    struct error err = {0};
    if (planning->options->every == EVERY_NONE)
        return 0;
    if (until == SIMTIME_NEVER) {
        error_set(&err, "the scenario has no length: its years are not known");
        return print_fault("--every", "", &err);
    }
    const struct civil first = date_civil(world->start + world->measure_from, world->offset);
    const struct civil last = date_civil(world->start + until - 1, world->offset);
    const int from = years ? first.year : first.year * 12 + first.month - 1;
    const int to = years ? last.year : last.year * 12 + last.month - 1;
    if (to - from >= PERIODS_MOST) {
        error_set(&err, "%d periods are too many; at most %d", to - from + 1, PERIODS_MOST);
        return print_fault("--every", "", &err);
    }
    planning->periods = mem_new((size_t)(to - from) + 1, sizeof(*planning->periods));
    for (int at = from; at <= to; at++)
        planning->periods[planning->n_periods++] =
            years ? mem_format("%04d", at) : mem_format("%04d-%02d", at / 12, at % 12 + 1);
    return 0;
}

/* All that can be wrong before the first simulation. */
static int prepare(struct planning *planning)
{
    const struct plan_options *options = planning->options;
    struct error err = {0};
    struct error_list errors = {0};
    struct build build;
    if (target_parse(options->target, &planning->target, &err) < 0)
        return print_fault("--target", options->target, &err);
    if (read_varies(planning) < 0 || read_cost(planning) < 0)
        return -1;
    const struct build_options chosen = {.seed = 1, .replication = 1};
    int rc = build_init(&build, &planning->program, &chosen, &errors);
    print_errors(&errors);
    error_list_deinit(&errors);
    if (rc == 0)
        rc = check_target(planning, &build.world);
    if (rc == 0)
        rc = add_periods(planning, &build.world);
    build_deinit(&build);
    return rc;
}

/* --- running --- */

struct context {
    struct sizing_runner runner; /* first: the plan's ctx is both */
    const struct cost *cost;
};

static double cost_of(void *ctx, const size_t at[2])
{
    return cost_at(((const struct context *)ctx)->cost, at);
}

static void show_progress(const struct sizing_runner *runner)
{
    fprintf(stderr, "\r%llu simulations done ", (unsigned long long)runner->runs);
    fflush(stderr);
}

static int plan(struct planning *planning, const char *path)
{
    const struct plan_options *options = planning->options;
    const bool show = !options->quiet && isatty(STDERR_FILENO);
    struct context context = {
        .runner = {.scenario = path,
                   .variant = options->scenario.variant,
                   .builtin_dir = builtin_dir(),
                   .sets = options->scenario.sets,
                   .n_sets = options->scenario.n_sets,
                   .seed = run_seed(&planning->program, &options->scenario),
                   .varies = planning->varies,
                   .n_varies = planning->n_varies,
                   .workers = (unsigned)options->workers,
                   .progress = show ? show_progress : NULL,
                   .interrupted = &interrupted},
        .cost = planning->cost,
    };
    const struct sizing_setup setup = {
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
        .replications = options->replications,
        .most = options->most,
        .cost = cost_of,
        .run = sizing_run,
        .ctx = &context,
    };
    struct sizing made;
    struct error err = {0};
    const int rc = sizing_make(&made, &setup, &err);
    if (show)
        fputs("\r\033[K", stderr);
    if (rc == 0) {
        const struct plan_report report = {
            .title = planning->program.epochs[0].scenario->title,
            .target = options->target,
            .plan = &made,
            .varies = planning->varies,
            .n_varies = planning->n_varies,
            .cost = planning->cost,
            .cost_said = options->cost != NULL,
        };
        plan_print(&report, options->format, stdout);
    } else if (err.text[0]) {
        print_error(&err);
    } else {
        fputs("jishi: stopped; nothing is planned\n", stderr);
    }
    sizing_deinit(&made);
    return rc == 0 ? EXIT_DONE : err.text[0] ? EXIT_FAULT : EXIT_STOPPED;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct plan_options options = {
        .confidence = 0.95, .unfinished = 0.01, .replications = 10, .workers = pool_processors()};
    if (read_options(command, argc, argv, &options) < 0) {
        scenario_options_deinit(&options.scenario);
        return EXIT_USAGE;
    }
    catch_signals();
    struct planning planning = {.options = &options};
    int status = EXIT_FAULT;
    if (load_program(&planning.program, argv[optind], &options.scenario) == 0 &&
        prepare(&planning) == 0)
        status = plan(&planning, argv[optind]);
    planning_deinit(&planning);
    scenario_options_deinit(&options.scenario);
    return status;
}

const struct command command_plan = {
    .name = "plan",
    .summary = "the smallest value, or cheapest pair, that meets a target",
    .help =
        "usage: jishi plan SCENARIO --vary PATH=LO..HI --target 'EXPRESSION' [OPTION]...\n\n"
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
        "  -r N                       replications of each value at first (10)\n"
        "      --most N               of one whose interval lies on both sides of the target (8\n"
        "                             times as many as at first)\n"
        "      --grid N               values of a range tried first (9; of a pair 5)\n"
        "      --confidence SHARE     of intervals (95%)\n"
        "      --unfinished SHARE     jobs that may be left pending or rejected (1%)\n"
        "  -j N                       processes at a time (as many as there are processors)\n"
        "      --variant NAME         with the changes of a variant of the scenario\n"
        "      --set PATH=VALUE       change a value, as often as wanted, after the variant\n"
        "      --seed N               other random draws; the scenario's own if not given\n"
        "      --format FORMAT        text, csv or json\n"
        "  -q, --quiet                no progress\n",
    .run = run,
};
