/* jishi plan: its command line, what is read for it, and its two kinds. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_PLANNING_H
#define CLI_PLANNING_H

#include "cli/result.h"
#include "cli/scenario_options.h"
#include "experiment/cost.h"
#include "experiment/purchase.h"
#include "experiment/sizing_run.h"
#include "util/date.h"

#include <signal.h>

enum { VARIES_MAX = 2 };
enum every { EVERY_NONE, EVERY_YEAR, EVERY_MONTH };

struct plan_options {
    struct scenario_options scenario;
    const char *varies[VARIES_MAX];
    size_t n_varies;
    const char *buy;           /* NULL: a value, or a pair, not purchases */
    struct date_interval lead; /* zeroed: none */
    char *growth;              /* owned; NULL: none */
    const char *target, *cost;
    double share; /* 0: the means are judged */
    bool of_periods;
    enum every every;
    double confidence, unfinished;
    double limit;                      /* s of a simulation; 0: none */
    uint64_t replications, most, grid; /* most 0: 8 times as many */
    unsigned workers;
    enum result_format format;
    bool quiet;
};

/* -1: wrong (told). */
int plan_options_read(const struct command *command, int argc, char **argv,
                      struct plan_options *options);
void plan_options_deinit(struct plan_options *options);

struct planning {
    const struct plan_options *options;
    const volatile sig_atomic_t *interrupted;
    struct program program;
    struct vary varies[VARIES_MAX];
    size_t n_varies;
    struct target target;
    struct cost *cost;
    char **periods;
    size_t n_periods;
    simtime *begins; /* of the periods; microseconds since 1970 */
    simtime start;   /* of the run */
    int32_t offset;
    struct variant_changes {
        const char *name;     /* borrowed from the options */
        struct node *changes; /* of the scenario with it; owned; NULL: none */
    } * growth;               /* owned; one without a name where no variants are named */
    size_t n_growth;
    bool draws;          /* something is drawn at random; else one replication tells all */
    char **growth_names; /* of them; owned array of borrowed texts */
};

/* How the simulations are done, and when a value meets the target: what both kinds share. The ctx,
 * set and describe of the runner are theirs. */
struct sizing_runner planning_runner(const struct planning *planning, const char *path);
struct sizing_setup planning_setup(const struct planning *planning);

/* "jishi: OPTION: TEXT", the expression, and a caret below the place that err->at.column tells.
 * Always -1. */
int planning_fault(const char *option, const char *text, const struct error *err);

/* Find the schedule of purchases and print it: an exit status. */
int plan_purchases(const struct planning *planning, const char *path);

/* "slow, fast"; NULL where no variants are named. To be freed. */
char *planning_growth(const struct planning *planning);

/* Simulations that were lost, if any, on stderr: the exit status of a plan that was made, `met` or
 * not. Frees what the runner has of them. */
int planning_status(struct sizing_runner *runner, bool met);

/* Ends the line of progress. */
void planning_wipe(const struct planning *planning);

/* Tells an error, if err has one, or that it was stopped: an exit status. */
int planning_failed(const struct planning *planning, const struct error *err);

#endif
