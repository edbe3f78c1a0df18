/* Cost of a take and a give on full clusters of 1 000 and 100 000 nodes, job sizes alike. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/placement.h"
#include "util/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SIZE = 8, PAIRS = 100000, ROUNDS = 12 };

static uint64_t draw(uint64_t *random)
{
    uint64_t x = *random += 0x9e3779b97f4a7c15U;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
    x = (x ^ x >> 27) * 0x94d049bb133111ebU;
    return x ^ x >> 31;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Sizes of real logs: mostly small, powers of two, few of many nodes. */
static struct ask draw_ask(uint64_t *random, bool whole)
{
    const uint64_t x = draw(random);
    const int32_t procs = 1 << (x >> 8) % 6;
    if (whole)
        return (struct ask){.nodes = 1 + (procs - 1) / SIZE};
    return (struct ask){.procs = x % 64 == 0 ? 16 * SIZE : procs};
}

struct run_state {
    struct cluster *cluster;
    struct allocation *jobs;
    size_t len, cap, victim;
    uint64_t random;
    struct ask ask;
    bool whole;
};

/* `pairs` takes; a random job is given back whenever the next would pass 90 %. */
static void churn(struct run_state *run, size_t pairs)
{
    while (pairs > 0) {
        if (cluster_free_procs(run->cluster) * 10 > (int64_t)run->cap &&
            cluster_fits(run->cluster, &run->ask)) {
            cluster_take(run->cluster, &run->ask, &run->jobs[run->len++]);
            run->ask = draw_ask(&run->random, run->whole);
            pairs--;
            continue;
        }
        const size_t j = run->victim < run->len ? run->victim : 0;
        cluster_give(run->cluster, &run->jobs[j]);
        run->jobs[j] = run->jobs[--run->len];
        run->victim = (size_t)(draw(&run->random) >> 20) % run->len;
        /* as in a simulation, where the event that ends a job has just looked at it */
        __builtin_prefetch(&run->jobs[run->victim]);
    }
}

/* The nanoseconds of a take and a give together on a cluster that is full and has been for long;
 * the best of several rounds, since others use the machine too. */
static double measure(const struct placement_type *placement, int32_t nodes, bool matter,
                      bool whole)
{
    const struct node_group group = {nodes, SIZE};
    struct run_state run = {.cap = (size_t)nodes * SIZE, .random = 1, .whole = whole};
    run.cluster = cluster_new(placement, &group, 1, matter);
    run.jobs = mem_new(run.cap, sizeof(*run.jobs));
    run.ask = draw_ask(&run.random, whole);
    churn(&run, 2 * run.cap);
    double best = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        const double start = now();
        churn(&run, PAIRS);
        const double took = now() - start;
        best = took < best ? took : best;
    }
    cluster_check(run.cluster);
    for (size_t j = 0; j < run.len; j++)
        cluster_give(run.cluster, &run.jobs[j]);
    cluster_free(run.cluster);
    free(run.jobs);
    return 1e9 * best / PAIRS;
}

static double measure_copy(int32_t nodes, const struct placement_type *placement)
{
    const struct node_group group = {nodes, SIZE};
    AUTO(cluster_free) struct cluster *cluster = cluster_new(placement, &group, 1, true);
    AUTO(cluster_free) struct cluster *copy = cluster_copy(cluster);
    const double start = now();
    for (int i = 0; i < 1000; i++)
        cluster_assign(copy, cluster);
    return (now() - start) * 1e6;
}

int main(void)
{
    bool bad = false;
    printf("%-24s %14s %14s %7s\n", "ns a take and give", "1000 nodes", "100000 nodes", "ratio");
    for (const struct kind *const *kind = placement_kinds.items; *kind; kind++) {
        const struct placement_type *const placement = (const struct placement_type *)*kind;
        for (int mode = placement->counts_only ? 0 : 1; mode < 3; mode++) {
            static const char *const modes[] = {"counts only", "processors", "whole nodes"};
            char name[64];
            snprintf(name, sizeof(name), "%s, %s", (*kind)->name, modes[mode]);
            const double small = measure(placement, 1000, mode > 0, mode == 2);
            const double large = measure(placement, 100000, mode > 0, mode == 2);
            printf("%-24s %14.1f %14.1f %7.2f\n", name, small, large, large / small);
            if (strcmp((*kind)->name, "pack") == 0 && mode == 1)
                bad = large > 2 * small;
        }
        printf("%-24s %14.0f %14.0f\n", "  cluster_assign", measure_copy(1000, placement),
               measure_copy(100000, placement));
    }
    if (bad)
        printf("pack on 100000 nodes costs more than twice what it does on 1000\n");
    return bad;
}
