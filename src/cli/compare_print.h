/* What a comparison found: a page for people, rows for programs. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_COMPARE_PRINT_H
#define CLI_COMPARE_PRINT_H

#include "experiment/compare_uncertain.h"

#include <stdio.h>

/* One line of results: a measure (tenant NULL), or a tenant's, of an arm. */
struct compare_row {
    const char *variant, *metric, *tenant, *unit; /* borrowed */
    struct finding finding;                       /* of the base: base and mean alone */
    struct interval years, assumptions;           /* of the question; NaN: none */
    enum better better;
    bool base;
};

struct compare_rows {
    struct compare_row *items; /* owned */
    size_t len, cap;
};

/* Measures but counts in their order, of each the base and the variants; then the tenants. */
struct compare_rows compare_rows(const struct compare *compare);

/* Texts and numbers of a row, in one order everywhere. */
enum { ROW_TEXTS = 5, ROW_NUMBERS = 23 };
extern const char *const row_text_names[ROW_TEXTS], *const row_number_names[ROW_NUMBERS];
extern const char *const row_number_helps[ROW_NUMBERS];
void row_texts(const struct compare_row *row, const char **ret);
void row_numbers(const struct compare_row *row, double *ret);

/* "better", "lower", "equivalent", "no difference shown", "counts differ", "" ... */
const char *verdict_word(const struct finding *finding, enum better better);

void compare_write_text(const struct compare *compare, FILE *out);
void compare_write_csv(const struct compare *compare, FILE *out);
void compare_write_json(const struct compare *compare, FILE *out);

/* /runs and /findings; with assumptions sampled /assumptions and /worlds. -1 with an error. */
int compare_write_h5(const struct compare *compare, const char *path, struct error *err);

/* "steady", with how the warm-up was found; "transient", with why. A sentence; to be freed. */
char *compare_how(const struct compare *compare);

/* What to mind in reading it: as many sentences as there are, to be freed each and the array. */
char **compare_cautions(const struct compare *compare, size_t *ret_len);

#endif
