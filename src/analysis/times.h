/* Time metrics of several partitions and periods together. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_TIMES_H
#define ANALYSIS_TIMES_H

#include "analysis/collect.h"

/* Are the processors of these partitions (by place; NULL: all) of one kind? */
bool partitions_of_one_kind(const struct world *world, const bool *places);

/* Fill the use, span, peak and kind of *view from the wanted partitions (places NULL: all) over the
 * slices that are set. *ret_use is zeroed by the caller, and borrowed by the view. */
void view_times(const struct collect *collect, const bool *places, const bool *slices,
                struct use *ret_use, struct metric_view *view);

#endif
