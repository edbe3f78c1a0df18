/* A sweep: a scenario at many points of a space of factors, each point in as many replications, on
 * common random numbers. Read from a file, which is a scenario's file name and what is done to it;
 * the folder of results holds the same with the scenario in it.
 *
 * Run number r is replication r % replications + 1 of point r / replications. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_SWEEP_H
#define EXPERIMENT_SWEEP_H

#include "experiment/design.h"
#include "scenario/scenario.h"

enum factor_kind {
    FACTOR_VALUES,   /* levels: what is put at the paths */
    FACTOR_VARIANTS, /* levels: names of variants of the scenario */
    FACTOR_LOAD,     /* levels: offered load, by the arrivals at the path */
    FACTOR_DRAWN     /* no levels: numbers of a distribution, put at the path */
};

struct sweep_factor {
    enum factor_kind kind;
    char *name;        /* of its column; owned */
    char *text;        /* the path or paths as written, for people; owned */
    struct mark at;    /* of the factor in the file */
    struct path *path; /* n_paths of them; owned */
    size_t n_paths;
    size_t levels;
    const struct node **values; /* levels x n_paths; borrowed from the sweep's tree; owned array */
    char **labels;              /* by level; NULL: the levels are numbers. Owned */
    double *numbers;            /* by level, SI; NULL: they have labels. Owned */
    enum unit unit;             /* of the numbers */
    bool whole;                 /* FACTOR_DRAWN: the value is a whole number */
    struct dist *dist;          /* FACTOR_DRAWN; owned */
};

struct sweep_measure {
    const char *selector; /* borrowed from the sweep */
    const struct metric *metric;
    struct mark at;
};

struct sweep {
    /* As decoded. */
    int64_t version;
    char *title;
    int64_t replications, seed;                                  /* seed -1: the scenario's */
    struct node *scenario_node, *set, *factors_node, *seed_node; /* in the tree */
    struct texts variants, measure_texts;
    struct kinded design_kind;
    simtime limit; /* wall time of a run; 0: none */
    bool traces;
    /* Made of it. */
    char *file;        /* its name, for marks */
    struct node *tree; /* of the sweep file */
    struct document scenario;
    struct sweep_factor *factors;
    size_t n_factors;
    struct sweep_measure *measures;
    size_t n_measures;
    struct design design;
    size_t points, runs;
    uint64_t run_seed; /* of all runs */
};

/* The language of sweep files. */
extern const struct field sweep_fields[];

/* Read a sweep file with its scenario; every fault is an error at its place. The sweep is to be
 * deinitialised in either case, after the errors have been printed. */
int sweep_load(struct sweep *sweep, const char *path, const char *builtin_dir,
               struct error_list *errors);
void sweep_deinit(struct sweep *sweep);

/* The scenario at a point, resolved and decoded. The program is to be freed in either case, before
 * the sweep. -1 with errors. */
int sweep_program(const struct sweep *sweep, size_t point, struct program *program,
                  struct error_list *errors);

/* Does the scenario hold with each level of each factor, the others at their first, and are there
 * such measures? Errors once each. `see` is told of every program that was made. O(levels). */
int sweep_check(const struct sweep *sweep, void (*see)(void *ctx, const struct program *program),
                void *ctx, struct error_list *errors);

/* The value of a factor at a point: the text of a level with labels, or NULL and the number. */
const char *sweep_value(const struct sweep *sweep, size_t point, size_t factor, double *ret_number);

static inline size_t sweep_point(const struct sweep *sweep, uint64_t run)
{
    return (size_t)(run / (uint64_t)sweep->replications);
}

static inline uint64_t sweep_replication(const struct sweep *sweep, uint64_t run)
{
    return run % (uint64_t)sweep->replications + 1;
}

/* "s", "1", "W": of numbers in SI units. */
const char *unit_symbol(enum unit unit);

#endif
