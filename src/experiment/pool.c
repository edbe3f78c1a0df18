/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/pool.h"

#include "experiment/pool_worker.h"
#include "util/mem.h"
#include "util/quantity.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    TICK_MS = 200,
    /* Workers that end with no task in hand, one after another, before it is given up. */
    IDLE_DEATHS_MAX = 100
};

/* Longer between two looks at the workers: this process was stopped, or the machine asleep. */
static const double PAUSE = 2;

struct worker {
    pid_t pid; /* 0: none */
    int fd;
    bool busy;
    uint64_t id, order; /* of its task */
    double since, deadline;
    struct pool_bytes in; /* of its answer, so far */
};

/* A result that waits for those before it. */
struct held {
    bool there;
    struct pool_result result; /* bytes: owned */
};

struct pool {
    const struct pool_setup *setup;
    struct worker *workers;
    struct pollfd *polls;
    size_t busy;
    bool dry;                  /* `next` had none, and no result has come since */
    unsigned idle_deaths;      /* since the last result */
    uint64_t handed_out, told; /* tasks */
    double seen;               /* when the workers were last looked at */
    struct {
        struct held *items; /* of the tasks from `told` on */
        size_t len, cap;
    } held;
};

void pool_bytes_add(struct pool_bytes *bytes, const void *data, size_t len)
{
    if (bytes->len + len > bytes->cap) {
        bytes->cap = 2 * bytes->cap > bytes->len + len ? 2 * bytes->cap : bytes->len + len;
        bytes->items = mem_resize(bytes->items, bytes->cap, 1);
    }
    if (len > 0)
        memcpy(bytes->items + bytes->len, data, len);
    bytes->len += len;
}

void pool_bytes_deinit(struct pool_bytes *bytes)
{
    free(bytes->items);
    *bytes = (struct pool_bytes){0};
}

unsigned pool_processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) < 0)
        return 1;
    return (unsigned)CPU_COUNT(&set);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* --- workers come and go --- */

static int start(struct pool *pool, struct worker *worker, struct error *err)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return error_set(err, "cannot start a worker: %s", strerror(errno));
    fflush(NULL);
    const pid_t parent = getpid(), pid = fork();
    if (pid < 0) {
        error_set(err, "cannot start a worker: %s", strerror(errno));
        close(pair[0]);
        close(pair[1]);
        return -1;
    }
    if (pid == 0) {
        /* What this process holds of the others would keep them from seeing the parent's end. */
        for (size_t i = 0; i < pool->setup->workers; i++)
            if (pool->workers[i].pid)
                close(pool->workers[i].fd);
        close(pair[0]);
        pool_worker(pool->setup, pair[1], parent);
    }
    close(pair[1]);
    worker->pid = pid;
    worker->fd = pair[0];
    worker->busy = false;
    return 0;
}

/* Returns its wait status. */
static int stop(struct worker *worker)
{
    int status = 0;
    kill(worker->pid, SIGKILL);
    while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    close(worker->fd);
    worker->pid = 0;
    worker->in.len = 0;
    return status;
}

/* --- results --- */

static int tell_held(struct pool *pool, struct error *err)
{
    size_t n = 0;
    int rc = 0;
    for (; n < pool->held.len && pool->held.items[n].there && rc == 0; n++) {
        struct pool_result *result = &pool->held.items[n].result;
        rc = pool->setup->done(pool->setup->ctx, result, err);
        free((void *)result->bytes);
    }
    pool->held.len -= n;
    pool->told += n;
    memmove(pool->held.items, pool->held.items + n, pool->held.len * sizeof(*pool->held.items));
    return rc;
}

static void hold(struct pool *pool, const struct pool_result *result, uint64_t order)
{
    const uint64_t slot = order - pool->told;
    while (pool->held.len <= slot) {
        MEM_GROW(&pool->held);
        pool->held.items[pool->held.len++] = (struct held){0};
    }
    struct held *held = &pool->held.items[slot];
    *held = (struct held){true, *result};
    held->result.bytes = (void *)mem_text_n((const char *)result->bytes, result->len);
}

static int tell(struct pool *pool, struct worker *worker, struct pool_result *result,
                struct error *err)
{
    worker->busy = false;
    pool->busy--;
    pool->dry = false;
    pool->idle_deaths = 0;
    result->id = worker->id;
    if (!pool->setup->in_order)
        return pool->setup->done(pool->setup->ctx, result, err);
    hold(pool, result, worker->order);
    return tell_held(pool, err);
}

/* The worker ended, or is to end: so does its task. */
static int lose(struct pool *pool, struct worker *worker, enum pool_state state, struct error *err)
{
    const bool busy = worker->busy;
    const int status = stop(worker);
    if (!busy) {
        worker->busy = false;
        if (++pool->idle_deaths > IDLE_DEATHS_MAX)
            return error_set(err, "workers end again and again before they take a task");
        return 0;
    }
    struct pool_result result = {
        .state = state,
        .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
        .status = WIFEXITED(status) ? WEXITSTATUS(status) : 0,
        .bytes = (const unsigned char *)"",
        .seconds = now() - worker->since,
    };
    return tell(pool, worker, &result, err);
}

static int take_answer(struct pool *pool, struct worker *worker, struct error *err)
{
    struct pool_answer head;
    if (worker->in.len < sizeof(head))
        return 0;
    memcpy(&head, worker->in.items, sizeof(head));
    if (worker->in.len < sizeof(head) + head.len)
        return 0;
    struct pool_result result = {
        .state = POOL_DONE,
        .bytes = worker->in.items + sizeof(head),
        .len = head.len,
        .seconds = head.seconds,
        .peak_kib = head.peak_kib,
    };
    const int rc = tell(pool, worker, &result, err);
    worker->in.len = 0;
    return rc;
}

static int receive(struct pool *pool, struct worker *worker, struct error *err)
{
    unsigned char buffer[1 << 16];
    const ssize_t n = recv(worker->fd, buffer, sizeof(buffer), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0)
        return lose(pool, worker, POOL_CRASHED, err);
    pool_bytes_add(&worker->in, buffer, (size_t)n);
    return take_answer(pool, worker, err);
}

/* --- tasks --- */

static void hand_out(struct pool *pool, struct worker *worker, const struct pool_task *task)
{
    worker->busy = true;
    worker->id = task->id;
    worker->order = pool->handed_out++;
    worker->since = now();
    worker->deadline = pool->setup->limit > 0 ? worker->since + pool->setup->limit : HUGE_VAL;
    pool->busy++;
    /* Where it cannot be sent the worker has ended, which is seen at the next look. */
    pool_send_task(worker->fd, task);
}

/* -1 if no worker is left and none can be started. */
static int fill(struct pool *pool, struct error *err)
{
    size_t alive = 0;
    for (size_t i = 0; i < pool->setup->workers && !pool->dry; i++) {
        struct worker *worker = &pool->workers[i];
        struct pool_task task = {0};
        if (worker->busy) {
            alive++;
            continue;
        }
        if (!worker->pid && start(pool, worker, err) < 0)
            continue;
        alive++;
        if (pool->setup->next(pool->setup->ctx, &task))
            hand_out(pool, worker, &task);
        else
            pool->dry = true;
    }
    return alive > 0 || pool->dry ? 0 : -1;
}

/* Time in which this process could not look is nobody's fault. */
static void forgive_pause(struct pool *pool)
{
    const double time = now(), pause = time - pool->seen;
    pool->seen = time;
    for (size_t i = 0; i < pool->setup->workers && pause > PAUSE; i++)
        pool->workers[i].deadline += pause;
}

static int wait_ms(const struct pool *pool)
{
    double first = HUGE_VAL;
    for (size_t i = 0; i < pool->setup->workers; i++)
        if (pool->workers[i].busy)
            first = fmin(first, pool->workers[i].deadline);
    const double ms = ceil((first - now()) * 1e3);
    return ms < 0 ? 0 : ms < TICK_MS ? (int)ms : TICK_MS;
}

static int look(struct pool *pool, struct error *err)
{
    const size_t n = pool->setup->workers;
    for (size_t i = 0; i < n; i++)
        pool->polls[i] = (struct pollfd){
            .fd = pool->workers[i].pid ? pool->workers[i].fd : -1,
            .events = POLLIN,
        };
    if (poll(pool->polls, n, wait_ms(pool)) < 0 && errno != EINTR)
        return error_set(err, "cannot wait for workers: %s", strerror(errno));
    forgive_pause(pool);
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++) {
        struct worker *worker = &pool->workers[i];
        if (pool->polls[i].revents)
            rc = receive(pool, worker, err);
        if (rc == 0 && worker->busy && now() > worker->deadline)
            rc = lose(pool, worker, POOL_LATE, err);
    }
    return rc;
}

static bool is_interrupted(const struct pool *pool)
{
    return pool->setup->interrupted && *pool->setup->interrupted;
}

static int work(struct pool *pool, struct error *err)
{
    double ticked = 0;
    for (;;) {
        if (is_interrupted(pool))
            return POOL_INTERRUPTED;
        if (fill(pool, err) < 0)
            return POOL_FAILED;
        if (pool->busy == 0 && pool->dry)
            return POOL_ENDED;
        if (look(pool, err) < 0)
            return POOL_FAILED;
        if (pool->setup->tick && (pool->seen - ticked) * 1e3 >= TICK_MS) {
            ticked = pool->seen;
            pool->setup->tick(pool->setup->ctx);
        }
    }
}

int pool_run(const struct pool_setup *setup, struct error *err)
{
    REQUIRE(setup->workers > 0);
    struct pool pool = {.setup = setup, .seen = now()};
    pool.workers = mem_new(setup->workers, sizeof(*pool.workers));
    pool.polls = mem_new(setup->workers, sizeof(*pool.polls));
    const int rc = work(&pool, err);
    for (size_t i = 0; i < setup->workers; i++) {
        if (pool.workers[i].pid)
            stop(&pool.workers[i]);
        pool_bytes_deinit(&pool.workers[i].in);
    }
    for (size_t i = 0; i < pool.held.len; i++)
        free((void *)pool.held.items[i].result.bytes);
    free(pool.held.items);
    free(pool.workers);
    free(pool.polls);
    return rc;
}

const char *pool_describe(const struct pool_result *result, double limit, char *buffer, size_t size)
{
    char time[40];
    if (result->state == POOL_LATE)
        snprintf(buffer, size, "took longer than %s",
                 quantity_human_time(limit, time, sizeof(time)));
    else if (result->signal == SIGKILL)
        snprintf(buffer, size, "was killed (signal 9)");
    else if (result->signal)
        snprintf(buffer, size, "crashed (signal %d, %s)", result->signal,
                 strsignal(result->signal));
    else
        snprintf(buffer, size, "ended with exit status %d", result->status);
    return buffer;
}
