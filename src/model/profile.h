/* Free capacity of one partition as a step function of future time, by counts.
 *
 * Kept as steps (instant, change) in a B+tree whose nodes hold the sum of the changes below and the
 * least and greatest partial sum, so that a start or an end is one or two point updates and the
 * earliest hole is found by descents instead of a walk. Steps at one instant merge; a change of
 * zero vanishes. What may start now, a shadow time, a plan and every reservation are read here. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_PROFILE_H
#define MODEL_PROFILE_H

#include "util/base.h"
#include "util/simtime.h"

struct profile;

/* Free is `free` from SIMTIME_NEVER in the past on. */
struct profile *profile_new(int64_t free);
void profile_free(struct profile *profile); /* takes NULL */
AUTO_DEFINE(struct profile *, profile_free)

/* For what-if: a copy that shares nothing. profile_assign makes a profile equal to another and
 * allocates only where that has more nodes than it ever had. O(steps), by memcpy of whole nodes. */
struct profile *profile_copy(const struct profile *profile);
void profile_assign(struct profile *copy, const struct profile *profile);

/* From `at` on, free changes by `change`. An instant at or before the last profile_advance changes
 * the base. O(log steps). */
void profile_change(struct profile *profile, simtime at, int64_t change);

/* Take `procs` over [from, to): two changes. profile_release is its exact undo. O(log steps). */
void profile_reserve(struct profile *profile, simtime from, simtime to, int64_t procs);
void profile_release(struct profile *profile, simtime from, simtime to, int64_t procs);

/* Forget what lies at or before `now` (it becomes the base). Amortised O(1) a step. */
void profile_advance(struct profile *profile, simtime now);

/* Free at the instant t (changes at t counted). O(log steps). */
int64_t profile_at(const struct profile *profile, simtime t);

/* Least and greatest free over [from, to); from < to. O(log steps). */
int64_t profile_least(const struct profile *profile, simtime from, simtime to);
int64_t profile_greatest(const struct profile *profile, simtime from, simtime to);

/* The earliest t >= after with free >= procs over all of [t, t + duration), duration >= 0 (0 reads
 * as 1); SIMTIME_NEVER if there is none. O(log steps) for each hole passed over. */
simtime profile_earliest(const struct profile *profile, simtime after, simtime duration,
                         int64_t procs);

/* The same; *ret_free: what is free there, if there is such an instant. */
simtime profile_hole(const struct profile *profile, simtime after, simtime duration, int64_t procs,
                     int64_t *ret_free);

/* profile_earliest and profile_reserve in one: the earliest start, taken; SIMTIME_NEVER, and
 * nothing is, if there is none. O(log steps) for each hole passed over; O(steps) where they are
 * few. */
simtime profile_place(struct profile *profile, simtime after, simtime duration, int64_t procs);

/* Whether a job that holds a reservation from `held` on could start before: the earliest t in
 * [after, last] with free >= procs over [t, min(t + duration, held)), its own reservation being in
 * the profile; SIMTIME_NEVER if there is none. last < held. O(log steps) for each hole passed over.
 */
simtime profile_earlier(const struct profile *profile, simtime after, simtime last,
                        simtime duration, int64_t procs, simtime held);

/* Until when free stays >= procs from `from` on: `from` itself if it is less then; SIMTIME_NEVER:
 * for good. O(log steps). */
simtime profile_until(const struct profile *profile, simtime from, int64_t procs);

/* The first step after `t`; SIMTIME_NEVER if there is none. O(log steps). */
simtime profile_next_step(const struct profile *profile, simtime t);

/* All steps: their instants and what is free from each on; returns how many. O(steps). */
size_t profile_list(const struct profile *profile, simtime *ret_time, int64_t *ret_free);

/* Free from the last step on, for ever; *ret_last: the instant of that step, INT64_MIN if there is
 * none. O(log steps). */
int64_t profile_last(const struct profile *profile, simtime *ret_last);

size_t profile_steps(const struct profile *profile);
void profile_check(const struct profile *profile); /* REQUIREs every invariant of the tree */

#endif
