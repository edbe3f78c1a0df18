/* Why jobs waited: a table of shares, and how to read it. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/summary_lines.h"
#include "analysis/text_table.h"

#include <math.h>
#include <stdlib.h>

/* So many tenants say enough of who waits for what. */
enum { TENANTS_SHOWN = 5 };

/* Hours of all jobs of a line together; 0 where nobody ended. */
static double hours_of(const struct line *line)
{
    const double ended = line->values[ENDED];
    return ended > 0 ? line->values[WAIT_MEAN] * ended / 3600 : 0;
}

static void add_line(struct text_table *table, const struct line *line, uint32_t causes)
{
    char text[48];
    if (!(hours_of(line) > 0))
        return;
    text_table_row(table);
    text_table_left(table, line->name);
    const double hours = hours_of(line);
    text_table_right(table, count_format(hours < 10 ? hours : round(hours), text, sizeof(text)));
    for (int c = 0; c < WAIT_CAUSES; c++) {
        if (!(causes >> c & 1))
            continue;
        const double part = line->values[CAUSES + c] / line->values[WAIT_MEAN];
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
                           const struct world *world)
{
    for (size_t i = 0; i < lines->len; i++)
        if (lines->items[i].kind == SCOPE_PARTITION)
            add_line(table, &lines->items[i], world->causes);
    if (world->n_partitions > 1)
        add_line(table, &lines->items[0], world->causes);
}

static void add_tenants(struct text_table *table, const struct lines *lines,
                        const struct world *world)
{
    struct lines top = top_tenants(lines, world);
    if (top.len > 1) {
        qsort(top.items, top.len, sizeof(*top.items), by_hours_waited);
        text_table_row(table);
        text_table_left(table,
                        top.len > TENANTS_SHOWN ? "by tenant, those who waited most" : "by tenant");
        for (size_t i = 0; i < top.len && i < TENANTS_SHOWN; i++)
            add_line(table, &top.items[i], world->causes);
    }
    free(top.items);
}

static void write_legend(uint32_t causes, FILE *out)
{
    fputs("Each instant of a wait has the first cause that holds, in the order of the columns: ",
          out);
    const char *comma = "";
    for (int c = 0; c < WAIT_CAUSES; c++) {
        if (!(causes >> c & 1))
            continue;
        fprintf(out, "%s%s (%s)", comma, wait_cause_names[c], wait_cause_texts[c]);
        comma = ", ";
    }
    fputs(".\nLifting one cause (a quota, say) need not save the time under it: the next may hold "
          "as well.\n",
          out);
}

void write_causes(const struct lines *lines, const struct world *world, FILE *out)
{
    if (!world->causes || !(hours_of(&lines->items[0]) > 0))
        return;
    struct text_table table = {0};
    text_table_left(&table, "Why jobs waited, by partition");
    text_table_right(&table, "job-hours");
    for (int c = 0; c < WAIT_CAUSES; c++)
        if (world->causes >> c & 1)
            text_table_right(&table, wait_cause_names[c]);
    add_partitions(&table, lines, world);
    add_tenants(&table, lines, world);
    putc('\n', out);
    text_table_write(&table, out);
    text_table_deinit(&table);
    write_legend(world->causes, out);
}
