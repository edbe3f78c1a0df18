/* Home first. Once the job would wait at home for longer than `after`, or jobs that wait there or
 * are on their way ask for more than the share `queued` of its processors, it goes where it would
 * start first, which may still be home. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/broker.h"

struct overflow {
    simtime after;
    double queued;
};

static const struct field fields[] = {
    {.key = "after",
     .kind = FIELD_DURATION,
     .offset = offsetof(struct overflow, after),
     .def = "2h",
     .flags = FIELD_UNLIMITED,
     .min = 0,
     .max = 1e9,
     .help = "expected wait at home from which on jobs may go away"},
    {.key = "queued",
     .kind = FIELD_QUANTITY,
     .offset = offsetof(struct overflow, queued),
     .def = "unlimited",
     .flags = FIELD_UNLIMITED,
     .unit = UNIT_NONE,
     .min = 0,
     .max = 1e9,
     .help = "processors asked by jobs that wait at home or are on their way there, relative to "
             "those it has, above which jobs may go away"},
    {.kind = FIELD_END},
};

static size_t choose(const void *params, void *state, const struct broker_view *view)
{
    const struct overflow *overflow = params;
    (void)state;
    if (!view->choices[0].home)
        return broker_earliest(view);
    if (broker_queued(view, 0) > overflow->queued)
        return broker_earliest(view);
    const simtime most =
        overflow->after < SIMTIME_NEVER ? view->now + overflow->after : SIMTIME_NEVER;
    const simtime before = most < SIMTIME_NEVER ? most + 1 : SIMTIME_NEVER;
    const simtime start = broker_start(view, 0, before);
    /* What is not known is more than any wait. */
    return start > most || start == SIMTIME_NEVER ? broker_earliest(view) : 0;
}

const struct broker_type broker_overflow = {
    .kind = {.name = "overflow",
             .summary = "home first, elsewhere once the wait or the queue at home is too long",
             .params = fields,
             .size = sizeof(struct overflow),
             .shorthand = "after"},
    .looks = true,
    .choose = choose,
};
