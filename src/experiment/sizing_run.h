/* Trials of a plan by simulation, on all processors. Replication r of every trial has the same
 * random numbers. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_SIZING_RUN_H
#define EXPERIMENT_SIZING_RUN_H

#include "experiment/trial.h"
#include "experiment/vary.h"

#include <signal.h>

/* All borrowed. */
struct sizing_runner {
    const char *scenario, *variant, *builtin_dir; /* as program_load takes them */
    const char *const *sets;
    size_t n_sets;
    /* Variants to be run besides one another: each simulation of a trial is one of one of them, in
     * turn. None: `variant` alone, which may be NULL. */
    const char *const *variants;
    size_t n_variants;
    uint64_t seed;
    /* What a trial sets, as PATH=VALUE (to be freed; NULL: no more), and what it is called in
     * messages, into buffer. */
    char *(*set)(const struct sizing_runner *runner, size_t variant, const size_t at[2], size_t i);
    void (*describe)(const struct sizing_runner *runner, const size_t at[2], char *buffer,
                     size_t size);
    const void *ctx;                                      /* theirs */
    unsigned workers;                                     /* processes at a time, from 1 */
    double limit;                                         /* s of a simulation; 0: none */
    uint64_t runs;                                        /* simulations done so far, kept by it */
    void (*progress)(const struct sizing_runner *runner); /* after each simulation; may be NULL */
    const volatile sig_atomic_t *interrupted;             /* may be NULL */
    struct texts lost; /* simulations lost, in words, in the order of trials; to be freed */
};

enum { SIZING_SETS_MAX = 4 };

/* struct sizing_setup's `run`, whose ctx is the runner. A simulation whose process ends, or takes
 * longer than the limit, is tried once more; then it alone is lost, and told in `lost`. Errors
 * begin with the values tried. */
int sizing_run(void *ctx, const struct readings *readings, struct trial *const *trials, size_t n,
               size_t replications, struct error *err);

/* Frees what was told of losses. */
void sizing_runner_deinit(struct sizing_runner *runner);

/* "nodes = 12" or "a.nodes = 12, b.nodes = 4": the values of a trial, with as much of the ends of
 * the paths as tells them apart. Returns buffer. */
const char *sizing_values_text(const struct vary *varies, size_t n_varies, const size_t at[2],
                               char *buffer, size_t size);
const char *sizing_vary_name(const struct vary *varies, size_t n_varies, size_t i);

#endif
