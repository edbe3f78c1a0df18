/* A node keeps for each child what decides whether a search may pass it by: the least processors,
 * exactly, and for each size class the least request of jobs of that class or smaller, rounded down
 * to 16 bits. Classes are half octaves of processors (1, 2, 3, 4-5, 6-7, 8-11, ...). Rounding costs
 * a vain look into a subtree now and then, never a missed job. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_JOBSUMMARY_H
#define MODEL_JOBSUMMARY_H

#include "util/base.h"
#include "util/simtime.h"

#define SUMMARY_CLASSES 64 /* 61 are used */
#define SUMMARY_NONE INT16_MAX

struct summary {
    int16_t request[SUMMARY_CLASSES]; /* codes; never rises with the class */
};

/* Monotone: ten leading bits and their place. Negative for what no request fits into. */
static inline int16_t summary_code(simtime request)
{
    if (request < 1024)
        return request < 0 ? -1 : (int16_t)request;
    const int shift = 54 - __builtin_clzll((unsigned long long)request);
    return (int16_t)(shift * 512 + (int)(request >> shift));
}

/* Monotone: the place of the leading bit and the bit after it. */
static inline int16_t summary_class(uint32_t procs)
{
    const uint32_t bit = 31 - (uint32_t)__builtin_clz(procs | 1);
    return bit == 0 ? 0 : (int16_t)(2 * bit - 1 + ((procs >> (bit - 1)) & 1));
}

/* The fewest processors of a class. */
static inline int64_t summary_least(int16_t class)
{
    if (class == 0)
        return 1;
    return class % 2 ? INT64_C(1) << (class + 1) / 2 : INT64_C(3) << (class / 2 - 1);
}

#endif
