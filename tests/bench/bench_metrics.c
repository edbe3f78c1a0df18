/* What metrics cost a job: the facts of a busy centre (submit, pass, start, pass, end) are made
 * first, then told; prints nanoseconds of processor time a job, of all facts and of its end. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/metrics.h"
#include "util/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 31) * UINT64_C(0x9e3779b97f4a7c15);
    return x ^ x >> 29;
}

int main(int argc, char **argv)
{
    enum { TENANTS = 300, PARTITIONS = 4, RING = 256 };
    const size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 3000000;
    static struct tenant_info tenants[TENANTS];
    static struct partition_info partitions[PARTITIONS];
    static struct centre_info centres[] = {{"c"}};
    for (int i = 0; i < TENANTS; i++)
        tenants[i] = (struct tenant_info){"t", -1};
    for (int i = 0; i < PARTITIONS; i++)
        partitions[i] = (struct partition_info){.name = "p", .path = "c/p", .processor = "x"};
    struct world world = {.centres = centres,
                          .n_centres = 1,
                          .partitions = partitions,
                          .n_partitions = PARTITIONS,
                          .measure_until = SIMTIME_NEVER};
    world.tenants.items = tenants;
    world.tenants.len = TENANTS;
    for (int tenants_used = 1; tenants_used <= TENANTS; tenants_used *= TENANTS) {
        const struct metrics_options options = {.periods = PERIODS_MONTH};
        struct metrics *metrics = metrics_new(&world, &options, NULL);
        const struct observer observer = metrics_observer(metrics);
        static struct job jobs[RING];
        struct partition_counts counts = {.capacity = 1000, .busy = 900};
        double ends = 0, rest = 0;
        simtime at = 0;
        for (size_t done = 0; done < n; done += RING) {
            for (size_t i = 0; i < RING; i++) {
                const uint64_t r = mix(done + i), w = mix(r);
                jobs[i] = (struct job){.spec = {.tenant = (int32_t)(r % (uint64_t)tenants_used),
                                                .ask = {.procs = 1 + (int32_t)(r >> 40) % 64},
                                                .submit = at + (simtime)i * 30 * SIMTIME_SECOND},
                                       .partition = (int32_t)(r >> 20) % PARTITIONS,
                                       .wait = (simtime)(w % (1u << (w >> 32) % 31))};
                jobs[i].end = jobs[i].spec.submit + jobs[i].wait + (simtime)(mix(w) % (1ull << 36));
            }
            const double t0 = now();
            for (size_t i = 0; i < RING; i++) {
                const simtime when = at + (simtime)i * 30 * SIMTIME_SECOND;
                static const enum fact_kind kinds[] = {FACT_SUBMIT, FACT_PASS, FACT_START,
                                                       FACT_PASS};
                for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
                    counts.queued_jobs += k == 0 ? 1 : k == 2 ? -1 : 0;
                    const struct fact fact = {kinds[k], when + (simtime)k / 2, &jobs[i],
                                              jobs[i].partition, &counts};
                    observer.see(observer.ctx, &fact);
                }
            }
            const double t1 = now();
            at += RING * 30 * SIMTIME_SECOND;
            for (size_t i = 0; i < RING; i++) {
                const struct fact fact = {FACT_END, at + (simtime)i, &jobs[i], jobs[i].partition,
                                          &counts};
                observer.see(observer.ctx, &fact);
            }
            const double t2 = now();
            rest += t1 - t0;
            ends += t2 - t1;
        }
        const double t3 = now();
        observer.finish(observer.ctx, at);
        size_t len;
        metrics_rows(metrics, &len);
        printf("%3d tenants, %d partitions, months: end %.1f ns, other four facts %.1f ns a job; "
               "%zu rows in %.0f ms\n",
               tenants_used, PARTITIONS, 1e9 * ends / (double)n, 1e9 * rest / (double)n, len,
               1e3 * (now() - t3));
        metrics_free(metrics);
    }
    return 0;
}
