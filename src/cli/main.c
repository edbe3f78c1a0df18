/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/command.h"

#include "analysis/text_table.h"
#include "policy/sched.h"
#include "util/dist.h"

#include <errno.h>
#include <gsl/gsl_errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct command *const commands[] = {&command_run,   &command_compare, &command_sweep,
                                                 &command_plan,  &command_check,   &command_list,
                                                 &command_schema};

/* "  orders: easy, fcfs, ...", wrapped. */
static void print_names(const struct kind_list *list, FILE *out)
{
    int column = fprintf(out, "  %-14s", list->whats);
    for (size_t i = 0; list->items[i]; i++) {
        const char *name = list->items[i]->name;
        if (column + (int)strlen(name) > 90)
            column = fprintf(out, "\n  %-14s", "") - 1;
        column += fprintf(out, "%s%s", name, list->items[i + 1] ? ", " : "\n");
    }
}

static void print_help(FILE *out)
{
    fputs("jishi (机时): a simulator of shared compute centres\n\n"
          "usage: jishi COMMAND [ARGUMENT]...\n\n",
          out);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        fprintf(out, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\nA scenario may name (`jishi list` tells more)\n", out);
    print_names(&order_kinds, out);
    print_names(&backfill_kinds, out);
    print_names(&placement_kinds, out);
    print_names(&dist_kinds, out);
    fputs("\n`jishi COMMAND --help` tells more; `jishi --version` the version.\n", out);
}

/* To stderr, what the user wrote made fit for a terminal. */
void tell_user(const char *fmt, ...)
{
    char text[1600];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    char *shown = printable(text);
    fprintf(stderr, "%s\n", shown);
    free(shown);
}

void print_error(const struct error *err)
{
    char text[1024];
    tell_user("%s%s", err->at.file ? "" : "jishi: ", error_format(err, text, sizeof(text)));
}

void print_errors(struct error_list *errors)
{
    error_list_sort(errors);
    for (size_t i = 0; i < errors->len; i++)
        print_error(&errors->items[i]);
    if (errors->len == ERROR_LIST_MAX)
        fprintf(stderr, "jishi: more than %d errors; the rest is not shown\n", ERROR_LIST_MAX);
}

int usage_error(const struct command *command, const char *fmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    tell_user("jishi %s: %s; see jishi %s --help", command->name, text, command->name);
    return EXIT_USAGE;
}

int option_error(const struct command *command, const struct option *known, int code,
                 const char *word)
{
    enum { MOST = 64 };
    const char *names[MOST], *near = NULL;
    char name[64];
    size_t len = 0;
    if (code == ':') {
        usage_error(command, "%s needs a value", word);
        return -1;
    }
    while (len < MOST && known[len].name) {
        names[len] = known[len].name;
        len++;
    }
    if (strncmp(word, "--", 2) == 0) {
        snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
        near = nearest_name(name, names, len);
    }
    usage_error(command, near ? "unknown option %s, did you mean --%s?" : "unknown option %s", word,
                near);
    return -1;
}

int close_output(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fprintf(stderr, "jishi: cannot write the output: %s\n", strerror(errno));
    return status == EXIT_DONE ? EXIT_FAULT : status;
}

/* Parameters were bounded when they were read: an error of GSL is a bug of ours. */
static void on_gsl_error(const char *reason, const char *file, int line, int code)
{
    (void)code;
    base_fail(file, line, reason);
}

static int unknown_command(const char *name)
{
    const char *names[ARRAY_LEN(commands)];
    char hint[200];
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        names[i] = commands[i]->name;
    suggest_name(name, names, ARRAY_LEN(names), hint, sizeof(hint));
    tell_user("jishi: unknown command \"%.60s\"%s", name, hint);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    gsl_set_error_handler(on_gsl_error);
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return close_output(EXIT_DONE);
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("jishi " JISHI_VERSION);
        return close_output(EXIT_DONE);
    }
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (strcmp(argv[1], commands[i]->name) != 0)
            continue;
        for (int k = 2; k < argc; k++)
            if (strcmp(argv[k], "--help") == 0 || strcmp(argv[k], "-h") == 0) {
                fputs(commands[i]->help, stdout);
                return close_output(EXIT_DONE);
            }
        return close_output(commands[i]->run(commands[i], argc - 1, argv + 1));
    }
    return unknown_command(argv[1]);
}
