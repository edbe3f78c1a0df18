/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/text_table.h"

#include "analysis/output.h"
#include "util/mem.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* East Asian wide characters, by block. */
static bool is_wide(uint32_t code)
{
    return (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xa4cf) ||
           (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) ||
           (code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60) ||
           (code >= 0xffe0 && code <= 0xffe6) || (code >= 0x1f300 && code <= 0x1faff) ||
           (code >= 0x20000 && code <= 0x3fffd);
}

size_t text_width(const char *text)
{
    size_t width = 0;
    while (*text) {
        uint32_t code = 0;
        const size_t n = utf8_next(text, &code);
        width += n && is_wide(code) ? 2 : 1;
        text += n ? n : 1;
    }
    return width;
}

char *printable(const char *text)
{
    char *utf8 = text_as_utf8(text);
    char *copy = mem_new(4 * strlen(utf8) + 1, 1);
    size_t len = 0;
    for (const unsigned char *c = (const unsigned char *)utf8; *c; c++) {
        const bool c1 = c[0] == 0xc2 && c[1] < 0xa0;
        if (c1)
            c++;
        if (c1 || *c < 0x20 || *c == 0x7f)
            len += (size_t)snprintf(copy + len, 5, "\\x%02x", *c);
        else
            copy[len++] = (char)*c;
    }
    free(utf8);
    return copy;
}

const char *count_format(double value, char *buffer, size_t size)
{
    if (!(fabs(value) < 1e15) || value != rint(value)) {
        snprintf(buffer, size, fabs(value) < 1e15 ? "%.1f" : "%.6g", value);
        return buffer;
    }
    char digits[32];
    const int len = snprintf(digits, sizeof(digits), "%.0f", fabs(value));
    size_t at = 0;
    if (value < 0 && at + 1 < size)
        buffer[at++] = '-';
    for (int i = 0; i < len && at + 2 < size; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            buffer[at++] = ' ';
        buffer[at++] = digits[i];
    }
    buffer[at] = 0;
    return buffer;
}

const char *flops_format(double flops, const char *precision, char *buffer, size_t size)
{
    char upper[16] = "";
    for (size_t i = 0; precision[i] && i + 1 < sizeof(upper); i++)
        upper[i] = (char)toupper((unsigned char)precision[i]);
    if (*upper && isfinite(flops))
        snprintf(buffer, size, "%.6g PFLOPS %s", flops / 1e15, upper);
    else
        snprintf(buffer, size, "-");
    return buffer;
}

static void add(struct text_table *table, const char *text, bool right)
{
    MEM_GROW(table);
    table->items[table->len++] = (struct text_cell){
        .text = printable(text), .row = table->row, .column = table->column++, .right = right};
}

void text_table_left(struct text_table *table, const char *text)
{
    add(table, text, false);
}

void text_table_right(struct text_table *table, const char *text)
{
    add(table, text, true);
}

void text_table_row(struct text_table *table)
{
    table->row++;
    table->column = 0;
}

void text_table_write(const struct text_table *table, FILE *out)
{
    size_t columns = 0;
    for (size_t i = 0; i < table->len; i++)
        columns = table->items[i].column + 1 > columns ? table->items[i].column + 1 : columns;
    size_t *widths = mem_new(columns, sizeof(*widths));
    for (size_t i = 0; i < table->len; i++) {
        const size_t width = text_width(table->items[i].text);
        size_t *widest = &widths[table->items[i].column];
        *widest = width > *widest ? width : *widest;
    }
    for (size_t i = 0; i < table->len; i++) {
        const struct text_cell *cell = &table->items[i];
        const bool last = i + 1 == table->len || table->items[i + 1].row != cell->row;
        const size_t pad = widths[cell->column] - text_width(cell->text);
        const char *gap = cell->column ? "  " : "";
        if (cell->right)
            fprintf(out, "%s%*s%s", gap, (int)pad, "", cell->text);
        else
            fprintf(out, "%s%s%*s", gap, cell->text, last ? 0 : (int)pad, "");
        if (last)
            putc('\n', out);
    }
    free(widths);
}

void text_table_deinit(struct text_table *table)
{
    for (size_t i = 0; i < table->len; i++)
        free(table->items[i].text);
    free(table->items);
    *table = (struct text_table){0};
}
