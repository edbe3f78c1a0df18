/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/output.h"

#include "util/mem.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *real_format(double value, char *buffer, size_t size)
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(buffer, size, "%.*g", digits, value);
        if (strtod(buffer, NULL) == value)
            break;
    }
    return buffer;
}

void csv_text(const char *text, FILE *out)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, out);
        return;
    }
    putc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            putc('"', out);
        putc(*text, out);
    }
    putc('"', out);
}

void metrics_write_csv(const struct metric_row *rows, size_t len, FILE *out)
{
    fputs("name,scope,period,value,unit\n", out);
    for (size_t i = 0; i < len; i++) {
        char number[32] = "";
        if (!isnan(rows[i].value))
            real_format(rows[i].value, number, sizeof(number));
        csv_text(rows[i].name, out);
        putc(',', out);
        csv_text(rows[i].scope, out);
        fprintf(out, ",%s,%s,", rows[i].period, number);
        csv_text(rows[i].unit, out);
        putc('\n', out);
    }
}

size_t utf8_next(const char *text, uint32_t *ret_code)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    const unsigned char *s = (const unsigned char *)text;
    for (size_t n = 0; n < ARRAY_LEN(forms); n++) {
        if ((s[0] & forms[n].mask) != forms[n].lead)
            continue;
        uint32_t code = s[0] & (unsigned char)~forms[n].mask;
        for (size_t i = 1; i <= n; i++) {
            if ((s[i] & 0xc0) != 0x80)
                return 0;
            code = code << 6 | (s[i] & 0x3f);
        }
        if (code < forms[n].least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
            return 0;
        *ret_code = code;
        return n + 1;
    }
    return 0;
}

char *text_as_utf8(const char *text)
{
    char *copy = mem_new(3 * strlen(text) + 1, 1);
    size_t len = 0;
    while (*text) {
        uint32_t code;
        const size_t n = utf8_next(text, &code);
        memcpy(copy + len, n ? text : "\xef\xbf\xbd", n ? n : 3);
        len += n ? n : 3;
        text += n ? n : 1;
    }
    return copy;
}

/* `text` as "...", from jansson's rules. */
static void json_text(const char *key, const char *text, FILE *out)
{
    char *clean = text_as_utf8(text);
    json_t *string = json_string(clean);
    fprintf(out, "\"%s\": ", key);
    if (!string || json_dumpf(string, out, JSON_ENCODE_ANY))
        fputs("null", out);
    json_decref(string);
    free(clean);
}

/* A row at a time: a tree of a million rows would take a gigabyte. */
void metrics_write_json(const struct metric_row *rows, size_t len, FILE *out)
{
    fputs("{\"metrics\": [", out);
    for (size_t i = 0; i < len; i++) {
        char number[32] = "null"; /* JSON knows no infinity either */
        if (isfinite(rows[i].value))
            real_format(rows[i].value, number, sizeof(number));
        fputs(i ? ",\n  {" : "\n  {", out);
        json_text("name", rows[i].name, out);
        fputs(", ", out);
        json_text("scope", rows[i].scope, out);
        fputs(", ", out);
        json_text("period", rows[i].period, out);
        fprintf(out, ", \"value\": %s, ", number);
        json_text("unit", rows[i].unit, out);
        putc('}', out);
    }
    fputs("\n]}\n", out);
}
