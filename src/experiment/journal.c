/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/journal.h"

#include "scenario/resolve.h"
#include "util/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <isa-l/crc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CRC_DIGITS = 8, FILE_MAX = 1 << 30, NAMES_MAX = 10000 };

/* Behind the values of a run that was so. */
static const char UNSTABLE[] = "unstable";

/* Seconds between two flushes to the disk. */
static const time_t SYNC_EVERY = 1;

struct journal {
    char *dir, *name, *path;
    size_t measures;
    int fd; /* -1: not there yet */
    time_t synced;
};

const char *host_name(char *buffer, size_t size)
{
    if (gethostname(buffer, size) < 0)
        snprintf(buffer, size, "unknown");
    buffer[size - 1] = '\0';
    for (char *c = buffer; *c; c++)
        if (*c <= ' ' || *c == '"' || *c == ',')
            *c = '_';
    return buffer;
}

/* The CRC-32 of gzip. */
static uint32_t crc_of(const char *text, size_t len)
{
    return crc32_gzip_refl(0, (const unsigned char *)text, len);
}

/* --- writing --- */

struct journal *journal_new(const char *dir, const char *name, size_t measures, struct error *err)
{
    char *folder = mem_format("%s/journal", dir);
    const bool good = access(folder, W_OK | X_OK) == 0;
    if (!good)
        error_set(err, "%s: %s", folder, strerror(errno));
    free(folder);
    if (!good)
        return NULL;
    struct journal *journal = mem_new(1, sizeof(*journal));
    *journal = (struct journal){
        .dir = mem_text(dir), .name = mem_text(name), .measures = measures, .fd = -1};
    return journal;
}

/* "journal/[NAME-]HOST-PID-N.log": of several processes, on several machines, each has its own. */
static int create(struct journal *journal, struct error *err)
{
    char host[100];
    host_name(host, sizeof(host));
    for (int n = 0; n < NAMES_MAX; n++) {
        free(journal->path);
        journal->path = mem_format("%s/journal/%s%s%s-%ld-%d.log", journal->dir,
                                   journal->name ? journal->name : "", journal->name ? "-" : "",
                                   host, (long)getpid(), n);
        journal->fd = open(journal->path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
        if (journal->fd >= 0 || errno != EEXIST)
            break;
    }
    if (journal->fd < 0)
        return error_set(err, "%s: %s", journal->path, strerror(errno));
    journal->synced = time(NULL);
    return 0;
}

static int failed(const struct journal *journal, struct error *err)
{
    return error_set(err, "%s: cannot be written: %s", journal->path, strerror(errno));
}

static char *format_record(const struct journal *journal, uint64_t run,
                           const struct outcome *outcome, size_t *ret_len)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    REQUIRE(out);
    fprintf(out, "%0*d %" PRIu64 " %s %a %" PRId64 " %s", CRC_DIGITS, 0, run,
            run_state_names[outcome->state], outcome->seconds, outcome->peak_kib, outcome->host);
    for (size_t i = 0; outcome->state == RUN_DONE && i < journal->measures; i++)
        fprintf(out, " %a", outcome->values[i]);
    if (outcome->state == RUN_DONE && outcome->unstable)
        fprintf(out, " %s", UNSTABLE);
    if (outcome->state != RUN_DONE)
        fprintf(out, " %s", outcome->text ? outcome->text : "");
    fclose(out);
    for (size_t i = 0; i < size; i++)
        if (text[i] == '\n' || text[i] == '\r' || text[i] == '\0')
            text[i] = ' ';
    char crc[CRC_DIGITS + 1];
    const char *rest = text + CRC_DIGITS + 1;
    snprintf(crc, sizeof(crc), "%08" PRIx32, crc_of(rest, size - CRC_DIGITS - 1));
    memcpy(text, crc, CRC_DIGITS);
    text[size] = '\n'; /* in the place of the 0 that open_memstream puts behind */
    *ret_len = size + 1;
    return text;
}

int journal_add(struct journal *journal, uint64_t run, const struct outcome *outcome,
                struct error *err)
{
    if (journal->fd < 0 && create(journal, err) < 0)
        return -1;
    size_t len;
    char *text = format_record(journal, run, outcome, &len);
    const ssize_t n = write(journal->fd, text, len);
    free(text);
    if (n >= 0 && (size_t)n < len)
        errno = ENOSPC;
    if (n < 0 || (size_t)n < len)
        return failed(journal, err);
    if (time(NULL) < journal->synced + SYNC_EVERY)
        return 0;
    journal->synced = time(NULL);
    return fdatasync(journal->fd) < 0 ? failed(journal, err) : 0;
}

int journal_close(struct journal *journal, struct error *err)
{
    int rc = 0;
    if (!journal)
        return 0;
    if (journal->fd >= 0 && fdatasync(journal->fd) < 0)
        rc = failed(journal, err);
    if (journal->fd >= 0 && close(journal->fd) < 0 && rc == 0)
        rc = failed(journal, err);
    free(journal->dir);
    free(journal->name);
    free(journal->path);
    free(journal);
    return rc;
}

/* --- reading --- */

/* The next word of a line, ended in place; NULL: none. */
static char *word(char **at)
{
    char *begin = *at;
    if (!*begin)
        return NULL;
    char *end = strchr(begin, ' ');
    *at = end ? end + 1 : begin + strlen(begin);
    if (end)
        *end = '\0';
    return begin;
}

static bool read_double(char **at, double *ret)
{
    char *rest, *text = word(at);
    if (!text)
        return false;
    *ret = strtod(text, &rest);
    return *rest == '\0' && rest > text;
}

static bool read_number(char **at, uint64_t *ret)
{
    char *rest, *text = word(at);
    if (!text)
        return false;
    *ret = strtoull(text, &rest, 10);
    return *rest == '\0' && rest > text;
}

static bool read_state(char **at, enum run_state *ret)
{
    const char *text = word(at);
    for (int i = 0; text && run_state_names[i]; i++)
        if (strcmp(run_state_names[i], text) == 0) {
            *ret = (enum run_state)i;
            return i != RUN_MISSING;
        }
    return false;
}

/* False: it is no record of this sweep. `line` is changed. */
static bool read_record(char *line, struct outcomes *outcomes, double *values)
{
    char *rest;
    if (strlen(line) <= CRC_DIGITS || line[CRC_DIGITS] != ' ')
        return false;
    const unsigned long crc = strtoul(line, &rest, 16);
    char *at = line + CRC_DIGITS + 1;
    if (rest != line + CRC_DIGITS || crc != crc_of(at, strlen(at)))
        return false;
    struct outcome outcome = {0};
    uint64_t run, peak;
    if (!read_number(&at, &run) || run >= outcomes->runs || !read_state(&at, &outcome.state) ||
        !read_double(&at, &outcome.seconds) || !read_number(&at, &peak))
        return false;
    outcome.peak_kib = (int64_t)peak;
    outcome.host = word(&at);
    if (!outcome.host)
        return false;
    for (size_t i = 0; outcome.state == RUN_DONE && i < outcomes->measures; i++)
        if (!read_double(&at, &values[i]))
            return false;
    outcome.unstable = outcome.state == RUN_DONE && strcmp(at, UNSTABLE) == 0;
    if (outcome.state != RUN_DONE)
        outcome.text = at;
    else if (*at && !outcome.unstable)
        return false;
    outcome.values = values;
    outcomes_put(outcomes, run, &outcome);
    return true;
}

static int read_file(const char *path, struct outcomes *outcomes, double *values,
                     size_t *ret_damaged, struct error *err)
{
    size_t len;
    char *text = file_read(path, FILE_MAX, &len, err);
    if (!text)
        return error_prefix(err, "%s: ", path);
    char *line = text;
    for (char *end; (end = memchr(line, '\n', (size_t)(text + len - line))); line = end + 1) {
        *end = '\0';
        if (!read_record(line, outcomes, values))
            ++*ret_damaged;
    }
    /* What has no end was being written when the process ended. */
    if (line < text + len)
        ++*ret_damaged;
    free(text);
    return 0;
}

static int only_logs(const struct dirent *entry)
{
    const size_t len = strlen(entry->d_name);
    return len > 4 && strcmp(entry->d_name + len - 4, ".log") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool begins_with(const char *text, const char *name)
{
    const size_t len = strlen(name);
    return strncmp(text, name, len) == 0 && text[len] == '-';
}

int journal_read(const char *dir, const char *name, struct outcomes *outcomes, size_t *ret_damaged,
                 struct error *err)
{
    struct dirent **names;
    char *folder = mem_format("%s/journal", dir);
    const int n = scandir(folder, &names, only_logs, by_name);
    *ret_damaged = 0;
    if (n < 0) {
        error_set(err, "%s: %s", folder, strerror(errno));
        free(folder);
        return -1;
    }
    double *values = mem_new(outcomes->measures + 1, sizeof(*values));
    int rc = 0;
    for (int i = 0; i < n; i++) {
        char *path = mem_format("%s/%s", folder, names[i]->d_name);
        if (rc == 0 && (!name || begins_with(names[i]->d_name, name)))
            rc = read_file(path, outcomes, values, ret_damaged, err);
        free(path);
        free(names[i]);
    }
    free(values);
    free(names);
    free(folder);
    return rc;
}
