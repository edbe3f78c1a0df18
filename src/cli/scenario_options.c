/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/scenario_options.h"

#include "cli/arguments.h"
#include "scenario/resolve.h"
#include "util/file.h"
#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

void scenario_options_deinit(struct scenario_options *options)
{
    free(options->sets);
}

int scenario_option(const struct command *command, struct scenario_options *options, int code,
                    char *argument)
{
    switch (code) {
    case OPTION_VARIANT:
        options->variant = argument;
        return 1;
    case OPTION_SET:
        if (!setting_is_formed(argument)) {
            usage_error(command, "--set takes PATH=VALUE, not \"%.200s\"", argument);
            return -1;
        }
        options->sets = mem_resize(options->sets, options->n_sets + 1, sizeof(*options->sets));
        options->sets[options->n_sets++] = argument;
        return 1;
    case OPTION_SEED:
        options->has_seed = true;
        return read_whole(command, "--seed", argument, 0, INT64_MAX, &options->seed) < 0 ? -1 : 1;
    case OPTION_REPLICATION:
        return read_whole(command, "--replication", argument, 1, INT64_MAX, &options->replication) <
                       0
                   ? -1
                   : 1;
    default:
        return 0;
    }
}

const char *builtin_dir(void)
{
    const char *dir = getenv("JISHI_BUILTIN");
    return dir ? dir : JISHI_BUILTIN_DIR;
}

struct judge scenario_judge(const struct program *program, const struct scenario_options *options)
{
    struct judge judge = {program, options->variant, options->sets, options->n_sets, {0}};
    judge.options = (struct build_options){.replication = options->replication, .causes = true};
    judge.options.seed =
        program->n_epochs > 0 && program->epochs[0].scenario ? run_seed(program, options) : 0;
    return judge;
}

void print_scenario_errors(const struct program *program, const struct scenario_options *options,
                           size_t n, struct error_list *errors)
{
    const struct judge judge = scenario_judge(program, options);
    judge_settings(&judge, n, errors);
    settings_name(errors, options->sets, options->n_sets);
    print_errors(errors);
}

int load_program(struct program *program, const char *path, const struct scenario_options *options)
{
    struct error_list errors = {0};
    const int rc = program_load(program, path, options->variant, options->sets, options->n_sets,
                                builtin_dir(), &errors);
    if (rc < 0) {
        const struct judge judge = scenario_judge(program, options);
        judge_rest(&judge, &errors);
    }
    print_scenario_errors(program, options, errors.len, &errors);
    error_list_deinit(&errors);
    return rc;
}

int need_rereadable(const char *path)
{
    struct error err;
    if (file_need_regular(path, &err) == 0)
        return 0;
    struct error_list errors = {0};
    error_list_addf(&errors, (struct mark){.file = path}, "%s", err.text);
    print_errors(&errors);
    error_list_deinit(&errors);
    return -1;
}

char *scenario_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    return mem_text_n(name, dot && dot > name ? (size_t)(dot - name) : strlen(name));
}

uint64_t run_seed(const struct program *program, const struct scenario_options *options)
{
    return options->has_seed ? options->seed : (uint64_t)program->epochs[0].scenario->seed;
}
