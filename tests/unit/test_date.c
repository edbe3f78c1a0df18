/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *text;
    int64_t seconds;
    int64_t micros;
    bool relative, zoned;
    int offset;
} good[] = {
    {"1970-01-01", 0, 0, false, false, 0},
    {"2021-05-01", 1619827200, 0, false, false, 0},
    {"2021-05-01T08:30", 1619857800, 0, false, false, 0},
    {"2021-05-01T08:30:00.5+08:00", 1619829000, 500000, false, true, 28800},
    {"2021-05-01T08:30:00.000001Z", 1619857800, 1, false, true, 0},
    {"2021-05-01 08:30Z", 1619857800, 0, false, true, 0},
    {"2021-05-01 08:30 -0330", 1619870400, 0, false, true, -12600},
    {"2021-05-01T00:00:00+08", 1619798400, 0, false, true, 28800},
    {"1969-12-31T23:59:59Z", -1, 0, false, true, 0},
    {"2000-02-29", 951782400, 0, false, false, 0},
    {"0001-01-01", -62135596800, 0, false, false, 0},
    {"9999-12-31", 253402214400, 0, false, false, 0},
    {"30d", 2592000, 0, true, false, 0},
    {"-1h", -3600, 0, true, false, 0},
};

static const struct {
    const char *text, *message;
} bad[] = {
    {"2021-02-29", "\"2021-02-29\": month 2 of 2021 has 28 days"},
    {"1900-02-29", "\"1900-02-29\": month 2 of 1900 has 28 days"},
    {"2021-13-01", "\"2021-13-01\": there is no month 13"},
    {"2021-5-1",
     "\"2021-5-1\": expected a date such as 2021-05-01 or 2021-05-01T08:30:00+08:00, or "
     "a duration such as 30d"},
    {"2021-05-01T25:00", "\"2021-05-01T25:00\": expected a time of day such as 08:30 or 08:30:00"},
    {"2021-05-01T08:30:60", "\"2021-05-01T08:30:60\": expected a time of day such as 08:30 or "
                            "08:30:00"},
    {"2021-05-01T08:30 CET", "\"2021-05-01T08:30 CET\": expected an offset from UTC such as +08:00 "
                             "or Z"},
    {"2021-05-01T08:30+08:00x", "\"2021-05-01T08:30+08:00x\": expected an offset from UTC such as "
                                "+08:00 or Z"},
    {"soon", "\"soon\": expected a date such as 2021-05-01 or 2021-05-01T08:30:00+08:00, or a "
             "duration such as 30d"},
    {"30", "\"30\" needs a unit, such as 2h or 30min"},
    {"1e300 s", "\"1e300 s\" is too long for the clock"},
    {"",
     "\"\": expected a date such as 2021-05-01 or 2021-05-01T08:30:00+08:00, or a duration such "
     "as 30d"},
};

static void good_dates(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct date_value date = {0};
        struct error err = {0};
        if (date_parse(good[i].text, &date, &err) != 0)
            fail_msg("%s", err.text);
        assert_true(date.given);
        assert_int_equal(date.relative, good[i].relative);
        assert_int_equal(date.zoned, good[i].zoned);
        assert_int_equal(date.offset, good[i].offset);
        assert_int_equal(date.instant, good[i].seconds * SIMTIME_SECOND + good[i].micros);
    }
}

static void bad_dates(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct date_value date;
        struct error err = {0};
        if (date_parse(bad[i].text, &date, &err) != -1)
            fail_msg("\"%s\" was accepted", bad[i].text);
        assert_string_equal(err.text, bad[i].message);
    }
}

/* Every day of 800 years against a calendar that counts by hand. */
static void every_day(void **state)
{
    (void)state;
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    simtime at = date_instant(1600, 1, 1, 0, 0);
    int weekday = 5, yearday = 0; /* 1 January 1600 was a Saturday */
    for (int year = 1600; year < 2400; year++, yearday = 0)
        for (int month = 1; month <= 12; month++) {
            const int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            const int last = lengths[month - 1] + (month == 2 && leap);
            for (int day = 1; day <= last; day++, yearday++, at += SIMTIME_DAY) {
                const struct civil c = date_civil(at, 0);
                assert_int_equal(date_instant(year, month, day, 0, 0), at);
                assert_true(c.year == year && c.month == month && c.day == day &&
                            c.weekday == weekday && c.yearday == yearday && c.in_day == 0);
                weekday = (weekday + 1) % 7;
            }
        }
}

static void months(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        int months;
        const char *to;
    } rows[] = {
        {"2021-01-31", 1, "2021-02-28T00:00:00+00:00"},
        {"2024-01-31", 1, "2024-02-29T00:00:00+00:00"},
        {"2021-01-31", -2, "2020-11-30T00:00:00+00:00"},
        {"2021-12-15T10:30", 1, "2022-01-15T10:30:00+00:00"},
        {"2021-05-01", 0, "2021-05-01T00:00:00+00:00"},
        {"2021-05-01", -17, "2019-12-01T00:00:00+00:00"},
        {"2021-05-01T00:00:00.25", 36, "2024-05-01T00:00:00.250000+00:00"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct date_value date;
        char text[64];
        assert_int_equal(date_parse(rows[i].from, &date, NULL), 0);
        date_format(date_add_months(date.instant, 0, rows[i].months), 0, text, sizeof(text));
        assert_string_equal(text, rows[i].to);
    }
}

/* A month is the calendar's month at the offset: 31 January 00:00 at +08:00 is the 30th in UTC. */
static void months_at_offset(void **state)
{
    (void)state;
    struct date_value date;
    char text[64];
    assert_int_equal(date_parse("2021-01-31T00:00:00+08:00", &date, NULL), 0);
    date_format(date_add_months(date.instant, 28800, 1), 28800, text, sizeof(text));
    assert_string_equal(text, "2021-02-28T00:00:00+08:00");
    date_format(date.instant, -12600, text, sizeof(text));
    assert_string_equal(text, "2021-01-30T12:30:00-03:30");
}

static void intervals(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int months; /* -1: an error */
        int64_t seconds;
    } rows[] = {
        {"month", 1, 0},      {"year", 12, 0},    {"3 months", 3, 0},
        {"2 years", 24, 0},   {"day", 0, 86400},  {"2 weeks", 0, 14 * 86400},
        {"7d", 0, 7 * 86400}, {"1s", 0, 1},       {"1.5 months", -1, 0},
        {"0 months", -1, 0},  {"-1 year", -1, 0}, {"2ms", -1, 0},
        {"soon", -1, 0},      {"3", -1, 0},       {"", -1, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct date_interval interval;
        struct error err;
        const int rc = date_interval_parse(rows[i].text, &interval, &err);
        assert_int_equal(rc, rows[i].months < 0 ? -1 : 0);
        if (rc == 0) {
            assert_int_equal(interval.months, rows[i].months);
            assert_int_equal(interval.step, rows[i].seconds * SIMTIME_SECOND);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_dates),       cmocka_unit_test(bad_dates),
        cmocka_unit_test(every_day),        cmocka_unit_test(months),
        cmocka_unit_test(months_at_offset), cmocka_unit_test(intervals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
