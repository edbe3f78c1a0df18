/* jishi schema: the scenario language for editors. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/command.h"
#include "scenario/scenario.h"
#include "scenario/schema_json.h"

#include <stdio.h>
#include <stdlib.h>

static int run(const struct command *command, int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return usage_error(command, "it takes no arguments");
    char *text = schema_json(scenario_fields, "jishi scenario");
    puts(text);
    free(text);
    return EXIT_DONE;
}

const struct command command_schema = {
    .name = "schema",
    .summary = "JSON Schema of the scenario language, for editors",
    .help =
        "usage: jishi schema\n\nPrints a JSON Schema (draft 2020-12) of the scenario language.\n",
    .run = run,
};
