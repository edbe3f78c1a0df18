/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/outfile.h"

#include "cli/command.h"
#include "util/mem.h"

#include <errno.h>
#include <stdio.h>
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

int outfile_replaces(const char *path)
{
    static const char signature[] = "\x89HDF\r\n\x1a\n";
    char found[sizeof(signature) - 1];
    struct error err;
    struct stat status;
    if (stat(path, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size == 0)
        return 0;
    FILE *file = fopen(path, "rb");
    const size_t len = file ? fread(found, 1, sizeof(found), file) : 0;
    if (file)
        fclose(file);
    if (len == sizeof(found) && memcmp(found, signature, len) == 0)
        return 0;
    error_set(&err, "%s: is there already and is no trace; it is not overwritten", path);
    print_error(&err);
    return -1;
}
