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

/* For engines that hand runs out in parts. */
struct engine_parts {
    uint64_t most;              /* parts at a time */
    double seconds;             /* a part is to take about so long */
    const char *const *options; /* handed on to whoever starts the parts */
    size_t n_options;
    bool leave; /* do not wait for the parts */
};

struct engine_setup {
    const struct sweep *sweep;
    const char *dir;
    struct outcomes *outcomes; /* known so far */
    const uint64_t *todo;      /* the runs to do, in this order */
    size_t n_todo;
    const char *journal; /* how names of journals begin; NULL: with this machine's */
    unsigned workers;    /* processes at a time */
    struct engine_parts parts;
    struct run_hooks hooks;
    void (*progress)(void *ctx, bool ended);       /* now and then; may be NULL */
    void (*tell)(void *ctx, const char *sentence); /* to people; may be NULL */
    void *ctx;
    const volatile sig_atomic_t *interrupted;
};

enum {
    ENGINE_ENDED,
    ENGINE_INTERRUPTED,
    ENGINE_LEFT, /* the runs go on without this process */
    ENGINE_FAILED = -1
};

struct engine_type {
    const char *name, *summary;
    /* Do the runs, and put what becomes of them into outcomes too.
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
