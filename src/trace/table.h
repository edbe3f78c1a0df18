/* Tables of records: one compound dataset in the layout of HDF5's table interface (H5TB), which
 * pandas, PyTables, h5py, R and MATLAB read as it stands. Rows are packed: a row is the columns'
 * bytes one after the other, in their order.
 *
 * Attributes: CLASS, VERSION, TITLE, NROWS and FIELD_i_NAME, FIELD_i_FILL as H5TB has them; ours
 * are FIELD_i_UNITS (only where there is a unit) and FIELD_i_DESCRIPTION. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TRACE_TABLE_H
#define TRACE_TABLE_H

#include "trace/h5.h"

#include <string.h>

enum column_type {
    COLUMN_I32,
    COLUMN_I64,
    COLUMN_F64,
    COLUMN_NAME /* fixed-length UTF-8 of `size` bytes, padded with zeros */
};

struct column {
    const char *name;
    enum column_type type;
    size_t size;      /* bytes, of a COLUMN_NAME; else 0 */
    const char *unit; /* "s", "1", "yuan"; NULL: a code or a name */
    const char *help;
};

size_t column_size(const struct column *column); /* bytes in a row */
size_t columns_size(const struct column *columns, size_t len);

struct table_type {
    const char *path;  /* "/jobs"; groups above it are made */
    const char *title; /* a sentence */
    const struct column *columns;
    size_t len;
    size_t chunk; /* rows, a multiple of 8; 0: TABLE_CHUNK. A short table gets a smaller one */
    int level;    /* of deflate: 0 (nothing is compressed) or 1 */
};

enum { TABLE_CHUNK = 16384 };

/* `next` and the following are table_row's; the rest is hidden. */
struct table {
    unsigned char *next, *limit;
    size_t row_size;
    struct table_rest *rest;
};

/* The type and all it points to are copied. The dataset appears when the first chunk is full or at
 * table_free. Errors: h5_status. */
struct table *table_new(struct h5 *h5, const struct table_type *type);

/* Write what is left and the attributes, then free. Before h5_close. Takes NULL. */
void table_free(struct table *table);

void table_turn(struct table *table); /* table_row's: the buffer is full */

/* The next row, to be filled, every byte of it, before the next call. A few nanoseconds; every
 * `chunk` rows the buffer goes to the worker, and the caller waits if that is two buffers behind.
 */
static inline void *table_row(struct table *table)
{
    if (UNLIKELY(table->next == table->limit))
        table_turn(table);
    void *row = table->next;
    table->next += table->row_size;
    return row;
}

/* Append rows that are there already: the whole of a small table, say. */
void table_append(struct table *table, const void *rows, size_t len);

/* Put a value into a row at *at and step over it: for rows whose columns vary. */
static inline void row_i32(unsigned char **at, int32_t value)
{
    memcpy(*at, &value, sizeof(value));
    *at += sizeof(value);
}

static inline void row_i64(unsigned char **at, int64_t value)
{
    memcpy(*at, &value, sizeof(value));
    *at += sizeof(value);
}

static inline void row_f64(unsigned char **at, double value)
{
    memcpy(*at, &value, sizeof(value));
    *at += sizeof(value);
}

/* Cut to size, between two characters of UTF-8, or filled up with zeros. */
void row_name(unsigned char **at, const char *name, size_t size);

#endif
