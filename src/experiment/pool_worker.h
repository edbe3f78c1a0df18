/* The worker's side of a pool, and what goes over the wire. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_POOL_WORKER_H
#define EXPERIMENT_POOL_WORKER_H

#include "experiment/pool.h"

#include <sys/types.h>

/* Before the bytes of an answer. */
struct pool_answer {
    uint64_t len;
    double seconds;
    int64_t peak_kib;
};

/* Take tasks from fd until it is closed or `parent` ends; does not return. */
noreturn void pool_worker(const struct pool_setup *setup, int fd, pid_t parent);

/* -1 if the worker has ended. */
int pool_send_task(int fd, const struct pool_task *task);

#endif
