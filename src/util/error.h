/* The user's errors as data: a place in a file and a text. Only cli/ prints them. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef UTIL_ERROR_H
#define UTIL_ERROR_H

#include "util/base.h"

/* A place in a file; file NULL: not about a place; line 0: about the file as a whole. Lines and
 * columns count from 1. The file name is borrowed and outlives the mark. */
struct mark {
    const char *file;
    unsigned line, column;
};

bool mark_is(struct mark a, struct mark b);

struct error {
    struct mark at;
    struct mark named; /* of an error in another file: the value that names it; file NULL: none */
    bool of_key;       /* `at` is the place of a key: it is not about a map that begins with that */
    char text[504];
};

/* Fill *err (NULL: nobody asked) and return -1, so that a function can end in
 * `return error_set(err, "...")`. */
int error_set(struct error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
int error_at(struct error *err, struct mark at, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Put words before the text on the way up. Always -1. */
int error_prefix(struct error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* "file:line:column: text" into buffer, cut to size. Returns buffer. */
const char *error_format(const struct error *err, char *buffer, size_t size);

/* All errors of an input, in the order found. Zeroed is empty. */
struct error_list {
    struct error *items;
    size_t len, cap;
    struct error_file *files; /* owned */
};

/* Append a copy, of its file's name too. Past ERROR_LIST_MAX they are counted in len no more: a
 * file full of errors stays readable and cheap. */
#define ERROR_LIST_MAX 100
void error_list_add(struct error_list *list, const struct error *err);
void error_list_addf(struct error_list *list, struct mark at, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* Is the same text told of the same place? */
bool error_list_has(const struct error_list *list, const struct error *err);
/* The same, wherever. */
bool error_list_has_text(const struct error_list *list, const char *text);
/* In the order of files (as first met), lines and columns; what is said twice of a place is told
 * once. */
void error_list_sort(struct error_list *list);
/* A copy of a file name (NULL: none) for marks, which lives as long as the list. O(names). */
const char *error_list_file(struct error_list *list, const char *name);
/* Add errors to others, each with words before its text. Empties `from`. */
void error_list_move(struct error_list *to, struct error_list *from, const char *prefix);

void error_list_deinit(struct error_list *list);

#endif
