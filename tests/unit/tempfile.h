/* A file for the time of a test, and where the real logs are. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_TEMPFILE_H
#define TESTS_TEMPFILE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

struct tempfile {
    char path[64];
};

static inline struct tempfile tempfile_make(const void *data, size_t len)
{
    struct tempfile file;
    strcpy(file.path, "/tmp/jishi-test-XXXXXX");
    const int fd = mkstemp(file.path);
    if (fd < 0 || write(fd, data, len) != (ssize_t)len || close(fd) != 0)
        abort();
    return file;
}

static inline struct tempfile tempfile_make_gzip(const void *data, size_t len)
{
    struct tempfile file = tempfile_make("", 0);
    gzFile out = gzopen(file.path, "wb6");
    if (!out || (len > 0 && gzwrite(out, data, (unsigned)len) != (int)len) || gzclose(out) != Z_OK)
        abort();
    return file;
}

static inline void tempfile_remove(const struct tempfile *file)
{
    unlink(file->path);
}

/* The path of a real log, which is not part of the project: in $JISHI_TRACES or beside the source
 * tree. NULL if it is not there. */
static inline const char *trace_path(const char *name, char *buffer, size_t size)
{
    const char *const folders[] = {getenv("JISHI_TRACES"), "../shared/traces",
                                   "../../shared/traces"};
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        if (!folders[i])
            continue;
        snprintf(buffer, size, "%s/%s", folders[i], name);
        if (access(buffer, R_OK) == 0)
            return buffer;
    }
    return NULL;
}

#endif
