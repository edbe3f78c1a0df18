/* What the workloads of a scenario ask of its partitions, and when: no run. Exact of lists and
 * logs, whose jobs are all looked at; expectations of others. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_OFFER_H
#define EXPERIMENT_OFFER_H

#include "experiment/refused.h"

struct offer_sum {
    double jobs, work; /* that are not refused for ever; their processor-seconds */
};

/* All that a list or log has submitted by an instant, and at it. */
struct offer_step {
    simtime at;
    struct offer_sum sum;
};

struct offer {
    const struct build_workload *workload; /* borrowed */
    struct workload_outlook outlook;       /* over the whole run */
    simtime until;                         /* no jobs from then on */
    struct offer_sum all;                  /* of the whole run; jobs NaN: not known */
    double work;                           /* processor-seconds a job */
    double largest;                        /* processors of a job; NaN: no bound */
    struct offer_steps {
        struct offer_step *items;
        size_t len, cap;
    } steps; /* owned; of a list or log */
    struct asks asks;
    struct offer_then {
        double too_large;                /* share of its jobs, in a list: while asks_most stays */
        struct workload_outlook outlook; /* over the whole run, were it always so; endless ones */
    } * then;                            /* owned; by epoch */
    struct job_mean *means;              /* owned; by epoch: what is known by now */
    struct refused_left *left;           /* owned; by epoch, unless it is a list or log */
};

/* Reads a log once; what is odd in it goes to *report (NULL: nobody asks). Of a list or log 24
 * bytes are kept for each instant at which jobs come. -1 with an error. */
int offer_init(struct offer *offer, const struct build *build, size_t workload,
               struct log_report *report, struct error *err);
void offer_deinit(struct offer *offer); /* whatever offer_init said */

/* Of jobs submitted in [from, to), which ends. O(log jobs) or O(epochs). */
struct offer_sum offer_between(const struct offer *offer, const struct program *program,
                               simtime from, simtime to);

/* Do dated changes of an epoch, from the second on, change what it asks from then on? Not of lists
 * and logs. */
bool offer_changes(const struct offer *offer, const struct program *program, size_t epoch);

/* What loads are averages over: the run; where it has no length and all workloads are lists or
 * logs, from the first submission to the last, which it holds; else, or if these are one, `to` is
 * SIMTIME_NEVER. */
struct offer_span {
    simtime from, to;
};

/* offers: of all workloads. */
struct offer_span offers_span(const struct build *build, const struct offer *offers);

/* Processors busy on average over the span, were there room; without one, while the workload's jobs
 * come (NaN: all at once). */
double offer_load(const struct offer *offer, const struct program *program, struct offer_span span);

#endif
