/* Where processors are fastest, in the precision in which those of the job's home are stated: FP16
 * and FP64 are never compared, and a centre that does not state the one asked for comes last. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/broker.h"

static size_t choose(const void *params, void *state, const struct broker_view *view)
{
    (void)params;
    (void)state;
    size_t best = 0;
    for (size_t i = 1; i < view->len; i++)
        if (view->choices[i].speed > view->choices[best].speed)
            best = i;
    return best;
}

const struct broker_type broker_fastest = {
    .kind = {.name = "fastest", .summary = "where a processor is fastest"},
    .speeds = true,
    .choose = choose,
};
