/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/sweep_effects.h"

#include "analysis/metric.h"
#include "analysis/text_table.h"
#include "experiment/effects.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

static void fill_values(const struct outcomes *outcomes, size_t measure, double *ret)
{
    for (size_t run = 0; run < outcomes->runs; run++)
        ret[run] = outcomes->items[run].state == RUN_DONE ? outcomes->items[run].values[measure]
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

static void print_main(const struct sweep *sweep, const struct effects_input *input, FILE *out)
{
    struct factor_effects *effects = mem_new(sweep->n_factors, sizeof(*effects));
    struct text_table table = {0};
    const bool intervals = input->drawn || input->replications > 1;
    size_t left_out;
    effects_main(input, effects, &left_out);
    text_table_left(&table, "Main effects");
    text_table_right(&table, "of variance");
    text_table_left(&table, "at");
    text_table_right(&table, "points");
    text_table_right(&table, "mean");
    text_table_right(&table, "effect");
    if (intervals)
        text_table_left(&table, "95 %");
    for (size_t f = 0; f < sweep->n_factors; f++) {
        for (size_t g = 0; g < effects[f].len; g++) {
            const struct effect *effect = &effects[f].items[g];
            text_table_row(&table);
            text_table_left(&table, g == 0 ? sweep->factors[f].name : "");
            if (g == 0)
                add_number(&table, "%.1f %%", 100 * effects[f].share);
            else
                text_table_right(&table, "");
            add_group(&sweep->factors[f], effect, &table);
            add_number(&table, "%.0f", (double)effect->points);
            add_number(&table, "%.5g", effect->mean.value);
            add_number(&table, "%+.4g", effect->effect.value);
            if (intervals)
                add_interval(&table, "%+.4g", &effect->effect);
        }
        effects_deinit(&effects[f]);
    }
    text_table_write(&table, out);
    text_table_deinit(&table);
    print_left_out(left_out, "points are", out);
    free(effects);
}

void sweep_effects_print(const struct sweep *sweep, const struct outcomes *outcomes, FILE *out)
{
    if (sweep->n_factors == 0) {
        fputs("\nThere are no factors, and so no effects.\n", out);
        return;
    }
    const struct design_type *type = (const struct design_type *)sweep->design_kind.kind;
    const bool drawn = type->fill != NULL, indices = strcmp(type->kind.name, "saltelli") == 0;
    struct design_factor *factors = factors_of(sweep);
    double *values = mem_new(sweep->runs, sizeof(*values));
    const struct effects_input input = {
        .factors = factors,
        .design = &sweep->design,
        .values = values,
        .replications = (size_t)sweep->replications,
        .drawn = drawn,
        .confidence = 0.95,
        .seed = sweep->run_seed,
    };
    for (size_t i = 0; i < sweep->n_measures; i++) {
        const struct metric *metric = sweep->measures[i].metric;
        const bool unit = metric->unit[0] && metric->unit[0] != '1';
        fill_values(outcomes, i, values);
        fprintf(out, "\n%s%s%s\n\n", sweep->measures[i].selector, unit ? ", " : "",
                unit ? metric->unit : "");
        (indices ? print_indices : print_main)(sweep, &input, out);
    }
    fputs(indices                   ? "\nIntervals are percentiles of a bootstrap of the blocks.\n"
          : drawn                   ? "\nIntervals are percentiles of a bootstrap of the points.\n"
          : sweep->replications > 1 ? "\nIntervals are Student's over replications.\n"
                                    : "\nOne replication: nothing is known of chance.\n",
          out);
    free(values);
    free(factors);
}
