/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/shares_inner.h"

#include "util/mem.h"

#include <math.h>
#include <stdlib.h>

/* --- brothers in order --- */

static int compare_brothers(const void *a, const void *b)
{
    const struct brother *x = a, *y = b;
    return x->over != y->over ? (x->over < y->over ? -1 : 1)
                              : (x->row > y->row) - (x->row < y->row);
}

/* What stands in [from, to) was moved: what lies beside it may tie with it, or do so no longer. */
static void settle_places(struct shares *shares, struct brothers *brothers, int32_t from,
                          int32_t to)
{
    struct brother *items = brothers->items;
    bool tied = from > 0;
    for (int32_t i = from > 0 ? from - 1 : 0; i < brothers->len && (i <= to || tied); i++) {
        struct node *node = &shares->nodes[items[i].row];
        tied = i > 0 && items[i - 1].over == items[i].over;
        const struct node *last = i > 0 ? &shares->nodes[items[i - 1].row] : NULL;
        items[i].before = last ? items[i - 1].before + last->leaves : 0;
        node->before = tied ? last->before : items[i].before;
        node->none = items[i].over == 0;
        node->tied = node->first_child >= 0 && !node->none &&
                     (tied || (i + 1 < brothers->len && items[i + 1].over == items[i].over));
        node->place = i;
    }
}

static void sort_brothers(struct shares *shares, struct node *parent)
{
    struct brothers *brothers = &parent->children;
    int32_t len = 0;
    for (int32_t row = parent->first_child; row >= 0; row = shares->nodes[row].next)
        len++;
    if (len > brothers->len)
        brothers->items = mem_resize(brothers->items, (size_t)len, sizeof(*brothers->items));
    brothers->len = len;
    for (int32_t row = parent->first_child; row >= 0; row = shares->nodes[row].next)
        brothers->items[--len] = (struct brother){.over = shares_over(shares, row), .row = row};
    qsort(brothers->items, (size_t)brothers->len, sizeof(*brothers->items), compare_brothers);
    settle_places(shares, brothers, 0, brothers->len);
    brothers->shape = shares->shape;
}

/* It stands behind those that it has overtaken in usage. Returns the end of what moved. */
static int32_t move_back(struct shares *shares, struct brothers *brothers, int32_t place)
{
    struct brother *items = brothers->items;
    const struct brother moved = items[place];
    for (; place + 1 < brothers->len && items[place + 1].over < moved.over; place++) {
        items[place] = items[place + 1];
        shares->nodes[items[place].row].place = place;
    }
    items[place] = moved;
    shares->nodes[moved.row].place = place;
    return place + 1;
}

/* Put those that ran in their places, and forget those that do so no longer. */
static void move_live(struct shares *shares, struct brothers *brothers)
{
    int32_t from = brothers->len, to = 0;
    int32_t *link = &brothers->live;
    while (*link >= 0) {
        struct node *node = &shares->nodes[*link];
        struct brother *at = &brothers->items[node->place];
        const double over = shares_over(shares, *link);
        if (over != at->over) {
            at->over = over;
            from = node->place < from ? node->place : from;
            const int32_t end = move_back(shares, brothers, node->place);
            to = end > to ? end : to;
        }
        if (node->all.running.procs != 0 || node->used == shares->stamp) {
            link = &node->next_live;
            continue;
        }
        *link = node->next_live;
        node->next_live = NOT_LIVE;
    }
    if (from < to)
        settle_places(shares, brothers, from, to);
}

static void order_brothers(struct shares *shares, struct node *parent)
{
    struct brothers *brothers = &parent->children;
    if (brothers->version == shares->version)
        return;
    if (brothers->shape != shares->shape)
        sort_brothers(shares, parent);
    else if (brothers->live >= 0)
        move_live(shares, brothers);
    brothers->version = shares->version;
}

/* The first whose usage over share is not below. */
static int32_t first_over(const struct brothers *brothers, double over)
{
    int32_t low = 0, high = brothers->len;
    while (low < high) {
        const int32_t middle = low + (high - low) / 2;
        if (brothers->items[middle].over < over)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Leaves in front of all that is below the tenant; TIED where one of its groups ties with a
 * brother, so that their children are one group. */
static int32_t leaves_ahead(struct shares *shares, int32_t row)
{
    struct node *node = &shares->nodes[row];
    if (node->placed == shares->version)
        return node->ahead;
    const int32_t up = node->parent;
    node->ahead = up >= 0 ? leaves_ahead(shares, up) : 0;
    order_brothers(shares, up >= 0 ? &shares->nodes[up] : &shares->top);
    node->placed = shares->version;
    /* Where nobody used anything, none goes first. */
    if (node->ahead != TIED && !(up >= 0 && shares->nodes[up].none))
        node->ahead = node->tied ? TIED : node->ahead + node->before;
    return node->ahead;
}

/* Of the jobs that a group has of its own. */
static int32_t leaves_ahead_of_own(struct shares *shares, int32_t row)
{
    struct node *node = &shares->nodes[row];
    const int32_t ahead = leaves_ahead(shares, row);
    const double over = shares_seen(shares, &node->own);
    if (ahead == TIED || over == 0 || node->none)
        return ahead;
    order_brothers(shares, node);
    const struct brothers *brothers = &node->children;
    const int32_t first = first_over(brothers, over);
    return ahead + (first < brothers->len ? brothers->items[first].before : node->leaves);
}

/* --- the factor: how many leaves stand before one --- */

/* A leaf as its place in the tree: the rows from the top, and whether the last stands for the jobs
 * of a group itself. */
#define DEPTH_MOST 64

struct line {
    int32_t rows[DEPTH_MOST + 1];
    int len;
    bool own;
};

static void line_of(const struct shares *shares, int32_t tenant, struct line *ret)
{
    const struct node *node = &shares->nodes[tenant];
    ret->own = node->first_child >= 0;
    ret->len = node->depth + 1 + ret->own;
    REQUIRE(ret->len <= DEPTH_MOST + 1);
    int i = ret->len - 1;
    if (ret->own)
        ret->rows[i--] = tenant;
    for (int32_t up = tenant; up >= 0; up = shares->nodes[up].parent)
        ret->rows[i--] = up;
}

static double line_level(struct shares *shares, const struct line *line, int i)
{
    return shares_level_of(shares, line->rows[i], line->own && i == line->len - 1);
}

/* Leaves whose ancestors tie with those of the line down to a level, which tells them apart. */
struct rivals {
    int64_t before; /* go first there */
    int64_t tied;   /* end there, tied, where the line goes on */
};

struct count {
    struct shares *shares;
    const struct line *line;
    struct rivals levels[DEPTH_MOST + 1];
};

static void count_leaves(struct count *count, int32_t row, int i)
{
    const struct line *line = count->line;
    const struct node *node = &count->shares->nodes[row];
    const double mine = line_level(count->shares, line, i);
    const double other = shares_level_of(count->shares, row, false);
    if (other > mine)
        count->levels[i].before += node->leaves;
    /* Of a group behind a leaf, and where nobody used anything, none goes first. */
    if (other != mine || i == line->len - 1 || isinf(mine))
        return;
    count->levels[i].tied += node->first_child < 0;
    for (int32_t child = node->first_child; child >= 0; child = count->shares->nodes[child].next)
        count_leaves(count, child, i + 1);
}

/* Where ancestors tie. */
static int64_t count_ahead(struct shares *shares, int32_t tenant)
{
    struct line line;
    line_of(shares, tenant, &line);
    struct count count = {.shares = shares, .line = &line};
    for (int32_t row = shares->top.first_child; row >= 0; row = shares->nodes[row].next)
        count_leaves(&count, row, 0);
    /* The first of a group has the factor of the leaf with which the group ties. */
    int64_t before = 0;
    for (int i = line.len - 1; i >= 0; i--)
        before += count.levels[i].before + (before > 0 ? count.levels[i].tied : 0);
    return before;
}

static double part_behind(const struct shares *shares, int64_t before)
{
    const double all = (double)shares->top.leaves;
    return (all - (double)before) / all;
}

double shares_factor(struct shares *shares, int32_t tenant, simtime now)
{
    shares_ready(shares, now);
    struct node *node = &shares->nodes[tenant];
    const int32_t ahead =
        node->first_child >= 0 ? leaves_ahead_of_own(shares, tenant) : leaves_ahead(shares, tenant);
    if (ahead != TIED)
        return part_behind(shares, ahead);
    if (node->factored != shares->version) {
        node->factored = shares->version;
        node->factor = part_behind(shares, count_ahead(shares, tenant));
    }
    return node->factor;
}
