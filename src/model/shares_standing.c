/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/shares_inner.h"

#include <math.h>

void shares_close(struct shares *shares, simtime now)
{
    shares->began = now;
    shares->next = SIMTIME_NEVER;
    shares->stamp++;
    shares->version++;
    shares_ready(shares, now);
}

/* The share of all that brothers used: 0 where that is nothing. */
static double part_of(double usage, double all)
{
    return all > 0 ? usage / all : 0;
}

struct shares_standing shares_standing(struct shares *shares, int32_t tenant, simtime now)
{
    shares_ready(shares, now);
    const struct place *place = &shares->places[tenant];
    struct node *node = &shares->nodes[tenant];
    struct node *parent = shares_node(shares, place->parent);
    struct shares_standing standing = {
        .share = node->share,
        .norm_share = node->share / parent->below,
        .usage = shares_usage(shares, tenant, now),
        .norm_usage = part_of(shares_seen(shares, &node->all), shares_seen(shares, &parent->all)),
        .level = shares_level_of(shares, tenant, false),
        .factor = (double)NAN,
    };
    if (!place->group) {
        bool lasts;
        standing.factor = shares_factor(shares, tenant, now, &lasts);
        standing.rank = 1 + llround((1 - standing.factor) * (double)shares->leaves);
    }
    return standing;
}
