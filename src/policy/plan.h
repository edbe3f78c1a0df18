/* What a conservative scheduler plans with: free capacity over future time with every reservation
 * taken out of it, and what is known about who may start earlier.
 *
 * A list of steps, each with the capacity free from it on. A reservation holds on to the two steps
 * where it begins and ends, so that one that moves by a step, as nearly all do, costs the same
 * however long the list is. What came free since each job was last looked at is kept by size of
 * job: a job that fits nowhere in it, and has no room just before its start, need not search. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef POLICY_PLAN_H
#define POLICY_PLAN_H

#include "model/profile.h"

#define PLAN_CLASSES 62 /* of sizes: two an octave */
#define PLAN_LENGTHS 40 /* classes of time: two an octave, from a second to nine days */
#define PLAN_PARTS 64   /* of the time ahead, at most */

struct plan_step {
    simtime time;
    int64_t free;          /* from here to the next step */
    uint32_t prev, next;   /* in order of time; of the two ends: the tail and the head */
    uint32_t starts, ends; /* reservations that do so here */
};

/* Where a reservation begins and ends: steps. */
struct booking {
    uint32_t from, to;
    uint64_t seen;         /* when it was last searched for an earlier start, by the plan's clock */
    uint8_t class, length; /* of its size, of its duration */
};

/* A stretch in which something came free. */
struct plan_gain {
    simtime from, to;
    int64_t before; /* so much was free in all of it */
    int64_t most;   /* and since then in some of it, or less */
    simtime length; /* of the longest hole that part of it is in, or more */
    uint64_t when;  /* by the plan's clock */
    uint32_t near;  /* the step at `from`, or any */
    int32_t class;  /* of the length */
};

/* All that is of use to one class of sizes, in any order. */
struct plan_gains {
    struct plan_gain *items;
    size_t len, cap;
};

struct plan {
    struct plan_step *steps; /* owned; [0] is the tail, at SIMTIME_NEVER */
    uint32_t head, spare;    /* the first step; unused ones, linked by next */
    uint32_t used, cap;
    struct plan_gains gains[2][PLAN_CLASSES]; /* since the last walk began, and the one before */
    uint64_t noted[2];                        /* bits: classes that have any */
    int recent;                               /* which is which */
    uint64_t clock;                           /* counts searches and gains */
    bool forgot, blind; /* gains are not known: since the last walk began; before */

    /* Where the first gain in a hole of this class of lengths or longer begins, or before. */
    simtime soonest[PLAN_CLASSES][PLAN_LENGTHS][2];
    /* Bits: classes of jobs that start in this part of time or later and request no more than such
     * a length; and the shortest request of each class. What came free in a hole of it is of no
     * use to others. */
    uint64_t useful[PLAN_PARTS][PLAN_LENGTHS];
    simtime shortest[PLAN_PARTS][PLAN_CLASSES];
    int classes;    /* `shortest` is known of those below */
    int parts;      /* in use: 1 at least */
    simtime origin; /* of parts */
    int shift;      /* each is 2^shift long */
    int walks;      /* until both are made anew */
};

/* Nothing is free yet: plan_remake comes first. Tens of kB, whatever it holds. */
struct plan *plan_new(void);
void plan_free(struct plan *plan); /* takes NULL */
AUTO_DEFINE(struct plan *, plan_free)

/* As the profile is from `now` on, without reservations: all bookings are void. O(steps). */
void plan_remake(struct plan *plan, const struct profile *profile, simtime now);

/* More is known of the profile from `from` on, where no reservation reaches. O(steps). */
void plan_extend(struct plan *plan, const struct profile *profile, simtime from);

/* Time has come to `now`. Amortised O(1). */
void plan_advance(struct plan *plan, simtime now);

/* What is free over [from, to) changes. Before the first step nothing is kept. O(steps). */
void plan_change(struct plan *plan, simtime from, simtime to, int64_t change);

/* Reserve the earliest start at or after `after`, which is returned: SIMTIME_NEVER and no booking
 * if there is none. duration >= 1. O(steps). */
simtime plan_take(struct plan *plan, simtime after, simtime duration, int64_t procs,
                  struct booking *ret_booking);

/* Reserve [start, start + duration), whether it is free or not. O(steps). */
void plan_enter(struct plan *plan, simtime start, simtime duration, int64_t procs,
                struct booking *ret_booking);

/* Give the reservation up. O(steps it spans). */
void plan_leave(struct plan *plan, struct booking booking, int64_t procs);

/* The job of this reservation has started: what it takes stays taken. O(1). */
void plan_keep(struct plan *plan, struct booking booking);

/* Is nothing overdrawn within it? O(steps it spans). */
bool plan_holds(const struct plan *plan, struct booking booking);

/* The first reserved start after `after`; SIMTIME_NEVER if there is none. O(steps before it). */
simtime plan_next_start(const struct plan *plan, simtime after);
static inline simtime plan_first_start(const struct plan *plan)
{
    return plan_next_start(plan, INT64_MIN);
}

/* A walk over all reservations begins: plan_earlier for each, in the order of the queue. True if
 * it wants to see them first: plan_survey, plan_see for each, plan_surveyed. `last` is the last
 * reserved start of these n. */
bool plan_walk(struct plan *plan);
void plan_survey(struct plan *plan, simtime last, size_t n);
void plan_see(struct plan *plan, simtime start, simtime duration, int64_t procs);
void plan_surveyed(struct plan *plan);

/* Move the reservation to the earliest start there is, which is returned: the one it has, if there
 * is none earlier. O(1) for most; O(steps) for one that may pass others. */
simtime plan_earlier(struct plan *plan, struct booking *booking, simtime duration, int64_t procs);

/* plan_earlier will be asked for it a few jobs later. */
static inline void plan_prefetch(const struct plan *plan, struct booking booking)
{
    __builtin_prefetch(&plan->steps[booking.from]);
    __builtin_prefetch(&plan->steps[booking.to]);
}

/* Nothing is known any more of who has been looked at: each job searches in the next walk. */
void plan_forget(struct plan *plan);

/* REQUIREs every invariant, and that from `now` on it is the profile less the reservations that
 * were taken out of it by the caller. */
void plan_check(const struct plan *plan, const struct profile *profile, simtime now);

#endif
