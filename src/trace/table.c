/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/table.h"

#include "trace/chunks.h"
#include "util/mem.h"

#include <stdio.h>
#include <stdlib.h>

enum { TABLE_BUFFERS = 3 };

struct table_rest {
    struct h5 *h5;
    struct chunks *chunks;
    char *path, *title;
    struct column *columns; /* owned, with their texts */
    size_t len, chunk;
    hid_t type; /* of a row; negative until the dataset is made */
};

size_t column_size(const struct column *column)
{
    switch (column->type) {
    case COLUMN_I32:
        return 4;
    case COLUMN_NAME:
        return column->size;
    case COLUMN_I64:
    case COLUMN_F64:
        break;
    }
    return 8;
}

size_t columns_size(const struct column *columns, size_t len)
{
    size_t size = 0;
    for (size_t i = 0; i < len; i++)
        size += column_size(&columns[i]);
    return size;
}

/* To be released. */
static hid_t column_h5_type(struct h5 *h5, const struct column *column)
{
    switch (column->type) {
    case COLUMN_I32:
        return H5Tcopy(H5T_STD_I32LE);
    case COLUMN_I64:
        return H5Tcopy(H5T_STD_I64LE);
    case COLUMN_F64:
        return H5Tcopy(H5T_IEEE_F64LE);
    case COLUMN_NAME:
        break;
    }
    return h5_text_type(h5, column->size);
}

static hid_t row_type(const struct table *table)
{
    struct table_rest *rest = table->rest;
    const hid_t row = H5Tcreate(H5T_COMPOUND, table->row_size);
    h5_check(rest->h5, row < 0 ? -1 : 0, rest->path);
    size_t offset = 0;
    for (size_t i = 0; i < rest->len; i++) {
        const hid_t type = column_h5_type(rest->h5, &rest->columns[i]);
        h5_check(rest->h5, H5Tinsert(row, rest->columns[i].name, offset, type), rest->path);
        H5Tclose(type);
        offset += column_size(&rest->columns[i]);
    }
    return row;
}

static void write_column_attributes(struct table_rest *rest, hid_t set, size_t i)
{
    const struct column *column = &rest->columns[i];
    char name[64];
    snprintf(name, sizeof(name), "FIELD_%zu_NAME", i);
    h5_attr_mark(rest->h5, set, name, column->name);

    snprintf(name, sizeof(name), "FIELD_%zu_FILL", i);
    const hid_t type = column_h5_type(rest->h5, column);
    void *zero = mem_new(1, column_size(column));
    h5_attr(rest->h5, set, name, type, zero);
    free(zero);
    H5Tclose(type);

    if (column->unit) {
        snprintf(name, sizeof(name), "FIELD_%zu_UNITS", i);
        h5_attr_text(rest->h5, set, name, column->unit);
    }
    snprintf(name, sizeof(name), "FIELD_%zu_DESCRIPTION", i);
    h5_attr_text(rest->h5, set, name, column->help ? column->help : "");
}

static void create(void *ctx, hid_t plain, hid_t *ret_sets)
{
    struct table *table = ctx;
    struct table_rest *rest = table->rest;
    const hid_t file = h5_file(rest->h5);
    h5_parents(rest->h5, rest->path);
    rest->type = row_type(table);
    const hid_t space = H5Screate_simple(1, &(hsize_t){0}, &(hsize_t){H5S_UNLIMITED});
    const hid_t set =
        H5Dcreate2(file, rest->path, rest->type, space, h5_links(rest->h5), plain, H5P_DEFAULT);
    H5Sclose(space);
    *ret_sets = set;
    if (!h5_check(rest->h5, set < 0 ? -1 : 0, rest->path))
        return;
    h5_attr_mark(rest->h5, set, "CLASS", "TABLE");
    h5_attr_mark(rest->h5, set, "VERSION", "3.0");
    h5_attr_mark(rest->h5, set, "TITLE", rest->title);
    h5_attr_int(rest->h5, set, "NROWS", 0);
    for (size_t i = 0; i < rest->len; i++)
        write_column_attributes(rest, set, i);
}

static struct column *copy_columns(const struct column *columns, size_t len)
{
    struct column *copy = mem_new(len, sizeof(*copy));
    for (size_t i = 0; i < len; i++) {
        copy[i] = columns[i];
        copy[i].name = mem_text(columns[i].name);
        copy[i].unit = mem_text(columns[i].unit);
        copy[i].help = mem_text(columns[i].help);
    }
    return copy;
}

static void free_columns(struct column *columns, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        free((char *)columns[i].name);
        free((char *)columns[i].unit);
        free((char *)columns[i].help);
    }
    free(columns);
}

static void take_buffer(struct table *table, unsigned char *buffer)
{
    table->next = buffer;
    table->limit = buffer + table->rest->chunk * table->row_size;
}

struct table *table_new(struct h5 *h5, const struct table_type *type)
{
    REQUIRE(type->len > 0 && type->title[0] != '\0');
    struct table *table = mem_new(1, sizeof(*table));
    struct table_rest *rest = table->rest = mem_new(1, sizeof(*rest));
    rest->h5 = h5;
    rest->path = mem_text(type->path);
    rest->title = mem_text(type->title);
    rest->columns = copy_columns(type->columns, type->len);
    rest->len = type->len;
    rest->chunk = type->chunk ? type->chunk : TABLE_CHUNK;
    rest->type = -1;
    table->row_size = columns_size(type->columns, type->len);
    rest->chunks = chunks_new(h5, &(struct chunks_type){.sets = 1,
                                                        .item_size = table->row_size,
                                                        .chunk = rest->chunk,
                                                        .buffers = TABLE_BUFFERS,
                                                        .level = type->level,
                                                        .create = create,
                                                        .ctx = table});
    take_buffer(table, chunks_buffer(rest->chunks));
    return table;
}

void table_turn(struct table *table)
{
    take_buffer(table, chunks_turn(table->rest->chunks));
}

void table_append(struct table *table, const void *rows, size_t len)
{
    for (size_t i = 0; i < len; i++)
        memcpy(table_row(table), (const unsigned char *)rows + i * table->row_size,
               table->row_size);
}

void table_free(struct table *table)
{
    if (!table)
        return;
    struct table_rest *rest = table->rest;
    const size_t left = (size_t)(table->limit - table->next) / table->row_size;
    uint64_t rows;
    const hid_t set = *chunks_finish(rest->chunks, rest->chunk - left, &rows);
    if (set >= 0)
        h5_attr_int(rest->h5, set, "NROWS", (int64_t)rows);
    h5_release(rest->h5, rest->type);
    chunks_free(rest->chunks);
    free_columns(rest->columns, rest->len);
    free(rest->path);
    free(rest->title);
    free(rest);
    free(table);
}

void row_name(unsigned char **at, const char *name, size_t size)
{
    size_t len = strlen(name);
    if (len > size) {
        len = size;
        while (len > 0 && ((unsigned char)name[len] & 0xc0) == 0x80)
            len--;
    }
    memcpy(*at, name, len);
    memset(*at + len, 0, size - len);
    *at += size;
}
