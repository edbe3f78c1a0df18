/* What sharing costs: orders by tenant, quotas, guarantees and Slurm's form of backfilling against
 * fcfs under EASY, in one run. Fails where one costs more than three times fcfs, or where ten
 * thousand tenants cost more than twice ten. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/sim.h"

#include "bench.h"
#include "drawn_source.h"
#include "util/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define COST_MOST 3.0
#define TENANTS_MOST 2.0

enum { PROCS = 256, ROUNDS = 3, DEPTH = 4 };

enum terms { TERMS_NONE, TERMS_QUOTA, TERMS_GUARANTEE };

struct bench_case {
    const char *order;
    enum terms terms;
    int32_t fan; /* children of each group of a tree of four levels: fan^4 leaves */
    double load;
    uint64_t jobs;
    bool causes;
    bool slurm; /* its form of backfilling */
};

/* --- tenants --- */

static const struct tenant_quota quota = {.processors = PROCS / 4,
                                          .jobs = 12,
                                          .queued = INT64_MAX,
                                          .processor_seconds = HUGE_VAL,
                                          .max_processors = INT64_MAX,
                                          .max_request = SIMTIME_NEVER};
static const struct tenant_guarantee guarantee = {PROCS / 16, INT64_MAX, INT64_MAX};

struct forest {
    struct tenant_info *items;
    int32_t *leaves;
    size_t len, cap, n_leaves;
};

static void grow(struct forest *forest, const struct bench_case *c, int32_t parent, int depth)
{
    for (int32_t i = 0; i < c->fan; i++) {
        MEM_GROW(forest);
        const int32_t row = (int32_t)forest->len++;
        forest->items[row] =
            (struct tenant_info){.path = "t", .parent = parent, .share = 1 + (row % 3)};
        if (c->terms == TERMS_QUOTA)
            forest->items[row].quota = &quota;
        if (c->terms == TERMS_GUARANTEE && depth == 1 && i < 4)
            forest->items[row].guarantee = &guarantee;
        if (depth < DEPTH) {
            grow(forest, c, row, depth + 1);
            continue;
        }
        forest->leaves = mem_resize(forest->leaves, forest->n_leaves + 1, sizeof(*forest->leaves));
        forest->leaves[forest->n_leaves++] = row;
    }
}

/* The same jobs whatever the tenants, so that schedules differ by the order alone. */
struct shared_source {
    struct drawn_source drawn;
    const struct forest *forest;
    uint64_t state;
};

static int next_shared(struct source *source, struct job_spec *ret_job, struct error *err)
{
    struct shared_source *shared = (struct shared_source *)source;
    const int got = next_drawn(source, ret_job, err);
    if (got == SOURCE_JOB)
        ret_job->tenant =
            shared->forest->leaves[bench_draw(&shared->state, shared->forest->n_leaves)];
    return got;
}

static const struct source_class shared_class = {.next = next_shared};

/* --- one simulation --- */

static double simulate(const struct bench_case *c, struct sim_setup *setup,
                       const struct forest *forest)
{
    static struct shared_source shared;
    struct source *sources[] = {&shared.drawn.source};
    drawn_source_init(&shared.drawn, c->load, PROCS, c->jobs);
    shared.drawn.source.class = &shared_class;
    shared.forest = forest;
    shared.state = 1;
    setup->sources = sources;
    setup->n_sources = 1;
    AUTO(sim_free) struct sim *sim = sim_new(setup);
    struct error err;
    const double begin = bench_clock();
    if (sim_run(sim, &err) != SIM_DONE)
        abort();
    const double seconds = bench_clock() - begin;
    const struct sim_totals totals = sim_totals(sim);
    if (totals.ended + totals.rejected != c->jobs)
        abort();
    drawn_source_deinit(&shared.drawn);
    return seconds;
}

/* Parameters as their defaults say. */
static void *params_of(const struct kind *kind)
{
    if (kind->size == 0)
        return NULL;
    char *params = mem_new(1, kind->size);
    for (const struct field *f = kind->params; f->kind != FIELD_END; f++) {
        double value = 0;
        struct error err;
        if (!f->def)
            continue;
        if (f->kind == FIELD_INT)
            *(int64_t *)(void *)(params + f->offset) =
                strcmp(f->def, "unlimited") == 0 ? INT64_MAX : atoll(f->def);
        if (f->kind != FIELD_DURATION && f->kind != FIELD_QUANTITY)
            continue;
        if (quantity_parse(f->def, f->kind == FIELD_DURATION ? UNIT_TIME : f->unit, &value, &err))
            abort();
        if (f->kind == FIELD_DURATION)
            *(simtime *)(void *)(params + f->offset) = simtime_from_seconds(value);
        else /* weights: all alike */
            *(double *)(void *)(params + f->offset) = 1000;
    }
    return params;
}

static double ns_per_job(const struct bench_case *c)
{
    struct forest forest = {0};
    grow(&forest, c, -1, 1);
    struct centre_info centre = {.name = "c"};
    struct partition_info info = {.name = "p", .path = "c/p", .processor = "", .precision = ""};
    struct workload_info workload = {.path = "t/w"};
    struct world world = {
        .centres = &centre,
        .n_centres = 1,
        .partitions = &info,
        .n_partitions = 1,
        .tenants = {forest.items, forest.len, forest.cap},
        .workloads = &workload,
        .n_workloads = 1,
        .length = SIMTIME_NEVER,
        .measure_until = SIMTIME_NEVER,
    };
    const struct node_group group = {PROCS, 1};
    const struct kind *order = kind_find(&order_kinds, c->order);
    const struct kind *backfill = kind_find(&backfill_kinds, "slurm");
    void *params = params_of(order), *slurm = params_of(backfill);
    const struct sim_partition partition = {
        .setup = {.placement = (const struct placement_type *)(const void *)kind_find(
                      &placement_kinds, "any"),
                  .groups = &group,
                  .n_groups = 1},
        .config = {.order = (const struct order_type *)(const void *)order,
                   .order_params = params,
                   .depth = c->slurm ? 0 : 1,
                   .slurm = c->slurm ? slurm : NULL,
                   .max_queued = -1,
                   .max_processors = -1,
                   .weight = 1,
                   .reclaim = c->terms == TERMS_GUARANTEE},
    };
    struct sim_setup setup = {.world = &world, .partitions = &partition};
    if (c->causes)
        world.causes = sim_possible_causes(&setup);
    double best = 0;
    for (int round = 0; round < ROUNDS; round++) {
        const double seconds = simulate(c, &setup, &forest);
        best = round == 0 || seconds < best ? seconds : best;
    }
    free(params);
    free(slurm);
    free(forest.items);
    free(forest.leaves);
    static const char *const terms[] = {"", "quotas", "guarantees"};
    const double ns = best / (double)c->jobs * 1e9;
    printf("%-12s %-10s %-6s %7zu %5.2g %9" PRIu64 " %9.0f\n", c->order,
           c->slurm ? "slurm" : terms[c->terms], c->causes ? "causes" : "", forest.n_leaves,
           c->load, c->jobs, ns);
    fflush(stdout);
    return ns;
}

static int promise(const char *what, double ratio, double most)
{
    printf("%s: %.2f, at most %.1f: %s\n", what, ratio, most, ratio <= most ? "kept" : "BROKEN");
    fflush(stdout);
    return ratio > most;
}

/* --- the cases --- */

static const struct bench_case cases[] = {
    {"fair-share", TERMS_NONE, 2, 0.9, 300000, false, false},
    {"multifactor", TERMS_NONE, 2, 0.9, 300000, false, false},
    {"drf", TERMS_NONE, 2, 0.9, 300000, false, false},
    {"las", TERMS_NONE, 2, 0.9, 300000, false, false},
    {"edf", TERMS_NONE, 2, 0.9, 300000, false, false},
    {"fcfs", TERMS_QUOTA, 2, 0.9, 300000, false, false},
    {"fcfs", TERMS_GUARANTEE, 2, 0.9, 300000, false, false},
    {"fcfs", TERMS_NONE, 2, 0.9, 300000, false, true},
    {"multifactor", TERMS_NONE, 2, 0.9, 300000, false, true},
};

/* bench_sharing [CASE JOBS]: all, or one of `cases`. */
int main(int argc, char **argv)
{
    int broken = 0;
    printf("%-12s %-10s %-6s %7s %5s %9s %9s\n", "order", "terms", "", "tenants", "load", "jobs",
           "ns/job");
    if (argc > 2) {
        struct bench_case one = cases[(size_t)atoi(argv[1]) % ARRAY_LEN(cases)];
        one.jobs = strtoull(argv[2], NULL, 10);
        ns_per_job(&one);
        return 0;
    }
    const struct bench_case plain = {"fcfs", TERMS_NONE, 2, 0.9, 300000, false, false};
    double ratios[ARRAY_LEN(cases)];
    /* Each beside fcfs: others may use the machine, and not all the time alike. */
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const double fcfs = ns_per_job(&plain);
        ratios[i] = ns_per_job(&cases[i]) / fcfs;
    }
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char what[80];
        snprintf(what, sizeof(what), "%s%s to fcfs", cases[i].order,
                 cases[i].slurm                      ? " as Slurm backfills"
                 : cases[i].terms == TERMS_QUOTA     ? " with quotas"
                 : cases[i].terms == TERMS_GUARANTEE ? " with guarantees"
                                                     : "");
        broken += promise(what, ratios[i], COST_MOST);
    }
    /* 16 tenants and 10 000, under a load that they all share. */
    static const char *const orders[] = {"fair-share", "multifactor", "drf"};
    for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
        const struct bench_case few = {orders[i], TERMS_NONE, 2, 0.9, 300000, false, false};
        struct bench_case many = few;
        many.fan = 10;
        const double ratio = ns_per_job(&many) / ns_per_job(&few);
        broken += promise("10 000 tenants to 16", ratio, TENANTS_MOST);
    }
    /* A limit at each tenant of the tree, few of which hold anybody; and why jobs wait. */
    static const enum terms limits[] = {TERMS_QUOTA, TERMS_GUARANTEE};
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        const struct bench_case few = {"fcfs", limits[i], 2, 0.9, 300000, true, false};
        struct bench_case many = few;
        many.fan = 10;
        const double ratio = ns_per_job(&many) / ns_per_job(&few);
        broken += promise("10 000 tenants with limits to 16", ratio, TENANTS_MOST);
    }
    /* Under overload the queue grows without end; what a pass costs should not. */
    for (size_t i = 0; i < ARRAY_LEN(orders); i++)
        for (uint64_t jobs = 20000; jobs <= 80000; jobs *= 4)
            ns_per_job(&(struct bench_case){orders[i], TERMS_NONE, 2, 1.2, jobs, false, false});
    ns_per_job(&(struct bench_case){"fcfs", TERMS_QUOTA, 2, 1.2, 20000, false, false});
    ns_per_job(&(struct bench_case){"fcfs", TERMS_QUOTA, 2, 1.2, 80000, false, false});
    for (uint64_t jobs = 20000; jobs <= 80000; jobs *= 4)
        ns_per_job(&(struct bench_case){"fcfs", TERMS_NONE, 2, 1.2, jobs, false, true});
    ns_per_job(&(struct bench_case){"fair-share", TERMS_QUOTA, 2, 0.9, 100000, true, false});
    return broken > 0;
}
