/* Shapes that lead to others, whose cause they have. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/causes_inner.h"

void causes_load(struct causes *causes, uint32_t i, int64_t jobs, int uses)
{
    while (i != NO_SHAPE) {
        struct shape *shape = &causes->shapes.items[i];
        const bool used = shape_is_used(shape);
        shape->jobs += jobs;
        shape->uses += (uint32_t)uses;
        if (shape_is_plain(shape))
            causes->crowds.items[shape->crowd].n_empty += (size_t)used - shape_is_used(shape);
        uses = 0;
        i = shape->lead;
    }
}

void causes_add_sums(struct causes *causes, simtime *to, uint32_t i, int sign, simtime now)
{
    while (i != NO_SHAPE) {
        struct shape *shape = &causes->shapes.items[i];
        if (shape->lead == NO_SHAPE)
            shape_advance(shape, now);
        for (size_t k = 0; k < causes->n_kinds; k++)
            to[causes->kinds[k]] += sign * shape->total[causes->kinds[k]];
        i = shape->lead;
    }
}

/* It leaves those that it is of. Returns the base of its family; NO_SHAPE. */
static uint32_t drop(struct causes *causes, uint32_t i)
{
    const struct shape *shape = &causes->shapes.items[i];
    if (shape->tide != NONE_SUCH) {
        tide_drop(causes, i);
        return NO_SHAPE;
    }
    if (shape->door == NONE_SUCH) {
        family_drop(causes, i);
        return causes->families.items[shape->family].base;
    }
    if (shape->family != NONE_SUCH)
        family_free(causes, shape->family);
    door_drop(causes, i);
    return NO_SHAPE;
}

void causes_tidy(struct causes *causes, uint32_t i)
{
    while (i != NO_SHAPE) {
        struct shape *shape = &causes->shapes.items[i];
        if (shape_is_used(shape) || shape->crowd == SHAPE_FREE || shape_is_plain(shape))
            return;
        const uint32_t lead = shape->lead, base = drop(causes, i);
        causes_load(causes, lead, 0, -1);
        causes_load(causes, base, 0, -1);
        shape->crowd = SHAPE_FREE;
        rows32_push(&causes->spare, i);
        /* What is of a family leads to the base, if to any. */
        i = base != NO_SHAPE ? base : lead;
    }
}

void causes_lead(struct causes *causes, uint32_t i, uint32_t lead, enum wait_cause cause,
                 simtime now)
{
    struct shape *shape = &causes->shapes.items[i];
    const uint32_t old = shape->lead;
    if (lead == old && (lead != NO_SHAPE || shape->cause == cause))
        return;
    const enum wait_cause from = causes_told(causes, shape);
    if (old == NO_SHAPE)
        shape_advance(shape, now);
    causes_add_sums(causes, shape->total, old, 1, now);
    causes_add_sums(causes, shape->total, lead, -1, now);
    if (lead != NO_SHAPE)
        causes_load(causes, lead, shape->jobs, 1);
    if (old != NO_SHAPE)
        causes_load(causes, old, -shape->jobs, -1);
    shape->lead = lead;
    shape->cause = cause;
    shape->since = now;
    const enum wait_cause to = causes_told(causes, shape);
    if (from != to && shape->jobs > 0)
        causes_count(causes, &causes->crowds.items[shape->crowd], shape, shape->jobs, from, to);
    causes_tidy(causes, old);
}
