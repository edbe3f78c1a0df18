/* YAML as a tree whose nodes know their line and column. Stricter than YAML: keys are scalars and
 * never repeated, a text holds exactly one document, tags other than YAML's own are refused.
 * Aliases and merge keys (<<) are expanded while reading. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_NODE_H
#define SCENARIO_NODE_H

#include "util/error.h"

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

/* A pair of a map or an item of a list. */
struct node_entry {
    char *key;      /* owned; NULL in a list */
    struct mark at; /* of the key; in a list, of the item */
    struct node *value;
};

struct node {
    enum node_kind kind;
    bool quoted;              /* a scalar in quotes or a block: always a text, never null */
    bool whole;               /* a map put at a path: nothing of a template is left below it */
    bool faulty;              /* told as wrong: as if a map had more keys, another any value */
    struct mark at;           /* an alias has its anchor's mark */
    char *text;               /* of a scalar, owned; NULL otherwise */
    struct node_entry *items; /* in the order of the file */
    size_t len, cap;
    uint32_t *index; /* hash index of the keys of a large map; NULL: small */
    size_t index_size;
};

/* Limits on one text, so that a hostile one is refused in milliseconds. */
enum {
    NODE_BYTES_MAX = 16 << 20,
    NODE_DEPTH_MAX = 64,
    NODE_COUNT_MAX = 200000 /* after aliases and merge keys */
};

/* Read `len` bytes. `file` names them in marks and is kept: it must outlive the tree and the
 * errors. What is wrong is added to errors: keys that come again are left out, what cannot be read
 * is faulty. NULL if there is no going on, as where a limit or the syntax is broken. O(len). */
struct node *node_read(const char *text, size_t len, const char *file, struct error_list *errors);
/* The same, of which nothing is wrong: NULL with *err filled by the first error. */
struct node *node_parse(const char *text, size_t len, const char *file, struct error *err);

struct node *node_new_scalar(const char *text, struct mark at);
struct node *node_new(enum node_kind kind, struct mark at);
struct node *node_new_faulty(struct mark at); /* a scalar */
struct node *node_copy(const struct node *node);
void node_free(struct node *node);
AUTO_DEFINE(struct node *, node_free)

/* NULL if absent or if `map` is not a map. Expected O(1). */
struct node_entry *node_find(const struct node *map, const char *key);
struct node *node_get(const struct node *map, const char *key);

/* Append a pair or an item; takes the value. The key must be new to the map. */
void node_add(struct node *map, const char *key, struct mark at, struct node *value);
void node_append(struct node *list, struct node *value);

/* Put a value under a key, new or not: takes the value, frees the old one. */
void node_put(struct node *map, const char *key, struct mark at, struct node *value);

/* Give pair `i` of a map a key that is new to it. O(len). */
void node_rename(struct node *map, size_t i, const char *key);

/* Take a pair out of a map, keeping the order of the others: the value, or NULL. O(len). */
struct node *node_remove(struct node *map, const char *key);

/* An unquoted empty text, "~" or "null". */
bool node_is_null(const struct node *node);

/* Same kinds, texts, keys and order; marks do not count, nor `whole`, nor do quotes but around a
 * null. */
bool node_equal(const struct node *a, const struct node *b);

/* The first value of b, inside it or all of it, that makes it not equal to a; NULL: none. O(len).
 */
const struct node *node_difference(const struct node *a, const struct node *b);

/* Has the node, or a key or value inside it, this place? */
bool node_has_mark(const struct node *node, struct mark at);

/* Make faulty what errors from number `from` on are about: nodes at their places, and what stands
 * under keys there. O(nodes x errors). */
void node_blame(struct node *node, const struct error_list *errors, size_t from);
/* Is the node, or something inside it, faulty? */
bool node_has_fault(const struct node *node);
/* Is the value of the key, or what it would be, faulty? A faulty one may be meant whose key is
 * misspelt. */
bool node_fails(const struct node *map, const char *key);

/* Number of nodes in the tree; its depth (a scalar: 1). */
size_t node_count(const struct node *node);
size_t node_depth(const struct node *node);

/* Give the whole tree one mark: for values that do not come from a file. */
void node_set_marks(struct node *node, struct mark at);

/* "a map", "a list", "\"text\"": for messages. Returns buffer. */
const char *node_describe(const struct node *node, char *buffer, size_t size);

/* YAML in a readable block style, short leaves in flow style; node_parse gives back an equal tree.
 * To be freed. */
char *node_emit(const struct node *node);

/* Asserts every invariant. */
void node_check(const struct node *node);

#endif
