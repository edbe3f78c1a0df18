/* Another program run to its end: what it printed, and how it ended. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_COMMAND_H
#define EXPERIMENT_COMMAND_H

#include "util/error.h"

struct command_result {
    int status; /* of its exit; -1: a signal ended it */
    char *out;  /* what it printed on stdout, at most COMMAND_OUTPUT_MAX bytes, ended by 0; owned */
    char *says; /* the same of stderr */
};

enum { COMMAND_OUTPUT_MAX = 64 << 20 };

/* Run argv (NULL-ended; argv[0] is looked for in PATH) with nothing on stdin. It is ended after
 * `limit` seconds of wall time. -1 with an error: there is no such program, or it took too long;
 * an exit status other than 0 is the caller's to judge. */
int command_execute(const char *const *argv, double limit, struct command_result *ret,
                    struct error *err);
void command_result_deinit(struct command_result *result);

#endif
