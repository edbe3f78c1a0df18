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
    double seen; /* inflated usage as of the beginning of the period `stamp` */
    uint64_t stamp;
    double level;      /* as of `levelled` */
    uint64_t levelled; /* version */
};

struct node {
    struct usage all, own;
    double share, below;       /* its own; those of its children together */
    int32_t first_child, next; /* rows; -1: none */
    int32_t depth;             /* of a tenant at the top: 0 */
    int32_t leaves;            /* below it, itself if it has no children */
    double factor;             /* as of `factored` */
    uint64_t factored;         /* version */
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
    uint64_t scaled; /* how often sums were scaled or shares changed */
    struct inflation {
        simtime at;
        double value;
    } last, first;    /* as last asked for; at the beginning of the period */
    uint64_t stamp;   /* of the period */
    uint64_t version; /* of standings: shares change as well */
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
    shares->stamp = shares->version = 1;
    shares->last.at = shares->first.at = -1;
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

static double inflation(struct shares *shares, struct inflation *kept, simtime now)
{
    if (kept->at != now)
        *kept = (struct inflation){now, inflation_at(shares, now)};
    return kept->value;
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
    if (half == 0 || (double)(now - shares->base) < REBASE * (double)half)
        return;
    const int steps = (int)((now - shares->base) / half);
    shares->base += steps * half;
    shares->scaled++;
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
    struct node *parent = parent_of(shares, row);
    shares->nodes[row] = (struct node){.share = info->share,
                                       .first_child = -1,
                                       .next = parent->first_child,
                                       .depth = parent->depth + 1,
                                       .leaves = 1};
    /* A first child is the leaf that its parent was. */
    const bool more = info->parent < 0 || parent->first_child >= 0;
    for (int32_t up = info->parent; more && up >= 0; up = shares->world->tenants.items[up].parent)
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
    shares->version++;
}

static void ready(struct shares *shares, simtime now)
{
    catch_up(shares);
    rebase(shares, now);
}

/* Rounding may leave a trace of usage that was never there. */
static double inflated_usage(const struct usage *usage, double inflated)
{
    const double run = (double)usage->running.procs * inflated;
    const double sum = usage->sum + run;
    return sum > 1e-12 * (fabs(usage->sum) + fabs(run)) ? sum : 0;
}

/* As of the beginning of the period: noted before the first change in it. */
static double seen(struct shares *shares, struct usage *usage)
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
    seen(shares, usage);
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
    ready(shares, now);
    const double inflated = inflation(shares, &shares->last, now);
    use(shares, &shares->nodes[tenant].own, more, inflated);
    for (int32_t up = tenant; up >= 0; up = shares->world->tenants.items[up].parent)
        use(shares, &shares->nodes[up].all, more, inflated);
    use(shares, &shares->top.all, more, inflated);
}

void shares_set(struct shares *shares, int32_t tenant, simtime now)
{
    ready(shares, now);
    struct node *node = &shares->nodes[tenant];
    const double share = shares->world->tenants.items[tenant].share;
    parent_of(shares, tenant)->below += share - node->share;
    node->share = share;
    shares->scaled++;
    shares->version++;
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

/* Share over usage, both relative to those of all brothers. The jobs that a group has of its own
 * stand among its children as one more of share 1, which makes their shares no smaller. */
static double level_of(struct shares *shares, int32_t row, bool own)
{
    struct node *node = &shares->nodes[row];
    struct usage *usage = own ? &node->own : &node->all;
    if (usage->levelled == shares->version)
        return usage->level;
    struct node *parent = own ? node : parent_of(shares, row);
    const double used = seen(shares, usage), all = seen(shares, &parent->all);
    const double due = (own ? 1 : node->share) / parent->below;
    usage->levelled = shares->version;
    return usage->level = used == 0 ? (double)INFINITY : due / (used / all);
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

static double line_level(struct shares *shares, const struct line *line, int i)
{
    return level_of(shares, line->rows[i], line->own && i == line->len - 1);
}

size_t shares_key_len(struct shares *shares)
{
    catch_up(shares);
    return (size_t)shares->deepest + 3; /* from depth 0, one below, the jobs of a group itself */
}

/* Usage over share grows as time passes and never falls: an old key is never too late. */
void shares_key(struct shares *shares, int32_t tenant, simtime now, double *ret, size_t len)
{
    struct line line;
    ready(shares, now);
    line_of(shares, tenant, &line);
    REQUIRE((size_t)line.len <= len);
    for (int i = 0; i < line.len; i++) {
        struct node *node = &shares->nodes[line.rows[i]];
        const bool own = line.own && i == line.len - 1;
        ret[i] = own ? seen(shares, &node->own) : seen(shares, &node->all) / node->share;
    }
    for (size_t i = (size_t)line.len; i < len; i++)
        ret[i] = -1; /* a leaf goes before a group */
}

uint64_t shares_scale(struct shares *shares, simtime now)
{
    ready(shares, now);
    return shares->scaled;
}

/* --- the factor: how many leaves stand before one --- */

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
    const double other = level_of(count->shares, row, false);
    if (other > mine)
        count->levels[i].before += node->leaves;
    /* Of a group behind a leaf, and where nobody used anything, none goes first. */
    if (other != mine || i == line->len - 1 || isinf(mine))
        return;
    count->levels[i].tied += node->first_child < 0;
    for (int32_t child = node->first_child; child >= 0; child = count->shares->nodes[child].next)
        count_leaves(count, child, i + 1);
}

double shares_factor(struct shares *shares, int32_t tenant, simtime now)
{
    ready(shares, now);
    struct node *own = &shares->nodes[tenant];
    if (own->factored == shares->version)
        return own->factor;
    struct line line;
    line_of(shares, tenant, &line);
    struct count count = {.shares = shares, .line = &line};
    for (int32_t row = shares->top.first_child; row >= 0; row = shares->nodes[row].next)
        count_leaves(&count, row, 0);
    /* The first of a group has the factor of the leaf with which the group ties. */
    int64_t before = 0;
    for (int i = line.len - 1; i >= 0; i--)
        before += count.levels[i].before + (before > 0 ? count.levels[i].tied : 0);
    const double all = (double)shares->top.leaves;
    own->factored = shares->version;
    return own->factor = (all - (double)before) / all;
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
    ready(shares, now);
    return level_of(shares, tenant, false);
}
