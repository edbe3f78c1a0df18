/* What each partition held over time, as means over steps: /series/<centre>/<partition>/ with
 * time, capacity, up, busy, queued_jobs, queued_procs and, by cause of waiting,
 * queued_procs_<cause>, coming_jobs_<cause> and coming_procs_<cause>. The integrals are kept in
 * whole processor- microseconds, so a mean is rounded once, the same everywhere. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TRACE_SERIES_OBSERVER_H
#define TRACE_SERIES_OBSERVER_H

#include "model/observe.h"
#include "trace/h5.h"

#include <signal.h>

struct series_observer;

/* Steps of `step` > 0 from time 0 on. Partitions that the world has now are observed; their
 * names are copied. A partition holds nothing until its first fact: the engine tells of the
 * capacity at the start by a FACT_CAPACITY at time 0. */
struct series_observer *series_observer_new(struct h5 *h5, const struct world *world, simtime step,
                                            int level);

/* Facts come in order of time. A few nanoseconds but where a step ends. */
NOINLINE void series_observer_see(struct series_observer *observer, const struct fact *fact);

/* Bring all partitions to `end`; a step that ends early is a mean over its own length. */
void series_observer_finish(struct series_observer *observer, simtime end);

/* Leave off idle steps soon once it is not 0. Borrowed. */
void series_observer_heed(struct series_observer *observer,
                          const volatile sig_atomic_t *interrupted);

/* Has it left any off? Each series then ends where it was cut. */
bool series_observer_is_cut(const struct series_observer *observer);

/* Write what is left and free. Before h5_close. Takes NULL. */
void series_observer_free(struct series_observer *observer);

#endif
