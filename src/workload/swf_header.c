/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/swf_header.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A header that names more, or longer, is cut: memory must not be the file's to choose. */
enum { NAMES_MAX = 4096, TEXT_MAX = 255 };

/* A number at the start of the text, whatever follows it; *ret_rest behind it. One that is too
 * large is the largest. */
static bool leading_number(const char *text, const char **ret_rest, int64_t *ret)
{
    char *end;
    const long long value = strtoll(text, &end, 10);
    if (end == text)
        return false;
    *ret = value;
    *ret_rest = end;
    return true;
}

/* "1 - Normal jobs queue" or "1  pbatch". */
static void add_name(struct swf_header *header, struct swf_names *names, const char *value)
{
    int64_t number;
    const char *rest;
    if (!leading_number(value, &rest, &number)) {
        header->odd++;
        return;
    }
    if (number == INT64_MIN || number == INT64_MAX) {
        header->far++;
        return;
    }
    rest += strspn(rest, " \t");
    if (rest[0] == '-' && rest[1] == ' ')
        rest += strspn(rest + 1, " \t") + 1;
    if (names->len >= NAMES_MAX || !*rest)
        return;
    MEM_GROW(names);
    names->items[names->len++] = (struct swf_name){number, mem_text(rest)};
}

/* A number within [least, most]; not read: -1. */
static int take_number(struct swf_header *header, const char *value, int64_t least, int64_t most,
                       int64_t *ret)
{
    const char *rest;
    int64_t number;
    if (!leading_number(value, &rest, &number)) {
        header->odd++;
        return -1;
    }
    header->text += *rest != 0;
    if (number < least || number > most) {
        header->far++;
        return -1;
    }
    *ret = number;
    return 0;
}

static void set_number(struct swf_header *header, int64_t *field, const char *value)
{
    int64_t number;
    if (take_number(header, value, INT64_MIN + 1, INT64_MAX - 1, &number) < 0)
        return;
    header->again += *field >= 0 && number != *field;
    *field = number;
}

static void set_start(struct swf_header *header, const char *value)
{
    int64_t start;
    /* Logs whose start is unknown say -1 or 0. */
    if (take_number(header, value, INT64_MIN + 1, SWF_MAX_SECONDS, &start) < 0 || start <= 0)
        return;
    header->again += header->has_start && start != header->unix_start;
    header->has_start = true;
    header->unix_start = start;
}

static void set_zone(struct swf_header *header, const char *value)
{
    int64_t zone;
    if (take_number(header, value, -86400, 86400, &zone) < 0)
        return;
    header->again += header->has_zone && zone != header->time_zone;
    header->has_zone = true;
    header->time_zone = (int32_t)zone;
}

/* ret NULL: not a key with a number. */
static int64_t *number_field(struct swf_header *header, const char *key)
{
    const struct {
        const char *key;
        int64_t *field;
    } fields[] = {
        {"MaxJobs", &header->max_jobs},       {"MaxRecords", &header->max_records},
        {"MaxNodes", &header->max_nodes},     {"MaxProcs", &header->max_procs},
        {"MaxRuntime", &header->max_runtime}, {"MaxMemory", &header->max_memory},
    };
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        if (strcasecmp(key, fields[i].key) == 0)
            return fields[i].field;
    }
    return NULL;
}

static char **text_field(struct swf_header *header, const char *key)
{
    const struct {
        const char *key;
        char **field;
    } fields[] = {
        {"Version", &header->version},
        {"Computer", &header->computer},
        {"Installation", &header->installation},
        {"TimeZoneString", &header->time_zone_name},
    };
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        if (strcasecmp(key, fields[i].key) == 0)
            return fields[i].field;
    }
    return NULL;
}

static void set(struct swf_header *header, const char *key, const char *value)
{
    int64_t *const number = number_field(header, key);
    char **const text = text_field(header, key);
    if (number) {
        set_number(header, number, value);
    } else if (text) {
        free(*text);
        *text = mem_text(value);
    } else if (strcasecmp(key, "UnixStartTime") == 0) {
        set_start(header, value);
    } else if (strcasecmp(key, "TimeZone") == 0) {
        set_zone(header, value);
    } else if (strcasecmp(key, "Queue") == 0) {
        add_name(header, &header->queues, value);
    } else if (strcasecmp(key, "Partition") == 0) {
        add_name(header, &header->partitions, value);
    }
}

void swf_header_line(struct swf_header *header, const char *text, size_t len)
{
    const char *const end = text + len;
    while (text < end && (swf_is_space(*text) || *text == ';'))
        text++;
    const char *const colon = memchr(text, ':', (size_t)(end - text));
    if (!colon)
        return;
    char key[32], value[TEXT_MAX + 1];
    size_t n = (size_t)(colon - text);
    while (n > 0 && swf_is_space(text[n - 1]))
        n--;
    if (n == 0 || n >= sizeof(key))
        return;
    memcpy(key, text, n);
    key[n] = 0;
    text = colon + 1;
    while (text < end && swf_is_space(*text))
        text++;
    n = (size_t)(end - text);
    n = n < TEXT_MAX ? n : TEXT_MAX;
    while (n > 0 && swf_is_space(text[n - 1]))
        n--;
    memcpy(value, text, n);
    value[n] = 0;
    header->any = true;
    set(header, key, value);
}
