/* When guarantees would let a job in where they bind its tenants, as far as a broker can tell: from
 * what runs there and until when by request, and what waits there or is on its way, level by level.
 *
 * It does not matter here whether as many processors are free, nor who is in front: that is for
 * forecasts. Kept only where there are guarantees and a broker that looks. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ENGINE_HOLDS_H
#define ENGINE_HOLDS_H

#include "engine/forecast.h"
#include "model/gates.h"

struct holds;

/* All is borrowed. `stale`: answers are as of the last look; else as of when they are asked for. At
 * most `depth` jobs are looked at as they end. */
struct holds *holds_new(const struct world *world, const struct jobs *jobs, struct gates *gates,
                        bool stale, size_t depth);
void holds_free(struct holds *holds); /* takes NULL */
AUTO_DEFINE(struct holds *, holds_free)

/* A running job starts (1), or ends or is stopped (-1). O(depth of tenants + log running). */
void holds_run(struct holds *holds, const struct job *job, int sign);

/* What a job asks for where it waits or is on its way to: once (1), or no more (-1). O(depth). */
void holds_wait(struct holds *holds, const struct job *job, int64_t procs, area asked, int sign);

/* The broker remembers that it sent a job since it looked; of stale ones. O(depth). */
void holds_sent(struct holds *holds, const struct job *job, int64_t procs, area asked);

/* Look, at `at`; of stale ones. O(tenants + centres x depth). */
void holds_look(struct holds *holds, simtime at);

/* A tenant has other terms, which are always known. */
void holds_changed(struct holds *holds, int32_t tenant, simtime now);

/* Not before when guarantees would let a job of so many processors in, in the centre; 0: now, for
 * all they know; SIMTIME_NEVER: never, as they are. O(depth x depth of tenants), once a job and
 * centre. */
simtime holds_until(struct holds *holds, const struct job *job, int32_t centre, int32_t procs,
                    simtime now);

/* REQUIREs that both count the same, by whatever way they came to it. */
void holds_compare(const struct holds *a, const struct holds *b);

#endif
