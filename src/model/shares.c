/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/shares_inner.h"

#include "util/mem.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* Beyond 2^REBASE all sums are scaled down. */
#define REBASE 400

static void set_base(struct shares *shares, simtime base)
{
    const simtime half = shares->config.half_life;
    shares->base = base;
    shares->rebased =
        half > 0 && half < (SIMTIME_NEVER - base) / REBASE ? base + REBASE * half : SIMTIME_NEVER;
}

struct shares *shares_new(const struct world *world, const struct shares_config *config)
{
    REQUIRE(config->period > 0 && config->half_life >= 0);
    struct shares *shares = mem_new(1, sizeof(*shares));
    shares->world = world;
    shares->config = *config;
    shares->top = (struct node){.first_child = -1, .depth = -1, .children = {.live = -1}};
    shares->stamp = shares->version = shares->shape = 1;
    shares->last.at = shares->first.at = -1;
    set_base(shares, 0);
    return shares;
}

void shares_free(struct shares *shares)
{
    if (!shares)
        return;
    for (size_t i = 0; i < shares->len; i++)
        free(shares->nodes[i].children.items);
    free(shares->top.children.items);
    free(shares->nodes);
    free(shares);
}

/* The integral of 2^(t / half-life), in seconds. */
static double inflation_at(const struct shares *shares, simtime now)
{
    const double t = simtime_seconds(now - shares->base);
    if (shares->config.half_life == 0)
        return t;
    const double half = simtime_seconds(shares->config.half_life);
    return half / M_LN2 * exp2(t / half);
}

static double inflation(struct shares *shares, struct inflation *kept, simtime now)
{
    if (kept->at != now)
        *kept = (struct inflation){now, inflation_at(shares, now)};
    return kept->value;
}

struct node *shares_parent(struct shares *shares, int32_t row)
{
    const int32_t parent = shares->nodes[row].parent;
    return parent < 0 ? &shares->top : &shares->nodes[parent];
}

static void scale(struct usage *usage, int steps)
{
    usage->sum = ldexp(usage->sum, -steps);
    usage->seen = ldexp(usage->seen, -steps);
}

/* What is known of the order of brothers does not hold any more. */
static void reshape(struct shares *shares)
{
    shares->shape++;
    shares->version++;
}

/* Sums so large that they would soon overflow are scaled by an exact power of two. */
static void rebase(struct shares *shares, simtime now)
{
    const simtime half = shares->config.half_life;
    const int steps = (int)((now - shares->base) / half);
    shares->scaled++;
    reshape(shares);
    set_base(shares, shares->base + steps * half);
    shares->last.at = shares->first.at = -1;
    scale(&shares->top.all, steps);
    for (size_t i = 0; i < shares->len; i++) {
        scale(&shares->nodes[i].all, steps);
        scale(&shares->nodes[i].own, steps);
    }
}

static void enter(struct shares *shares, int32_t row)
{
    const struct tenant_info *info = &shares->world->tenants.items[row];
    REQUIRE(info->parent < row && info->share > 0);
    struct node *parent = info->parent < 0 ? &shares->top : &shares->nodes[info->parent];
    shares->nodes[row] = (struct node){.parent = info->parent,
                                       .share = info->share,
                                       .first_child = -1,
                                       .next = parent->first_child,
                                       .depth = parent->depth + 1,
                                       .leaves = 1,
                                       .next_live = NOT_LIVE,
                                       .children = {.live = -1}};
    /* A first child is the leaf that its parent was. */
    const bool more = info->parent < 0 || parent->first_child >= 0;
    for (int32_t up = info->parent; more && up >= 0; up = shares->nodes[up].parent)
        shares->nodes[up].leaves++;
    shares->top.leaves += more;
    if (parent->depth + 1 > shares->deepest)
        shares->deepest = parent->depth + 1;
    parent->first_child = row;
    parent->below += info->share;
}

/* The rows that the world has by now: O(depth) each. */
static void catch_up(struct shares *shares)
{
    const size_t len = shares->world->tenants.len;
    if (shares->len == len)
        return;
    if (len > shares->cap) {
        shares->cap = 2 * len;
        shares->nodes = mem_resize(shares->nodes, shares->cap, sizeof(*shares->nodes));
    }
    while (shares->len < len)
        enter(shares, (int32_t)shares->len++);
    reshape(shares);
}

void shares_ready(struct shares *shares, simtime now)
{
    if (shares->len != shares->world->tenants.len)
        catch_up(shares);
    if (now >= shares->rebased)
        rebase(shares, now);
}

/* Rounding may leave a trace of usage that was never there. */
static double inflated_usage(const struct usage *usage, double inflated)
{
    const double run = (double)usage->running.procs * inflated;
    const double sum = usage->sum + run;
    return sum > 1e-12 * (fabs(usage->sum) + fabs(run)) ? sum : 0;
}

double shares_seen(struct shares *shares, struct usage *usage)
{
    if (usage->stamp != shares->stamp) {
        usage->stamp = shares->stamp;
        /* It never falls, whatever rounding makes of it. */
        usage->seen = fmax(usage->seen,
                           inflated_usage(usage, inflation(shares, &shares->first, shares->began)));
    }
    return usage->seen;
}

static void use(struct shares *shares, struct usage *usage, struct shares_use more, double inflated)
{
    shares_seen(shares, usage);
    usage->sum -= (double)more.procs * inflated;
    usage->running.procs += more.procs;
    usage->running.memory += more.memory;
}

struct shares_use shares_running(const struct shares *shares, int32_t tenant)
{
    return (size_t)tenant < shares->len ? shares->nodes[tenant].all.running
                                        : (struct shares_use){0};
}

static void enliven(struct shares *shares, int32_t row)
{
    struct node *node = &shares->nodes[row];
    node->used = shares->stamp;
    if (node->next_live != NOT_LIVE)
        return;
    struct brothers *brothers = &shares_parent(shares, row)->children;
    node->next_live = brothers->live;
    brothers->live = row;
}

void shares_use(struct shares *shares, int32_t tenant, struct shares_use more, simtime now)
{
    shares_ready(shares, now);
    const double inflated = inflation(shares, &shares->last, now);
    use(shares, &shares->nodes[tenant].own, more, inflated);
    for (int32_t up = tenant; up >= 0; up = shares->nodes[up].parent) {
        use(shares, &shares->nodes[up].all, more, inflated);
        enliven(shares, up);
    }
    use(shares, &shares->top.all, more, inflated);
}

void shares_set(struct shares *shares, int32_t tenant, simtime now)
{
    shares_ready(shares, now);
    struct node *node = &shares->nodes[tenant];
    const double share = shares->world->tenants.items[tenant].share;
    shares_parent(shares, tenant)->below += share - node->share;
    node->share = share;
    shares->scaled++;
    reshape(shares);
}

bool shares_tick(struct shares *shares, simtime now)
{
    if (now < shares->next)
        return false;
    shares->began = now / shares->config.period * shares->config.period;
    shares->next = shares->began < SIMTIME_NEVER - shares->config.period
                       ? shares->began + shares->config.period
                       : SIMTIME_NEVER;
    shares->stamp++;
    shares->version++;
    return true;
}

simtime shares_period_began(const struct shares *shares)
{
    return shares->began;
}

simtime shares_next_period(const struct shares *shares)
{
    return shares->next;
}

double shares_weigh(struct shares *shares, struct node *node)
{
    node->weighed = shares->version;
    /* Inflated usage stays as it is while nothing runs. */
    if (node->all.running.procs == 0 && node->used < node->weighed_in &&
        node->weighed_shape == shares->shape)
        return node->over;
    node->weighed_in = shares->stamp;
    node->weighed_shape = shares->shape;
    return node->over = shares_seen(shares, &node->all) / node->share;
}

size_t shares_key_len(struct shares *shares)
{
    catch_up(shares);
    return (size_t)shares->deepest + 3; /* from depth 0, one below, the jobs of a group itself */
}

/* Usage over share grows as time passes and never falls: an old key is never too late. */
void shares_key(struct shares *shares, int32_t tenant, simtime now, double *ret, size_t len)
{
    shares_ready(shares, now);
    struct node *node = &shares->nodes[tenant];
    size_t end = (size_t)node->depth + 1;
    REQUIRE(end < len);
    size_t i = end;
    for (int32_t up = tenant; up >= 0; up = shares->nodes[up].parent)
        ret[--i] = shares_over(shares, up);
    if (node->first_child >= 0) /* the jobs that a group has of its own: one more of share 1 */
        ret[end++] = shares_seen(shares, &node->own);
    while (end < len)
        ret[end++] = -1; /* a leaf goes before a group */
}

uint64_t shares_scale(struct shares *shares, simtime now)
{
    shares_ready(shares, now);
    return shares->scaled;
}

double shares_level_of(struct shares *shares, int32_t row, bool own)
{
    struct node *node = &shares->nodes[row];
    const double over = own ? shares_seen(shares, &node->own) : shares_over(shares, row);
    struct node *parent = own ? node : shares_parent(shares, row);
    return over == 0 ? (double)INFINITY : shares_seen(shares, &parent->all) / parent->below / over;
}

double shares_usage(struct shares *shares, int32_t tenant, simtime now)
{
    if ((size_t)tenant >= shares->len)
        return 0;
    const struct usage *usage = &shares->nodes[tenant].all;
    const double half = simtime_seconds(shares->config.half_life);
    if (half == 0)
        return inflated_usage(usage, inflation_at(shares, now));
    /* Deflated first: what ran for ages would overflow. */
    const double decay = exp2(-simtime_seconds(now - shares->base) / half);
    const double run = (double)usage->running.procs * half / M_LN2;
    return fmax(0, usage->sum * decay + run);
}

double shares_level(struct shares *shares, int32_t tenant, simtime now)
{
    shares_ready(shares, now);
    return shares_level_of(shares, tenant, false);
}
