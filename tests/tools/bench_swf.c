/* How fast a log is read: bench_swf LOG rows through swf_next, then jobs through the source. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/log.h"

#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int fault(const struct error *err)
{
    char text[600];
    fprintf(stderr, "%s\n", error_format(err, text, sizeof(text)));
    return 1;
}

static void tell(const char *what, double rows, double seconds)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%-24s %.0f rows in %.3f s of processor time: %.2f million rows/s, %ld MB\n", what, rows,
           seconds, rows / seconds / 1e6, usage.ru_maxrss / 1024);
}

static int read_rows(const char *path, struct error *err)
{
    const double begin = now();
    AUTO(swf_free) struct swf *swf = swf_open(path, err);
    if (!swf)
        return -1;
    struct swf_row row;
    double rows = 0;
    int got;
    while ((got = swf_next(swf, &row, err)) == 1)
        rows++;
    tell("swf_next", rows, now() - begin);
    return got;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: bench_swf LOG\n");
        return 2;
    }
    struct error err;
    if (read_rows(argv[1], &err) < 0)
        return fault(&err);
    struct log_params params = {.log = argv[1]};
    struct log_context context = {.by = LOG_BY_USER};
    struct log_totals totals;
    const double begin = now();
    if (log_scan(&params, &context, &totals, &err) < 0)
        return fault(&err);
    tell("log_scan", (double)totals.report.counts[LOG_ROWS].count, now() - begin);
    printf("%llu jobs of %lld users over %.0f s, %.6g processor-seconds, largest %lld\n",
           (unsigned long long)totals.jobs, (long long)totals.keys,
           simtime_seconds(totals.last - totals.first), totals.processor_seconds,
           (long long)totals.largest);
    for (int kind = 0; kind < LOG_KINDS; kind++) {
        char text[200];
        if (*log_report_text(&totals.report, kind, text, sizeof(text)))
            printf("  %s\n", text);
    }
    return 0;
}
