/* Numbers of a comparison as the page shows them: each as exact as its interval warrants. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_COMPARE_SHOWN_H
#define CLI_COMPARE_SHOWN_H

#include "analysis/text_table.h"
#include "cli/compare_print.h"

/* In which unit a measure is shown, and how many digits follow the point. */
struct shown {
    double scale;
    const char *unit; /* with a blank before it */
    int digits;
};

/* The unit for values about `typical`, with digits for a number that has no interval. */
struct shown shown_unit_of(const char *unit, const char *metric, double typical);

/* For values about `typical`, with as many digits as half the interval has two of. */
struct shown shown_of(const char *unit, const char *metric, double typical, double half);

/* For differences of a measure from its base. */
struct shown difference_shown(const struct measure *measure, const struct finding *finding);

/* A value, with its sign if wanted. Returns buffer. */
const char *shown_number(const struct shown *shown, double value, bool sign, char *buffer,
                         size_t size);

/* "1.2 +- 0.3 h" and "-1.0 to 2.4"; to be freed. */
char *shown_with_half(const struct shown *shown, const struct interval *interval, bool sign);
char *shown_from_to(const struct shown *shown, const struct interval *interval);

/* A cell whose text is freed. */
void add_owned(struct text_table *table, char *text, bool right);

/* The part of the page about what is uncertain. */
void print_uncertain(const struct compare *compare, FILE *out);

#endif
