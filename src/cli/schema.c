/* jishi schema: the languages of our files for editors. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/command.h"
#include "experiment/sweep.h"
#include "scenario/scenario.h"
#include "scenario/schema_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int run(const struct command *command, int argc, char **argv)
{
    const bool sweeps = argc == 2 && strcmp(argv[1], "sweep") == 0;
    if (argc > 2 || (argc == 2 && !sweeps && strcmp(argv[1], "scenario") != 0))
        return usage_error(command, "it takes the name of a language: scenario or sweep");
    char *text = sweeps ? schema_json(sweep_fields, "jishi sweep", false)
                        : schema_json(scenario_fields, "jishi scenario", true);
    puts(text);
    free(text);
    return EXIT_DONE;
}

const struct command command_schema = {
    .name = "schema",
    .summary = "JSON Schema of scenarios or sweeps, for editors",
    .help = "usage: jishi schema [scenario|sweep]\n\n"
            "Prints a JSON Schema (draft 2020-12) of scenarios (if not told), or of sweep files.\n",
    .run = run,
};
