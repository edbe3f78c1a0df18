/* Selectors: which number is meant. One syntax everywhere, `wait.p95[tenant=handary,
 * processors>=64, period=2025]`: a metric, then conditions that must all hold. Names that hold
 * other than letters, digits and _ - . / : + @ are written in quotes: tenant="zhang san". Numbers
 * are compared with = != >= <= > <, all else with = and !=, but for period, which is one alone. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_SELECTOR_H
#define ANALYSIS_SELECTOR_H

#include "analysis/metric.h"

enum condition_key {
    CONDITION_TENANT, /* with all its members */
    CONDITION_CENTRE,
    CONDITION_PARTITION, /* "wuhan-ai/ascend", or "ascend" where that is not ambiguous */
    CONDITION_PROCESSOR, /* kind of processor */
    CONDITION_PERIOD,    /* of submission: "2025", "2025-06" */
    CONDITION_LOCATION,  /* of the job's own tenant: "local", "remote" */
    CONDITION_SECTOR,    /* of the job's own tenant */
    CONDITION_SCOPES, /* the ones above are read off cells; those below need a cell of their own */
    CONDITION_WORKLOAD = CONDITION_SCOPES,
    CONDITION_PRIORITY,
    CONDITION_QOS,
    CONDITION_PROCESSORS,
    CONDITION_RUNTIME,
    CONDITION_REQUEST,
    CONDITION_KEYS
};

enum condition_op { OP_EQUAL, OP_NOT, OP_AT_LEAST, OP_AT_MOST, OP_MORE, OP_LESS };

struct condition {
    enum condition_key key;
    enum condition_op op;
    char *text;     /* as given, without quotes; owned */
    int64_t number; /* processors; microseconds; enum job_priority; year * 100 + month (0: none);
                     * 1: remote */
};

struct selector {
    char *text; /* as given; owned */
    const struct metric *metric;
    struct condition *conditions; /* owned */
    size_t len;
};

/* On failure *ret_selector is untouched, err->text says what is wrong and what would be right. */
int selector_parse(const char *text, struct selector *ret_selector, struct error *err);
void selector_deinit(struct selector *selector);

/* Do the centres, partitions, processors, sectors, workloads and QOS that it names exist? Tenants
 * may appear later: a log brings its own, of the sector of the one above them. */
int selector_check(const struct selector *selector, const struct world *world, struct error *err);

/* Do the tenants that it names exist by now? Logs may add some during a run. -1 with err->text if
 * one does not. O(tenants) each. */
int selector_check_tenants(const struct selector *selector, const struct world *world,
                           struct error *err);

/* The condition that says what the key is; NULL if it says none, or only what the key is not. Of
 * keys other than numbers there is at most one. */
const struct condition *selector_condition(const struct selector *selector, enum condition_key key);

/* Does it ask for properties of jobs, so that a cell of its own must be filled as the run goes? */
bool selector_needs_jobs(const struct selector *selector);

/* Do the conditions below CONDITION_SCOPES hold? `procs` as given to the job. */
bool selector_wants_job(const struct selector *selector, const struct world *world,
                        const struct job *job, int32_t procs);

/* Does the tenant in this row meet its conditions on location and sector, and is it below none of
 * those that it must not be of? O(conditions x depth of the tree). */
bool selector_wants_tenant(const struct selector *selector, const struct world *world,
                           int32_t tenant);

/* Does the partition meet its conditions on places? */
bool selector_wants_partition(const struct selector *selector, const struct world *world,
                              size_t partition);

/* The same of jobs that wait in no partition of the centre yet: they are of no kind of processor
 * either. */
bool selector_wants_centre(const struct selector *selector, const struct world *world,
                           size_t centre);

#endif
