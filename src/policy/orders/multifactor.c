/* Slurm's multifactor priority (slurm.schedmd.com/priority_multifactor.html): a weighted sum of
 * factors in [0, 1], greatest first. fair_share is the fair-tree factor; age counts in full at
 * max_age; size is the part of the partition asked for (favour_small: the part left); class stands
 * for the QOS: high 1, medium 0.5, low 0; partition is the partition's `weight` over 1. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/orders/usage.h"

#include "policy/order.h"

#include <float.h>
#include <math.h>
#include <string.h>

struct multifactor {
    double age, fair_share, size, class, partition;
    simtime max_age, half_life, period;
    bool favour_small;
};

#define WEIGHT(name, text)                                                                         \
    {                                                                                              \
        .key = #name, .kind = FIELD_QUANTITY, .offset = offsetof(struct multifactor, name),        \
        .help = text, .def = "0", .min = 0, .max = 4294967295.0                                    \
    }

static const struct field params[] = {
    WEIGHT(age, "weight of the time waited, as a part of max_age (PriorityWeightAge)"),
    WEIGHT(fair_share, "weight of the tenant's fair-tree factor (PriorityWeightFairshare)"),
    WEIGHT(size, "weight of the processors asked, as a part of the partition "
                 "(PriorityWeightJobSize)"),
    WEIGHT(class, "weight of the priority: high 1, medium 0.5, low 0 (PriorityWeightQOS)"),
    WEIGHT(partition, "weight of the partition's own weight (PriorityWeightPartition)"),
    {.key = "favour_small",
     .kind = FIELD_BOOL,
     .offset = offsetof(struct multifactor, favour_small),
     .help = "small jobs get what large ones would (PriorityFavorSmall)",
     .def = "false"},
    {.key = "max_age",
     .kind = FIELD_DURATION,
     .offset = offsetof(struct multifactor, max_age),
     .help = "the wait at which age counts in full (PriorityMaxAge)",
     .def = "7d",
     .min = 1,
     .max = 1e10},
    USAGE_PARAMS(struct multifactor, half_life, period),
    {.kind = FIELD_END},
};

static int check(const void *object, struct error *err)
{
    const struct multifactor *w = object;
    if (w->age + w->fair_share + w->size + w->class + w->partition > 0)
        return 0;
    return error_set(err, "all weights are 0, so that jobs would go by submission: give age, "
                          "fair_share, size, class or partition one, or choose fcfs");
}

/* The greatest power of two that is not above x; 0 for what is not normal. */
static double power_below(double x)
{
    uint64_t bits;
    _Static_assert(sizeof(bits) == sizeof(x) && DBL_MANT_DIG == 53, "IEEE 754 double");
    memcpy(&bits, &x, sizeof(bits));
    bits &= UINT64_C(0x7FF) << 52;
    memcpy(&x, &bits, sizeof(x));
    return x;
}

/* A power of two, 2^-26 of all weights together or less, so that sums of its multiples are exact
 * (for the first 2^25 times max_age). */
static double unit_of(const struct multifactor *w)
{
    return power_below(w->age + w->fair_share + w->size + w->class + w->partition) * 0x1p-25;
}

/* Age is taken from the beginning of the scenario here; the offset takes away what is too much. */
static double score(const void *object, const struct score_input *in)
{
    const struct multifactor *w = object;
    const double unit = unit_of(w);
    const double part = in->capacity > 0 ? fmin(1, in->procs / in->capacity) : 1;
    const double age = in->aged ? 0 : -in->arrived / simtime_seconds(w->max_age);
    return -order_rounded(w->size * (w->favour_small ? 1 - part : part), unit) -
           order_rounded(w->age * age, unit);
}

static void offsets(const void *object, double weight, simtime tick, struct order_offsets *ret)
{
    const struct multifactor *w = object;
    const double ages[] = {simtime_seconds(tick) / simtime_seconds(w->max_age), 1};
    for (int priority = PRIORITY_HIGH; priority <= PRIORITY_LOW; priority++)
        for (int aged = 0; aged < 2; aged++)
            ret->sums[2 * priority + aged] = w->age * ages[aged] + w->partition * weight +
                                             w->class * (PRIORITY_LOW - priority) / PRIORITY_LOW;
    ret->fair_share = w->fair_share;
    ret->unit = unit_of(w);
}

static struct shares_config shares(const void *object)
{
    const struct multifactor *w = object;
    return usage_config(w->half_life, w->period);
}

static bool by_levels(const void *object)
{
    return ((const struct multifactor *)object)->fair_share > 0;
}

static simtime max_age(const void *object)
{
    return ((const struct multifactor *)object)->max_age;
}

const struct order_type order_multifactor = {
    .kind = {.name = "multifactor",
             .summary = "Slurm's weighted sum of age, fair share, size, class and partition",
             .params = params,
             .size = sizeof(struct multifactor),
             .check = check},
    .by = ORDER_BY_SUM,
    .score = score,
    .offsets = offsets,
    .shares = shares,
    .by_levels = by_levels,
    .max_age = max_age,
};
