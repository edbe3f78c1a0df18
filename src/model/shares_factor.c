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
        struct place *place = &shares->places[items[i].row];
        tied = i > 0 && items[i - 1].over == items[i].over;
        const int32_t last = i > 0 ? items[i - 1].row : -1;
        items[i].before = last >= 0 ? items[i - 1].before + shares->nodes[last].leaves : 0;
        place->before = tied ? shares->places[last].before : items[i].before;
        place->tied = place->group && items[i].over > 0 &&
                      (tied || (i + 1 < brothers->len && items[i + 1].over == items[i].over));
        shares->standings[items[i].row].at = i;
        place->shape = shares->shape;
    }
}

void shares_sort(struct shares *shares, struct node *parent)
{
    struct brothers *brothers = &parent->children;
    int32_t len = 0;
    for (int32_t row = parent->first_child; row >= 0; row = shares->nodes[row].next)
        len++;
    if (len > brothers->len)
        brothers->items = mem_resize(brothers->items, (size_t)len, sizeof(*brothers->items));
    brothers->len = len;
    for (int32_t row = parent->first_child; row >= 0; row = shares->nodes[row].next)
        brothers->items[--len] = (struct brother){.over = shares->standings[row].over, .row = row};
    qsort(brothers->items, (size_t)brothers->len, sizeof(*brothers->items), compare_brothers);
    settle_places(shares, brothers, 0, brothers->len);
    brothers->shape = shares->shape;
}

/* It stands behind those that it has overtaken in usage. */
void shares_place(struct shares *shares, int32_t row, double over)
{
    struct place *place = &shares->places[row];
    struct standing *standing = &shares->standings[row];
    const double last = standing->over;
    standing->over = over;
    place->used = true;
    if (place->shape != shares->shape)
        return;
    struct brothers *brothers = &shares_node(shares, place->parent)->children;
    struct brother *items = brothers->items;
    const int32_t from = standing->at, end = brothers->len;
    int32_t to = from;
    items[from].over = over;
    if ((from == 0 || items[from - 1].over < last) &&
        (from + 1 == end || items[from + 1].over > over))
        return;
    const struct brother moved = items[from];
    for (; to + 1 < end && items[to + 1].over < over; to++)
        items[to] = items[to + 1];
    items[to] = moved;
    settle_places(shares, brothers, from, to + 1);
    shares->moved++;
    shares->stirred.bits[(place->parent + 1) / 64] |= UINT64_C(1) << (place->parent + 1) % 64;
    MEM_GROW(&shares->stirred);
    shares->stirred.items[shares->stirred.len++] = place->parent;
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
#define TIED (-1)

static int32_t leaves_ahead(struct shares *shares, int32_t row)
{
    const struct place *place = &shares->places[row];
    int32_t ahead = 0;
    for (;;) {
        if (place->shape != shares->shape)
            shares_sort(shares, shares_node(shares, place->parent));
        if (place->tied)
            return TIED;
        if (place->parent < 0)
            return ahead + place->before;
        const struct place *above = &shares->places[place->parent];
        /* Where nobody used anything, none goes first. */
        ahead += above->used ? place->before : 0;
        place = above;
    }
}

/* Of the jobs that a group has of its own. */
static int32_t leaves_ahead_of_own(struct shares *shares, int32_t row)
{
    struct node *node = &shares->nodes[row];
    const int32_t ahead = leaves_ahead(shares, row);
    const double over = shares_seen(shares, &node->own);
    if (ahead == TIED || over == 0 || !shares->places[row].used)
        return ahead;
    const struct brothers *brothers = &node->children;
    if (brothers->shape != shares->shape)
        shares_sort(shares, node);
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
    ret->len = shares->standings[tenant].depth + 1 + ret->own;
    REQUIRE(ret->len <= DEPTH_MOST + 1);
    int i = ret->len - 1;
    if (ret->own)
        ret->rows[i--] = tenant;
    for (int32_t up = tenant; up >= 0; up = shares->places[up].parent)
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
    const int32_t ahead = shares->places[tenant].group ? leaves_ahead_of_own(shares, tenant)
                                                       : leaves_ahead(shares, tenant);
    if (ahead != TIED)
        return part_behind(shares, ahead);
    struct node *node = &shares->nodes[tenant];
    if (node->factored != shares->version) {
        node->factored = shares->version;
        node->factor = part_behind(shares, count_ahead(shares, tenant));
    }
    return node->factor;
}
