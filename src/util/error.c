/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/error.h"

#include "util/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

noreturn void base_fail(const char *file, int line, const char *cond)
{
    fprintf(stderr, "jishi: bug at %s:%d: %s does not hold\n", file, line, cond);
    abort();
}

static void fill(struct error *err, struct mark at, const char *fmt, va_list args)
{
    err->at = at;
    err->named = (struct mark){0};
    err->of_key = false;
    vsnprintf(err->text, sizeof(err->text), fmt, args);
}

int error_set(struct error *err, const char *fmt, ...)
{
    if (err) {
        va_list args;
        va_start(args, fmt);
        fill(err, (struct mark){0}, fmt, args);
        va_end(args);
    }
    return -1;
}

int error_at(struct error *err, struct mark at, const char *fmt, ...)
{
    if (err) {
        va_list args;
        va_start(args, fmt);
        fill(err, at, fmt, args);
        va_end(args);
    }
    return -1;
}

int error_prefix(struct error *err, const char *fmt, ...)
{
    if (err) {
        char text[sizeof(err->text)];
        memcpy(text, err->text, sizeof(text));
        va_list args;
        va_start(args, fmt);
        int n = vsnprintf(err->text, sizeof(err->text), fmt, args);
        va_end(args);
        if (n >= 0 && (size_t)n < sizeof(err->text))
            snprintf(err->text + n, sizeof(err->text) - (size_t)n, "%s", text);
    }
    return -1;
}

const char *error_format(const struct error *err, char *buffer, size_t size)
{
    if (!err->at.file)
        snprintf(buffer, size, "%s", err->text);
    else if (err->at.line == 0)
        snprintf(buffer, size, "%s: %s", err->at.file, err->text);
    else if (err->at.column == 0)
        snprintf(buffer, size, "%s:%u: %s", err->at.file, err->at.line, err->text);
    else
        snprintf(buffer, size, "%s:%u:%u: %s", err->at.file, err->at.line, err->at.column,
                 err->text);
    return buffer;
}

struct error_file {
    struct error_file *next;
    char name[];
};

const char *error_list_file(struct error_list *list, const char *name)
{
    if (!name)
        return NULL;
    for (const struct error_file *file = list->files; file; file = file->next)
        if (strcmp(file->name, name) == 0)
            return file->name;
    const size_t size = strlen(name) + 1;
    struct error_file *file = mem_new(1, sizeof(*file) + size);
    memcpy(file->name, name, size);
    file->next = list->files;
    list->files = file;
    return file->name;
}

void error_list_add(struct error_list *list, const struct error *err)
{
    if (list->len >= ERROR_LIST_MAX)
        return;
    if (list->len == list->cap) {
        list->cap = list->cap ? 2 * list->cap : 8;
        list->items = mem_resize(list->items, list->cap, sizeof(*list->items));
    }
    list->items[list->len] = *err;
    list->items[list->len].named.file = error_list_file(list, err->named.file);
    list->items[list->len++].at.file = error_list_file(list, err->at.file);
}

void error_list_addf(struct error_list *list, struct mark at, const char *fmt, ...)
{
    struct error err;
    va_list args;
    va_start(args, fmt);
    fill(&err, at, fmt, args);
    va_end(args);
    error_list_add(list, &err);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool mark_is(struct mark a, struct mark b)
{
    return a.line == b.line && a.column == b.column && same_text(a.file, b.file);
}

static size_t file_rank(const struct error_list *list, const char *file)
{
    size_t rank = 0;
    while (!same_text(list->items[rank].at.file, file))
        rank++;
    return rank;
}

struct placed {
    struct error err;
    size_t file, found;
};

static int compare_places(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    if (x->file != y->file)
        return x->file < y->file ? -1 : 1;
    if (x->err.at.line != y->err.at.line)
        return x->err.at.line < y->err.at.line ? -1 : 1;
    if (x->err.at.column != y->err.at.column)
        return x->err.at.column < y->err.at.column ? -1 : 1;
    return x->found < y->found ? -1 : 1;
}

bool error_list_has(const struct error_list *list, const struct error *err)
{
    for (size_t i = 0; i < list->len; i++) {
        const struct error *old = &list->items[i];
        if (mark_is(old->at, err->at) && strcmp(old->text, err->text) == 0)
            return true;
    }
    return false;
}

bool error_list_has_text(const struct error_list *list, const char *text)
{
    bool has = false;
    for (size_t i = 0; i < list->len && !has; i++)
        has = strcmp(list->items[i].text, text) == 0;
    return has;
}

void error_list_sort(struct error_list *list)
{
    const size_t len = list->len;
    struct placed *placed = mem_new(len, sizeof(*placed));
    for (size_t i = 0; i < len; i++)
        placed[i] = (struct placed){list->items[i], file_rank(list, list->items[i].at.file), i};
    if (len > 1)
        qsort(placed, len, sizeof(*placed), compare_places);
    list->len = 0;
    for (size_t i = 0; i < len; i++)
        if (!error_list_has(list, &placed[i].err))
            list->items[list->len++] = placed[i].err;
    free(placed);
}

void error_list_move(struct error_list *to, struct error_list *from, const char *prefix)
{
    for (size_t i = 0; i < from->len; i++) {
        struct error err = from->items[i];
        error_prefix(&err, "%s", prefix);
        error_list_add(to, &err);
    }
    error_list_deinit(from);
}

void error_list_deinit(struct error_list *list)
{
    while (list->files) {
        struct error_file *file = list->files;
        list->files = file->next;
        free(file);
    }
    free(list->items);
    *list = (struct error_list){0};
}
