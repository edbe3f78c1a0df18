/* jishi compare: a scenario and its variants, with how sure the differences are. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/arguments.h"
#include "cli/compare_print.h"
#include "cli/outfile.h"
#include "cli/page.h"
#include "cli/result.h"
#include "cli/scenario_options.h"
#include "experiment/pool.h"
#include "util/mem.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct compare_options {
    struct scenario_options scenario;
    struct compare_setup setup;
    struct {
        const char **items; /* owned array of borrowed texts */
        size_t len, cap;
    } variants;
    const char *output; /* NULL: none */
    enum result_format format;
    bool quiet, drawn, points; /* points: said */
};

/* "+-2% wait.mean", "2 % of wait.mean". */
static int read_until(const struct command *command, const char *text, struct compare_setup *setup)
{
    const char *at = text;
    double percent = 0;
    if (strncmp(at, "+-", 2) == 0 || strncmp(at, "\xc2\xb1", 2) == 0)
        at += 2;
    const size_t len = quantity_number(at, &percent);
    at += len;
    at += strspn(at, " ");
    const bool good = len > 0 && *at == '%' && percent > 0 && percent < 100;
    at += *at == '%';
    at += strspn(at, " ");
    if (strncmp(at, "of ", 3) == 0)
        at += 3;
    at += strspn(at, " ");
    if (!good || !*at)
        return usage_error(command,
                           "--until takes a precision and a metric, as in \"+-2%% wait.mean\", "
                           "not \"%.60s\"",
                           text),
               -1;
    setup->relative = percent / 100;
    setup->until = at;
    return 0;
}

enum {
    OPTION_FORMAT = 1,
    OPTION_UNTIL,
    OPTION_MOST,
    OPTION_UNCERTAIN,
    OPTION_POINTS,
    OPTION_LIMIT,
    REPLICATIONS_MOST = 1000000
};

static const struct option longs[] = {
    {"set", required_argument, NULL, OPTION_SET},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"variant", required_argument, NULL, OPTION_VARIANT},
    {"replications", required_argument, NULL, 'r'},
    {"until", required_argument, NULL, OPTION_UNTIL},
    {"most", required_argument, NULL, OPTION_MOST},
    {"jobs", required_argument, NULL, 'j'},
    {"uncertain", no_argument, NULL, OPTION_UNCERTAIN},
    {"points", required_argument, NULL, OPTION_POINTS},
    {"limit", required_argument, NULL, OPTION_LIMIT},
    {"format", required_argument, NULL, OPTION_FORMAT},
    {"output", required_argument, NULL, 'o'},
    {"quiet", no_argument, NULL, 'q'},
    {0},
};

static int read_option(const struct command *command, struct compare_options *options, int code,
                       char **argv)
{
    struct compare_setup *setup = &options->setup;
    switch (code) {
    case OPTION_VARIANT:
        /* twice the same would be two in the family that verdicts are corrected for */
        for (size_t i = 0; i < options->variants.len; i++)
            if (strcmp(options->variants.items[i], optarg) == 0)
                return 0;
        MEM_GROW(&options->variants);
        options->variants.items[options->variants.len++] = optarg;
        return 0;
    case 'r':
        return read_whole(command, "-r", optarg, 1, REPLICATIONS_MOST, &setup->replications);
    case OPTION_UNTIL:
        return read_until(command, optarg, setup);
    case OPTION_MOST:
        return read_whole(command, "--most", optarg, 1, REPLICATIONS_MOST, &setup->most);
    case 'j':
        return read_workers(command, optarg, &setup->workers);
    case OPTION_UNCERTAIN:
        setup->uncertain = true;
        return 0;
    case OPTION_POINTS:
        options->points = true;
        return read_whole(command, "--points", optarg, 1, REPLICATIONS_MOST, &setup->points);
    case OPTION_LIMIT:
        return read_duration(command, "--limit", optarg, &setup->limit);
    case OPTION_FORMAT:
        return read_format(command, optarg, &options->format);
    case 'o':
        options->output = optarg;
        return 0;
    case 'q':
        options->quiet = true;
        return 0;
    case ':':
    case '?':
        return option_error(command, longs, code, argv[optind - 1]);
    default:
        return scenario_option(command, &options->scenario, code, optarg);
    }
}

static int read_options(const struct command *command, int argc, char **argv,
                        struct compare_options *options)
{
    opterr = 0;
    for (int code; (code = getopt_long(argc, argv, ":r:j:o:q", longs, NULL)) != -1;)
        if (read_option(command, options, code, argv) < 0)
            return -1;
    if (optind + 1 != argc)
        return usage_error(command, optind == argc ? "a scenario file is needed"
                                                   : "one scenario file at a time"),
               -1;
    if (options->setup.until && options->setup.replications == 1)
        return usage_error(command, "--until needs 2 replications at least: -r 2"), -1;
    if (options->points && !options->setup.uncertain)
        return usage_error(command, "--points is of sampled worlds: --uncertain"), -1;
    return 0;
}

/* --- progress --- */

static void show(void *ctx, size_t done, size_t out_of)
{
    struct compare_options *options = ctx;
    if (options->quiet || !isatty(STDERR_FILENO))
        return;
    fprintf(stderr, "\r%zu of %zu runs\x1b[K", done, out_of);
    options->drawn = true;
}

static void wipe(struct compare_options *options)
{
    if (options->drawn)
        fputs("\r\x1b[K", stderr);
}

static void print(const struct compare *compare, enum result_format format)
{
    struct page page;
    switch (format) {
    case RESULT_TEXT:
        compare_write_text(compare, page_begin(&page));
        page_end(&page, stdout);
        break;
    case RESULT_CSV:
        compare_write_csv(compare, stdout);
        break;
    case RESULT_JSON:
        compare_write_json(compare, stdout);
        break;
    }
}

static int run_compare(struct compare_options *options)
{
    struct compare compare;
    struct error_list errors = {0};
    struct error err;
    const int got = compare_run(&compare, &options->setup, &errors);
    int status = got == COMPARE_DONE      ? EXIT_DONE
                 : got == COMPARE_STOPPED ? EXIT_STOPPED
                                          : EXIT_FAULT;
    wipe(options);
    print_errors(&errors);
    if (status == EXIT_DONE && compare.lost > 0)
        status = EXIT_FAULT;
    if (got != COMPARE_FAILED) {
        print(&compare, options->format);
        if (options->output && compare_write_h5(&compare, options->output, &err) < 0) {
            print_error(&err);
            status = EXIT_FAULT;
        }
    }
    error_list_deinit(&errors);
    compare_deinit(&compare);
    return status;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct compare_options options = {
        .setup = {.replications = COMPARE_REPLICATIONS,
                  .most = COMPARE_MOST,
                  .points = COMPARE_POINTS,
                  .workers = pool_processors(),
                  .tick = show,
                  .builtin_dir = builtin_dir()},
    };
    struct compare_setup *setup = &options.setup;
    int status = EXIT_USAGE;
    setup->ctx = &options;
    if (read_options(command, argc, argv, &options) == 0) {
        setup->path = argv[optind];
        setup->sets = options.scenario.sets;
        setup->n_sets = options.scenario.n_sets;
        setup->has_seed = options.scenario.has_seed;
        setup->seed = options.scenario.seed;
        setup->variants = options.variants.items;
        setup->n_variants = options.variants.len;
        setup->interrupted = catch_signals();
        const char *output = options.output;
        status = need_rereadable(setup->path) < 0 ||
                         (output &&
                          (outfile_folder(output) < 0 || outfile_replaces_comparison(output) < 0))
                     ? EXIT_FAULT
                     : run_compare(&options);
    }
    scenario_options_deinit(&options.scenario);
    free(options.variants.items);
    return status;
}

const struct command command_compare = {
    .name = "compare",
    .summary = "a scenario and its variants: differences with their uncertainty",
    .help =
        "usage: jishi compare SCENARIO [OPTION]...\n\n"
        "Runs the scenario and its variants on common random numbers and says which differences\n"
        "are shown, and how sure they are.\n\n"
        "  -r, --replications N   independent repetitions of each; 10 if not given\n"
        "      --until PRECISION  more of them until a metric is that sure, as in\n"
        "                         \"+-2% wait.mean\": half the 95 % interval over the mean\n"
        "      --most N           replications for --until; 1000 if not given\n"
        "      --variant NAME     only this one, as often as wanted; all if not given\n"
        "      --set PATH=VALUE   change a value in all of them, as often as wanted\n"
        "      --seed N           other random draws; the scenario's own if not given\n"
        "      --uncertain        vary what the scenario declares under `uncertain`, too\n"
        "      --points N         worlds to sample for --uncertain; 40 if not given\n"
        "  -j, --jobs N           processes at a time; one a processor if not given\n"
        "      --limit TIME       a run that takes longer is given up: 90 s, 2h\n"
        "      --format FORMAT    text (a page), csv or json (every number)\n"
        "  -o, --output FILE.h5   all runs and findings\n"
        "  -q, --quiet            no progress\n\n"
        "Exit status: 0 done; 1 a fault in the input or the environment, or runs were lost;\n"
        "2 a wrong command line; 130 stopped by Ctrl-C, with what there is printed.\n",
    .run = run,
};
