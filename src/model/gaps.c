/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/gaps.h"

#include "util/mem.h"

#include <stdlib.h>

/* After four centuries calendars repeat, weeks included. Recurrences that do not meet in so many
 * windows are not told apart from those that never do. */
#define CENTURIES (146097 * SIMTIME_DAY)
#define WINDOWS_FEW 64
#define WINDOWS_MANY 65536

void gaps_clear(struct gaps *gaps)
{
    free(gaps->then.items);
    free(gaps->now.items);
    *gaps = (struct gaps){0};
}

/* The longest stretch from `from` on, up to the first window after `until` or after so many. */
static struct gap find_longest(const struct outage *outage, simtime from, simtime until,
                               size_t most, int64_t procs)
{
    struct windows windows;
    windows_init(&windows, outage->all, outage->n, outage->planned, from);
    windows_extend(&windows, until, most);
    const simtime end = windows_next(&windows);
    const size_t n = 2 * windows.len;
    struct windows_step *steps = mem_new(n, sizeof(*steps));
    windows_steps(&windows, outage->groups, steps);
    int64_t there = 0;
    for (size_t g = 0; g < outage->n_groups; g++)
        there += (int64_t)outage->groups[g].nodes * outage->groups[g].procs_per_node;
    struct gap gap = {.above = INT64_MIN, .upto = INT64_MAX};
    simtime begins = SIMTIME_NEVER;
    for (size_t i = 0; i <= n; i++) {
        const simtime at = i < n && steps[i].at < end ? steps[i].at : end;
        const simtime before = i > 0 && steps[i - 1].at > from ? steps[i - 1].at : from;
        if (at > before && there >= procs) {
            begins = before < begins ? before : begins;
            gap.longest = at - begins > gap.longest ? at - begins : gap.longest;
            gap.upto = there < gap.upto ? there : gap.upto;
        } else if (at > before) {
            begins = SIMTIME_NEVER;
            gap.above = there > gap.above ? there : gap.above;
        }
        if (at == end)
            break;
        there += steps[i].change;
    }
    free(steps);
    windows_deinit(&windows);
    return gap;
}

static struct gap *find_gap(const struct gap_list *list, int64_t procs)
{
    for (size_t i = 0; i < list->len; i++)
        if (procs > list->items[i].above && procs <= list->items[i].upto)
            return &list->items[i];
    return NULL;
}

static struct gap *add_gap(struct gap_list *list)
{
    MEM_GROW(list);
    return &list->items[list->len++];
}

/* Once all have begun. */
static const struct gap *find_then(struct gaps *gaps, const struct outage *outage, int64_t procs,
                                   simtime duration)
{
    struct gap *gap = find_gap(&gaps->then, procs);
    if (gap && (gap->exact || duration <= gap->longest))
        return gap;
    const simtime until = gaps->settled + CENTURIES;
    struct gap found = find_longest(outage, gaps->settled, until, WINDOWS_FEW, procs);
    if (duration > found.longest) {
        found = find_longest(outage, gaps->settled, until, WINDOWS_MANY, procs);
        found.exact = true;
        /* No window of so many was in the way. */
        if (found.above == INT64_MIN)
            found.longest = SIMTIME_NEVER;
    }
    gap = gap ? gap : add_gap(&gaps->then);
    *gap = found;
    return gap;
}

/* Until all have begun. What began before goes on for no longer than `then`, the longest there is
 * afterwards. */
static simtime find_now(struct gaps *gaps, const struct outage *outage, simtime from, int64_t procs,
                        simtime then)
{
    if (gaps->from != from)
        gaps->now.len = 0;
    gaps->from = from;
    struct gap *gap = find_gap(&gaps->now, procs);
    if (!gap) {
        gap = add_gap(&gaps->now);
        *gap = find_longest(outage, from, gaps->settled + then, WINDOWS_MANY, procs);
    }
    return gap->longest;
}

/* Of those that end after `begin`. */
static simtime settled_from(const struct outage *outage, simtime begin)
{
    struct windows windows;
    windows_init(&windows, outage->all, outage->n, outage->planned, begin);
    const simtime settled = windows_settled(&windows);
    windows_deinit(&windows);
    return settled;
}

static void settle(struct gaps *gaps, const struct outage *outage, simtime from)
{
    if (gaps->then.len > 0)
        return;
    const simtime settled = settled_from(outage, from);
    gaps->settled = settled > from ? settled : from;
}

simtime gaps_settled(const struct outage *outage)
{
    return settled_from(outage, INT64_MIN);
}

simtime gaps_longest(struct gaps *gaps, const struct outage *outage, simtime from, int64_t procs)
{
    settle(gaps, outage, from);
    const simtime then = find_then(gaps, outage, procs, SIMTIME_NEVER)->longest;
    if (from >= gaps->settled || then == SIMTIME_NEVER)
        return then;
    const simtime now = find_now(gaps, outage, from, procs, then);
    return now > then ? now : then;
}

bool gaps_let(struct gaps *gaps, const struct outage *outage, simtime from, int64_t procs,
              simtime duration)
{
    settle(gaps, outage, from);
    return duration <= find_then(gaps, outage, procs, duration)->longest ||
           duration <= gaps_longest(gaps, outage, from, procs);
}
