/* jishi check: read scenarios and explain them, without a run. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/text_table.h"
#include "cli/explain.h"
#include "cli/page.h"
#include "cli/scenario_options.h"
#include "experiment/judge.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

enum { OPTION_RESOLVED = 1 };

/* Judges what is laid out, too. */
static int explain(const struct judge *judge, const char *path, FILE *out,
                   struct error_list *errors)
{
    const struct program *program = judge->base;
    struct build build;
    int rc = build_init(&build, program, &judge->options, errors);
    const int opened = build.laid_out ? build_open(&build, errors) : -1;
    if (rc == 0 && opened == 0)
        build_find_begin(&build);
    if (rc == 0) {
        struct page page;
        const char *title = program->epochs[0].scenario->title;
        char *shown = printable(title ? title : "");
        fprintf(page_begin(&page), "%s%s%s\n", path, title ? ": " : "", shown);
        free(shown);
        rc = explain_build(&build, page.file, errors);
        page_end(&page, out);
    } else if (build.laid_out) {
        judge_measures(&build, errors);
        judge_logs(&build, errors);
    }
    build_deinit(&build);
    return rc | opened;
}

/* Explained, but where it is printed as resolved: judged all the same, for what is printed can be
 * run. */
static int explain_whole(const struct judge *judge, const char *path, bool resolved,
                         struct error_list *errors)
{
    FILE *nowhere = resolved ? fopen("/dev/null", "w") : NULL;
    const int rc = explain(judge, path, nowhere ? nowhere : stdout, errors);
    if (nowhere)
        fclose(nowhere);
    return rc;
}

/* All that is wrong, in one go: with the scenario, its assumptions and its variants. */
static int check_file(const char *path, const struct scenario_options *options, bool resolved)
{
    struct program program;
    struct error_list errors = {0};
    int rc = program_load(&program, path, options->variant, options->sets, options->n_sets,
                          builtin_dir(), &errors);
    const struct judge judge = scenario_judge(&program, options);
    if (rc == 0)
        rc = explain_whole(&judge, path, resolved, &errors);
    else
        judge_rest(&judge, &errors);
    const size_t own = errors.len;
    if (rc == 0 && !resolved)
        rc = judge_assumptions(&judge, &errors);
    if (!options->variant && !resolved && program.document.base)
        rc |= judge_variants(&judge, &errors);
    print_scenario_errors(&program, options, own, &errors);
    error_list_deinit(&errors);
    if (rc == 0 && resolved) {
        char *text = program_resolved_text(&program, PATHS_ABSOLUTE);
        fputs(text, stdout);
        free(text);
    }
    program_free(&program);
    return rc;
}

static int run(const struct command *command, int argc, char **argv)
{
    static const struct option longs[] = {
        SCENARIO_LONG_OPTIONS, {"resolved", no_argument, NULL, OPTION_RESOLVED}, {0}};
    struct scenario_options options = {.replication = 1};
    bool resolved = false;
    int status = EXIT_DONE;
    opterr = 0;
    for (int code;
         status == EXIT_DONE && (code = getopt_long(argc, argv, ":", longs, NULL)) != -1;) {
        const int own = scenario_option(command, &options, code, optarg);
        if (own < 0)
            status = EXIT_USAGE;
        else if (code == OPTION_RESOLVED)
            resolved = true;
        else if (own == 0)
            status = option_error(command, longs, code, argv[optind - 1]) < 0 ? EXIT_USAGE : 0;
    }
    if (status == EXIT_DONE && optind == argc)
        status = usage_error(command, "a scenario file is needed");
    if (status == EXIT_DONE && resolved && optind + 1 != argc)
        status = usage_error(command, "--resolved takes one scenario file");
    for (int i = optind; i < argc && status != EXIT_USAGE; i++)
        if (check_file(argv[i], &options, resolved) < 0)
            status = EXIT_FAULT;
    scenario_options_deinit(&options);
    return status;
}

const struct command command_check = {
    .name = "check",
    .summary = "read scenarios and explain them, without a run",
    .help =
        "usage: jishi check SCENARIO... [OPTION]...\n\n"
        "Reads scenarios, tells every error, those of variants and of what is `uncertain` near\n"
        "its ends, too, and states capacity and offered load.\n\n"
        "      --resolved        print the scenario whole: includes, variant and settings in\n"
        "                        it, file names absolute; it runs to the same trace, but\n"
        "                        for /scenario, wherever it is put\n"
        "      --variant NAME    with the changes of a variant of the scenario\n"
        "      --set PATH=VALUE  change a value, as often as wanted, after the variant\n",
    .run = run,
};
