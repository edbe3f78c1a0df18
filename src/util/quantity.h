/* Quantities with units, as a person writes them: "2h", "200 PFLOPS", "9 per h", "30%", "1 万元".
 * Values come out in SI units, money in yuan. A bare number is accepted only where no unit is
 * needed. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef UTIL_QUANTITY_H
#define UTIL_QUANTITY_H

#include "util/error.h"

enum unit {
    UNIT_NONE,         /* a number; "50k", "30%" and "2 thousand" are numbers too */
    UNIT_SAME,         /* only in tables of distribution parameters: the distribution's own unit */
    UNIT_TIME,         /* seconds */
    UNIT_RATE,         /* 1/second: "9 per h", "9/h", "35% per year" */
    UNIT_FLOPS,        /* floating-point operations per second */
    UNIT_WORK,         /* floating-point operations: "3 PFLOP" */
    UNIT_POWER,        /* watts */
    UNIT_ENERGY,       /* joules; "5 kWh" */
    UNIT_MONEY,        /* yuan: "1 万元", "900k CNY" */
    UNIT_MONEY_RATE,   /* yuan per second: "2.40 CNY/h", "900k CNY/year" */
    UNIT_ENERGY_PRICE, /* yuan per joule: "0.65 CNY/kWh" */
    UNIT_BYTES,        /* "4 TB" */
    UNIT_BANDWIDTH     /* bytes per second: "10 Gbit/s" */
};

/* Parse the whole of `text`. A year is 365 days, a month 30 days, where no calendar is meant.
 * On failure fills err->text with what is wrong and what would be right, and returns -1. */
int quantity_parse(const char *text, enum unit unit, double *ret_value, struct error *err);

/* Length of the number that starts `text` (sign, digits, fraction, exponent; nothing else), 0 if
 * there is none; *ret_value is it, infinite if too large. What follows it is the unit text. */
size_t quantity_number(const char *text, double *ret_value);

/* For messages and help: "a duration", "2h or 30min". */
const char *quantity_what(enum unit unit);
const char *quantity_example(enum unit unit);

/* Shortest text that parses back to the same value. Returns buffer. */
const char *quantity_format(double value, enum unit unit, char *buffer, size_t size);

/* Four digits in a unit that suits `scale`, so that the numbers of a column stay in one: "52.8/d",
 * "0.1 Gbit/s". Units of which there is no choice: as quantity_format has them. Returns buffer. */
const char *quantity_human(double value, double scale, enum unit unit, char *buffer, size_t size);

/* A duration for people: "1 h 12 min", "3.4 s". Returns buffer. */
const char *quantity_human_time(double seconds, char *buffer, size_t size);

#endif
