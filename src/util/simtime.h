/* Simulated time: whole microseconds since the start of the run. Equal instants compare equal. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef UTIL_SIMTIME_H
#define UTIL_SIMTIME_H

#include <math.h>
#include <stdint.h>

typedef int64_t simtime; /* microseconds */

#define SIMTIME_SECOND INT64_C(1000000)
#define SIMTIME_HOUR (3600 * SIMTIME_SECOND)
#define SIMTIME_DAY (24 * SIMTIME_HOUR)
/* Later than anything that happens; sums of a few such values still fit in 64 bits. */
#define SIMTIME_NEVER (INT64_MAX / 4)

/* Nearest microsecond; what is too long for the clock becomes SIMTIME_NEVER. */
static inline simtime simtime_from_seconds(double seconds)
{
    const double us = seconds * 1e6;
    if (!(us < (double)SIMTIME_NEVER))
        return SIMTIME_NEVER;
    return us < -(double)SIMTIME_NEVER ? -SIMTIME_NEVER : (simtime)llround(us);
}

/* The first microsecond at or after: for durations computed from work and speed. */
static inline simtime simtime_ceil_seconds(double seconds)
{
    const double us = ceil(seconds * 1e6);
    return us < (double)SIMTIME_NEVER ? (simtime)us : SIMTIME_NEVER;
}

/* The first multiple of an interval at or after. */
static inline simtime simtime_multiple(simtime at, simtime interval)
{
    const simtime whole = interval < SIMTIME_NEVER && at < SIMTIME_NEVER ? at / interval : -1;
    return whole < 0 ? SIMTIME_NEVER : (whole + (at > whole * interval)) * interval;
}

static inline double simtime_seconds(simtime t)
{
    return (double)t / 1e6;
}

#endif
