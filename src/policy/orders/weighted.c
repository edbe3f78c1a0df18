/* A weighted sum of named factors, greatest first, in the manner of Slurm's multifactor priority.
 * Every factor but `expansion` lies in [0, 1]. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/order.h"

#include <math.h>

struct weighted {
    double age, size, small, shortness, expansion, priority;
    simtime max_age, max_request;
};

#define WEIGHT(name, text)                                                                         \
    {                                                                                              \
        .key = #name, .kind = FIELD_QUANTITY, .offset = offsetof(struct weighted, name),           \
        .help = text, .def = "0", .min = -1e12, .max = 1e12                                        \
    }

static const struct field params[] = {
    WEIGHT(age, "weight of the time waited, as a share of max_age"),
    WEIGHT(size, "weight of the processors asked, as a share of the partition"),
    WEIGHT(small, "weight of 1 - the processors asked, as a share of the partition"),
    WEIGHT(shortness, "weight of 1 - the request, as a share of max_request"),
    WEIGHT(expansion, "weight of the expansion factor (wait + request) / request"),
    WEIGHT(priority, "weight of the class: high 1, medium 0.5, low 0"),
    {.key = "max_age",
     .kind = FIELD_DURATION,
     .offset = offsetof(struct weighted, max_age),
     .help = "the wait at which age counts in full",
     .def = "7d",
     .min = 1,
     .max = 1e10},
    {.key = "max_request",
     .kind = FIELD_DURATION,
     .offset = offsetof(struct weighted, max_request),
     .help = "the request at which shortness counts nothing",
     .def = "7d",
     .min = 1,
     .max = 1e10},
    {.kind = FIELD_END},
};

static int check(const void *object, struct error *err)
{
    const struct weighted *w = object;
    if (w->age != 0 || w->size != 0 || w->small != 0 || w->shortness != 0 || w->expansion != 0 ||
        w->priority != 0)
        return 0;
    return error_set(err, "needs at least one factor, one of age, size, small, shortness, "
                          "expansion, priority, with a weight that is not 0");
}

static double score(const void *object, const struct score_input *in)
{
    const struct weighted *w = object;
    const double share = in->capacity > 0 ? fmin(1, in->procs / in->capacity) : 1;
    double sum = w->age * fmin(1, in->waited / simtime_seconds(w->max_age));
    sum += w->size * share + w->small * (1 - share);
    sum += w->shortness * (1 - fmin(1, in->request / simtime_seconds(w->max_request)));
    sum += w->expansion * (in->waited + in->request) / in->request;
    sum += w->priority * (PRIORITY_LOW - in->priority) / PRIORITY_LOW;
    return -sum;
}

const struct order_type order_weighted = {
    .kind = {.name = "weighted",
             .summary = "a weighted sum of named factors, greatest first",
             .params = params,
             .size = sizeof(struct weighted),
             .check = check},
    .ages = true,
    .score = score,
};
