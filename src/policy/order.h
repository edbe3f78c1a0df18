/* Orders: who goes first in a queue. An order is one file in orders/ and one line in meson.build.
 *
 * An order scores jobs, smaller first; ties fall to the place in the input. One that does not age
 * gives a waiting job one score for good, so that the queue stays sorted; one that ages is scored
 * anew at each pass. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef POLICY_ORDER_H
#define POLICY_ORDER_H

#include "model/gates.h"
#include "model/jobs.h"
#include "model/shares.h"
#include "util/schema.h"

/* What a scheduler knows of tenants. All borrowed; NULL where nothing asks for it. */
struct tenancy {
    const struct world *world;
    struct shares *shares; /* what tenants of this scheduler used against what is due */
    struct gates *gates;   /* what they may have */
    int32_t centre;
};

/* The tenant of a class: jobs of one tenant and priority, which keep their order among themselves.
 */
struct class_view {
    const struct tenancy *tenancy;
    int32_t tenant;
    int64_t processors, memory; /* of the partition, when its rules last changed; bytes */
};

/* What classes add to the scores of their jobs in a period: a sum, by 2 x priority + whether their
 * jobs have waited so long that age counts no more, and fair_share times the fair-tree factor of
 * the tenant, rounded and negated. */
struct order_offsets {
    double sums[2 * (PRIORITY_LOW + 1)];
    double fair_share;
    double unit; /* offsets are multiples of it */
};

/* The multiple of a power of two that is next to x, of two the even one; |x| < 2^51 of it. What is
 * added has no digits for less. unit 0: 0. */
static inline double order_rounded(double x, double unit)
{
    const double digits = 0x1.8p52 * unit;
    return unit > 0 ? x + digits - digits : 0;
}

/* What an order may look at. */
struct score_input {
    double request; /* seconds; a request of zero counts as 1 */
    double procs;
    double waited;    /* seconds so far */
    double submit;    /* seconds since the scenario's start, at least 1 */
    int32_t priority; /* enum job_priority */
    double capacity;  /* of the partition, in processors */
    double arrived;   /* seconds since the scenario's start */
    bool aged;        /* by sum: it waited so long that age counts no more */
    double deadline;  /* seconds since the scenario's start; INFINITY: none */
    double attained;  /* processor-seconds of former attempts */
};

/* An order that only a script knows: it keeps a state and looks at jobs whole. All borrowed but the
 * state. */
struct order_script {
    /* NULL with an error. `jobs`: all of the run; they come with the first call of `begin`. */
    void *(*open)(const void *params, const struct tenancy *tenancy, const struct jobs *jobs,
                  struct error *err);
    void (*close)(void *state);
    void (*begin)(void *state, simtime now); /* before scores are asked for */
    /* Never NaN. -1 with an error, which ends the run. */
    int (*score)(void *state, const struct job *job, const struct score_input *in,
                 double *ret_score, struct error *err);
    simtime (*refresh)(const void *params);  /* how long scores stand; 0: for one pass */
    const char *(*file)(const void *params); /* that it reads */
};

struct order_type {
    struct kind kind;
    bool ages;
    double (*score)(const void *params, const struct score_input *in); /* never NaN; NULL: all 0 */
    const struct order_script *script; /* instead of score, of one that ages; NULL: none */

    /* Orders that go by tenant: the jobs of a class keep their order, so that only classes are ever
     * ranked anew. By rank: one class after the other, jobs first come, first served. By sum: the
     * score of a job and the offset of its class together, both multiples of one power of two and
     * below 2^52 of it, so that sums are exact. */
    enum { ORDER_BY_JOB, ORDER_BY_RANK, ORDER_BY_SUM } by;
    bool live;    /* ranks change with each start and end, else at the beginning of a period */
    bool by_tree; /* by rank: tenants compare as shares_compare says, before priorities */
    /* By rank otherwise: where a tenant stands, smaller first. */
    double (*level)(const struct class_view *view);
    /* By sum: in the period that began at `tick`, in a partition of that weight. */
    void (*offsets)(const void *params, double weight, simtime tick, struct order_offsets *ret);
    struct shares_config (*shares)(const void *params); /* the usage it goes by */
    /* Does it set tenants apart by their levels in the fair tree? NULL: never. */
    bool (*by_levels)(const void *params);
    simtime (*max_age)(const void *params); /* by sum: when jobs are aged; NULL: never */
};

extern const struct kind_list order_kinds;

#endif
