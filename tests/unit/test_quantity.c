/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/quantity.h"

#include "util/schema.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *text;
    enum unit unit;
    double value;
} good[] = {
    {"2h", UNIT_TIME, 7200},
    {"2 h", UNIT_TIME, 7200},
    {" 2 h ", UNIT_TIME, 7200},
    {"1.5h", UNIT_TIME, 5400},
    {".5 h", UNIT_TIME, 1800},
    {"1e3s", UNIT_TIME, 1000},
    {"0s", UNIT_TIME, 0},
    {"-3 min", UNIT_TIME, -180},
    {"90sec", UNIT_TIME, 90},
    {"15 ms", UNIT_TIME, 0.015},
    {"7us", UNIT_TIME, 7e-6},
    {"1 day", UNIT_TIME, 86400},
    {"30d", UNIT_TIME, 2592000},
    {"2 weeks", UNIT_TIME, 1209600},
    {"1 month", UNIT_TIME, 2592000},
    {"3 years", UNIT_TIME, 94608000},
    {"2 thousand h", UNIT_TIME, 7200000},
    {"3小时", UNIT_TIME, 10800},
    {"9 per h", UNIT_RATE, 9.0 / 3600},
    {"9/h", UNIT_RATE, 9.0 / 3600},
    {"9 jobs/h", UNIT_RATE, 9.0 / 3600},
    {"6.5 per 1000 node-days", UNIT_RATE, 6.5 / 86400000},
    {"6.5/1000 nodes/day", UNIT_RATE, 6.5 / 86400000},
    {"35%/year", UNIT_RATE, 35.0 / (100.0 * 31536000)},
    {"35% per year", UNIT_RATE, 35.0 / (100.0 * 31536000)},
    {"200 PFLOPS", UNIT_FLOPS, 2e17},
    {"256 TFLOPS", UNIT_FLOPS, 2.56e14},
    {"5EFLOPS", UNIT_FLOPS, 5e18},
    {"1 kFLOPS", UNIT_FLOPS, 1e3},
    {"3 GFLOP/s", UNIT_FLOPS, 3e9},
    {"3 PFLOP", UNIT_WORK, 3e15},
    {"2 PFLOPS-days", UNIT_WORK, 2e15 * 86400},
    {"5.6 kW", UNIT_POWER, 5600},
    {"3 MW", UNIT_POWER, 3e6},
    {"7 W", UNIT_POWER, 7},
    {"5 kWh", UNIT_ENERGY, 1.8e7},
    {"12 J", UNIT_ENERGY, 12},
    {"2度", UNIT_ENERGY, 7.2e6},
    {"1 CNY", UNIT_MONEY, 1},
    {"7元", UNIT_MONEY, 7},
    {"1 万元", UNIT_MONEY, 1e4},
    {"1.2亿元", UNIT_MONEY, 1.2e8},
    {"3 万 CNY", UNIT_MONEY, 3e4},
    {"900k CNY", UNIT_MONEY, 9e5},
    {"900 k CNY", UNIT_MONEY, 9e5},
    {"900k CNY/year", UNIT_MONEY_RATE, 9e8 / 31536000 / 1000},
    {"2.40 CNY/h", UNIT_MONEY_RATE, 2.4 / 3600},
    {"2.40 CNY per card-hour", UNIT_MONEY_RATE, 2.4 / 3600},
    {"90 万元/年", UNIT_MONEY_RATE, 9e5 / 31536000},
    {"0.65 CNY/kWh", UNIT_ENERGY_PRICE, 0.65 / 3.6e6},
    {"4 TB", UNIT_BYTES, 4e12},
    {"2 TiB", UNIT_BYTES, 0x1p41},
    {"10 Gbit/s", UNIT_BANDWIDTH, 1.25e9},
    {"3 GB/s", UNIT_BANDWIDTH, 3e9},
    {"30%", UNIT_NONE, 0.3},
    {"70 %", UNIT_NONE, 0.7},
    {"50k", UNIT_NONE, 5e4},
    {"2 thousand", UNIT_NONE, 2000},
    {"3万", UNIT_NONE, 3e4},
    {"100e9", UNIT_NONE, 1e11},
    {"+4", UNIT_NONE, 4},
    {"2M", UNIT_NONE, 2e6},
};

static const struct {
    const char *text;
    enum unit unit;
    const char *message;
} bad[] = {
    {"2", UNIT_TIME, "\"2\" needs a unit, such as 2h or 30min"},
    {"0", UNIT_TIME, "\"0\" needs a unit, such as 2h or 30min"},
    {"9", UNIT_RATE, "\"9\" needs a unit, such as 9 per h"},
    {"50k", UNIT_MONEY, "\"50k\" needs a unit, such as 900k CNY or 90 万元"},
    {"2 kW", UNIT_TIME, "\"2 kW\" is a power; expected a duration such as 2h or 30min"},
    {"2h", UNIT_NONE, "\"2h\" is a duration; expected a plain number such as 50k or 30%"},
    {"2h", UNIT_RATE, "\"2h\" is a duration; expected a rate such as 9 per h"},
    {"2 hz", UNIT_RATE, "\"2 hz\": unknown unit \"hz\", expected a rate such as 9 per h"},
    {"1 kmin", UNIT_TIME,
     "\"1 kmin\": unknown unit \"kmin\", expected a duration such as 2h or 30min"},
    {"9 nodes", UNIT_NONE, "\"9 nodes\" is not a plain number"},
    {"", UNIT_TIME, "\"\" is not a duration such as 2h or 30min"},
    {"h", UNIT_TIME, "\"h\" is not a duration such as 2h or 30min"},
    {"nan", UNIT_NONE, "\"nan\" is not a plain number such as 50k or 30%"},
    {"inf h", UNIT_TIME, "\"inf h\" is not a duration such as 2h or 30min"},
    {"0x10", UNIT_NONE, "\"0x10\": unknown unit \"x\", expected a plain number such as 50k or 30%"},
    {"1e999", UNIT_NONE, "\"1e999\" is too large"},
    {"1e308 years", UNIT_TIME, "\"1e308 years\" is too large"},
    {"3 per 0 h", UNIT_RATE, "\"3 per 0 h\" is too large"},
    {"9 per", UNIT_RATE,
     "\"9 per\": a unit is missing after \"per\", expected a rate such as 9 per h"},
    {"1/h/h/h/h", UNIT_RATE, "\"1/h/h/h/h\": too many \"per\""},
    {"2h 30min", UNIT_TIME,
     "\"2h 30min\": \"30min\" makes no sense here, expected a duration such as 2h or 30min"},
    {"1,000 s", UNIT_TIME,
     "\"1,000 s\": unknown unit \",\", expected a duration such as 2h or 30min"},
    {"k k k k k k k k k", UNIT_NONE,
     "\"k k k k k k k k k\" is not a plain number such as 50k or 30%"},
    {"1 kkkkkkkk", UNIT_NONE,
     "\"1 kkkkkkkk\": unknown unit \"kkkkkkkk\", expected a plain number such as 50k or 30%"},
    {"1 k k k k k k k k k", UNIT_NONE, "\"1 k k k k k k k k k\": too many units"},
    {"5 W-h", UNIT_POWER, "\"5 W-h\" is an energy; expected a power such as 5.6 kW"},
    {"5 h-h", UNIT_TIME, "\"5 h-h\" is not a duration such as 2h or 30min"},
};

static void good_quantities(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        double value = -1;
        struct error err = {0};
        const int rc = quantity_parse(good[i].text, good[i].unit, &value, &err);
        const double slack = 2e-16 * fabs(good[i].value);
        if (rc != 0 || !(fabs(value - good[i].value) <= slack))
            fail_msg("\"%s\": got %.17g, want %.17g %s", good[i].text, value, good[i].value,
                     err.text);
    }
}

static void exact_fractions(void **state)
{
    (void)state;
    double value;
    for (int percent = 0; percent <= 100; percent++) {
        char text[16];
        snprintf(text, sizeof(text), "%d%%", percent);
        assert_int_equal(quantity_parse(text, UNIT_NONE, &value, NULL), 0);
        assert_true(value == percent / 100.0);
    }
}

static void bad_quantities(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        double value = 77;
        struct error err = {0};
        if (quantity_parse(bad[i].text, bad[i].unit, &value, &err) != -1)
            fail_msg("\"%s\" was accepted as %g", bad[i].text, value);
        assert_string_equal(err.text, bad[i].message);
        assert_true(value == 77);
    }
}

/* Whatever is printed reads back to the same bits. */
static void format_round_trip(void **state)
{
    (void)state;
    static const double values[] = {0,     1,     -1,         3600,       0.1,        1.0 / 3,
                                    7200,  1e-9,  123456.789, 2.4 / 3600, 9.0 / 3600, 2e17,
                                    5.6e3, 1e300, 6.02e23,    1.25e9};
    for (enum unit unit = UNIT_NONE; unit <= UNIT_BANDWIDTH; unit++) {
        if (unit == UNIT_SAME)
            continue;
        for (size_t i = 0; i < ARRAY_LEN(values); i++) {
            char text[64];
            double back = 0;
            struct error err = {0};
            quantity_format(values[i], unit, text, sizeof(text));
            if (quantity_parse(text, unit, &back, &err) != 0 || back != values[i])
                fail_msg("%.17g in unit %d printed as \"%s\", read as %.17g %s", values[i],
                         (int)unit, text, back, err.text);
        }
    }
}

static void formats(void **state)
{
    (void)state;
    static const struct {
        double value;
        enum unit unit;
        const char *text;
    } rows[] = {
        {7200, UNIT_TIME, "2 h"},
        {2e17, UNIT_FLOPS, "200 PFLOPS"},
        {5600, UNIT_POWER, "5600 W"},
        {9.0 / 3600, UNIT_RATE, "9/h"},
        {2.4 / 3600, UNIT_MONEY_RATE, "2.4 CNY/h"},
        {1.25e9, UNIT_BANDWIDTH, "10 Gbit/s"},
        {0.3, UNIT_NONE, "0.3"},
        {1e4, UNIT_MONEY, "10k CNY"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[64];
        assert_string_equal(quantity_format(rows[i].value, rows[i].unit, text, sizeof(text)),
                            rows[i].text);
    }
}

static void human_times(void **state)
{
    (void)state;
    static const struct {
        double seconds;
        const char *text;
    } rows[] = {
        {0, "0 s"},          {3.4, "3.4 s"},  {4320, "1 h 12 min"}, {59.97, "1 min"},
        {90, "1 min 30 s"},  {3599.9, "1 h"}, {86399, "1 d"},       {90000, "1 d 1 h"},
        {0.0125, "12.5 ms"}, {2e-6, "2 us"},  {-90, "-1 min 30 s"}, {HUGE_VAL, "for ever"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[64];
        assert_string_equal(quantity_human_time(rows[i].seconds, text, sizeof(text)), rows[i].text);
    }
}

/* The numbers of a column stay in the unit that suits one of them. */
static void human_numbers(void **state)
{
    (void)state;
    static const struct {
        double value, scale;
        enum unit unit;
        const char *text;
    } rows[] = {
        {40.0 / 86400, 8.5 / 86400, UNIT_RATE, "40/d"},
        {1.89 / 3600, 1.89 / 3600, UNIT_RATE, "1.89/h"},
        {0.12 / 86400, 0.12 / 86400, UNIT_RATE, "0.12/d"},
        {20, 2, UNIT_RATE, "20/s"},
        {1.25e9, 1.25e9, UNIT_BANDWIDTH, "10 Gbit/s"},
        {12.5e6, 1.25e9, UNIT_BANDWIDTH, "0.1 Gbit/s"},
        {1.25e9, 12.5e6, UNIT_BANDWIDTH, "10000 Mbit/s"},
        {8.107e11, 4.759e12, UNIT_FLOPS, "0.8107 TFLOPS"},
        {0.3, 100, UNIT_NONE, "0.3"},
        {5e12, 1, UNIT_BYTES, "5 TB"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[64];
        assert_string_equal(
            quantity_human(rows[i].value, rows[i].scale, rows[i].unit, text, sizeof(text)),
            rows[i].text);
    }
}

static void names(void **state)
{
    (void)state;
    static const char *const known[] = {"fcfs", "easy", "conservative", "fair-share"};
    static const struct {
        const char *text, *near;
    } rows[] = {
        {"fcs", "fcfs"},
        {"fcsf", "fcfs"},
        {"esay", "easy"},
        {"abc", NULL},
        {"conservativ", "conservative"},
        {"fairshare", "fair-share"},
        {"zzzzzzzzz", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *near = nearest_name(rows[i].text, known, ARRAY_LEN(known));
        assert_string_equal(near ? near : "(none)", rows[i].near ? rows[i].near : "(none)");
    }
    char hint[100];
    assert_string_equal(suggest_name("zzzzzz", known, 4, hint, sizeof(hint)),
                        "; expected one of fcfs, easy, conservative, fair-share");
    assert_string_equal(suggest_name("zzzzzz", known, 4, hint, 40),
                        "; expected one of fcfs, easy, ...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_quantities), cmocka_unit_test(exact_fractions),
        cmocka_unit_test(bad_quantities),  cmocka_unit_test(format_round_trip),
        cmocka_unit_test(formats),         cmocka_unit_test(human_times),
        cmocka_unit_test(human_numbers),   cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
