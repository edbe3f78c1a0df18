/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/progress.h"

#include "util/quantity.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define WIDTH 30
#define FIRST_AFTER 0.5 /* seconds: short runs show nothing */
#define AGAIN_AFTER 0.1
#define LOOK_AFTER 0.02
#define STEPS_MOST 4096

static double clock_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void progress_begin(struct progress *progress, bool wanted, simtime length)
{
    *progress = (struct progress){.on = wanted && isatty(STDERR_FILENO), .length = length};
    progress->begun = progress->seen = clock_now();
    progress->steps = 1;
    progress->shown = progress->begun + FIRST_AFTER - AGAIN_AFTER;
}

static void draw(struct progress *progress, double clock, simtime now, uint64_t jobs)
{
    progress->shown = clock;
    progress->drawn = true;
    const double spent = clock - progress->begun;
    fprintf(stderr, "\r\033[K");
    if (progress->length < SIMTIME_NEVER && progress->length > 0) {
        double share = (double)now / (double)progress->length;
        share = share > 1 ? 1 : share;
        char left[64] = "";
        for (int i = 0; i < WIDTH; i++)
            fputs(i < (int)(share * WIDTH) ? "#" : ".", stderr);
        if (share > 0)
            quantity_human_time(spent / share - spent, left, sizeof(left));
        fprintf(stderr, " %3.0f %%  %s left", 100 * share, left);
    }
    fprintf(stderr, "  %llu jobs, %.0f a second", (unsigned long long)jobs, (double)jobs / spent);
    fflush(stderr);
}

uint32_t progress_show(struct progress *progress, simtime now, uint64_t jobs)
{
    const double clock = clock_now(), since = clock - progress->seen;
    if (since < LOOK_AFTER && progress->steps < STEPS_MOST)
        progress->steps *= 2;
    else if (since > 2 * LOOK_AFTER && progress->steps > 1)
        progress->steps /= 2;
    progress->seen = clock;
    if (progress->on && clock - progress->shown >= AGAIN_AFTER)
        draw(progress, clock, now, jobs);
    return progress->steps;
}

void progress_end(struct progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", stderr);
}
