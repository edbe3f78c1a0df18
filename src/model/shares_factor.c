/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/shares_inner.h"

#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- brothers in order --- */

static int compare_brothers(const void *a, const void *b, void *ctx)
{
    const struct shares *shares = ctx;
    const int32_t x = ((const struct brother *)a)->row, y = ((const struct brother *)b)->row;
    const double p = shares_over(shares, x), q = shares_over(shares, y);
    return p != q ? (p < q ? -1 : 1) : (x > y) - (x < y);
}

/* Behind all: infinite. */
static double over_at(const struct shares *shares, const struct brothers *brothers, uint32_t at)
{
    return at < brothers->len ? shares_over(shares, brothers->items[at].row) : (double)INFINITY;
}

/* What stands in [from, to) was moved: what lies beside it may tie with it, or do so no longer. */
static void settle_places(struct shares *shares, struct brothers *brothers, uint32_t from,
                          uint32_t to)
{
    const uint32_t begin = from > 0 ? from - 1 : 0;
    struct brother *const items = brothers->items;
    const struct place *last = begin > 0 ? &shares->places[items[begin - 1].row] : NULL;
    double before = begin > 0 ? over_at(shares, brothers, begin - 1) : -1;
    double over = over_at(shares, brothers, begin);
    bool tied = from > 0;
    for (uint32_t i = begin; i < brothers->len && (i <= to || tied); i++) {
        struct place *place = &shares->places[items[i].row];
        const double next = over_at(shares, brothers, i + 1);
        tied = before == over;
        items[i].before = last ? items[i - 1].before + last->leaves : 0;
        place->before = tied ? last->before : items[i].before;
        place->tied = place->group && over > 0 && (tied || next == over);
        place->at = i;
        place->shape = shares->shape;
        if (place->live)
            shares->nodes[items[i].row].limit = tied ? 0 : next;
        last = place;
        before = over;
        over = next;
    }
}

/* Mostly a few have come since they were in order: more than so many are sorted with all. */
#define COME_FEW 8

static void sort(struct shares *shares, struct brother *items, uint32_t len)
{
    uint32_t come = 0;
    for (uint32_t i = 1; i < len; i++) {
        const struct brother item = items[i];
        uint32_t low = i;
        if (compare_brothers(&items[i - 1], &item, shares) < 0)
            continue;
        if (++come > COME_FEW) {
            qsort_r(items, len, sizeof(*items), compare_brothers, shares);
            return;
        }
        for (uint32_t from = 0; from < low;) {
            const uint32_t middle = from + (low - from) / 2;
            if (compare_brothers(&items[middle], &item, shares) < 0)
                from = middle + 1;
            else
                low = middle;
        }
        memmove(&items[low + 1], &items[low], (i - low) * sizeof(*items));
        items[low] = item;
    }
}

void shares_sort(struct shares *shares, struct node *parent)
{
    struct brothers *brothers = &parent->children;
    sort(shares, brothers->items, brothers->len);
    settle_places(shares, brothers, 0, brothers->len);
}

static void stir(struct shares *shares, int32_t row, int how)
{
    MEM_GROW(&shares->stirs);
    shares->stirs.items[shares->stirs.len++] = (struct shares_stir){row, how};
}

/* It stands behind those that it has overtaken in usage. */
void shares_place(struct shares *shares, int32_t row, double over)
{
    const struct place *place = &shares->places[row];
    struct node *node = &shares->nodes[row];
    const double last = node->over;
    node->over = over;
    if (place->shape != shares->shape) {
        node->limit = (double)INFINITY;
        return;
    }
    struct brothers *brothers = &shares_node(shares, place->parent)->children;
    struct brother *items = brothers->items;
    const uint32_t from = place->at, end = brothers->len;
    const double next = over_at(shares, brothers, from + 1);
    const bool tied = from > 0 && over_at(shares, brothers, from - 1) >= last;
    uint32_t to = from;
    if (next > over && !tied) {
        node->limit = next;
        return;
    }
    stir(shares, row, STIR_MOVED);
    for (; to + 1 < end && over_at(shares, brothers, to + 1) < over; to++) {
        items[to] = items[to + 1];
        stir(shares, items[to].row, STIR_PASSED);
    }
    items[to].row = row;
    for (uint32_t i = to + 1; i < end && over_at(shares, brothers, i) == over; i++)
        stir(shares, items[i].row, STIR_PASSED);
    if (tied)
        stir(shares, place->parent, STIR_CHILDREN);
    settle_places(shares, brothers, from, to + 1);
    shares->moved++;
}

/* The first whose usage over share is not below. */
static uint32_t first_over(const struct shares *shares, const struct brothers *brothers,
                           double over)
{
    uint32_t low = 0, high = brothers->len;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (over_at(shares, brothers, middle) < over)
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
    const struct place *const places = shares->places;
    int32_t ahead = 0;
    for (; row >= 0; row = places[row].parent) {
        if (UNLIKELY(places[row].shape != shares->shape))
            shares_sort(shares, shares_node(shares, places[row].parent));
        if (places[row].tied)
            return TIED;
        ahead += places[row].before;
    }
    return ahead;
}

/* Of the jobs that a group has of its own. */
static int32_t leaves_ahead_of_own(struct shares *shares, int32_t row)
{
    struct node *node = &shares->nodes[row];
    const int32_t ahead = leaves_ahead(shares, row);
    const double over = shares_seen(shares, &node->own);
    if (ahead == TIED || over == 0)
        return ahead;
    const struct brothers *brothers = &node->children;
    if (shares->places[brothers->items[0].row].shape != shares->shape)
        shares_sort(shares, node);
    const uint32_t first = first_over(shares, brothers, over);
    return ahead +
           (first < brothers->len ? brothers->items[first].before : shares->places[row].leaves);
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
    const struct place *place = &shares->places[tenant];
    ret->own = place->group;
    ret->len = place->depth + 1 + ret->own;
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
    const struct place *place = &count->shares->places[row];
    const struct brothers *children = &count->shares->nodes[row].children;
    const double mine = line_level(count->shares, line, i);
    const double other = shares_level_of(count->shares, row, false);
    if (other > mine)
        count->levels[i].before += place->leaves;
    /* Of a group behind a leaf, and where nobody used anything, none goes first. */
    if (other != mine || i == line->len - 1 || isinf(mine))
        return;
    count->levels[i].tied += children->len == 0;
    for (uint32_t k = 0; k < children->len; k++)
        count_leaves(count, children->items[k].row, i + 1);
}

/* Where ancestors tie. */
static int64_t count_ahead(struct shares *shares, int32_t tenant)
{
    struct line line;
    line_of(shares, tenant, &line);
    struct count count = {.shares = shares, .line = &line};
    for (uint32_t k = 0; k < shares->top.children.len; k++)
        count_leaves(&count, shares->top.children.items[k].row, 0);
    /* The first of a group has the factor of the leaf with which the group ties. */
    int64_t before = 0;
    for (int i = line.len - 1; i >= 0; i--)
        before += count.levels[i].before + (before > 0 ? count.levels[i].tied : 0);
    return before;
}

static double part_behind(const struct shares *shares, int64_t before)
{
    const double all = (double)shares->leaves;
    return (all - (double)before) / all;
}

double shares_factor(struct shares *shares, int32_t tenant, simtime now, bool *ret_lasts)
{
    shares_ready(shares, now);
    const bool group = shares->places[tenant].group;
    const int32_t ahead =
        group ? leaves_ahead_of_own(shares, tenant) : leaves_ahead(shares, tenant);
    *ret_lasts = !group && ahead != TIED;
    if (ahead != TIED)
        return part_behind(shares, ahead);
    struct factor *factor = &shares->factors[tenant];
    if (factor->version != shares->version)
        *factor =
            (struct factor){part_behind(shares, count_ahead(shares, tenant)), shares->version};
    return factor->value;
}
