/* Arrivals by the clock: every 6 h, or by the calendar: every month on the day and hour of the
 * start, cut to the length of the month. The first comes at the beginning. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/quantity.h"
#include "workload/arrival_type.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MONTHS_MAX 12000

static bool given(const struct arrival_params *params)
{
    return params->every != NULL;
}

/* How many months the word means; 0: it is not of the calendar. */
static int months_of(const char *word, size_t len)
{
    if ((len == 5 || (len == 6 && word[5] == 's')) && memcmp(word, "month", 5) == 0)
        return 1;
    if ((len == 4 || (len == 5 && word[4] == 's')) && memcmp(word, "year", 4) == 0)
        return 12;
    return 0;
}

/* "1 month", "12months", "2 years": months. 0: not of the calendar; -1: no whole number. */
static long calendar_months(const char *text)
{
    size_t len = strlen(text), word;
    while (len > 0 && isspace((unsigned char)text[len - 1]))
        len--;
    for (word = len; word > 0 && isalpha((unsigned char)text[word - 1]);)
        word--;
    const int months = months_of(text + word, len - word);
    if (months == 0)
        return 0;
    char *end;
    const long count = strtol(text, &end, 10);
    while (isspace((unsigned char)*end))
        end++;
    return end != text + word || count < 1 || count > MONTHS_MAX / months ? -1 : count * months;
}

/* Exactly one of the two comes out above 0. */
static int parse(const char *text, simtime *ret_step, int *ret_months, struct error *err)
{
    const long months = calendar_months(text);
    double seconds = 0;
    if (months < 0)
        return error_set(err, "`%.40s`: months and years must be whole, from 1 month to %d", text,
                         MONTHS_MAX);
    if (months == 0 && quantity_parse(text, UNIT_TIME, &seconds, err) < 0)
        return -1;
    *ret_months = (int)months;
    *ret_step = simtime_from_seconds(seconds);
    if (months == 0 && *ret_step < 1)
        return error_set(err, "`%.40s` is no interval: at least 1 us", text);
    return 0;
}

int arrival_check_every(const void *text, struct error *err)
{
    simtime step;
    int months;
    return parse(text, &step, &months, err);
}

static int check(const struct arrival_params *params, struct error *err)
{
    return arrival_check_every(params->every, err) < 0 ? error_prefix(err, "every: ") : 0;
}

static double mean_rate(const struct arrival_params *params)
{
    simtime step;
    int months;
    if (parse(params->every, &step, &months, NULL) < 0)
        return 0;
    return months ? 12 / (365.2425 * 86400 * months) : 1 / simtime_seconds(step);
}

static int open_segment(struct segment *segment, const struct place *place, struct error *err)
{
    (void)place;
    return parse(segment->params->every, &segment->step, &segment->months, err);
}

struct rhythm {
    const struct place *place;
    simtime anchor; /* of occurrence 0 */
    simtime step;
    int months; /* 0: by the step */
};

/* Of occurrence k, counted from the anchor, so that the 31st comes back after February. */
static simtime instant_of(const struct rhythm *rhythm, int64_t k)
{
    if (rhythm->months == 0) {
        simtime since;
        if (__builtin_mul_overflow(k, rhythm->step, &since) || since > SIMTIME_NEVER)
            return SIMTIME_NEVER;
        return rhythm->anchor + since;
    }
    if (k > INT32_MAX / rhythm->months / 4)
        return SIMTIME_NEVER;
    const simtime start = rhythm->place->start;
    return date_add_months(start + rhythm->anchor, rhythm->place->offset, (int)k * rhythm->months) -
           start;
}

/* The first occurrence at or after `from`; one that began before the run keeps its rhythm. */
static int64_t first_occurrence(const struct rhythm *rhythm, simtime from)
{
    int64_t k = 0;
    if (rhythm->months == 0 && from > rhythm->anchor)
        k = (from - rhythm->anchor - 1) / rhythm->step + 1;
    while (rhythm->months > 0 && instant_of(rhythm, k) < from)
        k++;
    return k;
}

static int64_t clamp(int64_t k, int64_t least, int64_t most)
{
    return k < least ? least : k > most ? most : k;
}

/* Mean number of the occurrences in [from, to) that come before `at`, their jitter added. Those
 * that only may are looked at one by one or, where they are many, through quantiles of the jitter.
 */
static double mean_before(const struct rhythm *rhythm, const struct dist *jitter, int64_t from,
                          int64_t to, simtime at)
{
    enum { ONE_BY_ONE = 512, QUANTILES = 256 };
    const double since = simtime_seconds(at) - 0.5e-6, certain = 1 - 1e-12; /* times are rounded */
    const simtime latest =
        simtime_from_seconds(fmin(dist_greatest(jitter), dist_quantile(jitter, certain)));
    const int64_t sure = clamp(first_occurrence(rhythm, at - latest), from, to);
    const int64_t open = clamp(first_occurrence(rhythm, at), from, to);
    double count = 0;
    if (open - sure <= ONE_BY_ONE) {
        for (int64_t k = sure; k < open; k++)
            count += dist_cdf(jitter, since - simtime_seconds(instant_of(rhythm, k)));
        return (double)(sure - from) + count;
    }
    for (int i = 0; i < QUANTILES; i++) {
        const double delay = dist_quantile(jitter, (i + 0.5) / QUANTILES);
        count +=
            (double)clamp(first_occurrence(rhythm, at - simtime_from_seconds(delay)), sure, open);
    }
    return count / QUANTILES - (double)from;
}

static double mean_count(const struct arrival_params *params, const struct place *place,
                         simtime begin, simtime end)
{
    struct rhythm rhythm = {.place = place, .anchor = place_time(place, &params->from, 0)};
    if (parse(params->every, &rhythm.step, &rhythm.months, NULL) < 0)
        return 0;
    if (!params->jitter)
        return (double)(first_occurrence(&rhythm, end) - first_occurrence(&rhythm, begin));
    const simtime until = place_time(place, &params->until, SIMTIME_NEVER);
    const int64_t first = first_occurrence(&rhythm, 0);
    const int64_t last = first_occurrence(&rhythm, until < end ? until : end);
    const double count = mean_before(&rhythm, params->jitter, first, last, end) -
                         mean_before(&rhythm, params->jitter, first, last, begin);
    return count > 1e-9 ? count : 0; /* what sums leave is nothing */
}

static struct rhythm rhythm_of(const struct arrival *arrival, const struct segment *segment)
{
    return (struct rhythm){.place = &arrival->place,
                           .anchor = arrival->anchor,
                           .step = segment->step,
                           .months = segment->months};
}

/* The grid is that of these values, whatever was before: a change of anything else leaves it alone.
 */
static void enter(struct arrival *arrival, const struct segment *before)
{
    (void)before;
    const struct segment *segment = &arrival->segments[arrival->at];
    arrival->anchor = place_time(&arrival->place, &segment->params->from, 0);
    const struct rhythm rhythm = rhythm_of(arrival, segment);
    arrival->occurrence = first_occurrence(&rhythm, segment->from);
}

static bool next(struct arrival *arrival, const struct segment *segment, simtime *ret_time)
{
    const struct rhythm rhythm = rhythm_of(arrival, segment);
    const simtime time = instant_of(&rhythm, arrival->occurrence);
    if (time >= segment->until)
        return false;
    arrival->occurrence++;
    *ret_time = arrival->now = time;
    return true;
}

const struct arrival_type arrival_every = {
    .key = "every",
    .given = given,
    .check = check,
    .mean_rate = mean_rate,
    .mean_count = mean_count,
    .open = open_segment,
    .enter = enter,
    .next = next,
};
