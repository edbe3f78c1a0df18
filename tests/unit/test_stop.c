/* A run stops before the next instant once it is told to. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { JOBS = 1000, STOP_AT = 321 };

/* A job each second, each of one second. */
struct clock_source {
    struct source source;
    uint64_t next;
};

static int next_second(struct source *source, struct job_spec *ret_job, struct error *err)
{
    struct clock_source *seconds = (struct clock_source *)source;
    (void)err;
    if (seconds->next == JOBS)
        return SOURCE_END;
    *ret_job = (struct job_spec){.ordinal = seconds->next,
                                 .ask = {.procs = 1},
                                 .submit = (simtime)seconds->next * SIMTIME_SECOND,
                                 .runtime = SIMTIME_SECOND,
                                 .request = SIMTIME_SECOND};
    seconds->next++;
    return SOURCE_JOB;
}

static const struct source_class clock_class = {.next = next_second};

static volatile sig_atomic_t interrupted;

static void see(void *ctx, const struct fact *fact)
{
    (void)ctx;
    if (fact->at == STOP_AT * SIMTIME_SECOND)
        interrupted = 1;
}

/* Called at each third step: a submission is one, and so is the end of an instant. */
static uint32_t show(void *ctx, simtime now, uint64_t ended)
{
    uint64_t *calls = ctx;
    (void)ended;
    assert_true(now == (simtime)(3 * (*calls)++ / 2) * SIMTIME_SECOND);
    return now < STOP_AT * SIMTIME_SECOND ? 3 : 0;
}

static int run(bool by_signal, bool by_progress, struct sim_totals *ret)
{
    struct centre_info centre = {.name = "c"};
    struct partition_info info = {.name = "p", .path = "c/p", .processor = "", .precision = ""};
    struct tenant_info tenant = {.path = "t", .parent = -1, .share = 1};
    struct workload_info workload = {.path = "t/w"};
    const struct world world = {.centres = &centre,
                                .n_centres = 1,
                                .partitions = &info,
                                .n_partitions = 1,
                                .tenants = {&tenant, 1, 1},
                                .workloads = &workload,
                                .n_workloads = 1,
                                .length = SIMTIME_NEVER,
                                .measure_until = SIMTIME_NEVER};
    const struct node_group group = {4, 1};
    const struct sim_partition partition = {
        .setup = {.placement = (const struct placement_type *)(const void *)kind_find(
                      &placement_kinds, "any"),
                  .groups = &group,
                  .n_groups = 1},
        .config = {.order =
                       (const struct order_type *)(const void *)kind_find(&order_kinds, "fcfs"),
                   .depth = 1,
                   .max_queued = -1,
                   .max_processors = -1,
                   .weight = 1}};
    struct clock_source seconds = {.source.class = &clock_class};
    struct source *sources[] = {&seconds.source};
    const struct observer observer = {.hears = FACT_BIT(FACT_START), .see = see};
    uint64_t calls = 0;
    const struct sim_setup setup = {.world = &world,
                                    .partitions = &partition,
                                    .sources = sources,
                                    .n_sources = 1,
                                    .observers = &observer,
                                    .n_observers = 1,
                                    .interrupted = by_signal ? &interrupted : NULL,
                                    .progress = by_progress ? show : NULL,
                                    .progress_ctx = &calls};
    interrupted = 0;
    struct sim *sim = sim_new(&setup);
    struct error err;
    const int got = sim_run(sim, &err);
    *ret = sim_totals(sim);
    sim_free(sim);
    return got;
}

static void test_signal(void **state)
{
    (void)state;
    struct sim_totals totals;
    assert_int_equal(run(true, false, &totals), SIM_INTERRUPTED);
    assert_true(totals.now == STOP_AT * SIMTIME_SECOND);
}

static void test_progress(void **state)
{
    (void)state;
    struct sim_totals totals;
    assert_int_equal(run(false, true, &totals), SIM_INTERRUPTED);
    assert_true(totals.now == STOP_AT * SIMTIME_SECOND);
}

static void test_neither(void **state)
{
    (void)state;
    struct sim_totals totals;
    assert_int_equal(run(false, false, &totals), SIM_DONE);
    assert_true(totals.ended == JOBS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signal),
        cmocka_unit_test(test_progress),
        cmocka_unit_test(test_neither),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
