/* Tides: what is left of a centre, and nobody keeps, comes and goes with each start and end there.
 */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/causes_inner.h"

#include <stdlib.h>

static int64_t left_to(const struct causes *causes, const struct tide *tide)
{
    return gates_beyond(causes->gates.gates, tide->pot, tide->relief);
}

static const struct shape *shape_at(const struct causes *causes, const struct tide *tide, size_t at)
{
    return &causes->shapes.items[tide->order.items[at]];
}

/* Other shapes are let through, or there are others. */
static void bound(const struct causes *causes, struct tide *tide)
{
    const size_t n = tide->within;
    tide->low = n > 0 ? shape_at(causes, tide, n - 1)->procs : INT64_MIN;
    tide->top = n < tide->order.len ? shape_at(causes, tide, n)->procs - 1 : INT64_MAX;
}

static void let(struct causes *causes, uint32_t i, simtime now)
{
    const struct shape *shape = &causes->shapes.items[i];
    const struct cause_want want = {.class = CLASS_FREE, .ask = shape->want.ask};
    const uint32_t to = causes_plain(causes, shape->crowd, &want, now);
    causes_lead(causes, i, to, CAUSE_GUARANTEE, now);
}

static void move(struct causes *causes, struct tide *tide, int64_t left, simtime now)
{
    while (tide->within > 0 && shape_at(causes, tide, tide->within - 1)->procs > left)
        causes_lead(causes, tide->order.items[--tide->within], NO_SHAPE, CAUSE_GUARANTEE, now);
    while (tide->within < tide->order.len && shape_at(causes, tide, tide->within)->procs <= left)
        let(causes, tide->order.items[tide->within++], now);
    bound(causes, tide);
}

void tides_settle(struct causes *causes, simtime now)
{
    for (size_t i = 0; i < causes->tide_order.len; i++) {
        struct tide *tide = &causes->tides.items[causes->tide_order.items[i]];
        const int64_t left = left_to(causes, tide);
        if (left < tide->low || left > tide->top)
            move(causes, tide, left, now);
    }
}

/* --- which there are --- */

static int compare(const struct tide *a, const struct tide *b)
{
    if (a->crowd != b->crowd)
        return a->crowd < b->crowd ? -1 : 1;
    if (a->pot != b->pot)
        return a->pot < b->pot ? -1 : 1;
    return (a->relief > b->relief) - (a->relief < b->relief);
}

/* The first in order that does not stand before. */
static size_t place_of(const struct causes *causes, const struct tide *key)
{
    size_t low = 0, high = causes->tide_order.len;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (compare(&causes->tides.items[causes->tide_order.items[middle]], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static uint32_t tide_of(struct causes *causes, const struct tide *key)
{
    const size_t at = place_of(causes, key);
    if (at < causes->tide_order.len &&
        compare(&causes->tides.items[causes->tide_order.items[at]], key) == 0)
        return causes->tide_order.items[at];
    uint32_t t;
    struct rows32 order = {0};
    if (causes->spare_tides.len > 0) {
        t = causes->spare_tides.items[--causes->spare_tides.len];
        order = causes->tides.items[t].order;
    } else {
        MEM_GROW(&causes->tides);
        t = (uint32_t)causes->tides.len++;
    }
    causes->tides.items[t] = *key;
    causes->tides.items[t].order = order;
    rows32_insert(&causes->tide_order, at, t);
    return t;
}

/* --- their shapes --- */

/* Where the first stands that counts for more, or as much and does not stand before. */
static size_t place_in(const struct causes *causes, const struct tide *tide, const struct ask *ask,
                       int32_t procs)
{
    size_t low = 0, high = tide->order.len;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        const struct shape *shape = shape_at(causes, tide, middle);
        if (shape->procs < procs ||
            (shape->procs == procs && causes_compare_ask(&shape->want.ask, ask) < 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t tide_shape(struct causes *causes, size_t c, const struct gates_opening *opening,
                    const struct ask *ask, int32_t procs, simtime now)
{
    const uint32_t t = tide_of(
        causes,
        &(struct tide){.crowd = (uint32_t)c, .pot = opening->pot, .relief = opening->relief});
    struct tide *tide = &causes->tides.items[t];
    const size_t at = place_in(causes, tide, ask, procs);
    if (at < tide->order.len && shape_at(causes, tide, at)->procs == procs &&
        causes_compare_ask(&shape_at(causes, tide, at)->want.ask, ask) == 0)
        return tide->order.items[at];
    const struct cause_want want = {.class = CLASS_TIDE, .ask = *ask};
    const uint32_t i = causes_new_shape(causes, c, &want, CAUSE_GUARANTEE, now);
    causes->shapes.items[i].tide = t;
    causes->shapes.items[i].procs = procs;
    rows32_insert(&tide->order, at, i);
    if (procs <= left_to(causes, tide)) {
        tide->within++;
        let(causes, i, now);
    }
    bound(causes, tide);
    return i;
}

void tide_drop(struct causes *causes, uint32_t i)
{
    const struct shape *shape = &causes->shapes.items[i];
    struct tide *tide = &causes->tides.items[shape->tide];
    rows32_remove(&tide->order, place_in(causes, tide, &shape->want.ask, shape->procs));
    tide->within -= shape->lead != NO_SHAPE;
    bound(causes, tide);
    if (tide->order.len > 0)
        return;
    rows32_remove(&causes->tide_order, place_of(causes, tide));
    rows32_push(&causes->spare_tides, shape->tide);
}

void tides_free(struct causes *causes)
{
    for (size_t i = 0; i < causes->tides.len; i++)
        free(causes->tides.items[i].order.items);
    free(causes->tides.items);
    free(causes->spare_tides.items);
    free(causes->tide_order.items);
}

void tides_check(const struct causes *causes)
{
    for (size_t i = 0; i < causes->tide_order.len; i++) {
        const struct tide *tide = &causes->tides.items[causes->tide_order.items[i]];
        REQUIRE(i == 0 || compare(&causes->tides.items[causes->tide_order.items[i - 1]], tide) < 0);
        REQUIRE(tide->order.len > 0 && tide->within <= tide->order.len);
        for (size_t k = 0; k < tide->order.len; k++) {
            const struct shape *shape = shape_at(causes, tide, k);
            REQUIRE(shape->tide == causes->tide_order.items[i] && shape->crowd == tide->crowd);
            REQUIRE((shape->procs <= left_to(causes, tide)) == (k < tide->within));
            REQUIRE((shape->lead != NO_SHAPE) == (k < tide->within));
        }
    }
}
