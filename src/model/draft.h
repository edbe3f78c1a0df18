/* Free capacity from now on, for one plan: a profile in which reservations are entered that are
 * forgotten afterwards, while jobs start for real. Most plans know few steps: these are copied, lie
 * side by side, are searched by going along them and forgotten at no cost. Where there are too many
 * the profile itself holds the reservations until the plan ends. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_DRAFT_H
#define MODEL_DRAFT_H

#include "model/profile.h"

enum { DRAFT_STEPS = 512, DRAFT_SOME = 16 /* compared at once */, DRAFT_MOVED = 4 /* likewise */ };

/* procs over [from, to), and `early` of them over [soon, from). */
struct draft_part {
    simtime soon, from, to;
    int32_t early, procs;
};

/* All zero: empty. While it is `flat`, step i holds from time[i] on, and time[0] is when it began.
 * Behind the last one time[len] never comes, and on the DRAFT_SOME levels there nothing fits: so
 * searches end without counting. */
struct draft {
    struct profile *profile; /* borrowed */
    bool flat;
    /* The earliest instant at which, since it was set, something was taken that left less than is
     * wanted; anything at all that was taken by a job that started, or while it was not flat. */
    simtime touched;
    int32_t wanted;
    simtime beyond;      /* a search that ended at `last` could find none before this instant */
    int64_t taken;       /* in all */
    uint32_t len, found; /* in all; that holds where the last search ended */
    simtime time[DRAFT_STEPS + DRAFT_SOME];
    int32_t free[DRAFT_STEPS + DRAFT_SOME];
    struct {
        struct draft_part *items; /* reservations; owned */
        size_t len, cap;
    } parts;
};

void draft_deinit(struct draft *draft);

/* Begin with the profile, which was advanced to `now`. O(steps) where they are few, else O(1). */
void draft_begin(struct draft *draft, struct profile *profile, simtime now);

/* Reservations are forgotten by the profile: it holds what it would without them. O(log steps) each
 * where there are many, else O(1). One that is flat still holds them: where nothing else entered
 * the profile it may be taken up at a later instant, by draft_advance: O(steps). */
void draft_end(struct draft *draft);
void draft_advance(struct draft *draft, simtime now);

/* REQUIREs that a flat one is from `now` on the profile less what is reserved. O(n log n). */
void draft_check(const struct draft *draft, simtime now);

/* Take procs > 0 over [from, to), from >= now, until the end. O(steps) where they are few, else
 * O(log steps). */
void draft_reserve(struct draft *draft, simtime from, simtime to, int32_t procs);

/* Multiples of a step > 0. */
struct draft_grid {
    simtime step;
    double inverse;
};

struct draft_grid draft_grid(simtime step);

/* The same until the multiple at or after `to`. And before `from`, since a microsecond before the
 * multiple at or before it, but not before `now`, what is not still held by those whose end it
 * waits for: at each instant s there procs - (free at from - free at s), within 0 and procs. */
void draft_reserve_wide(struct draft *draft, const struct draft_grid *grid, simtime now,
                        simtime from, simtime to, int32_t procs);

/* Would less have been taken early, had it been known that one that began since ends at `end`?
 * O(reservations). */
bool draft_took_beside(const struct draft *draft, simtime end);

/* A job has started on procs > 0 and entered the profile: over [from, to) as well. */
void draft_started(struct draft *draft, simtime from, simtime to, int32_t procs);

/* The profile has changed where nothing is taken: what is, it holds from now on until the end. */
void draft_extended(struct draft *draft);

/* As of profiles; `t`, `after` >= now. Later than `last` no hole need be found. */
int64_t draft_at(const struct draft *draft, simtime t);
simtime draft_next_step(const struct draft *draft, simtime t);
simtime draft_until(const struct draft *draft, simtime from, int32_t procs);
/* Of a flat one: the most that is free at some instant before `end`, and how many steps come before
 * it; whether there is such a hole that begins at one of so many steps. O(steps). */
int32_t draft_most(const struct draft *draft, simtime end, uint32_t *ret_steps);
bool draft_begins_in(const struct draft *draft, uint32_t steps, simtime duration, int32_t procs);
simtime draft_earliest(struct draft *draft, simtime after, simtime last, simtime duration,
                       int32_t procs);

#endif
