/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/arguments.h"

#include "util/quantity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int read_whole(const struct command *command, const char *option, const char *text, uint64_t least,
               uint64_t most, uint64_t *ret)
{
    char *end;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    if (*text >= '0' && *text <= '9' && !*end && !errno && value >= least && value <= most) {
        *ret = value;
        return 0;
    }
    if (most == INT64_MAX)
        usage_error(command, "%s takes a whole number from %llu on, not \"%.40s\"", option,
                    (unsigned long long)least, text);
    else
        usage_error(command, "%s takes a whole number from %llu to %llu, not \"%.40s\"", option,
                    (unsigned long long)least, (unsigned long long)most, text);
    return -1;
}

int read_duration(const struct command *command, const char *option, const char *text, double *ret)
{
    struct error err;
    if (quantity_parse(text, UNIT_TIME, ret, &err) == 0 && *ret > 0)
        return 0;
    usage_error(command, "%s takes a duration such as 5min, not \"%.40s\"", option, text);
    return -1;
}

int read_workers(const struct command *command, const char *text, unsigned *ret)
{
    uint64_t workers = 0;
    const int rc = read_whole(command, "-j", text, 1, WORKERS_MOST, &workers);
    *ret = (unsigned)workers;
    return rc;
}

int read_format(const struct command *command, const char *text, enum result_format *ret)
{
    for (int i = 0; result_format_names[i]; i++)
        if (strcmp(text, result_format_names[i]) == 0) {
            *ret = (enum result_format)i;
            return 0;
        }
    usage_error(command, "--format takes text, csv or json, not \"%.40s\"", text);
    return -1;
}

/* The one thing a signal handler may touch. */
static volatile sig_atomic_t interrupted;

static void on_signal(int signal)
{
    (void)signal;
    interrupted = 1;
}

const volatile sig_atomic_t *catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    struct sigaction hangup;
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN) /* as nohup says */
        sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    return &interrupted;
}
