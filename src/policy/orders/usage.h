/* What orders that go by the usage of tenants have in common: their parameters. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef POLICY_ORDERS_USAGE_H
#define POLICY_ORDERS_USAGE_H

#include "model/shares.h"
#include "util/schema.h"

struct usage_params {
    simtime half_life, period;
};

#define USAGE_PARAMS(type, half_life_member, period_member)                                        \
    {.key = "half_life",                                                                           \
     .kind = FIELD_DURATION,                                                                       \
     .offset = offsetof(type, half_life_member),                                                   \
     .help = "time in which past usage comes to count half",                                       \
     .def = "7d",                                                                                  \
     .flags = FIELD_UNLIMITED,                                                                     \
     .min = 1,                                                                                     \
     .max = 1e10},                                                                                 \
    {                                                                                              \
        .key = "period", .kind = FIELD_DURATION, .offset = offsetof(type, period_member),          \
        .help = "how often the standing of tenants is looked at anew", .def = "5min", .min = 1,    \
        .max = 1e9                                                                                 \
    }

static inline struct shares_config usage_config(simtime half_life, simtime period)
{
    return (struct shares_config){half_life == SIMTIME_NEVER ? 0 : half_life, period};
}

#endif
