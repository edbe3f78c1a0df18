/* First come, first served: by submit time, then by place in the input. No score of its own:
 * ties fall to the place in the input. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/order.h"

const struct order_type order_fcfs = {
    .kind = {.name = "fcfs", .summary = "first come, first served"},
    .ages = false,
};
