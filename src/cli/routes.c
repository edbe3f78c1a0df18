/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/routes.h"

#include "analysis/text_table.h"
#include "scenario/brokers.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>

static const char *time_text(simtime t, char *buffer, size_t size)
{
    return quantity_human_time(simtime_seconds(t), buffer, size);
}

static bool states_speeds(const struct world *world)
{
    for (size_t i = 0; i < world->n_partitions; i++)
        if (world->partitions[i].flops > 0)
            return true;
    return false;
}

static void explain_policy(const struct build *build, const struct sim_broker *broker, FILE *out)
{
    static const char *const sees[] = {[SEES_PLAN] = "the plan of each centre",
                                       [SEES_QUEUE] = "what waits and runs at each centre",
                                       [SEES_FREE] = "what is free at each centre"};
    char text[64];
    fprintf(out, "\nBroker: %s, %s\n", broker->type->kind.name, broker->type->kind.summary);
    if (broker->type->looks) {
        fprintf(out, "  sees     %s", sees[broker->sees]);
        if (broker->sees == SEES_PLAN)
            fprintf(out, ", %zu jobs deep", broker->depth);
        if (broker->refresh > 0)
            fprintf(out, ", as it was at the last multiple of %s",
                    time_text(broker->refresh, text, sizeof(text)));
        fputs(broker->knows_own ? "; knows what it sent itself\n"
                                : "; does not know what it sent itself\n",
              out);
    }
    if (broker->delay > 0)
        fprintf(out, "  delay    %s before a job is sent elsewhere than home\n",
                time_text(broker->delay, text, sizeof(text)));
    if (broker->type->speeds && !states_speeds(&build->world))
        fputs("  No processor states a speed: none is the fastest, and jobs stay at home.\n", out);
    if (broker->type != &broker_home)
        fputs("  Capacity and load above are by the home of each tenant; jobs may go elsewhere.\n",
              out);
}

static void explain_links(const struct build *build, const struct sim_broker *broker, FILE *out)
{
    const struct centre_info *centres = build->world.centres;
    struct text_table table = {0};
    char text[64];
    double least = HUGE_VAL;
    if (broker->n_links == 0)
        return;
    for (size_t i = 0; i < broker->n_links; i++)
        least = fmin(least, (double)broker->links[i].bandwidth / 8);
    text_table_left(&table, "Links");
    text_table_right(&table, "bandwidth");
    text_table_right(&table, "latency");
    text_table_right(&table, "1 TB alone takes");
    for (size_t i = 0; i < broker->n_links; i++) {
        const struct link *link = &broker->links[i];
        char *name =
            mem_format("%s - %s", centres[link->ends[0]].name, centres[link->ends[1]].name);
        text_table_row(&table);
        text_table_left(&table, name);
        free(name);
        text_table_right(&table, quantity_human((double)link->bandwidth / 8, least, UNIT_BANDWIDTH,
                                                text, sizeof(text)));
        text_table_right(&table, time_text(link->latency, text, sizeof(text)));
        text_table_right(&table,
                         quantity_human_time(8e12 / (double)link->bandwidth, text, sizeof(text)));
    }
    putc('\n', out);
    text_table_write(&table, out);
    text_table_deinit(&table);
}

/* May jobs of the workload run there: is a partition of the centre not kept for others? */
static bool is_open(const struct build *build, size_t workload, const struct sim_freight *freight,
                    size_t centre)
{
    const struct world *world = &build->world;
    bool may = false;
    for (size_t p = 0; p < world->n_partitions && freight->centres[centre] && !may; p++)
        may = world->partitions[p].centre == (int32_t)centre &&
              access_may(world->access, world->workloads[workload].tenant, (int32_t)p);
    return may;
}

static void add_centres(struct text_table *table, const struct build *build, size_t workload,
                        const struct sim_freight *freight)
{
    const size_t n = build->world.n_centres;
    size_t allowed = 0;
    char *list = mem_text("");
    for (size_t i = 0; i < n; i++) {
        if (!is_open(build, workload, freight, i))
            continue;
        char *longer =
            mem_format("%s%s%s", list, allowed > 0 ? ", " : "", build->world.centres[i].name);
        free(list);
        list = longer;
        allowed++;
    }
    text_table_left(table, allowed == n ? "all" : allowed == 0 ? "-" : list);
    free(list);
}

/* Workloads shown; there may be thousands alike. */
#define FREIGHTS_MOST 20

static bool is_free_to_go(const struct build *build, size_t workload,
                          const struct sim_freight *freight)
{
    bool free = !freight->data && freight->data_at == freight->home;
    for (size_t i = 0; i < build->world.n_centres; i++)
        free &= is_open(build, workload, freight, i);
    return free;
}

static void add_freight(struct text_table *table, const struct build *build, size_t row,
                        const struct sim_freight *freight)
{
    const struct dist *data = freight->data;
    char text[64];
    text_table_row(table);
    text_table_left(table, build->world.workloads[row].path);
    if (data)
        snprintf(text, sizeof(text), "%.4g TB", dist_mean(data) / 1e12);
    text_table_right(table, data ? text : "-");
    text_table_left(table, build->world.centres[freight->data_at].name);
    add_centres(table, build, row, freight);
}

static void explain_freights(const struct build *build, const struct sim_broker *broker, FILE *out)
{
    struct text_table table = {0};
    size_t shown = 0, more = 0;
    text_table_left(&table, "Data and centres");
    text_table_right(&table, "a job, mean");
    text_table_left(&table, "lie at");
    text_table_left(&table, "may run at");
    for (size_t i = 0; i < build->world.n_workloads; i++) {
        if (is_free_to_go(build, i, &broker->freights[i].items[0]))
            continue;
        if (shown < FREIGHTS_MOST)
            add_freight(&table, build, i, &broker->freights[i].items[0]);
        more += shown == FREIGHTS_MOST;
        shown += shown < FREIGHTS_MOST;
    }
    if (shown > 0) {
        putc('\n', out);
        text_table_write(&table, out);
    }
    if (more > 0)
        fprintf(out, "  and %zu more workloads\n", more);
    text_table_deinit(&table);
}

/* Centres that jobs with data might be sent to, if there only were a way. */
static void warn_routes(const struct build *build, const struct sim_broker *broker, FILE *out)
{
    const struct world *world = &build->world;
    struct network *network = network_new(world->n_centres, broker->links, broker->n_links);
    for (size_t i = 0; i < world->n_workloads; i++) {
        const struct sim_freight *freight = &broker->freights[i].items[0];
        for (size_t c = 0; c < world->n_centres && freight->data; c++)
            if (freight->centres[c] && !network_reaches(network, freight->data_at, (int32_t)c))
                fprintf(out,
                        "  %s: no links lead from its data at %s to %s, where it is never sent: "
                        "jobs that no other centre can hold are rejected.\n",
                        world->workloads[i].path, world->centres[freight->data_at].name,
                        world->centres[c].name);
    }
    network_free(network);
}

void explain_broker(const struct build *build, FILE *out)
{
    if (!build->broker)
        return;
    const struct sim_broker *broker = &build->broker->setup;
    explain_policy(build, broker, out);
    explain_links(build, broker, out);
    explain_freights(build, broker, out);
    warn_routes(build, broker, out);
}

/* --- the trace --- */

static const struct column columns[] = {
    {"home", COLUMN_I32, 0, NULL, "row of /names/centres: of its tenant"},
    {"joined", COLUMN_F64, 0, "s",
     "when it joined a queue: its submission, the broker's delay and its data's transfer later; "
     "NaN: never"},
    {"moved", COLUMN_F64, 0, "B", "data that moved to its centre"},
};

static void fill(void *ctx, const struct job *job, void *row)
{
    const struct sim_broker *broker = ctx;
    unsigned char *at = row;
    row_i32(&at, sim_freight_of(broker, job)->home);
    row_f64(&at, job->joined < SIMTIME_NEVER ? simtime_seconds(job->joined) : (double)NAN);
    row_f64(&at, (double)job->data);
}

struct column_group broker_columns(const struct build *build)
{
    return (struct column_group){
        .columns = columns, .len = ARRAY_LEN(columns), .ctx = &build->broker->setup, .fill = fill};
}

/* --- the summary --- */

/* More columns than that do not fit on a page. */
enum { COLUMNS_SHOWN = 12 };

static void add_sent(struct text_table *table, uint64_t jobs)
{
    char text[48];
    text_table_right(table, jobs > 0 ? count_format((double)jobs, text, sizeof(text)) : "-");
}

/* All that tenants of the home sent, but for what ran there without being moved. */
static void add_moved(struct text_table *table, const struct sim *sim, size_t home, size_t n)
{
    double bytes = 0, seconds = 0;
    uint64_t arrived = 0;
    char text[64];
    for (size_t c = 0; c < n; c++) {
        const struct sim_sent sent = sim_sent(sim, home, c);
        if (home == c && !(sent.bytes > 0))
            continue;
        bytes += sent.bytes;
        seconds += sent.seconds;
        arrived += sent.arrived;
    }
    snprintf(text, sizeof(text), "%.4g TB", bytes / 1e12);
    text_table_right(table, bytes > 0 ? text : "-");
    text_table_right(table, arrived > 0
                                ? quantity_human_time(seconds / (double)arrived, text, sizeof(text))
                                : "-");
}

void sent_write(const struct build *build, const struct sim *sim, FILE *out)
{
    const size_t n = build->world.n_centres;
    const struct centre_info *centres = build->world.centres;
    struct text_table table = {0};
    bool *to = mem_new(n, sizeof(*to)), *from = mem_new(n, sizeof(*from)), any = false;
    size_t n_columns = 0;
    for (size_t h = 0; h < n; h++)
        for (size_t c = 0; c < n; c++) {
            const struct sim_sent sent = sim_sent(sim, h, c);
            from[h] |= sent.jobs > 0;
            to[c] |= sent.jobs > 0;
            any |= sent.jobs > 0 && (h != c || sent.bytes > 0);
        }
    for (size_t c = 0; c < n; c++)
        n_columns += to[c];
    text_table_left(&table, "All jobs of the run, from (row) at (column)");
    for (size_t c = 0; c < n && n_columns <= COLUMNS_SHOWN; c++)
        if (to[c])
            text_table_right(&table, centres[c].name);
    text_table_right(&table, "sent away");
    text_table_right(&table, "data moved");
    text_table_right(&table, "on the way, mean");
    for (size_t h = 0; h < n; h++) {
        uint64_t away = 0;
        if (!from[h])
            continue;
        text_table_row(&table);
        text_table_left(&table, centres[h].name);
        for (size_t c = 0; c < n; c++) {
            away += h != c ? sim_sent(sim, h, c).jobs : 0;
            if (to[c] && n_columns <= COLUMNS_SHOWN)
                add_sent(&table, sim_sent(sim, h, c).jobs);
        }
        add_sent(&table, away);
        add_moved(&table, sim, h, n);
    }
    if (any) {
        putc('\n', out);
        text_table_write(&table, out);
    }
    text_table_deinit(&table);
    free(to);
    free(from);
}
