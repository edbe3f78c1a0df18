/* A comparison as tables of HDF5. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/compare_print.h"
#include "trace/table.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t widest_arm(const struct compare *compare)
{
    size_t width = 1;
    for (size_t a = 0; a < compare->arms.len; a++) {
        const size_t len = strlen(compare->arms.items[a].name);
        width = len > width ? len : width;
    }
    return width;
}

static void widen(struct column *column, const char *text)
{
    const size_t len = strlen(text);
    column->size = len > column->size ? len : column->size;
}

static void write_runs(const struct compare *compare, struct h5 *h5)
{
    const size_t n = 2 + compare->measures.len;
    struct column *columns = mem_new(n, sizeof(*columns));
    columns[0] = (struct column){"variant", COLUMN_NAME, widest_arm(compare), NULL, "or the base"};
    columns[1] = (struct column){"replication", COLUMN_I64, 0, NULL, "from 1"};
    for (size_t m = 0; m < compare->measures.len; m++) {
        const struct measure *measure = &compare->measures.items[m];
        columns[2 + m] =
            (struct column){measure->selector, COLUMN_F64, 0, measure->unit, "measure"};
    }
    const struct table_type type = {
        .path = "/runs", .title = "a row a run", .columns = columns, .len = n, .level = 1};
    struct table *table = table_new(h5, &type);
    for (size_t r = 0; r < compare->replications; r++)
        for (size_t a = 0; a < compare->arms.len; a++) {
            unsigned char *at = table_row(table);
            row_name(&at, compare->arms.items[a].name, columns[0].size);
            row_i64(&at, (int64_t)r + 1);
            for (size_t m = 0; m < compare->measures.len; m++)
                row_f64(&at, compare_value(compare, r, a, m));
        }
    table_free(table);
    free(columns);
}

static void write_findings(const struct compare *compare, struct h5 *h5)
{
    struct compare_rows rows = compare_rows(compare);
    struct column columns[ROW_TEXTS + ROW_NUMBERS];
    const char *texts[ROW_TEXTS];
    for (size_t k = 0; k < ROW_TEXTS; k++)
        columns[k] = (struct column){row_text_names[k], COLUMN_NAME, 1, NULL, row_text_names[k]};
    for (size_t i = 0; i < rows.len; i++) {
        row_texts(&rows.items[i], texts);
        for (size_t k = 0; k < ROW_TEXTS; k++)
            widen(&columns[k], texts[k]);
    }
    for (size_t k = 0; k < ROW_NUMBERS; k++)
        columns[ROW_TEXTS + k] =
            (struct column){row_number_names[k], COLUMN_F64, 0, NULL, row_number_helps[k]};
    const struct table_type type = {.path = "/findings",
                                    .title = "measures and tenants against the base",
                                    .columns = columns,
                                    .len = ARRAY_LEN(columns),
                                    .level = 1};
    struct table *table = table_new(h5, &type);
    for (size_t i = 0; i < rows.len; i++) {
        unsigned char *at = table_row(table);
        double numbers[ROW_NUMBERS];
        row_texts(&rows.items[i], texts);
        row_numbers(&rows.items[i], numbers);
        for (size_t k = 0; k < ROW_TEXTS; k++)
            row_name(&at, texts[k], columns[k].size);
        for (size_t k = 0; k < ROW_NUMBERS; k++)
            row_f64(&at, numbers[k]);
    }
    table_free(table);
    free(rows.items);
}

static void write_assumptions(const struct compare *compare, struct h5 *h5)
{
    const struct compare_uncertain *uncertain = compare->uncertain;
    struct column columns[] = {
        {"assumption", COLUMN_NAME, 1, NULL,
         "path of what is varied, all else as the scenario says"},
        {"variant", COLUMN_NAME, widest_arm(compare), NULL, "or the base"},
        {"low", COLUMN_NAME, 1, NULL, "its 5 % quantile"},
        {"high", COLUMN_NAME, 1, NULL, "its 95 % quantile"},
        {"at_low", COLUMN_F64, 0, NULL,
         "the question there: of the base its mean, else difference"},
        {"at_high", COLUMN_F64, 0, NULL, "the same"},
        {"rank_correlation", COLUMN_F64, 0, NULL, "Spearman's, with that, over sampled worlds"}};
    for (size_t i = 0; i < uncertain->assumptions.len; i++) {
        const struct assumption *one = &uncertain->assumptions.items[i];
        widen(&columns[0], one->path);
        widen(&columns[2], one->low.text);
        widen(&columns[3], one->high.text);
    }
    const struct table_type type = {.path = "/assumptions",
                                    .title = "the question with one assumption at an end",
                                    .columns = columns,
                                    .len = ARRAY_LEN(columns),
                                    .level = 1};
    struct table *table = table_new(h5, &type);
    for (size_t i = 0; i < uncertain->assumptions.len; i++)
        for (size_t a = 0; a < compare->arms.len; a++) {
            const struct assumption *one = &uncertain->assumptions.items[i];
            unsigned char *at = table_row(table);
            row_name(&at, one->path, columns[0].size);
            row_name(&at, compare->arms.items[a].name, columns[1].size);
            row_name(&at, one->low.text, columns[2].size);
            row_name(&at, one->high.text, columns[3].size);
            row_f64(&at, one->low.point.effects[a]);
            row_f64(&at, one->high.point.effects[a]);
            row_f64(&at, one->correlation[a]);
        }
    table_free(table);
}

static void write_worlds(const struct compare *compare, struct h5 *h5)
{
    const struct compare_uncertain *uncertain = compare->uncertain;
    const size_t n = uncertain->assumptions.len;
    struct column *columns = mem_new(n + 3, sizeof(*columns));
    columns[0] = (struct column){"world", COLUMN_I64, 0, NULL, "from 1"};
    columns[1] = (struct column){"variant", COLUMN_NAME, widest_arm(compare), NULL, "or the base"};
    columns[2] = (struct column){"effect", COLUMN_F64, 0, compare->measures.items[0].unit,
                                 "on the question: of the base its mean, else difference"};
    for (size_t i = 0; i < n; i++) {
        columns[3 + i] = (struct column){uncertain->assumptions.items[i].path, COLUMN_NAME, 1, NULL,
                                         "as it was drawn"};
        for (size_t p = 0; p < uncertain->points; p++)
            widen(&columns[3 + i], uncertain->texts[p * n + i]);
    }
    const struct table_type type = {.path = "/worlds",
                                    .title = "the question with all assumptions drawn",
                                    .columns = columns,
                                    .len = n + 3,
                                    .level = 1};
    struct table *table = table_new(h5, &type);
    for (size_t p = 0; p < uncertain->points; p++)
        for (size_t a = 0; a < compare->arms.len; a++) {
            unsigned char *at = table_row(table);
            row_i64(&at, (int64_t)p + 1);
            row_name(&at, compare->arms.items[a].name, columns[1].size);
            row_f64(&at, uncertain->worlds[p].effects[a]);
            for (size_t i = 0; i < n; i++)
                row_name(&at, uncertain->texts[p * n + i], columns[3 + i].size);
        }
    table_free(table);
    free(columns);
}

int compare_write_h5(const struct compare *compare, const char *path, struct error *err)
{
    struct h5 *h5 = h5_open(path, err);
    if (!h5)
        return -1;
    char *how = compare_how(compare);
    h5_attr_text(h5, h5_root(h5), "jishi_version", JISHI_VERSION);
    h5_attr_text(h5, h5_root(h5), "analysis", how);
    h5_attr_int(h5, h5_root(h5), "replications", (int64_t)compare->replications);
    free(how);
    if (compare->replications > 0) {
        write_runs(compare, h5);
        write_findings(compare, h5);
        if (compare->uncertain && compare->uncertain->worlds) {
            write_assumptions(compare, h5);
            write_worlds(compare, h5);
        }
    }
    return h5_close(h5, !compare->stopped, err);
}
