/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/resolve.h"

#include "scenario/builtins.h"
#include "scenario/inherit.h"
#include "scenario/path.h"
#include "scenario/scenario.h"
#include "util/file.h"
#include "util/mem.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INCLUDE_DEPTH_MAX = 16, FILES_MAX = 256, COMBINE_DEPTH_MAX = 16, COMBINED_MAX = 1000 };
enum { SET_SHOWN = 200 }; /* of a setting in front of what is wrong with it */

static const char SET_FILE[] = "--set";

struct loader {
    struct document *document;
    const struct resolve_options *options;
    struct error_list *errors;
    char *open[INCLUDE_DEPTH_MAX]; /* real paths of the files being read, outermost first */
    size_t depth;
};

char *path_beside(const char *file, const char *name)
{
    const char *slash = strrchr(file, '/');
    if (name[0] == '/' || !slash)
        return mem_text(name);
    return mem_format("%.*s/%s", (int)(slash - file), file, name);
}

char *file_read(const char *path, size_t max, size_t *ret_len, struct error *err)
{
    FILE *file = file_open(path, err);
    if (!file)
        return NULL;
    char *text = NULL;
    size_t len = 0, cap = 0;
    for (bool more = true; more && len <= max;) {
        cap = cap ? 2 * cap : 1 << 16;
        text = mem_resize(text, cap + 1, 1);
        const size_t n = fread(text + len, 1, cap - len, file);
        len += n;
        more = len == cap;
    }
    const int error = ferror(file) ? errno : 0;
    fclose(file);
    if (error || len > max) {
        if (error)
            error_set(err, "cannot be read: %s", strerror(error));
        else
            error_set(err, "is larger than %zu MiB", max >> 20);
        free(text);
        return NULL;
    }
    text[len] = '\0';
    *ret_len = len;
    return text;
}

char *file_read_regular(const char *path, size_t max, size_t *ret_len, struct error *err)
{
    return file_need_regular(path, err) < 0 ? NULL : file_read(path, max, ret_len, err);
}

/* ---- merging ---- */

/* How the values of a key merge: with which table below, and whether at all. */
struct rule {
    bool merge, of_names;
    const struct field *table;
};

static struct rule rule_for(const struct field *table, const char *key);

/* Workloads are of several kinds: a key is looked up in the tables of all. */
static struct rule rule_for_workload(const char *key)
{
    const struct rule common = rule_for(workload_common_fields, key);
    for (size_t i = 0; workload_kinds[i] && common.merge && !common.table; i++) {
        const struct rule rule = rule_for(workload_kinds[i]->fields, key);
        if (!rule.merge || rule.table)
            return rule;
    }
    return common;
}

static struct rule rule_for(const struct field *table, const char *key)
{
    if (table == workload_fields)
        return rule_for_workload(key);
    for (const struct field *field = table; field && field->kind != FIELD_END; field++) {
        if (strcmp(field->key, key) != 0)
            continue;
        const bool map = field->kind == FIELD_MAP || field->table == workload_fields;
        const bool whole = !map && field->kind != FIELD_TABLE && field->kind != FIELD_NODE;
        return (struct rule){!whole, map, field->table};
    }
    return (struct rule){.merge = true};
}

/* Write `over` on top of `base`, at whose place what then does not fit together is told. Copies. */
static void merge_map(struct node *base, const struct node *over, struct rule rule)
{
    base->faulty |= over->faulty;
    base->at = over->at;
    for (size_t i = 0; i < over->len; i++) {
        const struct node_entry *from = &over->items[i];
        struct node_entry *old = node_find(base, from->key);
        const struct rule below = rule.of_names ? (struct rule){true, false, rule.table}
                                                : rule_for(rule.table, from->key);
        if (old && below.merge && old->value->kind == NODE_MAP && from->value->kind == NODE_MAP &&
            !from->value->whole)
            merge_map(old->value, from->value, below);
        else
            node_put(base, from->key, from->at, node_copy(from->value));
    }
}

void tree_merge(struct node *base, const struct node *over, const struct field *table)
{
    merge_map(base, over, (struct rule){true, false, table});
}

size_t tree_whole(const struct field *table, const struct path *path)
{
    struct rule rule = {true, false, table};
    for (size_t i = 0; i < path->len; i++) {
        const char *key = path->items[i].key;
        if (!key)
            return 0;
        rule = rule.of_names ? (struct rule){true, false, rule.table} : rule_for(rule.table, key);
        if (!rule.merge)
            return i + 1;
    }
    return 0;
}

/* Variants merge by name and path; the values at the paths are whole. */
static void merge_variants(struct node *base, const struct node *over)
{
    base->faulty |= over->faulty;
    for (size_t i = 0; i < over->len; i++) {
        const struct node_entry *from = &over->items[i];
        struct node *old = node_get(base, from->key);
        if (!old || old->kind != NODE_MAP || from->value->kind != NODE_MAP) {
            node_put(base, from->key, from->at, node_copy(from->value));
            continue;
        }
        for (size_t k = 0; k < from->value->len; k++)
            node_put(old, from->value->items[k].key, from->value->items[k].at,
                     node_copy(from->value->items[k].value));
    }
}

/* ---- loading ---- */

static void take_variants(struct loader *loader, struct node *root)
{
    struct node *variants = node_remove(root, "variants");
    if (!variants)
        return;
    const struct node_entry *base = node_find(variants, "base");
    if (base) {
        error_list_addf(loader->errors, base->at,
                        "variants.base: the scenario as it stands is called base in all results; "
                        "another name is needed");
        node_free(node_remove(variants, "base"));
    }
    if (variants->kind != NODE_MAP) {
        if (!variants->faulty)
            error_list_addf(loader->errors, variants->at,
                            "variants: expected a map of names, each a map of PATH: value");
    } else if (!loader->document->variants) {
        loader->document->variants = variants;
        return;
    } else {
        merge_variants(loader->document->variants, variants);
    }
    node_free(variants);
}

static void load_text(struct loader *loader, const char *text, size_t len, const char *file,
                      struct node *base);

static char *include_path(struct loader *loader, const struct node *item, const char *from)
{
    static const char builtin[] = "builtin:";
    const char *name = item->text;
    if (strncmp(name, builtin, sizeof(builtin) - 1) != 0)
        return path_beside(from, name);
    struct error err;
    char *path = builtin_path(loader->options->builtin_dir, name + sizeof(builtin) - 1, &err);
    if (!path)
        error_list_addf(loader->errors, item->at, "include: %s", err.text);
    return path;
}

static char *real_path(const char *path)
{
    char *real = realpath(path, NULL);
    return real ? real : mem_text(path);
}

static int enter(struct loader *loader, const char *path, struct mark at)
{
    char *real = real_path(path);
    for (size_t i = 0; i < loader->depth; i++)
        if (strcmp(loader->open[i], real) == 0) {
            error_list_addf(loader->errors, at, "include: \"%.200s\" includes itself%s", path,
                            i + 1 < loader->depth ? " through others" : "");
            free(real);
            return -1;
        }
    if (loader->depth >= INCLUDE_DEPTH_MAX || loader->document->files.len >= FILES_MAX) {
        error_list_addf(loader->errors, at, "include: more than %d files%s",
                        loader->depth >= INCLUDE_DEPTH_MAX ? INCLUDE_DEPTH_MAX : FILES_MAX,
                        loader->depth >= INCLUDE_DEPTH_MAX ? " inside one another" : "");
        free(real);
        return -1;
    }
    loader->open[loader->depth++] = real;
    return 0;
}

static void leave(struct loader *loader)
{
    free(loader->open[--loader->depth]);
}

static const char *keep_name(struct document *document, const char *file)
{
    MEM_GROW(&document->files);
    return document->files.items[document->files.len++] = mem_text(file);
}

/* What cannot be read leaves the base faulty: it would have more keys. */
static void include_one(struct loader *loader, const struct node *item, const char *from,
                        struct node *base)
{
    base->faulty |= item->faulty;
    if (item->faulty)
        return;
    if (item->kind != NODE_SCALAR || node_is_null(item)) {
        error_list_addf(loader->errors, item->at, "include: expected a file name or builtin:NAME");
        base->faulty = true;
        return;
    }
    char *path = include_path(loader, item, from);
    if (path && enter(loader, path, item->at) == 0) {
        struct error err;
        size_t len;
        char *text = file_read_regular(path, NODE_BYTES_MAX, &len, &err);
        if (text)
            load_text(loader, text, len, keep_name(loader->document, path), base);
        else
            error_list_addf(loader->errors, item->at, "include: \"%.200s\" %s", item->text,
                            err.text);
        base->faulty |= !text;
        free(text);
        leave(loader);
    } else {
        base->faulty = true;
    }
    free(path);
}

static void include_all(struct loader *loader, struct node *root, const char *from,
                        struct node *base)
{
    struct node *include = node_remove(root, "include");
    if (include && include->kind == NODE_LIST) {
        for (size_t i = 0; i < include->len; i++)
            include_one(loader, include->items[i].value, from, base);
    } else if (include) {
        include_one(loader, include, from, base);
    }
    node_free(include);
}

/* Merge a file's tree, which is taken, after what it includes, into `base`. */
static void load_tree(struct loader *loader, struct node *root, const char *file, struct node *base)
{
    if (root->kind != NODE_MAP) {
        error_list_addf(loader->errors, root->at, "expected a map of keys such as title: ...");
        base->faulty = true;
    } else {
        include_all(loader, root, file, base);
        take_variants(loader, root);
        merge_map(base, root, (struct rule){true, false, loader->options->table});
    }
    node_free(root);
}

static void load_text(struct loader *loader, const char *text, size_t len, const char *file,
                      struct node *base)
{
    struct node *root = node_read(text, len, file, loader->errors);
    base->faulty |= !root;
    if (root)
        load_tree(loader, root, file, base);
}

/* What was merged must be a tree that could be read back: else there is nothing of it. */
static void check_limits(struct node **root, struct error_list *errors)
{
    const struct mark at = (*root)->at;
    if (node_depth(*root) < NODE_DEPTH_MAX && node_count(*root) <= NODE_COUNT_MAX)
        return;
    error_list_addf(errors, at, "too large: more than %d values or %d levels in all",
                    NODE_COUNT_MAX, NODE_DEPTH_MAX - 1);
    node_free(*root);
    *root = node_new(NODE_MAP, at);
    (*root)->faulty = true;
}

/* `text` NULL: from `root`, which is taken. */
static int read_either(struct document *document, const char *text, size_t len, struct node *root,
                       const char *name, const struct resolve_options *options,
                       struct error_list *errors)
{
    static const struct resolve_options none = {0};
    document->table = options ? options->table : NULL;
    struct loader loader = {document, options ? options : &none, errors, {NULL}, 0};
    const char *file = keep_name(document, name);
    enter(&loader, name, (struct mark){0});
    document->base = node_new(NODE_MAP, (struct mark){file, 1, 1});
    const size_t before = errors->len;
    if (text)
        load_text(&loader, text, len, file, document->base);
    else
        load_tree(&loader, root, file, document->base);
    leave(&loader);
    check_limits(&document->base, errors);
    return errors->len == before ? 0 : -1;
}

int document_read(struct document *document, const char *text, size_t len, const char *name,
                  const struct resolve_options *options, struct error_list *errors)
{
    *document = (struct document){.text = mem_text_n(text, len), .text_len = len};
    return read_either(document, text, len, NULL, name, options, errors);
}

int document_from_tree(struct document *document, const struct node *root, const char *name,
                       const struct resolve_options *options, struct error_list *errors)
{
    *document = (struct document){.text = node_emit(root)};
    document->text_len = strlen(document->text);
    return read_either(document, NULL, 0, node_copy(root), name, options, errors);
}

int document_load(struct document *document, const char *path,
                  const struct resolve_options *options, struct error_list *errors)
{
    struct error err;
    size_t len;
    char *text = file_read(path, NODE_BYTES_MAX, &len, &err);
    if (!text) {
        *document = (struct document){0};
        error_list_addf(errors, (struct mark){keep_name(document, path), 0, 0}, "%s", err.text);
        return -1;
    }
    const int rc = document_read(document, text, len, path, options, errors);
    free(text);
    return rc;
}

void document_deinit(struct document *document)
{
    node_free(document->base);
    node_free(document->variants);
    free(document->text);
    for (size_t i = 0; i < document->files.len; i++)
        free(document->files.items[i]);
    free(document->files.items);
    *document = (struct document){0};
}

/* ---- variants and settings ---- */

struct applied {
    const struct node *variants;
    const struct field *table;
    struct node *root;
    struct error_list *errors;
    const char *open[COMBINE_DEPTH_MAX];
    size_t depth, count;
};

static int unknown_variant(const struct applied *applied, const char *name, struct mark at)
{
    const size_t all = applied->variants ? applied->variants->len : 0;
    const char **names = mem_new(all, sizeof(*names));
    const char *own = applied->depth > 0 ? applied->open[applied->depth - 1] : "";
    char hint[300];
    size_t len = 0; /* but for the one that asks for it */
    for (size_t i = 0; i < all; i++)
        if (strcmp(own, applied->variants->items[i].key) != 0)
            names[len++] = applied->variants->items[i].key;
    suggest_name(name, names, len, hint, sizeof(hint));
    if (len == 0)
        snprintf(hint, sizeof(hint), "; there %s", all > 0 ? "is no other" : "are none");
    free(names);
    error_list_addf(applied->errors, at, "unknown variant \"%.80s\"%s", name, hint);
    return -1;
}

static int apply_variant(struct applied *applied, const char *name, struct mark at);
static int apply_combined(struct applied *applied, const struct node *list)
{
    int rc = 0;
    if (list->kind != NODE_LIST) {
        error_list_addf(applied->errors, list->at, "combine: expected a list of variants");
        return -1;
    }
    for (size_t i = 0; i < list->len; i++) {
        const struct node *name = list->items[i].value;
        if (name->kind == NODE_SCALAR) {
            rc |= apply_variant(applied, name->text, name->at);
        } else {
            error_list_addf(applied->errors, name->at, "combine: expected the name of a variant");
            rc = -1;
        }
    }
    return rc;
}

static int apply_variant(struct applied *applied, const char *name, struct mark at)
{
    const struct node_entry *variant = node_find(applied->variants, name);
    if (!variant)
        return unknown_variant(applied, name, at);
    if (variant->value->faulty && variant->value->kind == NODE_SCALAR)
        return -1;
    for (size_t i = 0; i < applied->depth; i++)
        if (strcmp(applied->open[i], name) == 0) {
            error_list_addf(applied->errors, at, "variants.%.80s: combines itself%s", name,
                            i + 1 < applied->depth ? " through others" : "");
            return -1;
        }
    if (applied->depth >= COMBINE_DEPTH_MAX || ++applied->count > COMBINED_MAX) {
        error_list_addf(applied->errors, at, "variants.%.80s: combines too many variants", name);
        return -1;
    }
    if (variant->value->kind != NODE_MAP) {
        error_list_addf(applied->errors, variant->value->at,
                        "variants.%.80s: expected a map of PATH: value", name);
        return -1;
    }
    applied->open[applied->depth++] = variant->key;
    struct node *own = node_copy(variant->value);
    struct node *combine = node_remove(own, "combine");
    int rc = combine ? apply_combined(applied, combine) : 0;
    rc |= path_set_all(applied->root, applied->table, own, false, applied->errors);
    node_free(combine);
    node_free(own);
    applied->depth--;
    return rc;
}

/* Where PATH ends in PATH=VALUE: a quoted name may hold the sign. */
static const char *find_equals(const char *text)
{
    bool quoted = false;
    for (; *text; text++) {
        if (quoted && *text == '\\' && text[1])
            text++;
        else if (*text == '"')
            quoted = !quoted;
        else if (*text == '=' && !quoted)
            return text;
    }
    return NULL;
}

bool setting_is_formed(const char *text)
{
    const char *equals = find_equals(text);
    return equals && equals > text;
}

/* What is behind the sign. Faulty, with errors about the path `name`, if it cannot be read. */
static struct node *setting_value(const char *yaml, const char *name, struct mark at,
                                  struct error_list *errors)
{
    struct error_list found = {0};
    struct node *value = NULL;
    if (yaml[strspn(yaml, " ")])
        value = node_read(yaml, strlen(yaml), SET_FILE, &found);
    else
        error_list_addf(&found, at, "needs a value");
    for (size_t i = 0; i < found.len; i++)
        error_list_addf(errors, at, "%.200s: %s", name, found.items[i].text);
    error_list_deinit(&found);
    if (!value)
        return node_new_faulty(at);
    node_set_marks(value, at);
    return value;
}

static int put_setting(struct node *root, const struct field *table, const struct path *path,
                       struct node *value, struct mark at, struct error *err)
{
    const bool told = path_ends_faulty(root, path);
    if (!told && path_prepare(root, table, path, at, err) == 0)
        return path_set(root, path, at, value, err);
    node_free(value);
    return told ? 0 : -1;
}

/* Setting `i`. Its mark tells it from the others, though it has no line. */
static void apply_set(struct node *root, const struct field *table, const char *text, size_t i,
                      struct error_list *errors)
{
    const struct mark at = setting_mark(i + 1);
    if (!setting_is_formed(text)) {
        error_list_addf(errors, at, "\"%.200s\": expected PATH=VALUE", text);
        return;
    }
    const char *equals = find_equals(text);
    struct path path = {0};
    struct error err;
    char *name = mem_text_n(text, (size_t)(equals - text));
    int rc = path_parse(name, &path, &err);
    if (rc == 0 && (path_is_in(&path, "variants") || path_is_in(&path, "include")))
        rc = error_set(&err, "%.200s: cannot be set; settings come after includes and the variant",
                       name);
    if (rc == 0)
        rc = put_setting(root, table, &path, setting_value(equals + 1, name, at, errors), at, &err);
    if (rc < 0) {
        err.at = at;
        error_list_add(errors, &err);
    }
    path_deinit(&path);
    free(name);
}

size_t setting_of(struct mark at)
{
    return at.file && at.line == 0 && strcmp(at.file, SET_FILE) == 0 ? at.column : 0;
}

struct mark setting_mark(size_t i)
{
    return (struct mark){SET_FILE, 0, (unsigned)i};
}

void settings_name(struct error_list *errors, const char *const *sets, size_t n_sets)
{
    for (size_t i = 0; i < errors->len; i++) {
        struct mark *at = &errors->items[i].at;
        const size_t row = setting_of(*at);
        if (row == 0 || row > n_sets)
            continue;
        const bool cut = strlen(sets[row - 1]) > SET_SHOWN;
        char *name = mem_format("%s %.*s%s", SET_FILE, SET_SHOWN, sets[row - 1], cut ? "..." : "");
        *at = (struct mark){error_list_file(errors, name), 0, 0};
        free(name);
    }
}

struct node *document_apply(const struct document *document, const char *variant,
                            const char *const *sets, size_t sets_len, struct error_list *errors)
{
    struct applied applied = {
        .variants = document->variants,
        .table = document->table,
        .root = node_copy(document->base),
        .errors = errors,
    };
    if (variant)
        apply_variant(&applied, variant, (struct mark){document->files.items[0], 0, 0});
    for (size_t i = 0; i < sets_len; i++)
        apply_set(applied.root, document->table, sets[i], i, errors);
    check_limits(&applied.root, errors);
    return applied.root;
}

struct node *document_resolve(const struct document *document, const char *variant,
                              const char *const *sets, size_t sets_len, struct error_list *errors)
{
    const size_t before = errors->len;
    struct node *tree = document_apply(document, variant, sets, sets_len, errors);
    if (errors->len == before)
        return tree;
    node_free(tree);
    return NULL;
}
