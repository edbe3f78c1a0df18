/* What shares.c and shares_factor.c share: the one knows usage, the other the order of brothers. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_SHARES_INNER_H
#define MODEL_SHARES_INNER_H

#include "model/shares.h"

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
 * that of a tenant nothing of which ran stays the same to the last bit: only those that run move,
 * and only to the back. Made when somebody asks for the order. */
struct brothers {
    struct brother *items; /* owned */
    int32_t len;
    uint32_t shape; /* of the tree, as of which they were sorted from nothing; 0: never */
};

/* What is looked at of each waiting tenant and of those above stands apart, and close together. */
struct place {
    int32_t parent;  /* row; -1: none */
    int32_t before;  /* leaves of those of its brothers that go in front of it */
    uint32_t shape;  /* of the tree, as of which its brothers are in order; 0: never */
    bool group;      /* it has children */
    bool used, tied; /* a group that was used, and with a brother */
};

struct standing {
    double over;   /* usage over share, as of `weighed` */
    int32_t depth; /* of a tenant at the top: 0 */
    int32_t at;    /* among its brothers, where they are in order */
};

struct node {
    struct usage all;
    uint64_t used; /* stamp of the period in which a job began or ended */
    bool live;     /* it is in the list */
    struct usage own;
    double share, below; /* its own; those of its children together */
    int32_t first_child; /* row; -1: none */
    int32_t next;        /* brother; -1: none */
    int32_t leaves;      /* below it, itself if it has no children */
    struct brothers children;
    double factor;     /* where groups tie, as of `factored` */
    uint64_t factored; /* version */
};

struct shares {
    const struct world *world;
    struct shares_config config;
    struct node *nodes;         /* by row of the world's tenants, as many as were seen so far */
    struct place *places;       /* as many */
    struct standing *standings; /* as many */
    size_t len, cap;
    struct {
        int32_t *items; /* what ran since it was weighed last */
        size_t len, cap;
    } live;
    struct node top; /* stands for the parent of all that have none */
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
        int32_t *items; /* whose children moved then; -1: at the top */
        size_t len, cap;
        uint64_t *bits; /* of each row + 1, whether it is there */
    } stirred;
    bool mixed;      /* jobs that groups have of their own were compared with what is below these */
    double *scratch; /* for two keys */
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

/* Inflated usage as of the beginning of the period: noted before the first change in it. */
double shares_seen(struct shares *shares, struct usage *usage);

/* The children of the node are put in order, and stay so while the tree keeps its shape. */
void shares_sort(struct shares *shares, struct node *parent);

/* Usage over share of the tenant is another. */
void shares_place(struct shares *shares, int32_t row, double over);

/* Share over usage, both relative to those of all brothers: of brothers it sets apart those, and
 * ties those, that usage over share does. The jobs that a group has of its own stand among its
 * children as one more of share 1, which makes their shares no smaller. */
double shares_level_of(struct shares *shares, int32_t row, bool own);

#endif
