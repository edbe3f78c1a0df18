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
    double factor;       /* where groups tie, as of `factored` */
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

/* The world may have grown, and sums may have become too large. */
void shares_ready(struct shares *shares, simtime now);

struct node *shares_parent(struct shares *shares, int32_t row);

/* Inflated usage as of the beginning of the period: noted before the first change in it. */
double shares_seen(struct shares *shares, struct usage *usage);

/* Usage over share: of brothers, less goes first. */
double shares_weigh(struct shares *shares, struct node *node); /* for the first time since */
static inline double shares_over(struct shares *shares, int32_t row)
{
    struct node *node = &shares->nodes[row];
    return node->weighed == shares->version ? node->over : shares_weigh(shares, node);
}

/* Share over usage, both relative to those of all brothers: of brothers it sets apart those, and
 * ties those, that usage over share does. The jobs that a group has of its own stand among its
 * children as one more of share 1, which makes their shares no smaller. */
double shares_level_of(struct shares *shares, int32_t row, bool own);

#endif
