/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/progress.h"

#include "util/quantity.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define WIDTH 30
#define FIRST_AFTER 0.5 /* seconds: short runs show nothing */
#define AGAIN_AFTER 0.1

static double clock_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void progress_begin(struct progress *progress, bool wanted, simtime length)
{
    *progress = (struct progress){.on = wanted && isatty(STDERR_FILENO), .length = length};
    progress->begun = clock_now();
    progress->shown = progress->begun + FIRST_AFTER - AGAIN_AFTER;
}

void progress_show(void *ctx, simtime now, uint64_t jobs)
{
    struct progress *progress = ctx;
    if (!progress->on)
        return;
    const double clock = clock_now();
    if (clock - progress->shown < AGAIN_AFTER)
        return;
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

void progress_end(struct progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", stderr);
}
