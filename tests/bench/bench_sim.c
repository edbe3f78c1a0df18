/* The simulation alone: processor time of sim_run without observers, over jobs drawn beforehand.
 * One row a case; fails where cost grows with the number of jobs or of nodes, where EASY is slow
 * beside a bare one that does nothing else, and where it starts a job at another instant.
 * `bench_sim LOAD
 * JOBS` does one row, for profilers, and `bench_sim LOAD JOBS ROUNDS` the bare one beside it. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/sim.h"

#include "bare.h"
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
/* Where a bare one does 5 to 7 million jobs a second at load 0.9, two million are asked for there,
 * and one million at load 1.2: so much more a job where it is fastest. */
#define BARE_MOST (7.0 / 2)
#define BARE_OVERLOAD_MOST (7.0 / 1)

enum { PROCS = 256 };

struct bench_case {
    const char *order, *backfill, *placement;
    double load; /* of `size` processors */
    uint64_t jobs;
    int32_t nodes, procs_per_node;
    long size;
    int rounds;  /* the best one counts */
    bool causes; /* of waiting are told apart */
    bool bare;   /* the bare simulation beside it */
};

struct outcome {
    double seconds, bare; /* the latter 0 if not asked for */
    uint64_t passes;
    int64_t longest; /* queue, in jobs */
};

/* --- one simulation --- */

struct seen {
    int64_t longest;    /* queue, in jobs */
    struct drawn *bare; /* with the starts of the bare simulation, or NULL */
};

static void see(void *ctx, const struct fact *fact)
{
    struct seen *seen = ctx;
    if (fact->kind == FACT_SETTLED && fact->counts->queued_jobs > seen->longest)
        seen->longest = fact->counts->queued_jobs;
    if (fact->kind == FACT_START && seen->bare &&
        fact->job->start != seen->bare[fact->job->spec.ordinal].start * SIMTIME_SECOND)
        abort();
}

static double simulate(struct drawn_source *drawn, struct sim_setup *setup, uint64_t *ret_passes)
{
    struct source *sources[] = {&drawn->source};
    drawn->next = 0;
    setup->sources = sources;
    setup->n_sources = 1;
    AUTO(sim_free) struct sim *sim = sim_new(setup);
    struct error err;
    const double begin = bench_clock();
    if (sim_run(sim, &err) != SIM_DONE)
        abort();
    const double seconds = bench_clock() - begin;
    const struct sim_totals totals = sim_totals(sim);
    *ret_passes = totals.passes;
    if (totals.ended != drawn->n_jobs)
        abort();
    return seconds;
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
    if (c->causes)
        world.causes =
            sim_possible_causes(&(struct sim_setup){.world = &world, .partitions = &partition});
    struct drawn_source drawn;
    drawn_source_init(&drawn, c->load, c->size, c->jobs);
    struct outcome best = {.seconds = HUGE_VAL, .bare = c->bare ? HUGE_VAL : 0};
    for (int round = 0; round < c->rounds && c->bare; round++)
        best.bare = fmin(best.bare, bare_easy(drawn.jobs, (uint32_t)c->jobs, PROCS));
    struct seen seen = {.bare = c->bare ? drawn.jobs : NULL};
    const struct observer observer = {
        .ctx = &seen, .hears = FACT_BIT(FACT_SETTLED) | FACT_BIT(FACT_START), .see = see};
    struct sim_setup setup = {
        .world = &world, .partitions = &partition, .observers = &observer, .n_observers = 1};
    simulate(&drawn, &setup, &best.passes);
    best.longest = seen.longest;
    setup.n_observers = 0;
    for (int round = 0; round < c->rounds; round++)
        best.seconds = fmin(best.seconds, simulate(&drawn, &setup, &best.passes));
    drawn_source_deinit(&drawn);
    return best;
}

static void print_row(const struct bench_case *c, const char *backfill, double seconds,
                      const struct outcome *outcome)
{
    char machine[40];
    snprintf(machine, sizeof(machine), "%s %" PRId32 " x %" PRId32, c->placement, c->nodes,
             c->procs_per_node);
    printf("%-9s %-13s %-16s %-6s %5.3g %9" PRIu64 " %10.0f %9.0f %8" PRId64 " %9" PRIu64
           " %8.3f\n",
           c->order, backfill, machine, c->causes ? "causes" : "",
           c->load * (double)c->size / ((double)c->nodes * (double)c->procs_per_node), c->jobs,
           (double)c->jobs / seconds, seconds / (double)c->jobs * 1e9, outcome->longest,
           outcome->passes, seconds);
    fflush(stdout);
}

/* A job's nanoseconds; of the bare one in *ret_bare. */
static double both_per_job(const struct bench_case *c, double *ret_bare)
{
    const struct outcome outcome = measure(c);
    if (c->bare)
        print_row(c, "bare easy", outcome.bare, &outcome);
    print_row(c, c->backfill, outcome.seconds, &outcome);
    *ret_bare = outcome.bare / (double)c->jobs * 1e9;
    return outcome.seconds / (double)c->jobs * 1e9;
}

static double ns_per_job(const struct bench_case *c)
{
    double bare;
    return both_per_job(c, &bare);
}

/* --- the cases --- */

static struct bench_case by_counts(const char *order, const char *backfill, double load,
                                   uint64_t jobs, int rounds)
{
    return (struct bench_case){.order = order,
                               .backfill = backfill,
                               .placement = "any",
                               .load = load,
                               .jobs = jobs,
                               .nodes = PROCS,
                               .procs_per_node = 1,
                               .size = PROCS,
                               .rounds = rounds};
}

static double one(const char *order, const char *backfill, double load, uint64_t jobs, int rounds)
{
    const struct bench_case c = by_counts(order, backfill, load, jobs, rounds);
    return ns_per_job(&c);
}

/* fcfs under EASY, with the causes of waiting told apart or beside the bare one. */
static double easy(double load, uint64_t jobs, int rounds, bool causes, double *ret_bare)
{
    struct bench_case c = by_counts("fcfs", "easy", load, jobs, rounds);
    double bare;
    c.causes = causes;
    c.bare = ret_bare;
    return both_per_job(&c, ret_bare ? ret_bare : &bare);
}

static int promise(const char *what, double ratio, double most)
{
    printf("%s: %.2f, at most %.1f: %s\n", what, ratio, most, ratio <= most ? "kept" : "BROKEN");
    return ratio > most;
}

/* The same jobs on both machines, then each with jobs for its size. */
static int nodes_promise(void)
{
    const struct bench_case small = {.order = "fcfs",
                                     .backfill = "easy",
                                     .placement = "pack",
                                     .load = 0.9,
                                     .jobs = 1000000,
                                     .nodes = 1000,
                                     .procs_per_node = 8,
                                     .size = 8000,
                                     .rounds = 3};
    struct bench_case large = small;
    large.nodes = 100000;
    const double few = ns_per_job(&small), many = ns_per_job(&large);
    large.size = 800000;
    const double loaded = ns_per_job(&large);
    printf("cost of a job on 100 000 nodes at load 0.9 to one on 1 000 at 0.9: %.2f\n",
           loaded / few);
    return promise("the same jobs on 100 000 nodes and on 1 000", many / few, NODES_MOST);
}

static void header(void)
{
    printf("%-9s %-13s %-16s %-6s %5s %9s %10s %9s %8s %9s %8s\n", "order", "backfill", "machine",
           "", "load", "jobs", "jobs/s", "ns/job", "longest", "passes", "seconds");
}

static int all(void)
{
    int broken = 0;
    double bare, ignored;
    one("fcfs", "none", 0.9, 1000000, 3);
    const double few = easy(0.9, 100000, 5, false, &ignored);
    const double some = easy(0.9, 1000000, 3, false, &bare);
    const double many = easy(0.9, 10000000, 1, false, NULL);
    const double told = easy(0.9, 1000000, 3, true, NULL);
    easy(1.2, 100000, 1, false, &ignored);
    const double overload = easy(1.2, 1000000, 2, false, NULL);
    easy(1.2, 1000000, 1, true, NULL);
    one("fcfs", "conservative", 0.9, 100000, 3);
    one("fcfs", "conservative", 1.2, 20000, 1);
    one("fcfs", "conservative", 1.2, 100000, 1);
    one("fcfs", "plan", 0.9, 20000, 1);
    static const char *const orders[] = {"sjf", "f1", "priority"};
    for (size_t i = 0; i < ARRAY_LEN(orders); i++)
        one(orders[i], "easy", 0.9, 1000000, 1);
    one("wfp3", "easy", 0.9, 100000, 1);
    broken += nodes_promise();
    broken += promise("easy at load 0.9 to the bare one", some / bare, BARE_MOST);
    broken +=
        promise("easy at load 1.2 to the bare one at 0.9", overload / bare, BARE_OVERLOAD_MOST);
    printf("easy from 100 thousand to 1 million jobs: %.2f\n", some / few);
    broken += promise("easy with and without the causes of waiting", told / some, CAUSES_MOST);
    broken += promise("easy from 100 thousand to 10 million jobs", many / few, GROWTH_MOST);
    return broken;
}

/* bench_sim [LOAD JOBS [ROUNDS [BACKFILL | causes]]]: all, or one row of fcfs. */
int main(int argc, char **argv)
{
    header();
    double bare;
    if (argc > 2) {
        const double load = atof(argv[1]);
        const uint64_t jobs = strtoull(argv[2], NULL, 10);
        const int rounds = argc > 3 ? atoi(argv[3]) : 1;
        if (argc > 4 && strcmp(argv[4], "causes") == 0)
            easy(load, jobs, rounds, true, NULL);
        else if (argc > 4)
            one("fcfs", argv[4], load, jobs, rounds);
        else
            easy(load, jobs, rounds, false, argc > 3 ? &bare : NULL);
        return 0;
    }
    return all() > 0;
}
