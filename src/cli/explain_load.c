/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/explain_load.h"

#include "analysis/text_table.h"
#include "cli/explain_rejected.h"
#include "cli/explain_tenants.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Columns of a table of load: more stretches of time than that do not fit on a page. */
#define STRETCHES_MAX 7

/* The run in stretches, from cuts[i] to cuts[i + 1]: years and phases of the partitions shown. */
struct stretches {
    simtime cuts[STRETCHES_MAX + 1];
    size_t len;
    simtime from; /* of all, where the first of them is later */
};

/* The rows of a table: jobs for one partition, or for any of a centre. */
struct scope {
    int32_t partition, centre;
};

const char *explain_day(const struct world *world, simtime t, char *buffer, size_t size)
{
    return date_format_day(world->start + t, world->offset, buffer, size);
}

const char *explain_spell(const struct build *build, struct spell spell,
                          char buffer[EXPLAIN_SPELL_MAX])
{
    const struct program *program = build->program;
    const struct world *world = &build->world;
    char from[64], to[64] = "";
    *buffer = '\0';
    date_format(world->start + program->epochs[spell.from].at, world->offset, from, sizeof(from));
    if (spell.to < program->n_epochs)
        date_format(world->start + program->epochs[spell.to].at, world->offset, to, sizeof(to));
    if (spell.from > 0 && *to)
        snprintf(buffer, EXPLAIN_SPELL_MAX, ", from %.30s to %.30s", from, to);
    else if (spell.from > 0)
        snprintf(buffer, EXPLAIN_SPELL_MAX, ", from %.60s on", from);
    else if (*to)
        snprintf(buffer, EXPLAIN_SPELL_MAX, ", before %.60s", to);
    return buffer;
}

static void add_cut(struct stretches *stretches, const struct explain *explain, simtime at)
{
    size_t i = stretches->len;
    if (at <= explain->span.from || at >= explain->span.to)
        return;
    while (i > 0 && stretches->cuts[i - 1] > at)
        i--;
    if (i > 0 && stretches->cuts[i - 1] == at)
        return;
    stretches->len++;
    if (stretches->len > STRETCHES_MAX)
        return;
    memmove(&stretches->cuts[i + 1], &stretches->cuts[i],
            (stretches->len - 1 - i) * sizeof(*stretches->cuts));
    stretches->cuts[i] = at;
}

static bool is_place(const struct scope *scope, const struct build_place *place)
{
    return place->partition == scope->partition && place->centre == scope->centre;
}

/* Shorter runs are one stretch unless something changes. */
#define YEARS_FROM (366 * SIMTIME_DAY)

/* Where jobs begin or cease to come from a workload, and where others do. */
static void add_cuts_of(struct stretches *stretches, const struct explain *explain, size_t workload,
                        const struct scope *scope, bool loads)
{
    const struct build *build = explain->build;
    const struct program *program = build->program;
    for (size_t e = 1; e < program->n_epochs; e++) {
        const bool before = is_place(scope, build_place_at(build, e - 1, workload));
        const bool now = is_place(scope, build_place_at(build, e, workload));
        if (before != now ||
            (now && loads && offer_changes(&explain->offers[workload], program, e)))
            add_cut(stretches, explain, program->epochs[e].at);
    }
}

static void add_years(struct stretches *stretches, const struct explain *explain)
{
    const struct world *world = &explain->build->world;
    const struct offer_span *span = &explain->span;
    if (!explain->build->program->dated || span->to - span->from < YEARS_FROM ||
        span->to == SIMTIME_NEVER)
        return;
    for (int year = date_civil(world->start + span->from, world->offset).year + 1;; year++) {
        const simtime at = date_instant(year, 1, 1, 0, world->offset) - world->start;
        if (at >= span->to || stretches->len > STRETCHES_MAX)
            break;
        add_cut(stretches, explain, at);
    }
}

/* Where capacity changes and jobs go elsewhere, where other changes alter the load, and where years
 * turn. */
static struct stretches cut(const struct explain *explain, const struct scope *scope, bool loads,
                            bool years)
{
    const struct world *world = &explain->build->world;
    struct stretches stretches = {
        .cuts = {explain->span.from}, .len = 1, .from = explain->span.from};
    for (size_t i = 0; i < explain->phases.len; i++) {
        const struct capacity_phase *phase = &explain->phases.items[i];
        if (scope->partition == PARTITION_ANY
                ? world->partitions[phase->partition].centre == scope->centre
                : phase->partition == scope->partition)
            add_cut(&stretches, explain, phase->from);
    }
    for (size_t w = 0; w < world->n_workloads; w++)
        add_cuts_of(&stretches, explain, w, scope, loads);
    if (years)
        add_years(&stretches, explain);
    return stretches;
}

/* Does it ever send jobs there? */
static bool in_scope(const struct explain *explain, size_t workload, const struct scope *scope)
{
    const struct build_workload *bw = &explain->build->workloads[workload];
    bool found = false;
    for (size_t k = 0; k < bw->n_places; k++)
        found |= is_place(scope, &bw->places[k]);
    return found;
}

/* What it sends there in [from, to); to SIMTIME_NEVER: in all, where that is known. */
static struct offer_sum sum_of(const struct explain *explain, size_t workload,
                               const struct scope *scope, simtime from, simtime to)
{
    const struct offer *offer = &explain->offers[workload];
    const struct program *program = explain->build->program;
    const struct build_workload *bw = &explain->build->workloads[workload];
    struct offer_sum sum = {0};
    if (to == SIMTIME_NEVER)
        return is_place(scope, &bw->places[0]) ? offer->all : sum;
    for (size_t k = 0; k < bw->n_places; k++) {
        const simtime begin = program->epochs[bw->places[k].epoch].at;
        const simtime end = k + 1 < bw->n_places ? program->epochs[bw->places[k + 1].epoch].at : to;
        const simtime lo = from > begin ? from : begin, hi = to < end ? to : end;
        if (lo >= hi || !is_place(scope, &bw->places[k]))
            continue;
        const struct offer_sum part = offer_between(offer, program, lo, hi);
        sum.jobs += part.jobs;
        sum.work += part.work;
    }
    return sum;
}

/* On average over that time. */
static double asked(const struct explain *explain, size_t workload, const struct scope *scope,
                    simtime from, simtime to)
{
    const struct build_workload *bw = &explain->build->workloads[workload];
    if (to < SIMTIME_NEVER)
        return sum_of(explain, workload, scope, from, to).work / simtime_seconds(to - from);
    if (explain->listed)
        return sum_of(explain, workload, scope, from, to).work / 3600;
    return is_place(scope, &bw->places[0])
               ? offer_load(&explain->offers[workload], explain->build->program, explain->span)
               : 0;
}

/* Processors of the scope that are in service on average. */
static double there(const struct explain *explain, const struct scope *scope, simtime from,
                    simtime to, double *ret_maintenance)
{
    const struct world *world = &explain->build->world;
    const simtime end = to == SIMTIME_NEVER ? from + SIMTIME_SECOND : to;
    const double seconds = simtime_seconds(end - from);
    double installed = 0;
    *ret_maintenance = 0;
    for (size_t row = 0; row < world->n_partitions; row++) {
        if (scope->partition == PARTITION_ANY ? world->partitions[row].centre != scope->centre
                                              : (int32_t)row != scope->partition)
            continue;
        installed += phases_installed(&explain->phases, (int32_t)row, from, end) / seconds;
        if (to < SIMTIME_NEVER)
            *ret_maintenance += maintenance_time(explain->build, (int32_t)row, from, end) / seconds;
    }
    return explain->listed ? 24 * installed : installed;
}

/* Is nothing there and nothing asked for? */
static bool nothing_yet(const struct explain *explain, const struct scope *scope, simtime from,
                        simtime to)
{
    double maintenance;
    double sum = there(explain, scope, from, to, &maintenance);
    for (size_t w = 0; w < explain->build->world.n_workloads && sum == 0; w++)
        sum += asked(explain, w, scope, from, to);
    return sum == 0;
}

/* As many stretches as fit on a page, from the first in which there is anything. */
static struct stretches stretches_of(const struct explain *explain, const struct scope *scope)
{
    struct stretches stretches = cut(explain, scope, true, true);
    for (int fewer = 2; stretches.len > STRETCHES_MAX && fewer >= 0; fewer--)
        stretches = cut(explain, scope, fewer & 2, fewer & 1);
    if (stretches.len > STRETCHES_MAX || explain->span.to == SIMTIME_NEVER)
        stretches.len = 1;
    stretches.cuts[stretches.len] = explain->span.to;
    while (stretches.len > 1 && nothing_yet(explain, scope, stretches.cuts[0], stretches.cuts[1])) {
        memmove(stretches.cuts, stretches.cuts + 1, stretches.len * sizeof(*stretches.cuts));
        stretches.len--;
    }
    return stretches;
}

/* Expectations need no more digits than these. */
static const char *rough(double value, char *buffer, size_t size)
{
    if (value >= 100 || fabs(value - rint(value)) <= 1e-9 * value)
        return count_format(round(value), buffer, size);
    snprintf(buffer, size, value < 0.095 ? "%.2g" : value < 1 ? "%.2f" : "%.1f", value);
    return buffer;
}

/* "-": none; NaN: they come all at one instant. */
static void add_load(struct text_table *table, double processors)
{
    char text[48];
    if (isnan(processors))
        text_table_right(table, "at once");
    else if (isinf(processors))
        text_table_right(table, "no mean");
    else
        text_table_right(table, processors > 0 ? rough(processors, text, sizeof(text)) : "-");
}

static void add_number(struct text_table *table, double value)
{
    char text[48];
    if (isinf(value))
        text_table_right(table, "no mean");
    else
        text_table_right(table, isfinite(value) ? rough(value, text, sizeof(text)) : "-");
}

static void add_heads(struct text_table *table, const struct explain *explain, const char *name,
                      const struct stretches *stretches)
{
    char text[96];
    const struct world *world = &explain->build->world;
    text_table_left(table, name);
    text_table_right(table, "jobs");
    text_table_right(table, "processor-h each");
    text_table_right(table, "largest");
    for (size_t i = 0; i < stretches->len && stretches->len > 1; i++) {
        text_table_right(table, explain_day(world, stretches->cuts[i], text, sizeof(text)));
    }
    text_table_right(table, explain->listed                  ? "processor-h"
                            : world->length == SIMTIME_NEVER ? "while jobs come"
                                                             : "whole run");
}

/* The stretches, then the whole run, which alone is shown of a run in one stretch. */
static size_t columns_of(const struct stretches *stretches)
{
    return stretches->len > 1 ? stretches->len + 1 : 1;
}

static void column(const struct stretches *stretches, size_t i, simtime *ret_from, simtime *ret_to)
{
    const bool whole = i + 1 == columns_of(stretches);
    *ret_from = whole ? stretches->from : stretches->cuts[i];
    *ret_to = whole ? stretches->cuts[stretches->len] : stretches->cuts[i + 1];
}

/* What one workload, or that of all members who are alike, sends there in all the run. */
static void add_jobs(struct text_table *table, const struct explain *explain, size_t workload,
                     const struct scope *scope)
{
    double jobs = 0, work = 0, largest = (double)NAN, known = (double)NAN;
    for (size_t w = workload; w < explain->build->world.n_workloads; w++) {
        const struct offer *offer = &explain->offers[w];
        if (explain->shown[w] != workload)
            continue;
        const struct offer_sum sum =
            sum_of(explain, w, scope, explain->span.from, explain->span.to);
        jobs += sum.jobs;
        work += sum.work;
        known = isnan(known) ? offer->work : known;
        largest = fmax(largest, offer->largest);
    }
    add_number(table, jobs);
    add_number(table, (isnan(jobs) ? known : work / jobs) / 3600);
    add_number(table, largest);
}

/* Adds up the columns in sums. */
static void add_workload(struct text_table *table, const struct explain *explain, size_t workload,
                         const struct scope *scope, const struct stretches *stretches, double *sums)
{
    char *name = workload_label(explain->build, workload);
    text_table_row(table);
    text_table_left(table, name);
    free(name);
    add_jobs(table, explain, workload, scope);
    for (size_t i = 0; i < columns_of(stretches); i++) {
        simtime from, to;
        double sum = 0;
        column(stretches, i, &from, &to);
        for (size_t w = workload; w < explain->build->world.n_workloads; w++)
            if (explain->shown[w] == workload)
                sum += asked(explain, w, scope, from, to);
        sums[i] += isnan(sum) ? 0 : sum;
        add_load(table, sum);
    }
}

static void add_row(struct text_table *table, const char *name, const double *values, size_t len)
{
    text_table_row(table);
    text_table_left(table, name);
    for (int i = 0; i < 3; i++)
        text_table_right(table, "");
    for (size_t i = 0; i < len; i++)
        add_load(table, values[i]);
}

/* What jobs for a partition by name ask of the same processors. */
static void add_named(struct text_table *table, const struct explain *explain,
                      const struct scope *scope, const struct stretches *stretches, double *sums)
{
    double named[STRETCHES_MAX + 1] = {0};
    const size_t columns = columns_of(stretches);
    for (size_t row = 0; row < explain->build->world.n_partitions; row++) {
        const struct scope one = {(int32_t)row, explain->build->world.partitions[row].centre};
        for (size_t w = 0; w < explain->build->world.n_workloads && one.centre == scope->centre;
             w++)
            for (size_t i = 0; i < columns; i++) {
                simtime from, to;
                column(stretches, i, &from, &to);
                named[i] += asked(explain, w, &one, from, to);
            }
    }
    add_row(table, "  asked for by name", named, columns);
    for (size_t i = 0; i < columns; i++)
        sums[i] += isnan(named[i]) ? 0 : named[i];
}

static void add_shares(struct text_table *table, const struct explain *explain, const double *sums,
                       const double *available, size_t len)
{
    text_table_row(table);
    text_table_left(table, explain->listed ? "  at full use" : "  asked for / in service");
    for (int i = 0; i < 3; i++)
        text_table_right(table, "");
    for (size_t i = 0; i < len; i++) {
        const double share = 100 * sums[i] / available[i];
        char text[48];
        if (isinf(sums[i]))
            snprintf(text, sizeof(text), "no mean");
        else if (explain->listed)
            quantity_human_time(86400 * sums[i] / available[i], text, sizeof(text));
        else
            snprintf(text, sizeof(text), share > 0 && share < 0.95 ? "%.2g %%" : "%.1f %%", share);
        text_table_right(table, available[i] > 0 && sums[i] > 0 ? text : "-");
    }
}

/* What the numbers mean, where more is asked for than there is. */
static void print_warnings(const struct explain *explain, const struct stretches *stretches,
                           const double *sums, const double *available)
{
    const struct world *world = &explain->build->world;
    for (size_t i = 0; i < stretches->len; i++) {
        char from[64], to[64], hours[48];
        const double excess = sums[i] - available[i];
        if (excess <= 1e-9 * available[i] || isinf(sums[i]) || /* warn_no_mean says it */
            (explain->listed && available[i] > 0))
            continue;
        fputs("  ", explain->out);
        if (stretches->len > 1)
            fprintf(explain->out,
                    "%s to %s: ", explain_day(world, stretches->cuts[i], from, sizeof(from)),
                    explain_day(world, stretches->cuts[i + 1], to, sizeof(to)));
        if (available[i] <= 0)
            fputs("nothing is in service, jobs wait until something is.\n", explain->out);
        else
            fprintf(explain->out,
                    "more is asked for than is in service, the queue grows by %s%s "
                    "processor-hour%s a day.\n",
                    excess < 1 / 24.0 ? "less than " : "about ",
                    count_format(fmax(1, round(24 * excess)), hours, sizeof(hours)),
                    24 * excess < 1.5 ? "" : "s");
    }
}

static void warn_rejected(const struct explain *explain, const struct scope *scope)
{
    for (size_t w = 0; w < explain->build->world.n_workloads; w++)
        if (explain->shown[w] == w && in_scope(explain, w, scope))
            explain_rejected(explain, w, scope->partition, scope->centre);
}

static void warn_no_mean(const struct explain *explain, const struct scope *scope)
{
    const struct world *world = &explain->build->world;
    for (size_t w = 0; w < world->n_workloads; w++)
        if (explain->shown[w] == w && in_scope(explain, w, scope) && isinf(explain->offers[w].work))
            fprintf(explain->out,
                    "  %s: the mean run time is infinite and no request cuts it: its load, and so "
                    "all that is asked for, has no value.\n",
                    world->workloads[w].path);
}

/* Processors of the largest node that jobs of a workload may get: with whole nodes no change alters
 * their size. */
static int32_t largest_node(const struct build *build, size_t workload)
{
    int32_t most = 0;
    for (size_t row = 0; row < build->world.n_partitions; row++) {
        const struct partition_setup *setup = &build->partitions[row].setup;
        if (!room_may_run(build, &build->workloads[workload], row))
            continue;
        for (size_t g = 0; g < setup->n_groups; g++)
            if (setup->groups[g].procs_per_node > most)
                most = setup->groups[g].procs_per_node;
    }
    return most;
}

/* Which nodes a job gets depends on what runs: the load is a bound. */
static void warn_whole_nodes(const struct explain *explain, const struct scope *scope)
{
    const struct build *build = explain->build;
    for (size_t w = 0; w < build->world.n_workloads; w++) {
        const int32_t counted = build->workloads[w].context.procs_per_node;
        if (explain->shown[w] != w || !in_scope(explain, w, scope) ||
            !explain->offers[w].asks.whole_nodes)
            continue;
        const int32_t most = largest_node(build, w);
        if (counted > 0 && most > counted)
            fprintf(explain->out,
                    "  %s: whole nodes count as of %d processors each, and some have more: at "
                    "least that is asked for, and up to %.3g times as much where all have %d.\n",
                    build->world.workloads[w].path, counted, (double)most / counted, most);
    }
}

static void print_load(const struct explain *explain, const struct scope *scope, const char *name)
{
    const struct stretches stretches = stretches_of(explain, scope);
    const size_t columns = columns_of(&stretches);
    double sums[STRETCHES_MAX + 1] = {0}, installed[STRETCHES_MAX + 1];
    double maintenance[STRETCHES_MAX + 1], available[STRETCHES_MAX + 1];
    bool maintained = false;
    struct text_table table = {0};
    add_heads(&table, explain, name, &stretches);
    for (size_t w = 0; w < explain->build->world.n_workloads; w++)
        if (explain->shown[w] == w && in_scope(explain, w, scope))
            add_workload(&table, explain, w, scope, &stretches, sums);
    for (size_t i = 0; i < columns; i++) {
        simtime from, to;
        column(&stretches, i, &from, &to);
        installed[i] = there(explain, scope, from, to, &maintenance[i]);
        available[i] = fmax(installed[i] - maintenance[i], 0);
        maintained |= maintenance[i] > 0;
    }
    add_row(&table, "  asked for", sums, columns);
    if (scope->partition == PARTITION_ANY)
        add_named(&table, explain, scope, &stretches, sums);
    add_row(&table, explain->listed ? "  installed, a day" : "  installed", installed, columns);
    if (maintained)
        add_row(&table, "  in maintenance", maintenance, columns);
    add_shares(&table, explain, sums, available, columns);
    putc('\n', explain->out);
    text_table_write(&table, explain->out);
    text_table_deinit(&table);
    print_warnings(explain, &stretches, sums, available);
    warn_rejected(explain, scope);
    warn_no_mean(explain, scope);
    warn_whole_nodes(explain, scope);
}

void explain_loads(const struct explain *explain)
{
    const struct world *world = &explain->build->world;
    char from[64], to[64];
    fputs(
        explain->listed
            ? "\nWork of the jobs written out, and what the processors do in a day\n"
            : "\nOffered load: processors that would be busy on average, were there room for all; "
              "from each date on\n",
        explain->out);
    if (world->length == SIMTIME_NEVER && explain->span.to < SIMTIME_NEVER && !explain->listed)
        fprintf(
            explain->out,
            "The run has no length: jobs come from %s to %s, the first and the last submission\n",
            explain_day(world, explain->span.from, from, sizeof(from)),
            explain_day(world, explain->span.to - 1, to, sizeof(to)));
    for (size_t row = 0; row < world->n_partitions; row++) {
        const struct scope scope = {(int32_t)row, world->partitions[row].centre};
        if (world->partitions[row].part)
            continue;
        print_load(explain, &scope, world->partitions[row].path);
    }
    for (size_t c = 0; c < world->n_centres; c++) {
        const struct scope scope = {PARTITION_ANY, (int32_t)c};
        bool any = false;
        for (size_t w = 0; w < world->n_workloads; w++)
            any |= in_scope(explain, w, &scope);
        if (!any)
            continue;
        char *name = mem_format("%s, any partition", world->centres[c].name);
        print_load(explain, &scope, name);
        free(name);
    }
}
