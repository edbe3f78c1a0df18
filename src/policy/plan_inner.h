/* Inside a plan, for plan.c, its list, and plan_gains.c, which keeps what came free. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef POLICY_PLAN_INNER_H
#define POLICY_PLAN_INNER_H

#include "policy/plan.h"

#define TAIL 0

/* Sizes of one class are at least plan_class_least: two classes an octave. No size is of class 1.
 */
static inline int plan_class(int64_t procs)
{
    const int octave = 63 - __builtin_clzll((uint64_t)procs);
    return 2 * octave + (int)((uint64_t)procs << 1 >> octave & 1);
}

static inline int64_t plan_class_least(int class)
{
    return (INT64_C(2) + (class & 1)) << (class / 2) >> 1;
}

/* The first is below two seconds, the last has no end. */
static inline int plan_length(simtime length)
{
    const int class = plan_class(length >> 20 | 1);
    return class < PLAN_LENGTHS ? class : PLAN_LENGTHS - 1;
}

static inline int plan_part(const struct plan *plan, simtime t)
{
    const simtime part = (t - plan->origin) >> plan->shift;
    return part < plan->parts ? (int)part : plan->parts - 1;
}

static inline simtime plan_end(simtime start, simtime duration)
{
    return duration < SIMTIME_NEVER - start ? start + duration : SIMTIME_NEVER;
}

/* The first step from step i on in which a hole for the job begins, at `after` at the earliest and
 * before `last`; TAIL if there is none. *ret_t: when. O(steps). */
uint32_t plan_search(const struct plan *plan, uint32_t i, simtime after, simtime last,
                     simtime duration, int64_t procs, simtime *ret_t);

void plan_gains_clear(struct plan *plan, int age); /* of all classes */

/* The steps from i to before `end` have gained `change`. O(steps nearby x classes). */
void plan_gains_note(struct plan *plan, uint32_t i, uint32_t end, int64_t change);

/* Some job of this size and request starts at `start`. */
void plan_gains_expect(struct plan *plan, simtime start, simtime duration, int64_t procs);

/* A job that looks for an earlier start. */
struct plan_seeker {
    simtime start; /* nothing from here on is of use */
    simtime duration;
    int64_t procs;
    int class;
    uint32_t near; /* the step at `start` */
    uint64_t seen; /* when it was last searched for one */
    simtime t;     /* what it found; SIMTIME_NEVER: nothing yet */
    uint32_t step; /* in which that is; TAIL: nothing yet */
};

/* The earliest start that uses a gain since it was seen. O(gains of its class x steps nearby). */
void plan_gains_try(struct plan *plan, struct plan_seeker *seeker);

#endif
