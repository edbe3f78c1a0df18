/* Why jobs waited: a table of shares, and how to read it. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/summary_lines.h"
#include "analysis/text_table.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>

/* So many tenants say enough of who waits for what. */
enum { TENANTS_SHOWN = 5 };

/* Hours by a cause of all jobs of a line together. */
static double hours_by(const struct line *line, int cause)
{
    const double ended = line->values[ENDED];
    return ((ended > 0 ? line->values[CAUSES + cause] * ended : 0) + line->open_by[cause]) / 3600;
}

/* Hours of all jobs of a line together. */
static double hours_of(const struct line *line)
{
    const double ended = line->values[ENDED];
    return ((ended > 0 ? line->values[WAIT_MEAN] * ended : 0) + line->open) / 3600;
}

static const char *hours_text(double hours, char *text, size_t size)
{
    return count_format(hours < 10 ? hours : round(hours), text, size);
}

/* --- jobs that had not ended --- */

static void add_open(struct line *line, const struct cell *cell)
{
    line->open += (double)cell->open_wait / 1e6;
    for (int c = 0; cell->open && c < WAIT_CAUSES; c++)
        line->open_by[c] += (double)cell->open[c] / 1e6;
}

/* Those submitted in the window: of all, of their partition, of their tenant and those above. One
 * that waits in several partitions is of none of them: `several`. */
static void find_open(struct lines *lines, const struct collect *collect, struct line *several)
{
    const struct world *world = collect->world;
    const size_t n = world->n_partitions;
    size_t *at = mem_new(n + world->tenants.len, sizeof(*at)); /* 0: no line of its own */
    for (size_t i = 1; i < lines->len; i++) {
        const struct line *line = &lines->items[i];
        if (line->kind == SCOPE_PARTITION || line->kind == SCOPE_TENANT)
            at[(line->kind == SCOPE_TENANT ? n : 0) + (size_t)line->row] = i;
    }
    for (size_t i = 0; i < collect->leaves.len; i++) {
        const struct leaf *leaf = collect->leaves.items[i];
        if (leaf->slice == SLICE_OUTSIDE || leaf->cell.open_wait == 0)
            continue;
        add_open(&lines->items[0], &leaf->cell);
        if ((size_t)leaf->place >= n)
            add_open(several, &leaf->cell);
        else if (at[leaf->place] > 0)
            add_open(&lines->items[at[leaf->place]], &leaf->cell);
        for (int32_t t = leaf->tenant; t >= 0; t = world->tenants.items[t].parent)
            if (at[n + (size_t)t] > 0)
                add_open(&lines->items[at[n + (size_t)t]], &leaf->cell);
    }
    free(at);
}

static void write_open(const struct line *all, FILE *out)
{
    char text[48];
    if (all->open > 0)
        fprintf(
            out,
            "Of these, %s job-hours are of jobs that had not ended: %.0f pending, %.0f running.\n",
            hours_text(all->open / 3600, text, sizeof(text)), all->values[PENDING],
            all->values[RUNNING]);
}

/* --- the table --- */

static void add_line(struct text_table *table, const struct line *line, uint32_t causes)
{
    char text[48];
    if (!(hours_of(line) > 0))
        return;
    text_table_row(table);
    text_table_left(table, line->name);
    const double hours = hours_of(line);
    text_table_right(table, hours_text(hours, text, sizeof(text)));
    for (int c = 0; c < WAIT_CAUSES; c++) {
        if (!(causes >> c & 1))
            continue;
        const double part = hours_by(line, c) / hours;
        snprintf(text, sizeof(text), "%.1f %%", 100 * part);
        text_table_right(table, part > 0 ? text : "-");
    }
}

static int by_hours_waited(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    if (hours_of(x) != hours_of(y))
        return hours_of(x) < hours_of(y) ? 1 : -1;
    return (x->row > y->row) - (x->row < y->row);
}

static void add_partitions(struct text_table *table, const struct lines *lines,
                           const struct line *several, const struct world *world, uint32_t causes)
{
    for (size_t i = 0; i < lines->len; i++)
        if (lines->items[i].kind == SCOPE_PARTITION)
            add_line(table, &lines->items[i], causes);
    add_line(table, several, causes);
    if (world->n_partitions > 1)
        add_line(table, &lines->items[0], causes);
}

static void add_tenants(struct text_table *table, const struct lines *lines,
                        const struct world *world, uint32_t causes)
{
    struct lines top = top_tenants(lines, world);
    if (top.len > 1) {
        qsort(top.items, top.len, sizeof(*top.items), by_hours_waited);
        text_table_row(table);
        text_table_left(table,
                        top.len > TENANTS_SHOWN ? "by tenant, those who waited most" : "by tenant");
        for (size_t i = 0; i < top.len && i < TENANTS_SHOWN; i++)
            add_line(table, &top.items[i], causes);
    }
    free(top.items);
}

/* The causes that held up anybody. */
static uint32_t causes_met(const struct lines *lines, uint32_t causes)
{
    uint32_t met = 0;
    for (size_t i = 0; i < lines->len; i++)
        for (int c = 0; c < WAIT_CAUSES; c++)
            met |= (uint32_t)(hours_by(&lines->items[i], c) > 0) << c;
    return met & causes;
}

static void write_unmet(uint32_t causes, FILE *out)
{
    const char *comma = "";
    if (!causes)
        return;
    fputs("Nobody waited for ", out);
    for (int c = 0; c < WAIT_CAUSES; c++)
        if (causes >> c & 1) {
            causes &= ~(UINT32_C(1) << c);
            fprintf(out, "%s%s", !*comma || causes ? comma : " or ", wait_cause_names[c]);
            comma = ", ";
        }
    fputs(".\n", out);
}

/* Without QOS there is none to look for. */
static const char *text_of(int cause, const struct world *world)
{
    return cause == CAUSE_QUOTA && world->n_qos == 0 ? "a quota of its tenants"
                                                     : wait_cause_texts[cause];
}

static void write_legend(uint32_t causes, const struct world *world, FILE *out)
{
    fputs("Each instant of a wait has the first cause that holds, in the order of the columns: ",
          out);
    const char *comma = "";
    for (int c = 0; c < WAIT_CAUSES; c++) {
        if (!(causes >> c & 1))
            continue;
        fprintf(out, "%s%s (%s)", comma, wait_cause_names[c], text_of(c, world));
        comma = ", ";
    }
    fputs(".\nLifting one cause (a quota, say) need not save the time under it: the next may hold "
          "as well.\n",
          out);
}

void write_causes(struct lines *lines, const struct metrics *metrics, FILE *out)
{
    const struct world *world = metrics_world(metrics);
    if (!world->causes)
        return;
    struct line several = {.name = "none yet, of several"};
    find_open(lines, metrics_collect(metrics), &several);
    if (!(hours_of(&lines->items[0]) > 0))
        return;
    const uint32_t met = causes_met(lines, world->causes);
    struct text_table table = {0};
    text_table_left(&table, "Why jobs waited, by partition");
    text_table_right(&table, "job-hours");
    for (int c = 0; c < WAIT_CAUSES; c++)
        if (met >> c & 1)
            text_table_right(&table, wait_cause_names[c]);
    add_partitions(&table, lines, &several, world, met);
    add_tenants(&table, lines, world, met);
    putc('\n', out);
    text_table_write(&table, out);
    text_table_deinit(&table);
    write_open(&lines->items[0], out);
    write_legend(met, world, out);
    write_unmet(world->causes & ~met, out);
}
