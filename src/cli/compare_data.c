/* Results of a comparison for programs: rows, as CSV and JSON. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/output.h"
#include "cli/compare_print.h"
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

static const struct interval no_interval = {(double)NAN, (double)NAN, (double)NAN};

static bool is_sampled(const struct compare *compare)
{
    return compare->uncertain && compare->uncertain->worlds;
}

static struct interval years_of(const struct compare *compare, size_t arm)
{
    return is_sampled(compare) ? uncertain_years(compare, arm) : no_interval;
}

static struct interval spread_of(const struct compare *compare, size_t arm)
{
    return is_sampled(compare) ? uncertain_spread(compare, arm) : no_interval;
}

static struct finding alone(const double *values, size_t n)
{
    struct moments moments = {0};
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            moments_add(&moments, values[i]);
    const struct interval mean = interval_mean(&moments, COMPARE_CONFIDENCE);
    return (struct finding){.base = mean,
                            .mean = mean,
                            .median = interval_of_quantile(values, n, 0.5, COMPARE_CONFIDENCE),
                            .difference = no_interval,
                            .judged = {.difference = {.n = moments.n}, .matters = (double)NAN},
                            .p = (double)NAN,
                            .adjusted = (double)NAN,
                            .gain = (double)NAN};
}

static void add_measures(const struct compare *compare, struct compare_rows *rows, double *values,
                         struct finding *findings)
{
    double parts[COMPARE_COUNTS];
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
        row.finding.uncounted = compare_uncounted(compare, 0, m, parts);
        row.finding.uncounted_base = row.finding.uncounted;
        row.years = m == 0 ? years_of(compare, 0) : no_interval;
        row.assumptions = m == 0 ? spread_of(compare, 0) : no_interval;
        add_row(rows, &row);
        compare_judge(compare, m, findings);
        row.base = false;
        for (size_t a = 1; a < compare->arms.len; a++) {
            row.variant = compare->arms.items[a].name;
            row.finding = findings[a - 1];
            row.years = m == 0 ? years_of(compare, a) : no_interval;
            row.assumptions = m == 0 ? spread_of(compare, a) : no_interval;
            add_row(rows, &row);
        }
    }
}

static enum better tenants_better(const struct compare *compare)
{
    const struct measure *asked = &compare->measures.items[0];
    return asked->kind == MEASURE_ASKED && asked->of_jobs ? asked->better : BETTER_IS_LOWER;
}

static void add_tenants(const struct compare *compare, struct compare_rows *rows)
{
    struct finding *findings = mem_new(compare->tenants.len * compare->arms.len, sizeof(*findings));
    compare_judge_tenants(compare, findings);
    for (size_t a = 1; a < compare->arms.len; a++) {
        for (size_t t = 0; t < compare->tenants.len; t++) {
            const struct compare_row row = {.variant = compare->arms.items[a].name,
                                            .metric = compare->tenants.metric->name,
                                            .tenant = compare->tenants.names[t],
                                            .unit = compare->tenants.metric->unit,
                                            .better = tenants_better(compare),
                                            .years = no_interval,
                                            .assumptions = no_interval,
                                            .finding =
                                                findings[(a - 1) * compare->tenants.len + t]};
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

const char *const row_text_names[ROW_TEXTS] = {"variant", "metric", "tenant", "unit", "verdict"};

void row_texts(const struct compare_row *row, const char **ret)
{
    ret[0] = row->variant;
    ret[1] = row->metric;
    ret[2] = row->tenant ? row->tenant : "";
    ret[3] = row->unit;
    ret[4] = verdict_word(&row->finding, row->better);
}

const char *const row_number_names[ROW_NUMBERS] = {"n",
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
                                                   "uncounted",
                                                   "median",
                                                   "median_lo",
                                                   "median_hi",
                                                   "year_lo",
                                                   "year_hi",
                                                   "assumptions_lo",
                                                   "assumptions_hi"};
const char *const row_number_helps[ROW_NUMBERS] = {
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
    "of having no verdict, corrected by Holm over variants, and tenants; none where all is same",
    "replications in all until a verdict is likely (80 %); none where there is one",
    "how many times wider the interval of the difference would be without common random numbers",
    "share of the base's jobs that are not counted: pending, rejected, abandoned",
    "of the variant's",
    "median of the replications",
    "low end of its 95 % interval by order statistics",
    "high end",
    "of the question: low end of the middle 95 % of single years",
    "high end",
    "of the question: low end of the middle 95 % of sampled worlds",
    "high end"};

void row_numbers(const struct compare_row *row, double *ret)
{
    const struct finding *f = &row->finding;
    const double none = (double)NAN;
    const double needed = f->needed == 0          ? none
                          : f->needed == SIZE_MAX ? (double)INFINITY
                                                  : (double)f->needed;
    const double all[ROW_NUMBERS] = {(double)f->judged.difference.n,
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
                                     f->uncounted_base,
                                     f->uncounted,
                                     f->median.value,
                                     f->median.lo,
                                     f->median.hi,
                                     row->years.lo,
                                     row->years.hi,
                                     row->assumptions.lo,
                                     row->assumptions.hi};
    memcpy(ret, all, sizeof(all));
}

/* --- CSV --- */

static void write_row(const struct compare_row *row, const char *assumption, FILE *out)
{
    const char *texts[ROW_TEXTS];
    double numbers[ROW_NUMBERS];
    row_texts(row, texts);
    row_numbers(row, numbers);
    for (size_t k = 0; k < ROW_TEXTS; k++) {
        csv_text(texts[k], out);
        putc(',', out);
    }
    for (size_t k = 0; k < ROW_NUMBERS; k++) {
        char text[32];
        fprintf(out, "%s,", isnan(numbers[k]) ? "" : real_format(numbers[k], text, sizeof(text)));
    }
    csv_text(assumption, out);
    putc('\n', out);
}

/* A row that tells of one end of an assumption has nothing but the numbers there. */
static void write_ends(const struct compare *compare, const struct compare_row *row, size_t arm,
                       FILE *out)
{
    const struct compare_uncertain *uncertain = compare->uncertain;
    for (size_t i = 0; i < 2 * uncertain->assumptions.len; i++) {
        const struct assumption *one = &uncertain->assumptions.items[i / 2];
        const struct tornado_end *end = i % 2 ? &one->high : &one->low;
        struct compare_row at = *row;
        const struct interval base = {end->point.means[0], (double)NAN, (double)NAN};
        const struct interval mean = {end->point.means[arm], (double)NAN, (double)NAN};
        const struct interval effect = {arm ? end->point.effects[arm] : (double)NAN, (double)NAN,
                                        (double)NAN};
        at.finding = (struct finding){.base = base,
                                      .mean = mean,
                                      .difference = effect,
                                      .median = no_interval,
                                      .judged = {.difference = {.n = uncertain->replications},
                                                 .matters = row->finding.judged.matters},
                                      .adjusted = (double)NAN,
                                      .gain = (double)NAN,
                                      .uncounted = (double)NAN,
                                      .uncounted_base = (double)NAN};
        at.years = at.assumptions = no_interval;
        char *assumption = mem_format("%s=%s", one->path, end->text);
        write_row(&at, assumption, out);
        free(assumption);
    }
}

void compare_write_csv(const struct compare *compare, FILE *out)
{
    struct compare_rows rows = compare_rows(compare);
    for (size_t k = 0; k < ROW_TEXTS; k++)
        fprintf(out, "%s,", row_text_names[k]);
    for (size_t k = 0; k < ROW_NUMBERS; k++)
        fprintf(out, "%s,", row_number_names[k]);
    fputs("assumption\n", out);
    for (size_t i = 0; i < rows.len; i++)
        write_row(&rows.items[i], "", out);
    /* the first rows are those of the question, an arm each */
    for (size_t a = 0; a < compare->arms.len && is_sampled(compare); a++)
        write_ends(compare, &rows.items[a], a, out);
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
    double numbers[ROW_NUMBERS];
    row_numbers(row, numbers);
    json_object_set_new(ret, "variant", text(row->variant));
    json_object_set_new(ret, "metric", text(row->metric));
    json_object_set_new(ret, "tenant", row->tenant ? text(row->tenant) : json_null());
    json_object_set_new(ret, "unit", text(row->unit));
    json_object_set_new(ret, "verdict", text(verdict_word(&row->finding, row->better)));
    for (size_t k = 0; k < ROW_NUMBERS; k++)
        json_object_set_new(ret, row_number_names[k], real(numbers[k]));
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

static double same_answer(const struct compare *compare, size_t arm, const struct finding *finding)
{
    return uncertain_agree(compare, arm, finding->difference.value,
                           uncertain_matters(compare, finding));
}

static json_t *json_world(const struct compare *compare, size_t world)
{
    const struct compare_uncertain *uncertain = compare->uncertain;
    const size_t n = uncertain->assumptions.len;
    json_t *ret = json_object(), *drawn = json_object();
    for (size_t i = 0; i < n; i++)
        json_object_set_new(drawn, uncertain->assumptions.items[i].path,
                            text(uncertain->texts[world * n + i]));
    json_object_set_new(ret, "drawn", drawn);
    json_object_set_new(ret, "effects", json_by_arm(compare, uncertain->worlds[world].effects));
    return ret;
}

static json_t *json_assumption(const struct compare *compare, size_t item)
{
    const struct assumption *one = &compare->uncertain->assumptions.items[item];
    json_t *ret = json_object(), *left_out = json_array();
    for (size_t a = 1; a < compare->arms.len; a++)
        if (uncertain_is_void(compare, item, a))
            json_array_append_new(left_out, text(compare->arms.items[a].name));
    json_object_set_new(ret, "path", text(one->path));
    json_object_set_new(ret, "low", text(one->low.text));
    json_object_set_new(ret, "high", text(one->high.text));
    json_object_set_new(ret, "means_at_low", json_by_arm(compare, one->low.point.means));
    json_object_set_new(ret, "means_at_high", json_by_arm(compare, one->high.point.means));
    json_object_set_new(ret, "effects_at_low", json_by_arm(compare, one->low.point.effects));
    json_object_set_new(ret, "effects_at_high", json_by_arm(compare, one->high.point.effects));
    json_object_set_new(ret, "rank_correlation", json_by_arm(compare, one->correlation));
    json_object_set_new(ret, "left_out_of", left_out);
    return ret;
}

static json_t *json_uncertain(const struct compare *compare, const struct compare_rows *rows)
{
    const struct compare_uncertain *uncertain = compare->uncertain;
    json_t *ret = json_object(), *list = json_array(), *spread = json_object();
    json_t *years = json_object(), *without = json_object(), *unbounded = json_object();
    json_t *missing = json_object(), *same = json_object(), *worlds = json_array();
    for (size_t i = 0; i < uncertain->assumptions.len; i++)
        json_array_append_new(list, json_assumption(compare, i));
    for (size_t a = 0; a < compare->arms.len; a++) {
        const struct interval all = uncertain_spread(compare, a);
        const struct interval year = uncertain_years(compare, a);
        const char *name = compare->arms.items[a].name;
        json_object_set_new(spread, name, json_interval(&all));
        json_object_set_new(years, name, json_interval(&year));
        json_object_set_new(without, name, json_integer((json_int_t)uncertain_without(compare, a)));
        json_object_set_new(missing, name, json_integer((json_int_t)uncertain_missing(compare, a)));
        json_object_set_new(unbounded, name,
                            json_integer((json_int_t)uncertain_unbounded(compare, a)));
        if (a > 0)
            json_object_set_new(same, name, real(same_answer(compare, a, &rows->items[a].finding)));
    }
    for (size_t p = 0; p < uncertain->points; p++)
        json_array_append_new(worlds, json_world(compare, p));
    json_object_set_new(ret, "points", json_integer((json_int_t)uncertain->points));
    json_object_set_new(ret, "replications", json_integer((json_int_t)uncertain->replications));
    json_object_set_new(ret, "assumptions", list);
    json_object_set_new(ret, "assumptions_95", spread);
    json_object_set_new(ret, "year_to_year_95", years);
    json_object_set_new(ret, "worlds_without", without);
    json_object_set_new(ret, "worlds_unbounded", unbounded);
    json_object_set_new(ret, "worlds_not_run", missing);
    json_object_set_new(ret, "same_answer", same);
    json_object_set_new(ret, "worlds", worlds);
    return ret;
}

/* What one run of the base alone tells of its waits, s. */
static json_t *json_one_run(const struct compare *compare)
{
    json_t *ret = json_object();
    json_object_set_new(ret, "wait.mean", json_interval(&compare->within.interval));
    json_object_set_new(ret, "wait.p95", json_interval(&compare->within_p95.interval));
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
    if (compare->within.batches > 0)
        json_object_set_new(root, "one_run_95", json_one_run(compare));
    json_object_set_new(root, "mind", mind);
    json_object_set_new(root, "results", list);
    if (is_sampled(compare))
        json_object_set_new(root, "uncertain", json_uncertain(compare, &rows));
    json_dumpf(root, out, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
    putc('\n', out);
    json_decref(root);
    free(cautions);
    free(how);
    free(rows.items);
}
