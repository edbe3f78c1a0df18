/* Aligned columns of text. Widths are those of a terminal: Chinese characters take two places. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_TEXT_TABLE_H
#define ANALYSIS_TEXT_TABLE_H

#include "util/base.h"

#include <stdio.h>

struct text_cell {
    char *text; /* owned */
    size_t row, column;
    bool right;
};

/* Zeroed is empty and at its first row. */
struct text_table {
    struct text_cell *items;
    size_t len, cap;
    size_t row, column;
};

/* The next cell of the row; the text is copied and made printable. */
void text_table_left(struct text_table *table, const char *text);
void text_table_right(struct text_table *table, const char *text);
void text_table_row(struct text_table *table); /* on to the next row */
void text_table_write(const struct text_table *table, FILE *out);
void text_table_deinit(struct text_table *table);

/* Places that the text takes on a terminal. */
size_t text_width(const char *text);

/* A copy fit for a terminal: control characters as \x1b, nothing but UTF-8. The caller frees it. */
char *printable(const char *text);

/* "28 481": whole numbers by thousands, others with one digit. Returns buffer; 48 bytes do. */
const char *count_format(double value, char *buffer, size_t size);

/* "200.704 PFLOPS FP16"; "-" where the speed is not known. Returns buffer; 96 bytes do. */
const char *flops_format(double flops, const char *precision, char *buffer, size_t size);

#endif
