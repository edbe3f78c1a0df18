/* A part of the page of a comparison: what its assumptions do to the answer. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/compare_shown.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void add_interval(struct text_table *table, const char *what, const struct shown *shown,
                         const struct interval *interval, const char *meaning)
{
    if (isnan(interval->lo))
        return;
    text_table_row(table);
    text_table_left(table, what);
    char text[64];
    if (interval->hi > interval->lo)
        add_owned(table, shown_from_to(shown, interval), true);
    else
        text_table_right(table, shown_number(shown, interval->lo, false, text, sizeof(text)));
    text_table_left(table, *shown->unit ? shown->unit + 1 : "");
    text_table_left(table, meaning);
}

static void print_three(const struct compare *compare, size_t arm, const struct interval *mean,
                        const struct shown *shown, FILE *out)
{
    struct text_table table = {0};
    const struct interval years = uncertain_years(compare, arm);
    const struct interval spread = uncertain_spread(compare, arm);
    text_table_left(&table, arm ? "95 % of the difference" : "95 % of the value");
    text_table_right(&table, "");
    text_table_left(&table, "");
    text_table_left(&table, "");
    add_interval(&table, "simulation", shown, mean,
                 "where the mean may lie, if all assumptions hold; more replications narrow it");
    add_interval(&table, "year to year", shown, &years, "where one single year may lie");
    add_interval(&table, "assumptions", shown, &spread,
                 "where the mean may lie as the assumptions vary; only knowing more narrows it");
    text_table_write(&table, out);
    text_table_deinit(&table);
}

/* What an end does to the answer; NULL: nothing. */
static const char *turn(double mean, double effect, double matters)
{
    const int now = uncertain_says(mean, matters), then = uncertain_says(effect, matters);
    if (isnan(effect))
        return "leaves nothing to compare";
    if (then == now)
        return NULL;
    if (then == 0)
        return matters > 0 ? "would leave less than what matters" : "would leave no difference";
    if (now == 0)
        return matters > 0 ? "would make it matter" : "would make a difference";
    return "would turn it round";
}

static void print_flips(const struct compare *compare, size_t arm, const struct finding *finding,
                        FILE *out)
{
    const struct compare_uncertain *uncertain = compare->uncertain;
    const double mean = finding->difference.value, matters = uncertain_matters(compare, finding);
    bool any = false;
    for (size_t i = 0; i < uncertain->assumptions.len; i++) {
        const struct assumption *one = &uncertain->assumptions.items[i];
        const struct tornado_end *ends[] = {&one->low, &one->high};
        for (size_t e = 0; e < 2; e++) {
            if (ends[e]->point.missing[arm]) {
                fprintf(out, "  %s: %s was not run\n", one->path, ends[e]->text);
                any = true;
                continue;
            }
            const char *word = turn(mean, ends[e]->point.effects[arm], matters);
            if (word)
                fprintf(out, "  %s: %s %s\n", one->path, ends[e]->text, word);
            any = any || word;
        }
    }
    if (!any)
        fputs("  no assumption, taken alone from its 5 % to its 95 % end, changes the answer\n",
              out);
    const double agree = uncertain_agree(compare, arm, mean, matters);
    if (!isnan(agree))
        fprintf(
            out, "  in %.0f %% of %zu worlds sampled from all assumptions the answer is the same\n",
            100 * agree,
            uncertain->points - uncertain_without(compare, arm) - uncertain_missing(compare, arm));
}

static void print_tornado(const struct compare *compare, size_t arm, const struct shown *shown,
                          FILE *out)
{
    const struct compare_uncertain *uncertain = compare->uncertain;
    const size_t n = uncertain->assumptions.len;
    struct text_table table = {0};
    size_t *order = mem_new(n, sizeof(*order));
    char text[64];
    uncertain_rank(compare, arm, order);
    text_table_left(&table, "assumption, from its 5 % to its 95 % end");
    text_table_right(&table, "low");
    text_table_right(&table, "high");
    text_table_right(&table, arm ? "difference at low" : "value at low");
    text_table_right(&table, "at high");
    text_table_right(&table, "rank correlation");
    for (size_t i = 0; i < n; i++) {
        const struct assumption *one = &uncertain->assumptions.items[order[i]];
        text_table_row(&table);
        text_table_left(&table, one->path);
        text_table_right(&table, one->low.text);
        text_table_right(&table, one->high.text);
        const struct tornado_end *ends[] = {&one->low, &one->high};
        for (size_t e = 0; e < 2; e++) {
            const struct interval bare = {ends[e]->point.effects[arm], (double)NAN, (double)NAN};
            add_owned(&table, shown_with_half(shown, &bare, arm > 0), true);
        }
        if (isnan(one->correlation[arm]))
            text_table_right(&table, "-");
        else {
            snprintf(text, sizeof(text), "%+.2f", one->correlation[arm]);
            text_table_right(&table, text);
        }
    }
    text_table_write(&table, out);
    text_table_deinit(&table);
    free(order);
}

/* Of the sampled worlds, those that its interval tells otherwise of, or not at all. */
static void print_worlds(const struct compare *compare, size_t arm, FILE *out)
{
    const size_t without = uncertain_without(compare, arm), points = compare->uncertain->points;
    const size_t unbounded = uncertain_unbounded(compare, arm);
    const size_t missing = uncertain_missing(compare, arm);
    if (missing > 0)
        fprintf(out, "  %zu of %zu sampled worlds were not run%s\n", missing, points,
                compare->stopped ? ", as it was stopped"
                                 : ": all of their runs were lost, or those paired with them");
    if (unbounded > 0)
        fprintf(out,
                "  in %zu of %zu sampled worlds more is asked for than there is, so that it has no "
                "bound\n",
                unbounded, points);
    if (without > 0)
        fprintf(out, "  in %zu of %zu sampled worlds there is no such number, as %s\n", without,
                points,
                compare->steady ? "queues grow, or jobs are left out (pending, rejected, abandoned)"
                                : "jobs are left out (pending, rejected, abandoned)");
}

static void print_arm(const struct compare *compare, size_t arm, const struct compare_row *row,
                      FILE *out)
{
    const char *override = uncertain_override(compare, arm);
    const struct interval *mean = row->base ? &row->finding.mean : &row->finding.difference;
    const struct shown shown =
        shown_of(row->unit, row->metric, row->finding.base.value, interval_half(mean));
    char *name = printable(row->variant);
    fprintf(out, "\nAssumptions and %s %s%s\n", row->metric, row->base ? "of the base" : "under ",
            row->base ? "" : name);
    free(name);
    if (override) {
        fprintf(out,
                "  nothing is told: it sets %s, which is varied here after the variant and so "
                "undoes it\n",
                override);
        return;
    }
    print_three(compare, arm, mean, &shown, out);
    print_tornado(compare, arm, &shown, out);
    print_worlds(compare, arm, out);
    if (!row->base)
        print_flips(compare, arm, &row->finding, out);
}

void print_uncertain(const struct compare *compare, FILE *out)
{
    if (!compare->uncertain || !compare->uncertain->worlds)
        return;
    struct compare_rows rows = compare_rows(compare);
    for (size_t i = 0; i < rows.len && strcmp(rows.items[i].metric, rows.items[0].metric) == 0; i++)
        if (!rows.items[i].tenant && !isnan(rows.items[i].finding.mean.value))
            print_arm(compare, i, &rows.items[i], out);
    free(rows.items);
}
