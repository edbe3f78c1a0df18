/* A scenario file made whole: what it includes, then the file, then a variant, then --set values,
 * in this order, as one tree. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_RESOLVE_H
#define SCENARIO_RESOLVE_H

#include "scenario/node.h"
#include "util/schema.h"

struct path;

struct resolve_options {
    const char *builtin_dir;   /* where `include: builtin:NAME` finds NAME.yaml; NULL: nowhere */
    const struct field *table; /* of the root: tells maps that merge from those that are one value
                                * (a kind, a distribution); NULL: all maps merge */
};

/* A file with its includes, read once; any number of variants and settings can be applied to it.
 * After errors it holds what could be read, faulty where there would be more.
 * The struct owns the file names of all marks: it must outlive the trees and the errors, also
 * after a failure. */
struct document {
    struct node *base;         /* without the keys include and variants; NULL: there is no file */
    struct node *variants;     /* a map of names; NULL: none */
    const struct field *table; /* as in the options: names on the way of a setting must be there */
    char *text;                /* of the main file, as read, ended by 0 */
    size_t text_len;
    struct {
        char **items;
        size_t len, cap;
    } files; /* the main file first, then the included ones, in the order read */
};

/* Read a file, or a text as though it came from a file of that name. -1 with errors. The document
 * is to be deinitialised in either case. */
int document_load(struct document *document, const char *path,
                  const struct resolve_options *options, struct error_list *errors);
int document_read(struct document *document, const char *text, size_t len, const char *name,
                  const struct resolve_options *options, struct error_list *errors);
/* The same from a map inside the file `name`, copied; its marks stay those of the map. */
int document_from_tree(struct document *document, const struct node *root, const char *name,
                       const struct resolve_options *options, struct error_list *errors);
void document_deinit(struct document *document);

/* A new tree: the base, changed by a variant (NULL: none), then by texts PATH=VALUE. Printed by
 * node_emit it is a scenario that needs no include and no variant. NULL with errors. */
struct node *document_resolve(const struct document *document, const char *variant,
                              const char *const *sets, size_t sets_len, struct error_list *errors);
/* The same of a document that has a base, with what can be put though there are errors: never NULL.
 */
struct node *document_apply(const struct document *document, const char *variant,
                            const char *const *sets, size_t sets_len, struct error_list *errors);

/* Has the text an = with something before it, so that it can be PATH=VALUE at all? */
bool setting_is_formed(const char *text);

/* Which of the texts an error or a value is of, from 1 on; 0: of a file. */
size_t setting_of(struct mark at);
/* The place of text `i`, counted from 1. */
struct mark setting_mark(size_t i);
/* Give errors about the texts these as their places: "--set PATH=VALUE". */
void settings_name(struct error_list *errors, const char *const *sets, size_t n_sets);

/* Write one map on top of another as includes do: maps described by `table` merge, but for what was
 * put at a path (`whole`); a thing with parameters is one value. Maps that merge have the place of
 * the one on top. Copies. */
void tree_merge(struct node *base, const struct node *over, const struct field *table);

/* How many steps of the path lead to a thing that merges as one value: a distribution, an order, a
 * list. 0: it leads to none. */
size_t tree_whole(const struct field *table, const struct path *path);

/* `name` as seen from the directory of `file`: joined unless absolute. To be freed. */
char *path_beside(const char *file, const char *name);

/* The whole file, ended by 0; at most `max` bytes. NULL with err->text. To be freed. */
char *file_read(const char *path, size_t max, size_t *ret_len, struct error *err);
/* The same of what is read more than once: no pipe. */
char *file_read_regular(const char *path, size_t max, size_t *ret_len, struct error *err);

#endif
