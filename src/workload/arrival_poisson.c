/* Poisson arrivals of varying rate: the intensity is
 *     rate * hour * weekday * month * exp(growth * (t - reference)),
 * constant but for the growth within each local hour. Each arrival uses up one exponential draw of
 * cumulative intensity (inversion: exact, and one draw an arrival, whatever the profile). */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/arrival_type.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

/* Past this, nearest microseconds are too coarse, and no machine would live to see the end. */
#define RATE_MAX 1e5
#define YEAR (365 * 86400.0)

static const int month_days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

static bool given(const struct arrival_params *params)
{
    return params->poisson != 0;
}

static int check_list(const struct numbers *list, size_t len, const char *key, struct error *err)
{
    double sum = 0;
    if (list->len != 0 && list->len != len)
        return error_set(err, "%s: needs %zu numbers, not %zu", key, len, list->len);
    for (size_t i = 0; i < list->len; i++) {
        if (!(list->values[i] >= 0))
            return error_set(err, "%s: %g is below 0", key, list->values[i]);
        sum += list->values[i];
    }
    if (list->len != 0 && !(sum > 0 && isfinite(sum)))
        return error_set(err, "%s: the numbers must add up to more than 0", key);
    return 0;
}

static int check_hours(const void *profile, struct error *err)
{
    return check_list(&((const struct arrival_profile *)profile)->hour_of_day, 24, "hour_of_day",
                      err);
}

static int check_days(const void *profile, struct error *err)
{
    return check_list(&((const struct arrival_profile *)profile)->day_of_week, 7, "day_of_week",
                      err);
}

static int check_months(const void *profile, struct error *err)
{
    return check_list(&((const struct arrival_profile *)profile)->month_of_year, 12,
                      "month_of_year", err);
}

field_check *const arrival_profile_checks[] = {check_hours, check_days, check_months, NULL};

static int check(const struct arrival_params *params, struct error *err)
{
    if (!(params->poisson > 0 && params->poisson <= RATE_MAX))
        return error_set(err, "poisson: the rate must be above 0, and at most %g per s", RATE_MAX);
    if (!(params->growth * YEAR > -1 && isfinite(params->growth)))
        return error_set(err, "growth: a rate cannot shrink by 100%% or more a year");
    for (field_check *const *one = arrival_profile_checks; *one; one++)
        if ((*one)(&params->profile, err) < 0)
            return error_prefix(err, "profile: ");
    return 0;
}

static double log_growth(const struct arrival_params *params)
{
    return log1p(params->growth * YEAR) / YEAR;
}

/* The integral of exp(g x) over [0, length]. */
static double grown(double g, double length)
{
    return g == 0 ? length : expm1(g * length) / g;
}

static double mean_rate(const struct arrival_params *params)
{
    return params->poisson;
}

/* item / mean of the list, the mean weighted by `days` (NULL: equally). */
static double relative(const struct numbers *list, const int *days, size_t i)
{
    if (list->len == 0)
        return 1;
    double sum = 0, total = 0;
    for (size_t j = 0; j < list->len; j++) {
        sum += list->values[j] * (days ? days[j] : 1);
        total += days ? days[j] : 1;
    }
    return list->values[i] * total / sum;
}

static int open_segment(struct segment *segment, const struct place *place, struct error *err)
{
    const struct arrival_profile *profile = &segment->params->profile;
    const double g = log_growth(segment->params);
    double most = 0, most_month = 0;
    for (size_t day = 0; day < 7; day++)
        for (size_t hour = 0; hour < 24; hour++) {
            const double weight = relative(&profile->day_of_week, NULL, day) *
                                  relative(&profile->hour_of_day, NULL, hour);
            segment->weight[day][hour] = weight;
            segment->day[day] += weight * exp(g * 3600 * (double)hour) * grown(g, 3600);
            most = fmax(most, weight);
        }
    for (size_t month = 0; month < 12; month++) {
        segment->month[month] = relative(&profile->month_of_year, month_days, month);
        most_month = fmax(most_month, segment->month[month]);
    }
    segment->flat = most == 1 && most_month == 1;
    segment->growth = g;
    segment->reference = place_time(place, &segment->params->from, 0);
    if (segment->from >= segment->until || segment->until == SIMTIME_NEVER)
        return 0;
    const double last = g > 0 ? exp(g * simtime_seconds(segment->until - segment->reference)) : 1;
    const double top = segment->params->poisson * most * most_month * last;
    if (!(top <= RATE_MAX))
        return error_set(err, "poisson: with profile and growth the rate reaches %g per s", top);
    return 0;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static double growth_at(const struct segment *segment, simtime t)
{
    if (segment->growth == 0)
        return 1;
    return exp(segment->growth * simtime_seconds(t - segment->reference));
}

/* The weight of the month of local day `day`; the calendar is asked once a day. */
static double month_weight(struct arrival *arrival, const struct segment *segment, int64_t day)
{
    if (segment->params->profile.month_of_year.len == 0)
        return 1;
    if (arrival->day != day) {
        arrival->day = day;
        arrival->month_weight = segment->month[date_civil(day * SIMTIME_DAY, 0).month - 1];
    }
    return arrival->month_weight;
}

/* Monday is 0, and 1970-01-01 was a Thursday. */
static size_t weekday(int64_t day)
{
    return (size_t)(((day + 3) % 7 + 7) % 7);
}

struct piece {
    simtime end;
    double rate; /* at `now`, 1/s */
};

/* The stretch from `now` on in which only growth varies. */
static struct piece piece_at(struct arrival *arrival, const struct segment *segment)
{
    const double rate = segment->params->poisson * growth_at(segment, arrival->now);
    if (segment->flat)
        return (struct piece){segment->until, rate};
    const simtime local = place_local(&arrival->place, arrival->now);
    const int64_t hour = floor_div(local, SIMTIME_HOUR), day = floor_div(hour, 24);
    const double weight =
        segment->weight[weekday(day)][hour - 24 * day] * month_weight(arrival, segment, day);
    const simtime end = arrival->now + (hour + 1) * SIMTIME_HOUR - local;
    return (struct piece){end < segment->until ? end : segment->until, rate * weight};
}

/* The integral of the intensity over the local day that begins now. */
static double of_day(struct arrival *arrival, const struct segment *segment)
{
    const int64_t day = floor_div(place_local(&arrival->place, arrival->now), SIMTIME_DAY);
    return segment->params->poisson * growth_at(segment, arrival->now) *
           segment->day[weekday(day)] * month_weight(arrival, segment, day);
}

/* From local midnight over whole days that use up no more than the hazard left. */
static void skip_days(struct arrival *arrival, const struct segment *segment)
{
    if (segment->flat || place_local(&arrival->place, arrival->now) % SIMTIME_DAY != 0)
        return;
    while (segment->until - arrival->now >= SIMTIME_DAY) {
        const double used = of_day(arrival, segment);
        if (arrival->hazard <= used)
            return;
        arrival->hazard -= used;
        arrival->now += SIMTIME_DAY;
    }
}

/* Of the intensity over [begin, end): by hours up to a midnight, then by days. */
static double integral(const struct segment *segment, const struct place *place, simtime begin,
                       simtime end)
{
    struct arrival cursor = {.place = *place, .now = begin, .day = INT64_MIN};
    double sum = 0;
    while (cursor.now < end) {
        const bool midnight = place_local(place, cursor.now) % SIMTIME_DAY == 0;
        if (midnight && !segment->flat && end - cursor.now >= SIMTIME_DAY) {
            sum += of_day(&cursor, segment);
            cursor.now += SIMTIME_DAY;
            continue;
        }
        const struct piece piece = piece_at(&cursor, segment);
        const simtime to = piece.end < end ? piece.end : end;
        sum += piece.rate * grown(segment->growth, simtime_seconds(to - cursor.now));
        cursor.now = to;
    }
    return sum;
}

/* The calendar, weekdays included, comes again. */
#define CYCLE (146097 * SIMTIME_DAY)

static double mean_count(const struct arrival_params *params, const struct place *place,
                         simtime begin, simtime end)
{
    struct segment segment = {.params = params, .from = begin, .until = end};
    if (open_segment(&segment, place, NULL) < 0)
        return HUGE_VAL;
    double sum = 0;
    if (end - begin >= CYCLE) {
        const double once = integral(&segment, place, begin, begin + CYCLE);
        for (simtime at = begin; end - at >= CYCLE; at += CYCLE)
            sum += once * exp(segment.growth * simtime_seconds(at - begin));
        begin += (end - begin) / CYCLE * CYCLE;
    }
    return sum + integral(&segment, place, begin, end);
}

static bool same(const struct segment *a, const struct segment *b)
{
    return memcmp(&a->params->poisson, &b->params->poisson, sizeof(a->params->poisson)) == 0 &&
           memcmp(&a->growth, &b->growth, sizeof(a->growth)) == 0 &&
           memcmp(a->weight, b->weight, sizeof(a->weight)) == 0 &&
           memcmp(a->month, b->month, sizeof(a->month)) == 0;
}

static void enter(struct arrival *arrival, const struct segment *before)
{
    (void)before;
    arrival->day = INT64_MIN; /* the month may weigh otherwise */
}

static bool next(struct arrival *arrival, const struct segment *segment, simtime *ret_time)
{
    const double g = segment->growth;
    if (arrival->hazard == 0)
        arrival->hazard = gsl_ran_exponential(rng_at(&arrival->chance, arrival->count), 1);
    while (arrival->now < segment->until) {
        const struct piece piece = piece_at(arrival, segment);
        const double length = simtime_seconds(piece.end - arrival->now) - arrival->rest;
        const double all = piece.rate * grown(g, length);
        if (arrival->hazard < all) {
            const double wait =
                g == 0 ? arrival->hazard / piece.rate : log1p(arrival->hazard * g / piece.rate) / g;
            const double exact = arrival->rest + wait;
            const simtime step = simtime_from_seconds(exact);
            *ret_time =
                arrival->now + step < segment->until ? arrival->now + step : segment->until - 1;
            arrival->now += step;
            arrival->rest = exact - simtime_seconds(step);
            arrival->hazard = 0;
            return true;
        }
        arrival->hazard = fmax(arrival->hazard - all, 0x1p-1000);
        arrival->now = piece.end;
        arrival->rest = 0;
        skip_days(arrival, segment);
    }
    return false;
}

const struct arrival_type arrival_poisson = {
    .key = "poisson",
    .given = given,
    .check = check,
    .mean_rate = mean_rate,
    .mean_count = mean_count,
    .open = open_segment,
    .same = same,
    .enter = enter,
    .next = next,
};
