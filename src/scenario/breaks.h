/* What maintenance and reservations that come again and again leave a job between them. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_BREAKS_H
#define SCENARIO_BREAKS_H

#include "scenario/build.h"

/* When all that does has begun, from the epoch on; INT64_MIN: nothing does. O(recurrences). */
simtime breaks_settled(const struct build *build, size_t partition, size_t epoch);

/* Do so many processors ever stay in service for so long, from an instant of the epoch on, at which
 * a job is submitted, or after a later change? If not it is rejected. As gaps_let, once for each
 * change. */
bool breaks_let(const struct build *build, size_t partition, size_t epoch, simtime at,
                int64_t procs, double seconds);

/* The most seconds for which they do; INFINITY: without an end. As gaps_longest. */
double breaks_longest(const struct build *build, size_t partition, size_t epoch, simtime at,
                      int64_t procs);

#endif
