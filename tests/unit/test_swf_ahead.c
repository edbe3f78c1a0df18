/* Rows read ahead are those read one by one, with what is wrong among them in its place. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/swf_ahead.h"

#include "tempfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* A log of so many rows, every `garbled`-th (0: none) of words. */
static char *make_log(int rows, int garbled, size_t *ret_len)
{
    char *text = malloc((size_t)rows * 80 + 2);
    size_t len = 0;
    for (int i = 1; i <= rows; i++)
        len += (size_t)(garbled > 0 && i % garbled == 0
                            ? sprintf(text + len, "%d is no job\n", i)
                            : sprintf(text + len, "%d %d -1 %d 4 -1 -1 4 %d\n", i, 7 * i, i % 91,
                                      i % 13 * 60));
    *ret_len = len;
    return text;
}

static void assert_same(const struct swf_row *a, const struct swf_row *b)
{
    assert_int_equal(a->job, b->job);
    assert_int_equal(a->submit, b->submit);
    assert_int_equal(a->run, b->run);
    assert_int_equal(a->request, b->request);
    assert_int_equal(a->flags, b->flags);
    assert_int_equal(a->line, b->line);
}

/* Both readers over one file to its end, or for `most` rows. */
static void compare(const struct tempfile *file, int most)
{
    struct error err = {0}, ahead_err = {0};
    struct swf *swf = swf_open(file->path, &err), *under = swf_open(file->path, &err);
    if (!swf)
        return; /* cut within its first rows */
    struct swf_ahead *ahead = swf_ahead_new(under);
    int got = SWF_ROW;
    for (int i = 0; i < most && (got == SWF_ROW || got == SWF_GARBLED); i++) {
        struct swf_row row, ahead_row;
        got = swf_next(swf, &row, &err);
        assert_int_equal(swf_ahead_next(ahead, &ahead_row, &ahead_err), got);
        if (got == SWF_ROW)
            assert_same(&row, &ahead_row);
        assert_string_equal(ahead_err.text, err.text);
        assert_int_equal(ahead_err.at.line, err.at.line);
    }
    swf_ahead_free(ahead);
    swf_free(under);
    swf_free(swf);
}

static void same_rows(void **state)
{
    (void)state;
    static const int rows[] = {0, 1, 2, 511, 512, 513, 1023, 1024, 1025, 5000};
    static const int garbled[] = {0, 1, 2, 3, 512, 513};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (size_t k = 0; k < ARRAY_LEN(garbled); k++) {
            size_t len;
            char *text = make_log(rows[i], garbled[k], &len);
            if (rows[i] == 0) /* a file may not be empty */
                len = (size_t)sprintf(text, "\n");
            struct tempfile file = tempfile_make(text, len);
            compare(&file, INT32_MAX);
            compare(&file, 600);
            tempfile_remove(&file);
            free(text);
        }
}

static void same_damage(void **state)
{
    (void)state;
    size_t len;
    char *text = make_log(5000, 7, &len);
    struct tempfile file = tempfile_make_gzip(text, len);
    FILE *in = fopen(file.path, "rb");
    assert_non_null(in);
    const size_t packed = fread(text, 1, len, in);
    fclose(in);
    for (size_t cut = 1; cut <= 40; cut++) {
        struct tempfile part = tempfile_make(text, packed * cut / 40);
        compare(&part, INT32_MAX);
        tempfile_remove(&part);
    }
    tempfile_remove(&file);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_rows),
        cmocka_unit_test(same_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
