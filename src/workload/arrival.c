/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/arrival.h"

#include "util/mem.h"
#include "workload/arrival_type.h"
#include "workload/source.h"

#include <math.h>
#include <stdlib.h>

/* A jitter that keeps this many instants waiting is a slip of the unit. */
#define MOST_PENDING 1000000

static const struct field profile_fields[] = {
    {"hour_of_day", FIELD_NUMBERS, offsetof(struct arrival_profile, hour_of_day),
     "24 relative rates, from midnight local time", .unit = UNIT_NONE},
    {"day_of_week", FIELD_NUMBERS, offsetof(struct arrival_profile, day_of_week),
     "7 relative rates, Monday first", .unit = UNIT_NONE},
    {"month_of_year", FIELD_NUMBERS, offsetof(struct arrival_profile, month_of_year),
     "12 relative rates, January first", .unit = UNIT_NONE},
    {0},
};

static field_check *const every_checks[] = {arrival_check_every, NULL};

const struct field arrival_fields[] = {
    {"poisson", FIELD_QUANTITY, offsetof(struct arrival_params, poisson), "by chance, at this rate",
     .unit = UNIT_RATE},
    {"renewal", FIELD_DIST, offsetof(struct arrival_params, renewal),
     "independent gaps of this distribution", .unit = UNIT_TIME, .zero = "0s"},
    {"every", FIELD_TEXT, offsetof(struct arrival_params, every),
     "an interval, counted from `from` (the start of the run if not given): `6h`, or by the "
     "calendar "
     "`1 month`, `2 years`",
     .checks = every_checks},
    {"jitter", FIELD_DIST, offsetof(struct arrival_params, jitter),
     "how long after each instant of `every`", .unit = UNIT_TIME, .zero = "0s"},
    {"profile", FIELD_TABLE, offsetof(struct arrival_params, profile),
     "how the rate of `poisson` varies by hour, weekday and month", .table = profile_fields,
     .checks = arrival_profile_checks},
    {"growth", FIELD_QUANTITY, offsetof(struct arrival_params, growth),
     "of the rate of `poisson`, which is that at `from` (the start of the run if not given), "
     "compounded: `35%/year` is a factor 1.35 in 365 days",
     .unit = UNIT_RATE},
    {"from", FIELD_DATE, offsetof(struct arrival_params, from), "no arrival before"},
    {"until", FIELD_DATE, offsetof(struct arrival_params, until), "no arrival at or after"},
    {0},
};

static const struct arrival_type *const types[] = {
    &arrival_poisson,
    &arrival_renewal,
    &arrival_every,
};

static const struct arrival_type *type_of(const struct arrival_params *params, struct error *err)
{
    const struct arrival_type *type = NULL;
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (!types[i]->given(params))
            continue;
        if (type) {
            error_set(err, "give either %s or %s, not both", type->key, types[i]->key);
            return NULL;
        }
        type = types[i];
    }
    if (!type)
        error_set(err, "needs poisson (a rate above 0), renewal or every");
    return type;
}

static const char not_after[] = "until: not after from";

/* Of dates that can be compared wherever the run starts. */
static bool ends_first(const struct date_value *from, const struct date_value *until)
{
    return from->given && until->given && from->relative == until->relative &&
           from->zoned == until->zoned && until->instant <= from->instant;
}

static int check_source(const void *params, struct error *err)
{
    return type_of(params, err) ? 0 : -1;
}

static int check_rate(const void *object, struct error *err)
{
    const struct arrival_params *params = object;
    const struct arrival_type *type = type_of(params, NULL);
    const struct arrival_profile *profile = &params->profile;
    const bool varies = params->growth != 0 || profile->hour_of_day.len ||
                        profile->day_of_week.len || profile->month_of_year.len;
    return type && type != &arrival_poisson && varies
               ? error_set(err, "profile and growth go with poisson, not with %s", type->key)
               : 0;
}

static int check_jitter(const void *object, struct error *err)
{
    const struct arrival_params *params = object;
    const struct arrival_type *type = type_of(params, NULL);
    return type && type != &arrival_every && params->jitter
               ? error_set(err, "jitter goes with every, not with %s", type->key)
               : 0;
}

static int check_dates(const void *object, struct error *err)
{
    const struct arrival_params *params = object;
    return ends_first(&params->from, &params->until) ? error_set(err, "%s", not_after) : 0;
}

static int check_own(const void *params, struct error *err)
{
    const struct arrival_type *type = type_of(params, NULL);
    return type && type->check ? type->check(params, err) : 0;
}

field_check *const arrival_checks[] = {check_source, check_rate, check_jitter,
                                       check_dates,  check_own,  NULL};

int arrival_check(const struct arrival_params *params, struct error *err)
{
    for (field_check *const *check = arrival_checks; *check; check++)
        if ((*check)(params, err) < 0)
            return -1;
    return 0;
}

bool arrival_is_endless(const struct arrival_params *params)
{
    return !params->until.given;
}

double arrival_mean_count(const struct arrival_params *params, const struct place *place,
                          simtime from, simtime to)
{
    const simtime first = place_time(place, &params->from, 0);
    const simtime until = place_time(place, &params->until, SIMTIME_NEVER);
    const simtime begin = from > first ? from : first;
    const simtime end = until < to && !params->jitter ? until : to; /* which carries some past it */
    const struct arrival_type *type = type_of(params, NULL);
    if (begin >= end)
        return 0;
    return type->mean_count ? type->mean_count(params, place, begin, end)
                            : type->mean_rate(params) * simtime_seconds(end - begin);
}

double arrival_mean_rate(const struct arrival_params *params, const struct place *place)
{
    if (place->limit == SIMTIME_NEVER)
        return type_of(params, NULL)->mean_rate(params);
    return place->limit > 0
               ? arrival_mean_count(params, place, 0, place->limit) / simtime_seconds(place->limit)
               : 0;
}

/* What changes nothing here must not even round otherwise: the segment before is drawn out. */
static bool draw_out(const struct arrival *arrival, struct segment *before,
                     const struct segment *segment)
{
    const struct place *place = &arrival->place;
    const struct arrival_params *old = before->params, *new = segment->params;
    if (before->type != segment->type || !segment->type->same ||
        place_time(place, &old->from, 0) != place_time(place, &new->from, 0) ||
        place_time(place, &old->until, SIMTIME_NEVER) !=
            place_time(place, &new->until, SIMTIME_NEVER) ||
        !segment->type->same(before, segment))
        return false;
    before->until = segment->until;
    return true;
}

static int open_segments(struct arrival *arrival, const struct arrival_epoch *epochs, size_t len,
                         struct error *err)
{
    for (size_t i = 0; i < len; i++) {
        const struct arrival_params *params = epochs[i].params;
        struct segment *segment = &arrival->segments[arrival->len];
        if (arrival_check(params, err) < 0)
            return -1;
        const simtime from = place_time(&arrival->place, &params->from, 0);
        const simtime until = place_time(&arrival->place, &params->until, SIMTIME_NEVER);
        if (params->from.given && until <= from)
            return error_set(err, "%s", not_after);
        const simtime end = i + 1 < len ? epochs[i + 1].from : arrival->place.limit;
        *segment = (struct segment){.type = type_of(params, NULL), .params = params};
        segment->from = from > epochs[i].from ? from : epochs[i].from;
        segment->until = until < end ? until : end;
        if (segment->until > arrival->place.limit)
            segment->until = arrival->place.limit;
        if (segment->type->open && segment->type->open(segment, &arrival->place, err) < 0)
            return -1;
        arrival->len += i == 0 || !draw_out(arrival, segment - 1, segment);
    }
    return 0;
}

struct arrival *arrival_new(const struct place *place, const struct arrival_epoch *epochs,
                            size_t len, struct error *err)
{
    REQUIRE(len > 0 && epochs[0].from <= 0);
    struct arrival *arrival = mem_new(1, sizeof(*arrival));
    arrival->place = *place;
    arrival->place.path = NULL;
    arrival->due = SIMTIME_NEVER;
    arrival->day = INT64_MIN;
    arrival->segments = mem_new(len, sizeof(*arrival->segments));
    rng_stream_init(&arrival->chance, place->seed, place->path, "arrival");
    rng_stream_init(&arrival->gap, place->seed, place->path, "gap");
    rng_stream_init(&arrival->jitter, place->seed, place->path, "jitter");
    if (open_segments(arrival, epochs, len, err) < 0) {
        arrival_free(arrival);
        return NULL;
    }
    if (arrival->segments[0].type->enter)
        arrival->segments[0].type->enter(arrival, NULL);
    return arrival;
}

void arrival_free(struct arrival *arrival)
{
    if (!arrival)
        return;
    rng_stream_deinit(&arrival->chance);
    rng_stream_deinit(&arrival->gap);
    rng_stream_deinit(&arrival->jitter);
    free(arrival->pending.items);
    free(arrival->segments);
    free(arrival);
}

static bool next_firing(struct arrival *arrival, struct firing *ret)
{
    while (arrival->at < arrival->len) {
        const struct segment *segment = &arrival->segments[arrival->at];
        const bool empty = segment->from >= segment->until; /* may begin after the next one */
        if (!empty && arrival->now < segment->from) {
            arrival->now = segment->from;
            arrival->rest = 0;
        }
        if (!empty && segment->type->next(arrival, segment, &ret->time)) {
            ret->ordinal = arrival->count++;
            return true;
        }
        arrival->at++;
        if (arrival->at < arrival->len && segment[1].type->enter)
            segment[1].type->enter(arrival, segment);
    }
    return false;
}

static bool earlier(const struct firing *a, const struct firing *b)
{
    return a->time != b->time ? a->time < b->time : a->ordinal < b->ordinal;
}

static void push(struct arrival *arrival, struct firing firing)
{
    MEM_GROW(&arrival->pending);
    struct firing *heap = arrival->pending.items;
    size_t i = arrival->pending.len++;
    for (; i > 0 && earlier(&firing, &heap[(i - 1) / 2]); i = (i - 1) / 2)
        heap[i] = heap[(i - 1) / 2];
    heap[i] = firing;
}

static struct firing pop(struct arrival *arrival)
{
    struct firing *heap = arrival->pending.items;
    const struct firing top = heap[0], last = heap[--arrival->pending.len];
    const size_t len = arrival->pending.len;
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < len; i = child) {
        if (child + 1 < len && earlier(&heap[child + 1], &heap[child]))
            child++;
        if (!earlier(&heap[child], &last))
            break;
        heap[i] = heap[child];
    }
    heap[i] = last;
    return top;
}

/* Jitter of an instant is that of the parameters in force at the instant. */
static int jitter(struct arrival *arrival, struct firing firing, struct error *err)
{
    const struct dist *dist = arrival->segments[arrival->at].params->jitter;
    if (dist) {
        const double delay = dist_draw(dist, rng_at(&arrival->jitter, firing.ordinal));
        firing.time += simtime_from_seconds(delay);
    }
    if (firing.time >= arrival->place.limit)
        return 0;
    if (arrival->pending.len == MOST_PENDING)
        return error_set(err, "jitter: %d instants wait at once: far too long for the interval",
                         MOST_PENDING);
    push(arrival, firing);
    return 0;
}

int arrival_next(struct arrival *arrival, simtime *ret_time, uint64_t *ret_ordinal,
                 struct error *err)
{
    for (;;) {
        if (!arrival->has_ahead)
            arrival->has_ahead = next_firing(arrival, &arrival->ahead);
        /* jitter is never negative: nothing that fires later can come before `ahead` */
        if (arrival->pending.len > 0 &&
            (!arrival->has_ahead || arrival->pending.items[0].time <= arrival->ahead.time)) {
            const struct firing top = pop(arrival);
            *ret_time = top.time;
            *ret_ordinal = top.ordinal;
            return SOURCE_JOB;
        }
        if (!arrival->has_ahead)
            return SOURCE_END;
        arrival->has_ahead = false;
        if (jitter(arrival, arrival->ahead, err) < 0)
            return SOURCE_ERROR;
    }
}
