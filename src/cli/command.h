/* The sub-commands of the program. A command is a file and a line in the table of main.c. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "util/error.h"

#include <getopt.h>

enum {
    EXIT_DONE = 0,
    EXIT_FAULT = 1,    /* in the user's input or environment */
    EXIT_USAGE = 2,    /* wrong command line */
    EXIT_STOPPED = 130 /* after Ctrl-C */
};

struct command {
    const char *name, *summary, *help;
    int (*run)(const struct command *command, int argc, char **argv);
};

extern const struct command command_run, command_check, command_compare, command_plan, command_list,
    command_schema, command_sweep;

/* A line to stderr, with the control characters of what a user wrote as \x1b. */
void tell_user(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Print to stderr; the program's name before errors that have no place. */
void print_error(const struct error *err);
void print_errors(struct error_list *errors); /* sorted */

/* "jishi run: TEXT" and where help is to be had. Returns EXIT_USAGE. */
int usage_error(const struct command *command, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The same of what getopt_long could not take: code is ':' or '?', word what stands there; of an
 * unknown one with the nearest of the known ones. Always -1. */
int option_error(const struct command *command, const struct option *known, int code,
                 const char *word);

/* Flush stdout; EXIT_FAULT and a message if something written to it was lost. */
int close_output(int status);

#endif
