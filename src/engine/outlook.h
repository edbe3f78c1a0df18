/* The most that guarantees ever let the jobs of a tenant have, by what is known beforehand: terms
 * of tenants and nodes at the start and at dates. What runs, and nodes that are down, do not matter
 * here. A job that asks for more never starts. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ENGINE_OUTLOOK_H
#define ENGINE_OUTLOOK_H

#include "engine/sim.h"
#include "model/gates.h"

struct outlook;

/* As of the start: the world's terms have not changed yet. NULL: nobody is guaranteed anything.
 * What the setup borrows is; tenants may come meanwhile. */
struct outlook *outlook_new(const struct sim_setup *setup);
void outlook_free(struct outlook *outlook); /* takes NULL */
AUTO_DEFINE(struct outlook *, outlook_free)

/* Of processors of the centre, from `from` on; INT64_MAX: no bound. O(1) where `from` rises,
 * and once a tenant O(gates + changes x depth). */
int64_t outlook_most(struct outlook *outlook, int32_t tenant, int32_t centre, simtime from);

/* May all to whom something is guaranteed in its centre, at some date, use the partition? In others
 * no job is refused for what they are guaranteed. O(1). */
bool outlook_binds(const struct outlook *outlook, int32_t partition);

#endif
