/* The table of tenants: a tree, what each received of each kind of processor, and how its jobs
 * fared. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/kind_hours.h"
#include "analysis/summary_lines.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of brothers so many are shown, at the top and below; levels while they fit in so many lines. */
enum { TOP_SHOWN = 15, BELOW_SHOWN = 5, LINES_SHOWN = 60 };

struct lines top_tenants(const struct lines *lines, const struct world *world)
{
    int32_t above = -1;
    for (;;) {
        struct lines top = {0};
        double jobs = 0;
        for (size_t i = 0; i < lines->len; i++) {
            const struct line *line = &lines->items[i];
            if (line->kind != SCOPE_TENANT || world->tenants.items[line->row].parent != above)
                continue;
            MEM_GROW(&top);
            top.items[top.len++] = *line;
            jobs += line->values[SUBMITTED];
        }
        const struct line *only = top.len == 1 ? &top.items[0] : NULL;
        double below = 0;
        bool members = false;
        for (size_t i = 0; only && i < lines->len; i++) {
            const struct line *line = &lines->items[i];
            if (line->kind == SCOPE_TENANT && world->tenants.items[line->row].parent == only->row) {
                members = true;
                below += line->values[SUBMITTED];
            }
        }
        if (!members || below < jobs)
            return top;
        above = only->row;
        free(top.items);
    }
}

/* A tenant among its brothers. */
struct branch {
    const struct line *line;
    double weight; /* the greatest of its parts of the kinds of processors */
};

struct branches {
    struct branch *items;
    size_t len, cap;
};

/* The table while it is written. */
struct tenant_table {
    struct text_table text;
    const struct lines *lines;
    const struct world *world;
    struct kind_hours hours;
    size_t *kinds; /* those of which anything was received; the first if nothing was */
    size_t n_kinds;
    double *totals;        /* by kind */
    int32_t *first, *next; /* by tenant: its first child, its next brother; indices of lines */
    size_t top_most, most; /* brothers shown at the top, below */
    int levels;            /* shown */
    bool all;              /* tenants are wanted */
    bool shared;           /* what was due is told */
    bool left_out;         /* a tenant is not shown by name */
};

static const double *hours_of(const struct tenant_table *table, const struct line *line)
{
    return &table->hours.by_tenant[(size_t)line->row * table->hours.n_kinds];
}

static double weight_of(const struct tenant_table *table, const struct line *line)
{
    double most = 0;
    for (size_t k = 0; k < table->hours.n_kinds; k++)
        if (table->totals[k] > 0)
            most = fmax(most, hours_of(table, line)[k] / table->totals[k]);
    return most;
}

static void add_branch(const struct tenant_table *table, struct branches *level,
                       const struct line *line)
{
    MEM_GROW(level);
    level->items[level->len++] = (struct branch){line, weight_of(table, line)};
}

static int by_weight(const void *a, const void *b)
{
    const struct branch *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight < y->weight ? 1 : -1;
    return (x->line->row > y->line->row) - (x->line->row < y->line->row);
}

/* The tenants below one, those that received most first; none where nothing happened. */
static struct branches branches_below(const struct tenant_table *table, const struct branch *branch)
{
    struct branches below = {0};
    if (!table->all && !(branch->line->values[SUBMITTED] > 0) && !(branch->weight > 0))
        return below;
    for (int32_t i = table->first[branch->line->row]; i >= 0; i = table->next[i])
        add_branch(table, &below, &table->lines->items[i]);
    if (below.len > 1)
        qsort(below.items, below.len, sizeof(*below.items), by_weight);
    return below;
}

/* A line "others" that stands for one tenant would hide its name for nothing. */
static size_t shown_of(const struct branches *level, size_t most)
{
    return level->len > most + 1 ? most : level->len;
}

/* Lines that these brothers take with so many levels. */
static size_t count_lines(const struct tenant_table *table, const struct branches *level,
                          size_t most, int levels)
{
    const size_t shown = shown_of(level, most);
    size_t n = shown + (shown < level->len);
    for (size_t i = 0; i < shown && levels > 1; i++) {
        struct branches below = branches_below(table, &level->items[i]);
        n += count_lines(table, &below, table->most, levels - 1);
        free(below.items);
    }
    return n;
}

/* --- rows --- */

/* Counts add up and means are weighted by jobs; quantiles of a sum are not known. */
static struct line sum_of(const struct branch *items, size_t len, const char *name)
{
    static const enum shown counts[] = {HOURS,   DUE,     SUBMITTED, ENDED,    KILLED,
                                        PENDING, RUNNING, REJECTED,  ABANDONED};
    struct line sum = {.name = name};
    double wait = 0, slowdown = 0;
    for (size_t i = 0; i < len; i++) {
        for (size_t c = 0; c < ARRAY_LEN(counts); c++)
            sum.values[counts[c]] += items[i].line->values[counts[c]];
        if (items[i].line->values[ENDED] > 0) {
            wait += items[i].line->values[WAIT_MEAN] * items[i].line->values[ENDED];
            slowdown += items[i].line->values[SLOWDOWN] * items[i].line->values[ENDED];
        }
    }
    sum.values[WAIT_MEAN] = sum.values[ENDED] > 0 ? wait / sum.values[ENDED] : (double)NAN;
    sum.values[SLOWDOWN] = sum.values[ENDED] > 0 ? slowdown / sum.values[ENDED] : (double)NAN;
    sum.values[WAIT_P95] = (double)NAN;
    return sum;
}

static void add_row(struct tenant_table *table, const struct line *line, const double *hours,
                    const char *name, int depth)
{
    char *label = mem_format("%*s%s", 2 * depth, "", name);
    text_table_row(&table->text);
    text_table_left(&table->text, label);
    free(label);
    for (size_t i = 0; i < table->n_kinds; i++) {
        const size_t k = table->kinds[i];
        const double got = table->n_kinds > 1 && hours[k] <= 0 ? (double)NAN : hours[k];
        summary_add_count(&table->text, round(got));
        summary_add_percent(&table->text,
                            table->totals[k] > 0 ? got / table->totals[k] : (double)NAN);
    }
    if (table->shared) {
        const double due = line->values[DUE], all = table->totals[table->kinds[0]];
        summary_add_percent(&table->text, all > 0 ? due / all : (double)NAN);
        summary_add_percent(&table->text, due > 0 ? hours[table->kinds[0]] / due : (double)NAN);
    }
    summary_add_fate(&table->text, line->values);
}

static void add_others(struct tenant_table *table, const struct branch *items, size_t len,
                       int depth)
{
    char name[48];
    double *hours = mem_new(table->hours.n_kinds, sizeof(*hours));
    snprintf(name, sizeof(name), "%zu others", len);
    for (size_t i = 0; i < len; i++)
        for (size_t k = 0; k < table->hours.n_kinds; k++)
            hours[k] += hours_of(table, items[i].line)[k];
    const struct line rest = sum_of(items, len, name);
    add_row(table, &rest, hours, name, depth);
    table->left_out = true;
    free(hours);
}

/* Brothers, each with those below it; the last ones as a sum. */
static void add_level(struct tenant_table *table, const struct branches *level, size_t most,
                      int depth)
{
    const size_t shown = shown_of(level, most);
    for (size_t i = 0; i < shown; i++) {
        const struct line *line = level->items[i].line;
        const char *slash = depth > 0 ? strrchr(line->name, '/') : NULL;
        add_row(table, line, hours_of(table, line), slash ? slash + 1 : line->name, depth);
        if (depth + 1 >= table->levels) {
            table->left_out |= table->first[line->row] >= 0;
            continue;
        }
        struct branches below = branches_below(table, &level->items[i]);
        add_level(table, &below, table->most, depth + 1);
        free(below.items);
    }
    if (shown < level->len)
        add_others(table, level->items + shown, level->len - shown, depth);
}

static void add_heads(struct tenant_table *table, size_t n)
{
    char *head = n > table->top_most + 1
                     ? mem_format("By tenant (first %zu of %zu)", table->top_most, n)
                     : mem_text("By tenant");
    text_table_left(&table->text, head);
    free(head);
    for (size_t i = 0; i < table->n_kinds; i++) {
        const char *kind = table->hours.kinds[table->kinds[i]];
        char *hours = table->n_kinds == 1 ? mem_text("processor-h")
                                          : mem_format("%s-h", *kind ? kind : "other");
        text_table_right(&table->text, hours);
        text_table_right(&table->text, table->shared ? "received" : "share");
        free(hours);
    }
    if (table->shared) {
        text_table_right(&table->text, "due");
        text_table_right(&table->text, "received / due");
    }
    summary_add_fate_heads(&table->text);
}

/* --- the table --- */

static void find_tree(struct tenant_table *table)
{
    const size_t n = table->world->tenants.len;
    table->first = mem_new(n, sizeof(*table->first));
    table->next = mem_new(table->lines->len, sizeof(*table->next));
    for (size_t t = 0; t < n; t++)
        table->first[t] = -1;
    for (size_t i = table->lines->len; i-- > 0;) {
        const struct line *line = &table->lines->items[i];
        const int32_t parent =
            line->kind == SCOPE_TENANT ? table->world->tenants.items[line->row].parent : -1;
        table->next[i] = parent >= 0 ? table->first[parent] : -1;
        if (parent >= 0)
            table->first[parent] = (int32_t)i;
    }
    table->totals = mem_new(table->hours.n_kinds, sizeof(*table->totals));
    for (size_t t = 0; t < n; t++)
        for (size_t k = 0; k < table->hours.n_kinds && table->world->tenants.items[t].parent < 0;
             k++)
            table->totals[k] += table->hours.by_tenant[t * table->hours.n_kinds + k];
}

static void find_kinds(struct tenant_table *table)
{
    table->kinds = mem_new(table->hours.n_kinds, sizeof(*table->kinds));
    for (size_t k = 0; k < table->hours.n_kinds; k++)
        if (table->totals[k] > 0)
            table->kinds[table->n_kinds++] = k;
    table->n_kinds += table->n_kinds == 0;
}

/* As deep as fits. */
static void choose_levels(struct tenant_table *table, const struct branches *top)
{
    int deepest = 1;
    for (size_t t = 0; t < table->world->tenants.len; t++) {
        int depth = 1;
        for (int32_t up = table->world->tenants.items[t].parent; up >= 0; depth++)
            up = table->world->tenants.items[up].parent;
        deepest = depth > deepest ? depth : deepest;
    }
    table->levels = table->all ? deepest : 1;
    while (table->levels < deepest &&
           count_lines(table, top, table->top_most, table->levels + 1) <= LINES_SHOWN)
        table->levels++;
}

/* Of all; or, where there are several kinds of processors, which are not added up, of each. */
static void write_fairness(const struct lines *lines, FILE *out)
{
    const bool all = !isnan(lines->items[0].values[JAIN]);
    for (size_t i = 0; i < lines->len; i++) {
        const struct line *line = &lines->items[i];
        if (isnan(line->values[JAIN]) || line->kind != (all ? SCOPE_ALL : SCOPE_PROCESSOR))
            continue;
        fprintf(out,
                "Fairness over tenants, %s-time received / due: Jain %.3f (1 is even), Gini %.3f "
                "(0 is even).\n",
                all ? "processor" : line->name, line->values[JAIN], line->values[GINI]);
    }
}

static void write_table(struct tenant_table *table, const struct branches *top, FILE *out)
{
    add_heads(table, top->len);
    add_level(table, top, table->top_most, 0);
    putc('\n', out);
    text_table_write(&table->text, out);
    if (table->left_out)
        fprintf(out,
                "Shown: levels of the tree that fit in %d lines, of brothers those that received "
                "most; all: --tenants all.\n",
                LINES_SHOWN);
    write_fairness(table->lines, out);
}

void write_tenants(const struct lines *lines, struct metrics *metrics,
                   const struct summary_options *options, FILE *out)
{
    const struct world *world = metrics_world(metrics);
    const bool all = options->all_tenants;
    struct tenant_table table = {.lines = lines,
                                 .world = world,
                                 .all = all,
                                 .hours = kind_hours_of(metrics_collect(metrics)),
                                 .top_most = all                ? SIZE_MAX - 1
                                             : options->tenants ? options->tenants
                                                                : TOP_SHOWN,
                                 .most = all ? SIZE_MAX - 1 : BELOW_SHOWN};
    find_tree(&table);
    find_kinds(&table);
    table.shared = !isnan(lines->items[0].values[DUE]) && table.n_kinds == 1;
    struct lines roots = top_tenants(lines, world);
    struct branches top = {0};
    bool tree = false;
    for (size_t i = 0; i < roots.len; i++) {
        add_branch(&table, &top, &roots.items[i]);
        tree |= table.first[roots.items[i].row] >= 0;
    }
    if (top.len > 1)
        qsort(top.items, top.len, sizeof(*top.items), by_weight);
    choose_levels(&table, &top);
    if (top.len > 1 || tree)
        write_table(&table, &top, out);
    text_table_deinit(&table.text);
    kind_hours_deinit(&table.hours);
    free(table.totals);
    free(table.kinds);
    free(table.first);
    free(table.next);
    free(top.items);
    free(roots.items);
}
