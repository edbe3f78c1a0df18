/* Between windows that come again and again: how long do so many processors stay in service? */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_GAPS_H
#define MODEL_GAPS_H

#include "model/windows.h"

/* Groups of so many nodes, and the windows that are planned at an instant. */
struct outage {
    const struct recurrence *all; /* borrowed, as the groups */
    size_t n;
    simtime planned;
    const struct node_group *groups;
    size_t n_groups;
};

/* The longest stretches, by how many processors stay in service. */
struct gap_list {
    struct gap {
        int64_t above, upto; /* of so many processors, down to more than so many */
        simtime longest;     /* or longer, if it is not exact */
        bool exact;
    } * items; /* owned */
    size_t len, cap;
};

/* What was found so far, of one outage. All zero: nothing. */
struct gaps {
    simtime settled; /* when all that comes again had begun */
    simtime from;
    struct gap_list then, now; /* once settled; from `from` until some time after it */
};

void gaps_clear(struct gaps *gaps);

/* When all that comes again has begun: what is let then is let for ever. INT64_MIN: nothing comes
 * again. O(n). */
simtime gaps_settled(const struct outage *outage);

/* Is there ever, at `from` or later, a stretch in which so many processors are in service for so
 * long? O(windows) for the first at an instant that fits only before all have begun; else O(1) but
 * for the first that asks more than the few windows to come tell, for which those of centuries are
 * written out. */
bool gaps_let(struct gaps *gaps, const struct outage *outage, simtime from, int64_t procs,
              simtime duration);

/* The longest such stretch; SIMTIME_NEVER: without an end. As long as the longest question of
 * gaps_let takes. */
simtime gaps_longest(struct gaps *gaps, const struct outage *outage, simtime from, int64_t procs);

#endif
