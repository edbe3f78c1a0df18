/* The output file: what goes wrong is told with its path and reason, and leaves nothing behind. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/h5.h"
#include "trace/series.h"
#include "trace/shuffle.h"
#include "util/mem.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static int enter_folder(void **state)
{
    char *folder = mem_text("/tmp/jishi-h5-XXXXXX");
    *state = folder;
    return !mkdtemp(folder) || chdir(folder) != 0;
}

static int leave_folder(void **state)
{
    char *command = mem_format("rm -rf '%s'", (char *)*state);
    const int status = chdir("/") || system(command);
    free(command);
    free(*state);
    return status;
}

static bool exists(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0;
}

static void test_bad_paths(void **state)
{
    static const struct {
        const char *path, *message;
    } rows[] = {
        {"", "the output file has an empty name"},
        {"folder", "folder: is a folder; name a file in it"},
        {"new/", "new/: names a folder, not a file"},
        {"fifo", "fifo: exists and is no ordinary file"},
        {"file/x.h5", "file/x.h5: cannot write: Not a directory"},
        {"no/such/x.h5", "no/such/x.h5: cannot make its folder: No such file or directory"},
        {"/proc/jishi/x.h5", "/proc/jishi/x.h5: cannot make its folder: No such file or directory"},
        {"/proc/x.h5", "/proc/x.h5.tmp: cannot write: No such file or directory"},
    };
    (void)state;
    assert_int_equal(mkdir("folder", 0777), 0);
    assert_int_equal(mkfifo("fifo", 0666), 0);
    fclose(fopen("file", "w"));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err = {0};
        assert_null(h5_open(rows[i].path, &err));
        assert_string_equal(err.text, rows[i].message);
    }
    assert_false(exists("new"));
}

static void test_long_name(void **state)
{
    (void)state;
    char path[300];
    memset(path, 'x', sizeof(path));
    path[sizeof(path) - 1] = '\0';
    struct error err = {0};
    assert_null(h5_open(path, &err));
    assert_non_null(strstr(err.text, "File name too long"));
}

static void test_made_and_replaced(void **state)
{
    (void)state;
    struct error err = {0};
    for (int i = 0; i < 2; i++) { /* the second replaces the first */
        struct h5 *h5 = h5_open("results/x.h5", &err);
        assert_non_null(h5);
        assert_true(exists("results/x.h5.tmp"));
        assert_int_equal(h5_close(h5, true, &err), 0);
        assert_true(exists("results/x.h5"));
        assert_false(exists("results/x.h5.tmp"));
    }
    struct h5 *h5 = h5_open("results/y.h5", &err);
    h5_abandon(h5);
    assert_false(exists("results/y.h5"));
    assert_false(exists("results/y.h5.tmp"));
}

static void test_concurrent(void **state)
{
    (void)state;
    FILE *stale = fopen("c.h5.tmp", "w");
    fputs("left by a killed run", stale);
    fclose(stale);
    struct error err = {0};
    struct h5 *a = h5_open("c.h5", &err), *b = h5_open("c.h5", &err);
    assert_non_null(a);
    assert_non_null(b);
    assert_true(exists("c.h5.1.tmp"));
    h5_text(a, "/a", "1");
    h5_text(b, "/b", "2");
    assert_int_equal(h5_close(b, true, &err), 0);
    assert_int_equal(h5_close(a, true, &err), 0);
    const hid_t file = H5Fopen("c.h5", H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(H5Lexists(file, "a", H5P_DEFAULT) > 0);
    assert_true(H5Lexists(file, "b", H5P_DEFAULT) == 0);
    H5Fclose(file);
    assert_false(exists("c.h5.tmp"));
}

static const struct column columns[] = {
    {"x", COLUMN_I64, 0, NULL, "counts"},
    {"y", COLUMN_F64, 0, "s", "noise"},
    {"z", COLUMN_NAME, 5, NULL, "five bytes: items of odd size"},
};

/* Two tables and a series, in many chunks of noise. */
static int write_much(const char *path, struct error *err)
{
    struct h5 *h5 = h5_open(path, err);
    if (!h5)
        return -1;
    struct table_type type = {
        .path = "/t/a", .title = "a", .columns = columns, .len = 3, .chunk = 1024, .level = 1};
    struct table *a = table_new(h5, &type);
    type.path = "/t/b";
    struct table *b = table_new(h5, &type);
    static const struct column axes[] = {{"time", COLUMN_F64, 0, "s", "t"},
                                         {"v", COLUMN_F64, 0, NULL, "v"}};
    struct series *series = series_new(
        h5, &(struct series_type){.path = "/s", .columns = axes, .len = 2, .chunk = 512});
    uint64_t x = 1;
    for (int64_t i = 0; i < 10000; i++) {
        unsigned char *at = table_row(i % 3 ? a : b);
        x = x * UINT64_C(6364136223846793005) + 1442695040888963407;
        row_i64(&at, i);
        row_f64(&at, (double)x);
        row_name(&at, "武汉", 5);
        series_append(series, (double[]){(double)i, (double)x});
    }
    table_free(a);
    table_free(b);
    series_free(series);
    h5_names(h5, "/names", (const char *[]){"武汉", "", "x"}, 3);
    return h5_close(h5, true, err);
}

static void test_disk_full(void **state)
{
    (void)state;
    struct error err = {0};
    assert_int_equal(write_much("full.h5", &err), 0);
    struct stat info;
    stat("full.h5", &info);
    unlink("full.h5");
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit old, limit;
    getrlimit(RLIMIT_FSIZE, &old);
    limit = old;
    for (off_t size = 0; size < info.st_size; size += 1 + info.st_size / 97) {
        limit.rlim_cur = (rlim_t)size;
        setrlimit(RLIMIT_FSIZE, &limit);
        err = (struct error){0};
        const int status = write_much("full.h5", &err);
        setrlimit(RLIMIT_FSIZE, &old);
        assert_int_equal(status, -1);
        assert_string_equal(err.text, "full.h5: cannot write: File too large");
        assert_false(exists("full.h5"));
        assert_false(exists("full.h5.tmp"));
        assert_int_equal(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
    }
    assert_int_equal(write_much("full.h5", &err), 0);
}

static void test_target_taken(void **state)
{
    (void)state;
    struct error err = {0};
    struct h5 *h5 = h5_open("taken.h5", &err);
    assert_int_equal(mkdir("taken.h5", 0777), 0);
    assert_int_equal(h5_close(h5, true, &err), -1);
    assert_string_equal(err.text,
                        "taken.h5: cannot rename the finished file to this: Is a directory");
    assert_false(exists("taken.h5.tmp"));
}

static void *write_some(void *ctx)
{
    struct error err = {0};
    for (int i = 0; i < 5; i++)
        if (write_much(ctx, &err))
            return ctx;
    return NULL;
}

/* Several traces at once, as a sweep writes them. */
static void test_threads(void **state)
{
    (void)state;
    hbool_t safe = false;
    H5is_library_threadsafe(&safe);
    if (!safe)
        skip();
    char paths[4][8];
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        snprintf(paths[i], sizeof(paths[i]), "%d.h5", i);
        assert_int_equal(pthread_create(&threads[i], NULL, write_some, paths[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(system("cmp 0.h5 1.h5 && cmp 0.h5 2.h5 && cmp 0.h5 3.h5"), 0);
}

/* HDF5's own refusals are errors too: two datasets of one name. */
static void test_refused(void **state)
{
    (void)state;
    struct error err = {0};
    struct h5 *h5 = h5_open("twice.h5", &err);
    h5_text(h5, "/a", "1");
    assert_int_equal(h5_status(h5, &err), 0);
    h5_text(h5, "/a", "2");
    assert_int_equal(h5_status(h5, &err), -1);
    assert_string_equal(err.text, "twice.h5: HDF5 cannot write /a");
    assert_int_equal(h5_close(h5, true, NULL), -1);
    assert_false(exists("twice.h5"));
}

static void test_components(void **state)
{
    static const char *const rows[][2] = {
        {"wuhan-ai", "wuhan-ai"}, {"a/b%c", "a%2Fb%25c"}, {".", "%2E"}, {"..", ".."}, {"", "%"},
        {"成都", "成都"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *text = h5_component(rows[i][0]);
        assert_string_equal(text, rows[i][1]);
        free(text);
    }
}

static void test_row_name(void **state)
{
    static const struct {
        const char *name;
        size_t size, kept;
    } rows[] = {{"abc", 5, 3}, {"abcdef", 5, 5}, {"武汉", 6, 6}, {"武汉", 5, 3}, {"武", 2, 0}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        unsigned char row[8], *at = row;
        memset(row, 0xee, sizeof(row));
        row_name(&at, rows[i].name, rows[i].size);
        assert_ptr_equal(at, row + rows[i].size);
        assert_memory_equal(row, rows[i].name, rows[i].kept);
        for (size_t k = rows[i].kept; k < rows[i].size; k++)
            assert_int_equal(row[k], 0);
        assert_int_equal(row[rows[i].size], 0xee);
    }
}

static void test_shuffle(void **state)
{
    static const size_t sizes[] = {1, 3, 7, 8, 9, 12, 16, 84, 85}, counts[] = {8, 256, 264, 1000};
    (void)state;
    for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
        for (size_t c = 0; c < ARRAY_LEN(counts); c++) {
            const size_t size = sizes[s], n = counts[c];
            unsigned char *from = mem_new(n, size), *to = mem_new(n, size);
            for (size_t i = 0; i < n * size; i++)
                from[i] = (unsigned char)(i * 2654435761u >> 13);
            shuffle_bytes(to, from, n, size);
            for (size_t i = 0; i < n; i++)
                for (size_t k = 0; k < size; k++)
                    assert_int_equal(to[k * n + i], from[i * size + k]);
            free(from);
            free(to);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_bad_paths, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(test_long_name, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(test_made_and_replaced, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(test_concurrent, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(test_disk_full, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(test_target_taken, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(test_threads, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(test_refused, enter_folder, leave_folder),
        cmocka_unit_test(test_components),
        cmocka_unit_test(test_row_name),
        cmocka_unit_test(test_shuffle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
