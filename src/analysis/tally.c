/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/tally.h"

#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A bucket is the exponent and the top 9 bits of the mantissa: its width is at most 2^-9 of its
 * values, so its middle is within 2^-10. Blocks of an eighth of an octave keep sparse tallies
 * small; there are 2^14 of them in all, so 16 bits name one. */
enum { BUCKET_SHIFT = 52 - 9, BLOCK_BITS = 6, BLOCK = 1 << BLOCK_BITS };

static uint32_t bucket_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return (uint32_t)(bits >> BUCKET_SHIFT);
}

static double bucket_edge(uint32_t bucket)
{
    const uint64_t bits = (uint64_t)bucket << BUCKET_SHIFT;
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

void tally_deinit(struct tally *tally)
{
    free(tally->values);
    free(tally->directory);
    free(tally->counts);
    free(tally->carries.items);
    *tally = (struct tally){0};
}

/* Widen the directory so that it names `block`. */
static void directory_cover(struct tally *tally, uint32_t block)
{
    const uint32_t old_end = tally->base + tally->directory_len;
    const bool none = tally->directory_len == 0;
    const uint32_t base = none || block < tally->base ? block & ~7u : tally->base;
    const uint32_t end = none || block >= old_end ? (block | 7u) + 1 : old_end;
    uint16_t *directory = mem_new(end - base, sizeof(*directory));
    if (!none)
        memcpy(directory + (tally->base - base), tally->directory,
               tally->directory_len * sizeof(*directory));
    free(tally->directory);
    tally->directory = directory;
    tally->base = base;
    tally->directory_len = end - base;
}

static uint32_t *block_new(struct tally *tally, uint32_t block)
{
    if (block - tally->base >= tally->directory_len)
        directory_cover(tally, block);
    uint16_t *entry = &tally->directory[block - tally->base];
    if (*entry == 0) {
        if (tally->blocks == tally->blocks_cap) {
            tally->blocks_cap = tally->blocks_cap ? tally->blocks_cap * 3 / 2 + 1 : 8;
            tally->counts = mem_resize(tally->counts, tally->blocks_cap, BLOCK * sizeof(uint32_t));
        }
        memset(tally->counts + (size_t)tally->blocks * BLOCK, 0, BLOCK * sizeof(uint32_t));
        *entry = (uint16_t)++tally->blocks;
    }
    return tally->counts + (size_t)(*entry - 1) * BLOCK;
}

static inline uint32_t *block_at(struct tally *tally, uint32_t block)
{
    const uint32_t at = block - tally->base;
    if (LIKELY(at < tally->directory_len) && LIKELY(tally->directory[at] != 0))
        return tally->counts + (size_t)(tally->directory[at] - 1) * BLOCK;
    return block_new(tally, block);
}

/* Half the width makes half the memory; what does not fit is rare and noted apart. */
static void carry(struct tally *tally, uint32_t bucket)
{
    MEM_GROW(&tally->carries);
    tally->carries.items[tally->carries.len++] = bucket;
}

/* Zeros are sieved out first without a branch: waits are zero in no pattern that a processor could
 * guess. */
static void count_some(struct tally *tally, const double *values, size_t len)
{
    uint32_t buckets[256];
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        buckets[n] = bucket_of(values[i]);
        n += values[i] != 0;
    }
    tally->zeros += len - n;
    for (size_t i = 0; i < n; i++)
        if (UNLIKELY(++block_at(tally, buckets[i] >> BLOCK_BITS)[buckets[i] % BLOCK] == 0))
            carry(tally, buckets[i]);
}

static void count_values(struct tally *tally, const double *values, size_t len)
{
    for (; len > 256; values += 256, len -= 256)
        count_some(tally, values, 256);
    count_some(tally, values, len);
}

static void to_histogram(struct tally *tally)
{
    if (tally->histogram)
        return;
    tally->histogram = true;
    count_values(tally, tally->values, tally->len);
    free(tally->values);
    tally->values = NULL;
    tally->len = tally->cap = 0;
}

static void keep_values(struct tally *tally, const double *values, size_t len)
{
    if (len == 0)
        return;
    if (tally->histogram || len > TALLY_EXACT - tally->len) {
        to_histogram(tally);
        count_values(tally, values, len);
        return;
    }
    if (tally->len + len > tally->cap) {
        uint32_t cap = tally->cap ? tally->cap : 8;
        while (cap < tally->len + len)
            cap *= 2;
        tally->cap = cap;
        tally->values = mem_resize(tally->values, cap, sizeof(*tally->values));
    }
    memcpy(tally->values + tally->len, values, len * sizeof(*values));
    tally->len += (uint32_t)len;
    tally->placed = 0;
}

/* Moments of two groups together: exact for equal values, stable where the spread is small. */
static void merge_moments(struct tally *into, const struct tally *from)
{
    if (into->count == 0) {
        into->min = from->min;
        into->max = from->max;
        into->m2 = from->m2;
    } else {
        const double a = (double)into->count, b = (double)from->count;
        const double apart = exact_sum_value(&from->sum) / b - exact_sum_value(&into->sum) / a;
        into->m2 += from->m2 + apart * apart * (a * b / (a + b));
        into->min = from->min < into->min ? from->min : into->min;
        into->max = from->max > into->max ? from->max : into->max;
    }
    exact_sum_merge(&into->sum, &from->sum);
    into->count += from->count;
}

void tally_add_many(struct tally *tally, const double *values, size_t len)
{
    if (len == 0)
        return;
    struct tally batch = {.count = len, .min = values[0], .max = values[0]};
    for (size_t i = 0; i < len; i++) {
        exact_sum_add(&batch.sum, values[i]);
        batch.min = values[i] < batch.min ? values[i] : batch.min;
        batch.max = values[i] > batch.max ? values[i] : batch.max;
    }
    REQUIRE(batch.min >= 0 && isfinite(exact_sum_value(&batch.sum)));
    const double mean = exact_sum_value(&batch.sum) / (double)len;
    for (size_t i = 0; i < len; i++)
        batch.m2 += (values[i] - mean) * (values[i] - mean);
    merge_moments(tally, &batch);
    keep_values(tally, values, len);
}

void tally_add(struct tally *tally, double value)
{
    tally_add_many(tally, &value, 1);
}

void tally_merge(struct tally *into, const struct tally *from)
{
    if (from->count == 0)
        return;
    merge_moments(into, from);
    if (!from->histogram) {
        keep_values(into, from->values, from->len);
        return;
    }
    to_histogram(into);
    into->zeros += from->zeros;
    for (size_t i = 0; i < from->carries.len; i++)
        carry(into, from->carries.items[i]);
    for (uint32_t i = 0; i < from->directory_len; i++) {
        if (from->directory[i] == 0)
            continue;
        uint32_t *counts = block_at(into, from->base + i);
        const uint32_t *more = from->counts + (size_t)(from->directory[i] - 1) * BLOCK;
        for (uint32_t k = 0; k < BLOCK; k++) {
            counts[k] += more[k];
            if (UNLIKELY(counts[k] < more[k]))
                carry(into, (from->base + i) * BLOCK + k);
        }
    }
}

double tally_mean(const struct tally *tally)
{
    return tally->count ? exact_sum_value(&tally->sum) / (double)tally->count : (double)NAN;
}

double tally_sd(const struct tally *tally)
{
    return tally->count > 1 ? sqrt(tally->m2 / (double)(tally->count - 1)) : (double)NAN;
}

double tally_max(const struct tally *tally)
{
    return tally->count ? tally->max : (double)NAN;
}

double tally_sum(const struct tally *tally)
{
    return exact_sum_value(&tally->sum);
}

static double median_of(double a, double b, double c)
{
    return a < b ? (b < c ? b : a < c ? c : a) : (a < c ? a : b < c ? c : b);
}

/* The value at place `k` if they were sorted (Hoare 1961); moves them about. A sort would do, but
 * runs with many tenants and months ask a million times. What was asked for before parts those that
 * are still to be looked at from the others. */
static double select_value(struct tally *tally, int32_t k)
{
    double *values = tally->values;
    const int32_t placed = (int32_t)tally->placed - 1;
    int32_t low = placed >= 0 && k >= placed ? placed : 0;
    int32_t high = placed >= 0 && k <= placed ? placed : (int32_t)tally->len - 1;
    tally->placed = (uint32_t)k + 1;
    while (low < high) {
        const double pivot = median_of(values[low], values[low + (high - low) / 2], values[high]);
        int32_t i = low, j = high;
        while (i <= j) {
            while (values[i] < pivot)
                i++;
            while (values[j] > pivot)
                j--;
            if (i > j)
                break;
            const double value = values[i];
            values[i++] = values[j];
            values[j--] = value;
        }
        if (k <= j)
            high = j;
        else if (k >= i)
            low = i;
        else
            break;
    }
    return values[k];
}

static double histogram_quantile(const struct tally *tally, uint64_t rank)
{
    uint64_t below = tally->zeros;
    if (below >= rank)
        return 0;
    for (uint32_t i = 0; i < tally->directory_len; i++) {
        if (tally->directory[i] == 0)
            continue;
        const uint32_t *counts = tally->counts + (size_t)(tally->directory[i] - 1) * BLOCK;
        for (uint32_t k = 0; k < BLOCK; k++) {
            const uint32_t bucket = (tally->base + i) * BLOCK + k;
            below += counts[k];
            for (size_t c = 0; c < tally->carries.len; c++)
                below += tally->carries.items[c] == bucket ? UINT64_C(1) << 32 : 0;
            if (below >= rank) {
                const double low = bucket_edge(bucket);
                return fmin(fmax(low + (bucket_edge(bucket + 1) - low) / 2, tally->min),
                            tally->max);
            }
        }
    }
    return tally->max;
}

double tally_quantile(struct tally *tally, unsigned permille)
{
    REQUIRE(permille >= 1 && permille <= 1000);
    const uint64_t n = tally->count;
    if (n == 0)
        return (double)NAN;
    /* n * permille / 1000 rounded up, in whole numbers: 0.95 * 20 in doubles is a matter of luck.
     */
    const uint64_t rank = n / 1000 * permille + (n % 1000 * permille + 999) / 1000;
    if (rank == n)
        return tally->max;
    if (tally->histogram)
        return histogram_quantile(tally, rank);
    return select_value(tally, (int32_t)rank - 1);
}
