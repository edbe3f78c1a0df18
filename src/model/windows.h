/* Windows in which nodes are out of service. What comes again and again never ends: windows are
 * written out as far ahead as somebody looks, so that the length of a run changes nothing in it. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_WINDOWS_H
#define MODEL_WINDOWS_H

#include "model/cluster.h"
#include "util/date.h"

/* One window, [from, to). One that moves nodes takes them to another partition instead (or, with
 * nodes < 0, has them from one): they are not down, but part of the capacity there. */
struct maintenance {
    simtime from, to;
    size_t group;
    int32_t nodes;
    bool moves;
};

/* A window by itself, or one that comes again. Windows of one recurrence that move nodes and
 * overlap or meet are one. */
struct recurrence {
    struct maintenance first;
    struct date_interval every; /* neither months nor a step: once */
    simtime epoch;              /* the start since 1970, for months */
    int32_t offset;             /* the same: seconds east of UTC */
    simtime since, until;       /* only those that begin in [since, until) */
    simtime known, gone;        /* planned in [known, gone), which it must be when it begins */
};

/* What is planned as of this instant, begins. */
#define WINDOWS_BEGIN (SIMTIME_NEVER - 1)

/* Windows of several recurrences, by their beginning, then their end, written out so far. */
struct windows {
    const struct recurrence *all; /* borrowed */
    size_t n;
    struct windows_next *next; /* owned: the next of each */
    struct maintenance *items; /* owned; `dropped` stood before them */
    size_t len, cap, dropped;
    bool endless; /* there is always another one */
};

/* Of those recurrences that are planned at `planned`, what ends after `begin`. None is written out
 * yet. */
void windows_init(struct windows *windows, const struct recurrence *all, size_t n, simtime planned,
                  simtime begin);
void windows_deinit(struct windows *windows);

/* When the first begins that is not written out; SIMTIME_NEVER: all are. O(n). */
simtime windows_next(const struct windows *windows);

/* Write out what begins before `until`, but no more than `most` in all. O(n) a window. */
void windows_extend(struct windows *windows, simtime until, size_t most);

/* Forget those at the front that ended before `now`. Amortised O(1) each. */
void windows_drop(struct windows *windows, simtime now);

/* When every endless recurrence will have begun; INT64_MIN: there is none. None may be written out
 * yet. O(n). */
simtime windows_settled(const struct windows *windows);

/* Processors that come back at an instant, or go. */
struct windows_step {
    simtime at;
    int64_t change;
};

/* Where the windows that are written out begin and end, by time: 2 len steps. Where they overlap, a
 * group has no more nodes to lose than it has. O(len log len). */
void windows_steps(const struct windows *windows, const struct node_group *groups,
                   struct windows_step *ret);

#endif
