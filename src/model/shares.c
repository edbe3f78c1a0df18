/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/shares_inner.h"

#include "util/mem.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

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
    free(shares->places);
    free(shares->factors);
    free(shares->live.items);
    free(shares->stirs.items);
    free(shares->scratch);
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
    shares->moved++;
}

static void set_over(struct shares *shares, int32_t row, double over)
{
    shares->nodes[row].over = shares->places[row].over = over;
}

/* Sums so large that they would soon overflow are scaled by an exact power of two. */
static void rebase(struct shares *shares, simtime now)
{
    const simtime half = shares->config.half_life;
    const int steps = (int)((now - shares->base) / half);
    reshape(shares);
    set_base(shares, shares->base + steps * half);
    shares->last.at = shares->first.at = -1;
    scale(&shares->top.all, steps);
    for (size_t i = 0; i < shares->len; i++) {
        scale(&shares->nodes[i].all, steps);
        scale(&shares->nodes[i].own, steps);
        set_over(shares, (int32_t)i, shares->nodes[i].all.seen / shares->nodes[i].share);
    }
}

static void enter(struct shares *shares, int32_t row)
{
    const struct tenant_info *info = &shares->world->tenants.items[row];
    REQUIRE(info->parent < row && info->share > 0);
    struct node *parent = shares_node(shares, info->parent);
    const int32_t depth = info->parent < 0 ? 0 : shares->places[info->parent].depth + 1;
    REQUIRE(depth <= UINT16_MAX);
    shares->places[row] =
        (struct place){.parent = info->parent, .leaves = 1, .depth = (uint16_t)depth};
    shares->nodes[row] = (struct node){.share = info->share, .parent = info->parent};
    shares->factors[row] = (struct factor){0};
    /* A first child is the leaf that its parent was, whose jobs are its own from now on. */
    const bool more = info->parent < 0 || parent->children.len > 0;
    for (int32_t up = info->parent; more && up >= 0; up = shares->places[up].parent)
        shares->places[up].leaves++;
    shares->leaves += more;
    if (!more)
        parent->own = parent->all;
    if (depth > shares->deepest)
        shares->deepest = depth;
    if (info->parent >= 0)
        shares->places[info->parent].group = parent->group = true;
    MEM_GROW(&parent->children);
    parent->children.items[parent->children.len++] = (struct brother){.row = row};
    parent->below += info->share;
}

/* To where there is room for as many as there may be by now; no item shares its cache lines. */
static void *move(const struct shares *shares, void *items, size_t size)
{
    void *moved = mem_aligned(CACHE_LINE, shares->cap * size);
    if (shares->len > 0)
        memcpy(moved, items, shares->len * size);
    free(items);
    return moved;
}

/* The rows that the world has by now: O(depth) each. */
static void catch_up(struct shares *shares)
{
    const size_t len = shares->world->tenants.len;
    if (shares->len == len)
        return;
    if (len > shares->cap) {
        shares->cap = 2 * len;
        shares->nodes = move(shares, shares->nodes, sizeof(*shares->nodes));
        shares->places = move(shares, shares->places, sizeof(*shares->places));
        shares->factors = mem_resize(shares->factors, shares->cap, sizeof(*shares->factors));
    }
    while (shares->len < len)
        enter(shares, (int32_t)shares->len++);
    reshape(shares);
}

/* Usage, which never falls, is needed in the period: of the world as it is, in sums that do not
 * overflow. */
static void keep_up(struct shares *shares, simtime now)
{
    if (shares->len != shares->world->tenants.len)
        catch_up(shares);
    if (now >= shares->rebased)
        rebase(shares, now);
}

/* Rounding may leave a trace of usage that was never there. */
static double inflated_usage(const struct usage *usage, double inflated)
{
    const double run = (double)usage->procs * inflated;
    const double sum = usage->sum + run;
    return sum > 1e-12 * (fabs(usage->sum) + fabs(run)) ? sum : 0;
}

double shares_see(struct shares *shares, struct usage *usage)
{
    const double seen = inflated_usage(usage, inflation(shares, &shares->first, shares->began));
    usage->stamp = shares->stamp;
    /* It never falls, whatever rounding makes of it. */
    if (seen > usage->seen)
        usage->seen = seen;
    return usage->seen;
}

/* Nothing of it runs any more: its inflated usage stays as it is. */
static void retire(struct shares *shares, int32_t row)
{
    struct place *place = &shares->places[row];
    place->live = shares->nodes[row].live = false;
    place->over = shares->nodes[row].over;
}

static void weigh(struct shares *shares)
{
    size_t kept = 0;
    int32_t *const live = shares->live.items;
    shares->stirs.len = 0;
    shares->settled = shares->moved;
    for (size_t i = 0; i < shares->live.len; i++) {
        const int32_t row = live[i];
        struct node *node = &shares->nodes[row];
        /* What ended in this period counts from the next one on. */
        const bool ended = node->all.procs == 0 && node->all.stamp != shares->stamp;
        const double over = shares_seen(shares, &node->all) / node->share;
        if (over < node->limit)
            node->over = over;
        else if (over != node->over)
            shares_place(shares, row, over);
        if (ended)
            retire(shares, row);
        else
            live[kept++] = row;
    }
    shares->live.len = kept;
    shares->weighed = shares->version;
    shares->moved += shares->mixed;
}

void shares_prepare(struct shares *shares, simtime now)
{
    keep_up(shares, now);
    if (shares->weighed != shares->version)
        weigh(shares);
}

static void use(struct shares *shares, struct usage *usage, int64_t more, double inflated)
{
    shares_seen(shares, usage);
    usage->sum -= (double)more * inflated;
    usage->procs += more;
}

struct shares_use shares_running(const struct shares *shares, int32_t tenant)
{
    if ((size_t)tenant >= shares->len)
        return (struct shares_use){0};
    const struct node *node = &shares->nodes[tenant];
    return (struct shares_use){node->all.procs, node->memory};
}

/* Where its brothers are in no order, it passes none. */
static void enliven(struct shares *shares, int32_t row)
{
    struct node *node = &shares->nodes[row];
    struct place *place = &shares->places[row];
    node->live = place->live = true;
    node->over = place->over;
    node->limit = place->shape == shares->shape ? 0 : (double)INFINITY;
    MEM_GROW(&shares->live);
    shares->live.items[shares->live.len++] = row;
}

void shares_use(struct shares *shares, int32_t tenant, struct shares_use more, simtime now)
{
    keep_up(shares, now);
    const double inflated = inflation(shares, &shares->last, now);
    if (shares->nodes[tenant].group)
        use(shares, &shares->nodes[tenant].own, more.procs, inflated);
    for (int32_t up = tenant; up >= 0; up = shares->nodes[up].parent) {
        struct node *node = &shares->nodes[up];
        use(shares, &node->all, more.procs, inflated);
        if (more.memory != 0)
            node->memory += more.memory;
        if (!node->live)
            enliven(shares, up);
    }
    use(shares, &shares->top.all, more.procs, inflated);
}

void shares_set(struct shares *shares, int32_t tenant, simtime now)
{
    keep_up(shares, now);
    struct node *node = &shares->nodes[tenant];
    const double share = shares->world->tenants.items[tenant].share;
    shares_node(shares, shares->places[tenant].parent)->below += share - node->share;
    node->share = share;
    set_over(shares, tenant, shares_seen(shares, &node->all) / share);
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

size_t shares_key_len(struct shares *shares)
{
    catch_up(shares);
    return (size_t)shares->deepest + 3; /* from depth 0, one below, the jobs of a group itself */
}

static void take_key(struct shares *shares, int32_t tenant, double *ret, size_t len)
{
    struct node *node = &shares->nodes[tenant];
    size_t end = (size_t)shares->places[tenant].depth + 1;
    REQUIRE(end < len);
    size_t i = end;
    for (int32_t up = tenant; up >= 0; up = shares->places[up].parent)
        ret[--i] = shares_over(shares, up);
    if (node->children.len > 0) /* the jobs that a group has of its own: one more of share 1 */
        ret[end++] = shares_seen(shares, &node->own);
    while (end < len)
        ret[end++] = -1; /* a leaf goes before a group */
}

void shares_key(struct shares *shares, int32_t tenant, simtime now, double *ret, size_t len)
{
    shares_ready(shares, now);
    take_key(shares, tenant, ret, len);
}

static int compare_keys(struct shares *shares, int32_t a, int32_t b)
{
    const size_t len = shares_key_len(shares);
    if (len > shares->scratch_len)
        shares->scratch = mem_resize(shares->scratch, 2 * len, sizeof(*shares->scratch));
    shares->scratch_len = len > shares->scratch_len ? len : shares->scratch_len;
    double *const x = shares->scratch, *const y = x + len;
    take_key(shares, a, x, len);
    take_key(shares, b, y, len);
    for (size_t i = 0; i < len; i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}

void shares_path(const struct shares *shares, int32_t tenant, struct shares_path *ret)
{
    const struct place *places = shares->places;
    int32_t i = places[tenant].depth + 1, up = tenant;
    for (; i > SHARES_PATH; i--)
        up = places[up].parent;
    ret->tenant = tenant;
    ret->len = i;
    for (; up >= 0; up = places[up].parent)
        ret->rows[--i] = up;
}

void shares_expect(const struct shares *shares, int32_t tenant)
{
    if ((size_t)tenant >= shares->len)
        return;
    __builtin_prefetch(&shares->places[tenant]);
    __builtin_prefetch(&shares->nodes[tenant]);
}

/* Below the uppermost, which are the same. Where one is below the other, the jobs of the latter
 * stand beside a child. */
static void find_brothers(struct shares *shares, int32_t *x, int32_t *y)
{
    const struct place *places = shares->places;
    while (places[*x].depth > places[*y].depth)
        *x = places[*x].parent;
    while (places[*y].depth > places[*x].depth)
        *y = places[*y].parent;
    while (places[*x].parent != places[*y].parent) {
        *x = places[*x].parent;
        *y = places[*y].parent;
    }
    shares->mixed |= *x == *y;
}

int shares_compare(struct shares *shares, const struct shares_path *a, const struct shares_path *b,
                   int32_t *ret_seam)
{
    const struct place *places = shares->places;
    *ret_seam = a->tenant == b->tenant ? SEAM_SAME : SEAM_NONE;
    if (a->tenant == b->tenant)
        return 0;
    const int32_t len = a->len < b->len ? a->len : b->len;
    int32_t i = 0;
    while (i < len && a->rows[i] == b->rows[i])
        i++;
    int32_t x = a->tenant, y = b->tenant;
    if (i < len) {
        x = a->rows[i];
        y = b->rows[i];
    } else {
        find_brothers(shares, &x, &y);
    }
    if (places[x].shape != shares->shape)
        shares_sort(shares, shares_node(shares, places[x].parent));
    /* Brothers tie where as many leaves go in front of them. */
    if (places[x].before == places[y].before)
        return compare_keys(shares, a->tenant, b->tenant);
    *ret_seam = places[x].parent;
    return places[x].before < places[y].before ? -1 : 1;
}

int32_t shares_join_seams(const struct shares *shares, int32_t ab, int32_t bc)
{
    if (ab == bc || bc == SEAM_SAME)
        return ab;
    if (ab == SEAM_SAME)
        return bc;
    if (ab < 0 || bc < 0)
        return ab < bc ? ab : bc;
    return shares->places[ab].depth < shares->places[bc].depth ? ab : bc;
}

uint64_t shares_moves(struct shares *shares, simtime now)
{
    shares_ready(shares, now);
    return shares->moved;
}

bool shares_stirs(const struct shares *shares, uint64_t since, const struct shares_stir **ret,
                  size_t *ret_len)
{
    *ret = shares->stirs.items;
    *ret_len = shares->stirs.len;
    return since == shares->settled;
}

double shares_level_of(struct shares *shares, int32_t row, bool own)
{
    struct node *node = &shares->nodes[row];
    const double over = own ? shares_seen(shares, &node->own) : shares_over(shares, row);
    struct node *parent = own ? node : shares_node(shares, shares->places[row].parent);
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
    const double run = (double)usage->procs * half / M_LN2;
    return fmax(0, usage->sum * decay + run);
}

double shares_level(struct shares *shares, int32_t tenant, simtime now)
{
    shares_ready(shares, now);
    return shares_level_of(shares, tenant, false);
}
