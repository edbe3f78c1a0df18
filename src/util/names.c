/* Which known name was meant. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/schema.h"

#include <stdio.h>
#include <string.h>

enum { NAME_MAX_COMPARED = 63 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance, where swapping two neighbours costs one (optimal string alignment). */
static size_t edit_distance(const char *a, const char *b)
{
    const size_t n = strlen(a), m = strlen(b);
    if (n > NAME_MAX_COMPARED || m > NAME_MAX_COMPARED)
        return SIZE_MAX;
    size_t rows[3][NAME_MAX_COMPARED + 1] = {0};
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[n % 3][m];
}

const char *nearest_name(const char *text, const char *const *names, size_t len)
{
    const char *best = NULL;
    size_t best_distance = SIZE_MAX;
    for (size_t i = 0; i < len; i++) {
        const size_t distance = edit_distance(text, names[i]);
        if (distance < best_distance) {
            best_distance = distance;
            best = names[i];
        }
    }
    /* A third of the letters may be wrong: "fcs" is near fcfs, "abc" near nothing. */
    const size_t longest = best && strlen(best) > strlen(text) ? strlen(best) : strlen(text);
    return best && best_distance <= (longest + 2) / 3 ? best : NULL;
}

const char *suggest_name(const char *text, const char *const *names, size_t len, char *buffer,
                         size_t size)
{
    const char *near = nearest_name(text, names, len);
    buffer[0] = '\0';
    if (near) {
        snprintf(buffer, size, ", did you mean %.80s?", near);
        return buffer;
    }
    size_t used = 0;
    for (size_t i = 0; i < len; i++) {
        const char *before = i > 0 ? ", " : len > 1 ? "; expected one of " : "; expected ";
        if (used + strlen(before) + strlen(names[i]) + sizeof(", ...") > size) {
            snprintf(buffer + used, size - used, ", ...");
            break;
        }
        used += (size_t)snprintf(buffer + used, size - used, "%s%s", before, names[i]);
    }
    return buffer;
}
