/* When a job would start in a partition, as far as a broker can tell: from the partition's own
 * plan, its queue or what is free there, as they are now or as they were when last looked at.
 *
 * The plan is the partition's profile, and the reservations that a conservative scheduler gave,
 * with the jobs that wait, and those on their way to it, placed one after the other in the order of
 * the queue, each at its earliest start that moves none before it. It is kept while nothing but
 * submissions happens, made no further than an answer needs, and at most so many jobs deep; jobs
 * beyond count as work spread evenly over the partition. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ENGINE_FORECAST_H
#define ENGINE_FORECAST_H

#include "policy/sched.h"

__extension__ typedef __int128 area; /* processors x microseconds */

/* What a broker sees of a partition. */
enum broker_sees {
    SEES_PLAN,  /* its plan */
    SEES_QUEUE, /* processors free, how much waits and how much runs until when by request */
    SEES_FREE   /* only whether enough is free beyond what waiting jobs ask */
};

/* Of a job that waits or is on its way. */
struct expected {
    struct jobitem item;
    simtime after; /* it cannot start before */
    simtime start; /* in the plan; of those placed */
    uint64_t in; /* bits: partitions of its centre, where it may run in several; else one or none */
};

static inline bool in_several(uint64_t in)
{
    return (in & (in - 1)) != 0;
}

struct forecast {
    struct sched *sched; /* borrowed */
    bool stale;          /* kept as of the last look */
    bool shares;         /* jobs may run elsewhere in its centre too */
    size_t depth;

    /* As of now. Jobs that may run in several partitions are counted apart. */
    area waiting; /* asked by jobs in the queue */
    area coming;  /* and by those on their way */
    int64_t coming_procs;
    int64_t shared_procs; /* of jobs in the queue that stand in others too */
    int64_t coming_jobs;  /* those too */
    area running;         /* processors x end by request, of running jobs */

    /* As seen. */
    bool valid;      /* the items are; whether they are placed yet is another matter */
    bool reserved;   /* of a valid one: reservations are in `base` */
    uint64_t looked; /* the owner's: when it looked last */
    simtime at;
    int64_t free, queued, in_service;
    area backlog; /* of a stale one: work from `at` on */

    struct expected *items; /* in the order of the queue; owned */
    size_t len, cap;
    size_t placed; /* the first so many are in the plan */
    bool deeper;   /* there are more, behind these */
    bool whole;    /* plans are made even where it is known without what they will say */
    simtime first; /* least start of those placed */

    /* Of the job asked about last (its seq + 1). */
    uint64_t asked;
    simtime bound; /* it does not start before */
    bool fits;     /* but just then, for all that is placed so far */

    /* Stale: the profile as it was. Conservative: with the reservations in it. Owned. */
    struct profile *base;
    simtime horizon; /* of it, and what is free there, as in struct partition */
    int64_t level;
    struct profile *plan; /* owned; NULL: not made yet */
    struct profile *scratch;
};

void forecast_init(struct forecast *forecast, struct sched *sched, bool stale, size_t depth);
void forecast_deinit(struct forecast *forecast);

/* Look, at `at`, how much there is. What was read before may not hold any more (`valid`), and never
 * does of a stale one. O(1). */
void forecast_look(struct forecast *forecast, simtime at);

/* Read the queue as it is, up to the depth. The jobs on their way have to be told again by
 * forecast_expect. O(depth), and O(log) for each reservation of a conservative scheduler. */
void forecast_read(struct forecast *forecast);

/* A job waits, or is on its way and arrives at `after`; `in`: as of struct expected. O(log), before
 * others O(depth). */
void forecast_expect(struct forecast *forecast, const struct job *job, simtime after, uint64_t in);

/* Work that is there as seen, of running jobs and of those that may run nowhere else. */
area forecast_backlog(const struct forecast *forecast);

/* When so much would be done, spread evenly over its processors in service. */
simtime forecast_done(const struct forecast *forecast, area work);

/* The job as an item of the queue, and the first of the items that does not stand before it. */
struct jobitem forecast_item(const struct forecast *forecast, const struct job *job);
size_t forecast_position(const struct forecast *forecast, struct jobkey key);

/* No start was found for the item from `after` on: windows that come again are looked at further
 * ahead, and all is to be placed anew. False if that is of no use. */
bool forecast_look_on(struct forecast *forecast, const struct jobitem *item, simtime after);

/* What is free, as seen, without the jobs that wait: to plan on until the next call. */
struct profile *forecast_draft(struct forecast *forecast);

/* When the job would start, if nobody waited. */
simtime forecast_alone(struct forecast *forecast, const struct job *job, simtime after);

/* When the job would start at the earliest, not before `after`, whatever waits; *ret_exact: it
 * would start just then. SIMTIME_NEVER: not known, or never. */
simtime forecast_bound(struct forecast *forecast, const struct job *job, enum broker_sees sees,
                       simtime after, bool *ret_exact);

/* When it would start by the plan, of a forecast that is valid. An answer that is not before
 * `before` may be too early. */
simtime forecast_start(struct forecast *forecast, const struct job *job, simtime after,
                       simtime before);

/* The queue is not known any more: what was seen does not hold. */
static inline void forecast_doubt(struct forecast *forecast)
{
    forecast->valid &= forecast->stale;
}

/* What is free changed, by other than the plan: the same jobs wait, to be placed anew. */
void forecast_replan(struct forecast *forecast);

/* Do jobs stand in the queue in the order of their submission? */
bool forecast_in_order(const struct forecast *forecast);

/* A job joined the queue at `now`, as it was submitted or as one that was expected. O(log), before
 * others or on its way until now O(depth). */
void forecast_joined(struct forecast *forecast, const struct job *job, simtime now);

/* A job started at `now`, which may be just what was planned. O(depth). */
void forecast_started(struct forecast *forecast, const struct job *job, simtime now);

/* The area that a job asks for here, and the number of its processors. */
area forecast_area(const struct forecast *forecast, const struct job *job, int64_t *ret_procs);

#endif
