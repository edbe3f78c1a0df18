/* The simulation alone: processor time of sim_run without observers, the drawing of the jobs left
 * out. One row a case; fails where cost grows with the number of jobs or of nodes. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/sim.h"

#include "bench.h"
#include "drawn_source.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Cost may grow so much from the fewest to the most jobs, and from a thousand nodes to a hundred
 * thousand. */
#define GROWTH_MOST 1.3
#define NODES_MOST 2.0
/* And with the causes of waiting told apart. */
#define CAUSES_MOST 1.3

struct bench_case {
    const char *order, *backfill, *placement;
    double load; /* of `size` processors */
    uint64_t jobs;
    int32_t nodes, procs_per_node;
    long size;
    int rounds;  /* the best one counts */
    bool causes; /* of waiting are told apart */
};

struct outcome {
    double seconds;
    uint64_t passes;
    int64_t longest; /* queue, in jobs */
};

/* --- one simulation --- */

static void see_queue(void *ctx, const struct fact *fact)
{
    int64_t *longest = ctx;
    if (fact->kind == FACT_PASS && fact->counts->queued_jobs > *longest)
        *longest = fact->counts->queued_jobs;
}

static void simulate(const struct bench_case *c, struct sim_setup *setup, struct outcome *ret)
{
    static struct drawn_source drawn;
    struct source *sources[] = {&drawn.source};
    drawn_source_init(&drawn, c->load, c->size, c->jobs);
    setup->sources = sources;
    setup->n_sources = 1;
    AUTO(sim_free) struct sim *sim = sim_new(setup);
    struct error err;
    const double begin = bench_clock();
    if (sim_run(sim, &err) != SIM_DONE)
        abort();
    ret->seconds = bench_clock() - begin - drawn.seconds;
    const struct sim_totals totals = sim_totals(sim);
    ret->passes = totals.passes;
    if (totals.ended != c->jobs)
        abort();
    drawn_log_deinit(&drawn.log);
}

static struct sched_config config_of(const struct bench_case *c)
{
    const struct backfill_type *backfill =
        (const struct backfill_type *)(const void *)kind_find(&backfill_kinds, c->backfill);
    return (struct sched_config){
        .order = (const struct order_type *)(const void *)kind_find(&order_kinds, c->order),
        .conservative = backfill->conservative,
        .depth = backfill->depth,
        .max_queued = -1,
        .max_processors = -1,
    };
}

/* A first round, not timed, has an observer that looks for the longest queue. */
static struct outcome measure(const struct bench_case *c)
{
    struct centre_info centre = {.name = "c"};
    struct partition_info info = {.name = "p", .path = "c/p", .processor = "", .precision = ""};
    struct workload_info workload = {.path = "t/w"};
    struct tenant_info tenant = {.path = "t", .parent = -1};
    struct world world = {
        .centres = &centre,
        .n_centres = 1,
        .partitions = &info,
        .n_partitions = 1,
        .tenants = {&tenant, 1, 1},
        .workloads = &workload,
        .n_workloads = 1,
        .length = SIMTIME_NEVER,
        .measure_until = SIMTIME_NEVER,
    };
    const struct node_group group = {c->nodes, c->procs_per_node};
    const struct sim_partition partition = {
        .setup = {.placement = (const struct placement_type *)(const void *)kind_find(
                      &placement_kinds, c->placement),
                  .groups = &group,
                  .n_groups = 1},
        .config = config_of(c),
    };
    struct outcome best = {0};
    if (c->causes)
        world.causes =
            sim_possible_causes(&(struct sim_setup){.world = &world, .partitions = &partition});
    const struct observer observer = {.ctx = &best.longest, .see = see_queue};
    struct sim_setup setup = {
        .world = &world, .partitions = &partition, .observers = &observer, .n_observers = 1};
    simulate(c, &setup, &best);
    setup.n_observers = 0;
    for (int round = 0; round < c->rounds; round++) {
        struct outcome outcome;
        simulate(c, &setup, &outcome);
        if (round == 0 || outcome.seconds < best.seconds)
            best.seconds = outcome.seconds;
    }
    return best;
}

static double ns_per_job(const struct bench_case *c)
{
    const struct outcome outcome = measure(c);
    const double ns = outcome.seconds / (double)c->jobs * 1e9;
    char machine[40];
    snprintf(machine, sizeof(machine), "%s %" PRId32 " x %" PRId32, c->placement, c->nodes,
             c->procs_per_node);
    printf("%-9s %-13s %-16s %-6s %5.3g %9" PRIu64 " %10.0f %9.0f %8" PRId64 " %9" PRIu64
           " %8.3f\n",
           c->order, c->backfill, machine, c->causes ? "causes" : "",
           c->load * (double)c->size / ((double)c->nodes * (double)c->procs_per_node), c->jobs,
           1e9 / ns, ns, outcome.longest, outcome.passes, outcome.seconds);
    fflush(stdout);
    return ns;
}

/* --- the cases --- */

static double one(const char *order, const char *backfill, double load, uint64_t jobs, int rounds)
{
    const struct bench_case c = {order, backfill, "any", load, jobs, 256, 1, 256, rounds, false};
    return ns_per_job(&c);
}

/* The same with the causes of waiting told apart. */
static double with_causes(const char *order, const char *backfill, double load, uint64_t jobs,
                          int rounds)
{
    const struct bench_case c = {order, backfill, "any", load, jobs, 256, 1, 256, rounds, true};
    return ns_per_job(&c);
}

static int promise(const char *what, double ratio, double most)
{
    printf("%s: %.2f, at most %.1f: %s\n", what, ratio, most, ratio <= most ? "kept" : "BROKEN");
    return ratio > most;
}

/* The same jobs on both machines, then each with jobs for its size. */
static int nodes_promise(void)
{
    const struct bench_case small = {"fcfs", "easy", "pack", 0.9, 1000000, 1000, 8, 8000, 3, false};
    struct bench_case large = small;
    large.nodes = 100000;
    const double few = ns_per_job(&small), many = ns_per_job(&large);
    large.size = 800000;
    const double loaded = ns_per_job(&large);
    printf("cost of a job on 100 000 nodes at load 0.9 to one on 1 000 at 0.9: %.2f\n",
           loaded / few);
    return promise("the same jobs on 100 000 nodes and on 1 000", many / few, NODES_MOST);
}

int main(void)
{
    printf("%-9s %-13s %-16s %-6s %5s %9s %10s %9s %8s %9s %8s\n", "order", "backfill", "machine",
           "", "load", "jobs", "jobs/s", "ns/job", "longest", "passes", "seconds");
    int broken = 0;
    one("fcfs", "none", 0.9, 1000000, 3);
    const double few = one("fcfs", "easy", 0.9, 100000, 5);
    const double some = one("fcfs", "easy", 0.9, 1000000, 3);
    const double many = one("fcfs", "easy", 0.9, 10000000, 1);
    const double told = with_causes("fcfs", "easy", 0.9, 1000000, 3);
    one("fcfs", "easy", 1.2, 100000, 3);
    one("fcfs", "easy", 1.2, 1000000, 1);
    with_causes("fcfs", "easy", 1.2, 1000000, 1);
    one("fcfs", "conservative", 0.9, 100000, 3);
    one("fcfs", "conservative", 1.2, 20000, 1);
    one("fcfs", "conservative", 1.2, 100000, 1);
    one("fcfs", "plan", 0.9, 20000, 1);
    static const char *const orders[] = {"sjf", "f1", "priority"};
    for (size_t i = 0; i < ARRAY_LEN(orders); i++)
        one(orders[i], "easy", 0.9, 1000000, 1);
    one("wfp3", "easy", 0.9, 100000, 1);
    broken += nodes_promise();
    printf("easy from 100 thousand to 1 million jobs: %.2f\n", some / few);
    broken += promise("easy with and without the causes of waiting", told / some, CAUSES_MOST);
    broken += promise("easy from 100 thousand to 10 million jobs", many / few, GROWTH_MOST);
    return broken > 0;
}
