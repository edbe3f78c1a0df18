/* Least attained service, as Tiresias has it (Gu et al., NSDI 2019: discretised 2D-LAS): what a job
 * was given in former attempts, processors x time, tells its queue, the one with least first;
 * inside a queue first come, first served. Run times need not be known. A job that never ran is in
 * the first queue: before jobs are requeued, las is fcfs. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/order.h"

struct las {
    struct numbers thresholds; /* processor-seconds, ascending */
};

static const struct field params[] = {
    {.key = "thresholds",
     .kind = FIELD_NUMBERS,
     .offset = offsetof(struct las, thresholds),
     .unit = UNIT_TIME,
     .def = "[1 h]",
     .help = "processor-time that moves a job to the next queue, ascending: [1 h, 20 h]"},
    {.kind = FIELD_END},
};

static int check(const void *object, struct error *err)
{
    const struct numbers *list = &((const struct las *)object)->thresholds;
    if (list->len == 0)
        return error_set(err, "thresholds: at least one is needed");
    for (size_t i = 0; i < list->len; i++)
        if (!(list->values[i] > (i > 0 ? list->values[i - 1] : 0)))
            return error_set(err, "thresholds: must rise, and be above zero");
    return 0;
}

static double score(const void *object, const struct score_input *in)
{
    const struct numbers *list = &((const struct las *)object)->thresholds;
    size_t queue = 0;
    while (queue < list->len && in->attained >= list->values[queue])
        queue++;
    return (double)queue;
}

const struct order_type order_las = {
    .kind = {.name = "las",
             .summary =
                 "least attained service first, in queues parted by thresholds (Tiresias); only "
                 "jobs stopped by reclaim have attained any while they wait",
             .params = params,
             .size = sizeof(struct las),
             .shorthand = "thresholds",
             .check = check},
    .score = score,
};
