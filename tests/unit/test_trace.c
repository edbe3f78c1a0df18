/* The observer: means over steps by hand, rows in order, further columns. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/series_observer.h"
#include "trace/trace.h"
#include "util/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static struct centre_info centres[] = {{"c"}};
static struct partition_info partitions[] = {{.name = "p", .path = "c/p"}};
static struct tenant_info tenants[] = {{"t", -1}};
static struct workload_info workloads[] = {{"t/w", 0}};
static const struct world world = {.centres = centres,
                                   .n_centres = 1,
                                   .partitions = partitions,
                                   .n_partitions = 1,
                                   .tenants = {.items = tenants, .len = 1},
                                   .workloads = workloads,
                                   .n_workloads = 1};

enum { S = 1000000 };

static int name_file(void **state)
{
    char *path = mem_text("/tmp/jishi-trace-XXXXXX");
    *state = path;
    const int fd = mkstemp(path);
    return fd < 0 || close(fd) != 0;
}

static int remove_file(void **state)
{
    unlink(*state);
    free(*state);
    return 0;
}

/* Owned; *ret_len values. */
static double *read_column(const char *path, const char *name, size_t *ret_len)
{
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
    const hid_t space = H5Dget_space(set);
    *ret_len = (size_t)H5Sget_simple_extent_npoints(space);
    double *values = mem_new(*ret_len, sizeof(*values));
    assert_true(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Sclose(space);
    H5Dclose(set);
    H5Fclose(file);
    return values;
}

struct instant {
    simtime at;
    struct partition_counts counts;
};

static void observe(const char *path, const struct instant *instants, size_t len, simtime step,
                    simtime end)
{
    struct error err = {0};
    struct h5 *h5 = h5_open(path, &err);
    assert_non_null(h5);
    struct series_observer *observer = series_observer_new(h5, &world, step, 1);
    for (size_t i = 0; i < len; i++)
        series_observer_see(
            observer,
            &(struct fact){.kind = FACT_PASS, .at = instants[i].at, .counts = &instants[i].counts});
    series_observer_finish(observer, end);
    series_observer_free(observer);
    assert_int_equal(h5_close(h5, true, &err), 0);
}

static void expect(const char *path, const char *name, const double *want, size_t len)
{
    size_t got_len;
    double *got = read_column(path, name, &got_len);
    assert_int_equal(got_len, len);
    for (size_t i = 0; i < len; i++)
        assert_true(got[i] == want[i]);
    free(got);
}

static void test_means(void **state)
{
    /* Steps of 10 s, end at 44 s: counts change at 5 s, at the boundary 20 s, twice at 23 s. */
    static const struct instant instants[] = {
        {0, {.capacity = 8, .down = 1}},
        {5 * S, {.capacity = 8, .busy = 4, .queued_jobs = 1, .queued_procs = 3}},
        {20 * S, {.capacity = 16, .busy = 4}},
        {23 * S, {.capacity = 16, .busy = 15, .queued_jobs = 7, .queued_procs = 9}},
        {23 * S, {.capacity = 16, .busy = 14}},
        {42 * S, {.capacity = 16, .busy = 0}},
    };
    observe(*state, instants, ARRAY_LEN(instants), 10 * S, 44 * S);
    expect(*state, "/series/c/p/time", (double[]){0, 10, 20, 30, 40}, 5);
    expect(*state, "/series/c/p/capacity", (double[]){8, 8, 16, 16, 16}, 5);
    expect(*state, "/series/c/p/up", (double[]){7.5, 8, 16, 16, 16}, 5);
    expect(*state, "/series/c/p/busy", (double[]){2, 4, 11, 14, 7}, 5);
    expect(*state, "/series/c/p/queued_jobs", (double[]){0.5, 1, 0, 0, 0}, 5);
    expect(*state, "/series/c/p/queued_procs", (double[]){1.5, 3, 0, 0, 0}, 5);
}

static void test_no_time_at_all(void **state)
{
    static const struct instant instants[] = {{0, {.capacity = 8}}};
    observe(*state, instants, 1, 10 * S, 0);
    expect(*state, "/series/c/p/busy", NULL, 0);
}

/* 2e9 processors over steps of 400 days pass 2^63; constants stay exact. */
static void test_large(void **state)
{
    const struct instant instants[] = {
        {0, {.capacity = 2000000011, .busy = 1999999999}},
        {SIMTIME_DAY, {.capacity = 2000000011, .busy = 1999999999}},
        {400 * SIMTIME_DAY + 1, {.capacity = 2000000011, .busy = 1}},
    };
    observe(*state, instants, ARRAY_LEN(instants), 400 * SIMTIME_DAY, 800 * SIMTIME_DAY);
    expect(*state, "/series/c/p/capacity", (double[]){2000000011, 2000000011}, 2);
    const double us = 400.0 * 86400e6;
    expect(*state, "/series/c/p/busy", (double[]){1999999999, 1 + 1999999998 / us}, 2);
}

static void test_idle_century(void **state)
{
    static const struct instant instants[] = {{0, {.capacity = 8}}, {7, {.capacity = 9}}};
    observe(*state, instants, 2, SIMTIME_HOUR, 36525 * SIMTIME_DAY);
    size_t len;
    double *time = read_column(*state, "/series/c/p/time", &len);
    assert_int_equal(len, 36525 * 24);
    for (size_t i = 0; i < len; i++)
        assert_true(time[i] == 3600.0 * (double)i);
    free(time);
    double *capacity = read_column(*state, "/series/c/p/capacity", &len);
    assert_true(capacity[0] == 8 + (3600e6 - 7) / 3600e6);
    for (size_t i = 1; i < len; i++)
        assert_true(capacity[i] == 9);
    free(capacity);
}

static void fill_extra(void *ctx, const struct job *job, void *row)
{
    unsigned char *at = row;
    row_i32(&at, *(int *)ctx);
    row_f64(&at, (double)job->spec.id / 2);
}

static void write_rows(const char *path, int32_t rows)
{
    static const struct column extra[] = {{"k", COLUMN_I32, 0, NULL, "k"},
                                          {"half", COLUMN_F64, 0, NULL, "id / 2"}};
    struct error err = {0};
    struct trace *trace = trace_new(
        &(struct trace_setup){.path = path, .world = &world, .start = "", .level = TRACE_LEVEL},
        &err);
    assert_non_null(trace);
    int k = 42;
    trace_add_columns(trace, &(struct column_group){extra, 2, &k, fill_extra});
    const struct observer observer = trace_observer(trace);
    const struct partition_counts counts = {0};
    for (int32_t i = 1; i <= rows; i++) {
        const struct job job = {.spec = {.id = i, .ask.procs = i}, .start = SIMTIME_NEVER};
        const struct fact fact = {
            .kind = i == rows ? FACT_SUBMIT : FACT_END, .job = &job, .counts = &counts};
        observer.see(observer.ctx, &fact);
        if (i == rows)
            observer.unfinished(observer.ctx, &job, 0);
    }
    observer.finish(observer.ctx, 0);
    assert_int_equal(trace_status(trace, &err), 0);
    assert_int_equal(trace_close(trace, true, &err), 0);
}

/* Around the sizes of chunks, each row is there once, in its order, with the columns added. */
static void test_rows(void **state)
{
    static const int32_t counts[] = {0, 1, 7, 8, 9, 16383, 16384, 16385, 40000};
    struct back {
        int64_t id;
        double half, start;
        int32_t k, procs;
    };
    const hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(struct back));
    H5Tinsert(type, "id", HOFFSET(struct back, id), H5T_NATIVE_INT64);
    H5Tinsert(type, "half", HOFFSET(struct back, half), H5T_NATIVE_DOUBLE);
    H5Tinsert(type, "start", HOFFSET(struct back, start), H5T_NATIVE_DOUBLE);
    H5Tinsert(type, "k", HOFFSET(struct back, k), H5T_NATIVE_INT32);
    H5Tinsert(type, "procs", HOFFSET(struct back, procs), H5T_NATIVE_INT32);
    for (size_t c = 0; c < ARRAY_LEN(counts); c++) {
        write_rows(*state, counts[c]);
        const hid_t file = H5Fopen(*state, H5F_ACC_RDONLY, H5P_DEFAULT);
        const hid_t set = H5Dopen2(file, "/jobs", H5P_DEFAULT);
        const hid_t space = H5Dget_space(set);
        assert_int_equal(H5Sget_simple_extent_npoints(space), counts[c]);
        struct back *rows = mem_new((size_t)counts[c], sizeof(*rows));
        if (counts[c] > 0)
            assert_true(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows) >= 0);
        for (int32_t i = 0; i < counts[c]; i++) {
            assert_int_equal(rows[i].id, i + 1);
            assert_int_equal(rows[i].procs, i + 1);
            assert_int_equal(rows[i].k, 42);
            assert_true(rows[i].half == (i + 1) / 2.0);
            assert_true(isnan(rows[i].start));
        }
        free(rows);
        H5Sclose(space);
        H5Dclose(set);
        H5Fclose(file);
    }
    H5Tclose(type);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_means, name_file, remove_file),
        cmocka_unit_test_setup_teardown(test_no_time_at_all, name_file, remove_file),
        cmocka_unit_test_setup_teardown(test_large, name_file, remove_file),
        cmocka_unit_test_setup_teardown(test_idle_century, name_file, remove_file),
        cmocka_unit_test_setup_teardown(test_rows, name_file, remove_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
