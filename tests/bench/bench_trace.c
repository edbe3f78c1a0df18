/* The cost of the trace: rows of /jobs a second, the CPU of the thread that simulates, the speed of
 * the worker. bench_trace [ROWS] [FILE] */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static double now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    return *x ^= *x << 17;
}

/* Costs a few nanoseconds, measured apart. */
static void next_job(struct job *job, uint64_t *x)
{
    const uint64_t r = next_random(x);
    job->spec.id++;
    job->spec.tenant = (int32_t)(r & 255);
    job->spec.ask.procs = 1 << (r >> 8 & 7);
    job->spec.submit += (simtime)(r >> 16 & 0xffffff);
    job->wait = (simtime)(r >> 40 & 0xffffff) * 256;
    job->start = job->spec.submit + job->wait;
    job->spec.runtime = (simtime)(r >> 24 & 0xffffffff);
    job->spec.request = job->spec.runtime / SIMTIME_HOUR * SIMTIME_HOUR + SIMTIME_HOUR;
    job->end = job->start + job->spec.runtime;
}

static void see_nothing(void *ctx, const struct fact *fact)
{
    if (fact->job)
        *(int64_t *)ctx += fact->job->end;
}

/* Returns the time of the last fact. */
static simtime drive(struct observer *observer, int64_t rows)
{
    uint64_t x = 88172645463325252;
    struct job job = {0};
    struct partition_counts counts = {.capacity = 1000};
    for (int64_t i = 0; i < rows; i++) {
        next_job(&job, &x);
        counts.busy = job.spec.ask.procs;
        const struct fact end = {.kind = FACT_END, .at = job.spec.submit, .job = &job};
        const struct fact settled = {
            .kind = FACT_SETTLED, .at = job.spec.submit, .counts = &counts};
        observer->see(observer->ctx, &end);
        observer->see(observer->ctx, &settled);
    }
    return job.spec.submit;
}

static int measure(const char *path, int64_t rows, simtime step, double idle)
{
    struct centre_info centre = {"c"};
    struct partition_info partition = {.name = "p", .path = "c/p"};
    struct world world = {
        .centres = &centre, .n_centres = 1, .partitions = &partition, .n_partitions = 1};
    struct error err = {0};
    const double wall = now(CLOCK_MONOTONIC);
    const double process = now(CLOCK_PROCESS_CPUTIME_ID);
    const double thread = now(CLOCK_THREAD_CPUTIME_ID);
    struct trace *trace = trace_new(
        &(struct trace_setup){
            .path = path, .world = &world, .start = "", .step = step, .level = TRACE_LEVEL},
        &err);
    if (!trace) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    struct observer observer = trace_observer(trace);
    const simtime end = drive(&observer, rows);
    const double main_cpu = now(CLOCK_THREAD_CPUTIME_ID) - thread;
    observer.finish(observer.ctx, end);
    if (trace_close(trace, true, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    const double all_main = now(CLOCK_THREAD_CPUTIME_ID) - thread;
    const double worker = now(CLOCK_PROCESS_CPUTIME_ID) - process - all_main;
    const double elapsed = now(CLOCK_MONOTONIC) - wall;
    struct stat info;
    stat(path, &info);
    unlink(path);
    printf("%s: %.2f M rows/s, simulating thread %.1f ns a row, worker %.0f MB/s of CPU time, "
           "%.1f bytes a row\n",
           step ? "jobs and series" : "jobs", (double)rows / elapsed * 1e-6,
           (main_cpu - idle) / (double)rows * 1e9, (double)rows * 84 / worker * 1e-6,
           (double)info.st_size / (double)rows);
    return 0;
}

int main(int argc, char **argv)
{
    const int64_t rows = argc > 1 ? atoll(argv[1]) : 5000000;
    const char *path = argc > 2 ? argv[2] : "bench_trace.h5";
    int64_t sum = 0;
    struct observer nothing = {.ctx = &sum, .see = see_nothing};
    const double begin = now(CLOCK_THREAD_CPUTIME_ID);
    drive(&nothing, rows);
    const double idle = now(CLOCK_THREAD_CPUTIME_ID) - begin;
    return measure(path, rows, 0, idle) || measure(path, rows, SIMTIME_HOUR, idle);
}
