/* What the workloads of a scenario ask of its partitions, and when: expectations, no run. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_OFFER_H
#define EXPERIMENT_OFFER_H

#include "scenario/build.h"

struct offer {
    const struct build_workload *workload; /* borrowed */
    struct workload_outlook outlook;       /* over the whole run */
    double jobs;                           /* of the whole run; NaN: not known */
    double work;                           /* processor-seconds a job */
    double largest;                        /* processors of a job; NaN: no bound */
    struct job_mean *means;                /* owned; by epoch: what is known by now */
    double *left; /* owned; by epoch: of what is asked from then on, the share that no quota or
                     guarantee refuses for ever */
};

/* Reads a log once, and again where processor-hours are limited; what is odd in it goes to *report
 * (NULL: nobody asks). -1 with an error. */
int offer_init(struct offer *offer, const struct build *build, size_t workload,
               struct log_report *report, struct error *err);
void offer_deinit(struct offer *offer); /* whatever offer_init said */

/* Processor-seconds asked for by jobs submitted in [from, to) that are not refused for ever; those
 * of a log count as spread evenly from its first to its last submission. */
double offer_asked(const struct offer *offer, const struct program *program, simtime from,
                   simtime to);

/* Processors busy on average while jobs come, were there room: where the run has no length. NaN:
 * all come at once. */
double offer_load(const struct offer *offer, const struct program *program);

#endif
