/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/shares.h"

#include "util/mem.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* A tenant, or the jobs that a group has of its own beside those of its children. */
struct usage {
    double sum; /* inflated processor-seconds, less procs x inflation when they began */
    struct shares_use running;
    double seen; /* inflated usage as looked at in the period `stamp` */
    uint64_t stamp;
};

struct node {
    struct usage all, own;
    double share, below;       /* its own; those of its children together */
    int32_t first_child, next; /* rows; -1: none */
    int32_t depth;             /* of a tenant at the top: 0 */
    int32_t leaves;            /* below it, itself if it has no children */
    int32_t least, most;       /* depth of these */
    double factor;             /* of the period `factored` */
    uint64_t factored;
};

struct shares {
    const struct world *world;
    struct shares_config config;
    struct node *nodes; /* by row of the world's tenants, as many as were seen so far */
    size_t len, cap;
    struct node top; /* stands for the parent of all that have none */
    simtime base;    /* inflation counts from here */
    simtime began;   /* of the period */
    simtime next;    /* beginning of the next one */
    int32_t deepest; /* of all tenants: depth */
    struct {
        simtime at;
        double value;
    } inflated; /* as last asked for */
    uint64_t stamp;
};

/* Beyond 2^REBASE all sums are scaled down. */
#define REBASE 400.0

struct shares *shares_new(const struct world *world, const struct shares_config *config)
{
    REQUIRE(config->period > 0 && config->half_life >= 0);
    struct shares *shares = mem_new(1, sizeof(*shares));
    shares->world = world;
    shares->config = *config;
    shares->top = (struct node){.first_child = -1, .depth = -1};
    shares->stamp = 1;
    shares->inflated.at = -1;
    return shares;
}

void shares_free(struct shares *shares)
{
    if (shares)
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

static double inflation(struct shares *shares, simtime now)
{
    if (shares->inflated.at != now) {
        shares->inflated.at = now;
        shares->inflated.value = inflation_at(shares, now);
    }
    return shares->inflated.value;
}

static struct node *parent_of(struct shares *shares, int32_t row)
{
    const int32_t parent = shares->world->tenants.items[row].parent;
    return parent < 0 ? &shares->top : &shares->nodes[parent];
}

static void scale(struct usage *usage, int steps)
{
    usage->sum = ldexp(usage->sum, -steps);
    usage->seen = ldexp(usage->seen, -steps);
}

/* Sums so large that they would soon overflow are scaled by an exact power of two. */
static void rebase(struct shares *shares, simtime now)
{
    const simtime half = shares->config.half_life;
    if (half == 0 || (double)(now - shares->base) / (double)half < REBASE)
        return;
    const int steps = (int)((now - shares->base) / half);
    shares->base += steps * half;
    shares->inflated.at = -1;
    scale(&shares->top.all, steps);
    for (size_t i = 0; i < shares->len; i++) {
        scale(&shares->nodes[i].all, steps);
        scale(&shares->nodes[i].own, steps);
    }
}

/* A leaf of this depth is below all these now. */
static void count_leaf(struct shares *shares, int32_t row, bool more, int32_t depth)
{
    for (int32_t up = row; up >= 0; up = shares->world->tenants.items[up].parent) {
        struct node *node = &shares->nodes[up];
        node->leaves += more;
        if (depth > node->most)
            node->most = depth;
        /* The first child takes over its parent's leaf. */
        if (depth < node->least || !more)
            node->least = depth;
    }
}

static void enter(struct shares *shares, int32_t row)
{
    const struct tenant_info *info = &shares->world->tenants.items[row];
    REQUIRE(info->parent < row && info->share > 0);
    struct node *node = &shares->nodes[row], *parent = parent_of(shares, row);
    *node = (struct node){.share = info->share,
                          .first_child = -1,
                          .next = parent->first_child,
                          .depth = parent->depth + 1,
                          .leaves = 1};
    node->least = node->most = node->depth;
    if (node->depth > shares->deepest)
        shares->deepest = node->depth;
    count_leaf(shares, info->parent, parent->first_child >= 0, node->depth);
    shares->top.leaves += info->parent < 0 || parent->first_child >= 0;
    parent->first_child = row;
    parent->below += info->share;
}

/* The rows that the world has by now. Amortised O(depth) a row. */
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
}

static void use(struct usage *usage, struct shares_use more, double inflated)
{
    usage->sum -= (double)more.procs * inflated;
    usage->running.procs += more.procs;
    usage->running.memory += more.memory;
}

struct shares_use shares_running(const struct shares *shares, int32_t tenant)
{
    return (size_t)tenant < shares->len ? shares->nodes[tenant].all.running
                                        : (struct shares_use){0};
}

void shares_use(struct shares *shares, int32_t tenant, struct shares_use more, simtime now)
{
    catch_up(shares);
    rebase(shares, now);
    const double inflated = inflation(shares, now);
    use(&shares->nodes[tenant].own, more, inflated);
    for (int32_t up = tenant; up >= 0; up = shares->world->tenants.items[up].parent)
        use(&shares->nodes[up].all, more, inflated);
    use(&shares->top.all, more, inflated);
}

void shares_set(struct shares *shares, int32_t tenant)
{
    catch_up(shares);
    struct node *node = &shares->nodes[tenant];
    const double share = shares->world->tenants.items[tenant].share;
    parent_of(shares, tenant)->below += share - node->share;
    node->share = share;
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

/* Rounding may leave a trace of usage that was never there. */
static double inflated_usage(struct shares *shares, const struct usage *usage, simtime at)
{
    const double inflated = inflation(shares, at), run = (double)usage->running.procs * inflated;
    const double sum = usage->sum + run;
    return sum > 1e-12 * (fabs(usage->sum) + fabs(run)) ? sum : 0;
}

/* What was looked at before in this period keeps its value. */
static double seen(struct shares *shares, struct usage *usage, simtime at)
{
    if (usage->stamp != shares->stamp) {
        usage->stamp = shares->stamp;
        usage->seen = inflated_usage(shares, usage, at);
    }
    return usage->seen;
}

/* Share over usage, both relative to those of all brothers. The jobs that a group has of its own
 * count as one more child of share 1. */
static double level_of(struct shares *shares, int32_t row, bool own, simtime at)
{
    struct node *node = &shares->nodes[row];
    struct node *parent = own ? node : parent_of(shares, row);
    const double usage = seen(shares, own ? &node->own : &node->all, at);
    if (usage == 0)
        return INFINITY;
    const double due = (own ? 1 : node->share) / parent->below;
    return due / (usage / seen(shares, &parent->all, at));
}

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
    for (int32_t up = tenant; up >= 0; up = shares->world->tenants.items[up].parent)
        ret->rows[i--] = up;
}

static double line_level(struct shares *shares, const struct line *line, int i, simtime at)
{
    return level_of(shares, line->rows[i], line->own && i == line->len - 1, at);
}

size_t shares_key_len(struct shares *shares)
{
    catch_up(shares);
    return (size_t)shares->deepest + 3; /* from depth 0, one below, the jobs of a group itself */
}

void shares_key(struct shares *shares, int32_t tenant, simtime now, double *ret, size_t len)
{
    struct line line;
    catch_up(shares);
    line_of(shares, tenant, &line);
    REQUIRE((size_t)line.len <= len);
    for (int i = 0; i < line.len; i++) {
        const double level = line_level(shares, &line, i, now);
        ret[i] = isinf(level) ? -DBL_MAX : -level;
    }
    for (size_t i = (size_t)line.len; i < len; i++)
        ret[i] = -INFINITY;
}

/* --- the factor: how many leaves stand before one --- */

struct count {
    struct shares *shares;
    const struct line *line;
    simtime at;
};

static int64_t before(const struct count *count, int32_t row, int i);

/* Of the children of a node. */
static int64_t before_among(const struct count *count, const struct node *node, int i)
{
    int64_t sum = 0;
    for (int32_t row = node->first_child; row >= 0; row = count->shares->nodes[row].next)
        sum += before(count, row, i);
    return sum;
}

/* Leaves of `row` that stand before the line, whose ancestors above level i tie with those of
 * `row`. */
static int64_t before(const struct count *count, int32_t row, int i)
{
    const struct line *line = count->line;
    const struct node *node = &count->shares->nodes[row];
    const double mine = line_level(count->shares, line, i, count->at);
    const double other = level_of(count->shares, row, false, count->at);
    if (other != mine)
        return other > mine ? node->leaves : 0;
    /* Nobody below used anything: all tie, but that a leaf goes before a group. */
    if (isinf(mine) && node->least >= line->len - 1)
        return 0;
    if (i == line->len - 1)
        return 0; /* tied, or a group behind a leaf */
    return node->first_child < 0 ? 1 : before_among(count, node, i + 1);
}

double shares_factor(struct shares *shares, int32_t tenant, simtime now)
{
    catch_up(shares);
    struct node *node = &shares->nodes[tenant];
    if (node->factored == shares->stamp)
        return node->factor;
    struct line line;
    line_of(shares, tenant, &line);
    const struct count count = {shares, &line, now};
    const double all = (double)shares->top.leaves;
    node->factored = shares->stamp;
    return node->factor = (all - (double)before_among(&count, &shares->top, 0)) / all;
}

double shares_usage(struct shares *shares, int32_t tenant, simtime now)
{
    if ((size_t)tenant >= shares->len)
        return 0;
    const double inflated = inflated_usage(shares, &shares->nodes[tenant].all, now);
    const simtime half = shares->config.half_life;
    return half == 0
               ? inflated
               : inflated * exp2(-simtime_seconds(now - shares->base) / simtime_seconds(half));
}

double shares_level(struct shares *shares, int32_t tenant, simtime now)
{
    catch_up(shares);
    return level_of(shares, tenant, false, now);
}
