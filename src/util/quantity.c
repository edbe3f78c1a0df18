/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/quantity.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A unit is a product of powers of these; two units of equal powers can be compared. */
enum base { BASE_TIME, BASE_FLOP, BASE_ENERGY, BASE_MONEY, BASE_BYTE, BASES };

struct dimension {
    signed char power[BASES];
};

/* So many units in a row keep the powers of a dimension far from overflow. */
enum { WORDS_MAX = 8 };

enum { PREFIX_NONE, PREFIX_SI = 1, PREFIX_BINARY = 2, WORD_COUNT = 4, WORD_FACTOR = 8 };

struct word {
    const char *name;
    double scale; /* below zero: divide by it, so that 70% is the double nearest to 0.7 */
    struct dimension dim;
    unsigned flags;
};

#define DIM_TIME                                                                                   \
    {                                                                                              \
        {                                                                                          \
            1, 0, 0, 0, 0                                                                          \
        }                                                                                          \
    }
#define DIM_FLOP                                                                                   \
    {                                                                                              \
        {                                                                                          \
            0, 1, 0, 0, 0                                                                          \
        }                                                                                          \
    }
#define DIM_FLOPS                                                                                  \
    {                                                                                              \
        {                                                                                          \
            -1, 1, 0, 0, 0                                                                         \
        }                                                                                          \
    }
#define DIM_ENERGY                                                                                 \
    {                                                                                              \
        {                                                                                          \
            0, 0, 1, 0, 0                                                                          \
        }                                                                                          \
    }
#define DIM_POWER                                                                                  \
    {                                                                                              \
        {                                                                                          \
            -1, 0, 1, 0, 0                                                                         \
        }                                                                                          \
    }
#define DIM_MONEY                                                                                  \
    {                                                                                              \
        {                                                                                          \
            0, 0, 0, 1, 0                                                                          \
        }                                                                                          \
    }
#define DIM_BYTE                                                                                   \
    {                                                                                              \
        {                                                                                          \
            0, 0, 0, 0, 1                                                                          \
        }                                                                                          \
    }
#define DIM_NONE                                                                                   \
    {                                                                                              \
        {                                                                                          \
            0, 0, 0, 0, 0                                                                          \
        }                                                                                          \
    }

static const struct word words[] = {
    {"s", 1, DIM_TIME, 0},
    {"sec", 1, DIM_TIME, 0},
    {"second", 1, DIM_TIME, 0},
    {"seconds", 1, DIM_TIME, 0},
    {"秒", 1, DIM_TIME, 0},
    {"ms", -1e3, DIM_TIME, 0},
    {"us", -1e6, DIM_TIME, 0},
    {"µs", -1e6, DIM_TIME, 0},
    {"μs", -1e6, DIM_TIME, 0},
    {"min", 60, DIM_TIME, 0},
    {"minute", 60, DIM_TIME, 0},
    {"minutes", 60, DIM_TIME, 0},
    {"分钟", 60, DIM_TIME, 0},
    {"h", 3600, DIM_TIME, 0},
    {"hour", 3600, DIM_TIME, 0},
    {"hours", 3600, DIM_TIME, 0},
    {"小时", 3600, DIM_TIME, 0},
    {"d", 86400, DIM_TIME, 0},
    {"day", 86400, DIM_TIME, 0},
    {"days", 86400, DIM_TIME, 0},
    {"天", 86400, DIM_TIME, 0},
    {"week", 7 * 86400, DIM_TIME, 0},
    {"weeks", 7 * 86400, DIM_TIME, 0},
    {"周", 7 * 86400, DIM_TIME, 0},
    {"month", 30 * 86400, DIM_TIME, 0},
    {"months", 30 * 86400, DIM_TIME, 0},
    {"月", 30 * 86400, DIM_TIME, 0},
    {"year", 365 * 86400, DIM_TIME, 0},
    {"years", 365 * 86400, DIM_TIME, 0},
    {"年", 365 * 86400, DIM_TIME, 0},
    {"FLOPS", 1, DIM_FLOPS, PREFIX_SI},
    {"flops", 1, DIM_FLOPS, PREFIX_SI},
    {"FLOP", 1, DIM_FLOP, PREFIX_SI},
    {"flop", 1, DIM_FLOP, PREFIX_SI},
    {"W", 1, DIM_POWER, PREFIX_SI},
    {"J", 1, DIM_ENERGY, PREFIX_SI},
    {"Wh", 3600, DIM_ENERGY, PREFIX_SI},
    {"度", 3.6e6, DIM_ENERGY, 0},
    {"CNY", 1, DIM_MONEY, PREFIX_SI},
    {"RMB", 1, DIM_MONEY, PREFIX_SI},
    {"yuan", 1, DIM_MONEY, 0},
    {"元", 1, DIM_MONEY, 0},
    {"万元", 1e4, DIM_MONEY, 0},
    {"亿元", 1e8, DIM_MONEY, 0},
    {"B", 1, DIM_BYTE, PREFIX_SI | PREFIX_BINARY},
    {"byte", 1, DIM_BYTE, 0},
    {"bytes", 1, DIM_BYTE, 0},
    {"bit", -8, DIM_BYTE, PREFIX_SI | PREFIX_BINARY},
    {"bits", -8, DIM_BYTE, 0},
    {"%", -100, DIM_NONE, WORD_FACTOR},
    {"k", 1e3, DIM_NONE, WORD_FACTOR},
    {"K", 1e3, DIM_NONE, WORD_FACTOR},
    {"thousand", 1e3, DIM_NONE, WORD_FACTOR},
    {"万", 1e4, DIM_NONE, WORD_FACTOR},
    {"M", 1e6, DIM_NONE, WORD_FACTOR},
    {"million", 1e6, DIM_NONE, WORD_FACTOR},
    {"亿", 1e8, DIM_NONE, WORD_FACTOR},
    {"G", 1e9, DIM_NONE, WORD_FACTOR},
    {"billion", 1e9, DIM_NONE, WORD_FACTOR},
    {"T", 1e12, DIM_NONE, WORD_FACTOR},
    /* Things counted: they say what a rate or a price is for, and change nothing. */
    {"node", 1, DIM_NONE, WORD_COUNT},
    {"nodes", 1, DIM_NONE, WORD_COUNT},
    {"processor", 1, DIM_NONE, WORD_COUNT},
    {"processors", 1, DIM_NONE, WORD_COUNT},
    {"card", 1, DIM_NONE, WORD_COUNT},
    {"cards", 1, DIM_NONE, WORD_COUNT},
    {"core", 1, DIM_NONE, WORD_COUNT},
    {"cores", 1, DIM_NONE, WORD_COUNT},
    {"gpu", 1, DIM_NONE, WORD_COUNT},
    {"GPU", 1, DIM_NONE, WORD_COUNT},
    {"job", 1, DIM_NONE, WORD_COUNT},
    {"jobs", 1, DIM_NONE, WORD_COUNT},
};

static const struct {
    const char *name;
    double scale;
    unsigned flag;
} prefixes[] = {
    {"Ki", 0x1p10, PREFIX_BINARY}, {"Mi", 0x1p20, PREFIX_BINARY}, {"Gi", 0x1p30, PREFIX_BINARY},
    {"Ti", 0x1p40, PREFIX_BINARY}, {"Pi", 0x1p50, PREFIX_BINARY}, {"k", 1e3, PREFIX_SI},
    {"M", 1e6, PREFIX_SI},         {"G", 1e9, PREFIX_SI},         {"T", 1e12, PREFIX_SI},
    {"P", 1e15, PREFIX_SI},        {"E", 1e18, PREFIX_SI},        {"Z", 1e21, PREFIX_SI},
};

/* Per enum unit: what it is called, how it is written, and in which units it is printed. */
static const struct {
    struct dimension dim;
    const char *what, *example;
    const char *print[12];
} units[] = {
    [UNIT_NONE] = {DIM_NONE, "a plain number", "50k or 30%", {""}},
    [UNIT_SAME] = {DIM_NONE, "a plain number", "50k or 30%", {""}},
    [UNIT_TIME] = {DIM_TIME,
                   "a duration",
                   "2h or 30min",
                   {" s", " min", " h", " d", " years", " ms", " us"}},
    [UNIT_RATE] = {{{-1, 0, 0, 0, 0}}, "a rate", "9 per h", {"/s", "/min", "/h", "/d", "/year"}},
    [UNIT_FLOPS] = {DIM_FLOPS,
                    "a speed in FLOPS",
                    "256 TFLOPS",
                    {" FLOPS", " GFLOPS", " TFLOPS", " PFLOPS", " EFLOPS"}},
    [UNIT_WORK] = {DIM_FLOP,
                   "an amount of work in FLOP",
                   "3 PFLOP",
                   {" FLOP", " GFLOP", " TFLOP", " PFLOP", " EFLOP", " ZFLOP"}},
    [UNIT_POWER] = {DIM_POWER, "a power", "5.6 kW", {" W", " kW", " MW"}},
    [UNIT_ENERGY] = {DIM_ENERGY, "an energy", "5 kWh", {" J", " kWh", " MWh"}},
    [UNIT_MONEY] = {DIM_MONEY, "an amount of money", "900k CNY or 90 万元", {" CNY", "k CNY"}},
    [UNIT_MONEY_RATE] = {{{-1, 0, 0, 1, 0}},
                         "money per time",
                         "2.40 CNY/h",
                         {" CNY/h", " CNY/year", "k CNY/year", " CNY/d", " CNY/s"}},
    [UNIT_ENERGY_PRICE] = {{{0, 0, -1, 1, 0}},
                           "money per energy",
                           "0.65 CNY/kWh",
                           {" CNY/kWh", " CNY/J"}},
    [UNIT_BYTES] = {DIM_BYTE,
                    "an amount of data",
                    "4 TB",
                    {" B", " kB", " MB", " GB", " TB", " GiB", " TiB"}},
    [UNIT_BANDWIDTH] = {{{-1, 0, 0, 0, 1}},
                        "a bandwidth",
                        "10 Gbit/s",
                        {" B/s", " Mbit/s", " Gbit/s", " GB/s"}},
};

const char *quantity_what(enum unit unit)
{
    return units[unit].what;
}

const char *quantity_example(enum unit unit)
{
    return units[unit].example;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static size_t digits(const char *text)
{
    size_t n = 0;
    while (is_digit(text[n]))
        n++;
    return n;
}

/* By hand, since strtod also takes hex, "inf" and "nan", and "5E" of "5EFLOPS". */
static size_t number_length(const char *text)
{
    size_t n = *text == '+' || *text == '-';
    const size_t whole = digits(text + n);
    size_t fraction = 0;
    n += whole;
    if (text[n] == '.') {
        fraction = digits(text + n + 1);
        n += 1 + fraction;
    }
    if (whole + fraction == 0)
        return 0;
    if (text[n] == 'e' || text[n] == 'E') {
        const size_t sign = text[n + 1] == '+' || text[n + 1] == '-';
        const size_t exponent = digits(text + n + 1 + sign);
        if (exponent > 0)
            n += 1 + sign + exponent;
    }
    return n;
}

size_t quantity_number(const char *text, double *ret_value)
{
    const size_t n = number_length(text);
    if (n > 0)
        *ret_value = strtod(text, NULL);
    return n;
}

struct scan {
    const char *text, *at;
    double times, over; /* what the number is multiplied with and divided by */
    struct dimension dim;
    bool has_unit, has_count;
};

static bool same_text(const char *name, const char *text, size_t len)
{
    return strlen(name) == len && memcmp(name, text, len) == 0;
}

static const struct word *find_word(const char *text, size_t len, double *ret_prefix)
{
    *ret_prefix = 1;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (same_text(words[i].name, text, len))
            return &words[i];
    for (size_t p = 0; p < ARRAY_LEN(prefixes); p++) {
        const size_t n = strlen(prefixes[p].name);
        if (len <= n || memcmp(prefixes[p].name, text, n) != 0)
            continue;
        for (size_t i = 0; i < ARRAY_LEN(words); i++)
            if ((words[i].flags & prefixes[p].flag) &&
                same_text(words[i].name, text + n, len - n)) {
                *ret_prefix = prefixes[p].scale;
                return &words[i];
            }
    }
    return NULL;
}

static size_t word_length(const char *text)
{
    if (*text == '%')
        return 1;
    size_t n = 0;
    while (text[n] && !is_space(text[n]) && !is_digit(text[n]) && !strchr("/-+%.", text[n]))
        n++;
    return n;
}

static void apply_word(struct scan *scan, const struct word *word, double prefix, int sign)
{
    double times = prefix, over = 1;
    if (word->scale > 0)
        times *= word->scale;
    else
        over = -word->scale;
    scan->times *= sign > 0 ? times : over;
    scan->over *= sign > 0 ? over : times;
    for (size_t i = 0; i < BASES; i++)
        scan->dim.power[i] = (signed char)(scan->dim.power[i] + sign * word->dim.power[i]);
    scan->has_count |= (word->flags & WORD_COUNT) != 0;
    scan->has_unit |= (word->flags & (WORD_COUNT | WORD_FACTOR)) == 0;
}

static void skip_spaces(struct scan *scan)
{
    while (is_space(*scan->at))
        scan->at++;
}

static bool take_per(struct scan *scan)
{
    skip_spaces(scan);
    if (*scan->at == '/') {
        scan->at++;
        return true;
    }
    if (strncmp(scan->at, "per", 3) == 0 && word_length(scan->at) == 3) {
        scan->at += 3;
        return true;
    }
    return false;
}

/* Factors and units up to the next "per" or the end: "k CNY", "PFLOPS-days", "1000 node-days". */
static int scan_product(struct scan *scan, int sign, enum unit unit, struct error *err)
{
    bool any = false;
    for (int n = 0;; n++) {
        if (n == WORDS_MAX)
            return error_set(err, "\"%.80s\": too many units", scan->text);
        skip_spaces(scan);
        const size_t len = word_length(scan->at);
        if (len == 0 || same_text("per", scan->at, len))
            break;
        double prefix;
        const struct word *word = find_word(scan->at, len, &prefix);
        if (!word)
            return error_set(err, "\"%.80s\": unknown unit \"%.*s\", expected %s such as %s",
                             scan->text, (int)(len < 40 ? len : 40), scan->at, units[unit].what,
                             units[unit].example);
        any = true;
        scan->at += len;
        apply_word(scan, word, prefix, sign);
        if (!(word->flags & WORD_FACTOR)) {
            if (*scan->at != '-')
                break;
            scan->at++;
        }
    }
    if (!any && sign < 0)
        return error_set(err, "\"%.80s\": a unit is missing after \"per\", expected %s such as %s",
                         scan->text, units[unit].what, units[unit].example);
    return 0;
}

static int scan_denominators(struct scan *scan, enum unit unit, struct error *err)
{
    for (int n = 0; take_per(scan); n++) {
        if (n == 3)
            return error_set(err, "\"%.80s\": too many \"per\"", scan->text);
        skip_spaces(scan);
        if (is_digit(*scan->at)) {
            double count = 1;
            scan->at += quantity_number(scan->at, &count);
            scan->over *= count;
        }
        if (scan_product(scan, -1, unit, err) < 0)
            return -1;
    }
    skip_spaces(scan);
    if (*scan->at)
        return error_set(err, "\"%.80s\": \"%.40s\" makes no sense here, expected %s such as %s",
                         scan->text, scan->at, units[unit].what, units[unit].example);
    return 0;
}

static int check_dimension(const struct scan *scan, enum unit unit, struct error *err)
{
    if (memcmp(&scan->dim, &units[unit].dim, sizeof(scan->dim)) == 0) {
        if (!scan->has_unit && scan->has_count)
            return error_set(err, "\"%.80s\" is not a plain number", scan->text);
        return 0;
    }
    if (!scan->has_unit) {
        const bool growth = unit == UNIT_RATE && strchr(scan->text, '%');
        return error_set(err, "\"%.80s\" needs a unit, such as %s", scan->text,
                         growth ? "35%/year" : units[unit].example);
    }
    for (size_t i = UNIT_TIME; i < ARRAY_LEN(units); i++)
        if (memcmp(&scan->dim, &units[i].dim, sizeof(scan->dim)) == 0)
            return error_set(err, "\"%.80s\" is %s; expected %s such as %s", scan->text,
                             units[i].what, units[unit].what, units[unit].example);
    return error_set(err, "\"%.80s\" is not %s such as %s", scan->text, units[unit].what,
                     units[unit].example);
}

int quantity_parse(const char *text, enum unit unit, double *ret_value, struct error *err)
{
    struct scan scan = {.text = text, .at = text, .times = 1, .over = 1};
    skip_spaces(&scan);
    double number;
    const size_t len = quantity_number(scan.at, &number);
    if (len == 0)
        return error_set(err, "\"%.80s\" is not %s such as %s", text, units[unit].what,
                         units[unit].example);
    scan.at += len;
    if (scan_product(&scan, 1, unit, err) < 0 || scan_denominators(&scan, unit, err) < 0 ||
        check_dimension(&scan, unit, err) < 0)
        return -1;
    const double value = number * scan.times / scan.over;
    if (!isfinite(value))
        return error_set(err, "\"%.80s\" is too large", text);
    *ret_value = value;
    return 0;
}

const char *quantity_format(double value, enum unit unit, char *buffer, size_t size)
{
    char best[64] = "";
    double scale;
    for (size_t i = 0; i < ARRAY_LEN(units[unit].print) && units[unit].print[i]; i++) {
        const char *suffix = units[unit].print[i];
        char text[64];
        snprintf(text, sizeof(text), "1%s", suffix);
        if (quantity_parse(text, unit, &scale, NULL) < 0)
            continue;
        /* The first that reads back may have an exponent that more digits avoid. */
        for (int shown = 1; shown <= 17; shown++) {
            const int len = snprintf(text, sizeof(text), "%.*g", shown, value / scale);
            const bool exponent = strchr(text, 'e') != NULL;
            snprintf(text + len, sizeof(text) - (size_t)len, "%s", suffix);
            double back;
            if (quantity_parse(text, unit, &back, NULL) < 0 || back != value)
                continue;
            if (!*best || strlen(text) < strlen(best))
                memcpy(best, text, sizeof(text));
            if (!exponent)
                break;
        }
    }
    if (!*best)
        snprintf(best, sizeof(best), "%.17g%s", value, units[unit].print[0]);
    snprintf(buffer, size, "%s", best);
    return buffer;
}

/* In these a column of numbers is told; the greatest first. */
static const char *const human_units[][4] = {
    [UNIT_RATE] = {"/s", "/h", "/d"},
    [UNIT_FLOPS] = {" PFLOPS", " TFLOPS", " GFLOPS"},
    [UNIT_BANDWIDTH] = {" Gbit/s", " Mbit/s"},
};

const char *quantity_human(double value, double scale, enum unit unit, char *buffer, size_t size)
{
    const char *suffix = NULL;
    double one = 1;
    for (size_t i = 0; unit < ARRAY_LEN(human_units) && i < ARRAY_LEN(human_units[unit]) &&
                       human_units[unit][i] && !(suffix && scale >= one);
         i++) {
        char text[32];
        suffix = human_units[unit][i];
        snprintf(text, sizeof(text), "1%s", suffix);
        REQUIRE(quantity_parse(text, unit, &one, NULL) == 0);
    }
    const double shown = value / one;
    if (suffix && shown >= 1e4) /* no exponent */
        snprintf(buffer, size, "%.0f%s", shown, suffix);
    else
        snprintf(buffer, size, "%.4g%s", shown, suffix ? suffix : "");
    return suffix ? buffer : quantity_format(strtod(buffer, NULL), unit, buffer, size);
}

static const char *two_parts(double seconds, double large, const char *large_name, double small,
                             const char *small_name, char *buffer, size_t size)
{
    const double all = round(seconds / small);
    const double first = floor(all * small / large);
    const double second = all - first * (large / small);
    if (second > 0)
        snprintf(buffer, size, "%.0f %s %.0f %s", first, large_name, second, small_name);
    else
        snprintf(buffer, size, "%.0f %s", first, large_name);
    return buffer;
}

const char *quantity_human_time(double seconds, char *buffer, size_t size)
{
    if (!isfinite(seconds)) {
        snprintf(buffer, size, isnan(seconds) ? "unknown" : seconds > 0 ? "for ever" : "never");
        return buffer;
    }
    if (seconds < 0 && size > 1) {
        *buffer = '-';
        quantity_human_time(-seconds, buffer + 1, size - 1);
        return buffer;
    }
    if (seconds >= 86400 - 30)
        return two_parts(seconds, 86400, "d", 3600, "h", buffer, size);
    if (seconds >= 3600 - 0.5)
        return two_parts(seconds, 3600, "h", 60, "min", buffer, size);
    if (seconds >= 60 - 0.05)
        return two_parts(seconds, 60, "min", 1, "s", buffer, size);
    if (seconds >= 1 || seconds == 0)
        snprintf(buffer, size, "%.3g s", seconds);
    else if (seconds >= 1e-3)
        snprintf(buffer, size, "%.3g ms", seconds * 1e3);
    else
        snprintf(buffer, size, "%.3g us", seconds * 1e6);
    return buffer;
}
