/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/standings.h"

#include "analysis/account.h"
#include "analysis/text_table.h"
#include "trace/h5.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A page does not take more. */
enum { TENANTS_SHOWN = 12 };

struct row {
    const char *name;
    struct shares_standing is;
};

/* clang-format off */
static const struct record_column columns[] = {
    {"name", RECORD_TEXT, offsetof(struct row, name), "", "path"},
    {"shares", RECORD_REAL, offsetof(struct row, is.share), "1", "its share, relative to its brothers"},
    {"norm_shares", RECORD_REAL, offsetof(struct row, is.norm_share), "1", "its part of the shares of all brothers"},
    {"raw_usage", RECORD_REAL, offsetof(struct row, is.usage), "processor-s",
     "processor-time used, with all below it, decayed to the end of the run"},
    {"norm_usage", RECORD_REAL, offsetof(struct row, is.norm_usage), "1",
     "its part of the usage of the tenant above it, or of all; 0 where that is nothing"},
    {"level_fs", RECORD_REAL, offsetof(struct row, is.level), "1", "norm_shares / norm_usage; infinite where it used nothing"},
    {"fair_share", RECORD_REAL, offsetof(struct row, is.factor), "1",
     "the part of all tenants without tenants below that do not go before it; NaN: a group"},
    {"rank", RECORD_INT64, offsetof(struct row, is.rank), "1",
     "1 and so many tenants without tenants below as go before it; 0: a group"},
};
/* clang-format on */

/* By row of the world; the caller frees them. */
static struct row *rows_of(const struct world *world, struct shares *shares, simtime end)
{
    struct row *rows = mem_new(world->tenants.len, sizeof(*rows));
    shares_close(shares, end);
    for (size_t i = 0; i < world->tenants.len; i++)
        rows[i] =
            (struct row){world->tenants.items[i].path, shares_standing(shares, (int32_t)i, end)};
    return rows;
}

void standings_tables(const struct build *build, struct sim *sim,
                      void (*put)(struct trace *trace, const struct record_table *table),
                      struct trace *trace)
{
    const struct world *world = &build->world;
    for (size_t p = 0; p < world->n_partitions; p++) {
        const struct partition_info *info = &world->partitions[p];
        struct shares *shares = sim_shares(sim, p);
        if (!shares || info->part)
            continue;
        struct row *rows = rows_of(world, shares, sim_totals(sim).now);
        char *centre = h5_component(world->centres[info->centre].name);
        char *name = h5_component(info->name);
        char *path = mem_format("sharing/%s/%s", centre, name);
        put(trace, &(struct record_table){.name = path,
                                          .help = "standing of tenants at the end of the run",
                                          .columns = columns,
                                          .n_columns = ARRAY_LEN(columns),
                                          .rows = rows,
                                          .len = world->tenants.len,
                                          .row_size = sizeof(*rows)});
        free(centre);
        free(name);
        free(path);
        free(rows);
    }
}

/* --- on the page --- */

/* Of the partitions that have the books in common, the first is to tell. */
static bool is_first(const struct world *world, const struct sim *sim, size_t partition)
{
    for (size_t p = 0; p < partition; p++)
        if (!world->partitions[p].part && sim_shares(sim, p) == sim_shares(sim, partition))
            return false;
    return true;
}

static char *title_of(const struct world *world, const struct sim *sim, size_t partition)
{
    char *text = mem_text("Fair share at the end");
    const char *comma = ": ";
    for (size_t p = partition; p < world->n_partitions; p++) {
        if (world->partitions[p].part || sim_shares(sim, p) != sim_shares(sim, partition))
            continue;
        char *longer = mem_format("%s%s%s", text, comma, world->partitions[p].path);
        free(text);
        text = longer;
        comma = ", ";
    }
    return text;
}

static void add_number(struct text_table *table, const char *format, double value)
{
    char text[48];
    snprintf(text, sizeof(text), format, value);
    text_table_right(table, isnan(value) ? "-" : isinf(value) ? "none used" : text);
}

static void add_row(struct text_table *table, const struct world *world, int32_t tenant,
                    const struct shares_standing *is)
{
    char number[48];
    const struct tenant_info *info = &world->tenants.items[tenant];
    const char *last = strrchr(info->path, '/');
    int depth = 0;
    for (int32_t up = info->parent; up >= 0; up = world->tenants.items[up].parent)
        depth++;
    char *name = mem_format("%*s%s", 2 * depth, "", depth > 0 && last ? last + 1 : info->path);
    text_table_row(table);
    text_table_left(table, name);
    free(name);
    add_number(table, "%.6g", is->share);
    add_number(table, "%.1f %%", 100 * is->norm_share);
    text_table_right(table, count_format(is->usage / 3600, number, sizeof(number)));
    add_number(table, "%.1f %%", 100 * is->norm_usage);
    add_number(table, "%.4g", is->level);
    add_number(table, "%.4f", is->factor);
    add_number(table, "%.0f", is->rank > 0 ? (double)is->rank : (double)NAN);
}

static void write_one(const struct world *world, struct sim *sim, size_t partition, FILE *out)
{
    struct text_table table = {0};
    struct row *rows = rows_of(world, sim_shares(sim, partition), sim_totals(sim).now);
    char *title = title_of(world, sim, partition);
    text_table_left(&table, title);
    static const char *const heads[] = {
        "share",  "of brothers", "processor-h, decayed", "of usage above", "level",
        "factor", "rank"};
    for (size_t i = 0; i < ARRAY_LEN(heads); i++)
        text_table_right(&table, heads[i]);
    int32_t *order;
    uint32_t *members;
    tenant_order(world, &order, &members);
    for (size_t i = 0; i < world->tenants.len; i++)
        add_row(&table, world, order[i], &rows[order[i]].is);
    putc('\n', out);
    text_table_write(&table, out);
    text_table_deinit(&table);
    free(order);
    free(members);
    free(title);
    free(rows);
}

void standings_write(const struct build *build, struct sim *sim, FILE *out)
{
    const struct world *world = &build->world;
    for (size_t p = 0; p < world->n_partitions && world->tenants.len <= TENANTS_SHOWN; p++)
        if (sim_shares(sim, p) && !world->partitions[p].part && is_first(world, sim, p))
            write_one(world, sim, p, out);
}
