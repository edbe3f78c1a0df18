/* Processor-hours apart by kind of processor: unlike kinds are never added up. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_KIND_HOURS_H
#define ANALYSIS_KIND_HOURS_H

#include "analysis/collect.h"

struct kind_hours {
    const char **kinds; /* names borrowed from world.partitions, in order of first mention; owned */
    size_t n_kinds;
    double *by_tenant; /* tenants x kinds: of each with all below it, as `processor_hours`; owned */
};

/* After the run. The caller deinits it. O(cells x depth of tenants). */
struct kind_hours kind_hours_of(const struct collect *collect);
void kind_hours_deinit(struct kind_hours *hours);

#endif
