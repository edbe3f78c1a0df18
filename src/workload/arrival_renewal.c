/* Renewal arrivals: independent gaps of one distribution, the first from the beginning. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/arrival_type.h"

static bool given(const struct arrival_params *params)
{
    return params->renewal != NULL;
}

static int check(const struct arrival_params *params, struct error *err)
{
    if (!(dist_mean(params->renewal) >= 1e-6))
        return error_set(err, "renewal: the mean gap must be 1 us or more");
    return 0;
}

static double mean_rate(const struct arrival_params *params)
{
    return 1 / dist_mean(params->renewal);
}

static void enter(struct arrival *arrival, const struct segment *before)
{
    const simtime from = arrival->segments[arrival->at].from;
    if (!before || before->type != &arrival_renewal || arrival->due < from)
        arrival->due = SIMTIME_NEVER;
}

static bool next(struct arrival *arrival, const struct segment *segment, simtime *ret_time)
{
    if (arrival->due == SIMTIME_NEVER) {
        const double gap =
            dist_draw(segment->params->renewal, rng_at(&arrival->gap, arrival->count));
        arrival->due = arrival->now + simtime_from_seconds(gap);
    }
    if (arrival->due >= segment->until)
        return false;
    *ret_time = arrival->now = arrival->due;
    arrival->due = SIMTIME_NEVER;
    return true;
}

const struct arrival_type arrival_renewal = {
    .key = "renewal",
    .given = given,
    .check = check,
    .mean_rate = mean_rate,
    .enter = enter,
    .next = next,
};
