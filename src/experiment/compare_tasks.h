/* Runs of a comparison as tasks of worker processes: all arms of one replication (or of one point
 * of a sample) before the next. Task number: replication x arms + arm. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_COMPARE_TASKS_H
#define EXPERIMENT_COMPARE_TASKS_H

#include "experiment/compare_one.h"

/* The first member of what the callbacks work on. */
struct compare_tasks {
    struct compare *compare;
    size_t next, end, done; /* tasks; those of arms that are not stable are passed over */
};

/* Do the tasks from next to end; done goes up by one for each that is told. `run` and `done` are as
 * those of struct pool_setup, with `tasks` as their ctx; results come in order. COMPARE_DONE,
 * COMPARE_STOPPED or COMPARE_FAILED with an error. */
int compare_tasks_run(struct compare_tasks *tasks,
                      void (*run)(void *ctx, const struct pool_task *task, struct pool_bytes *ret),
                      int (*done)(void *ctx, const struct pool_result *result, struct error *err),
                      struct error_list *errors);

#endif
