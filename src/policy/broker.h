/* Brokers: which centre a job goes to. A policy is one file in brokers/ and one line in
 * meson.build. It is asked once a job, at its submission, and sees of the centres only what the
 * view tells. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef POLICY_BROKER_H
#define POLICY_BROKER_H

#include "model/job.h"
#include "util/schema.h"

/* A centre that the job may go to. */
struct broker_choice {
    int32_t centre; /* row of world.centres: the order of the file */
    bool home;      /* of the job's tenant */
    simtime moving; /* from now until it can join a queue there, as expected: the broker's delay and
                     * its data's transfer */
    double speed;   /* of a processor there, in the precision in which the home's are stated; 0: not
                     * said, or the policy does not ask for speeds */
};

/* What is known of a choice so far. */
struct broker_bound {
    simtime start; /* not before */
    bool known;    /* but just then */
    bool asked;    /* else it is when the job can be there */
};

struct broker_view {
    const struct broker_choice *choices; /* home first, where it is one; the rest as in the file */
    size_t len;                          /* at least 1 */
    simtime now;
    /* The rest is asked through the functions below, of policies that say `looks`. */
    void *ctx;
    /* What is cheap to know: fill in `start` and `known`. */
    void (*bound)(void *ctx, size_t i, struct broker_bound *bound);
    struct broker_bound *bounds; /* by choice, not asked yet */
    simtime (*start)(void *ctx, size_t i, simtime before);
    double (*queued)(void *ctx, size_t i);
};

/* When the job would start at choice i, as far as the broker knows; SIMTIME_NEVER: it does not. An
 * answer that is not before `before` may be too early, since it is of no interest. */
static inline simtime broker_start(const struct broker_view *view, size_t i, simtime before)
{
    return view->start(view->ctx, i, before);
}

/* Processors that waiting jobs ask for there, relative to those in service, as the broker knows. */
static inline double broker_queued(const struct broker_view *view, size_t i)
{
    return view->queued(view->ctx, i);
}

struct broker_type {
    struct kind kind;
    bool looks;        /* it asks what goes on at the centres */
    bool speeds;       /* it asks how fast processors are */
    size_t state_size; /* zeroed before the first job */
    /* Which of the choices. */
    size_t (*choose)(const void *params, void *state, const struct broker_view *view);
};

extern const struct kind_list broker_kinds;
extern const struct broker_type broker_home; /* what holds where there is none */

/* The choice with the earliest start; of equal ones the first; the first where none is known. */
size_t broker_earliest(const struct broker_view *view);

#endif
