/* The values that were seen: a list, or a file of `value` or `value,weight` lines. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/dist_params.h"

#include "util/file.h"
#include "util/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINES 10000000

struct params {
    struct atoms atoms; /* first */
    struct numbers values;
    char *file;
    double unit;
};

static const struct field fields[] = {
    {"values", FIELD_NUMBERS, offsetof(struct params, values), "the values, all equally likely",
     .unit = UNIT_SAME},
    {"file", FIELD_PATH, offsetof(struct params, file),
     "text: a line `value` or `value,weight` each, `#` comments; or `values`"},
    {"unit", FIELD_QUANTITY, offsetof(struct params, unit),
     "what a 1 in the file stands for; SI if not given", .unit = UNIT_SAME},
    {0},
};

struct table {
    double *values, *weights;
    size_t len, cap;
};

static const char *skip_space(const char *text)
{
    return text + strspn(text, " \t\r\n");
}

/* `value`, `value,weight` or `value weight`, then nothing or a comment. 1: a row, 0: none. */
static int parse_line(const char *text, unsigned line, double ret[2], struct error *err)
{
    text = skip_space(text);
    if (*text == '\0' || *text == '#')
        return 0;
    ret[1] = 1;
    for (int i = 0; i < 2; i++) {
        char *end;
        ret[i] = strtod(text, &end);
        if (end == text || !isfinite(ret[i]))
            return error_set(err, "line %u holds no `value` or `value,weight`: `%.40s`", line,
                             text);
        text = skip_space(end);
        if (*text == '\0' || *text == '#')
            break;
        if (i == 0 && *text == ',')
            text = skip_space(text + 1);
        else if (i == 1)
            return error_set(err, "line %u: `%.40s` after the weight", line, text);
    }
    if (!(ret[1] >= 0))
        return error_set(err, "line %u: the weight must be 0 or more, not %g", line, ret[1]);
    return 1;
}

static void add_row(struct table *table, double value, double weight)
{
    if (table->len == table->cap) {
        table->cap = table->cap ? 2 * table->cap : 64;
        table->values = mem_resize(table->values, table->cap, sizeof(double));
        table->weights = mem_resize(table->weights, table->cap, sizeof(double));
    }
    table->values[table->len] = value;
    table->weights[table->len++] = weight;
}

static int read_rows(FILE *file, double unit, struct table *table, struct error *err)
{
    char text[256];
    for (unsigned line = 1; fgets(text, sizeof(text), file); line++) {
        double row[2];
        if (!strchr(text, '\n') && !feof(file))
            return error_set(err, "line %u has more than %zu characters, or a zero byte", line,
                             sizeof(text) - 2);
        text[strcspn(text, "\r\n")] = '\0';
        const int status = parse_line(text, line, row, err);
        if (status < 0)
            return -1;
        if (status == 0)
            continue;
        if (table->len == MAX_LINES)
            return error_set(err, "more than %d values", MAX_LINES);
        add_row(table, row[0] * unit, row[1]);
    }
    return ferror(file) ? error_set(err, "%s", strerror(errno)) : 0;
}

static int read_file(const char *path, double unit, struct atoms *ret_atoms, struct error *err)
{
    if (file_need_regular(path, err) < 0)
        return error_prefix(err, "%s: ", path);
    FILE *file = fopen(path, "r");
    if (!file)
        return error_set(err, "%s: %s", path, strerror(errno));
    struct table table = {0};
    int status = read_rows(file, unit, &table, err);
    fclose(file);
    if (status == 0)
        status = atoms_init(ret_atoms, table.values, table.weights, table.len, err);
    if (status < 0)
        error_prefix(err, "%s: ", path);
    free(table.values);
    free(table.weights);
    return status;
}

static int prepare(void *params, struct error *err)
{
    struct params *p = params;
    if ((p->values.len > 0) == (p->file != NULL))
        return error_set(err, "give either values or a file");
    if (p->file)
        return read_file(p->file, p->unit != 0 ? p->unit : 1, &p->atoms, err);
    if (p->unit != 0)
        return error_set(err, "unit belongs to a file");
    return atoms_init(&p->atoms, p->values.values, NULL, p->values.len, err);
}

const struct dist_type dist_type_empirical = {
    .kind = {.name = "empirical",
             .summary = "the values that were seen, from a list or a file",
             .params = fields,
             .size = sizeof(struct params),
             .shorthand = "values"},
    .prepare = prepare,
    ATOMS_TYPE,
};
