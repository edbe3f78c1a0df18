/* Families: shapes that differ by their request alone, where time is counted. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/causes_inner.h"

#include <stdlib.h>

void family_move(struct causes *causes, uint32_t f, simtime longest, simtime now)
{
    struct family *family = &causes->families.items[f];
    const struct shape *shapes = causes->shapes.items;
    const uint32_t *order = family->order.items;
    while (family->within > 0 && shapes[order[family->within - 1]].want.request > longest)
        causes_lead(causes, order[--family->within], NO_SHAPE, CAUSE_QUOTA, now);
    while (family->within < family->order.len &&
           shapes[order[family->within]].want.request <= longest)
        causes_lead(causes, order[family->within++], family->base, CAUSE_QUOTA, now);
}

uint32_t family_new(struct causes *causes, uint32_t base)
{
    uint32_t f;
    if (causes->spare_families.len > 0) {
        f = causes->spare_families.items[--causes->spare_families.len];
    } else {
        MEM_GROW(&causes->families);
        f = (uint32_t)causes->families.len++;
    }
    causes->families.items[f] = (struct family){.base = base};
    return f;
}

/* Where the first of the family stands that asks for no less. */
static size_t place_in(const struct causes *causes, const struct family *family, simtime request)
{
    size_t low = 0, high = family->order.len;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (causes->shapes.items[family->order.items[middle]].want.request < request)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t family_shape(struct causes *causes, uint32_t f, const struct cause_want *want,
                      simtime longest, simtime now)
{
    struct family *family = &causes->families.items[f];
    const struct rows32 *order = &family->order;
    const size_t at = place_in(causes, family, want->request);
    if (at < order->len && causes->shapes.items[order->items[at]].want.request == want->request)
        return order->items[at];
    const uint32_t c = causes->shapes.items[family->base].crowd;
    const uint32_t i = causes_new_shape(causes, c, want, CAUSE_QUOTA, now);
    causes->shapes.items[i].family = f;
    causes_load(causes, family->base, 0, 1);
    rows32_insert(&family->order, at, i);
    if (want->request <= longest) {
        family->within++;
        causes_lead(causes, i, family->base, CAUSE_QUOTA, now);
    }
    return i;
}

void family_drop(struct causes *causes, uint32_t i)
{
    const struct shape *shape = &causes->shapes.items[i];
    struct family *family = &causes->families.items[shape->family];
    rows32_remove(&family->order, place_in(causes, family, shape->want.request));
    family->within -= shape->lead != NO_SHAPE;
}

void family_free(struct causes *causes, uint32_t f)
{
    free(causes->families.items[f].order.items);
    causes->families.items[f] = (struct family){0};
    rows32_push(&causes->spare_families, f);
}
