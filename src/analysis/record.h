/* Tables of records described as data, for whoever writes them. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_RECORD_H
#define ANALYSIS_RECORD_H

#include "util/base.h"

enum record_type {
    RECORD_INT64, /* int64_t */
    RECORD_REAL,  /* double; NaN: no value */
    RECORD_TEXT   /* const char *, never NULL */
};

struct record_column {
    const char *name;
    enum record_type type;
    size_t offset; /* in a row */
    const char *unit, *help;
};

struct record_table {
    const char *name, *help;
    const struct record_column *columns;
    size_t n_columns;
    const void *rows;
    size_t len, row_size;
};

#endif
