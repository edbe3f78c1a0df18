/* What a task costs that does nothing, and how much faster two workers are than one, beside what
 * two processes without a pool reach on this machine. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench.h"
#include "experiment/pool.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct tasks {
    uint64_t n, next;
    uint64_t spins; /* of each */
    uint64_t sum;
};

static double wall(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static uint64_t spin(uint64_t times)
{
    uint64_t state = 1;
    for (uint64_t i = 0; i < times; i++)
        bench_uniform(&state);
    return state;
}

static bool next(void *ctx, struct pool_task *ret)
{
    struct tasks *tasks = ctx;
    ret->id = tasks->next;
    return tasks->next++ < tasks->n;
}

static void run(void *ctx, const struct pool_task *task, struct pool_bytes *ret)
{
    const struct tasks *tasks = ctx;
    const uint64_t answers[8] = {task->id, spin(tasks->spins)};
    pool_bytes_add(ret, answers, sizeof(answers));
}

static int done(void *ctx, const struct pool_result *result, struct error *err)
{
    (void)err;
    struct tasks *tasks = ctx;
    tasks->sum += result->id + 1;
    return 0;
}

static double run_pool(unsigned workers, uint64_t n, uint64_t spins)
{
    struct tasks tasks = {.n = n, .spins = spins};
    const struct pool_setup setup = {
        .workers = workers, .limit = 60, .next = next, .run = run, .done = done, .ctx = &tasks};
    const double since = wall();
    if (pool_run(&setup, NULL) != POOL_ENDED || tasks.sum != n * (n + 1) / 2)
        abort();
    return wall() - since;
}

/* The same work in as many processes, each its part. */
static double run_plain(unsigned processes, uint64_t n, uint64_t spins)
{
    const double since = wall();
    for (unsigned i = 0; i < processes; i++)
        if (fork() == 0) {
            uint64_t sum = 0;
            for (uint64_t k = 0; k < n / processes; k++)
                sum += spin(spins);
            _exit(sum == 0);
        }
    while (wait(NULL) > 0)
        continue;
    return wall() - since;
}

int main(void)
{
    const uint64_t spins = 2000000, n = 400;
    double overhead = 0;
    for (unsigned workers = 1; workers <= 4; workers *= 2) {
        const double seconds = run_pool(workers, 20000, 0) / 20000;
        printf("%u workers: %6.1f us for a task that does nothing\n", workers, seconds * 1e6);
        overhead = fmax(overhead, seconds);
    }
    const double one = run_pool(1, n, spins), two = run_pool(2, n, spins);
    const double plain = run_plain(1, n, spins), plain_two = run_plain(2, n, spins);
    printf("%.1f ms tasks, one worker against two: %.2f times as fast; plain processes: %.2f\n",
           plain / (double)n * 1e3, one / two, plain / plain_two);
    return overhead < 0.5e-3 ? 0 : 1;
}
