/* When jobs arrive: rates by hour against the intensity, the calendar, epochs, and bad input. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dist_build.h"
#include "workload/arrival.h"
#include "workload/source.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define INF HUGE_VAL
#define HOURS(n) ((n)*SIMTIME_HOUR)
#define DAYS(n) ((n)*SIMTIME_DAY)

/* A Wednesday, 2020-01-01T00:00+08:00. */
static struct place place_in(simtime limit)
{
    return (struct place){.seed = {1, 1},
                          .path = "tenants/t/w",
                          .start = date_instant(2020, 1, 1, 0, 8 * 3600),
                          .offset = 8 * 3600,
                          .limit = limit};
}

static size_t run(const struct place *place, const struct arrival_epoch *epochs, size_t len,
                  simtime *ret, size_t most)
{
    struct error err = {0};
    AUTO(arrival_free) struct arrival *arrival = arrival_new(place, epochs, len, &err);
    if (!arrival)
        fail_msg("%s", err.text);
    simtime last = 0, time;
    uint64_t ordinal;
    size_t n = 0;
    int status;
    while ((status = arrival_next(arrival, &time, &ordinal, &err)) == SOURCE_JOB) {
        assert_true(time >= last && time < place->limit);
        last = time;
        if (n < most)
            ret[n] = time;
        n++;
    }
    assert_int_equal(status, SOURCE_END);
    return n;
}

static size_t run_one(const struct place *place, const struct arrival_params *params, simtime *ret,
                      size_t most)
{
    const struct arrival_epoch epoch = {0, params};
    return run(place, &epoch, 1, ret, most);
}

static double hours[24] = {0, 0, 0, 1, 1, 2, 3, 5, 8, 9, 9, 7, 6, 8, 9, 9, 8, 6, 5, 4, 3, 2, 1, 0};
static double weekdays[7] = {1.2, 1.2, 1.1, 1.1, 1, 0.3, 0};
static double months[12] = {1, 0.5, 1, 1, 1, 2, 2, 1, 1, 1, 1, 3};

/* The intensity, spelt out anew. */
static double intensity(const struct place *place, double rate, double growth, simtime t)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    double hour_sum = 0, week_sum = 0, month_sum = 0;
    for (int i = 0; i < 24; i++)
        hour_sum += hours[i] / 24;
    for (int i = 0; i < 7; i++)
        week_sum += weekdays[i] / 7;
    for (int i = 0; i < 12; i++)
        month_sum += months[i] * days[i] / 365;
    const struct civil civil = date_civil(place->start + t, place->offset);
    return rate * hours[civil.in_day / SIMTIME_HOUR] / hour_sum * weekdays[civil.weekday] /
           week_sum * months[civil.month - 1] / month_sum *
           pow(growth, (double)t / (365.0 * SIMTIME_DAY));
}

/* Two years of hours, counts against the intensity integrated over each: chi-square and zeros. */
static void counts_follow_the_intensity(void **state)
{
    (void)state;
    enum { LEN = 2 * 365 * 24 };
    static double count[LEN];
    memset(count, 0, sizeof(count));
    const struct place place = place_in(HOURS(LEN));
    const struct arrival_params params = {
        .poisson = 20 / 3600.0,
        .growth = 0.35 / (365 * 86400.0),
        .profile = {{hours, 24}, {weekdays, 7}, {months, 12}},
    };
    const size_t most = 1000000;
    simtime *times = mem_new(most, sizeof(*times));
    const size_t n = run_one(&place, &params, times, most);
    for (size_t i = 0; i < n; i++)
        count[times[i] / SIMTIME_HOUR]++;
    double chi = 0, by_hour[24] = {0}, want_by_hour[24] = {0}, total = 0;
    int cells = 0;
    for (int h = 0; h < LEN; h++) {
        double want = 0;
        for (int k = 0; k < 4; k++)
            want += intensity(&place, 20, 1.35, HOURS(h) + k * SIMTIME_HOUR / 4 + HOURS(1) / 8) / 4;
        if (want == 0)
            assert_true(count[h] == 0);
        by_hour[h % 24] += count[h];
        want_by_hour[h % 24] += want;
        total += want;
        if (want > 5) {
            chi += (count[h] - want) * (count[h] - want) / want;
            cells++;
        }
    }
    assert_true(cells > 5000);
    assert_true(fabs(chi - cells) < 5 * sqrt(2.0 * cells));
    assert_true(fabs((double)n - total) < 5 * sqrt(total));
    for (int i = 0; i < 24; i++)
        assert_true(fabs(by_hour[i] - want_by_hour[i]) <= 5 * sqrt(want_by_hour[i]));
    assert_true(fabs(arrival_mean_rate(&params, &place) * LEN * 3600 / total - 1) < 1e-5);
    free(times);
}

/* Without profile: exponential gaps of the stated mean; 35 % more after 365 days with growth. */
static void flat_rates(void **state)
{
    (void)state;
    const struct place place = place_in(DAYS(365 * 4));
    struct arrival_params params = {.poisson = 30 / 3600.0};
    const double want = 30 * 24 * 365 * 4.0;
    simtime *times = mem_new(3000000, sizeof(*times));
    size_t n = run_one(&place, &params, times, 3000000);
    assert_true(fabs((double)n - want) < 5 * sqrt(want));
    double squares = 0;
    for (size_t i = 1; i < n; i++) {
        const double gap = simtime_seconds(times[i] - times[i - 1]) / 120;
        squares += gap * gap;
    }
    assert_true(fabs(squares / (double)n - 2) < 5 * sqrt(20.0 / (double)n));
    params.growth = 0.35 / (365 * 86400.0);
    n = run_one(&place, &params, times, 3000000);
    double years[4] = {0};
    for (size_t i = 0; i < n; i++)
        years[times[i] / DAYS(365)]++;
    const double sum = 30 * 24 * 365 * 0.35 / log(1.35);
    for (int i = 0; i < 4; i++)
        assert_true(fabs(years[i] - sum * pow(1.35, i)) < 5 * sqrt(years[i]));
    assert_true(fabs(arrival_mean_rate(&params, &place) * 86400 * 365 * 4 / (double)n - 1) < 0.01);
    free(times);
}

/* The first instants of arrivals by the clock and the calendar, as hours since the start. */
static void by_the_calendar(void **state)
{
    (void)state;
    const struct row {
        const char *every;
        int year, month, day; /* of the start */
        const char *want;     /* days of the first five, as m-d */
    } rows[] = {
        {"1 month", 2020, 1, 31, "1-31 2-29 3-31 4-30 5-31"},
        {"1 month", 2021, 1, 31, "1-31 2-28 3-31 4-30 5-31"},
        {" 2 months ", 2020, 12, 30, "12-30 2-28 4-30 6-30 8-30"},
        {"1 year", 2020, 2, 29, "2-29 2-28 2-28 2-28 2-29"},
        {"2years", 2020, 2, 29, "2-29 2-28 2-29 2-28 2-29"},
        {"36h", 2020, 1, 1, "1-1 1-2 1-4 1-5 1-7"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct place place = place_in(DAYS(365 * 20));
        place.start = date_instant(rows[i].year, rows[i].month, rows[i].day, 0, place.offset);
        char every[32], got[128] = "";
        snprintf(every, sizeof(every), "%s", rows[i].every);
        const struct arrival_params params = {.every = every};
        simtime times[5];
        assert_true(run_one(&place, &params, times, 5) >= 5);
        for (int j = 0; j < 5; j++) {
            const struct civil civil = date_civil(place.start + times[j], place.offset);
            snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%d-%d", j ? " " : "",
                     civil.month, civil.day);
        }
        assert_string_equal(got, rows[i].want);
    }
}

/* Jitter longer than the interval reorders, loses nothing, and stays within its bounds. */
static void jitter_reorders(void **state)
{
    (void)state;
    struct place place = place_in(HOURS(10000));
    char every[] = "1h";
    AUTO(dist_free) struct dist *jitter = dist_build("uniform", "range=0:36000", -INF, INF, NULL);
    const struct arrival_params params = {
        .every = every,
        .jitter = jitter,
        .until = {.given = true, .relative = true, .instant = HOURS(5000)}};
    simtime *times = mem_new(6000, sizeof(*times));
    const size_t n = run_one(&place, &params, times, 6000);
    assert_int_equal(n, 5000);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += simtime_seconds(times[i] - (simtime)i * SIMTIME_HOUR);
        assert_true(times[i] < HOURS((simtime)i + 11));
    }
    assert_true(fabs(sum / 5000 - 18000) < 5 * 36000 / sqrt(12.0 * 5000));
    free(times);
}

static void renewal_gaps(void **state)
{
    (void)state;
    const struct place place = place_in(DAYS(10));
    AUTO(dist_free) struct dist *gap = dist_constant(5400, UNIT_TIME);
    const struct arrival_params params = {
        .renewal = gap, .from = {.given = true, .relative = true, .instant = HOURS(10)}};
    simtime times[2];
    assert_int_equal(run_one(&place, &params, times, 2), 153);
    assert_true(times[0] == HOURS(23) / 2 && times[1] == HOURS(13));
    assert_true(fabs(arrival_mean_rate(&params, &place) * 10 * 86400 - 153) < 1e-9);
}

/* A change of the rate takes hold at its instant and touches no draw: what came before stays, and
 * an epoch that changes nothing changes nothing. */
static void epochs_of_poisson(void **state)
{
    (void)state;
    enum { MOST = 40000 };
    const struct place place = place_in(HOURS(1000));
    const struct arrival_params one = {.poisson = 10 / 3600.0}, two = {.poisson = 30 / 3600.0};
    simtime *whole = mem_new(MOST, sizeof(*whole)), *same = mem_new(MOST, sizeof(*same)),
            *more = mem_new(MOST, sizeof(*more));
    const struct arrival_epoch again[] = {{0, &one}, {HOURS(400) + 7, &one}, {HOURS(600), &one}};
    const struct arrival_epoch change[] = {{0, &one}, {HOURS(400), &two}, {HOURS(700), &one}};
    const size_t n = run_one(&place, &one, whole, MOST);
    assert_int_equal(run(&place, again, 3, same, MOST), n);
    for (size_t i = 0; i < n; i++)
        assert_true(whole[i] == same[i]);
    const size_t m = run(&place, change, 3, more, MOST);
    double counts[3] = {0};
    for (size_t i = 0; i < m; i++) {
        counts[more[i] < HOURS(400) ? 0 : more[i] < HOURS(700) ? 1 : 2]++;
        assert_true(more[i] >= HOURS(400) || more[i] == whole[i]);
    }
    assert_true(fabs(counts[0] - 4000) < 5 * sqrt(4000));
    assert_true(fabs(counts[1] - 9000) < 5 * sqrt(9000));
    assert_true(fabs(counts[2] - 3000) < 5 * sqrt(3000));
    free(whole);
    free(same);
    free(more);
}

/* Not by a microsecond: neither where nothing changes, nor up to the first change where some other
 * epochs change nothing. */
static void epochs_of_others(void **state)
{
    (void)state;
    enum { MOST = 40000, EPOCHS = 100 };
    const struct place place = place_in(DAYS(40));
    struct arrival_params params = {.poisson = 10 / 3600.0, .growth = 2 / (365 * 86400.0)};
    params.profile.hour_of_day = (struct numbers){hours, 24};
    params.profile.day_of_week = (struct numbers){weekdays, 7};
    params.from = (struct date_value){.given = true, .relative = true, .instant = DAYS(2)};
    struct arrival_params faster = params;
    faster.poisson *= 3;
    struct arrival_epoch epochs[EPOCHS];
    uint32_t lcg = 7;
    simtime from = 0, whole[MOST], same[MOST];
    for (int i = 0; i < EPOCHS; i++) {
        epochs[i] = (struct arrival_epoch){from, &params};
        lcg = lcg * 1664525 + 1013904223;
        from += lcg % DAYS(40) / EPOCHS + lcg % 1000;
    }
    const size_t n = run_one(&place, &params, whole, MOST);
    assert_in_range(n, 5000, MOST);
    assert_int_equal(run(&place, epochs, EPOCHS, same, MOST), n);
    assert_memory_equal(whole, same, n * sizeof(*whole));
    epochs[EPOCHS - 1].params = &faster;
    const struct arrival_epoch change[] = {epochs[0], epochs[EPOCHS - 1]};
    const size_t m = run(&place, change, 2, whole, MOST);
    assert_true(m < MOST && whole[m - 1] > change[1].from);
    assert_int_equal(run(&place, epochs, EPOCHS, same, MOST), m);
    assert_memory_equal(whole, same, m * sizeof(*whole));
}

static void expect(const struct arrival_epoch *epochs, size_t len, const int *hours_of, size_t n)
{
    const struct place place = place_in(HOURS(48));
    simtime times[64];
    assert_int_equal(run(&place, epochs, len, times, ARRAY_LEN(times)), n);
    for (size_t i = 0; i < n; i++)
        assert_true(times[i] == HOURS(hours_of[i]));
}

#define EXPECT(epochs, ...)                                                                        \
    expect(epochs, ARRAY_LEN(epochs), (const int[]){__VA_ARGS__},                                  \
           ARRAY_LEN(((const int[]){__VA_ARGS__})))

static struct date_value hour(int n)
{
    return (struct date_value){.given = true, .relative = true, .instant = HOURS(n)};
}

/* From a change on the instants are those of its own grid, whatever was before. */
static void epochs_of_every(void **state)
{
    (void)state;
    char six[] = "6h", also_six[] = "6h", eight[] = "8h";
    const struct arrival_params a = {.every = six}, b = {.every = also_six}, c = {.every = eight};
    const struct arrival_params p = {.poisson = 1e-9};
    const struct arrival_epoch same[] = {{0, &a}, {HOURS(7), &b}};
    EXPECT(same, 0, 6, 12, 18, 24, 30, 36, 42);
    const struct arrival_epoch other[] = {{0, &a}, {HOURS(7), &c}};
    EXPECT(other, 0, 6, 8, 16, 24, 32, 40);
    const struct arrival_epoch meets[] = {{0, &a}, {HOURS(24), &c}, {HOURS(30), &a}};
    EXPECT(meets, 0, 6, 12, 18, 24, 30, 36, 42);
    const struct arrival_epoch off[] = {{0, &a}, {HOURS(7), &p}, {HOURS(20), &b}};
    EXPECT(off, 0, 6, 24, 30, 36, 42);
    const struct arrival_params moved = {.every = eight, .from = hour(5)};
    const struct arrival_epoch shifted[] = {{0, &a}, {HOURS(7), &moved}};
    EXPECT(shifted, 0, 6, 13, 21, 29, 37, 45);
    const struct arrival_params before = {.every = six, .from = hour(-4)};
    const struct arrival_epoch earlier[] = {{0, &before}};
    EXPECT(earlier, 2, 8, 14, 20, 26, 32, 38, 44);
}

/* What an `until` kept out does not come when it is lifted. */
static void reopened(void **state)
{
    (void)state;
    char six[] = "6h", twelve[] = "12h";
    AUTO(dist_free) struct dist *hours_2 = dist_constant(7200, UNIT_TIME);
    const struct arrival_params open = {.every = six}, ends = {.every = six, .until = hour(10)};
    const struct arrival_params later = {.every = six, .until = hour(37)};
    const struct arrival_epoch lifted[] = {{0, &ends}, {HOURS(24), &open}};
    EXPECT(lifted, 0, 6, 24, 30, 36, 42);
    const struct arrival_epoch twice[] = {
        {0, &open}, {HOURS(12), &ends}, {HOURS(20), &later}, {HOURS(40), &open}};
    EXPECT(twice, 0, 6, 24, 30, 36, 42);
    const struct arrival_params late = {.every = six, .jitter = hours_2, .until = hour(10)};
    const struct arrival_params on = {.every = twelve, .jitter = hours_2};
    const struct arrival_epoch jittered[] = {{0, &late}, {HOURS(13), &on}};
    EXPECT(jittered, 2, 8, 26, 38);
}

/* A `from` brought forward, or taken away, counts for what comes after a type that drew nothing. */
static void brought_forward(void **state)
{
    (void)state;
    char six[] = "6h";
    AUTO(dist_free) struct dist *gap = dist_build("exponential", "mean=3600", -INF, INF, NULL);
    const struct place place = place_in(DAYS(100));
    const struct arrival_params rows[] = {
        {.poisson = 1 / 3600.0}, {.renewal = gap}, {.every = six}};
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 2; k++)
            for (int from = 0; from < 2; from++) {
                simtime times[1];
                struct arrival_params first = rows[i], second = rows[k];
                first.from = hour(24 * 50);
                second.from = from ? hour(24 * 20) : second.from;
                const struct arrival_epoch epochs[] = {{0, &first}, {DAYS(10), &second}};
                const double n = (double)run(&place, epochs, 2, times, 1);
                const double want = from ? 80 * 24 : 90 * 24;
                assert_true(fabs(n - want) < 5 * sqrt(want));
                assert_true(times[0] >= DAYS(from ? 20 : 10) && times[0] < DAYS(from ? 21 : 11));
            }
}

static void dates(void **state)
{
    (void)state;
    const struct place place = place_in(DAYS(60));
    char day[] = "1d";
    const struct arrival_params params = {
        .every = day,
        .from = {.given = true, .instant = date_instant(2020, 1, 11, 0, 0)},
        .until = {.given = true, .zoned = true, .instant = date_instant(2020, 1, 20, 0, 0)},
    };
    simtime times[16];
    assert_int_equal(run_one(&place, &params, times, 16), 10); /* 11 ... 20, at midnight +08 */
    assert_true(times[0] == DAYS(10));
    assert_false(arrival_is_endless(&params));
}

static void bad_parameters(void **state)
{
    (void)state;
    AUTO(dist_free) struct dist *zero = dist_constant(0, UNIT_TIME);
    char every[] = "6h", never[] = "0s", word[] = "often", half[] = "1.5 months",
         long_text[] = "99999999999999999999 months";
    double negative[24] = {-1};
    const struct {
        struct arrival_params params;
        const char *want;
    } rows[] = {
        {{0}, "needs poisson (a rate above 0), renewal or every"},
        {{.poisson = 1, .every = every}, "give either poisson or every, not both"},
        {{.poisson = -1}, "poisson: the rate must be above 0, and at most 100000 per s"},
        {{.poisson = 1e9}, "poisson: the rate must be above 0, and at most 100000 per s"},
        {{.poisson = 1, .growth = -2 / (365 * 86400.0)},
         "growth: a rate cannot shrink by 100% or more a year"},
        {{.poisson = 1, .growth = 0.1}, "poisson: with profile and growth the rate reaches "},
        {{.poisson = 1, .jitter = zero}, "jitter goes with every, not with poisson"},
        {{.renewal = zero}, "renewal: the mean gap must be 1 us or more"},
        {{.every = every, .growth = 1e-9}, "profile and growth go with poisson, not with every"},
        {{.every = never}, "every: `0s` is no interval: at least 1 us"},
        {{.every = word}, "every: "},
        {{.every = long_text},
         "every: `99999999999999999999 months`: months and years must be whole"},
        {{.every = half}, "every: `1.5 months`: months and years must be whole"},
        {{.poisson = 1, .profile = {.day_of_week = {weekdays, 6}}},
         "profile: day_of_week: needs 7 numbers, not 6"},
        {{.poisson = 1, .profile = {.hour_of_day = {negative, 24}}},
         "profile: hour_of_day: -1 is below 0"},
        {{.poisson = 1, .profile = {.hour_of_day = {negative + 1, 23}}},
         "profile: hour_of_day: needs 24 numbers, not 23"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err = {0};
        const struct place place = place_in(DAYS(3650));
        const struct arrival_epoch epoch = {0, &rows[i].params};
        assert_null(arrival_new(&place, &epoch, 1, &err));
        if (strncmp(err.text, rows[i].want, strlen(rows[i].want)) != 0)
            fail_msg("got \"%s\", want \"%s\"", err.text, rows[i].want);
    }
}

/* A jitter far beyond the interval is told, not held in memory. */
static void endless_jitter(void **state)
{
    (void)state;
    const struct place place = place_in(SIMTIME_NEVER);
    char every[] = "1s";
    AUTO(dist_free) struct dist *jitter = dist_constant(1e9, UNIT_TIME);
    const struct arrival_params params = {.every = every, .jitter = jitter};
    const struct arrival_epoch epoch = {0, &params};
    AUTO(arrival_free) struct arrival *arrival = arrival_new(&place, &epoch, 1, NULL);
    struct error err = {0};
    simtime time;
    uint64_t ordinal;
    assert_int_equal(arrival_next(arrival, &time, &ordinal, &err), SOURCE_ERROR);
    assert_non_null(strstr(err.text, "jitter"));
}

/* With a jitter: what comes on average; those that it
 * carries past the end or past `until` included. */
static void counts_of_jitter(void **state)
{
    (void)state;
    const struct place place = place_in(DAYS(500));
    char day[] = "1d", hour[] = "1h", month[] = "1 month";
    AUTO(dist_free) struct dist *fixed = dist_constant(5 * 86400, UNIT_TIME);
    AUTO(dist_free) struct dist *gamma = dist_gamma(2, 86400, HUGE_VAL, UNIT_TIME, NULL);
    const struct date_value until = {.given = true, .relative = true, .instant = DAYS(9)};
    const struct {
        struct arrival_params params;
        simtime from, to;
        double count;
    } rows[] = {
        {{.every = day, .jitter = fixed}, 0, DAYS(10), 5},
        {{.every = day, .jitter = fixed}, 0, DAYS(10) + 1, 6},
        {{.every = day, .jitter = fixed}, DAYS(3), DAYS(5), 0},
        {{.every = day, .jitter = fixed, .until = until}, DAYS(10), DAYS(20), 4},
        {{.every = month, .jitter = fixed}, 0, DAYS(30), 1},
        /* 1 - (1 + x) exp(-x) after x days, of days 0 and 1 */
        {{.every = day, .jitter = gamma}, 0, DAYS(2), 2 - 3 * exp(-2) - 2 * exp(-1)},
        /* over 960 hours: all but those of the last two days, on average */
        {{.every = hour, .jitter = gamma}, 0, HOURS(960), 960 - 48 + 0.5},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const double count = arrival_mean_count(&rows[i].params, &place, rows[i].from, rows[i].to);
        if (fabs(count - rows[i].count) > (i + 1 < ARRAY_LEN(rows) ? 1e-6 : 0.3))
            fail_msg("row %zu: %.9g, not %.9g", i, count, rows[i].count);
    }
}

/* Of exponential gaps the rate; of uniform ones e^t - 1 within the first; of erlang ones of two
 * phases t / 2 - (1 - e^-2t) / 4, in days of a phase; of constant ones those that come. */
static void counts_of_renewals(void **state)
{
    (void)state;
    const struct place place = place_in(DAYS(500));
    AUTO(dist_free) struct dist *fixed = dist_constant(7 * 3600, UNIT_TIME);
    AUTO(dist_free)
    struct dist *exponential = dist_build("exponential", "mean=86400", -INF, INF, NULL);
    AUTO(dist_free) struct dist *uniform = dist_build("uniform", "range=0:86400", -INF, INF, NULL);
    AUTO(dist_free) struct dist *phases = dist_gamma(2, 86400, HUGE_VAL, UNIT_TIME, NULL);
    const struct {
        struct dist *gap;
        simtime from, to;
        double count;
    } rows[] = {
        {fixed, 0, HOURS(7), 0},
        {fixed, 0, HOURS(7) + 1, 1},
        {fixed, HOURS(7), HOURS(4800), 685},
        {exponential, 0, DAYS(1) / 4, 0.25},
        {exponential, DAYS(3), DAYS(400), 397},
        {uniform, 0, DAYS(1) / 2, exp(0.5) - 1},
        {uniform, 0, DAYS(1), exp(1) - 1},
        {phases, 0, DAYS(1), 0.5 - (1 - exp(-2)) / 4},
        {phases, DAYS(1), DAYS(3), 1 - (exp(-2) - exp(-6)) / 4},
        {phases, 0, DAYS(490), 245 - 0.25},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct arrival_params params = {.renewal = rows[i].gap};
        const double count = arrival_mean_count(&params, &place, rows[i].from, rows[i].to);
        if (fabs(count - rows[i].count) > 1e-3 * rows[i].count)
            fail_msg("row %zu: %.9g, not %.9g", i, count, rows[i].count);
    }
}

/* The expected count of a long run is that of its parts, and heeds `from` and `until`. */
static void counts_add_up(void **state)
{
    (void)state;
    struct arrival_params params = {
        .poisson = 3 / 3600.0,
        .growth = 1e-4 / (365 * 86400.0),
        .profile = {{hours, 24}, {weekdays, 7}, {months, 12}},
    };
    const struct place place = place_in(SIMTIME_NEVER);
    const simtime begin = HOURS(7) + 1234567, end = DAYS(1000 * 365) + HOURS(5);
    const double whole = arrival_mean_count(&params, &place, begin, end);
    double parts = 0;
    for (simtime at = begin; at < end; at += DAYS(777) + HOURS(1) / 3)
        parts += arrival_mean_count(
            &params, &place, at,
            at + DAYS(777) + HOURS(1) / 3 < end ? at + DAYS(777) + HOURS(1) / 3 : end);
    assert_true(fabs(parts / whole - 1) < 1e-9);
    assert_true(whole > 1000 * 365 * 72.0 * 1.04 && whole < 1000 * 365 * 72.0 * 1.06);
    params.growth = 0;
    params.from = (struct date_value){.given = true, .relative = true, .instant = DAYS(700)};
    params.until = (struct date_value){.given = true, .relative = true, .instant = DAYS(800)};
    assert_true(arrival_mean_count(&params, &place, 0, DAYS(700)) == 0);
    assert_true(arrival_mean_count(&params, &place, DAYS(800), DAYS(900)) == 0);
    const double all = arrival_mean_count(&params, &place, 0, DAYS(900));
    assert_true(all > 0 &&
                fabs(arrival_mean_count(&params, &place, 0, DAYS(750)) +
                     arrival_mean_count(&params, &place, DAYS(750), DAYS(900)) - all) < 1e-6);
}

/* As many as come: by the calendar, from the 31st on, and by a step that began before the run. */
static void counts_of_every(void **state)
{
    (void)state;
    const struct place place = place_in(DAYS(500));
    char month[] = "1 month", six[] = "6h";
    const struct arrival_params rows[] = {
        {.every = month, .from = {.given = true, .relative = true, .instant = DAYS(30)}},
        {.every = six, .from = {.given = true, .relative = true, .instant = -HOURS(4)}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct arrival_epoch epoch = {0, &rows[i]};
        AUTO(arrival_free) struct arrival *arrival = arrival_new(&place, &epoch, 1, NULL);
        const simtime cuts[] = {0, DAYS(30), DAYS(58) + 1, DAYS(59), DAYS(120), DAYS(500)};
        size_t counts[ARRAY_LEN(cuts)] = {0};
        simtime time;
        uint64_t ordinal;
        while (arrival_next(arrival, &time, &ordinal, NULL) == SOURCE_JOB)
            for (size_t k = 0; k + 1 < ARRAY_LEN(cuts); k++)
                counts[k] += time >= cuts[k] && time < cuts[k + 1];
        for (size_t k = 0; k + 1 < ARRAY_LEN(cuts); k++)
            assert_true(arrival_mean_count(&rows[i], &place, cuts[k], cuts[k + 1]) ==
                        (double)counts[k]);
        assert_true(arrival_mean_count(&rows[i], &place, 0, DAYS(500)) >= 15);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_add_up),
        cmocka_unit_test(counts_of_every),
        cmocka_unit_test(counts_of_jitter),
        cmocka_unit_test(counts_of_renewals),
        cmocka_unit_test(counts_follow_the_intensity),
        cmocka_unit_test(flat_rates),
        cmocka_unit_test(by_the_calendar),
        cmocka_unit_test(jitter_reorders),
        cmocka_unit_test(renewal_gaps),
        cmocka_unit_test(epochs_of_poisson),
        cmocka_unit_test(epochs_of_others),
        cmocka_unit_test(epochs_of_every),
        cmocka_unit_test(reopened),
        cmocka_unit_test(brought_forward),
        cmocka_unit_test(dates),
        cmocka_unit_test(bad_parameters),
        cmocka_unit_test(endless_jitter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
