/* The plan of a centre where jobs may run in several partitions: their queues taken as one, so that
 * each job stands in it once. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/broker_state.h"

#include "util/mem.h"

/* The next item of the lane; NULL: there is none. */
static const struct expected *head(const struct lane *lane)
{
    const struct forecast *forecast = lane->forecast;
    return lane->next < forecast->len ? &forecast->items[lane->next] : NULL;
}

/* Does the job that is asked about stand first in the lane? */
static bool is_turn(const struct lane *lane)
{
    return lane->open && lane->next >= lane->ahead;
}

/* The lane whose first has the least key; `n`: they are empty. */
static size_t first_lane(const struct lane *lanes, size_t n)
{
    size_t first = n;
    const struct jobkey *least = NULL;
    for (size_t i = 0; i < n; i++) {
        const struct expected *expected = head(&lanes[i]);
        const struct jobkey *key = is_turn(&lanes[i]) ? &lanes[i].item.key
                                   : expected         ? &expected->item.key
                                                      : NULL;
        if (key && (!least || !jobkey_upto(least, key))) {
            least = key;
            first = i;
        }
    }
    return first;
}

static bool is_placed(const struct broker *broker, uint64_t seq)
{
    size_t i = 0;
    while (i < broker->n_placed && broker->placed[i] != seq)
        i++;
    return i < broker->n_placed;
}

static void note_placed(struct broker *broker, uint64_t seq)
{
    if (broker->n_placed == broker->placed_cap) {
        broker->placed_cap = 2 * broker->placed_cap + 16;
        broker->placed = mem_resize(broker->placed, broker->placed_cap, sizeof(*broker->placed));
    }
    broker->placed[broker->n_placed++] = seq;
}

static simtime not_before(const struct expected *expected, simtime now)
{
    return expected->after > now ? expected->after : now;
}

/* The job of that seq in the lane, and past it if it stands first; NULL: it is none of its items.
 * *ret_later: it will be met again. */
static const struct expected *same_in(struct lane *lane, uint64_t seq, bool *ret_later)
{
    const struct forecast *forecast = lane->forecast;
    for (size_t i = lane->next; i < forecast->len; i++)
        if (forecast->items[i].item.key.seq == seq) {
            lane->next += i == lane->next;
            *ret_later |= i >= lane->next;
            return &forecast->items[i];
        }
    return NULL;
}

/* The first of a lane may run in several: where it starts earliest, the first of equal ones. False:
 * more is known now of where none was found, and all is to be placed anew. */
static bool place_once(struct broker *broker, struct lane *lanes, const struct expected *first,
                       simtime now)
{
    const uint64_t seq = first->item.key.seq;
    const struct expected *where = NULL;
    struct lane *best = NULL;
    simtime start = SIMTIME_NEVER;
    bool later = false;
    for (uint64_t in = first->in; in; in &= in - 1) {
        struct lane *lane = &lanes[__builtin_ctzll(in)];
        const struct expected *same = same_in(lane, seq, &later);
        const simtime here = same ? profile_earliest(lane->plan, not_before(same, now),
                                                     same->item.request, same->item.procs)
                                  : SIMTIME_NEVER;
        if (here < start) {
            start = here;
            where = same;
            best = lane;
        }
    }
    for (uint64_t in = where ? 0 : first->in; in; in &= in - 1)
        if (forecast_look_on(lanes[__builtin_ctzll(in)].forecast, &first->item, now))
            return false;
    if (!where)
        return true;
    profile_reserve(best->plan, start, start + where->item.request, where->item.procs);
    if (later)
        note_placed(broker, seq);
    return true;
}

/* The first of a lane, which may run there alone; likewise. */
static bool place_here(struct lane *lane, simtime now)
{
    const struct expected *expected = head(lane);
    const simtime after = not_before(expected, now);
    lane->next++;
    return profile_place(lane->plan, after, expected->item.request, expected->item.procs) <
               SIMTIME_NEVER ||
           !forecast_look_on(lane->forecast, &expected->item, after);
}

/* All that stands before the job at hand; likewise. */
static bool place_all(struct broker *broker, struct lane *lanes, size_t n, simtime now)
{
    broker->n_placed = 0;
    for (size_t i = 0; i < n; i++) {
        lanes[i].plan = forecast_draft(lanes[i].forecast);
        lanes[i].next = 0;
    }
    for (size_t i = 0; (i = first_lane(lanes, n)) < n && !is_turn(&lanes[i]);) {
        const struct expected *expected = head(&lanes[i]);
        const bool several = in_several(expected->in);
        bool known = true;
        if (!several)
            known = place_here(&lanes[i], now);
        else if (is_placed(broker, expected->item.key.seq))
            lanes[i].next++;
        else
            known = place_once(broker, lanes, expected, now);
        if (!known)
            return false;
    }
    return true;
}

/* Where the job at hand would start behind them; likewise. */
static bool find_start(const struct lane *lanes, size_t n, simtime *ret_start)
{
    *ret_start = SIMTIME_NEVER;
    for (size_t i = 0; i < n; i++) {
        const struct lane *lane = &lanes[i];
        if (!lane->open || lane->after >= *ret_start)
            continue;
        const simtime start =
            profile_earliest(lane->plan, lane->after, lane->item.request, lane->item.procs);
        if (start >= SIMTIME_NEVER && forecast_look_on(lane->forecast, &lane->item, lane->after))
            return false;
        *ret_start = start < *ret_start ? start : *ret_start;
    }
    return true;
}

simtime broker_common_start(struct broker *broker, struct lane *lanes, size_t n, simtime now)
{
    simtime start;
    while (!place_all(broker, lanes, n, now) || !find_start(lanes, n, &start))
        ;
    return start;
}
