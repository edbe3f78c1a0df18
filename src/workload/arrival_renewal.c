/* Renewal arrivals: independent gaps of one distribution, the first from the beginning. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/arrival_type.h"

#include <math.h>

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

/* Mean number of arrivals within `seconds` of the beginning: the renewal equation by the
 * Riemann-Stieltjes sums of Xie (Communications in Statistics - Simulation 18(1), 1989). */
static double solve(const struct dist *gap, double seconds)
{
    enum { STEPS = 256 };
    double mean[STEPS + 1] = {0}, cdf[2 * STEPS + 1]; /* of half steps */
    const double half = seconds / (2 * STEPS);
    for (int i = 0; i <= 2 * STEPS; i++)
        cdf[i] = dist_cdf(gap, i * half - 0.5e-6); /* times are rounded */
    for (int i = 1; i <= STEPS; i++) {
        double sum = cdf[2 * i] - cdf[1] * mean[i - 1];
        for (int j = 1; j < i; j++)
            sum += (mean[j] - mean[j - 1]) * cdf[2 * (i - j) + 1];
        mean[i] = sum / (1 - cdf[1]);
    }
    return mean[STEPS];
}

/* The same of any time: far from the beginning it grows evenly. */
static double count_within(const struct dist *gap, simtime time)
{
    enum { FAR = 30 }; /* mean gaps */
    const double mean = dist_mean(gap), seconds = simtime_seconds(time);
    double fixed;
    if (time <= 0)
        return 0;
    if (dist_is_constant(gap, &fixed))
        return (double)((time - 1) / simtime_from_seconds(fixed));
    if (seconds <= FAR * mean)
        return solve(gap, seconds);
    const double variance = dist_variance(gap);
    return isfinite(variance) ? seconds / mean + (variance / (mean * mean) - 1) / 2
                              : solve(gap, FAR * mean) + seconds / mean - FAR;
}

static double mean_count(const struct arrival_params *params, const struct place *place,
                         simtime begin, simtime end)
{
    const simtime from = place_time(place, &params->from, 0), first = from > 0 ? from : 0;
    return fmax(0, count_within(params->renewal, end - first) -
                       count_within(params->renewal, begin - first));
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
    .mean_count = mean_count,
    .enter = enter,
    .next = next,
};
