/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/command.h"

#include "util/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

struct stream {
    int fd; /* -1: at its end */
    char *items;
    size_t len, cap;
};

static double clock_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What is beyond the most is read, so that the program does not wait, and forgotten. */
static void stream_read(struct stream *stream)
{
    char buffer[1 << 14];
    const ssize_t got = read(stream->fd, buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR)
        return;
    if (got <= 0) {
        close(stream->fd);
        stream->fd = -1;
        return;
    }
    for (ssize_t i = 0; i < got && stream->len < COMMAND_OUTPUT_MAX; i++) {
        MEM_GROW(stream);
        stream->items[stream->len++] = buffer[i];
    }
}

static char *stream_text(struct stream *stream)
{
    MEM_GROW(stream);
    stream->items[stream->len] = '\0';
    return stream->items;
}

/* In a process group of its own, so that what it starts in turn can be ended with it. */
static int start(const char *const *argv, const int out[2], const int says[2], pid_t *ret)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults, none;
    sigfillset(&defaults);
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, says[1], STDERR_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setsigmask(&attributes, &none);
    const int code =
        posix_spawnp(ret, argv[0], &actions, &attributes, (char *const *)argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return code;
}

/* Until both streams are at their end. False: time is up. */
static bool collect(struct stream *streams, double deadline)
{
    while (streams[0].fd >= 0 || streams[1].fd >= 0) {
        struct pollfd fds[2] = {{.fd = streams[0].fd, .events = POLLIN},
                                {.fd = streams[1].fd, .events = POLLIN}};
        const double left = deadline - clock_now();
        if (left <= 0)
            return false;
        if (poll(fds, 2, (int)(left * 1000) + 1) < 0 && errno != EINTR)
            return false;
        for (int i = 0; i < 2; i++)
            if (fds[i].revents)
                stream_read(&streams[i]);
    }
    return true;
}

int command_execute(const char *const *argv, double limit, struct command_result *ret,
                    struct error *err)
{
    int out[2], says[2], code = 0;
    pid_t pid;
    *ret = (struct command_result){0};
    if (pipe2(out, O_CLOEXEC) < 0)
        return error_set(err, "%s: cannot run it: %s", argv[0], strerror(errno));
    if (pipe2(says, O_CLOEXEC) < 0) {
        code = errno;
        close(out[0]);
        close(out[1]);
        return error_set(err, "%s: cannot run it: %s", argv[0], strerror(code));
    }
    code = start(argv, out, says, &pid);
    close(out[1]);
    close(says[1]);
    if (code != 0) {
        close(out[0]);
        close(says[0]);
        return error_set(err, "%s: cannot run it: %s", argv[0], strerror(code));
    }
    struct stream streams[2] = {{.fd = out[0]}, {.fd = says[0]}};
    const bool in_time = collect(streams, clock_now() + limit);
    if (!in_time)
        kill(-pid, SIGKILL);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    for (int i = 0; i < 2; i++)
        if (streams[i].fd >= 0)
            close(streams[i].fd);
    ret->out = stream_text(&streams[0]);
    ret->says = stream_text(&streams[1]);
    ret->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (in_time)
        return 0;
    command_result_deinit(ret);
    return error_set(err, "%s: no answer within %g s", argv[0], limit);
}

void command_result_deinit(struct command_result *result)
{
    free(result->out);
    free(result->says);
    *result = (struct command_result){0};
}
