/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/pool_worker.h"

#include "util/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Before the bytes of a task. */
struct order {
    uint64_t id, len;
};

static int send_all(int fd, const void *data, size_t len)
{
    const char *from = data;
    while (len > 0) {
        const ssize_t n = send(fd, from, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        from += n;
        len -= (size_t)n;
    }
    return 0;
}

static int receive_all(int fd, void *data, size_t len)
{
    char *to = data;
    while (len > 0) {
        const ssize_t n = recv(fd, to, len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        to += n;
        len -= (size_t)n;
    }
    return 0;
}

int pool_send_task(int fd, const struct pool_task *task)
{
    const struct order order = {task->id, task->len};
    if (send_all(fd, &order, sizeof(order)) < 0)
        return -1;
    return send_all(fd, task->data, task->len);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Linux: the peak of resident memory counts from here. */
static void forget_peak(int clear_refs)
{
    if (clear_refs >= 0 && pwrite(clear_refs, "5", 1, 0) < 0)
        return; /* then it is the peak of the worker so far */
}

static int64_t peak_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* What a terminal sends to all is the parent's to judge. */
static void set_signals(void)
{
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    if (signal(SIGHUP, SIG_DFL) == SIG_IGN)
        signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
}

static int serve(const struct pool_setup *setup, int fd, int clear_refs)
{
    struct order order;
    if (receive_all(fd, &order, sizeof(order)) < 0)
        return -1;
    void *data = order.len > 0 ? mem_new(order.len, 1) : NULL;
    if (receive_all(fd, data, order.len) < 0)
        return -1;
    const struct pool_task task = {order.id, data, order.len};
    struct pool_bytes bytes = {0};
    forget_peak(clear_refs);
    const double since = now();
    setup->run(setup->ctx, &task, &bytes);
    const struct pool_answer answer = {bytes.len, now() - since, peak_kib()};
    int rc = send_all(fd, &answer, sizeof(answer));
    if (rc == 0)
        rc = send_all(fd, bytes.items, bytes.len);
    pool_bytes_deinit(&bytes);
    free(data);
    return rc;
}

noreturn void pool_worker(const struct pool_setup *setup, int fd, pid_t parent)
{
    set_signals();
    /* It may have ended before this was asked for. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
        _exit(1);
    const int clear_refs = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    while (serve(setup, fd, clear_refs) == 0)
        continue;
    _exit(0);
}
