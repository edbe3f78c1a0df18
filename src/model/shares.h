/* What tenants used of a centre against what is due to them: usage decays with a half-life, and
 * brothers are ranked by share over usage, level by level from the top, as Slurm's fair tree does
 * (Cox and Morrison; slurm.schedmd.com/fair_tree.html).
 *
 * Usage is stored inflated by 2^(t / half-life), so that decay never changes an order and nothing
 * has to be touched as time passes. Standings are as of the beginning of a period, whenever in it
 * they are asked for. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_SHARES_H
#define MODEL_SHARES_H

#include "model/observe.h"

struct shares_config {
    simtime half_life; /* of usage; 0: it never decays */
    simtime period;    /* how often standings are looked at anew; > 0 */
};

struct shares;

/* The world is borrowed; its tenants may grow meanwhile, and their shares may change. */
struct shares *shares_new(const struct world *world, const struct shares_config *config);
void shares_free(struct shares *shares); /* takes NULL */
AUTO_DEFINE(struct shares *, shares_free)

/* What runs, of a tenant and all below it. */
struct shares_use {
    int64_t procs;
    double memory; /* bytes, whole numbers */
};

/* The tenant runs on so much more from now on; negative: less. O(depth). */
void shares_use(struct shares *shares, int32_t tenant, struct shares_use more, simtime now);
struct shares_use shares_running(const struct shares *shares, int32_t tenant);

/* The world's share of the tenant has changed. O(1). */
void shares_set(struct shares *shares, int32_t tenant, simtime now);

/* Before anything happens at `now`: has a new period begun? Standings are then looked at as of its
 * beginning. O(1). */
bool shares_tick(struct shares *shares, simtime now);

/* When the period began, and when the next one does. */
simtime shares_period_began(const struct shares *shares);
simtime shares_next_period(const struct shares *shares);

/* Most numbers of a key, of the tenants there are now and one level more. O(1). */
size_t shares_key_len(struct shares *shares);

/* Where a tenant stands as of the beginning of this period, as numbers to be compared one after the
 * other, smaller first; as many as shares_key_len said: usage over share, level by level. Of
 * brothers, the one that used less for its share goes first; of cousins, the one with the ancestor
 * that goes first; where ancestors tie, their children are ranked as one group, and a leaf goes
 * before a group. O(depth). */
void shares_key(struct shares *shares, int32_t tenant, simtime now, double *ret, size_t len);

/* A tenant and those above it, as two are compared. */
enum { SHARES_PATH = 6 };
struct shares_path {
    int32_t tenant;
    int32_t len;               /* of `rows` */
    int32_t rows[SHARES_PATH]; /* from the top to the tenant, the uppermost if there are more */
};

/* Of a tenant there is: it never changes. O(depth). */
void shares_path(const struct shares *shares, int32_t tenant, struct shares_path *ret);

/* What is known of the tenant will be asked for soon. O(1). */
void shares_expect(const struct shares *shares, int32_t tenant);

/* Which of two tenants goes first by these keys: below 0 the first, 0: they tie; and whose children
 * tell: -1 those at the top, SEAM_NONE not brothers alone, SEAM_SAME: it is one tenant. As of the
 * last call of shares_moves. O(depth); O(n log n) for n brothers the first time, and after growth
 * of the tree or a change of shares; where groups tie O(depth) numbers are compared. */
#define SEAM_NONE (-2)
#define SEAM_SAME (-3)
int shares_compare(struct shares *shares, const struct shares_path *a, const struct shares_path *b,
                   int32_t *ret_seam);

/* Of tenants a, b and c that go one after the other by these seams: that of a and c. O(1). */
int32_t shares_join_seams(const struct shares *shares, int32_t ab, int32_t bc);

/* Another number once any two tenants that were compared may not compare as they did. The first
 * time in a period what ran since the last is put in its place among its brothers: O(depth) for
 * each job, and the brothers that it passes. */
uint64_t shares_moves(struct shares *shares, simtime now);

/* A tenant that moved among its brothers is followed by those that it passed, ties with or, unless
 * children of their parent are named as a whole, tied with. */
struct shares_stir {
    int32_t row;
    enum { STIR_MOVED, STIR_PASSED, STIR_CHILDREN } how;
};

/* What shares_moves, which has just been called, did since it said `since`: of brothers that told
 * two tenants apart, those that compare otherwise now are one that moved and one that it passed.
 * Those whose order was never asked for are left out. False: that is not known, anything may
 * compare otherwise. O(1). */
bool shares_stirs(const struct shares *shares, uint64_t since, const struct shares_stir **ret,
                  size_t *ret_len);

/* Slurm's fair-tree factor of a leaf: the part of all leaves that do not stand before it, in
 * (0, 1]; tied leaves have the same, and so have the first leaves of a group and a leaf that ties
 * with the group. It lasts until shares_stirs names the tenant or one above it; where not even that
 * is sure, ret_lasts is false. O(depth), beside what shares_moves does in each period; where groups
 * tie O(brothers of all ancestors) and what is below the tied ones. After growth of the tree, or a
 * change of shares, all brothers that are asked for are sorted anew. */
double shares_factor(struct shares *shares, int32_t tenant, simtime now, bool *ret_lasts);

/* Level fair-share as Slurm prints it, as of this period: (share / that of all brothers) / (usage /
 * theirs); INFINITY where nothing was used. O(1). */
double shares_level(struct shares *shares, int32_t tenant, simtime now);

/* What Slurm's sshare -l tells of a tenant. */
struct shares_standing {
    double share, norm_share; /* its own; as a part of that of all its brothers */
    double usage, norm_usage; /* shares_usage; as a part of theirs, 0 where that is 0 */
    double level;             /* shares_level */
    double factor;            /* shares_factor; NaN: a group */
    int64_t rank;             /* 1, and so many leaves as stand before it; 0: a group */
};

/* The run ends: all stand as they do now, whenever the period began. Nothing is used from then on,
 * and no period begins. As the first shares_moves of one. */
void shares_close(struct shares *shares, simtime now);

/* After shares_close, of the same `now`. O(depth), with ties as shares_factor. */
struct shares_standing shares_standing(struct shares *shares, int32_t tenant, simtime now);

/* Processor-seconds used, decayed to now, by the tenant and all below it. O(1). */
double shares_usage(struct shares *shares, int32_t tenant, simtime now);

#endif
