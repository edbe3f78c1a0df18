/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/plan_print.h"

#include "analysis/output.h"
#include "analysis/text_table.h"
#include "util/mem.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const verdict_names[] = {
    [ANSWER_NO] = "no", [ANSWER_OPEN] = "open", [ANSWER_YES] = "yes"};

static const char *verdict_of(const struct trial *trial)
{
    return trial->unstable ? "unstable" : verdict_names[trial->verdict];
}

/* --- words --- */

static const struct rule *rule_of(const struct plan_report *report)
{
    return &report->plan->setup->rule;
}

static const struct comparison *comparison_of(const struct plan_report *report, size_t finding)
{
    const struct target *target = rule_of(report)->target;
    return &target->items[finding % target->len];
}

/* NULL: the whole window. */
static const char *period_of(const struct plan_report *report, size_t finding)
{
    const struct rule *rule = rule_of(report);
    return rule->n_periods > 0 ? rule->periods[finding / rule->target->len] : NULL;
}

static const char *value_text(const struct comparison *comparison, double value, char *buffer,
                              size_t size)
{
    const enum unit unit = metric_unit(comparison->metric);
    if (isnan(value))
        snprintf(buffer, size, "no value");
    else if (unit == UNIT_TIME)
        quantity_human_time(value, buffer, size);
    else if (unit == UNIT_RATE)
        snprintf(buffer, size, "%.4g/h", 3600 * value);
    else if (comparison->text[strlen(comparison->text) - 1] == '%')
        snprintf(buffer, size, "%.1f %%", 100 * value);
    else
        snprintf(buffer, size, "%.4g", value);
    return buffer;
}

/* As the target writes it: a time for people, a share in percent, a rate by the hour. A value that
 * would read as the bound, and is not, says on which side of it it lies. */
const char *plan_value_text(const struct comparison *comparison, double value, char *buffer,
                            size_t size)
{
    char bound[48], plain[48];
    value_text(comparison, comparison->bound, bound, sizeof(bound));
    value_text(comparison, value, plain, sizeof(plain));
    const bool rounded = value != comparison->bound && strcmp(plain, bound) == 0;
    snprintf(buffer, size, "%s%s",
             !rounded                    ? ""
             : value > comparison->bound ? "just over "
                                         : "just under ",
             plain);
    return buffer;
}

/* "3 h 2 min (2 h 50 min to 3 h 14 min)". */
const char *plan_interval_text(const struct comparison *comparison, const struct finding *finding,
                               char *buffer, size_t size)
{
    char mean[64], lo[64], hi[64];
    plan_value_text(comparison, finding->mean, mean, sizeof(mean));
    if (isnan(finding->half))
        snprintf(buffer, size, "%s", mean);
    else
        snprintf(buffer, size, "%s (%s to %s)", mean,
                 plan_value_text(comparison, finding->mean - finding->half, lo, sizeof(lo)),
                 plan_value_text(comparison, finding->mean + finding->half, hi, sizeof(hi)));
    return buffer;
}

const char *plan_percent(double share, char *buffer, size_t size)
{
    snprintf(buffer, size, "%.4g %%", 100 * share);
    return buffer;
}

static const char *values_text(const struct plan_report *report, const struct trial *trial,
                               char *buffer, size_t size)
{
    return sizing_values_text(report->varies, report->n_varies, trial->at, buffer, size);
}

/* How far from holding; greater is worse. */
static double shortfall(const struct comparison *comparison, double value)
{
    const bool at_most = comparison->op == OP_AT_MOST || comparison->op == OP_LESS;
    return isnan(value) ? HUGE_VAL
           : at_most    ? value - comparison->bound
                        : comparison->bound - value;
}

/* Of the periods of a comparison, the one that is furthest from holding. */
static size_t worst_of(const struct plan_report *report, const struct trial *trial,
                       size_t comparison)
{
    size_t worst = comparison;
    const size_t n = report->plan->readings.n_places, step = rule_of(report)->target->len;
    for (size_t f = comparison; f < n; f += step) {
        const struct finding *a = &trial->findings[f], *b = &trial->findings[worst];
        if (a->verdict < b->verdict ||
            (a->verdict == b->verdict && shortfall(comparison_of(report, f), a->mean) >
                                             shortfall(comparison_of(report, f), b->mean)))
            worst = f;
    }
    return worst;
}

/* --- text: the head and the curve --- */

void plan_print_target(const struct rule *rule, const char *target, const char *what, FILE *out)
{
    char text[64];
    fprintf(out, "Target: %s", target);
    if (rule->share > 0)
        fprintf(out, ", in at least %s of %s\n", plan_percent(rule->share, text, sizeof(text)),
                rule->of_periods ? "the periods of all replications" : what);
    else
        fprintf(out, ", by the means over replications\n");
}

static void print_head(const struct plan_report *report, FILE *out)
{
    const struct rule *rule = rule_of(report);
    if (report->title)
        fprintf(out, "%s\n", report->title);
    plan_print_target(rule, report->target, report->growth ? "simulations" : "replications", out);
    if (rule->n_periods > 0)
        fprintf(out, "Judged in %s: %s to %s\n",
                rule->of_periods ? "each period" : "every period, all of which count",
                rule->periods[0], rule->periods[rule->n_periods - 1]);
    for (size_t i = 0; i < report->n_varies; i++) {
        char lo[64], hi[64];
        fprintf(out, "Varied: %s from %s to %s\n", report->varies[i].path,
                vary_text(&report->varies[i], 0, lo, sizeof(lo)),
                vary_text(&report->varies[i], report->varies[i].len - 1, hi, sizeof(hi)));
    }
    if (report->growth)
        fprintf(out, "Growth: %s\n", report->growth);
    if (report->n_varies > 1 && !report->cost_said)
        fputs("Cost: each value by the greatest of its range, added up\n", out);
    fputc('\n', out);
}

static void add_finding(const struct plan_report *report, const struct trial *trial,
                        size_t comparison, struct text_table *table)
{
    const size_t f = worst_of(report, trial, comparison);
    const struct finding *finding = &trial->findings[f];
    const char *period = period_of(report, f);
    char mean[64], half[64], cell[200];
    if (trial->unstable) {
        text_table_right(table, "no long-run number");
        return;
    }
    plan_value_text(comparison_of(report, f), finding->mean, mean, sizeof(mean));
    value_text(comparison_of(report, f), finding->half, half, sizeof(half));
    snprintf(cell, sizeof(cell), "%s%s%s%s%s%s", mean, isnan(finding->half) ? "" : " +- ",
             isnan(finding->half) ? "" : half, period ? " (" : "", period ? period : "",
             period ? ")" : "");
    text_table_right(table, cell);
}

/* The greatest share of jobs that a comparison leaves out; 0 where none does. */
static double left_out(const struct plan_report *report, const struct trial *trial)
{
    double most = 0;
    for (size_t f = 0; f < report->plan->readings.n_places; f++)
        if (trial->findings[f].unfinished > most)
            most = trial->findings[f].unfinished;
    return most;
}

static bool any_left_out(const struct plan_report *report)
{
    for (size_t i = 0; i < report->plan->len; i++)
        if (left_out(report, report->plan->items[i]) > rule_of(report)->unfinished)
            return true;
    return false;
}

static void add_trial(const struct plan_report *report, const struct trial *trial, bool unfinished,
                      struct text_table *table)
{
    const struct rule *rule = rule_of(report);
    char text[64];
    text_table_row(table);
    for (size_t i = 0; i < report->n_varies; i++)
        text_table_right(table, vary_text(&report->varies[i], trial->at[i], text, sizeof(text)));
    if (report->cost) {
        snprintf(text, sizeof(text), "%.6g", cost_at(report->cost, trial->at));
        text_table_right(table, text);
    }
    snprintf(text, sizeof(text), "%zu", trial->replications - trial->lost);
    text_table_right(table, text);
    for (size_t c = 0; c < rule->target->len; c++)
        add_finding(report, trial, c, table);
    if (rule->share > 0) {
        snprintf(text, sizeof(text), "%zu of %zu", trial->met, trial->of);
        text_table_right(table, text);
    }
    if (unfinished) {
        snprintf(text, sizeof(text), "%.1f %%", 100 * left_out(report, trial));
        text_table_right(table, text);
    }
    text_table_left(table, verdict_of(trial));
}

static void print_curve(const struct plan_report *report, FILE *out)
{
    struct text_table table = {0};
    const struct rule *rule = rule_of(report);
    for (size_t i = 0; i < report->n_varies; i++)
        text_table_right(&table, sizing_vary_name(report->varies, report->n_varies, i));
    if (report->cost)
        text_table_right(&table, "cost");
    text_table_right(&table, report->growth ? "simulations" : "replications");
    for (size_t c = 0; c < rule->target->len; c++)
        text_table_right(&table, rule->target->items[c].selector);
    if (rule->share > 0)
        text_table_right(&table, rule->of_periods ? "periods that meet it" : "that meet it");
    const bool unfinished = any_left_out(report);
    if (unfinished)
        text_table_right(&table, "jobs left out");
    text_table_left(&table, "meets");
    for (size_t i = 0; i < report->plan->len; i++)
        add_trial(report, report->plan->items[i], unfinished, &table);
    text_table_write(&table, out);
    text_table_deinit(&table);
}

/* --- text: the answer --- */

/* What a trial says to the comparisons: all, or those alone that do not hold. */
static void print_findings(const struct plan_report *report, const struct trial *trial, bool all,
                           FILE *out)
{
    const struct rule *rule = rule_of(report);
    if (trial->unstable)
        fprintf(out, "  unstable: in %zu of %zu %s the queue grows, there is no long-run number\n",
                trial->grew, trial->replications - trial->lost,
                report->growth ? "simulations" : "replications");
    for (size_t f = 0; f < report->plan->readings.n_places && !trial->unstable; f++) {
        const struct finding *finding = &trial->findings[f];
        const struct comparison *comparison = comparison_of(report, f);
        char value[200], share[64];
        if (!all && finding->verdict == ANSWER_YES)
            continue;
        fprintf(out, "  %s%s%s: ", comparison->text, period_of(report, f) ? " in " : "",
                period_of(report, f) ? period_of(report, f) : "");
        fputs(plan_interval_text(comparison, finding, value, sizeof(value)), out);
        if (rule->share > 0)
            fprintf(out, ", holds in %s of %s", plan_percent(finding->met, share, sizeof(share)),
                    report->growth ? "simulations" : "replications");
        else if (finding->verdict == ANSWER_OPEN)
            fputs(", not decided: its interval lies on both sides", out);
        if (finding->unfinished > rule->unfinished)
            fprintf(out, "; %s of the jobs were rejected or left pending and are no part of it",
                    plan_percent(finding->unfinished, share, sizeof(share)));
        fputc('\n', out);
    }
}

static void print_share(const struct plan_report *report, const struct trial *trial, FILE *out)
{
    char confidence[64], lo[64], hi[64];
    if (rule_of(report)->share > 0 && report->draws)
        fprintf(out, "  met in %zu of %zu; the share itself is between %s and %s (%s)\n",
                trial->met, trial->of, plan_percent(trial->share_lo, lo, sizeof(lo)),
                plan_percent(trial->share_hi, hi, sizeof(hi)),
                plan_percent(rule_of(report)->confidence, confidence, sizeof(confidence)));
}

/* The greatest value tried below the answer; NULL if it is the least. */
static const struct trial *below(const struct plan_report *report)
{
    const struct trial *best = report->plan->best, *found = NULL;
    for (size_t i = 0; i < report->plan->len; i++) {
        const struct trial *trial = report->plan->items[i];
        if (trial->at[1] == best->at[1] && trial->at[0] < best->at[0])
            found = trial;
    }
    return found;
}

static void print_found(const struct plan_report *report, FILE *out)
{
    const struct trial *best = report->plan->best, *less = below(report);
    char text[320];
    fprintf(out, "\n%s: %s\n", report->n_varies > 1 ? "Cheapest" : "Smallest",
            values_text(report, best, text, sizeof(text)));
    print_findings(report, best, true, out);
    print_share(report, best, out);
    if (!less) {
        fputs(report->n_varies > 1
                  ? "The first value is the least of its range: a smaller one may do too.\n"
                  : "The least value of the range already meets the target: a smaller one may "
                    "do too.\n",
              out);
        return;
    }
    fprintf(out, "%s %s:\n", values_text(report, less, text, sizeof(text)),
            less->verdict == ANSWER_OPEN ? "may meet it, but that is not shown" : "does not");
    print_findings(report, less, false, out);
    print_share(report, less, out);
}

static void print_none(const struct plan_report *report, FILE *out)
{
    const struct sizing *plan = report->plan;
    char text[320];
    fputs(report->n_varies > 1 ? "\nNo pair of values tried meets the target.\n"
                               : "\nNo value of the range meets the target.\n",
          out);
    for (int last = 0; last < 2; last++) {
        const struct trial *trial = plan->items[last ? plan->len - 1 : 0];
        fprintf(out, "%s:\n", values_text(report, trial, text, sizeof(text)));
        print_findings(report, trial, false, out);
        print_share(report, trial, out);
    }
}

/* --- text: notes --- */

static void note_reversals(const struct plan_report *report, FILE *out)
{
    if (report->n_varies > 1)
        return;
    struct reversal *reversals = mem_new(report->plan->readings.n_places, sizeof(*reversals));
    const size_t n = sizing_reversals(report->plan, reversals);
    for (size_t i = 0; i < n; i++) {
        const struct comparison *comparison = comparison_of(report, reversals[i].finding);
        const char *period = period_of(report, reversals[i].finding);
        char from[64], to[64], change[64];
        fprintf(out,
                "Note: %s%s%s is not monotone: from %s to %s it %s by %s, against the way from the "
                "least value to the greatest.\n",
                comparison->selector, period ? " in " : "", period ? period : "",
                vary_text(&report->varies[0], reversals[i].from->at[0], from, sizeof(from)),
                vary_text(&report->varies[0], reversals[i].to->at[0], to, sizeof(to)),
                reversals[i].change > 0 ? "rises" : "falls",
                value_text(comparison, fabs(reversals[i].change), change, sizeof(change)));
    }
    free(reversals);
}

/* Greater values tried that do not meet the target. */
static void note_above(const struct plan_report *report, FILE *out)
{
    const struct trial *best = report->plan->best;
    size_t found = 0;
    for (size_t i = 0; i < report->plan->len && best && report->n_varies == 1; i++) {
        const struct trial *trial = report->plan->items[i];
        char text[64];
        if (trial->at[0] <= best->at[0] || trial->verdict == ANSWER_YES)
            continue;
        fprintf(out, "%s%s", found++ ? ", " : "Note: these greater values do not meet the target: ",
                vary_text(&report->varies[0], trial->at[0], text, sizeof(text)));
    }
    if (found)
        fputs(".\n", out);
}

static void note_unstable(const struct plan_report *report, FILE *out)
{
    for (size_t i = 0; i < report->plan->len; i++) {
        if (!report->plan->items[i]->unstable)
            continue;
        fputs("Unstable: more is asked for than can be served, or the queue kept growing, in most "
              "replications; such a value is never the answer of `analysis: steady`.\n",
              out);
        return;
    }
}

static void print_text(const struct plan_report *report, FILE *out)
{
    const struct sizing_setup *setup = report->plan->setup;
    char text[64];
    print_head(report, out);
    print_curve(report, out);
    if (report->plan->best)
        print_found(report, out);
    else
        print_none(report, out);
    fputc('\n', out);
    note_reversals(report, out);
    note_above(report, out);
    note_unstable(report, out);
    if (any_left_out(report))
        fprintf(out,
                "Jobs rejected or left pending are no part of waits: where they are more than %s, "
                "no comparison about jobs holds.\n",
                plan_percent(setup->rule.unfinished, text, sizeof(text)));
    if (!report->draws)
        fputs("Note: the scenario draws nothing at random; one replication tells all.\n", out);
    else if (setup->replications < 2)
        fputs("Note: one replication shows nothing of chance; -r asks for more.\n", out);
    else
        fprintf(out, "Intervals are Student's over replications (%s).\n",
                plan_percent(setup->rule.confidence, text, sizeof(text)));
    fputs("Between two neighbours of the grid each comparison is taken to change at most once.\n",
          out);
}

/* --- CSV and JSON --- */

static void csv_number(double value, FILE *out)
{
    char text[32];
    fprintf(out, ",%s", isnan(value) ? "" : real_format(value, text, sizeof(text)));
}

/* Of an unstable value there is none. */
static double long_run(const struct trial *trial, double value)
{
    return trial->unstable ? (double)NAN : value;
}

static void csv_row(const struct plan_report *report, const struct trial *trial, size_t f,
                    FILE *out)
{
    const struct finding *finding = &trial->findings[f];
    const struct comparison *comparison = comparison_of(report, f);
    char text[64];
    for (size_t i = 0; i < report->n_varies; i++) {
        csv_text(vary_text(&report->varies[i], trial->at[i], text, sizeof(text)), out);
        fputc(',', out);
    }
    csv_text(comparison->text, out);
    const double mean = long_run(trial, finding->mean);
    fprintf(out, ",%s,%zu", period_of(report, f) ? period_of(report, f) : "",
            trial->replications - trial->lost);
    csv_number(mean, out);
    csv_number(mean - finding->half, out);
    csv_number(mean + finding->half, out);
    fprintf(out, ",%s", comparison->metric->unit);
    csv_number(finding->met, out);
    csv_number(finding->unfinished, out);
    csv_number(report->cost ? cost_at(report->cost, trial->at) : (double)NAN, out);
    fprintf(out, ",%s,%s,%d\n", verdict_names[finding->verdict], verdict_of(trial),
            trial == report->plan->best);
}

static void print_csv(const struct plan_report *report, FILE *out)
{
    for (size_t i = 0; i < report->n_varies; i++) {
        csv_text(report->varies[i].path, out);
        fputc(',', out);
    }
    fputs("comparison,period,replications,mean,low,high,unit,holds_in,unfinished,cost,holds,meets,"
          "answer\n",
          out);
    for (size_t i = 0; i < report->plan->len; i++)
        for (size_t f = 0; f < report->plan->readings.n_places; f++)
            csv_row(report, report->plan->items[i], f, out);
}

static json_t *real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *text(const char *value)
{
    char *clean = value ? text_as_utf8(value) : NULL;
    json_t *json = clean ? json_string(clean) : json_null();
    free(clean);
    return json;
}

static json_t *json_values(const struct plan_report *report, const struct trial *trial)
{
    json_t *values = json_object();
    for (size_t i = 0; i < report->n_varies; i++) {
        char value[64];
        json_object_set_new(
            values, report->varies[i].path,
            text(vary_text(&report->varies[i], trial->at[i], value, sizeof(value))));
    }
    return values;
}

static json_t *json_trial(const struct plan_report *report, const struct trial *trial)
{
    json_t *findings = json_array();
    for (size_t f = 0; f < report->plan->readings.n_places; f++) {
        const struct finding *finding = &trial->findings[f];
        const double mean = long_run(trial, finding->mean);
        json_array_append_new(
            findings,
            json_pack("{s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:s}", "comparison",
                      text(comparison_of(report, f)->text), "period", text(period_of(report, f)),
                      "mean", real(mean), "low", real(mean - finding->half), "high",
                      real(mean + finding->half), "unit", comparison_of(report, f)->metric->unit,
                      "holds_in", real(finding->met), "unfinished", real(finding->unfinished),
                      "holds", verdict_names[finding->verdict]));
    }
    return json_pack(
        "{s:o, s:o, s:I, s:I, s:I, s:[o, o], s:s, s:o}", "values", json_values(report, trial),
        "cost", real(report->cost ? cost_at(report->cost, trial->at) : (double)NAN), "replications",
        (json_int_t)(trial->replications - trial->lost), "met", (json_int_t)trial->met, "of",
        (json_int_t)trial->of, "share", real(trial->share_lo), real(trial->share_hi), "meets",
        verdict_of(trial), "comparisons", findings);
}

static void print_json(const struct plan_report *report, FILE *out)
{
    const struct sizing *plan = report->plan;
    json_t *trials = json_array();
    for (size_t i = 0; i < plan->len; i++)
        json_array_append_new(trials, json_trial(report, plan->items[i]));
    json_t *root =
        json_pack("{s:o, s:o, s:o, s:b, s:o}", "target", text(report->target), "in",
                  real(plan->setup->rule.share > 0 ? plan->setup->rule.share : (double)NAN),
                  "answer", plan->best ? json_values(report, plan->best) : json_null(), "lowest",
                  plan->best && !below(report), "trials", trials);
    json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    fputc('\n', out);
    json_decref(root);
}

void plan_print(const struct plan_report *report, enum result_format format, FILE *out)
{
    switch (format) {
    case RESULT_TEXT:
        print_text(report, out);
        break;
    case RESULT_CSV:
        print_csv(report, out);
        break;
    case RESULT_JSON:
        print_json(report, out);
        break;
    }
}
