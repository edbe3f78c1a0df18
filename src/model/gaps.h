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

/* What was found so far, of one outage. All zero: nothing. */
struct gaps {
    simtime settled; /* when all that comes again had begun */
    struct gap {
        int64_t above, upto; /* of so many processors, down to more than so many */
        simtime longest;     /* or longer, if it is not exact */
        bool exact;
    } * items;
    size_t len, cap;
};

void gaps_clear(struct gaps *gaps);

/* Is there ever, at `from` or later, a stretch in which so many processors are in service for so
 * long? O(windows) for what fits only before all have begun; else O(1) but for the first that asks
 * more than the few windows to come tell, for which those of centuries are written out. */
bool gaps_let(struct gaps *gaps, const struct outage *outage, simtime from, int64_t procs,
              simtime duration);

/* The longest such stretch; SIMTIME_NEVER: without an end. As long as the longest question of
 * gaps_let takes. */
simtime gaps_longest(struct gaps *gaps, const struct outage *outage, simtime from, int64_t procs);

#endif
