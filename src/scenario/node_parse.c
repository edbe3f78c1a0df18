/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/node.h"

#include "scenario/path.h"
#include "util/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct anchor {
    char *name;
    struct node *node;
    bool open; /* still being read: an alias to it would be endless */
    size_t depth;
};

/* A collection being read. */
struct level {
    struct node *node;
    char *key; /* owned; of a map: the key whose value comes next */
    struct mark key_at;
    bool key_merge;     /* the key is an unquoted << */
    bool unused;        /* the value that comes next belongs to a key that is wrong */
    bool is_key;        /* it stands where a key should */
    struct node *merge; /* value of <<, handled when the map is whole */
    struct mark merge_at;
    size_t merge_position;
    size_t anchor; /* row of the anchor that names it, or NO_ANCHOR */
};

#define NO_ANCHOR SIZE_MAX

/* Anchors are searched one by one, and each map of a merge key rebuilds the map it goes into. */
enum { ANCHORS_MAX = 1000, MERGES_MAX = 64, DIRECTIVES_MAX = 100 };

struct reader {
    yaml_parser_t parser;
    const char *text, *file;
    size_t len;
    size_t count; /* nodes made, including copies */
    size_t bytes; /* text copied for anchors and aliases */
    struct level levels[NODE_DEPTH_MAX];
    size_t depth;
    struct {
        struct anchor *items;
        size_t len, cap;
    } anchors;
    struct node *root;
    bool second; /* another document has begun */
    struct error_list *errors;
};

static void tell(struct reader *reader, struct mark at, const char *place, const char *fmt,
                 va_list args)
{
    char text[400];
    vsnprintf(text, sizeof(text), fmt, args);
    error_list_addf(reader->errors, at, "%s%s%s", place, *place ? ": " : "", text);
}

/* What ends the reading. Always -1. */
static int stop(struct reader *reader, struct mark at, const char *fmt, ...) PRINTF_LIKE(3, 4);
static int stop(struct reader *reader, struct mark at, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    tell(reader, at, "", fmt, args);
    va_end(args);
    return -1;
}

/* What the rest can be read behind, told with the path of where it stands. -1: enough is told. */
static int fault(struct reader *reader, struct mark at, const char *fmt, ...) PRINTF_LIKE(3, 4);
static int fault(struct reader *reader, struct mark at, const char *fmt, ...)
{
    struct path path = {0};
    char place[200];
    for (size_t i = 0; i < reader->depth; i++) {
        const struct level *level = &reader->levels[i];
        if (level->node->kind == NODE_LIST)
            path_push_index(&path, level->node->len);
        else if (level->key)
            path_push_key(&path, level->key);
    }
    va_list args;
    va_start(args, fmt);
    tell(reader, at, path_format(&path, place, sizeof(place)), fmt, args);
    va_end(args);
    path_deinit(&path);
    return reader->errors->len < ERROR_LIST_MAX ? 0 : -1;
}

static struct mark mark_of(const struct reader *reader, yaml_mark_t mark)
{
    return (struct mark){reader->file, (unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

/* libyaml's words, and words for people. */
static const struct {
    const char *yaml, *plain;
} phrases[] = {
    {"found character that cannot start any token",
     "this character cannot start a value (indent with spaces, not tabs; a text that starts with "
     "@, ` or % needs quotes)"},
    {"mapping values are not allowed in this context",
     "a ':' makes no sense here: check the indentation, or put the text in quotes"},
    {"block sequence entries are not allowed in this context",
     "a list item makes no sense here: check the indentation"},
    {"did not find expected node content", "expected a value here: check brackets and quotes"},
    {"did not find expected key", "expected a key here: check the indentation and the quotes"},
    {"did not find expected '-' indicator",
     "expected a list item ('- ') here: check the indentation"},
    {"could not find expected ':'", "expected ':' after the key"},
    {"did not find expected ',' or '}'", "expected ',' or '}'"},
    {"did not find expected ',' or ']'", "expected ',' or ']'"},
    {"found unexpected end of stream", "the text ends inside quotes"},
    {"found unknown escape character", "unknown escape after \\ in a text in double quotes"},
    {"found undefined tag handle", "unknown tag"},
    {"control characters are not allowed", "control characters are not allowed"},
    {"did not find expected <document start>",
     "expected the end of the text: check the indentation"},
};

static int syntax_error(struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    const char *problem = parser->problem ? parser->problem : "not YAML";
    for (size_t i = 0; i < ARRAY_LEN(phrases); i++)
        if (strcmp(problem, phrases[i].yaml) == 0)
            problem = phrases[i].plain;
    if (parser->error == YAML_READER_ERROR) {
        unsigned line = 1;
        for (size_t i = 0; i < parser->problem_offset && i < reader->len; i++)
            line += reader->text[i] == '\n';
        const bool control = strcmp(problem, "control characters are not allowed") == 0;
        return stop(reader, (struct mark){reader->file, line, 0},
                    control ? "%s" : "not UTF-8 text: %s; save the file as UTF-8", problem);
    }
    const struct mark at = mark_of(reader, parser->problem_mark);
    if (parser->context && parser->context_mark.line != parser->problem_mark.line)
        return stop(reader, at, "%s (%s that starts at line %zu)", problem, parser->context,
                    parser->context_mark.line + 1);
    return stop(reader, at, "%s", problem);
}

static int count_node(struct reader *reader, struct mark at)
{
    if (++reader->count > NODE_COUNT_MAX)
        return stop(reader, at, "more than %d values, aliases expanded", NODE_COUNT_MAX);
    return 0;
}

static int too_deep(struct reader *reader, struct mark at)
{
    return stop(reader, at, "nested more than %d levels deep", NODE_DEPTH_MAX);
}

static int count_bytes(struct reader *reader, const char *text, struct mark at)
{
    reader->bytes += text ? strlen(text) : 0;
    if (reader->bytes > NODE_BYTES_MAX)
        return stop(reader, at, "larger than %d MiB, aliases expanded", NODE_BYTES_MAX >> 20);
    return 0;
}

/* Copy what an alias names, counting every node before it is made. */
static struct node *copy_counted(struct reader *reader, const struct node *node, struct mark at)
{
    if (count_node(reader, at) < 0 || count_bytes(reader, node->text, at) < 0)
        return NULL;
    if (node->kind == NODE_SCALAR)
        return node_copy(node);
    struct node *copy = node_new(node->kind, node->at);
    for (size_t i = 0; i < node->len; i++) {
        struct node *value = NULL;
        if (count_bytes(reader, node->items[i].key, at) == 0)
            value = copy_counted(reader, node->items[i].value, at);
        if (!value) {
            node_free(copy);
            return NULL;
        }
        if (node->kind == NODE_MAP)
            node_add(copy, node->items[i].key, node->items[i].at, value);
        else
            node_append(copy, value);
    }
    return copy;
}

static bool tag_known(const yaml_char_t *tag, enum node_kind kind)
{
    static const char *const scalars[] = {"str", "int", "float", "bool", "null", "timestamp"};
    static const char prefix[] = "tag:yaml.org,2002:";
    const char *text = (const char *)tag;
    if (!text || strcmp(text, "!") == 0)
        return true;
    if (strncmp(text, prefix, sizeof(prefix) - 1) != 0)
        return false;
    text += sizeof(prefix) - 1;
    if (kind != NODE_SCALAR)
        return strcmp(text, kind == NODE_MAP ? "map" : "seq") == 0;
    for (size_t i = 0; i < ARRAY_LEN(scalars); i++)
        if (strcmp(text, scalars[i]) == 0)
            return true;
    return false;
}

static int check_tag(struct reader *reader, const yaml_char_t *tag, enum node_kind kind,
                     struct mark at)
{
    if (tag_known(tag, kind))
        return 0;
    return fault(reader, at, "unknown tag \"%.80s\": jishi needs no tags", (const char *)tag);
}

/* Make room for a node that aliases may name, and forget an older anchor of that name. */
static int anchor_open(struct reader *reader, const yaml_char_t *name, struct mark at,
                       size_t *ret_anchor)
{
    *ret_anchor = NO_ANCHOR;
    if (!name)
        return 0;
    if (reader->anchors.len >= ANCHORS_MAX)
        return stop(reader, at, "more than %d anchors", ANCHORS_MAX);
    for (size_t i = 0; i < reader->anchors.len; i++)
        if (strcmp(reader->anchors.items[i].name, (const char *)name) == 0) {
            free(reader->anchors.items[i].name);
            reader->anchors.items[i].name = mem_text("");
        }
    MEM_GROW(&reader->anchors);
    reader->anchors.items[reader->anchors.len] =
        (struct anchor){.name = mem_text((const char *)name), .open = true};
    *ret_anchor = reader->anchors.len++;
    return 0;
}

static int anchor_close(struct reader *reader, size_t anchor, const struct node *node)
{
    if (anchor == NO_ANCHOR)
        return 0;
    struct anchor *item = &reader->anchors.items[anchor];
    item->open = false;
    item->depth = node_depth(node);
    item->node = copy_counted(reader, node, node->at);
    return item->node ? 0 : -1;
}

/* Give a whole node to the collection that is open, or make it the root. Takes the node. */
static void place(struct reader *reader, struct node *node)
{
    if (reader->depth == 0) {
        reader->root = node;
        return;
    }
    struct level *level = &reader->levels[reader->depth - 1];
    if (level->node->kind == NODE_LIST) {
        node_append(level->node, node);
        return;
    }
    if (level->unused) {
        node_free(node);
    } else if (level->key_merge) {
        level->merge = node;
        level->merge_at = level->key_at;
        level->merge_position = level->node->len;
    } else {
        node_add(level->node, level->key, level->key_at, node);
    }
    free(level->key);
    level->key = NULL;
}

static bool wants_key(const struct reader *reader)
{
    if (reader->depth == 0)
        return false;
    const struct level *level = &reader->levels[reader->depth - 1];
    return level->node->kind == NODE_MAP && !level->key;
}

/* In place of a key that cannot be read: nobody knows what its value is of. */
static void place_key(struct reader *reader, struct mark at)
{
    struct level *level = &reader->levels[reader->depth - 1];
    level->node->faulty = true;
    level->key = mem_text("");
    level->key_at = at;
    level->key_merge = false;
    level->unused = true;
}

/* In place of a key or a value that cannot be read. */
static int place_faulty(struct reader *reader, struct mark at)
{
    if (wants_key(reader))
        place_key(reader, at);
    else if (count_node(reader, at) < 0)
        return -1;
    else
        place(reader, node_new_faulty(at));
    return 0;
}

static int read_key(struct reader *reader, const yaml_event_t *event, struct mark at)
{
    struct level *level = &reader->levels[reader->depth - 1];
    int rc = 0;
    const char *key = (const char *)event->data.scalar.value;
    const bool merge = strcmp(key, "<<") == 0 && event->data.scalar.plain_implicit;
    const struct node_entry *known = node_find(level->node, key);
    const bool twice = merge ? level->merge != NULL : known != NULL;
    if (twice)
        rc = fault(reader, at, "the key \"%.80s\" is given twice, first at line %u", key,
                   merge ? level->merge_at.line : known->at.line);
    level->key = mem_text(key);
    level->key_at = at;
    level->key_merge = merge;
    level->unused = twice;
    return rc;
}

static int read_scalar(struct reader *reader, const yaml_event_t *event)
{
    const struct mark at = mark_of(reader, event->start_mark);
    const char *text = (const char *)event->data.scalar.value;
    if (strlen(text) != event->data.scalar.length)
        return fault(reader, at, "a text may not hold a NUL character") < 0
                   ? -1
                   : place_faulty(reader, at);
    if (check_tag(reader, event->data.scalar.tag, NODE_SCALAR, at) < 0)
        return -1;
    if (wants_key(reader)) {
        if (event->data.scalar.anchor &&
            fault(reader, at, "an anchor on a key has no use here") < 0)
            return -1;
        return read_key(reader, event, at);
    }
    if (count_node(reader, at) < 0)
        return -1;
    struct node *node = node_new_scalar(text, at);
    node->quoted =
        event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE ||
        (event->data.scalar.tag && strcmp((const char *)event->data.scalar.tag, YAML_STR_TAG) == 0);
    size_t anchor;
    if (anchor_open(reader, event->data.scalar.anchor, at, &anchor) < 0 ||
        anchor_close(reader, anchor, node) < 0) {
        node_free(node);
        return -1;
    }
    place(reader, node);
    return 0;
}

static int read_alias(struct reader *reader, const yaml_event_t *event)
{
    const struct mark at = mark_of(reader, event->start_mark);
    const char *name = (const char *)event->data.alias.anchor;
    int rc = 0;
    const struct anchor *anchor = NULL;
    for (size_t i = 0; i < reader->anchors.len; i++)
        if (strcmp(reader->anchors.items[i].name, name) == 0)
            anchor = &reader->anchors.items[i];
    const bool is_key = wants_key(reader);
    if (is_key)
        rc = fault(reader, at, "a key must be a plain text, not an alias");
    else if (!anchor)
        rc = fault(reader, at, "unknown alias *%.80s: no &%.80s before it", name, name);
    else if (anchor->open)
        rc = fault(reader, at, "the alias *%.80s stands inside what it names", name);
    if (is_key || !anchor || anchor->open)
        return rc < 0 ? -1 : place_faulty(reader, at);
    if (reader->depth + anchor->depth > NODE_DEPTH_MAX)
        return too_deep(reader, at);
    struct node *copy = copy_counted(reader, anchor->node, at);
    if (copy)
        place(reader, copy);
    return copy ? 0 : -1;
}

static int begin(struct reader *reader, enum node_kind kind, const yaml_event_t *event,
                 const yaml_char_t *anchor, const yaml_char_t *tag)
{
    const struct mark at = mark_of(reader, event->start_mark);
    const bool is_key = wants_key(reader);
    if (is_key && fault(reader, at, "a key must be a text, not %s",
                        kind == NODE_MAP ? "a map" : "a list") < 0)
        return -1;
    if (check_tag(reader, tag, kind, at) < 0 || count_node(reader, at) < 0)
        return -1;
    if (reader->depth >= NODE_DEPTH_MAX - 1)
        return too_deep(reader, at);
    size_t row;
    if (anchor_open(reader, anchor, at, &row) < 0)
        return -1;
    reader->levels[reader->depth] =
        (struct level){.node = node_new(kind, at), .anchor = row, .is_key = is_key};
    reader->depth++;
    return 0;
}

/* Pairs of `from` that `map` does not have yet, at the place of the merge key. */
static void merge_missing(struct node *map, size_t *position, const struct node *from)
{
    struct node *merged = node_new(NODE_MAP, map->at);
    for (size_t i = 0; i < map->len || i == *position; i++) {
        if (i == *position)
            for (size_t k = 0; k < from->len; k++)
                if (!node_find(map, from->items[k].key))
                    node_add(merged, from->items[k].key, from->items[k].at,
                             node_copy(from->items[k].value));
        if (i < map->len) {
            node_add(merged, map->items[i].key, map->items[i].at, map->items[i].value);
            map->items[i].value = node_new(NODE_LIST, map->at);
        }
    }
    *position += merged->len - map->len;
    const struct node old = *map;
    const struct node fresh = *merged;
    *map = fresh;
    *merged = old;
    map->at = old.at;
    map->faulty = old.faulty;
    node_free(merged);
}

/* Own keys win, and an earlier map of a list wins over a later one. */
static int finish_merge(struct reader *reader, struct level *level)
{
    struct node *merge = level->merge;
    const bool list = merge->kind == NODE_LIST;
    if (merge->len > MERGES_MAX && list)
        return stop(reader, level->merge_at, "<< is given more than %d maps", MERGES_MAX);
    for (size_t i = 0; i < (list ? merge->len : 1); i++) {
        const struct node *from = list ? merge->items[i].value : merge;
        const bool told = from->faulty && from->kind == NODE_SCALAR;
        level->node->faulty |= from->faulty || from->kind != NODE_MAP;
        if (from->kind == NODE_MAP)
            merge_missing(level->node, &level->merge_position, from);
        else if (!told &&
                 fault(reader, level->merge_at, "<< must be given a map or a list of maps") < 0)
            return -1;
    }
    node_free(merge);
    level->merge = NULL;
    return 0;
}

static int end(struct reader *reader)
{
    struct level *level = &reader->levels[reader->depth - 1];
    if (level->merge && finish_merge(reader, level) < 0)
        return -1;
    if (anchor_close(reader, level->anchor, level->node) < 0)
        return -1;
    struct node *node = level->node;
    level->node = NULL;
    reader->depth--;
    if (level->is_key) {
        place_key(reader, node->at);
        node_free(node);
    } else {
        place(reader, node);
    }
    return 0;
}

static int read_event(struct reader *reader, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        reader->second = reader->root != NULL;
        return reader->second ? fault(reader, mark_of(reader, event->start_mark),
                                      "a second document starts here; only one is allowed")
                              : 0;
    case YAML_SCALAR_EVENT:
        return read_scalar(reader, event);
    case YAML_ALIAS_EVENT:
        return read_alias(reader, event);
    case YAML_SEQUENCE_START_EVENT:
        return begin(reader, NODE_LIST, event, event->data.sequence_start.anchor,
                     event->data.sequence_start.tag);
    case YAML_MAPPING_START_EVENT:
        return begin(reader, NODE_MAP, event, event->data.mapping_start.anchor,
                     event->data.mapping_start.tag);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return end(reader);
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return 0;
    }
    return 0;
}

static int read_all(struct reader *reader)
{
    for (bool more = true; more;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&reader->parser, &event))
            return syntax_error(reader);
        const int rc = read_event(reader, &event);
        more = event.type != YAML_STREAM_END_EVENT && !reader->second;
        yaml_event_delete(&event);
        if (rc < 0)
            return -1;
    }
    if (!reader->root || (reader->root->kind == NODE_SCALAR && node_is_null(reader->root)))
        return stop(reader, (struct mark){reader->file, 0, 0}, "is empty");
    return 0;
}

static void reader_deinit(struct reader *reader)
{
    for (size_t i = 0; i < reader->depth; i++) {
        node_free(reader->levels[i].node);
        node_free(reader->levels[i].merge);
        free(reader->levels[i].key);
    }
    for (size_t i = 0; i < reader->anchors.len; i++) {
        free(reader->anchors.items[i].name);
        node_free(reader->anchors.items[i].node);
    }
    free(reader->anchors.items);
    yaml_parser_delete(&reader->parser);
}

/* libyaml compares each %TAG directive with all before it, which a hostile text makes dear. */
static bool many_directives(const char *text, size_t len)
{
    static const char directive[] = "%TAG";
    const char *end = text + len;
    for (int n = 0; (text = memmem(text, (size_t)(end - text), directive, 4)) != NULL; n++) {
        if (n == DIRECTIVES_MAX)
            return true;
        text += 4;
    }
    return false;
}

struct node *node_read(const char *text, size_t len, const char *file, struct error_list *errors)
{
    const struct mark whole = {file, 0, 0};
    if (len > NODE_BYTES_MAX) {
        error_list_addf(errors, whole, "is larger than %d MiB", NODE_BYTES_MAX >> 20);
        return NULL;
    }
    if (many_directives(text, len)) {
        error_list_addf(errors, whole, "more than %d %%TAG directives", DIRECTIVES_MAX);
        return NULL;
    }
    /* Other encodings than UTF-8 are refused, or they would slip past the check above; libyaml
     * then no longer skips the byte order mark that some editors write. */
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        len -= 3;
    }
    struct reader *reader = mem_new(1, sizeof(*reader));
    *reader = (struct reader){.text = text, .file = file, .len = len, .errors = errors};
    REQUIRE(yaml_parser_initialize(&reader->parser));
    yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader->parser, (const unsigned char *)text, len);
    struct node *root = NULL;
    if (read_all(reader) == 0) {
        root = reader->root;
        reader->root = NULL;
    }
    node_free(reader->root);
    reader_deinit(reader);
    free(reader);
    return root;
}

struct node *node_parse(const char *text, size_t len, const char *file, struct error *err)
{
    struct error_list errors = {0};
    struct node *root = node_read(text, len, file, &errors);
    if (errors.len > 0) {
        if (err) {
            *err = errors.items[0];
            err->at.file = err->at.file ? file : NULL; /* that of the list goes with it */
        }
        node_free(root);
        root = NULL;
    }
    error_list_deinit(&errors);
    return root;
}
