/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/fairness.h"

#include "util/mem.h"

#include <math.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void fair_shares(double capacity, const double *demands, size_t len, double *ret_shares)
{
    double *sorted = mem_new(len, sizeof(*sorted));
    for (size_t i = 0; i < len; i++)
        sorted[i] = demands[i];
    qsort(sorted, len, sizeof(*sorted), by_value);
    /* Fill everybody to the same level; whoever has enough drops out. */
    double level = (double)INFINITY, left = capacity;
    for (size_t i = 0; i < len; i++) {
        const double even = left / (double)(len - i);
        if (sorted[i] > even) {
            level = even;
            break;
        }
        left -= sorted[i];
    }
    free(sorted);
    for (size_t i = 0; i < len; i++)
        ret_shares[i] = demands[i] < level ? demands[i] : level;
}

double jain_index(const double *values, size_t len)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < len; i++) {
        sum += values[i];
        squares += values[i] * values[i];
    }
    return squares > 0 ? sum * sum / ((double)len * squares) : (double)NAN;
}

double gini_coefficient(double *values, size_t len)
{
    if (len == 0)
        return (double)NAN;
    qsort(values, len, sizeof(*values), by_value);
    double sum = 0, ranked = 0;
    for (size_t i = 0; i < len; i++) {
        sum += values[i];
        /* Weights that add up to zero: equal values give exactly zero. */
        ranked += (2 * (double)i + 1 - (double)len) * values[i];
    }
    return sum > 0 ? ranked / ((double)len * sum) : (double)NAN;
}
