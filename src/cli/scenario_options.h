/* What the commands that read a scenario have in common on their command line. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_SCENARIO_OPTIONS_H
#define CLI_SCENARIO_OPTIONS_H

#include "cli/command.h"
#include "experiment/judge.h"

struct scenario_options {
    const char *variant;
    const char **sets; /* owned array of borrowed texts */
    size_t n_sets;
    bool has_seed;
    uint64_t seed, replication;
};

void scenario_options_deinit(struct scenario_options *options);

/* Long options of getopt with these codes; take one. 1: it was ours, 0: not, -1: wrong (told). */
enum { OPTION_VARIANT = 1000, OPTION_SET, OPTION_SEED, OPTION_REPLICATION };
#define SCENARIO_LONG_OPTIONS                                                                      \
    {"variant", required_argument, NULL, OPTION_VARIANT},                                          \
        {"set", required_argument, NULL, OPTION_SET},                                              \
        {"seed", required_argument, NULL, OPTION_SEED},                                            \
    {                                                                                              \
        "replication", required_argument, NULL, OPTION_REPLICATION                                 \
    }
int scenario_option(const struct command *command, struct scenario_options *options, int code,
                    char *argument);

/* The program, as it was loaded with the options, to be judged. */
struct judge scenario_judge(const struct program *program, const struct scenario_options *options);

/* Print errors of a scenario, those that settings make as such: they are looked for among the first
 * n, as judge_settings does. The program is as it was loaded. */
void print_scenario_errors(const struct program *program, const struct scenario_options *options,
                           size_t n, struct error_list *errors);

/* Load a scenario as the options say; errors are printed. -1 on failure; the program is to be freed
 * in either case. */
int load_program(struct program *program, const char *path, const struct scenario_options *options);

/* -1, with an error printed, if a scenario that will be read more than once cannot be. */
int need_rereadable(const char *path);

/* Where `builtin:NAME` files are. Borrowed. */
const char *builtin_dir(void);

/* "configs/demo.yaml" -> "demo". To be freed. */
char *scenario_name(const char *path);

/* The seed of the run: the command line's, else the scenario's. */
uint64_t run_seed(const struct program *program, const struct scenario_options *options);

#endif
