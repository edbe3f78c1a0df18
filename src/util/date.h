/* Calendar dates: ISO 8601 with a fixed offset from UTC (no daylight saving: China has none, and a
 * log states one offset). Proleptic Gregorian, no leap seconds. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef UTIL_DATE_H
#define UTIL_DATE_H

#include "util/error.h"
#include "util/simtime.h"

/* What FIELD_DATE decodes: an instant of the calendar, or a duration since the scenario's start. */
struct date_value {
    bool given, relative;
    bool zoned;      /* the text stated an offset; else it is read at the start's offset */
    simtime instant; /* microseconds since 1970-01-01T00:00Z (relative: since the start). Not zoned:
                      * as if UTC */
    int32_t offset;  /* seconds east of UTC, 0 if not zoned */
};

/* "2021-05-01", "2021-05-01T08:30", "2021-05-01T08:30:00.5+08:00", "2021-05-01 08:30Z"; or a
 * duration "30d". */
int date_parse(const char *text, struct date_value *ret_date, struct error *err);

/* "2021-05-01T00:00:00+08:00"; microseconds only where not zero. Returns buffer. */
const char *date_format(simtime instant, int32_t offset, char *buffer, size_t size);

/* The same, but of a midnight the day alone. */
const char *date_format_day(simtime instant, int32_t offset, char *buffer, size_t size);

struct civil {
    int year, month, day; /* month and day from 1 */
    int weekday;          /* 0 Monday ... 6 Sunday */
    int yearday;          /* from 0 */
    simtime in_day;       /* microseconds since local midnight */
};

struct civil date_civil(simtime instant, int32_t offset);
simtime date_instant(int year, int month, int day, simtime in_day, int32_t offset);

/* `months` later, the day cut to the length of the month (31 January + 1 month = 28 February). */
simtime date_add_months(simtime instant, int32_t offset, int months);

/* How often something comes again: whole months of the calendar, else a fixed step. */
struct date_interval {
    int months; /* 0: a step */
    simtime step;
};

/* "month", "3 months", "1 year", "2 weeks", "7d"; a step is at least a second. */
int date_interval_parse(const char *text, struct date_interval *ret, struct error *err);

#endif
