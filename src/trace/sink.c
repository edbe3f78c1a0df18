/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/sink.h"

#include "util/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEMP_NAMES = 1000 };

const char *sink_reason(int error, char *buffer, size_t size)
{
    return strerror_r(error, buffer, size);
}

static int fail(const char *path, const char *what, int error, struct error *err)
{
    char reason[128];
    return error_set(err, "%s: %s: %s", path, what, sink_reason(error, reason, sizeof(reason)));
}

static int check_target(const char *path, struct error *err)
{
    struct stat info;
    const size_t len = strlen(path);
    if (len == 0)
        return error_set(err, "the output file has an empty name");
    if (path[len - 1] == '/')
        return error_set(err, "%s: names a folder, not a file", path);
    if (stat(path, &info) != 0)
        return errno == ENOENT ? 0 : fail(path, "cannot write", errno, err);
    if (S_ISDIR(info.st_mode))
        return error_set(err, "%s: is a folder; name a file in it", path);
    if (!S_ISREG(info.st_mode))
        return error_set(err, "%s: exists and is no ordinary file", path);
    return 0;
}

static int make_folder(const char *path, struct error *err)
{
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return 0;
    char *folder = mem_text_n(path, (size_t)(slash - path));
    int status = 0;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        const int error = errno;
        /* A folder on a file system that refuses mkdir (read-only) may well be there. */
        if (access(folder, F_OK) != 0)
            status = fail(path, "cannot make its folder", error, err);
    }
    free(folder);
    return status;
}

/* Is fd, once locked, still the file of that name? Another process may have renamed it between. */
static bool same_file(int fd, const char *name)
{
    struct stat a, b;
    return fstat(fd, &a) == 0 && stat(name, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

/* An fd that this process alone writes; -1 with errno, EWOULDBLOCK if another one has it. */
static int open_locked(const char *temp)
{
    for (int tries = 0; tries < 100; tries++) {
        const int fd = open(temp, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (fd < 0)
            return -1;
        /* File systems without locks: two runs into one file are then the user's to avoid. */
        if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
            close(fd);
            errno = EWOULDBLOCK;
            return -1;
        }
        if (same_file(fd, temp)) {
            if (ftruncate(fd, 0) == 0)
                return fd;
            const int error = errno;
            close(fd);
            errno = error;
            return -1;
        }
        close(fd);
    }
    errno = EWOULDBLOCK;
    return -1;
}

/* What a link points to is written, not the link. NULL with an error. */
static char *behind_links(const char *path, struct error *err)
{
    struct stat info;
    if (lstat(path, &info) != 0 || !S_ISLNK(info.st_mode))
        return mem_text(path);
    char *target = realpath(path, NULL);
    if (!target)
        fail(path, "is a link to nothing", errno, err);
    return target;
}

/* A file beside the target, which this process alone writes. */
static int open_beside(struct sink *sink, const char *target, struct error *err)
{
    for (int i = 0; i < TEMP_NAMES; i++) {
        char *temp = i ? mem_format("%s.%d.tmp", target, i) : mem_format("%s.tmp", target);
        const int fd = open_locked(temp);
        if (fd >= 0) {
            *sink = (struct sink){.path = mem_text(target), .temp = temp, .fd = fd};
            return 0;
        }
        const int error = errno;
        if (error != EWOULDBLOCK) {
            fail(temp, "cannot write", error, err);
            free(temp);
            return -1;
        }
        free(temp);
    }
    return error_set(err, "%s: %d other runs are writing it", target, TEMP_NAMES);
}

int sink_check(const char *path, struct error *err)
{
    char *target = check_target(path, err) < 0 ? NULL : behind_links(path, err);
    const int status = target ? 0 : -1;
    free(target);
    return status;
}

int sink_open(struct sink *sink, const char *path, struct error *err)
{
    *sink = (struct sink){.fd = -1};
    if (check_target(path, err) || make_folder(path, err))
        return -1;
    char *target = behind_links(path, err);
    const int status = target ? open_beside(sink, target, err) : -1;
    free(target);
    return status;
}

static void deinit(struct sink *sink)
{
    free(sink->path);
    free(sink->temp);
    *sink = (struct sink){.fd = -1};
}

int sink_commit(struct sink *sink, struct error *err)
{
    int status = 0;
    /* Renamed before the lock goes, so that no other run can take the temporary name between. */
    if (rename(sink->temp, sink->path) != 0) {
        status = fail(sink->path, "cannot rename the finished file to this", errno, err);
        unlink(sink->temp);
    }
    /* Network file systems tell of a full disk only here. */
    if (close(sink->fd) != 0 && errno != EINTR && status == 0) {
        status = fail(sink->path, "cannot write", errno, err);
        unlink(sink->path);
    }
    deinit(sink);
    return status;
}

void sink_abandon(struct sink *sink)
{
    if (sink->fd < 0)
        return;
    unlink(sink->temp);
    close(sink->fd);
    deinit(sink);
}
