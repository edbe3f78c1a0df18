/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/swf.h"

#include "util/mem.h"
#include "workload/lines.h"
#include "workload/swf_header.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct swf {
    const char *path;
    struct lines *lines;
    struct swf_header header;
    struct line ahead; /* the first row, read while looking for the end of the header */
    bool has_ahead;
};

/* A number as a log states it: whole + micro / 10^6, both of one sign. */
struct number {
    int64_t whole;
    int32_t micro;
};

enum field_sort { FIELD_IS_COUNT, FIELD_IS_PROCS, FIELD_IS_TIME, FIELD_IS_AMOUNT };

static const struct {
    const char *name;
    enum field_sort sort;
} columns[SWF_COLUMNS] = {
    {"job number", FIELD_IS_COUNT},
    {"submit time", FIELD_IS_TIME},
    {"wait time", FIELD_IS_TIME},
    {"run time", FIELD_IS_TIME},
    {"processors allocated", FIELD_IS_PROCS},
    {"processor time used", FIELD_IS_TIME},
    {"memory used", FIELD_IS_AMOUNT},
    {"processors requested", FIELD_IS_PROCS},
    {"time requested", FIELD_IS_TIME},
    {"memory requested", FIELD_IS_AMOUNT},
    {"status", FIELD_IS_COUNT},
    {"user", FIELD_IS_COUNT},
    {"group", FIELD_IS_COUNT},
    {"executable", FIELD_IS_COUNT},
    {"queue", FIELD_IS_COUNT},
    {"partition", FIELD_IS_COUNT},
    {"preceding job", FIELD_IS_COUNT},
    {"think time", FIELD_IS_TIME},
};

/* Bit i: column i is a time. */
#define TIME_COLUMNS 0x2012Eu

static const char *skip_spaces(const char *at)
{
    while (swf_is_space(*at))
        at++;
    return at;
}

static inline bool ends_number(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* ---- numbers ---- */

/* The digits after the point, rounded to six; *ret_carry 1 if that makes a whole. */
static const char *parse_fraction(const char *at, int32_t *ret_micro, int *ret_carry)
{
    int32_t micro = 0, scale = 100000;
    bool up = false;
    for (int i = 0; *at >= '0' && *at <= '9'; at++, i++) {
        if (i < 6)
            micro += (*at - '0') * scale;
        else if (i == 6)
            up = *at >= '5';
        scale /= 10;
    }
    micro += up;
    *ret_carry = micro == 1000000;
    *ret_micro = *ret_carry ? 0 : micro;
    return at;
}

/* 1.5e3 and the like, which a program that prints doubles may leave in a log. */
static int parse_exponent(const char *text, size_t len, struct number *ret)
{
    char copy[64];
    if (len >= sizeof(copy))
        return -1;
    memcpy(copy, text, len);
    copy[len] = 0;
    if (strspn(copy, "0123456789+-.eE") != len)
        return -1;
    char *end;
    const double value = strtod(copy, &end);
    if (*end || end == copy)
        return -1;
    if (!(value > -9e18 && value < 9e18))
        return -2;
    ret->whole = (int64_t)value;
    const double rest = (value - (double)ret->whole) * 1e6;
    ret->micro = (int32_t)(rest < 0 ? rest - 0.5 : rest + 0.5);
    if (ret->micro == 1000000 || ret->micro == -1000000) {
        ret->whole += ret->micro / 1000000;
        ret->micro = 0;
    }
    return 0;
}

/* Whatever the fast path in parse_row does not take: points, signs, exponents, many digits. 0, -1:
 * not a number, -2: a number too large for 64 bits. Inlined it takes registers from that path. */
static NOINLINE int parse_slow(const char *text, size_t len, struct number *ret)
{
    const char *at = text;
    const bool negative = *at == '-';
    at += *at == '-' || *at == '+';
    const char *const digits = at;
    const uint64_t most = (uint64_t)INT64_MAX + negative;
    uint64_t whole = 0;
    bool large = false;
    for (; *at >= '0' && *at <= '9'; at++) {
        const uint64_t digit = (uint64_t)(*at - '0');
        large = large || whole > (most - digit) / 10;
        whole = large ? 0 : whole * 10 + digit;
    }
    size_t seen = (size_t)(at - digits);
    int32_t micro = 0;
    int carry = 0;
    if (*at == '.') {
        const char *const point = at;
        at = parse_fraction(at + 1, &micro, &carry);
        seen += (size_t)(at - point - 1);
    }
    if (seen == 0)
        return -1;
    if ((size_t)(at - text) != len)
        return parse_exponent(text, len, ret);
    /* A whole more may be wanted, here or where processors are rounded up. */
    if (large || (whole == most && (carry || micro > 0)))
        return -2;
    whole += (uint64_t)carry;
    ret->whole = (int64_t)(negative ? 0 - whole : whole);
    ret->micro = negative ? -micro : micro;
    return 0;
}

/* ---- rows ---- */

/* At most 24 bytes of a word, fit for a message. */
static const char *show(const char *text, size_t len, char buffer[32])
{
    size_t n = len < 24 ? len : 24;
    for (size_t i = 0; i < n; i++)
        buffer[i] = text[i] >= 0x20 && text[i] < 0x7f ? text[i] : '?';
    memcpy(buffer + n, len > n ? "..." : "", len > n ? 4 : 1);
    return buffer;
}

static int bad_field(const struct swf *swf, const struct line *line, int column, const char *text,
                     const char *what, struct error *err)
{
    size_t len = 0;
    while (!ends_number(text[len]))
        len++;
    char word[32];
    const struct mark at = {.file = swf->path,
                            .line = (unsigned)line->number,
                            .column = (unsigned)(text - line->text) + 1};
    return error_at(err, at, "field %d (%s): \"%s\" is %s", column + 1, columns[column].name,
                    show(text, len, word), what);
}

/* The number at *at, whatever it looks like, in column n; *at behind it. -1 with an error. */
static int parse_any(const struct swf *swf, const struct line *line, int n, const char **at,
                     struct number *ret, struct error *err)
{
    const char *const word = *at, *const digits = word + (*word == '-');
    const char *end = digits;
    uint64_t value = 0;
    unsigned digit;
    while ((digit = (unsigned)*end - '0') <= 9) {
        value = value * 10 + digit;
        end++;
    }
    if (end > digits && end - digits <= 18 && ends_number(*end)) {
        *ret = (struct number){digits > word ? -(int64_t)value : (int64_t)value, 0};
    } else {
        while (!ends_number(*end))
            end++;
        const int status = parse_slow(word, (size_t)(end - word), ret);
        if (status < 0)
            return bad_field(
                swf, line, n, word,
                status == -1 ? "not a number" : "outside the range of signed 64-bit integers", err);
    }
    if ((TIME_COLUMNS >> n & 1) && (ret->whole > SWF_MAX_SECONDS || ret->whole < -SWF_MAX_SECONDS))
        return bad_field(swf, line, n, word, "longer than 3000 years", err);
    *at = end;
    return 0;
}

/* The same byte eight times. */
#define EIGHT(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Eight digits, each in a byte of its own, the first in the lowest, as a number: pairs, fours, all.
 */
static inline uint64_t join_digits(uint64_t digits)
{
    digits = digits * (10 << 8 | 1) >> 8 & UINT64_C(0x00ff00ff00ff00ff);
    digits = digits * (100 << 16 | 1) >> 16 & UINT64_C(0x0000ffff0000ffff);
    return digits * (UINT64_C(10000) << 32 | 1) >> 32;
}

static inline uint64_t word_at(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof(word));
    return word;
}

/* Numbers of a line into cells. Nearly all are -1 or up to eight digits, with one blank behind:
 * those are taken as words of eight bytes. The number of columns, of which at most 19 are looked
 * at; -1 with an error. *ret_fractions: bit i set if column i has a fraction. */
static int parse_cells(const struct swf *swf, const struct line *line,
                       struct number cells[SWF_COLUMNS], unsigned *ret_fractions, struct error *err)
{
    const char *at = line->text, *const end = line->text + line->len;
    unsigned fractions = 0;
    int n;
    for (n = 0; n < SWF_COLUMNS; n++) {
        uint64_t word = word_at(at);
        if (UNLIKELY((unsigned char)word <= ' ')) {
            at = skip_spaces(at);
            if (at >= end)
                break;
            word = word_at(at);
        }
        int64_t value = -1; /* not known: every third */
        unsigned bits = 16; /* of the word that are the number */
        if ((uint16_t)word != ('-' | '1' << 8)) {
            const uint64_t digits = word ^ EIGHT('0');
            const uint64_t others = ((digits + EIGHT(0x76)) | digits) & EIGHT(0x80);
            bits = others ? (unsigned)__builtin_ctzll(others) - 7 : 64;
            value = (int64_t)join_digits(digits << (-bits & 63)); /* any, if there is none */
        }
        if (LIKELY(at[bits / 8] == ' ')) {
            cells[n] = (struct number){value, 0};
            at += bits / 8 + 1;
            continue;
        }
        if (parse_any(swf, line, n, &at, &cells[n], err) < 0)
            return -1;
        fractions |= (unsigned)(cells[n].micro != 0) << n;
    }
    *ret_fractions = fractions;
    return n + (skip_spaces(at) < end);
}

static inline simtime time_of(struct number number)
{
    return number.whole * SIMTIME_SECOND + number.micro;
}

static void fill(struct swf_row *row, const struct number c[SWF_COLUMNS])
{
    row->job = c[0].whole;
    row->submit = time_of(c[1]);
    row->wait = time_of(c[2]);
    row->run = time_of(c[3]);
    row->procs = c[4].whole + (c[4].micro > 0);
    row->cpu = time_of(c[5]);
    row->memory = c[6].whole;
    row->procs_asked = c[7].whole + (c[7].micro > 0);
    row->request = time_of(c[8]);
    row->memory_asked = c[9].whole;
    row->status = c[10].whole;
    row->user = c[11].whole;
    row->group = c[12].whole;
    row->executable = c[13].whole;
    row->queue = c[14].whole;
    row->partition = c[15].whole;
    row->preceding = c[16].whole;
    row->think = time_of(c[17]);
}

static unsigned flags_of(int n, unsigned fractions)
{
    unsigned flags = 0;
    if (n > SWF_COLUMNS)
        flags |= SWF_EXTRA_COLUMNS;
    if (n < SWF_COLUMNS)
        flags |= SWF_FEW_COLUMNS;
    for (int i = 0; fractions; i++, fractions >>= 1) {
        if ((fractions & 1) &&
            (columns[i].sort == FIELD_IS_COUNT || columns[i].sort == FIELD_IS_PROCS))
            flags |= SWF_FRACTION;
    }
    return flags;
}

static const char text_cr[] =
    "a carriage return within the line: lines end with a line feed, with or without one before it";

/* Where they end with carriage returns alone, the file is one line. */
static bool holds_lines(const struct line *line)
{
    const char *const found = memchr(line->text, '\r', line->len);
    const char *const end = line->text + line->len;
    return found && skip_spaces(found) < end;
}

static int parse_row(const struct swf *swf, const struct line *line, struct swf_row *ret_row,
                     struct error *err)
{
    struct number cells[SWF_COLUMNS];
    unsigned fractions = 0;
    const int n = parse_cells(swf, line, cells, &fractions, err);
    if (n < 0)
        return -1;
    if (n < SWF_COLUMNS_NEEDED)
        return error_at(err, (struct mark){.file = swf->path, .line = (unsigned)line->number},
                        "%d column%s, but a job needs at least %d (number, submit, wait, run, "
                        "processors)",
                        n, n == 1 ? "" : "s", SWF_COLUMNS_NEEDED);
    if (n > SWF_COLUMNS && holds_lines(line))
        return error_at(err, (struct mark){.file = swf->path, .line = (unsigned)line->number}, "%s",
                        text_cr);
    for (int i = n; i < SWF_COLUMNS; i++)
        cells[i] = (struct number){-1, 0};
    fill(ret_row, cells);
    ret_row->flags = n == SWF_COLUMNS && !fractions ? 0 : flags_of(n, fractions);
    ret_row->line = line->number;
    return 1;
}

/* The next line that is neither blank nor a comment. */
static int next_row_line(struct swf *swf, struct line *ret_line, struct error *err)
{
    int got;
    while ((got = lines_next(swf->lines, ret_line, err)) == 1) {
        const char *at = ret_line->text;
        while (swf_is_space(*at))
            at++;
        if (*at != ';' && at < ret_line->text + ret_line->len)
            break;
    }
    return got;
}

int swf_next(struct swf *swf, struct swf_row *ret_row, struct error *err)
{
    struct line line;
    if (swf->has_ahead) {
        line = swf->ahead;
        swf->has_ahead = false;
    } else {
        const int got = next_row_line(swf, &line, err);
        if (got != 1)
            return got;
    }
    return parse_row(swf, &line, ret_row, err) < 0 ? SWF_GARBLED : SWF_ROW;
}

/* ---- header ---- */

/* Comments up to the first row, which is kept for swf_next. */
static int read_header(struct swf *swf, struct error *err)
{
    struct line line = {0};
    int got;
    while ((got = lines_next(swf->lines, &line, err)) == 1) {
        const char *at = line.text, *const end = line.text + line.len;
        while (swf_is_space(*at))
            at++;
        if (at >= end)
            continue;
        if (*at != ';')
            break;
        if (holds_lines(&line))
            return error_at(err, (struct mark){.file = swf->path, .line = (unsigned)line.number},
                            "%s", text_cr);
        swf_header_line(&swf->header, at, (size_t)(end - at));
    }
    if (got < 0)
        return -1;
    swf->has_ahead = got == 1;
    swf->ahead = line;
    return 0;
}

struct swf *swf_open(const char *path, struct error *err)
{
    struct lines *const lines = lines_open(path, err);
    if (!lines)
        return NULL;
    struct swf *swf = mem_new(1, sizeof(*swf));
    swf->path = path;
    swf->lines = lines;
    struct swf_header *const h = &swf->header;
    h->max_jobs = h->max_records = h->max_nodes = h->max_procs = -1;
    h->max_runtime = h->max_memory = -1;
    if (read_header(swf, err) < 0) {
        swf_free(swf);
        return NULL;
    }
    return swf;
}

static void free_names(struct swf_names *names)
{
    for (size_t i = 0; i < names->len; i++)
        free(names->items[i].name);
    free(names->items);
}

void swf_free(struct swf *swf)
{
    if (!swf)
        return;
    free(swf->header.version);
    free(swf->header.computer);
    free(swf->header.installation);
    free(swf->header.time_zone_name);
    free_names(&swf->header.queues);
    free_names(&swf->header.partitions);
    lines_free(swf->lines);
    free(swf);
}

const struct swf_header *swf_header(const struct swf *swf)
{
    return &swf->header;
}

const char *swf_name_of(const struct swf_names *names, int64_t number)
{
    for (size_t i = 0; i < names->len; i++) {
        if (names->items[i].number == number)
            return names->items[i].name;
    }
    return NULL;
}
