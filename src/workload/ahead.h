/* A source of which the first job is known before it is asked for any. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WORKLOAD_AHEAD_H
#define WORKLOAD_AHEAD_H

#include "workload/source.h"

/* Pulls the first job of `inner` and hands it on in its turn, with what else the source says then:
 * an error is told where it would have been. `inner` is borrowed and must outlive it. *ret_first is
 * when the job is submitted, SIMTIME_NEVER where there is none. */
struct source *source_ahead(struct source *inner, simtime *ret_first);

#endif
