/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/compare_tasks.h"

static bool next(void *ctx, struct pool_task *ret)
{
    struct compare_tasks *tasks = ctx;
    const struct compare *compare = tasks->compare;
    while (tasks->next < tasks->end &&
           compare->arms.items[tasks->next % compare->arms.len].unstable)
        tasks->next++;
    if (tasks->next == tasks->end)
        return false;
    *ret = (struct pool_task){.id = tasks->next++};
    return true;
}

static void tick(void *ctx)
{
    const struct compare_tasks *tasks = ctx;
    const struct compare_setup *setup = tasks->compare->setup;
    if (setup->tick)
        setup->tick(setup->ctx, tasks->done, tasks->end);
}

int compare_tasks_run(struct compare_tasks *tasks,
                      void (*run)(void *ctx, const struct pool_task *task, struct pool_bytes *ret),
                      int (*done)(void *ctx, const struct pool_result *result, struct error *err),
                      struct error_list *errors)
{
    const struct compare_setup *setup = tasks->compare->setup;
    struct error err = {0};
    const struct pool_setup pool = {
        .workers = setup->workers,
        .limit = setup->limit,
        .in_order = true,
        .next = next,
        .run = run,
        .done = done,
        .tick = tick,
        .ctx = tasks,
        .interrupted = setup->interrupted,
    };
    const int got = pool_run(&pool, &err);
    if (got == POOL_FAILED)
        error_list_add(errors, &err);
    return got == POOL_ENDED ? COMPARE_DONE : got == POOL_FAILED ? COMPARE_FAILED : COMPARE_STOPPED;
}
