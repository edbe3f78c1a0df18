/* Results of a comparison for programs: rows as CSV, JSON and HDF5. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/output.h"
#include "cli/compare_print.h"
#include "trace/table.h"
#include "util/mem.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void add_row(struct compare_rows *rows, const struct compare_row *row)
{
    MEM_GROW(rows);
    rows->items[rows->len++] = *row;
}

static struct finding alone(const double *values, size_t n)
{
    struct moments moments = {0};
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            moments_add(&moments, values[i]);
    const struct interval none = {(double)NAN, (double)NAN, (double)NAN};
    const struct interval mean = interval_mean(&moments, COMPARE_CONFIDENCE);
    return (struct finding){.base = mean,
                            .mean = mean,
                            .difference = none,
                            .judged = {.difference = {.n = moments.n}, .matters = (double)NAN},
                            .p = (double)NAN,
                            .adjusted = (double)NAN,
                            .gain = (double)NAN};
}

static void add_measures(const struct compare *compare, struct compare_rows *rows, double *values,
                         struct finding *findings)
{
    for (size_t m = 0; m < compare->measures.len; m++) {
        const struct measure *measure = &compare->measures.items[m];
        struct compare_row row = {.variant = compare->arms.items[0].name,
                                  .metric = measure->selector,
                                  .unit = measure->unit,
                                  .better = measure->better,
                                  .base = true};
        if (measure->kind == MEASURE_COUNT)
            continue;
        compare_values(compare, 0, m, values);
        row.finding = alone(values, compare->replications);
        add_row(rows, &row);
        compare_judge(compare, m, findings);
        row.base = false;
        for (size_t a = 1; a < compare->arms.len; a++) {
            row.variant = compare->arms.items[a].name;
            row.finding = findings[a - 1];
            add_row(rows, &row);
        }
    }
}

static enum better tenants_better(const struct compare *compare)
{
    const struct measure *asked = &compare->measures.items[0];
    return asked->kind == MEASURE_ASKED && asked->counts ? asked->better : BETTER_IS_LOWER;
}

static void add_tenants(const struct compare *compare, struct compare_rows *rows)
{
    struct finding *findings = mem_new(compare->tenants.len + 1, sizeof(*findings));
    for (size_t a = 1; a < compare->arms.len; a++) {
        compare_judge_tenants(compare, a, findings);
        for (size_t t = 0; t < compare->tenants.len; t++) {
            const struct compare_row row = {.variant = compare->arms.items[a].name,
                                            .metric = compare->tenants.metric->name,
                                            .tenant = compare->tenants.names[t],
                                            .unit = compare->tenants.metric->unit,
                                            .better = tenants_better(compare),
                                            .finding = findings[t]};
            add_row(rows, &row);
        }
    }
    free(findings);
}

struct compare_rows compare_rows(const struct compare *compare)
{
    struct compare_rows rows = {0};
    double *values = mem_new(compare->replications + 1, sizeof(*values));
    struct finding *findings = mem_new(compare->arms.len, sizeof(*findings));
    add_measures(compare, &rows, values, findings);
    add_tenants(compare, &rows);
    free(findings);
    free(values);
    return rows;
}

/* --- the numbers of a row, in one order everywhere --- */

enum { NUMBERS = 16 };
static const char *const number_names[NUMBERS] = {"n",
                                                  "base",
                                                  "base_lo",
                                                  "base_hi",
                                                  "mean",
                                                  "mean_lo",
                                                  "mean_hi",
                                                  "difference",
                                                  "difference_lo",
                                                  "difference_hi",
                                                  "matters",
                                                  "p",
                                                  "replications_needed",
                                                  "narrower",
                                                  "uncounted_base",
                                                  "uncounted"};
static const char *const number_helps[NUMBERS] = {
    "replications (of a difference: pairs) with a value",
    "mean of the base",
    "low end of its 95 % interval",
    "high end",
    "mean of the variant",
    "low end of its 95 % interval",
    "high end",
    "mean of variant - base, paired by replication",
    "low end of its 95 % interval",
    "high end",
    "difference that matters, as the scenario says",
    "of having no verdict, corrected by Holm over variants, or tenants",
    "in all until a verdict is likely; none where there is one",
    "how many times wider the interval of the difference would be without common random numbers",
    "share of the base's jobs that are not counted: pending, rejected, abandoned",
    "of the variant's"};

static void numbers_of(const struct compare_row *row, double *ret)
{
    const struct finding *f = &row->finding;
    const bool base = row->base;
    const double none = (double)NAN;
    const double needed = f->needed == 0          ? none
                          : f->needed == SIZE_MAX ? (double)INFINITY
                                                  : (double)f->needed;
    const double all[NUMBERS] = {(double)f->judged.difference.n,
                                 f->base.value,
                                 f->base.lo,
                                 f->base.hi,
                                 f->mean.value,
                                 f->mean.lo,
                                 f->mean.hi,
                                 f->difference.value,
                                 f->difference.lo,
                                 f->difference.hi,
                                 f->judged.matters,
                                 f->adjusted,
                                 needed,
                                 f->gain,
                                 base ? none : f->uncounted_base,
                                 base ? none : f->uncounted};
    memcpy(ret, all, sizeof(all));
}

void compare_write_csv(const struct compare *compare, FILE *out)
{
    struct compare_rows rows = compare_rows(compare);
    fputs("variant,metric,tenant,unit,verdict", out);
    for (size_t k = 0; k < NUMBERS; k++)
        fprintf(out, ",%s", number_names[k]);
    putc('\n', out);
    for (size_t i = 0; i < rows.len; i++) {
        const struct compare_row *row = &rows.items[i];
        const char *const texts[] = {row->variant, row->metric, row->tenant ? row->tenant : "",
                                     row->unit, verdict_word(&row->finding, row->better)};
        double numbers[NUMBERS];
        numbers_of(row, numbers);
        for (size_t k = 0; k < ARRAY_LEN(texts); k++) {
            if (k)
                putc(',', out);
            csv_text(texts[k], out);
        }
        for (size_t k = 0; k < NUMBERS; k++) {
            char text[32];
            fprintf(out, ",%s",
                    isnan(numbers[k]) ? "" : real_format(numbers[k], text, sizeof(text)));
        }
        putc('\n', out);
    }
    free(rows.items);
}

/* --- JSON --- */

static json_t *real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *text(const char *value)
{
    char *clean = text_as_utf8(value);
    json_t *ret = json_string(clean);
    free(clean);
    return ret;
}

static json_t *json_row(const struct compare_row *row)
{
    json_t *ret = json_object();
    double numbers[NUMBERS];
    numbers_of(row, numbers);
    json_object_set_new(ret, "variant", text(row->variant));
    json_object_set_new(ret, "metric", text(row->metric));
    json_object_set_new(ret, "tenant", row->tenant ? text(row->tenant) : json_null());
    json_object_set_new(ret, "unit", text(row->unit));
    json_object_set_new(ret, "verdict", text(verdict_word(&row->finding, row->better)));
    for (size_t k = 0; k < NUMBERS; k++)
        json_object_set_new(ret, number_names[k], real(numbers[k]));
    return ret;
}

static json_t *json_interval(const struct interval *interval)
{
    json_t *ret = json_array();
    json_array_append_new(ret, real(interval->lo));
    json_array_append_new(ret, real(interval->hi));
    return ret;
}

static json_t *json_by_arm(const struct compare *compare, const double *values)
{
    json_t *ret = json_object();
    for (size_t a = 0; a < compare->arms.len; a++)
        json_object_set_new(ret, compare->arms.items[a].name, real(values[a]));
    return ret;
}

static json_t *json_uncertain(const struct compare *compare)
{
    const struct compare_uncertain *uncertain = compare->uncertain;
    json_t *ret = json_object(), *list = json_array(), *spread = json_object();
    json_t *years = json_object();
    for (size_t i = 0; i < uncertain->assumptions.len; i++) {
        const struct assumption *one = &uncertain->assumptions.items[i];
        json_t *item = json_object();
        json_object_set_new(item, "path", text(one->path));
        json_object_set_new(item, "low", text(one->low.text));
        json_object_set_new(item, "high", text(one->high.text));
        json_object_set_new(item, "means_at_low", json_by_arm(compare, one->low.means));
        json_object_set_new(item, "means_at_high", json_by_arm(compare, one->high.means));
        json_object_set_new(item, "rank_correlation", json_by_arm(compare, one->correlation));
        json_t *without = json_array();
        for (size_t a = 1; a < compare->arms.len; a++)
            if (uncertain_is_void(compare, i, a))
                json_array_append_new(without, text(compare->arms.items[a].name));
        json_object_set_new(item, "left_out_of", without);
        json_array_append_new(list, item);
    }
    for (size_t a = 0; a < compare->arms.len; a++) {
        const struct interval all = uncertain_spread(compare, a);
        const struct interval year = uncertain_years(compare, a);
        json_object_set_new(spread, compare->arms.items[a].name, json_interval(&all));
        json_object_set_new(years, compare->arms.items[a].name, json_interval(&year));
    }
    json_object_set_new(ret, "points", json_integer((json_int_t)uncertain->points));
    json_object_set_new(ret, "replications", json_integer((json_int_t)uncertain->replications));
    json_object_set_new(ret, "assumptions", list);
    json_object_set_new(ret, "assumptions_95", spread);
    json_object_set_new(ret, "year_to_year_95", years);
    return ret;
}

void compare_write_json(const struct compare *compare, FILE *out)
{
    size_t len;
    char *how = compare_how(compare), **cautions = compare_cautions(compare, &len);
    struct compare_rows rows =
        compare->replications > 0 ? compare_rows(compare) : (struct compare_rows){0};
    json_t *root = json_object(), *mind = json_array(), *list = json_array();
    json_object_set_new(root, "analysis", json_string(compare->steady ? "steady" : "transient"));
    json_object_set_new(root, "how", text(how));
    json_object_set_new(root, "warmup", real(compare->warmup));
    json_object_set_new(root, "replications", json_integer((json_int_t)compare->replications));
    json_object_set_new(root, "identical", json_boolean(compare->identical));
    for (size_t i = 0; i < len; i++) {
        json_array_append_new(mind, text(cautions[i]));
        free(cautions[i]);
    }
    for (size_t i = 0; i < rows.len; i++)
        json_array_append_new(list, json_row(&rows.items[i]));
    json_object_set_new(root, "mind", mind);
    json_object_set_new(root, "results", list);
    if (compare->uncertain)
        json_object_set_new(root, "uncertain", json_uncertain(compare));
    json_dumpf(root, out, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
    putc('\n', out);
    json_decref(root);
    free(cautions);
    free(how);
    free(rows.items);
}

/* --- HDF5 --- */

static size_t widest_arm(const struct compare *compare)
{
    size_t width = 1;
    for (size_t a = 0; a < compare->arms.len; a++) {
        const size_t len = strlen(compare->arms.items[a].name);
        width = len > width ? len : width;
    }
    return width;
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

enum { ROW_TEXTS = 5 };

static void row_texts(const struct compare_row *row, const char **ret)
{
    ret[0] = row->variant;
    ret[1] = row->metric;
    ret[2] = row->tenant ? row->tenant : "";
    ret[3] = row->unit;
    ret[4] = verdict_word(&row->finding, row->better);
}

static void write_findings(const struct compare *compare, struct h5 *h5)
{
    static const char *const names[ROW_TEXTS] = {"variant", "metric", "tenant", "unit", "verdict"};
    struct compare_rows rows = compare_rows(compare);
    struct column columns[ROW_TEXTS + NUMBERS];
    const char *texts[ROW_TEXTS];
    for (size_t k = 0; k < ROW_TEXTS; k++)
        columns[k] = (struct column){names[k], COLUMN_NAME, 1, NULL, names[k]};
    for (size_t i = 0; i < rows.len; i++) {
        row_texts(&rows.items[i], texts);
        for (size_t k = 0; k < ROW_TEXTS; k++)
            if (strlen(texts[k]) > columns[k].size)
                columns[k].size = strlen(texts[k]);
    }
    for (size_t k = 0; k < NUMBERS; k++)
        columns[ROW_TEXTS + k] =
            (struct column){number_names[k], COLUMN_F64, 0, NULL, number_helps[k]};
    const struct table_type type = {.path = "/findings",
                                    .title = "measures and tenants against the base",
                                    .columns = columns,
                                    .len = ARRAY_LEN(columns),
                                    .level = 1};
    struct table *table = table_new(h5, &type);
    for (size_t i = 0; i < rows.len; i++) {
        unsigned char *at = table_row(table);
        double numbers[NUMBERS];
        row_texts(&rows.items[i], texts);
        numbers_of(&rows.items[i], numbers);
        for (size_t k = 0; k < ROW_TEXTS; k++)
            row_name(&at, texts[k], columns[k].size);
        for (size_t k = 0; k < NUMBERS; k++)
            row_f64(&at, numbers[k]);
    }
    table_free(table);
    free(rows.items);
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
    }
    return h5_close(h5, !compare->stopped, err);
}
