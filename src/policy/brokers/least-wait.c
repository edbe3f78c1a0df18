/* Where the job would start first, by what each centre plans; its data's transfer and the broker's
 * delay count. Ties go home, then by the order of the file. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/broker.h"

static size_t choose(const void *params, void *state, const struct broker_view *view)
{
    (void)params;
    (void)state;
    return broker_earliest(view);
}

const struct broker_type broker_least_wait = {
    .kind = {.name = "least-wait",
             .summary = "where the job would start first, transfer of its data included"},
    .looks = true,
    .choose = choose,
};
