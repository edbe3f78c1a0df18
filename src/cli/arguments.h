/* Arguments that several commands take, and Ctrl-C. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include "cli/command.h"
#include "cli/result.h"

#include <signal.h>

enum { WORKERS_MOST = 4096 };

/* A whole number from least to most, most at most INT64_MAX (then it is not told). -1: it is none
 * (told, with the name of the option). */
int read_whole(const struct command *command, const char *option, const char *text, uint64_t least,
               uint64_t most, uint64_t *ret);

/* A duration above 0, in seconds. -1: it is none (told). */
int read_duration(const struct command *command, const char *option, const char *text, double *ret);

/* Of -j. */
int read_workers(const struct command *command, const char *text, unsigned *ret);

/* Of --format. */
int read_format(const struct command *command, const char *text, enum result_format *ret);

/* From now on the first Ctrl-C, SIGTERM or hangup sets the flag that is returned, the second one
 * ends the process; a reader that is gone and a file that is too large are errors of write. */
const volatile sig_atomic_t *catch_signals(void);

#endif
