/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/parts.h"

#include "experiment/folder.h"
#include "scenario/resolve.h"
#include "util/mem.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DIGITS = 20, LINE = DIGITS + 1, TEXT_MAX = 1 << 16 };

static void set_round(struct round *round, const char *dir, unsigned number)
{
    round->dir = mem_format("%s/slurm/%04u", dir, number);
    round->name = mem_format("slurm-%04u", number);
}

void round_deinit(struct round *round)
{
    free(round->dir);
    free(round->name);
    *round = (struct round){0};
}

/* The number of the last round; 0: none. */
static int last_number(const char *dir, unsigned *ret, struct error *err)
{
    char *path = mem_format("%s/slurm", dir);
    DIR *folder = opendir(path);
    int rc = 0;
    *ret = 0;
    if (!folder && errno != ENOENT)
        rc = error_set(err, "%s: %s", path, strerror(errno));
    for (const struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
        char *rest;
        const unsigned long number = strtoul(entry->d_name, &rest, 10);
        if (*rest == '\0' && number > *ret && number < UINT32_MAX)
            *ret = (unsigned)number;
    }
    if (folder)
        closedir(folder);
    free(path);
    return rc;
}

int round_last(struct round *round, const char *dir, struct error *err)
{
    unsigned number;
    *round = (struct round){0};
    if (last_number(dir, &number, err) < 0)
        return -1;
    if (number > 0)
        set_round(round, dir, number);
    return 0;
}

static int put_runs(const struct round *round, const uint64_t *runs, size_t n_runs,
                    size_t part_size, struct error *err)
{
    char *path = mem_format("%s/runs", round->dir);
    char *text = mem_new((n_runs + 2) * LINE + 1, 1);
    sprintf(text, "%*zu\n%*zu\n", DIGITS, part_size, DIGITS, n_runs);
    for (size_t i = 0; i < n_runs; i++)
        sprintf(text + (i + 2) * LINE, "%*" PRIu64 "\n", DIGITS, runs[i]);
    const int rc = file_put(path, text, err);
    free(text);
    free(path);
    return rc;
}

int round_make(struct round *round, const char *dir, const uint64_t *runs, size_t n_runs,
               size_t part_size, struct error *err)
{
    unsigned number;
    *round = (struct round){0};
    if (last_number(dir, &number, err) < 0)
        return -1;
    set_round(round, dir, number + 1);
    round->parts = (n_runs + part_size - 1) / part_size;
    char *above = mem_format("%s/slurm", dir);
    const bool made = (mkdir(above, 0777) == 0 || errno == EEXIST) && mkdir(round->dir, 0777) == 0;
    free(above);
    if (!made)
        return error_set(err, "%s: cannot be made: %s", round->dir, strerror(errno));
    return put_runs(round, runs, n_runs, part_size, err);
}

char *round_text(const struct round *round, const char *name)
{
    size_t len;
    char *path = mem_format("%s/%s", round->dir, name);
    char *text = file_read(path, TEXT_MAX, &len, NULL);
    free(path);
    return text;
}

/* ---- a part ---- */

static bool read_number(FILE *file, uint64_t *ret)
{
    char line[LINE + 1] = "", *rest;
    if (fread(line, 1, LINE, file) != LINE || line[DIGITS] != '\n')
        return false;
    *ret = strtoull(line, &rest, 10);
    return *rest == '\n';
}

static bool read_runs(struct part *part, FILE *file, uint64_t index)
{
    uint64_t size, all;
    if (!read_number(file, &size) || !read_number(file, &all) || size == 0 || index > all / size ||
        index * size >= all)
        return false;
    const uint64_t first = index * size, n = all - first < size ? all - first : size;
    if (fseeko(file, (off_t)((first + 2) * LINE), SEEK_SET) != 0)
        return false;
    part->runs = mem_new(n, sizeof(*part->runs));
    while (part->n_runs < n && read_number(file, &part->runs[part->n_runs]))
        part->n_runs++;
    return part->n_runs == n;
}

/* "DIR/slurm/0001/12" into its parts. */
static bool split(const char *path, char **ret_dir, char **ret_round, uint64_t *ret_index)
{
    char *text = mem_text(path), *rest;
    char *index = strrchr(text, '/');
    if (index)
        *index++ = '\0';
    char *round = index ? strrchr(text, '/') : NULL;
    if (round)
        *round++ = '\0';
    char *slurm = round ? strrchr(text, '/') : NULL;
    bool good = slurm && strcmp(slurm + 1, "slurm") == 0 && *index >= '0' && *index <= '9';
    if (good) {
        *slurm = '\0';
        *ret_index = strtoull(index, &rest, 10);
        good = *rest == '\0';
    }
    *ret_dir = good ? mem_text(*text ? text : "/") : NULL;
    *ret_round = good ? mem_text(round) : NULL;
    free(text);
    return good;
}

int part_read(struct part *part, const char *path, struct error *err)
{
    char *round;
    uint64_t index = 0;
    *part = (struct part){0};
    if (!split(path, &part->sweep_dir, &round, &index))
        return error_set(err, "%s: names no part of a sweep, such as DIR/slurm/0001/12", path);
    part->name = mem_format("slurm-%s-%" PRIu64, round, index);
    char *name = mem_format("%s/slurm/%s/runs", part->sweep_dir, round);
    FILE *file = fopen(name, "rb");
    int rc = 0;
    if (!file)
        rc = error_set(err, "%s: %s", name, strerror(errno));
    else if (!read_runs(part, file, index))
        rc = error_set(err, "%s: has no part %" PRIu64, name, index);
    if (file)
        fclose(file);
    free(name);
    free(round);
    return rc;
}

void part_deinit(struct part *part)
{
    free(part->sweep_dir);
    free(part->name);
    free(part->runs);
    *part = (struct part){0};
}
