/* Engines: where the runs of a sweep are done. An engine is one file in engines/ and one line in
 * meson.build. Whatever it is, every run ends as a record in DIR/journal. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_ENGINE_H
#define EXPERIMENT_ENGINE_H

#include "experiment/outcome.h"
#include "experiment/simulate.h"
#include "experiment/sweep.h"

#include <signal.h>

/* What is to be done with each run besides its measures, in the process that does it. Any may be
 * NULL. */
struct run_hooks {
    int (*begin)(void *ctx, uint64_t run, struct simulation *simulation, struct error *err);
    void (*abandon)(void *ctx);
    int (*end)(void *ctx, struct simulation *simulation, struct error *err);
    void *ctx;
};

struct engine_setup {
    const struct sweep *sweep;
    const char *dir;
    struct outcomes *outcomes; /* known so far; what is RUN_DONE is not done again */
    uint64_t from, until;      /* the runs in question: [from, until) */
    unsigned workers;          /* processes at a time */
    struct run_hooks hooks;
    void (*progress)(void *ctx, bool ended); /* a few times a second; may be NULL */
    void *ctx;
    const volatile sig_atomic_t *interrupted;
};

enum { ENGINE_ENDED, ENGINE_INTERRUPTED, ENGINE_FAILED = -1 };

struct engine_type {
    const char *name, *summary;
    /* Do all runs that are not done, and put what becomes of them into outcomes too.
     * ENGINE_FAILED with an error. */
    int (*run)(const struct engine_setup *setup, struct error *err);
};

extern const struct engine_type *const engines[]; /* NULL-ended; the first is the default */

/* NULL if there is none of that name. */
const struct engine_type *engine_find(const char *name);

/* What engine_local does, for engines that do part of the runs in a process of their own: runs in
 * worker processes of this machine, recorded in a journal of this process. */
int engine_work(const struct engine_setup *setup, struct error *err);

#endif
