/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/due.h"

#include "analysis/fairness.h"
#include "util/mem.h"

#include <stdlib.h>

bool tenants_have_shares(const struct world *world)
{
    for (size_t i = 0; i < world->tenants.len; i++)
        if (world->tenants.items[i].share < 1 || world->tenants.items[i].share > 1 ||
            world->tenants.items[i].shares)
            return true;
    return false;
}

/* Room for the claims of one level, and whose they are. */
struct level {
    double *demands, *weights, *shares;
    int32_t *rows; /* -1: the jobs of the tenant itself */
    size_t len;
    struct {
        simtime *items;
        size_t len, cap;
    } cuts; /* dates at which a share changes */
};

static void claim(struct level *level, double demand, int32_t row)
{
    if (!(demand > 0))
        return;
    level->demands[level->len] = demand;
    level->rows[level->len++] = row;
}

/* --- shares that change --- */

static double share_at(const struct world *world, int32_t row, simtime at)
{
    const struct tenant_info *info = row < 0 ? NULL : &world->tenants.items[row];
    if (!info || !info->shares)
        return info ? info->share : 1;
    size_t i = info->shares->len - 1;
    while (i > 0 && info->shares->items[i].at > at)
        i--;
    return info->shares->items[i].share;
}

static void add_cut(struct level *level, simtime at)
{
    MEM_GROW(&level->cuts);
    level->cuts.items[level->cuts.len++] = at;
}

/* The dates within (from, to) at which a share changes, and both ends. */
static void find_cuts(struct level *level, const struct world *world, simtime from, simtime to)
{
    level->cuts.len = 0;
    add_cut(level, from);
    for (size_t k = 0; k < level->len; k++) {
        const struct tenant_shares *shares =
            level->rows[k] < 0 ? NULL : world->tenants.items[level->rows[k]].shares;
        for (size_t i = 0; shares && i < shares->len; i++)
            if (shares->items[i].at > from && shares->items[i].at < to)
                add_cut(level, shares->items[i].at);
    }
    add_cut(level, to);
}

static int by_time(const void *a, const void *b)
{
    const simtime x = *(const simtime *)a, y = *(const simtime *)b;
    return (x > y) - (x < y);
}

static void weigh(struct level *level, const struct world *world, simtime from, simtime to)
{
    find_cuts(level, world, from, to);
    for (size_t k = 0; k < level->len; k++)
        level->weights[k] = level->cuts.len > 2 ? 0 : share_at(world, level->rows[k], from);
    if (level->cuts.len == 2)
        return;
    qsort(level->cuts.items, level->cuts.len, sizeof(*level->cuts.items), by_time);
    for (size_t c = 0; c + 1 < level->cuts.len; c++) {
        const simtime at = level->cuts.items[c], next = level->cuts.items[c + 1];
        double sum = 0;
        for (size_t k = 0; k < level->len; k++)
            sum += share_at(world, level->rows[k], at);
        for (size_t k = 0; k < level->len; k++)
            level->weights[k] +=
                share_at(world, level->rows[k], at) / sum * simtime_seconds(next - at);
    }
}

/* --- from the top --- */

/* Children of one tenant, which are in places [from, to) of the order, and its own jobs. */
struct brothers {
    size_t from, to;
    double own;
};

static void claim_all(struct level *level, const struct tenant_tree *tree,
                      const struct brothers *brothers, const double *sums)
{
    level->len = 0;
    claim(level, brothers->own, -1);
    for (size_t i = brothers->from; i < brothers->to; i += tree->members[i])
        claim(level, sums[tree->order[i]], tree->order[i]);
}

static void hand_out(struct level *level, double total, double *ret_own, double *ret_all)
{
    fair_shares(total, level->demands, level->weights, level->len, level->shares);
    for (size_t k = 0; k < level->len; k++)
        *(level->rows[k] < 0 ? ret_own : &ret_all[level->rows[k]]) = level->shares[k];
}

void tenants_due(const struct tenant_tree *tree, simtime from, simtime to, double total,
                 const double *demands, double *ret_own, double *ret_all)
{
    const struct world *world = tree->world;
    const int32_t *order = tree->order;
    const size_t n = world->tenants.len;
    double *room = mem_new(4 * (n + 1), sizeof(*room)), *sums = room + 3 * (n + 1);
    struct level level = {.demands = room,
                          .weights = room + n + 1,
                          .shares = room + 2 * (n + 1),
                          .rows = mem_new(n + 1, sizeof(*level.rows))};
    for (size_t i = 0; i < n; i++) {
        sums[i] = demands[i];
        ret_own[i] = ret_all[i] = 0;
    }
    for (size_t i = n; i-- > 0;)
        if (world->tenants.items[order[i]].parent >= 0)
            sums[world->tenants.items[order[i]].parent] += sums[order[i]];
    double nobody = 0;
    claim_all(&level, tree, &(struct brothers){.to = n}, sums);
    weigh(&level, world, from, to);
    hand_out(&level, total, &nobody, ret_all);
    for (size_t i = 0; i < n; i++) {
        const struct brothers below = {i + 1, i + tree->members[i], demands[order[i]]};
        claim_all(&level, tree, &below, sums);
        weigh(&level, world, from, to);
        hand_out(&level, ret_all[order[i]], &ret_own[order[i]], ret_all);
    }
    free(level.cuts.items);
    free(level.rows);
    free(room);
}
