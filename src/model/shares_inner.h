/* What shares.c and shares_factor.c share: the one knows usage, the other the order of brothers. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_SHARES_INNER_H
#define MODEL_SHARES_INNER_H

#include "model/shares.h"

/* Of a tenant, or of the jobs that a group has of its own beside those of its children. */
struct usage {
    double sum; /* inflated processor-seconds, less procs x inflation when they began */
    int64_t procs;
    double seen; /* inflated usage as of the beginning of the period `stamp` */
    uint64_t stamp;
};

/* A child among its brothers. */
struct brother {
    int32_t row;    /* tenant */
    int32_t before; /* leaves of those in front */
};

/* The children of a node: in order of usage over share once somebody asks for it. Usage never
 * falls, inflated as it is, and that of a tenant nothing of which ran stays the same to the last
 * bit: only those that run move, and only to the back. */
struct brothers {
    struct brother *items; /* owned */
    uint32_t len, cap;
};

/* Where a tenant stands: what is looked at of those that wait and of those above them, two in a
 * cache line. */
struct place {
    double over;    /* unless it is live: usage over share */
    int32_t parent; /* row; -1: none */
    int32_t before; /* leaves of those of its brothers that go in front of it */
    int32_t leaves; /* below it, itself if it has no children */
    uint32_t at;    /* among its brothers, where they are in order */
    uint32_t shape; /* of the tree, as of which its brothers are in order; 0: never */
    uint16_t depth; /* of a tenant at the top: 0 */
    bool group : 1; /* it has children */
    bool tied : 1;  /* a group that was used, with a brother */
    bool live : 1;  /* in the list of those that are weighed */
};

/* What a tenant used: what changes with each start and end, and is weighed in each period while
 * something runs, fills the first of two cache lines. */
struct node {
    struct usage all;
    double share;
    double over;      /* of one that is live: usage over share, as of `weighed` */
    double limit;     /* of one that is live: usage over share below which it passes no brother */
    int32_t parent;   /* row; -1: none */
    bool live;        /* as of its place */
    bool group;       /* as of its place */
    double memory;    /* bytes, of what runs */
    double below;     /* shares of its children together */
    struct usage own; /* of a group */
    struct brothers children;
};

enum { CACHE_LINE = 64 };
_Static_assert(sizeof(struct place) == CACHE_LINE / 2, "two places a line");
_Static_assert(sizeof(struct node) == 2 * CACHE_LINE && offsetof(struct node, memory) == CACHE_LINE,
               "what is weighed fills one line");

/* Where groups tie. */
struct factor {
    double value;
    uint64_t version;
};

struct shares {
    const struct world *world;
    struct shares_config config;
    struct node *nodes;     /* by row of the world's tenants, as many as were seen so far */
    struct place *places;   /* as many */
    struct factor *factors; /* as many */
    size_t len, cap;
    struct {
        int32_t *items; /* what ran since it was weighed last */
        size_t len, cap;
    } live;
    struct node top; /* stands for the parent of all that have none */
    int32_t leaves;  /* in all */
    simtime base;    /* inflation counts from here, */
    simtime rebased; /* until then */
    simtime began;   /* of the period */
    simtime next;    /* beginning of the next one */
    int32_t deepest; /* of all tenants: depth */
    uint32_t shape;  /* how often sums were scaled, shares changed, or the tree grew; from 1 */
    struct inflation {
        simtime at;
        double value;
    } last, first;    /* as last asked for; at the beginning of the period */
    uint64_t stamp;   /* of the period */
    uint64_t version; /* of standings: shares change as well */
    uint64_t weighed; /* version */
    uint64_t moved;   /* how often any brothers changed places, began to tie or ceased to */
    uint64_t settled; /* `moved` before all were weighed last */
    struct {
        struct shares_stir *items; /* what moved then */
        size_t len, cap;
    } stirs;
    bool mixed;      /* jobs that groups have of their own were compared with what is below these */
    double *scratch; /* for two keys of that length; owned */
    size_t scratch_len;
};

/* The world may have grown, and sums may have become too large; usage over share is as of this
 * period. */
void shares_prepare(struct shares *shares, simtime now);
static inline void shares_ready(struct shares *shares, simtime now)
{
    if (shares->weighed != shares->version || shares->len != shares->world->tenants.len ||
        now >= shares->rebased)
        shares_prepare(shares, now);
}

/* The row -1 stands for what is above all. */
static inline struct node *shares_node(struct shares *shares, int32_t row)
{
    return row < 0 ? &shares->top : &shares->nodes[row];
}

/* Usage over share: what is weighed in each period is not looked for elsewhere. */
static inline double shares_over(const struct shares *shares, int32_t row)
{
    const struct place *place = &shares->places[row];
    return place->live ? shares->nodes[row].over : place->over;
}

/* Inflated usage as of the beginning of the period: noted before the first change in it. */
double shares_see(struct shares *shares, struct usage *usage);
static inline double shares_seen(struct shares *shares, struct usage *usage)
{
    return usage->stamp == shares->stamp ? usage->seen : shares_see(shares, usage);
}

/* The children of the node are put in order, and stay so while the tree keeps its shape. */
void shares_sort(struct shares *shares, struct node *parent);

/* Usage over share of the tenant, which is live, is another. */
void shares_place(struct shares *shares, int32_t row, double over);

/* Share over usage, both relative to those of all brothers: of brothers it sets apart those, and
 * ties those, that usage over share does. The jobs that a group has of its own stand among its
 * children as one more of share 1, which makes their shares no smaller. */
double shares_level_of(struct shares *shares, int32_t row, bool own);

#endif
