/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/sweep_table.h"

#include "analysis/metric.h"
#include "trace/table.h"
#include "util/mem.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FORMAT = 1, LEVEL = 1, NAME_MAX_SIZE = 200 };

struct columns {
    struct column *items;
    size_t len;
    struct {
        char **items;
        size_t len, cap;
    } texts; /* names and helps that were made */
};

static const char *keep(struct columns *columns, char *text)
{
    MEM_GROW(&columns->texts);
    return columns->texts.items[columns->texts.len++] = text;
}

/* PyTables opens no table with a slash in the name of a column. */
static const char *column_name(struct columns *columns, const char *name)
{
    char *text = mem_text(name);
    for (char *c = text; *c; c++)
        if (*c == '/')
            *c = ':';
    return keep(columns, text);
}

static size_t longest_label(const struct sweep_factor *factor)
{
    size_t most = 1;
    for (size_t i = 0; i < factor->levels; i++)
        if (strlen(factor->labels[i]) > most)
            most = strlen(factor->labels[i]);
    return most < NAME_MAX_SIZE ? most : NAME_MAX_SIZE;
}

static struct column factor_column(struct columns *columns, const struct sweep_factor *factor)
{
    static const char *const whats[] = {
        [FACTOR_VALUES] = "factor",
        [FACTOR_VARIANTS] = "factor",
        [FACTOR_LOAD] = "factor: offered load, by the rate of",
        [FACTOR_DRAWN] = "factor, drawn from a distribution",
    };
    const bool named = factor->labels != NULL;
    return (struct column){
        .name = column_name(columns, factor->name),
        .type = named ? COLUMN_NAME : COLUMN_F64,
        .size = named ? longest_label(factor) : 0,
        .unit = named ? NULL : unit_symbol(factor->unit),
        .help = keep(columns, mem_format("%s %s", whats[factor->kind], factor->text)),
    };
}

static struct column measure_column(struct columns *columns, const struct sweep_measure *measure)
{
    return (struct column){
        .name = column_name(columns, measure->selector),
        .type = COLUMN_F64,
        .unit = measure->metric->unit,
        .help = keep(columns, mem_format("%s: %s", measure->selector, measure->metric->definition)),
    };
}

static void make_columns(struct columns *columns, const struct sweep *sweep)
{
    static const struct column first[] = {
        {"run", COLUMN_I64, 0, NULL, "its number, from 0"},
        {"point", COLUMN_I64, 0, NULL, "of the design, from 0"},
    };
    static const struct column then[] = {
        {"seed", COLUMN_I64, 0, NULL, "of the random draws"},
        {"replication", COLUMN_I64, 0, NULL, "of the point, from 1; one number, one set of draws"},
    };
    static const struct column state = {"state", COLUMN_I32, 0, NULL, "row of /names/states"};
    columns->items = mem_new(sweep->n_factors + sweep->n_measures + 5, sizeof(*columns->items));
    struct column *to = columns->items;
    for (size_t i = 0; i < ARRAY_LEN(first); i++)
        *to++ = first[i];
    for (size_t i = 0; i < sweep->n_factors; i++)
        *to++ = factor_column(columns, &sweep->factors[i]);
    for (size_t i = 0; i < ARRAY_LEN(then); i++)
        *to++ = then[i];
    for (size_t i = 0; i < sweep->n_measures; i++)
        *to++ = measure_column(columns, &sweep->measures[i]);
    *to++ = state;
    columns->len = (size_t)(to - columns->items);
}

static void columns_deinit(struct columns *columns)
{
    for (size_t i = 0; i < columns->texts.len; i++)
        free(columns->texts.items[i]);
    free(columns->texts.items);
    free(columns->items);
}

static void fill_row(unsigned char *at, const struct sweep *sweep, const struct columns *columns,
                     const struct outcome *outcome, uint64_t run)
{
    const size_t point = sweep_point(sweep, run);
    row_i64(&at, (int64_t)run);
    row_i64(&at, (int64_t)point);
    for (size_t i = 0; i < sweep->n_factors; i++) {
        double number;
        const char *label = sweep_value(sweep, point, i, &number);
        if (label)
            row_name(&at, label, columns->items[2 + i].size);
        else
            row_f64(&at, number);
    }
    row_i64(&at, (int64_t)sweep->run_seed);
    row_i64(&at, (int64_t)sweep_replication(sweep, run));
    for (size_t i = 0; i < sweep->n_measures; i++)
        row_f64(&at, outcome->state == RUN_DONE ? outcome->values[i] : (double)NAN);
    row_i32(&at, (int32_t)outcome->state);
}

static void write_runs(struct h5 *h5, const struct sweep *sweep, const struct outcomes *outcomes)
{
    struct columns columns = {0};
    make_columns(&columns, sweep);
    struct table *table = table_new(h5, &(struct table_type){.path = "/runs",
                                                             .title = "a row a run",
                                                             .columns = columns.items,
                                                             .len = columns.len,
                                                             .level = LEVEL});
    for (uint64_t run = 0; run < outcomes->runs; run++)
        fill_row(table_row(table), sweep, &columns, &outcomes->items[run], run);
    table_free(table);
    columns_deinit(&columns);
}

int sweep_table_write(const struct sweep *sweep, const struct outcomes *outcomes, const char *dir,
                      struct error *err)
{
    char *path = mem_format("%s/sweep.h5", dir);
    struct h5 *h5 = h5_open(path, err);
    free(path);
    if (!h5)
        return -1;
    const hid_t root = h5_root(h5);
    h5_attr_text(h5, root, "jishi_version", JISHI_VERSION);
    h5_attr_int(h5, root, "format", FORMAT);
    h5_attr_text(h5, root, "title", sweep->title ? sweep->title : "");
    h5_names(h5, "/names/states", run_state_names, RUN_STATES);
    write_runs(h5, sweep, outcomes);
    return h5_close(h5, outcomes->counts[RUN_MISSING] == 0, err);
}

int sweep_timing_write(const struct outcomes *outcomes, const char *dir, struct error *err)
{
    char *path = mem_format("%s/timing.csv", dir);
    FILE *out = fopen(path, "w");
    bool good = out != NULL;
    if (good)
        fputs("run,state,seconds,peak_kib,host\n", out);
    for (uint64_t run = 0; good && run < outcomes->runs; run++) {
        const struct outcome *outcome = &outcomes->items[run];
        if (outcome->state != RUN_MISSING)
            fprintf(out, "%llu,%s,%.6f,%lld,%s\n", (unsigned long long)run,
                    run_state_names[outcome->state], outcome->seconds, (long long)outcome->peak_kib,
                    outcome->host);
    }
    if (out && (ferror(out) || fclose(out) != 0))
        good = false;
    if (!good)
        error_set(err, "%s: cannot be written: %s", path, strerror(errno));
    free(path);
    return good ? 0 : -1;
}
