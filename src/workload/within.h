/* What a stretch of time leaves of a source. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WORKLOAD_WITHIN_H
#define WORKLOAD_WITHIN_H

#include "workload/source.h"

/* The jobs of `inner` that are submitted in [from, until), with the ordinals they have there, so
 * that no draw depends on the stretch. `inner` is borrowed and must outlive it. */
struct source *source_within(struct source *inner, simtime from, simtime until);

#endif
