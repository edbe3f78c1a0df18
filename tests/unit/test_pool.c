/* Worker processes: what comes back, and what a crash, a hang, a kill or a stop costs. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/pool.h"
#include "util/mem.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { TASKS_MAX = 3000 };

/* What the task does that its number says it does. */
enum deed { SQUARE, ABORT, QUIT, KILLED, HANG, LARGE, ECHO, PID, LEAVE };

struct bench {
    enum deed deeds[TASKS_MAX];
    size_t n, handed;
    size_t more; /* tasks added by `done`, one a result */
    /* Of each task: how often told, and how. */
    unsigned told[TASKS_MAX];
    struct pool_result results[TASKS_MAX];
    uint64_t values[TASKS_MAX];
    size_t n_told, fail_at, stop_at;
    uint64_t order[TASKS_MAX];
    pid_t pids[TASKS_MAX];
    size_t ticks;
    char text[40];
    volatile sig_atomic_t stop;
};

static bool next(void *ctx, struct pool_task *ret)
{
    struct bench *bench = ctx;
    if (bench->handed == bench->n)
        return false;
    snprintf(bench->text, sizeof(bench->text), "text %zu", bench->handed);
    *ret = (struct pool_task){bench->handed++, bench->text, strlen(bench->text) + 1};
    return true;
}

static void pause_ms(long ms)
{
    const struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static void deed_run(void *ctx, const struct pool_task *task, struct pool_bytes *ret)
{
    struct bench *bench = ctx;
    const uint64_t square = task->id * task->id;
    const pid_t pid = getpid();
    char *large;
    switch (bench->deeds[task->id]) {
    case ABORT:
        abort();
    case QUIT:
        _exit(7);
    case KILLED:
        kill(pid, SIGKILL);
        break;
    case HANG:
        for (;;)
            pause_ms(100);
    case LARGE:
        large = mem_new(5 << 20, 1);
        memset(large, 1, 5 << 20);
        pool_bytes_add(ret, large, 5 << 20);
        free(large);
        break;
    case ECHO:
        pool_bytes_add(ret, task->data, task->len);
        break;
    case PID:
        pool_bytes_add(ret, &pid, sizeof(pid));
        break;
    case LEAVE:
        pause_ms(1);
        /* fallthrough */
    case SQUARE:
        pool_bytes_add(ret, &square, sizeof(square));
    }
}

static int done(void *ctx, const struct pool_result *result, struct error *err)
{
    struct bench *bench = ctx;
    const size_t id = result->id;
    bench->order[bench->n_told++] = id;
    bench->told[id]++;
    bench->results[id] = *result;
    if (result->len == sizeof(bench->values[id]))
        memcpy(&bench->values[id], result->bytes, result->len);
    if (bench->deeds[id] == LARGE)
        bench->values[id] = result->bytes[result->len - 1];
    if (bench->deeds[id] == ECHO) {
        char want[40];
        snprintf(want, sizeof(want), "text %zu", id);
        assert_string_equal((const char *)result->bytes, want);
    }
    if (result->len == sizeof(pid_t)) {
        memcpy(&bench->pids[id], result->bytes, result->len);
        kill(bench->pids[id], SIGKILL); /* while it has nothing to do */
    }
    if (bench->more > 0) {
        bench->more--;
        bench->n++;
    }
    if (bench->n_told == bench->stop_at)
        bench->stop = 1;
    if (bench->n_told == bench->fail_at)
        return error_set(err, "enough");
    return 0;
}

static void tick(void *ctx)
{
    ((struct bench *)ctx)->ticks++;
}

static int run(struct bench *bench, unsigned workers, double limit, bool in_order,
               struct error *err)
{
    const struct pool_setup setup = {
        .workers = workers,
        .limit = limit,
        .in_order = in_order,
        .next = next,
        .run = deed_run,
        .done = done,
        .tick = tick,
        .ctx = bench,
        .interrupted = &bench->stop,
    };
    return pool_run(&setup, err);
}

static struct bench *bench_new(size_t n)
{
    struct bench *bench = mem_new(1, sizeof(*bench));
    bench->n = n;
    return bench;
}

static void answers(void **state)
{
    (void)state;
    for (unsigned workers = 1; workers <= 5; workers++)
        for (int in_order = 0; in_order < 2; in_order++) {
            struct bench *bench = bench_new(500);
            for (size_t i = 0; i < bench->n; i++)
                bench->deeds[i] = i % 5 == 3 ? LEAVE : i % 5 == 4 ? ECHO : SQUARE;
            assert_int_equal(run(bench, workers, 60, in_order, NULL), POOL_ENDED);
            assert_int_equal(bench->n_told, 500);
            for (size_t i = 0; i < 500; i++) {
                assert_int_equal(bench->told[i], 1);
                assert_int_equal(bench->results[i].state, POOL_DONE);
                assert_true(bench->results[i].seconds >= 0 && bench->results[i].peak_kib > 100);
                if (bench->deeds[i] != ECHO)
                    assert_int_equal(bench->values[i], i * i);
                if (in_order)
                    assert_int_equal(bench->order[i], i);
            }
            free(bench);
        }
}

static void none(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    assert_int_equal(run(bench, 2, 0, false, NULL), POOL_ENDED);
    assert_int_equal(bench->n_told, 0);
    free(bench);
}

static void large(void **state)
{
    (void)state;
    struct bench *bench = bench_new(6);
    for (size_t i = 0; i < bench->n; i++)
        bench->deeds[i] = i % 2 ? LARGE : SQUARE;
    assert_int_equal(run(bench, 2, 0, true, NULL), POOL_ENDED);
    for (size_t i = 0; i < bench->n; i++)
        assert_int_equal(bench->values[i], i % 2 ? 1 : i * i);
    assert_true(bench->results[1].peak_kib > 5 << 10);
    free(bench);
}

/* A task lost costs itself alone. */
static void losses(void **state)
{
    (void)state;
    static const struct {
        enum deed deed;
        enum pool_state state;
        const char *words;
    } rows[] = {
        {ABORT, POOL_CRASHED, "crashed (signal 6, Aborted)"},
        {QUIT, POOL_CRASHED, "ended with exit status 7"},
        {KILLED, POOL_CRASHED, "was killed (signal 9)"},
        {HANG, POOL_LATE, "took longer than 300 ms"},
    };
    for (unsigned workers = 1; workers <= 3; workers += 2)
        for (int in_order = 0; in_order < 2; in_order++) {
            struct bench *bench = bench_new(40);
            for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                bench->deeds[9 * i] = rows[i].deed;
            assert_int_equal(run(bench, workers, 0.3, in_order, NULL), POOL_ENDED);
            for (size_t i = 0; i < bench->n; i++) {
                char words[80];
                const struct pool_result *result = &bench->results[i];
                const enum pool_state want =
                    i % 9 == 0 && i / 9 < ARRAY_LEN(rows) ? rows[i / 9].state : POOL_DONE;
                assert_int_equal(bench->told[i], 1);
                assert_int_equal(result->state, want);
                if (want == POOL_DONE)
                    assert_int_equal(bench->values[i], i * i);
                else
                    assert_string_equal(pool_describe(result, 0.3, words, sizeof(words)),
                                        rows[i / 9].words);
                if (want == POOL_LATE)
                    assert_true(result->seconds >= 0.3 && result->seconds < 10);
            }
            assert_true(bench->ticks > 0);
            free(bench);
        }
}

static void killed_idle(void **state)
{
    (void)state;
    struct bench *bench = bench_new(20);
    for (size_t i = 0; i < bench->n; i++)
        bench->deeds[i] = PID;
    assert_int_equal(run(bench, 1, 0, false, NULL), POOL_ENDED);
    for (size_t i = 0; i < bench->n; i++)
        assert_int_equal(bench->told[i], 1);
    free(bench);
}

static void more(void **state)
{
    (void)state;
    for (unsigned workers = 1; workers <= 3; workers++) {
        struct bench *bench = bench_new(1);
        bench->more = 200;
        assert_int_equal(run(bench, workers, 0, true, NULL), POOL_ENDED);
        assert_int_equal(bench->n_told, 201);
        for (size_t i = 0; i < 201; i++)
            assert_int_equal(bench->order[i], i);
        free(bench);
    }
}

static void ends_early(void **state)
{
    (void)state;
    for (unsigned workers = 1; workers <= 3; workers++) {
        struct error err = {0};
        struct bench *bench = bench_new(1000);
        bench->stop_at = 300;
        assert_int_equal(run(bench, workers, 0, false, &err), POOL_INTERRUPTED);
        assert_true(bench->n_told >= 300 && bench->n_told < 310);
        free(bench);
        bench = bench_new(1000);
        bench->fail_at = 300;
        assert_int_equal(run(bench, workers, 0, true, &err), POOL_FAILED);
        assert_string_equal(err.text, "enough");
        assert_int_equal(bench->n_told, 300);
        free(bench);
        /* None is left behind. */
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
        assert_int_equal(errno, ECHILD);
    }
}

/* Workers hold one end of `line` for as long as they live. */
static void ends_with_parent(void **state)
{
    (void)state;
    int line[2];
    char byte;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, line), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        close(line[0]);
        struct bench *bench = bench_new(3);
        for (size_t i = 0; i < bench->n; i++)
            bench->deeds[i] = HANG;
        run(bench, 3, 0, false, NULL);
        _exit(0);
    }
    close(line[1]);
    pause_ms(300);
    assert_int_equal(recv(line[0], &byte, 1, MSG_DONTWAIT), -1);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(recv(line[0], &byte, 1, 0), 0);
    close(line[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers),     cmocka_unit_test(none),
        cmocka_unit_test(large),       cmocka_unit_test(losses),
        cmocka_unit_test(killed_idle), cmocka_unit_test(more),
        cmocka_unit_test(ends_early),  cmocka_unit_test(ends_with_parent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
