/* The page: the answer in words, then tables, each number as exact as its interval warrants. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/text_table.h"
#include "cli/compare_shown.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- the answer --- */

static void print_needed(const struct compare *compare, const struct finding *finding, FILE *out)
{
    char text[48];
    if (finding->needed == SIZE_MAX || finding->needed > 1000000)
        fputs("; no number of replications that one would run is likely to show one", out);
    else if (finding->needed > compare->replications)
        fprintf(
            out, "; about %s more replications would be likely (80 %%) to show one",
            count_format((double)(finding->needed - compare->replications), text, sizeof(text)));
    else if (finding->needed > 0)
        fputs("; some more replications are likely to show one", out);
}

/* "3.2 h less (2.9 to 3.5) than 20.1 h" */
static void print_change(const struct measure *measure, const struct finding *finding, FILE *out)
{
    char a[64], b[64], c[64];
    const struct shown shown = difference_shown(measure, finding);
    const double sign = finding->difference.value < 0 ? -1 : 1;
    const struct shown base = shown_of(measure->unit, measure->selector, finding->base.value,
                                       interval_half(&finding->base));
    const struct interval away = {sign * finding->difference.value,
                                  sign < 0 ? -finding->difference.hi : finding->difference.lo,
                                  sign < 0 ? -finding->difference.lo : finding->difference.hi};
    fprintf(out, "%s%s %s", shown_number(&shown, away.value, false, a, sizeof(a)), shown.unit,
            sign < 0 ? "less" : "more");
    if (away.hi > away.lo)
        fprintf(out, " (%s to %s)", shown_number(&shown, away.lo, false, b, sizeof(b)),
                shown_number(&shown, away.hi, false, c, sizeof(c)));
    fprintf(out, " than %s%s", shown_number(&base, finding->base.value, false, a, sizeof(a)),
            base.unit);
}

/* Is no pair left of an arm and the base? Then why: of the base alone, or of both. */
static bool print_lost(const struct compare *compare, const struct arm *arm, FILE *out)
{
    const size_t n = compare->replications, row = (size_t)(arm - compare->arms.items);
    const struct arm *base = compare->arms.items;
    char time[64];
    for (size_t r = 0; r < n; r++)
        if (compare->runs[r * compare->arms.len].values &&
            compare->runs[r * compare->arms.len + row].values)
            return false;
    if (arm->late + base->late == 0) {
        fputs("nothing to tell: all of its runs were lost", out);
        return true;
    }
    fputs("nothing to tell: ", out);
    if (arm != base)
        fprintf(out, "%zu of its %zu runs and ", arm->late, n);
    fprintf(
        out,
        "%zu of %zu runs of the base were stopped by --limit, as they took longer than %s; give "
        "them longer, or shorten time.length",
        base->late, n, quantity_human_time(compare->setup->limit, time, sizeof(time)));
    return true;
}

static void print_finding(const struct compare *compare, const struct measure *measure,
                          const struct arm *arm, const struct finding *finding, FILE *out)
{
    const struct judged *judged = &finding->judged;
    const char *word = verdict_word(finding, measure->better);
    if (arm->unstable || compare->arms.items[0].unstable) {
        fputs(arm->unstable ? "no long-run number: its queue grows"
                            : "the base has no long-run number to compare with",
              out);
    } else if (isnan(finding->difference.value)) {
        if (!print_lost(compare, arm, out))
            fputs("nothing to compare: no job is counted", out);
    } else if (finding->counts_differ) {
        fprintf(out,
                "no verdict: %.1f %% of the jobs are not counted (pending, rejected, abandoned), "
                "%.1f %% of the base's; ",
                100 * finding->uncounted, 100 * finding->uncounted_base);
        print_change(measure, finding, out);
    } else if (strcmp(word, "same") == 0) {
        fputs("same as the base in every replication", out);
    } else {
        if (*word)
            fprintf(out, "%s: ", word);
        print_change(measure, finding, out);
        if (judged->difference.n < compare->replications)
            fprintf(out, "; only %zu of %zu replications have one to compare", judged->difference.n,
                    compare->replications);
        if (finding->verdict == VERDICT_OPEN)
            print_needed(compare, finding, out);
        else if ((finding->verdict == VERDICT_BETTER || finding->verdict == VERDICT_WORSE) &&
                 fabs(judged->difference.mean) < judged->matters)
            fputs("; less than what matters, but it may be more", out);
    }
}

static void print_base(const struct compare *compare, const struct measure *measure, FILE *out)
{
    if (compare->arms.items[0].unstable)
        return;
    fputs("  ", out);
    if (print_lost(compare, compare->arms.items, out)) {
        putc('\n', out);
        return;
    }
    const size_t n = compare->replications;
    double *values = mem_new(n, sizeof(*values));
    compare_values(compare, 0, (size_t)(measure - compare->measures.items), values);
    struct moments moments = {0};
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            moments_add(&moments, values[i]);
    free(values);
    const struct interval interval = interval_mean(&moments, COMPARE_CONFIDENCE);
    const struct shown shown =
        shown_of(measure->unit, measure->selector, interval.value, interval_half(&interval));
    char *text = shown_with_half(&shown, &interval, false);
    fprintf(out, "%s\n", text);
    free(text);
}

static void print_answer(const struct compare *compare, FILE *out)
{
    const struct measure *asked = &compare->measures.items[0];
    const size_t n = compare->arms.len - 1;
    if (asked->kind != MEASURE_ASKED)
        return;
    char *metric = printable(asked->selector), text[64];
    const struct shown shown = shown_unit_of(asked->unit, asked->selector, asked->matters);
    fprintf(out, "\n%s, %s is better", metric,
            asked->better == BETTER_IS_LOWER ? "lower" : "higher");
    if (!isnan(asked->matters)) {
        snprintf(text, sizeof(text), "%.4g", asked->matters / shown.scale);
        fprintf(out, "; a difference matters from %s%s on", text, shown.unit);
    }
    putc('\n', out);
    free(metric);
    if (n == 0) {
        print_base(compare, asked, out);
        return;
    }
    size_t width = 0;
    struct finding *findings = mem_new(n, sizeof(*findings));
    compare_judge(compare, 0, findings);
    for (size_t i = 0; i < n; i++) {
        char *name = printable(compare->arms.items[1 + i].name);
        const size_t own = text_width(name);
        free(name);
        width = own > width ? own : width;
    }
    for (size_t i = 0; i < n; i++) {
        const struct arm *arm = &compare->arms.items[1 + i];
        char *name = printable(arm->name);
        fprintf(out, "  %s%*s", name, (int)(width - text_width(name) + 2), "");
        print_finding(compare, asked, arm, &findings[i], out);
        putc('\n', out);
        free(name);
    }
    free(findings);
}

/* --- tables --- */

/* Of all variants of a measure: filled once. */
static struct finding *judge_all(const struct compare *compare)
{
    const size_t n = compare->arms.len - 1;
    struct finding *all = mem_new(compare->measures.len * (n ? n : 1), sizeof(*all));
    for (size_t m = 0; m < compare->measures.len && n; m++)
        compare_judge(compare, m, &all[m * n]);
    return all;
}

static bool in_table(const struct measure *measure)
{
    return measure->kind != MEASURE_COUNT && measure->kind != MEASURE_PERIOD;
}

static void print_base_table(const struct compare *compare, FILE *out)
{
    struct text_table table = {0};
    text_table_left(&table, "base");
    text_table_right(&table, "mean");
    text_table_right(&table, "95 % interval");
    struct compare_rows rows = compare_rows(compare);
    for (size_t i = 0; i < rows.len; i++) {
        const struct compare_row *row = &rows.items[i];
        if (!row->base || row->tenant || isnan(row->finding.mean.value))
            continue;
        const struct interval *mean = &row->finding.mean;
        const struct shown shown =
            shown_of(row->unit, row->metric, mean->value, interval_half(mean));
        text_table_row(&table);
        text_table_left(&table, row->metric);
        add_owned(&table, shown_with_half(&shown, mean, false), true);
        add_owned(&table, shown_from_to(&shown, mean), true);
    }
    free(rows.items);
    putc('\n', out);
    text_table_write(&table, out);
    text_table_deinit(&table);
}

static void print_variant_table(const struct compare *compare, const struct finding *all,
                                size_t arm, FILE *out)
{
    static const char *const heads[] = {"base", "variant", "difference", "95 % interval"};
    struct text_table table = {0};
    text_table_left(&table, compare->arms.items[arm].name);
    for (size_t i = 0; i < ARRAY_LEN(heads); i++)
        text_table_right(&table, heads[i]);
    text_table_left(&table, "verdict");
    for (size_t m = 0; m < compare->measures.len; m++) {
        const struct measure *measure = &compare->measures.items[m];
        const struct finding *finding = &all[m * (compare->arms.len - 1) + arm - 1];
        if (!in_table(measure) || (isnan(finding->base.value) && isnan(finding->mean.value)))
            continue;
        const struct shown base = shown_of(measure->unit, measure->selector, finding->base.value,
                                           interval_half(&finding->base));
        struct shown mean = shown_of(measure->unit, measure->selector, finding->base.value,
                                     interval_half(&finding->mean));
        if (isnan(finding->base.value))
            mean = shown_of(measure->unit, measure->selector, finding->mean.value,
                            interval_half(&finding->mean));
        const struct shown difference = difference_shown(measure, finding);
        text_table_row(&table);
        text_table_left(&table, measure->selector);
        add_owned(&table, shown_with_half(&base, &finding->base, false), true);
        add_owned(&table, shown_with_half(&mean, &finding->mean, false), true);
        const struct interval bare = {finding->difference.value, (double)NAN, (double)NAN};
        add_owned(&table, shown_with_half(&difference, &bare, true), true);
        add_owned(&table, shown_from_to(&difference, &finding->difference), true);
        text_table_left(&table, verdict_word(finding, measure->better));
    }
    putc('\n', out);
    text_table_write(&table, out);
    text_table_deinit(&table);
}

static void print_periods(const struct compare *compare, const struct finding *all, FILE *out)
{
    struct text_table table = {0};
    const size_t n = compare->arms.len - 1;
    bool any = false;
    text_table_left(&table, compare->measures.items[0].selector);
    text_table_right(&table, "base");
    for (size_t a = 1; a <= n; a++) {
        text_table_right(&table, compare->arms.items[a].name);
        text_table_left(&table, "");
    }
    for (size_t m = 0; m < compare->measures.len; m++) {
        const struct measure *measure = &compare->measures.items[m];
        if (measure->kind != MEASURE_PERIOD || n == 0)
            continue;
        any = true;
        const struct finding *findings = &all[m * n];
        const struct interval *base = &findings[0].base;
        const struct shown shown =
            shown_of(measure->unit, measure->selector, base->value, interval_half(base));
        text_table_row(&table);
        text_table_left(&table, measure->period);
        add_owned(&table, shown_with_half(&shown, base, false), true);
        for (size_t i = 0; i < n; i++) {
            const struct shown by = difference_shown(measure, &findings[i]);
            add_owned(&table, shown_with_half(&by, &findings[i].difference, true), true);
            text_table_left(&table, verdict_word(&findings[i], measure->better));
        }
    }
    if (any) {
        fputs(
            "\nBy period: the base, and how much more or less a variant has; each verdict alone\n",
            out);
        text_table_write(&table, out);
    }
    text_table_deinit(&table);
}

/* --- tenants --- */

enum { TENANTS_SHOWN = 3 };

struct placed {
    size_t tenant;
    double difference;
};

static int by_difference(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    if (x->difference != y->difference)
        return x->difference < y->difference ? -1 : 1;
    return x->tenant < y->tenant ? -1 : 1;
}

/* The tenants with that verdict; of them a few, those that it concerns most first. */
static void add_tenants(struct text_table *table, const struct compare *compare,
                        const struct finding *findings, enum verdict verdict, const char *word,
                        const struct measure *measure)
{
    struct placed *placed = mem_new(compare->tenants.len, sizeof(*placed));
    size_t n = 0;
    for (size_t t = 0; t < compare->tenants.len; t++)
        if (findings[t].verdict == verdict)
            placed[n++] = (struct placed){t, -fabs(findings[t].difference.value)};
    qsort(placed, n, sizeof(*placed), by_difference);
    for (size_t i = 0; i < n && i < TENANTS_SHOWN; i++) {
        const struct finding *finding = &findings[placed[i].tenant];
        const struct shown base = shown_of(measure->unit, measure->selector, finding->base.value,
                                           interval_half(&finding->base));
        const struct shown difference = difference_shown(measure, finding);
        text_table_row(table);
        text_table_left(table, word);
        text_table_left(table, compare->tenants.names[placed[i].tenant]);
        add_owned(table, shown_with_half(&base, &finding->base, false), true);
        const struct interval bare = {finding->difference.value, (double)NAN, (double)NAN};
        add_owned(table, shown_with_half(&difference, &bare, true), true);
        add_owned(table, shown_from_to(&difference, &finding->difference), true);
    }
    free(placed);
}

static size_t count(const struct compare *compare, const struct finding *findings,
                    enum verdict verdict)
{
    size_t n = 0;
    for (size_t t = 0; t < compare->tenants.len; t++)
        n += findings[t].verdict == verdict;
    return n;
}

static void print_tenants(const struct compare *compare, const struct finding *findings, size_t arm,
                          FILE *out)
{
    const struct metric *metric = compare->tenants.metric;
    if (compare->tenants.len < 2)
        return;
    struct measure measure = {.selector = (char *)(uintptr_t)metric->name, .unit = metric->unit};
    const size_t better = count(compare, findings, VERDICT_BETTER);
    const size_t worse = count(compare, findings, VERDICT_WORSE);
    size_t unjudged = 0;
    for (size_t t = 0; t < compare->tenants.len; t++)
        unjudged += findings[t].counts_differ;
    char *name = printable(compare->arms.items[arm].name);
    fprintf(out, "\nTenants under %s, by %s: of %zu, %zu gain, %zu lose", name, metric->name,
            compare->tenants.len, better, worse);
    if (unjudged > 0)
        fprintf(out, ", %zu ha%s no verdict, as counts differ", unjudged,
                unjudged > 1 ? "ve" : "s");
    fprintf(out, "%s\n",
            compare->identical || compare->replications < 2
                ? ""
                : " (corrected by Holm for all tenants and variants together)");
    free(name);
    if (better + worse > 0) {
        struct text_table table = {0};
        text_table_left(&table, "");
        text_table_left(&table, "tenant");
        text_table_right(&table, "base");
        text_table_right(&table, "difference");
        text_table_right(&table, "95 % interval");
        add_tenants(&table, compare, findings, VERDICT_BETTER, "gains", &measure);
        add_tenants(&table, compare, findings, VERDICT_WORSE, "loses", &measure);
        text_table_write(&table, out);
        text_table_deinit(&table);
    }
}

static void print_all_tenants(const struct compare *compare, FILE *out)
{
    const size_t tenants = compare->tenants.len;
    struct finding *findings = mem_new(compare->arms.len * tenants, sizeof(*findings));
    compare_judge_tenants(compare, findings);
    for (size_t a = 1; a < compare->arms.len; a++)
        if (!compare->arms.items[a].unstable && !compare->arms.items[0].unstable)
            print_tenants(compare, &findings[(a - 1) * tenants], a, out);
    free(findings);
}

/* --- the page --- */

static void print_head(const struct compare *compare, FILE *out)
{
    const struct scenario *scenario = compare->arms.items[0].program.epochs[0].scenario;
    char *title = printable(scenario->title ? scenario->title : "The scenario");
    char *how = compare_how(compare);
    const size_t n = compare->arms.len - 1;
    fprintf(out, "%s: the base", title);
    if (n > 0)
        fprintf(out, " and %zu variant%s", n, n > 1 ? "s" : "");
    fprintf(out, ", %zu replication%s%s\n", compare->replications,
            compare->replications == 1 ? "" : "s", n > 0 ? " on common random numbers" : "");
    fprintf(out, "%s\n", how);
    free(title);
    free(how);
}

static void print_mind(const struct compare *compare, FILE *out)
{
    size_t len;
    char **cautions = compare_cautions(compare, &len);
    if (len > 0)
        fputs("\nMind\n", out);
    for (size_t i = 0; i < len; i++) {
        char *text = printable(cautions[i]);
        fprintf(out, "  %s\n", text);
        free(text);
        free(cautions[i]);
    }
    free(cautions);
}

static void print_family(const struct compare *compare, FILE *out)
{
    size_t stable = 0;
    for (size_t a = 1; a < compare->arms.len; a++)
        stable += !compare->arms.items[a].unstable && !compare->arms.items[0].unstable;
    if (stable > 1 && !compare->identical && compare->replications > 1)
        fprintf(out,
                "\nVerdicts hold for all %zu variants together (Holm), intervals for each alone.\n",
                stable);
}

void compare_write_text(const struct compare *compare, FILE *out)
{
    print_head(compare, out);
    if (compare->replications > 0) {
        struct finding *all = judge_all(compare);
        print_answer(compare, out);
        if (compare->arms.len == 1)
            print_base_table(compare, out);
        for (size_t a = 1; a < compare->arms.len; a++)
            if (!compare->arms.items[a].unstable)
                print_variant_table(compare, all, a, out);
        print_periods(compare, all, out);
        print_all_tenants(compare, out);
        print_uncertain(compare, out);
        free(all);
        print_family(compare, out);
    }
    print_mind(compare, out);
}
