/* What benchmarks share: a clock, and numbers that are the same everywhere. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

static inline double bench_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static inline double bench_uniform(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return ((double)(*state >> 11) + 0.5) * 0x1p-53;
}

static inline uint64_t bench_draw(uint64_t *state, uint64_t below)
{
    return (uint64_t)(bench_uniform(state) * (double)below);
}

static inline double bench_lognormal(uint64_t *state, double median, double sigma)
{
    const double radius = sqrt(-2 * log(bench_uniform(state)));
    return median * exp(sigma * radius * cos(6.283185307179586 * bench_uniform(state)));
}

static inline void bench_print(const char *what, double seconds, double operations)
{
    printf("%-58s %9.1f ns/op\n", what, seconds / operations * 1e9);
}

#endif
