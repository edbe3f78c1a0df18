/* Tasks done by worker processes. A worker is forked once, takes one task after another and sends
 * bytes back. One that crashes, passes the time limit or is killed costs the task it had, which is
 * told so, and is replaced; the parent never waits for one worker alone. All workers end with the
 * parent, however it ends. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_POOL_H
#define EXPERIMENT_POOL_H

#include "util/error.h"

#include <signal.h>

/* Zeroed is empty. */
struct pool_bytes {
    unsigned char *items;
    size_t len, cap;
};

void pool_bytes_add(struct pool_bytes *bytes, const void *data, size_t len);
void pool_bytes_deinit(struct pool_bytes *bytes);

/* What a worker is to do: a number of the caller's, and bytes that a worker forked earlier could
 * not know (none: data NULL). */
struct pool_task {
    uint64_t id;
    const void *data;
    size_t len;
};

enum pool_state {
    POOL_DONE,    /* the worker sent its bytes */
    POOL_CRASHED, /* it ended: by `signal`, or by itself with exit status `status` */
    POOL_LATE     /* it was ended for passing the time limit */
};

struct pool_result {
    uint64_t id;
    enum pool_state state;
    int signal, status;         /* POOL_CRASHED; signal 0: none */
    const unsigned char *bytes; /* POOL_DONE; borrowed for the call */
    size_t len;
    double seconds;   /* wall time of the task */
    int64_t peak_kib; /* POOL_DONE: the most memory resident during the task */
};

struct pool_setup {
    unsigned workers; /* processes at a time, from 1 */
    double limit;     /* wall time of a task, s; 0: none */
    /* Results are told in the order of the tasks, else as they come. In either case `next` is asked
     * up to `workers` tasks ahead of what `done` has been told. */
    bool in_order;
    /* In the parent: the next task, whose data is borrowed until the following call. False: none
     * now; asked again after each result, and the pool ends once none is out either. */
    bool (*next)(void *ctx, struct pool_task *ret);
    /* In a worker, whose ctx is a copy as of its fork. The bytes are sent. */
    void (*run)(void *ctx, const struct pool_task *task, struct pool_bytes *ret);
    /* In the parent. -1 with an error ends the pool. */
    int (*done)(void *ctx, const struct pool_result *result, struct error *err);
    void (*tick)(void *ctx); /* in the parent, a few times a second; may be NULL */
    void *ctx;
    const volatile sig_atomic_t *interrupted; /* not 0: end soon; may be NULL */
};

enum { POOL_ENDED, POOL_INTERRUPTED, POOL_FAILED = -1 };

/* Do all tasks. POOL_INTERRUPTED: tasks that were out were given up, `done` was not told of them.
 * POOL_FAILED with an error: of `done`, or no worker could be started. stdout and stderr are
 * flushed first; a worker ends by _exit. Takes well below a millisecond a task. */
int pool_run(const struct pool_setup *setup, struct error *err);

/* In words, what became of a task that was not done: "crashed (signal 11, Segmentation fault)",
 * "was killed (signal 9)", "ended with exit status 3", "took longer than 1 min". Returns buffer. */
const char *pool_describe(const struct pool_result *result, double limit, char *buffer,
                          size_t size);

/* Processors that this process may use. */
unsigned pool_processors(void);

#endif
