/* One simulation of a program with its metrics: what every command that runs scenarios shares. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_SIMULATE_H
#define EXPERIMENT_SIMULATE_H

#include "analysis/metrics.h"
#include "scenario/build.h"

enum { SIMULATION_OBSERVERS_MAX = 4 };

/* Zeroed is empty. */
struct simulation {
    struct build build;
    struct metrics *metrics;
    struct sim *sim;
    struct observer observers[SIMULATION_OBSERVERS_MAX]; /* the first is that of the metrics */
    size_t n_observers;
};

/* Zeroed but for replication, which counts from 1, is a plain run. */
struct simulation_options {
    uint64_t seed, replication;
    bool causes;                  /* of waiting are told apart */
    bool check;                   /* every invariant after every event: slow */
    const char *const *selectors; /* measures besides the scenario's own metrics; borrowed */
    size_t n_selectors;
    /* Called before the first event, when all but the sim is there: may add observers and more;
     * -1 with an error ends it. Again, after abandon, where a log turned out not to be in order and
     * all begins anew. Both may be NULL. */
    int (*begin)(void *ctx, struct simulation *simulation, struct error *err);
    void (*abandon)(void *ctx);
    uint32_t (*progress)(void *ctx, simtime now, uint64_t ended); /* as in sim_setup; may be NULL */
    void *ctx;
    const volatile sig_atomic_t *interrupted; /* stop soon once it is not 0; may be NULL */
};

/* Run a program to its end: SIM_DONE, SIM_INTERRUPTED or SIM_FAILED with errors. To be
 * deinitialised in any case, before the program is freed. */
int simulation_run(struct simulation *simulation, const struct program *program,
                   const struct simulation_options *options, struct error_list *errors);
void simulation_deinit(struct simulation *simulation);

#endif
