/* A log of any bytes: the first two choose the parameters, the rest is the file. It is read in one
 * go, and sorted; what both say must agree. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/log.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int32_t tenant(void *ctx, int64_t key)
{
    (void)ctx;
    return (int32_t)(key & 0xffff);
}

static struct log_params choose(uint8_t a, uint8_t b, char *path)
{
    static char missing[][8] = {"runtime", "drop", "24h"};
    static const double factors[] = {0, 0.3, 1.5, 2.5};
    struct log_params params = {.log = path};
    params.drop = a & 1;
    params.size = (a >> 1) % 3;
    params.shift = a >> 3 & 1;
    params.missing.request = missing[(a >> 4) % 3];
    params.window.from_job = b & 3;
    params.window.jobs = b >> 2 & 1 ? 5 : 0;
    const double factor = factors[b >> 3 & 3];
    if (b >> 5 & 1)
        params.load.gaps = factor;
    else if (b >> 6 & 1)
        params.load.runtimes = factor;
    else
        params.load.resample = factor;
    return params;
}

/* A hash of the jobs; what the source said last in *ret_got. */
static uint64_t drain(const struct log_params *params, bool sort, int *ret_got)
{
    const struct log_context context = {.partition_procs = 64,
                                        .recorded = true,
                                        .sort = sort,
                                        .request = LOG_REQUEST_EXACT,
                                        .by = LOG_BY_USER,
                                        .tenant_of = tenant,
                                        .seed = {1, 1},
                                        .path = "tenants/a/workloads/b"};
    struct error err;
    struct log *log = log_new(params, &context, &err);
    *ret_got = SOURCE_ERROR;
    if (!log)
        return 0;
    struct job_spec job, last = {0};
    uint64_t hash = 0, used = 0;
    while ((*ret_got = source_next(log_source(log), &job, &err)) == SOURCE_JOB) {
        REQUIRE(job.submit >= 0 && job.runtime >= 0 && job.ask.procs > 0);
        REQUIRE(used == 0 || job.submit > last.submit ||
                (job.submit == last.submit && job.ordinal > last.ordinal));
        hash = hash * 31 + (uint64_t)job.submit * 7 + (uint64_t)job.runtime * 5 +
               (uint64_t)job.request * 3 + job.ordinal + (uint64_t)job.id;
        last = job;
        used++;
    }
    const struct log_report *const report = log_report_of(log);
    REQUIRE(report->counts[LOG_USED].count == used);
    if (*ret_got == SOURCE_END) {
        uint64_t out = used - report->counts[LOG_RESAMPLED_COPY].count;
        for (int kind = LOG_TIMES_UNKNOWN; kind <= LOG_RESAMPLED_AWAY; kind++)
            out += report->counts[kind].count;
        REQUIRE(out == report->counts[LOG_ROWS].count);
    }
    source_free(log_source(log));
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return -1;
    const int fd = memfd_create("log", MFD_CLOEXEC);
    REQUIRE(fd >= 0 && write(fd, data + 2, size - 2) == (ssize_t)(size - 2));
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    const struct log_params params = choose(data[0], data[1], path);
    int got, got_sorted;
    const uint64_t hash = drain(&params, false, &got);
    const uint64_t sorted = drain(&params, true, &got_sorted);
    if (got == SOURCE_UNSORTED)
        REQUIRE(got_sorted == SOURCE_END || got_sorted == SOURCE_ERROR);
    else
        REQUIRE(got == got_sorted && (got != SOURCE_END || hash == sorted));
    close(fd);
    return 0;
}
