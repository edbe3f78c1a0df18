/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/scenario_options.h"

#include "util/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void scenario_options_deinit(struct scenario_options *options)
{
    free(options->sets);
}

static int read_number(const struct command *command, const char *name, const char *text,
                       uint64_t least, uint64_t *ret)
{
    char *end;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || value < least || value > INT64_MAX) {
        usage_error(command, "--%s takes a whole number from %llu on, not \"%.40s\"", name,
                    (unsigned long long)least, text);
        return -1;
    }
    *ret = value;
    return 1;
}

int scenario_option(const struct command *command, struct scenario_options *options, int code,
                    char *argument)
{
    switch (code) {
    case OPTION_VARIANT:
        options->variant = argument;
        return 1;
    case OPTION_SET:
        options->sets = mem_resize(options->sets, options->n_sets + 1, sizeof(*options->sets));
        options->sets[options->n_sets++] = argument;
        return 1;
    case OPTION_SEED:
        options->has_seed = true;
        return read_number(command, "seed", argument, 0, &options->seed);
    case OPTION_REPLICATION:
        return read_number(command, "replication", argument, 1, &options->replication);
    default:
        return 0;
    }
}

const char *builtin_dir(void)
{
    const char *dir = getenv("JISHI_BUILTIN");
    return dir ? dir : JISHI_BUILTIN_DIR;
}

int load_program(struct program *program, const char *path, const struct scenario_options *options)
{
    struct error_list errors = {0};
    const int rc = program_load(program, path, options->variant, options->sets, options->n_sets,
                                builtin_dir(), &errors);
    print_errors(&errors);
    error_list_deinit(&errors);
    return rc;
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
