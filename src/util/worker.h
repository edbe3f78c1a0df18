/* One thread that does pieces of work in the order they were put: the slow halves of reading a log
 * and of writing a trace. Started when the first piece comes, so that small files never pay for a
 * thread. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef UTIL_WORKER_H
#define UTIL_WORKER_H

#include "util/base.h"

struct worker;

/* A piece of work; embedded in what it works on, which must live until it is done. */
struct work {
    void (*run)(struct work *work);
    struct work *next; /* the worker's */
    bool pending;      /* the worker's: from put until done */
};

struct worker *worker_new(void);
void worker_free(struct worker *worker); /* takes NULL; finishes what was put */

/* Do it later, after all that was put before. If no thread can be had it is done at once. */
void worker_put(struct worker *worker, struct work *work);

void worker_wait(struct worker *worker, struct work *work); /* until this piece is done */
void worker_drain(struct worker *worker);                   /* until all is done */

/* Drain, then run in the calling thread. */
void worker_run(struct worker *worker, struct work *work);

#endif
