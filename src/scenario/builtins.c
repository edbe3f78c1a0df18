/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/builtins.h"

#include "util/mem.h"
#include "util/schema.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static const char ending[] = ".yaml";

static int is_builtin(const struct dirent *file)
{
    const size_t len = strlen(file->d_name);
    return file->d_name[0] != '.' && len >= sizeof(ending) &&
           strcmp(file->d_name + len + 1 - sizeof(ending), ending) == 0;
}

char *builtin_path(const char *dir, const char *name, struct error *err)
{
    struct dirent **files = NULL;
    const int found = dir ? scandir(dir, &files, is_builtin, alphasort) : 0;
    const size_t len = found > 0 ? (size_t)found : 0;
    const char **names = mem_new(len, sizeof(*names));
    char *path = NULL, hint[300];
    for (size_t i = 0; i < len; i++) {
        names[i] = files[i]->d_name;
        files[i]->d_name[strlen(files[i]->d_name) + 1 - sizeof(ending)] = '\0';
        if (strcmp(names[i], name) == 0)
            path = mem_format("%s/%s%s", dir, name, ending);
    }
    suggest_name(name, names, len, hint, sizeof(hint));
    if (!path)
        error_set(err, "unknown builtin \"%.80s\"%s", name,
                  len > 0 ? hint : ": nothing is built in here");
    for (size_t i = 0; i < len; i++)
        free(files[i]);
    free(files);
    free(names);
    return path;
}
