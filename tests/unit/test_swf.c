/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/swf.h"

#include "tempfile.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define REST " -1 -1 4 100 -1 1 7 2 -1 0 1 -1 -1"
#define ROW(job, submit) #job " " #submit " -1 30 4" REST "\n"

static const struct {
    const char *name, *text;
    int rows;        /* read before the end or the error */
    const char *err; /* NULL: no error */
    unsigned line, column;
} cases[] = {
    {"no header", ROW(1, 0) ROW(2, 5), 2, NULL, 0, 0},
    {"header only", "; MaxJobs: 0\n", 0, NULL, 0, 0},
    {"no newline at the end", "1 0 -1 30 4" REST, 1, NULL, 0, 0},
    {"blank lines", "\n\n" ROW(1, 0) "\n  \t\n" ROW(2, 5) "\r\n", 2, NULL, 0, 0},
    {"comment in the middle", ROW(1, 0) "; back soon\n  ;x\n" ROW(2, 5), 2, NULL, 0, 0},
    {"CRLF", "; MaxProcs: 4\r\n1 0 -1 30 4" REST "\r\n2 5 -1 30 4" REST "\r\n", 2, NULL, 0, 0},
    {"byte order mark", "\xef\xbb\xbf" ROW(1, 0), 1, NULL, 0, 0},
    {"out of order is not for the reader to judge", ROW(1, 9) ROW(2, 5), 2, NULL, 0, 0},
    {"a word", ROW(1, 0) "2 5 -1 abc 4" REST "\n", 1, "field 4 (run time): \"abc\" is not a number",
     2, 8},
    {"a word at once", "hello world, this is no log\n", 0,
     "field 1 (job number): \"hello\" is not a number", 1, 1},
    {"a number with a tail", "1 0 -1 30s 4" REST "\n", 0,
     "field 4 (run time): \"30s\" is not a number", 1, 8},
    {"hexadecimal", "1 0 -1 0x1f 4" REST "\n", 0, "field 4 (run time): \"0x1f\" is not a number", 1,
     8},
    {"nan", "1 nan -1 30 4" REST "\n", 0, "field 2 (submit time): \"nan\" is not a number", 1, 3},
    {"a sign alone", "1 - -1 30 4" REST "\n", 0, "field 2 (submit time): \"-\" is not a number", 1,
     3},
    {"a point alone", "1 . -1 30 4" REST "\n", 0, "field 2 (submit time): \".\" is not a number", 1,
     3},
    {"a long word", "1 0 -1 aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd 4\n", 0,
     "field 4 (run time): \"aaaaaaaaaabbbbbbbbbbcccc...\" is not a number", 1, 8},
    {"control characters", "1 0 -1 \x01\x1b[31m 4\n", 0,
     "field 4 (run time): \"??[31m\" is not a number", 1, 8},
    {"four columns", ROW(1, 0) "2 5 -1 30\n", 1,
     "4 columns, but a job needs at least 5 (number, submit, wait, run, processors)", 2, 0},
    {"one column", "1\n", 0,
     "1 column, but a job needs at least 5 (number, submit, wait, run, processors)", 1, 0},
    {"beyond 64 bits", "1 0 -1 30 99999999999999999999 -1\n", 0,
     "field 5 (processors allocated): \"99999999999999999999\" is outside the range of signed "
     "64-bit integers",
     1, 11},
    {"a number one too large", "9223372036854775808 0 -1 30 4\n", 0,
     "field 1 (job number): \"9223372036854775808\" is outside the range of signed 64-bit integers",
     1, 1},
    {"a number one too small", "-9223372036854775809 0 -1 30 4\n", 0,
     "field 1 (job number): \"-9223372036854775809\" is outside the range of signed 64-bit "
     "integers",
     1, 1},
    {"rounded up beyond 64 bits", "1 0 -1 30 9223372036854775807.5\n", 0,
     "field 5 (processors allocated): \"9223372036854775807.5\" is outside the range of signed "
     "64-bit integers",
     1, 11},
    {"beyond the clock", "1 100000000001 -1 30 4\n", 0,
     "field 2 (submit time): \"100000000001\" is longer than 3000 years", 1, 3},
    {"beyond the clock, below", "1 0 -1 -1e12 4\n", 0,
     "field 4 (run time): \"-1e12\" is longer than 3000 years", 1, 8},
};

static int read_all(const char *path, struct swf_row *ret_last, int *ret_rows, struct error *err)
{
    *ret_rows = 0;
    struct swf *swf = swf_open(path, err);
    if (!swf)
        return -1;
    int got;
    while ((got = swf_next(swf, ret_last, err)) == 1)
        ++*ret_rows;
    swf_free(swf);
    return got;
}

static void check_case(size_t i, const struct tempfile *file)
{
    struct error err = {0};
    struct swf_row row;
    int rows;
    const int got = read_all(file->path, &row, &rows, &err);
    if (rows != cases[i].rows || (got < 0) != (cases[i].err != NULL))
        fail_msg("%s: %d rows, %d %s", cases[i].name, rows, got, err.text);
    if (cases[i].err) {
        assert_string_equal(err.text, cases[i].err);
        assert_string_equal(err.at.file, file->path);
        assert_int_equal(err.at.line, cases[i].line);
        assert_int_equal(err.at.column, cases[i].column);
    }
    tempfile_remove(file);
}

static void lines_of_all_kinds(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const size_t len = strlen(cases[i].text);
        struct tempfile plain = tempfile_make(cases[i].text, len);
        check_case(i, &plain);
        struct tempfile packed = tempfile_make_gzip(cases[i].text, len);
        check_case(i, &packed);
    }
}

static struct swf_row only_row(const char *text)
{
    struct tempfile file = tempfile_make(text, strlen(text));
    struct error err = {0};
    struct swf_row row;
    int rows;
    if (read_all(file.path, &row, &rows, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(rows, 1);
    tempfile_remove(&file);
    return row;
}

static void all_fields(void **state)
{
    (void)state;
    const struct swf_row row = only_row("  1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18\n");
    assert_int_equal(row.job, 1);
    assert_int_equal(row.submit, 2 * SIMTIME_SECOND);
    assert_int_equal(row.wait, 3 * SIMTIME_SECOND);
    assert_int_equal(row.run, 4 * SIMTIME_SECOND);
    assert_int_equal(row.procs, 5);
    assert_int_equal(row.cpu, 6 * SIMTIME_SECOND);
    assert_int_equal(row.memory, 7);
    assert_int_equal(row.procs_asked, 8);
    assert_int_equal(row.request, 9 * SIMTIME_SECOND);
    assert_int_equal(row.memory_asked, 10);
    assert_int_equal(row.status, 11);
    assert_int_equal(row.user, 12);
    assert_int_equal(row.group, 13);
    assert_int_equal(row.executable, 14);
    assert_int_equal(row.queue, 15);
    assert_int_equal(row.partition, 16);
    assert_int_equal(row.preceding, 17);
    assert_int_equal(row.think, 18 * SIMTIME_SECOND);
    assert_int_equal(row.flags, 0);
    assert_int_equal(row.line, 1);
}

static void odd_but_legal_rows(void **state)
{
    (void)state;
    struct swf_row row = only_row("1\t5\t-1\t12072\t16\n");
    assert_int_equal(row.flags, SWF_FEW_COLUMNS);
    assert_int_equal(row.run, 12072 * SIMTIME_SECOND);
    assert_int_equal(row.procs_asked, -1);
    assert_int_equal(row.user, -1);
    assert_true(row.think < 0);

    row = only_row(
        "7 1 2 3 4 5 6 7 8 9 1 20130412000017 13 14 15 16 17 18 {1241,1241} q_2w 1:ppn=12\n");
    assert_int_equal(row.flags, SWF_EXTRA_COLUMNS);
    assert_int_equal(row.user, 20130412000017);
    assert_int_equal(row.think, 18 * SIMTIME_SECOND);

    row = only_row("1 10.25 -1 0.0000005 4.5 306142.00 -1 2.0 1.5e2 -1 1 3.7 -1 -1 -1 -1 -1 -1\n");
    assert_int_equal(row.flags, SWF_FRACTION);
    assert_int_equal(row.submit, 10250000);
    assert_int_equal(row.run, 1);
    assert_int_equal(row.procs, 5);
    assert_int_equal(row.cpu, 306142 * SIMTIME_SECOND);
    assert_int_equal(row.procs_asked, 2);
    assert_int_equal(row.request, 150 * SIMTIME_SECOND);
    assert_int_equal(row.user, 3);

    row = only_row("+1 475.00000000000006 -0.5 0.9999999 1 -1 9223372036854775799\n");
    assert_int_equal(row.job, 1);
    assert_int_equal(row.submit, 475 * SIMTIME_SECOND);
    assert_int_equal(row.wait, -500000);
    assert_int_equal(row.run, SIMTIME_SECOND);
    assert_int_equal(row.memory, INT64_C(9223372036854775799));

    /* The ends of 64 bits. */
    row = only_row("9223372036854775807 0 -1 9 9223372036854775806.5 -1 -9223372036854775808\n");
    assert_int_equal(row.job, INT64_MAX);
    assert_int_equal(row.procs, INT64_MAX);
    assert_int_equal(row.memory, INT64_MIN);
}

/* Numbers of every length in every column, -1 and tabs among them, against what was written. */
static void numbers_of_all_lengths(void **state)
{
    (void)state;
    uint64_t x = 1;
    for (int round = 0; round < 200; round++) {
        char text[1024], *at = text;
        int64_t want[SWF_COLUMNS];
        for (int i = 0; i < SWF_COLUMNS; i++) {
            x = x * UINT64_C(6364136223846793005) + 1442695040888963407;
            const int digits = 1 + (round + i) % (i >= 10 && i < 17 ? 18 : 11);
            int64_t most = 1;
            for (int d = 0; d < digits; d++)
                most *= 10;
            want[i] = x >> 62 ? (int64_t)(x >> 2) % most : -1;
            at += sprintf(at, "%s%lld",
                          x >> 40 & 7   ? " "
                          : x >> 43 & 1 ? "\t"
                                        : "   ",
                          (long long)want[i]);
        }
        strcpy(at, round & 1 ? "\n" : round & 2 ? "\r\n" : "");
        const struct swf_row row = only_row(text);
        const int64_t got[] = {row.job,
                               row.submit / SIMTIME_SECOND,
                               row.wait / SIMTIME_SECOND,
                               row.run / SIMTIME_SECOND,
                               row.procs,
                               row.cpu / SIMTIME_SECOND,
                               row.memory,
                               row.procs_asked,
                               row.request / SIMTIME_SECOND,
                               row.memory_asked,
                               row.status,
                               row.user,
                               row.group,
                               row.executable,
                               row.queue,
                               row.partition,
                               row.preceding,
                               row.think / SIMTIME_SECOND};
        assert_int_equal(row.flags, 0);
        for (int i = 0; i < SWF_COLUMNS; i++)
            if (got[i] != want[i])
                fail_msg("column %d: %lld, not %lld", i, (long long)got[i], (long long)want[i]);
    }
}

static void header(void **state)
{
    (void)state;
    static const char text[] =
        "; Version: 2.2\n"
        ";      Computer: IBM SP2  \r\n"
        "; Information: http://example.org/\n"
        ";              http://example.org/more\n"
        "; MaxJobs: 79302\n"
        "; UnixStartTime: 835823160\n; TimeZone: -18000\n"
        "; TimeZoneString: US/Eastern\n"
        "; MaxNodes: lots\n"
        "; MaxProcs: 338 (batch partition; 512 total)\n"
        ";;MaxRuntime:64800\n"
        "; Queues: these are classes\n"
        "; Queue:  1 DSI      \n; Queue: 0 - Interactive jobs - direct\n"
        "; Partition: 2 pdebug\n; Partition: none\n" ROW(1, 0) "; MaxProcs: 7\n" ROW(2, 0);
    struct tempfile file = tempfile_make(text, sizeof(text) - 1);
    struct error err;
    struct swf *swf = swf_open(file.path, &err);
    assert_non_null(swf);
    struct swf_row row;
    while (swf_next(swf, &row, &err) == 1)
        ;
    const struct swf_header *h = swf_header(swf);
    assert_true(h->any && h->has_start && h->has_zone);
    assert_string_equal(h->version, "2.2");
    assert_string_equal(h->computer, "IBM SP2");
    assert_null(h->installation);
    assert_int_equal(h->max_jobs, 79302);
    assert_int_equal(h->max_records, -1);
    assert_int_equal(h->unix_start, 835823160);
    assert_int_equal(h->time_zone, -18000);
    assert_string_equal(h->time_zone_name, "US/Eastern");
    assert_int_equal(h->max_nodes, -1);
    assert_int_equal(h->max_procs, 338);
    assert_int_equal(h->max_runtime, 64800);
    assert_int_equal(h->queues.len, 2);
    assert_string_equal(swf_name_of(&h->queues, 1), "DSI");
    assert_string_equal(swf_name_of(&h->queues, 0), "Interactive jobs - direct");
    assert_null(swf_name_of(&h->queues, 5));
    assert_string_equal(swf_name_of(&h->partitions, 2), "pdebug");
    assert_int_equal(h->odd, 2);
    swf_free(swf);
    tempfile_remove(&file);
}

static void check_refused(const void *data, size_t len, const char *what, unsigned line)
{
    struct tempfile file = tempfile_make(data, len);
    struct error err = {0};
    struct swf_row row;
    int rows;
    assert_true(read_all(file.path, &row, &rows, &err) < 0);
    assert_string_equal(err.text, what);
    assert_int_equal(err.at.line, line);
    tempfile_remove(&file);
}

static void files_that_are_no_logs(void **state)
{
    (void)state;
    struct error err;
    assert_null(swf_open("/nonexistent/x.swf", &err));
    assert_string_equal(err.text, "No such file or directory");
    assert_string_equal(err.at.file, "/nonexistent/x.swf");
    assert_null(swf_open("/tmp", &err));
    assert_string_equal(err.text, "Is a directory");
    check_refused("", 0, "is empty", 0);
    check_refused("\x7f"
                  "ELF\0\0\0\1\n",
                  9, "is no text: it holds zero bytes", 0);
    check_refused("BZh91AY&SY", 10, "is packed with bzip2; only plain text and gzip can be read",
                  0);
    check_refused("\xfd"
                  "7zXZ\0",
                  6, "is packed with xz; only plain text and gzip can be read", 0);
    check_refused("\x28\xb5\x2f\xfd\4", 5,
                  "is packed with zstd; only plain text and gzip can be read", 0);
    check_refused("\x1f\x8b", 2, "the gzip data is cut short after line 0 (does `gzip -t` agree?)",
                  0);
    check_refused("\x1f\x8b\x08\x00zzzzzz\xff\xff\xff\xff\xff\xff\xff\xff", 18,
                  "the gzip data is damaged after line 0 (does `gzip -t` agree?)", 0);
}

static void long_lines(void **state)
{
    (void)state;
    enum { LEN = 65536 };
    char *text = malloc(3 * LEN);
    assert_non_null(text);
    memset(text, 'x', 3 * LEN);
    memcpy(text, "1 0 -1 30 4" REST " ", strlen("1 0 -1 30 4" REST " "));
    text[LEN] = '\n'; /* exactly the longest line */
    struct tempfile file = tempfile_make(text, LEN + 1);
    struct swf_row row;
    struct error err;
    int rows;
    assert_int_equal(read_all(file.path, &row, &rows, &err), 0);
    assert_int_equal(rows, 1);
    tempfile_remove(&file);
    text[LEN] = 'x';
    text[LEN + 1] = '\n';
    check_refused(text, LEN + 2, "the line is longer than 65536 bytes: not a log", 1);
    check_refused(text, 3 * LEN, "the line is longer than 65536 bytes: not a log", 1);
    free(text);
    /* A zero byte beyond what is sniffed. */
    char zero[8192];
    memset(zero, '\n', sizeof(zero));
    memcpy(zero + 5000, "1 0 \0 30 4", 10);
    check_refused(zero, sizeof(zero), "field 3 (wait time): \"?\" is not a number", 5001);
}

/* Every prefix and many corruptions of a packed log: an error or fewer rows, never a crash. */
static void damaged_gzip(void **state)
{
    (void)state;
    static const char text[] = "; MaxProcs: 4\n" ROW(1, 0) ROW(2, 5) ROW(3, 900) ROW(4, 1000);
    struct tempfile file = tempfile_make_gzip(text, sizeof(text) - 1);
    unsigned char packed[512];
    FILE *in = fopen(file.path, "rb");
    assert_non_null(in);
    const size_t len = fread(packed, 1, sizeof(packed), in);
    fclose(in);
    tempfile_remove(&file);
    struct swf_row row;
    struct error err;
    int rows;
    for (size_t cut = 1; cut < len; cut++) {
        struct tempfile part = tempfile_make(packed, cut);
        assert_true(read_all(part.path, &row, &rows, &err) < 0);
        tempfile_remove(&part);
    }
    unsigned damaged = 0;
    for (size_t at = 10; at < len; at++) {
        packed[at] ^= 0x55;
        struct tempfile part = tempfile_make(packed, len);
        damaged += read_all(part.path, &row, &rows, &err) < 0;
        tempfile_remove(&part);
        packed[at] ^= 0x55;
    }
    assert_int_equal(damaged, len - 10);
    /* Two members and padding are one log. */
    unsigned char twice[1200] = {0};
    memcpy(twice, packed, len);
    memcpy(twice + len, packed, len);
    struct tempfile both = tempfile_make(twice, 2 * len + 100);
    assert_int_equal(read_all(both.path, &row, &rows, &err), 0);
    assert_int_equal(rows, 8);
    tempfile_remove(&both);
}

/* A header may carry a name and more; what is no header is told once two bytes are there. */
static void gzip_headers(void **state)
{
    (void)state;
    static const char text[] = ROW(1, 0) ROW(2, 5);
    struct tempfile file = tempfile_make_gzip(text, sizeof(text) - 1);
    unsigned char packed[300];
    FILE *in = fopen(file.path, "rb");
    assert_non_null(in);
    const size_t len = fread(packed, 1, sizeof(packed), in);
    fclose(in);
    tempfile_remove(&file);
    /* Extra field, name, comment, checksum of the header. */
    static const unsigned char fields[] = "\x3\0abclog.swf\0a comment\0\x12\x34";
    unsigned char more[400];
    memcpy(more, packed, 10);
    more[3] = 2 | 4 | 8 | 16;
    memcpy(more + 10, fields, sizeof(fields) - 1);
    memcpy(more + 9 + sizeof(fields), packed + 10, len - 10);
    const size_t all = len + sizeof(fields) - 1;
    struct tempfile rich = tempfile_make(more, all);
    struct swf_row row;
    struct error err;
    int rows;
    assert_int_equal(read_all(rich.path, &row, &rows, &err), 0);
    assert_int_equal(rows, 2);
    tempfile_remove(&rich);
    for (size_t cut = 2; cut < 10 + sizeof(fields); cut++)
        check_refused(more, cut, "the gzip data is cut short after line 0 (does `gzip -t` agree?)",
                      0);
    more[3] |= 0x80;
    check_refused(more, all, "the gzip data is damaged after line 0 (does `gzip -t` agree?)", 0);
    more[3] = 2 | 4 | 8 | 16;
    more[2] = 7;
    check_refused(more, 4, "the gzip data is damaged after line 0 (does `gzip -t` agree?)", 0);
    packed[len] = 0x1f;
    check_refused(packed, len + 1,
                  "the gzip data is cut short after line 2 (does `gzip -t` agree?)", 0);
    packed[len + 1] = 'x';
    check_refused(packed, len + 2,
                  "the gzip data is followed by garbage after line 2 (does `gzip -t` agree?)", 0);
    packed[len] = 'x';
    check_refused(packed, len + 1,
                  "the gzip data is followed by garbage after line 2 (does `gzip -t` agree?)", 0);
}

/* A long log crosses many windows of the reader, and ends as it should. */
static void many_windows(void **state)
{
    (void)state;
    enum { ROWS = 60000 };
    char *text = malloc(ROWS * 64), *at = text;
    assert_non_null(text);
    int64_t sum = 0;
    for (int i = 0; i < ROWS; i++) {
        at += sprintf(at, "%d %d -1 %d 4" REST "\n", i + 1, 7 * i, i % 977);
        sum += i % 977;
    }
    struct tempfile file = tempfile_make_gzip(text, (size_t)(at - text));
    free(text);
    struct error err;
    struct swf *swf = swf_open(file.path, &err);
    assert_non_null(swf);
    struct swf_row row;
    int rows = 0;
    while (swf_next(swf, &row, &err) == 1) {
        assert_int_equal(row.job, ++rows);
        assert_int_equal(row.line, rows);
        sum -= row.run / SIMTIME_SECOND;
    }
    assert_int_equal(rows, ROWS);
    assert_int_equal(sum, 0);
    swf_free(swf);
    tempfile_remove(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_all_kinds),
        cmocka_unit_test(all_fields),
        cmocka_unit_test(odd_but_legal_rows),
        cmocka_unit_test(numbers_of_all_lengths),
        cmocka_unit_test(header),
        cmocka_unit_test(files_that_are_no_logs),
        cmocka_unit_test(long_lines),
        cmocka_unit_test(damaged_gzip),
        cmocka_unit_test(gzip_headers),
        cmocka_unit_test(many_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
