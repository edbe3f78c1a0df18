/* The scores of an order that only a script knows. They stand from one refresh to the next; a job
 * that comes in between is scored on arrival. The first error stays, and ends the run. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef POLICY_OPAQUE_H
#define POLICY_OPAQUE_H

#include "policy/order.h"

struct opaque;

/* Borrowed, as the order's parameters. */
struct opaque *opaque_new(const struct order_type *order, const void *params,
                          const struct tenancy *tenancy, const struct jobs *jobs);
void opaque_free(struct opaque *opaque); /* takes NULL */

/* Before scores are asked for at `now`. O(1). */
void opaque_settle(struct opaque *opaque, simtime now);

/* The score that stands, or a new one: a call of the script. 0 after an error. */
double opaque_score(struct opaque *opaque, const struct job *job, const struct score_input *in);

/* The job left: where it comes back it is scored anew. O(1). */
void opaque_forget(struct opaque *opaque, const struct job *job);

/* NULL: all is well. */
const struct error *opaque_error(const struct opaque *opaque);

#endif
