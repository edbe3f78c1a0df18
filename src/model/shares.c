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
};

/* A child among its brothers. */
struct brother {
    double over;    /* usage over share */
    int32_t row;    /* tenant */
    int32_t before; /* leaves of those in front */
};

/* The children of a node in order of usage over share. Usage never falls, inflated as it is, and
 * that of a tenant nothing of which ran stays the same to the last bit: only those in `live` move,
 * and only to the back. Made when a factor is asked for. */
struct brothers {
    struct brother *items; /* owned */
    int32_t len;
    int32_t live;     /* the first child that ran since it was put in its place; -1: none */
    uint64_t shape;   /* of the tree, as of which they were sorted from nothing; 0: never */
    uint64_t version; /* as of which they are in order */
};

struct node {
    /* What is looked at for each waiting tenant in each period stands together. */
    uint64_t placed;     /* version, as of which: */
    int32_t ahead;       /* leaves in front of all below it; TIED */
    int32_t before;      /* leaves of those of its brothers that go in front of it */
    int32_t parent;      /* row; -1: none */
    int32_t first_child; /* row; -1: none */
    bool none, tied;     /* usage; a group, and with a brother */
    struct brothers children;

    double over;                                 /* usage over share, */
    uint64_t weighed, weighed_in, weighed_shape; /* as of this version, period, shape */
    uint64_t used; /* stamp of the period in which a job began or ended */
    struct usage all, own;
    double share, below; /* its own; those of its children together */
    int32_t next;        /* brother; -1: none */
    int32_t depth;       /* of a tenant at the top: 0 */
    int32_t leaves;      /* below it, itself if it has no children */
    int32_t place;       /* among its brothers */
    int32_t next_live;   /* of its brothers; -1: none; NOT_LIVE */
    double factor;       /* as of `factored` */
    uint64_t factored;   /* version */
};

#define NOT_LIVE (-2)
#define TIED (-1)

struct shares {
    const struct world *world;
    struct shares_config config;
    struct node *nodes; /* by row of the world's tenants, as many as were seen so far */
    size_t len, cap;
    struct node top; /* stands for the parent of all that have none */
    simtime base;    /* inflation counts from here, */
    simtime rebased; /* until then */
    simtime began;   /* of the period */
    simtime next;    /* beginning of the next one */
    int32_t deepest; /* of all tenants: depth */
    uint64_t scaled; /* how often sums were scaled or shares changed */
    uint64_t shape;  /* how often that, or the tree grew */
    struct inflation {
        simtime at;
        double value;
    } last, first;    /* as last asked for; at the beginning of the period */
    uint64_t stamp;   /* of the period */
    uint64_t version; /* of standings: shares change as well */
};

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

static struct node *parent_of(struct shares *shares, int32_t row)
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

static void ready(struct shares *shares, simtime now)
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

static void enliven(struct shares *shares, int32_t row)
{
    struct node *node = &shares->nodes[row];
    node->used = shares->stamp;
    if (node->next_live != NOT_LIVE)
        return;
    struct brothers *brothers = &parent_of(shares, row)->children;
    node->next_live = brothers->live;
    brothers->live = row;
}

void shares_use(struct shares *shares, int32_t tenant, struct shares_use more, simtime now)
{
    ready(shares, now);
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
    ready(shares, now);
    struct node *node = &shares->nodes[tenant];
    const double share = shares->world->tenants.items[tenant].share;
    parent_of(shares, tenant)->below += share - node->share;
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

/* Usage over share: of brothers, less goes first. */
static double over_of(struct shares *shares, int32_t row)
{
    struct node *node = &shares->nodes[row];
    if (node->weighed == shares->version)
        return node->over;
    node->weighed = shares->version;
    /* Inflated usage stays as it is while nothing runs. */
    if (node->all.running.procs == 0 && node->used < node->weighed_in &&
        node->weighed_shape == shares->shape)
        return node->over;
    node->weighed_in = shares->stamp;
    node->weighed_shape = shares->shape;
    return node->over = seen(shares, &node->all) / node->share;
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
    for (int32_t up = tenant; up >= 0; up = shares->nodes[up].parent)
        ret->rows[i--] = up;
}

/* Share over usage, both relative to those of all brothers: of brothers it sets apart those, and
 * ties those, that usage over share does. The jobs that a group has of its own stand among its
 * children as one more of share 1, which makes their shares no smaller. */
static double level_of(struct shares *shares, int32_t row, bool own)
{
    struct node *node = &shares->nodes[row];
    const double over = own ? seen(shares, &node->own) : over_of(shares, row);
    struct node *parent = own ? node : parent_of(shares, row);
    return over == 0 ? (double)INFINITY : seen(shares, &parent->all) / parent->below / over;
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
    ready(shares, now);
    struct node *node = &shares->nodes[tenant];
    size_t end = (size_t)node->depth + 1;
    REQUIRE(end < len);
    size_t i = end;
    for (int32_t up = tenant; up >= 0; up = shares->nodes[up].parent)
        ret[--i] = over_of(shares, up);
    if (node->first_child >= 0) /* the jobs that a group has of its own: one more of share 1 */
        ret[end++] = seen(shares, &node->own);
    while (end < len)
        ret[end++] = -1; /* a leaf goes before a group */
}

uint64_t shares_scale(struct shares *shares, simtime now)
{
    ready(shares, now);
    return shares->scaled;
}

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
        brothers->items[--len] = (struct brother){.over = over_of(shares, row), .row = row};
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
        const double over = over_of(shares, *link);
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
    const double over = seen(shares, &node->own);
    if (ahead == TIED || over == 0 || node->none)
        return ahead;
    order_brothers(shares, node);
    const struct brothers *brothers = &node->children;
    const int32_t first = first_over(brothers, over);
    return ahead + (first < brothers->len ? brothers->items[first].before : node->leaves);
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

double shares_factor(struct shares *shares, int32_t tenant, simtime now)
{
    ready(shares, now);
    struct node *node = &shares->nodes[tenant];
    if (node->factored == shares->version)
        return node->factor;
    const int32_t ahead =
        node->first_child >= 0 ? leaves_ahead_of_own(shares, tenant) : leaves_ahead(shares, tenant);
    const double before = (double)(ahead != TIED ? ahead : count_ahead(shares, tenant));
    const double all = (double)shares->top.leaves;
    node->factored = shares->version;
    return node->factor = (all - before) / all;
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
