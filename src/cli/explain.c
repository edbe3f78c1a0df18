/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/explain.h"

#include "analysis/text_table.h"
#include "cli/assumptions.h"
#include "cli/change_notes.h"
#include "cli/explain_load.h"
#include "cli/explain_tenants.h"
#include "cli/explain_time.h"
#include "cli/idle_notes.h"
#include "cli/log_notes.h"
#include "cli/outside_notes.h"
#include "cli/routes.h"
#include "cli/slurm_notes.h"
#include "experiment/judge.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- capacity --- */

static const char *nodes_text(const struct build *build, const struct capacity_phase *phase,
                              char *buffer, size_t size)
{
    const struct partition_setup *setup = &build->partitions[phase->partition].setup;
    char count[48];
    count_format((double)phase->nodes, count, sizeof(count));
    if (setup->n_groups == 1)
        snprintf(buffer, size, "%s x %d", count, phase->procs_per_node);
    else
        snprintf(buffer, size, "%s in %zu groups", count, setup->n_groups);
    return buffer;
}

static void print_capacity(const struct explain *explain)
{
    static const char *const heads[] = {"from", "nodes", "processors", "kind"};
    const struct world *world = &explain->build->world;
    struct text_table table = {0};
    text_table_left(&table, "Capacity");
    for (size_t i = 0; i < ARRAY_LEN(heads); i++)
        (i == 1 || i == 2 ? text_table_right : text_table_left)(&table, heads[i]);
    text_table_right(&table, "peak");
    for (size_t i = 0; i < explain->phases.len; i++) {
        const struct capacity_phase *phase = &explain->phases.items[i];
        const struct partition_info *info = &world->partitions[phase->partition];
        char text[96];
        text_table_row(&table);
        text_table_left(&table, phase->from == 0 ? info->path : "");
        text_table_left(&table, phase->from == 0
                                    ? "the start"
                                    : explain_day(world, phase->from, text, sizeof(text)));
        text_table_right(&table, nodes_text(explain->build, phase, text, sizeof(text)));
        text_table_right(&table, count_format((double)phase->procs, text, sizeof(text)));
        text_table_left(&table, *info->processor ? info->processor : "not said");
        text_table_right(&table, flops_format(info->flops * (double)phase->procs, info->precision,
                                              text, sizeof(text)));
    }
    putc('\n', explain->out);
    text_table_write(&table, explain->out);
    text_table_deinit(&table);
}

/* Takes the notes. */
static void print_notes(const struct explain *explain, struct texts notes)
{
    for (size_t i = 0; i < notes.len; i++) {
        char *shown = printable(notes.items[i]);
        fprintf(explain->out, "%s  %s\n", i ? "" : "\n", shown);
        free(shown);
        free(notes.items[i]);
    }
    free(notes.items);
}

static int read_offers(struct explain *explain, struct error_list *errors)
{
    const struct world *world = &explain->build->world;
    const size_t before = errors->len;
    explain->offers = mem_new(world->n_workloads, sizeof(*explain->offers));
    explain->reports = mem_new(world->n_workloads, sizeof(*explain->reports));
    for (size_t i = 0; i < world->n_workloads; i++) {
        struct error err = {0};
        struct log_report **report = &explain->reports[i];
        if (explain->build->workloads[i].workload->kind == &workload_log)
            *report = mem_new(1, sizeof(**report));
        if (offer_init(&explain->offers[i], explain->build, i, *report, &err) == 0)
            continue;
        build_workload_error(explain->build, i, &err);
        error_list_add(errors, &err);
    }
    return errors->len > before ? -1 : 0;
}

/* Members show as one. */
static size_t *find_shown(const struct build *build)
{
    const struct world *world = &build->world;
    int32_t *alike = build_alike(build);
    size_t *shown = mem_new(world->n_workloads, sizeof(*shown));
    size_t *first = mem_new(world->tenants.len, sizeof(*first));
    for (size_t w = world->n_workloads; w-- > 0;)
        first[world->workloads[w].tenant] = w;
    for (size_t w = 0; w < world->n_workloads; w++) {
        const int32_t tenant = world->workloads[w].tenant;
        shown[w] = first[alike[tenant]] + (w - first[tenant]);
    }
    free(first);
    free(alike);
    return shown;
}

static bool is_listed(const struct build *build)
{
    bool listed = build->world.length == SIMTIME_NEVER;
    for (size_t w = 0; w < build->world.n_workloads; w++)
        listed &= build->workloads[w].workload->kind == &workload_jobs;
    return listed;
}

int explain_build(const struct build *build, FILE *out, struct error_list *errors)
{
    struct explain explain = {
        .build = build, .out = out, .shown = find_shown(build), .listed = is_listed(build)};
    phases_init(&explain.phases, build);
    const int rc = judge_measures(build, errors) < 0 ? -1 : read_offers(&explain, errors);
    if (rc == 0) {
        explain.span = explain.listed ? (struct offer_span){0, SIMTIME_NEVER}
                                      : offers_span(build, explain.offers);
        explain_time(build, out);
        print_capacity(&explain);
        explain_loads(&explain);
        explain_tenants(build, explain.offers, explain.span, out);
        explain_assumptions(build->program, out);
        print_notes(&explain, log_notes(build, (const struct log_report *const *)explain.reports));
        print_notes(&explain, slurm_notes(build->program->epochs[0].scenario));
        print_notes(&explain, change_notes(build));
        print_notes(&explain, idle_notes(build));
        print_notes(&explain, outside_notes(build, explain.offers, explain.shown));
        explain_broker(build, out);
    }
    for (size_t i = 0; explain.reports && i < build->world.n_workloads; i++)
        free(explain.reports[i]);
    free(explain.reports);
    free(explain.shown);
    for (size_t i = 0; explain.offers && i < build->world.n_workloads; i++)
        offer_deinit(&explain.offers[i]);
    free(explain.offers);
    phases_deinit(&explain.phases);
    return rc;
}
