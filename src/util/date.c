/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/date.h"

#include "util/quantity.h"

#include <stdio.h>
#include <string.h>

static const char *const EXAMPLE = "expected a date such as 2021-05-01 or "
                                   "2021-05-01T08:30:00+08:00, or a duration such as 30d";

/* Days since 1970-01-01 of a proleptic Gregorian date, and back: H. Hinnant's algorithms, eras of
 * 400 years that begin on 1 March. */
static int64_t days_of(int64_t year, int month, int day)
{
    year -= month <= 2;
    const int64_t era = (year >= 0 ? year : year - 399) / 400;
    const int64_t yoe = year - era * 400;
    const int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    const int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int month_days(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

struct civil date_civil(simtime instant, int32_t offset)
{
    const simtime local = instant + offset * SIMTIME_SECOND;
    const int64_t days = floor_div(local, SIMTIME_DAY);
    const int64_t z = days + 719468;
    const int64_t era = floor_div(z, 146097);
    const int64_t doe = z - era * 146097;
    const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    const int64_t mp = (5 * doy + 2) / 153;
    const int month = (int)(mp < 10 ? mp + 3 : mp - 9);
    const int64_t year = yoe + era * 400 + (month <= 2);
    return (struct civil){
        .year = (int)year,
        .month = month,
        .day = (int)(doy - (153 * mp + 2) / 5 + 1),
        .weekday = (int)(days + 3 - 7 * floor_div(days + 3, 7)),
        .yearday = (int)(days - days_of(year, 1, 1)),
        .in_day = local - days * SIMTIME_DAY,
    };
}

simtime date_instant(int year, int month, int day, simtime in_day, int32_t offset)
{
    return days_of(year, month, day) * SIMTIME_DAY + in_day - offset * SIMTIME_SECOND;
}

simtime date_add_months(simtime instant, int32_t offset, int months)
{
    const struct civil at = date_civil(instant, offset);
    const int64_t all = (int64_t)at.year * 12 + at.month - 1 + months;
    const int64_t year = floor_div(all, 12);
    const int month = (int)(all - year * 12) + 1;
    const int last = month_days(year, month);
    return date_instant((int)year, month, at.day < last ? at.day : last, at.in_day, offset);
}

/* `len` digits at *at as a number, -1 if they are not there. */
static int take_digits(const char **at, int len)
{
    int value = 0;
    for (int i = 0; i < len; i++) {
        const char c = (*at)[i];
        if (c < '0' || c > '9')
            return -1;
        value = value * 10 + (c - '0');
    }
    *at += len;
    return value;
}

static bool take(const char **at, char c)
{
    if (**at != c)
        return false;
    (*at)++;
    return true;
}

/* "08:30", "08:30:00", "08:30:00.5" */
static bool take_clock(const char **at, simtime *ret_in_day)
{
    const int hour = take_digits(at, 2);
    if (hour < 0 || hour > 23 || !take(at, ':'))
        return false;
    const int minute = take_digits(at, 2);
    if (minute < 0 || minute > 59)
        return false;
    simtime in_day = (hour * 60 + minute) * 60 * SIMTIME_SECOND;
    if (take(at, ':')) {
        const int second = take_digits(at, 2);
        if (second < 0 || second > 59)
            return false;
        in_day += second * SIMTIME_SECOND;
        if (take(at, '.')) {
            simtime unit = SIMTIME_SECOND / 10;
            if (**at < '0' || **at > '9')
                return false;
            for (; unit > 0 && **at >= '0' && **at <= '9'; unit /= 10)
                in_day += (*(*at)++ - '0') * unit;
        }
    }
    *ret_in_day = in_day;
    return true;
}

/* "Z", "+08:00", "+0800", "+08" */
static bool take_zone(const char **at, struct date_value *date)
{
    date->zoned = true;
    if (take(at, 'Z'))
        return true;
    const int sign = **at == '-' ? -1 : 1;
    if (!take(at, '+') && !take(at, '-'))
        return false;
    const int hours = take_digits(at, 2);
    int minutes = 0;
    if (hours < 0 || hours > 18)
        return false;
    if (take(at, ':') || **at) {
        minutes = take_digits(at, 2);
        if (minutes < 0 || minutes > 59)
            return false;
    }
    date->offset = sign * (hours * 60 + minutes) * 60;
    return true;
}

static int parse_calendar(const char *text, struct date_value *ret_date, struct error *err)
{
    struct date_value date = {.given = true};
    const char *at = text;
    const int year = take_digits(&at, 4);
    const int month = take(&at, '-') ? take_digits(&at, 2) : -1;
    const int day = take(&at, '-') ? take_digits(&at, 2) : -1;
    if (year < 1 || month < 1 || day < 1)
        return error_set(err, "\"%.80s\": %s", text, EXAMPLE);
    if (month > 12)
        return error_set(err, "\"%.80s\": there is no month %d", text, month);
    if (day > month_days(year, month))
        return error_set(err, "\"%.80s\": month %d of %d has %d days", text, month, year,
                         month_days(year, month));
    simtime in_day = 0;
    if (*at == 'T' || *at == 't' || *at == ' ') {
        at++;
        if (!take_clock(&at, &in_day))
            return error_set(err, "\"%.80s\": expected a time of day such as 08:30 or 08:30:00",
                             text);
    }
    while (*at == ' ')
        at++;
    if (*at && (!take_zone(&at, &date) || *at))
        return error_set(err, "\"%.80s\": expected an offset from UTC such as +08:00 or Z", text);
    date.instant = date_instant(year, month, day, in_day, date.offset);
    *ret_date = date;
    return 0;
}

static bool looks_like_date(const char *text)
{
    return take_digits(&text, 4) >= 0 && *text == '-';
}

int date_parse(const char *text, struct date_value *ret_date, struct error *err)
{
    if (looks_like_date(text))
        return parse_calendar(text, ret_date, err);
    double seconds;
    struct error why;
    if (quantity_parse(text, UNIT_TIME, &seconds, &why) < 0) {
        double number;
        if (quantity_number(text, &number) == 0)
            return error_set(err, "\"%.80s\": %s", text, EXAMPLE);
        return error_set(err, "%s", why.text);
    }
    if (!(seconds > -simtime_seconds(SIMTIME_NEVER) && seconds < simtime_seconds(SIMTIME_NEVER)))
        return error_set(err, "\"%.80s\" is too long for the clock", text);
    *ret_date = (struct date_value){
        .given = true,
        .relative = true,
        .instant = simtime_from_seconds(seconds),
    };
    return 0;
}

const char *date_format(simtime instant, int32_t offset, char *buffer, size_t size)
{
    const struct civil at = date_civil(instant, offset);
    const int64_t second = at.in_day / SIMTIME_SECOND;
    char fraction[16] = "";
    if (at.in_day % SIMTIME_SECOND)
        snprintf(fraction, sizeof(fraction), ".%06d", (int)(at.in_day % SIMTIME_SECOND));
    const int east = offset < 0 ? -offset : offset;
    snprintf(buffer, size, "%04d-%02d-%02dT%02d:%02d:%02d%s%c%02d:%02d", at.year, at.month, at.day,
             (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60), fraction,
             offset < 0 ? '-' : '+', east / 3600, east / 60 % 60);
    return buffer;
}

const char *date_format_day(simtime instant, int32_t offset, char *buffer, size_t size)
{
    char *clock = buffer + strcspn(date_format(instant, offset, buffer, size), "T");
    if (strncmp(clock, "T00:00:00", 9) == 0 && clock[9] != '.')
        *clock = '\0';
    return buffer;
}

int date_interval_parse(const char *text, struct date_interval *ret, struct error *err)
{
    static const char *const singles[] = {"hour", "day", "week", "month", "year"};
    char unit[16] = "", one[16];
    double number;
    for (size_t i = 0; i < ARRAY_LEN(singles); i++)
        if (strcmp(text, singles[i]) == 0) {
            snprintf(one, sizeof(one), "1 %s", singles[i]);
            text = one;
            break;
        }
    *ret = (struct date_interval){0};
    if (sscanf(text, "%lf %15s", &number, unit) == 2 &&
        (strncmp(unit, "month", 5) == 0 || strncmp(unit, "year", 4) == 0)) {
        if (!(number >= 1 && number < 1200) || number != (int)number)
            return error_set(err, "\"%.40s\": a whole number of months or years is needed", text);
        ret->months = (int)number * (unit[0] == 'y' ? 12 : 1);
        return 0;
    }
    double seconds;
    if (quantity_parse(text, UNIT_TIME, &seconds, err) < 0)
        return -1;
    if (!(seconds >= 1 && seconds <= 1e11))
        return error_set(err, "at least a second is needed");
    ret->step = simtime_from_seconds(seconds);
    return 0;
}
