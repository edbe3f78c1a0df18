/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/due.h"

#include "analysis/fairness.h"
#include "util/mem.h"

#include <stdlib.h>

bool tenants_have_shares(const struct world *world)
{
    for (size_t i = 0; i < world->tenants.len; i++)
        if (world->tenants.items[i].share < 1 || world->tenants.items[i].share > 1)
            return true;
    return false;
}

/* Room for the claims of one level, and whose they are. */
struct level {
    double *demands, *weights, *shares;
    int32_t *rows; /* -1: the jobs of the tenant itself */
    size_t len;
};

static void claim(struct level *level, double demand, double weight, int32_t row)
{
    if (!(demand > 0))
        return;
    level->demands[level->len] = demand;
    level->weights[level->len] = weight;
    level->rows[level->len++] = row;
}

/* Among the tenants in places [from, to) of the order that are children of one, and its own jobs.
 */
static void hand_out(const struct world *world, const int32_t *order, const uint32_t *members,
                     size_t from, size_t to, double total, const double *sums, double own,
                     struct level *level, double *ret_own, double *ret_all)
{
    level->len = 0;
    claim(level, own, 1, -1);
    for (size_t i = from; i < to; i += members[i])
        claim(level, sums[order[i]], world->tenants.items[order[i]].share, order[i]);
    fair_shares(total, level->demands, level->weights, level->len, level->shares);
    for (size_t k = 0; k < level->len; k++)
        *(level->rows[k] < 0 ? ret_own : &ret_all[level->rows[k]]) = level->shares[k];
}

void tenants_due(const struct world *world, const int32_t *order, const uint32_t *members,
                 double total, const double *demands, double *ret_own, double *ret_all)
{
    const size_t n = world->tenants.len;
    double *room = mem_new(4 * (n + 1), sizeof(*room)), *sums = room + 3 * (n + 1);
    struct level level = {room, room + n + 1, room + 2 * (n + 1),
                          mem_new(n + 1, sizeof(*level.rows)), 0};
    for (size_t i = 0; i < n; i++) {
        sums[i] = demands[i];
        ret_own[i] = ret_all[i] = 0;
    }
    for (size_t i = n; i-- > 0;)
        if (world->tenants.items[order[i]].parent >= 0)
            sums[world->tenants.items[order[i]].parent] += sums[order[i]];
    double nobody = 0;
    hand_out(world, order, members, 0, n, total, sums, 0, &level, &nobody, ret_all);
    for (size_t i = 0; i < n; i++)
        hand_out(world, order, members, i + 1, i + members[i], ret_all[order[i]], sums,
                 demands[order[i]], &level, &ret_own[order[i]], ret_all);
    free(level.rows);
    free(room);
}
