/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/outfile.h"

#include "cli/command.h"
#include "trace/h5.h"
#include "trace/sink.h"
#include "util/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int outfile_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct error err;
    struct stat status;
    char *folder = slash ? mem_text_n(path, (size_t)(slash - path) + (slash == path)) : NULL;
    const int rc = folder && stat(folder, &status) < 0
                       ? error_set(&err, "%s: the folder %s: %s", path, folder, strerror(errno))
                       : 0;
    if (rc < 0)
        print_error(&err);
    free(folder);
    return rc;
}

/* Of what is there only an empty file or one with these attributes at its root is replaced. */
static int check(const char *path, const char *const *marks, const char *what)
{
    struct error err;
    struct stat status;
    int rc = sink_check(path, &err);
    if (rc == 0 && stat(path, &status) == 0 && status.st_size > 0 && !h5_is_marked(path, marks))
        rc =
            error_set(&err, "%s: is there already and is no %s; it is not overwritten", path, what);
    if (rc < 0)
        print_error(&err);
    return rc;
}

int outfile_replaces_trace(const char *path)
{
    static const char *const marks[] = {"jishi_version", "format", "seed", "replication", NULL};
    return check(path, marks, "trace");
}

int outfile_replaces_comparison(const char *path)
{
    static const char *const marks[] = {"jishi_version", "analysis", "replications", NULL};
    return check(path, marks, "comparison");
}
