/* The kinds of workload: each is told by the key that only it has (`log`, `jobs`, `arrival`,
 * `lublin`), and has a table of what else may stand beside. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WORKLOAD_KINDS_H
#define WORKLOAD_KINDS_H

#include "util/schema.h"
#include "workload/bounds.h"
#include "workload/place.h"
#include "workload/source.h"

struct log_report;

/* The values of a workload from a date on. */
struct workload_epoch {
    simtime from;                /* since the start */
    const void *params;          /* borrowed */
    const struct dist *deadline; /* s after the submission, of any kind; NULL: none; borrowed */
};

/* What a workload is part of. */
struct workload_context {
    struct job_spec base; /* workload, tenant, centre, partition, priority */
    struct rng_seed seed;
    const char *path;          /* "tenants/handary/w": addresses its draws */
    simtime start;             /* of the scenario, microseconds since 1970-01-01T00:00Z */
    int32_t offset;            /* of its zone */
    int64_t partition_procs;   /* of the largest it may run in; 0: not known */
    simtime limit;             /* no submission at or after; SIMTIME_NEVER: none */
    simtime from;              /* the outlook of endless ones is for [from, limit) */
    bool kills;                /* jobs end at their request, wherever they may run */
    int64_t fits_procs;        /* larger jobs are rejected: processors; 0: not known */
    int64_t fits_nodes;        /* and whole nodes; 0: not known */
    bool drains;               /* arrivals go on past the length, which ends the run */
    simtime joins, leaves;     /* jobs of its tenant are taken in between; leaves 0: no end */
    int32_t procs_per_node;    /* of the partition, the least; 0: not known */
    double speeds[PRECISIONS]; /* of a processor there, on average; 0: not known */
    bool sort;                 /* read a log whole and sort it */
    struct job_mean *mean;     /* outlook: kept from call to call with the same parameters and
                                * context but for `from` and `limit`; NULL: nothing is */
    struct log_report *report; /* outlook: where what is odd in a log goes; NULL: nobody asks */
    int by;                    /* members: enum log_key */
    int32_t (*tenant_of)(void *ctx, int64_t key);
    void *tenant_ctx;
};

/* What is known before a run, for `jishi check`: of the jobs that fit their partition, but for
 * too_large and largest. */
struct workload_outlook {
    bool endless;             /* it never runs dry by itself */
    bool even;                /* endless, but all it asks comes evenly in [first, first + span) */
    double jobs;              /* of a finite one; 0: not known */
    double rate;              /* jobs per second on average, endless ones */
    double submits;           /* the same, those that do not fit included */
    double load;              /* processors busy on average, were there room (endless), or */
    double processor_seconds; /* all it needs (finite, even). INFINITY: its mean is infinite */
    double too_large;         /* share of all its jobs: larger than fits, rejected */
    double first, span;       /* first submission, s since the start; s to the last (the same) */
    int64_t largest;          /* most processors of a job, where bounded; else 0 */
    int64_t late;             /* written out and submitted at or after the limit: none of those */
};

static inline struct place place_of(const struct workload_context *context)
{
    return (struct place){
        .seed = context->seed,
        .path = context->path,
        .start = context->start,
        .offset = context->offset,
        .limit = context->limit,
        .spec = context->base,
    };
}

struct workload_kind {
    const char *key; /* that tells it */
    const char *summary;
    const struct field *fields;
    size_t size;  /* of what fields fill */
    bool changes; /* its values may change at dates: it heeds all epochs */
    bool endless; /* it never runs dry by itself: the outlook of others may read a whole log */
    /* Across fields. NULL: nothing to check. */
    int (*check)(const void *params, struct error *err);
    /* Do its jobs ask for whole nodes? NULL: never. */
    bool (*asks_nodes)(const void *params);
    /* A bit for each enum precision that its jobs are given work in; 0: they are not given by work.
     * NULL: never. */
    unsigned (*works)(const void *params);
    /* Do its jobs have deadlines of their own? NULL: never. */
    bool (*has_deadlines)(const void *params);
    bool (*asks_memory)(const void *params); /* memory, of processors or whole nodes? */
    bool (*draws)(const void *params);       /* is anything left to chance? NULL: always */
    bool (*windowed)(const void *params);    /* a part of a log, cut out of it? NULL: never */
    int64_t (*written)(const void *params);  /* jobs written out. NULL: none */
    /* Of its jobs that fit and are within bounds.size, those within the others. NULL: never known.
     */
    struct workload_shares (*within)(const void *params, const struct workload_context *context,
                                     const struct workload_bounds *bounds);
    /* What is wrong with a job of the list, from number *at on, now that the start of the run is
     * known; *at goes behind it. False: no more. NULL: no job can be wrong by itself. */
    bool (*fault)(const void *params, const struct workload_context *context, size_t *at,
                  struct error *err);
    /* The source, to be freed by source_free. NULL with an error. */
    struct source *(*open)(const struct workload_epoch *epochs, size_t n_epochs,
                           const struct workload_context *context, struct error *err);
    int (*outlook)(const void *params, const struct workload_context *context,
                   struct workload_outlook *ret, struct error *err);
};

/* A kind of workload is a file kind_NAME.c, a line here and a line in kinds.c. */
extern const struct workload_kind workload_jobs, workload_log, workload_generated, workload_lublin;
extern const struct workload_kind *const workload_kinds[]; /* NULL-ended */

/* The report of a log's source; NULL for a source of another kind. Valid while the source is. */
const struct log_report *workload_log_report(const struct workload_kind *kind,
                                             const struct source *source);

#endif
