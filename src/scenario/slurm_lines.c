/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/slurm_lines.h"

#include "scenario/resolve.h"
#include "util/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct reader {
    const char *text, *end, *at;
    const char *file;
    unsigned line, column;
    struct slurm_pairs *pairs;
    struct error_list *errors;
    size_t *includes; /* files included so far; NULL: none may be */
};

static struct mark here(const struct reader *r)
{
    return (struct mark){r->file, r->line, r->column};
}

static void step(struct reader *r)
{
    if (*r->at++ == '\n') {
        r->line++;
        r->column = 1;
    } else {
        r->column++;
    }
}

/* A backslash at the end of a line joins it with the next. */
static size_t continuation(const struct reader *r)
{
    const size_t left = (size_t)(r->end - r->at);
    if (left >= 2 && r->at[0] == '\\' && r->at[1] == '\n')
        return 2;
    return left >= 3 && r->at[0] == '\\' && r->at[1] == '\r' && r->at[2] == '\n' ? 3 : 0;
}

/* The next character of the logical line, '\0' at its end or at a comment. */
static char look(struct reader *r)
{
    for (size_t n; (n = continuation(r)) > 0;)
        for (; n > 0; n--)
            step(r);
    return r->at == r->end || *r->at == '\n' || *r->at == '#' ? '\0' : *r->at;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static void skip_blanks(struct reader *r)
{
    while (is_blank(look(r)))
        step(r);
}

static void skip_line(struct reader *r)
{
    while (look(r))
        step(r);
    while (r->at < r->end && *r->at != '\n')
        step(r);
    if (r->at < r->end)
        step(r);
}

struct word {
    char *items;
    size_t len, cap;
};

static char *finish(struct word *word)
{
    MEM_GROW(word);
    word->items[word->len] = '\0';
    return word->items;
}

/* Up to a blank, the end of the line or one of `stops`; a backslash takes a # literally. */
static char *read_word(struct reader *r, const char *stops)
{
    struct word word = {0};
    for (char c; (c = look(r)) != '\0' && !is_blank(c) && !strchr(stops, c); step(r)) {
        if (c == '\\' && r->end - r->at >= 2 && r->at[1] == '#')
            step(r);
        MEM_GROW(&word);
        word.items[word.len++] = *r->at;
    }
    return finish(&word);
}

/* NULL: the line ends inside the quotes. */
static char *read_quoted(struct reader *r)
{
    struct word word = {0};
    step(r);
    while (r->at < r->end && *r->at != '"' && *r->at != '\n' && *r->at != '\0') {
        MEM_GROW(&word);
        word.items[word.len++] = *r->at;
        step(r);
    }
    if (r->at < r->end && *r->at == '"') {
        step(r);
        return finish(&word);
    }
    free(word.items);
    return NULL;
}

/* What stands behind a key; NULL with an error. */
static char *read_value(struct reader *r, const char *key, struct mark key_at, struct mark *ret_at)
{
    if (!*key || look(r) != '=') {
        error_list_addf(r->errors, key_at, "expected KEY=VALUE, found \"%.60s\"", key);
        return NULL;
    }
    step(r);
    skip_blanks(r);
    *ret_at = here(r);
    const bool quoted = look(r) == '"';
    char *value = quoted ? read_quoted(r) : read_word(r, "");
    if (!value)
        error_list_addf(r->errors, *ret_at, "%.60s: the text ends inside quotes", key);
    if (!value || *value || quoted)
        return value;
    error_list_addf(r->errors, *ret_at, "%.60s: a value is missing after =", key);
    free(value);
    return NULL;
}

static int include(struct reader *r, const char *name, struct mark at);

/* One KEY=VALUE. -1 with an error: the rest of the line is not looked at. */
static int read_pair(struct reader *r, bool first)
{
    const struct mark key_at = here(r);
    char *key = read_word(r, "=");
    skip_blanks(r);
    if (first && strcasecmp(key, "include") == 0 && look(r) != '=' && look(r) != '\0') {
        const struct mark at = here(r);
        char *name = read_word(r, "");
        const int rc = include(r, name, at);
        free(name);
        free(key);
        return rc;
    }
    struct mark at;
    char *value = read_value(r, key, key_at, &at);
    if (value)
        r->pairs->items[r->pairs->len++] = (struct slurm_pair){key, value, at, key_at, first};
    else
        free(key);
    return value ? 0 : -1;
}

static int parse(struct reader *r)
{
    const size_t before = r->errors->len;
    while (r->at < r->end && r->errors->len < ERROR_LIST_MAX) {
        bool first = true;
        skip_blanks(r);
        while (look(r)) {
            MEM_GROW(r->pairs);
            if (read_pair(r, first) < 0)
                break;
            first = false;
            skip_blanks(r);
        }
        if (r->at < r->end && *r->at == '\0') {
            error_list_addf(r->errors, here(r), "a zero byte is no text");
            break;
        }
        skip_line(r);
    }
    return r->errors->len > before ? -1 : 0;
}

static int read_file(const char *path, const char *place, struct mark at, struct slurm_pairs *pairs,
                     size_t *includes, struct error_list *errors)
{
    struct error err = {0};
    size_t len;
    const char *file = error_list_file(errors, path);
    char *text = file_read_regular(path, SLURM_BYTES_MAX, &len, &err);
    if (!text) {
        error_list_addf(errors, at, "%s: %s %s", place, file, err.text);
        return -1;
    }
    MEM_GROW(&pairs->files);
    pairs->files.items[pairs->files.len++] = file;
    struct reader r = {.text = text,
                       .end = text + len,
                       .at = text,
                       .file = file,
                       .line = 1,
                       .column = 1,
                       .pairs = pairs,
                       .errors = errors,
                       .includes = includes};
    const int rc = parse(&r);
    free(text);
    return rc;
}

static int include(struct reader *r, const char *name, struct mark at)
{
    if (!r->includes || ++*r->includes > SLURM_INCLUDES_MAX) {
        error_list_addf(r->errors, at,
                        r->includes ? "Include: more than %d files, or one that includes itself"
                                    : "Include: not from a text",
                        SLURM_INCLUDES_MAX);
        return -1;
    }
    char *path = path_beside(r->file, name);
    const int rc = read_file(path, "Include", at, r->pairs, r->includes, r->errors);
    free(path);
    return rc;
}

int slurm_lines_read(const char *path, const char *place, struct mark at, struct slurm_pairs *pairs,
                     struct error_list *errors)
{
    size_t includes = 0;
    return read_file(path, place, at, pairs, &includes, errors);
}

int slurm_lines_parse(const char *text, size_t len, const char *file, struct slurm_pairs *pairs,
                      struct error_list *errors)
{
    struct reader r = {.text = text,
                       .end = text + len,
                       .at = text,
                       .file = file,
                       .line = 1,
                       .column = 1,
                       .pairs = pairs,
                       .errors = errors};
    return parse(&r);
}

void slurm_pairs_deinit(struct slurm_pairs *pairs)
{
    for (size_t i = 0; i < pairs->len; i++) {
        free(pairs->items[i].key);
        free(pairs->items[i].value);
    }
    free(pairs->items);
    free(pairs->files.items);
    *pairs = (struct slurm_pairs){0};
}
