/* Orders: who goes first in a queue. An order is one file in orders/ and one line in meson.build.
 *
 * An order scores jobs, smaller first; ties fall to the place in the input. One that does not age
 * gives a waiting job one score for good, so that the queue stays sorted; one that ages is scored
 * anew at each pass. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef POLICY_ORDER_H
#define POLICY_ORDER_H

#include "model/job.h"
#include "util/schema.h"

/* What an order may look at. */
struct score_input {
    double request; /* seconds; a request of zero counts as 1 */
    double procs;
    double waited;    /* seconds so far */
    double submit;    /* seconds since the scenario's start, at least 1 */
    int32_t priority; /* enum job_priority */
    double capacity;  /* of the partition, in processors */
};

struct order_type {
    struct kind kind;
    bool ages;
    double (*score)(const void *params, const struct score_input *in); /* never NaN */
};

extern const struct kind_list order_kinds;

#endif
