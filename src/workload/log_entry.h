/* What is kept of a row of a log on its way to a job; for the files of logs alone. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WORKLOAD_LOG_ENTRY_H
#define WORKLOAD_LOG_ENTRY_H

#include "util/simtime.h"

#include <stdbool.h>
#include <stddef.h>

struct entry {
    simtime submit; /* since the log's time zero */
    simtime run, request;
    int64_t id;
    int64_t key; /* user, group, queue or partition; what the tenant is told by */
    int64_t user;
    uint64_t ordinal;
    int32_t procs;
    int32_t memory; /* KB for each processor; 0: none asked */
    uint32_t line;
    uint32_t marks; /* what is odd about it and not yet counted: log_report_add */
};

/* Zeroed is empty. Also a heap, least first, through entries_push and entries_pop. */
struct entries {
    struct entry *items;
    size_t len, cap;
};

void entries_deinit(struct entries *entries);

/* Before: submitted earlier, or at the same instant and earlier in the log. A total order. */
static inline bool entry_before(const struct entry *a, const struct entry *b)
{
    return a->submit != b->submit ? a->submit < b->submit : a->ordinal < b->ordinal;
}

void entries_append(struct entries *entries, const struct entry *entry);
void entries_sort(struct entries *entries); /* O(n log n) */

/* O(log n). Pop: there must be one. */
void entries_push(struct entries *entries, const struct entry *entry);
struct entry entries_pop(struct entries *entries);

#endif
