/* Time series: a group with one dataset of doubles a column, the first of which is the dimension
 * scale of the others, so that xarray and h5py see the axis. Each has the attributes `units` and
 * `description`. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TRACE_SERIES_H
#define TRACE_SERIES_H

#include "trace/table.h"

struct series;

struct series_type {
    const char *path;             /* of the group: "/series/wuhan-ai/ascend" */
    const struct column *columns; /* COLUMN_F64, the first is the scale */
    size_t len;
    size_t chunk; /* rows, a multiple of 8; 0: SERIES_CHUNK */
    int level;
};

enum { SERIES_CHUNK = 1024 };

/* The type's columns are borrowed and outlive the series; the path is copied. */
struct series *series_new(struct h5 *h5, const struct series_type *type);

/* One value a column. */
void series_append(struct series *series, const double *values);

/* Write what is left and free. Before h5_close. Takes NULL. Errors: h5_status. */
void series_free(struct series *series);

#endif
