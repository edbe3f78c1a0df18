/* The profile as EASY, as conservative backfill and as a machine of 100 000 nodes use it. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/profile.h"

#include "bench.h"

#include <inttypes.h>
#include <stdlib.h>

static uint64_t seed = 1;
static int64_t sink;

/* Jobs drawn beforehand. */
#define DRAWS (1 << 16)
struct draws {
    simtime runtime[DRAWS], request[DRAWS];
    int64_t procs[DRAWS];
};

static struct draws *draws_new(void)
{
    struct draws *draws = malloc(sizeof(*draws));
    for (size_t i = 0; i < DRAWS; i++) {
        draws->request[i] = (simtime)bench_lognormal(&seed, 3600e6, 1.5) + 2;
        draws->runtime[i] = bench_draw(&seed, 5)
                                ? 1 + (simtime)((double)draws->request[i] * bench_uniform(&seed))
                                : draws->request[i];
        draws->procs[i] = 1 + (int64_t)bench_draw(&seed, 8);
    }
    return draws;
}

struct run {
    simtime end, due;
    int64_t procs;
};

/* What EASY does to a profile: recorded first, so that the clock sees the profile alone. */
struct step {
    simtime at;
    int64_t change; /* 0: advance */
};

static void sift(struct run *heap, size_t len, size_t i)
{
    const struct run run = heap[i];
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= len)
            break;
        child += child + 1 < len && heap[child + 1].end < heap[child].end;
        if (heap[child].end >= run.end)
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = run;
}

static size_t start(struct run *run, const struct draws *draws, size_t job, simtime now,
                    struct step *ret_steps)
{
    const size_t k = job % DRAWS;
    *run = (struct run){now + draws->runtime[k], now + draws->request[k], draws->procs[k]};
    ret_steps[0] = (struct step){now, -run->procs};
    ret_steps[1] = (struct step){run->due, run->procs};
    return 2;
}

/* `running` jobs at any time; each that ends is replaced. At most five steps a job. */
static size_t record(const struct draws *draws, size_t running, size_t jobs, struct step *steps)
{
    struct run *heap = calloc(running, sizeof(*heap));
    size_t len = 0;
    for (size_t i = 0; i < running; i++)
        len += start(&heap[i], draws, i, 0, steps + len);
    for (size_t i = running; i-- > 0;)
        sift(heap, running, i);
    for (size_t i = running; i < jobs; i++) {
        const struct run ended = heap[0];
        if (ended.due > ended.end) {
            steps[len++] = (struct step){ended.end, ended.procs};
            steps[len++] = (struct step){ended.due, -ended.procs};
        }
        steps[len++] = (struct step){ended.end, 0};
        len += start(&heap[0], draws, i, ended.end, steps + len);
        sift(heap, running, 0);
    }
    free(heap);
    return len;
}

static double replay(const struct step *steps, size_t len, size_t running, bool earliest)
{
    AUTO(profile_free) struct profile *profile = profile_new(0);
    const double begin = bench_clock();
    for (size_t i = 0; i < len; i++) {
        if (steps[i].change != 0) {
            profile_change(profile, steps[i].at, steps[i].change);
            continue;
        }
        profile_advance(profile, steps[i].at);
        if (earliest)
            sink += profile_earliest(profile, steps[i].at, 3600000000, -(int64_t)running);
    }
    return bench_clock() - begin;
}

static void bench_easy(const struct draws *draws, size_t running, size_t jobs)
{
    char what[80];
    struct step *steps = calloc(5 * jobs, sizeof(*steps));
    const size_t len = record(draws, running, jobs, steps);
    const double changes = replay(steps, len, running, false);
    const double all = replay(steps, len, running, true);
    snprintf(what, sizeof(what), "%zu running: a change or advance, %.1f a job", running,
             (double)len / (double)jobs);
    bench_print(what, changes, (double)len);
    bench_print("  earliest from now", all - changes, (double)jobs);
    free(steps);
}

/* Reservations packed by first fit on 256 processors, then searches that pass over holes. */
static void bench_conservative(const struct draws *draws, size_t held)
{
    AUTO(profile_free) struct profile *profile = profile_new(256);
    double begin = bench_clock();
    for (size_t i = 0; i < held; i++) {
        const int64_t procs = draws->procs[i] * draws->procs[i] * 2;
        const simtime at = profile_earliest(profile, 0, draws->request[i], procs);
        profile_reserve(profile, at, at + draws->request[i], procs);
    }
    char what[80];
    snprintf(what, sizeof(what), "place a job (earliest, reserve), up to %zu steps",
             profile_steps(profile));
    bench_print(what, bench_clock() - begin, (double)held);
    const size_t queries = 20000;
    begin = bench_clock();
    for (size_t i = 0; i < queries; i++)
        sink += profile_earliest(profile, 0, draws->request[i], 2 * draws->procs[i]);
    snprintf(what, sizeof(what), "earliest among holes, %zu steps", profile_steps(profile));
    bench_print(what, bench_clock() - begin, (double)queries);
    begin = bench_clock();
    for (size_t i = 0; i < queries; i++) {
        const simtime at = (simtime)(draws->request[i] * 8);
        profile_reserve(profile, at, at + draws->request[i + 1], 3);
        profile_release(profile, at, at + draws->request[i + 1], 3);
    }
    bench_print("  a change there", bench_clock() - begin, 4.0 * (double)queries);
}

int main(void)
{
    struct draws *draws = draws_new();
    bench_easy(draws, 20, 300000);
    bench_easy(draws, 60, 300000);
    bench_easy(draws, 250, 300000);
    bench_easy(draws, 5000, 300000);
    bench_easy(draws, 100000, 300000);
    bench_conservative(draws, 2600);
    bench_conservative(draws, 26000);
    fprintf(stderr, "%" PRId64 "\n", sink);
    free(draws);
    return 0;
}
