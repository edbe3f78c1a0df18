/* What a broker costs: four centres of 256 processors, jobs at home in each in turn, with fcfs and
 * easy; processor time of sim_run without observers, the drawing of the jobs left out. Fails where
 * a job costs more than three times what it does without a broker at load 0.9, four times where
 * whole plans are compared, or where cost grows with the queue. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/sim.h"

#include "bench.h"
#include "drawn_source.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define COST_MOST 3.0
#define PLAN_COST_MOST 4.0
#define GROWTH_MOST 1.5

enum { CENTRES = 4, PROCS = 256 };

struct bench_case {
    const char *policy; /* NULL: no broker */
    enum broker_sees sees;
    simtime refresh;
    double data; /* bytes a job */
    double load;
    uint64_t jobs;
};

static const char *const sees_names[] = {"plan", "queue", "free"};

static struct sched_config config(void)
{
    return (struct sched_config){
        .order = (const struct order_type *)(const void *)kind_find(&order_kinds, "fcfs"),
        .depth = 1,
        .max_queued = -1,
        .max_processors = -1,
    };
}

static uint64_t count_away(const struct sim *sim)
{
    uint64_t away = 0;
    for (size_t i = 0; i < CENTRES; i++)
        for (size_t k = 0; k < CENTRES; k++)
            away += i == k ? 0 : sim_sent(sim, i, k).jobs;
    return away;
}

static double simulate(const struct bench_case *c, const struct sim_setup *given,
                       uint64_t *ret_away)
{
    static struct drawn_source drawn;
    struct source *sources[] = {&drawn.source};
    struct sim_setup setup = *given;
    drawn_source_init(&drawn, c->load * CENTRES, PROCS, c->jobs);
    drawn.homes = CENTRES;
    setup.sources = sources;
    setup.n_sources = 1;
    AUTO(sim_free) struct sim *sim = sim_new(&setup);
    struct error err;
    const double begin = bench_clock();
    if (sim_run(sim, &err) != SIM_DONE || sim_totals(sim).ended != c->jobs)
        abort();
    const double seconds = bench_clock() - begin;
    *ret_away = count_away(sim);
    drawn_source_deinit(&drawn);
    return seconds;
}

/* Nanoseconds a job, the best of some rounds. */
static double measure(const struct bench_case *c, int rounds)
{
    static const char *const names[CENTRES] = {"a", "b", "c", "d"};
    struct centre_info centres[CENTRES];
    struct partition_info infos[CENTRES];
    struct workload_info workloads[CENTRES];
    struct tenant_info tenant = {.path = "t", .parent = -1, .share = 1};
    struct sim_partition partitions[CENTRES];
    struct sim_freight of_centre[CENTRES];
    struct sim_freights freights[CENTRES];
    struct link links[CENTRES];
    const struct node_group group = {PROCS, 1};
    struct dist *data = c->data > 0 ? dist_constant(c->data, UNIT_BYTES) : NULL;
    for (int32_t i = 0; i < CENTRES; i++) {
        centres[i] = (struct centre_info){.name = names[i]};
        infos[i] = (struct partition_info){
            .name = "p", .path = names[i], .centre = i, .processor = "", .precision = ""};
        workloads[i] = (struct workload_info){.path = names[i]};
        partitions[i] = (struct sim_partition){
            .setup = {.row = i,
                      .placement = (const struct placement_type *)(const void *)kind_find(
                          &placement_kinds, "any"),
                      .groups = &group,
                      .n_groups = 1},
            .config = config()};
        of_centre[i] =
            (struct sim_freight){.data = data, .home = i, .data_at = i, .may_leave = true};
        freights[i] = (struct sim_freights){names[i], &of_centre[i], 1};
        links[i] = (struct link){{i, (i + 1) % CENTRES}, INT64_C(100000000000), 15000};
    }
    struct world world = {
        .centres = centres,
        .n_centres = CENTRES,
        .partitions = infos,
        .n_partitions = CENTRES,
        .tenants = {&tenant, 1, 1},
        .workloads = workloads,
        .n_workloads = CENTRES,
        .length = SIMTIME_NEVER,
        .measure_until = SIMTIME_NEVER,
    };
    const struct sim_broker broker = {
        .type = c->policy
                    ? (const struct broker_type *)(const void *)kind_find(&broker_kinds, c->policy)
                    : NULL,
        .params = NULL,
        .refresh = c->refresh,
        .sees = c->sees,
        .knows_own = true,
        .depth = 100,
        .links = links,
        .n_links = CENTRES,
        .freights = freights,
        .seed = {1, 1},
    };
    const struct sim_setup setup = {
        .world = &world, .partitions = partitions, .broker = c->policy ? &broker : NULL};
    double best = 0;
    uint64_t away = 0;
    for (int round = 0; round < rounds; round++) {
        const double seconds = simulate(c, &setup, &away);
        best = round == 0 || seconds < best ? seconds : best;
    }
    dist_free(data);
    const double ns = best / (double)c->jobs * 1e9;
    printf("%-13s %-6s %8.0f %8.3g %5.2g %9" PRIu64 " %8.1f %9.0f\n",
           c->policy ? c->policy : "no broker", c->policy ? sees_names[c->sees] : "",
           simtime_seconds(c->refresh), c->data / 1e9, c->load, c->jobs,
           100.0 * (double)away / (double)c->jobs, ns);
    fflush(stdout);
    return ns;
}

static int promise(const char *what, double ratio, double most)
{
    printf("%s: %.2f, at most %.1f: %s\n", what, ratio, most, ratio <= most ? "kept" : "BROKEN");
    return ratio > most;
}

static const struct bench_case cases[] = {
    {NULL, SEES_PLAN, 0, 0, 0.9, 200000},
    {"home", SEES_PLAN, 0, 0, 0.9, 200000},
    {"round-robin", SEES_PLAN, 0, 0, 0.9, 200000},
    {"nearest-data", SEES_PLAN, 0, 1e9, 0.9, 200000},
    {"round-robin", SEES_PLAN, 0, 1e9, 0.9, 200000},
    {"least-wait", SEES_FREE, 0, 0, 0.9, 200000},
    {"least-wait", SEES_QUEUE, 0, 0, 0.9, 200000},
    {"least-wait", SEES_PLAN, 0, 0, 0.9, 200000},
    {"least-wait", SEES_PLAN, 0, 1e9, 0.9, 200000},
    {"least-wait", SEES_PLAN, 300 * SIMTIME_SECOND, 0, 0.9, 200000},
    {NULL, SEES_PLAN, 0, 0, 1.2, 200000},
    {"least-wait", SEES_PLAN, 0, 0, 1.2, 20000},
    {"least-wait", SEES_PLAN, 0, 0, 1.2, 200000},
};

/* With a number only that case, of so many jobs and rounds. */
int main(int argc, char **argv)
{
    double ns[ARRAY_LEN(cases)], worst = 0, worst_plan = 0;
    printf("%-13s %-6s %8s %8s %5s %9s %8s %9s\n", "policy", "sees", "refresh", "GB a job", "load",
           "jobs", "% away", "ns/job");
    if (argc > 1) {
        struct bench_case one = cases[strtoul(argv[1], NULL, 10) % ARRAY_LEN(cases)];
        one.jobs = argc > 2 ? strtoull(argv[2], NULL, 10) : one.jobs;
        measure(&one, argc > 3 ? atoi(argv[3]) : 1);
        return 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct bench_case *c = &cases[i];
        const bool plans =
            c->policy && strcmp(c->policy, "least-wait") == 0 && c->sees == SEES_PLAN;
        double *most = plans ? &worst_plan : &worst;
        ns[i] = measure(c, 3);
        if (c->load < 1)
            *most = ns[i] > *most ? ns[i] : *most;
    }
    const double *last = &ns[ARRAY_LEN(cases) - 1];
    int broken = promise("the dearest brokered job at load 0.9 to one without a broker",
                         worst / ns[0], COST_MOST);
    broken += promise("the same, by plans", worst_plan / ns[0], PLAN_COST_MOST);
    broken += promise("least-wait at load 1.2 from 20 to 200 thousand jobs", last[0] / last[-1],
                      GROWTH_MOST);
    return broken > 0;
}
