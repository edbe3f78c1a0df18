/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/series.h"

#include "trace/chunks.h"
#include "util/mem.h"

#include <stdlib.h>

enum { SERIES_BUFFERS = 2 };

struct series {
    struct h5 *h5;
    struct chunks *chunks;
    char *path;
    const struct column *columns;
    size_t len, chunk, rows; /* rows: in the buffer */
    double *buffer;
};

/* The axis of a dataset is `scale`: what H5DSattach_scale writes, but for its REFERENCE_LIST on the
 * scale, on which PyTables fails; readers of dimension scales go from the dataset to its scale. */
static void attach(struct h5 *h5, hid_t set, hid_t scale)
{
    hobj_ref_t reference;
    const hid_t type = H5Tvlen_create(H5T_STD_REF_OBJ);
    const hid_t space = H5Screate_simple(1, &(hsize_t){1}, NULL);
    const hid_t attr = H5Acreate2(set, "DIMENSION_LIST", type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (h5_check(h5, attr < 0 ? -1 : 0, "a dimension scale") &&
        h5_check(h5, H5Rcreate(&reference, scale, ".", H5R_OBJECT, -1), "a dimension scale")) {
        const hvl_t list = {.len = 1, .p = &reference};
        h5_check(h5, H5Awrite(attr, type, &list), "a dimension scale");
    }
    H5Aclose(attr);
    H5Sclose(space);
    H5Tclose(type);
}

static void mark_scale(struct h5 *h5, hid_t set, const char *name)
{
    h5_attr_mark(h5, set, "CLASS", "DIMENSION_SCALE");
    h5_attr_mark(h5, set, "NAME", name);
}

static void create(void *ctx, hid_t plain, hid_t *ret_sets)
{
    struct series *series = ctx;
    struct h5 *h5 = series->h5;
    const hid_t group = h5_group(h5, series->path);
    const hid_t space = H5Screate_simple(1, &(hsize_t){0}, &(hsize_t){H5S_UNLIMITED});
    for (size_t i = 0; i < series->len; i++) {
        const struct column *column = &series->columns[i];
        const hid_t set = H5Dcreate2(group, column->name, H5T_IEEE_F64LE, space, h5_links(h5),
                                     plain, H5P_DEFAULT);
        ret_sets[i] = set;
        if (!h5_check(h5, set < 0 ? -1 : 0, series->path))
            break;
        if (i == 0)
            mark_scale(h5, set, column->name);
        else
            attach(h5, set, ret_sets[0]);
        h5_attr_text(h5, set, "units", column->unit ? column->unit : "1");
        h5_attr_text(h5, set, "description", column->help);
    }
    H5Sclose(space);
    h5_release(h5, group);
}

struct series *series_new(struct h5 *h5, const struct series_type *type)
{
    struct series *series = mem_new(1, sizeof(*series));
    series->h5 = h5;
    series->path = mem_text(type->path);
    series->columns = type->columns;
    series->len = type->len;
    for (size_t i = 0; i < type->len; i++)
        REQUIRE(type->columns[i].type == COLUMN_F64);
    series->chunk = type->chunk ? type->chunk : SERIES_CHUNK;
    series->chunks = chunks_new(h5, &(struct chunks_type){.sets = type->len,
                                                          .item_size = sizeof(double),
                                                          .chunk = series->chunk,
                                                          .buffers = SERIES_BUFFERS,
                                                          .level = type->level,
                                                          .create = create,
                                                          .ctx = series});
    series->buffer = (double *)(void *)chunks_buffer(series->chunks);
    return series;
}

void series_append(struct series *series, const double *values)
{
    if (series->rows == series->chunk) {
        series->buffer = (double *)(void *)chunks_turn(series->chunks);
        series->rows = 0;
    }
    for (size_t i = 0; i < series->len; i++)
        series->buffer[i * series->chunk + series->rows] = values[i];
    series->rows++;
}

void series_free(struct series *series)
{
    if (!series)
        return;
    uint64_t rows;
    chunks_finish(series->chunks, series->rows, &rows);
    chunks_free(series->chunks);
    free(series->path);
    free(series);
}
