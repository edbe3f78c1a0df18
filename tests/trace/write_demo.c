/* Writes a trace whose every value is a formula of the row, for test_read.py and bench:
 * write_demo PATH JOBS [INCOMPLETE]. Prints the error and returns 1 on failure. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/trace.h"

#include <stdio.h>
#include <stdlib.h>

static struct centre_info centres[] = {{"wuhan-ai"}, {"成都"}};
static struct partition_info partitions[] = {
    {.name = "ascend", .path = "wuhan-ai/ascend", .centre = 0},
    {.name = "a/b", .path = "成都/a/b", .centre = 1},
};
static struct workload_info workloads[] = {{"handary/w", 0}, {"users/12/每月", 1}, {"x", 2}};
static struct tenant_info tenants[] = {
    {"handary", -1}, {"users/12", -1}, {"zhang.san", -1}, {"戴家山/企业-3", -1}};

static struct job make_job(int64_t i)
{
    struct job job = {
        .spec = {.id = i + 1,
                 .workload = (int32_t)(i % 3),
                 .tenant = (int32_t)(i % 4),
                 .partition = (int32_t)(i % 2),
                 .centre = (int32_t)(i % 2),
                 .ask = {.procs = (int32_t)(1 + i % 512)},
                 .submit = i * 1500000 + i % 1000,
                 .runtime = (i * 7919 % 36000) * SIMTIME_SECOND + 1,
                 .request = (i * 7919 % 36000 + 600) * SIMTIME_SECOND},
        .partition = (int32_t)(i % 2),
        .state = JOB_COMPLETED,
    };
    job.start = job.spec.submit + (i % 100) * SIMTIME_SECOND;
    job.end = job.start + job.spec.runtime;
    job.wait = job.start - job.spec.submit;
    if (i % 50 == 0) {
        job.state = JOB_REJECTED;
        job.reason = REASON_TOO_LARGE;
        job.start = job.end = SIMTIME_NEVER;
        job.wait = 0;
    }
    return job;
}

static void settle(struct observer *observer, simtime at, int32_t partition,
                   const struct partition_counts *counts)
{
    const struct fact fact = {
        .kind = FACT_SETTLED, .at = at, .partition = partition, .counts = counts};
    observer->see(observer->ctx, &fact);
}

static void see_job(struct observer *observer, int64_t i, struct partition_counts *counts)
{
    const struct job job = make_job(i);
    counts->busy = i % 97;
    counts->queued_jobs = i % 13;
    counts->queued_procs = i % 1000;
    const struct fact fact = {.kind = job.state == JOB_REJECTED ? FACT_REJECT : FACT_END,
                              .at = job.spec.submit,
                              .job = &job,
                              .partition = job.partition};
    observer->see(observer->ctx, &fact);
    settle(observer, job.spec.submit, job.partition, counts);
}

static void run(struct observer *observer, int64_t jobs)
{
    struct partition_counts counts = {.capacity = 392, .down = 8};
    for (int32_t p = 0; p < 2; p++)
        settle(observer, 0, p, &counts);
    for (int64_t i = 0; i < jobs; i++)
        see_job(observer, i, &counts);
    const simtime end = jobs * 1500000 + 1800 * SIMTIME_SECOND;
    for (int64_t i = jobs; i < jobs + 2; i++) {
        struct job job = make_job(i + 1 - i % 2 * 50);
        job.spec.id = i + 1;
        job.state = i == jobs ? JOB_RUNNING : JOB_PENDING;
        job.end = SIMTIME_NEVER;
        if (job.state == JOB_PENDING)
            job.start = SIMTIME_NEVER;
        observer->unfinished(observer->ctx, &job, end);
    }
    observer->finish(observer->ctx, end);
}

static void write_metrics(struct trace *trace)
{
    static const struct column columns[] = {
        {"name", COLUMN_NAME, 16, NULL, "of the metric"},
        {"value", COLUMN_F64, 0, NULL, "in its unit"},
        {"unit", COLUMN_NAME, 8, NULL, "of the value"},
    };
    static const char *const names[] = {"wait.mean", "wait.p95", "等待"};
    unsigned char rows[3 * 32] = {0}, *at = rows;
    for (int i = 0; i < 3; i++) {
        row_name(&at, names[i], 16);
        row_f64(&at, 1.5 * i);
        row_name(&at, "s", 8);
    }
    trace_table(trace,
                &(struct table_type){.path = "/metrics",
                                     .title = "what run prints",
                                     .columns = columns,
                                     .len = 3,
                                     .level = 1},
                rows, 3);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    struct world world = {.centres = centres,
                          .n_centres = 2,
                          .partitions = partitions,
                          .n_partitions = 2,
                          .tenants = {.items = tenants, .len = 4},
                          .workloads = workloads,
                          .n_workloads = 3};
    const struct trace_setup setup = {.path = argv[1],
                                      .world = &world,
                                      .seed = 20230101,
                                      .replication = 1,
                                      .title = "武汉 demo",
                                      .start = "2021-05-01T00:00:00+08:00",
                                      .given = "jishi: 1\ntitle: 武汉\n",
                                      .resolved = "jishi: 1\n",
                                      .sets = NULL,
                                      .hashes = "00ff  scenario\n",
                                      .step = SIMTIME_HOUR,
                                      .level = TRACE_LEVEL};
    struct error err = {0};
    struct trace *trace = trace_new(&setup, &err);
    if (!trace) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    struct observer observer = trace_observer(trace);
    run(&observer, atoll(argv[2]));
    write_metrics(trace);
    if (trace_close(trace, argc < 4, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    return 0;
}
