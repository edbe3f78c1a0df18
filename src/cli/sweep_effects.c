/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/sweep_effects.h"

#include "analysis/metric.h"
#include "analysis/text_table.h"
#include "cli/sweep_summary.h"
#include "experiment/effects.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS_SHOWN = 20 };

static struct design_factor *factors_of(const struct sweep *sweep)
{
    struct design_factor *factors = mem_new(sweep->n_factors, sizeof(*factors));
    for (size_t i = 0; i < sweep->n_factors; i++)
        factors[i] = (struct design_factor){.name = sweep->factors[i].name,
                                            .levels = sweep->factors[i].levels,
                                            .dist = sweep->factors[i].dist,
                                            .whole = sweep->factors[i].whole};
    return factors;
}

/* Points of which there is no long-run number: which, and how many. */
struct unstable {
    bool *items; /* owned; by point */
    size_t len;
};

static struct unstable unstable_of(const struct sweep *sweep, const struct outcomes *outcomes)
{
    struct unstable unstable = {.items = mem_new(sweep->points, sizeof(*unstable.items))};
    for (size_t point = 0; point < sweep->points; point++) {
        unstable.items[point] = sweep_is_unstable(sweep, outcomes, point);
        unstable.len += unstable.items[point];
    }
    return unstable;
}

/* What an unstable point measured grows with the length of the run: it is no value. */
static void fill_values(const struct sweep *sweep, const struct outcomes *outcomes,
                        const struct unstable *unstable, size_t measure, double *ret)
{
    for (size_t run = 0; run < outcomes->runs; run++)
        ret[run] =
            outcomes->items[run].state == RUN_DONE && !unstable->items[sweep_point(sweep, run)]
                ? outcomes->items[run].values[measure]
                : (double)NAN;
}

static void add_number(struct text_table *table, const char *format, double value)
{
    char text[64];
    snprintf(text, sizeof(text), format, value);
    text_table_right(table, isnan(value) ? "-" : text);
}

static void add_interval(struct text_table *table, const char *format,
                         const struct interval *estimate)
{
    char lo[64], hi[64], text[160];
    snprintf(lo, sizeof(lo), format, estimate->lo);
    snprintf(hi, sizeof(hi), format, estimate->hi);
    snprintf(text, sizeof(text), "%s to %s", lo, hi);
    text_table_left(table, isnan(estimate->lo) ? "" : text);
}

static void print_left_out(size_t left_out, const char *what, FILE *out)
{
    if (left_out > 0)
        fprintf(out, "%zu %s left out, as a run is missing or has no value.\n", left_out, what);
}

/* --- Sobol indices --- */

static void print_indices(const struct sweep *sweep, const struct effects_input *input, FILE *out)
{
    struct sobol_indices *indices = mem_new(sweep->n_factors, sizeof(*indices));
    struct text_table table = {0};
    size_t left_out;
    effects_sobol(input, indices, &left_out);
    text_table_left(&table, "Sobol indices");
    text_table_right(&table, "first");
    text_table_left(&table, "95 %");
    text_table_right(&table, "total");
    text_table_left(&table, "95 %");
    for (size_t f = 0; f < sweep->n_factors; f++) {
        text_table_row(&table);
        text_table_left(&table, sweep->factors[f].name);
        add_number(&table, "%.3f", indices[f].first.value);
        add_interval(&table, "%.3f", &indices[f].first);
        add_number(&table, "%.3f", indices[f].total.value);
        add_interval(&table, "%.3f", &indices[f].total);
    }
    text_table_write(&table, out);
    text_table_deinit(&table);
    print_left_out(left_out, "blocks are", out);
    free(indices);
}

/* --- main effects --- */

/* Both ends of a group, to 4 digits of the unit that the greatest value of the factor has. */
static void add_range(const struct sweep_factor *factor, double from, double to,
                      struct text_table *table)
{
    const enum unit unit = factor->unit;
    const double most = dist_greatest(factor->dist);
    char whole[64], one[80], text[160];
    double number, scale;
    quantity_format(isfinite(most) ? most : to, unit, whole, sizeof(whole));
    const char *suffix = whole + quantity_number(whole, &number);
    snprintf(one, sizeof(one), "1%s", suffix);
    REQUIRE(quantity_parse(one, unit, &scale, NULL) == 0);
    if (from == to)
        snprintf(text, sizeof(text), "%.4g%s", to / scale, suffix);
    else
        snprintf(text, sizeof(text), "%.4g%s to %.4g%s", from / scale, suffix, to / scale, suffix);
    text_table_left(table, text);
}

static void add_group(const struct sweep_factor *factor, const struct effect *effect,
                      struct text_table *table)
{
    char text[64];
    if (factor->labels)
        text_table_left(table, factor->labels[(size_t)effect->from]);
    else if (factor->numbers)
        text_table_left(table, quantity_format(factor->numbers[(size_t)effect->from], factor->unit,
                                               text, sizeof(text)));
    else
        add_range(factor, effect->from, effect->to, table);
}

static size_t levels_seen(const struct factor_effects *effects)
{
    size_t seen = 0;
    for (size_t g = 0; g < effects->len; g++)
        seen += effects->items[g].points > 0;
    return seen;
}

static void add_factor(const struct sweep_factor *factor, const struct factor_effects *effects,
                       bool intervals, struct text_table *table)
{
    for (size_t g = 0; g < effects->len; g++) {
        const struct effect *effect = &effects->items[g];
        text_table_row(table);
        text_table_left(table, g == 0 ? factor->name : "");
        if (g == 0)
            add_number(table, "%.1f %%",
                       levels_seen(effects) > 1 ? 100 * effects->share : (double)NAN);
        else
            text_table_right(table, "");
        add_group(factor, effect, table);
        add_number(table, "%.0f", (double)effect->points);
        add_number(table, "%.5g", effect->mean.value);
        add_number(table, "%+.4g", effect->effect.value);
        if (intervals)
            add_interval(table, "%+.4g", &effect->effect);
    }
}

/* What the table cannot show, in words. */
static void print_untold(const struct sweep *sweep, const struct effects_input *input,
                         const struct factor_effects *effects, size_t left_out, FILE *out)
{
    const size_t points = sweep->points - left_out;
    if (points == 0 || (input->about_base && effects[0].len == 0)) {
        fprintf(out, "No effects: %s.\n",
                points == 0 ? "no point has a value" : "the base has no value");
        return;
    }
    for (size_t f = 0; f < sweep->n_factors && left_out > 0; f++)
        if (levels_seen(&effects[f]) == 1)
            fprintf(out, "%s: one level is left, so nothing is known of its effect.\n",
                    sweep->factors[f].name);
    for (size_t f = 0; f < sweep->n_factors; f++)
        if (effects[f].len == 0)
            fprintf(out, "%s: too few points, %zu; its effects need %zu.\n", sweep->factors[f].name,
                    points, effects_points_needed());
}

/* Of a grid: are the points that have a value not every level seen of each factor with every one of
 * the others? Then the levels of a factor are seen at other levels of the others. */
static void print_unbalanced(const struct sweep *sweep, const struct factor_effects *effects,
                             size_t left_out, FILE *out)
{
    double whole = 1;
    for (size_t f = 0; f < sweep->n_factors; f++)
        whole *= (double)levels_seen(&effects[f]);
    if (whole > (double)(sweep->points - left_out))
        fputs("What is left is no whole grid: a mean at a level mixes in what the other factors "
              "did.\n",
              out);
}

/* Of chosen points: factors that cannot be told apart. */
static void print_confounded(const struct sweep *sweep, const struct effects_input *input,
                             FILE *out)
{
    for (size_t a = 0; a < sweep->n_factors && !input->drawn; a++)
        for (size_t b = a + 1; b < sweep->n_factors; b++)
            if (effects_follow(input, a, b) || effects_follow(input, b, a))
                fprintf(out,
                        "%s and %s change together: what one does cannot be told from what the "
                        "other does.\n",
                        sweep->factors[a].name, sweep->factors[b].name);
}

static void print_main(const struct sweep *sweep, const struct effects_input *input,
                       size_t unstable, FILE *out)
{
    struct factor_effects *effects = mem_new(sweep->n_factors, sizeof(*effects));
    struct text_table table = {0};
    const bool intervals = input->drawn || input->replications > 1;
    size_t left_out, rows = 0;
    effects_main(input, effects, &left_out);
    text_table_left(&table, "Main effects");
    text_table_right(&table, "of variance");
    text_table_left(&table, "at");
    text_table_right(&table, "points");
    text_table_right(&table, "mean");
    text_table_right(&table, input->about_base ? "from base" : "effect");
    if (intervals)
        text_table_left(&table, "95 %");
    for (size_t f = 0; f < sweep->n_factors; f++) {
        add_factor(&sweep->factors[f], &effects[f], intervals, &table);
        rows += effects[f].len;
    }
    if (rows > 0)
        text_table_write(&table, out);
    print_left_out(left_out - unstable, "points are", out);
    if (rows > 0 && strcmp(sweep->design_kind.kind->name, "grid") == 0)
        print_unbalanced(sweep, effects, left_out, out);
    print_untold(sweep, input, effects, left_out, out);
    print_confounded(sweep, input, out);
    for (size_t f = 0; f < sweep->n_factors; f++)
        effects_deinit(&effects[f]);
    text_table_deinit(&table);
    free(effects);
}

/* --- points without a long-run number --- */

static void print_points(const struct sweep *sweep, const struct unstable *unstable, FILE *out)
{
    size_t n = 0;
    for (size_t point = 0; point < sweep->points; point++) {
        if (!unstable->items[point] || n++ >= POINTS_SHOWN)
            continue;
        char *text = sweep_point_text(sweep, point), *shown = printable(text);
        fprintf(out, "  %s\n", shown);
        free(text);
        free(shown);
    }
    if (n > POINTS_SHOWN)
        fprintf(out, "  ... and %zu more\n", n - POINTS_SHOWN);
}

/* Which they are, and what becomes of the effects; are there any left to tell? */
static bool tell_unstable(const struct sweep *sweep, const struct unstable *unstable,
                          bool about_base, bool indices, FILE *out)
{
    const bool none = unstable->len == sweep->points;
    const bool left = !none && !indices && !(about_base && unstable->items[0]);
    if (unstable->len == 0)
        return true;
    fprintf(out, "\n%s%zu of %zu points %s unstable, without a long-run number",
            left      ? ""
            : indices ? "No Sobol indices: "
                      : "No effects: ",
            unstable->len, sweep->points, unstable->len == 1 ? "is" : "are");
    if (left)
        fprintf(out, "; no effect below takes %s in:\n", unstable->len == 1 ? "it" : "them");
    else if (indices)
        fputs(", and indices are shares of a variance over all of the space. Ranges of the factors "
              "in which all is stable have them:\n",
              out);
    else
        fputs(none ? ":\n" : ", the base among them, from which effects are told:\n", out);
    print_points(sweep, unstable, out);
    return left;
}

void sweep_effects_print(const struct sweep *sweep, const struct outcomes *outcomes, FILE *out)
{
    if (sweep->n_factors == 0) {
        fputs("\nThere are no factors, and so no effects.\n", out);
        return;
    }
    const struct design_type *type = (const struct design_type *)sweep->design_kind.kind;
    const bool about_base = strcmp(type->kind.name, "one-at-a-time") == 0;
    const bool drawn = type->fill != NULL, indices = strcmp(type->kind.name, "saltelli") == 0;
    struct unstable unstable = unstable_of(sweep, outcomes);
    if (!tell_unstable(sweep, &unstable, about_base, indices, out)) {
        free(unstable.items);
        return;
    }
    struct design_factor *factors = factors_of(sweep);
    double *values = mem_new(sweep->runs, sizeof(*values));
    const struct effects_input input = {
        .factors = factors,
        .design = &sweep->design,
        .values = values,
        .replications = (size_t)sweep->replications,
        .drawn = drawn,
        .about_base = about_base,
        .confidence = 0.95,
        .seed = sweep->run_seed,
    };
    for (size_t i = 0; i < sweep->n_measures; i++) {
        const struct metric *metric = sweep->measures[i].metric;
        const bool unit = metric->unit[0] && metric->unit[0] != '1';
        fill_values(sweep, outcomes, &unstable, i, values);
        fprintf(out, "\n%s%s%s\n\n", sweep->measures[i].selector, unit ? ", " : "",
                unit ? metric->unit : "");
        if (indices)
            print_indices(sweep, &input, out);
        else
            print_main(sweep, &input, unstable.len, out);
    }
    fputs(indices                   ? "\nIntervals are percentiles of a bootstrap of the blocks.\n"
          : drawn                   ? "\nIntervals are percentiles of a bootstrap of the points.\n"
          : sweep->replications > 1 ? "\nIntervals are Student's over replications.\n"
                                    : "\nOne replication: nothing is known of chance.\n",
          out);
    free(values);
    free(factors);
    free(unstable.items);
}
