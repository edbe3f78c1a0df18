/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATIENCE = 5 }; /* seconds */

/* Bytes are there, or the end, or somebody who may yet write; EOF of *ret_byte: none was read. */
static bool has_writer(int fd, int *ret_byte)
{
    struct pollfd pipe = {.fd = fd, .events = POLLIN};
    unsigned char byte;
    int got;
    *ret_byte = EOF;
    do {
        got = poll(&pipe, 1, PATIENCE * 1000);
    } while (got < 0 && errno == EINTR);
    if (got != 0)
        return true;
    /* Of a pipe without a writer a read says that it is at its end, poll says nothing. */
    const ssize_t n = read(fd, &byte, 1);
    if (n > 0)
        *ret_byte = byte;
    return n != 0;
}

static FILE *open_pipe(const char *path, struct error *err)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int byte;
    FILE *file = NULL;
    if (fd < 0)
        error_set(err, "cannot be read: %s", strerror(errno));
    else if (!has_writer(fd, &byte))
        error_set(err, "is a pipe, and for %d s nobody has opened it for writing", PATIENCE);
    else if (fcntl(fd, F_SETFL, 0) < 0 || !(file = fdopen(fd, "rb")))
        error_set(err, "cannot be read: %s", strerror(errno));
    if (file && byte != EOF)
        ungetc(byte, file);
    if (!file && fd >= 0)
        close(fd);
    return file;
}

FILE *file_open(const char *path, struct error *err)
{
    struct stat info;
    if (stat(path, &info) == 0 && S_ISFIFO(info.st_mode))
        return open_pipe(path, err);
    FILE *file = fopen(path, "rb");
    if (!file)
        error_set(err, "cannot be read: %s", strerror(errno));
    return file;
}

int file_need_regular(const char *path, struct error *err)
{
    struct stat info;
    if (stat(path, &info) < 0 || S_ISREG(info.st_mode) || S_ISDIR(info.st_mode))
        return 0;
    return error_set(err, "is a %s, but is read more than once: write it to a file first",
                     S_ISFIFO(info.st_mode)   ? "pipe"
                     : S_ISSOCK(info.st_mode) ? "socket"
                                              : "device");
}
