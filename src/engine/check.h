/* What must always hold, checked after every event: for tests and `jishi run --check`. A broken
 * promise is a bug of ours and aborts. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ENGINE_CHECK_H
#define ENGINE_CHECK_H

#include "policy/sched.h"

struct check;

/* Takes the array of schedulers (not what it points to), one a partition of the world. */
struct check *check_new(struct sched **scheds, const struct world *world, const struct jobs *jobs);
void check_free(struct check *check); /* takes NULL */

COLD void check_see(struct check *check, const struct fact *fact);

/* A job submitted before joined its queues: in an order by submission it may stand before others.
 * O(live jobs). */
COLD void check_late(struct check *check, const struct job *job);

/* All that happens at `now` has happened. Is it time to look at jobs to which nothing happened,
 * too? As long as there are few it is after every event, and in longer queues so often that it
 * costs as much as for those few; what runs is looked at each time. O(running jobs log), amortized.
 */
bool check_instant(struct check *check, simtime now);

/* The run is over: every job is looked at once more. O(live jobs log). */
void check_last(struct check *check, simtime now);

#endif
