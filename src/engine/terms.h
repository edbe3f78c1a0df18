/* The terms of tenants and QOS over a whole run: quotas and guarantees of now and of dates ahead.
 */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ENGINE_TERMS_H
#define ENGINE_TERMS_H

#include "engine/sim.h"
#include "model/gates.h"

/* The gates of a run as of its start; NULL: nothing ever holds a job. *ret_refuses: some quota or
 * guarantee may refuse one for good. The caller's. O(tenants x depth + changes). */
struct gates *terms_gates(const struct sim_setup *setup, bool *ret_refuses);

#endif
