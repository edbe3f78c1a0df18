/* Field tables applied to nodes: a tree of texts becomes structs. All errors of an input are
 * collected, each with its place and its path. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_DECODE_H
#define SCENARIO_DECODE_H

#include "scenario/node.h"
#include "scenario/path.h"
#include "util/schema.h"

/* A file name that the input holds, and what it stands for. */
struct path_note {
    struct mark at;
    char *text, *path; /* as written; from the current folder. Owned */
};

struct path_notes {
    struct path_note *items;
    size_t len, cap;
};

void path_notes_deinit(struct path_notes *notes);

/* One pass over an input. Set errors and file, zero the rest. */
struct decode {
    struct error_list *errors;
    const char *file;        /* main file: FIELD_PATH values that come from no file (--set) are
                              * relative to its directory; NULL: the current one */
    struct path path;        /* of the value being decoded */
    size_t failures;         /* errors found, also those that did not fit into the list */
    enum unit unit;          /* what UNIT_SAME stands for */
    struct path_notes notes; /* of all FIELD_PATHs decoded */
    bool hides_names;        /* a name that is not known may be one that could not be read */
    bool optional;           /* inside a table that is absent: nothing is required */
    /* Keys of the outermost map that were taken out of it before, and may be meant. NULL-ended;
     * NULL: none. */
    const char *const *taken;
};

void decode_deinit(struct decode *ctx);

/* Fill *object, which the caller has zeroed, from a map. Absent fields get their defaults. -1 if
 * there were errors; the object can be freed with schema_free in any case. Text is copied, except
 * that FIELD_NODE and marks borrow from the tree and its file names. */
int decode_table(const struct node *node, const struct field *table, void *object,
                 struct decode *ctx);

/* The same for the value of one field. */
int decode_field(const struct node *node, const struct field *field, void *object,
                 struct decode *ctx);

/* Collect an error at the current path. Always -1. */
int decode_error(struct decode *ctx, struct mark at, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The same where `at` is the place of a key. */
int decode_error_key(struct decode *ctx, struct mark at, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Go into a key or an item and out again, for owners that walk FIELD_NODEs themselves. */
void decode_enter(struct decode *ctx, const char *key);
void decode_enter_item(struct decode *ctx, size_t index);
void decode_leave(struct decode *ctx);

#endif
