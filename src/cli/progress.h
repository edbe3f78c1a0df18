/* A progress bar with rate and time left, on a terminal only. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "util/base.h"
#include "util/simtime.h"

struct progress {
    bool on;
    simtime length; /* of the run; SIMTIME_NEVER: not known, and only the rate is shown */
    double begun, seen, shown; /* seconds of a monotonic clock */
    uint32_t steps;            /* from one look at the clock to the next */
    bool drawn;
};

void progress_begin(struct progress *progress, bool wanted, simtime length);

/* Draws it if it is time to. Returns after how many steps to call again: some hundredths of a
 * second of them, at the rate of the last. Never 0. */
uint32_t progress_show(struct progress *progress, simtime now, uint64_t jobs);
void progress_end(struct progress *progress); /* wipes the line */

#endif
