/* Families: shapes that differ by their request alone, where time is counted. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/causes_inner.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

/* Longest request of a job of this class and ask that processor-hours do not hold. */
static simtime longest_of(const struct causes *causes, const struct crowd *crowd,
                          const struct cause_want *want)
{
    return causes->gates.longest(causes->gates.ctx, causes->places[crowd->from].partition, want);
}

/* A shape takes the sums of its base when it leaves it, as a job takes those of its shape. */
static void hold(struct causes *causes, const struct crowd *crowd, struct shape *base,
                 struct shape *shape, simtime now)
{
    shape_advance(base, now);
    for (size_t i = 0; i < causes->n_kinds; i++)
        shape->total[causes->kinds[i]] += base->total[causes->kinds[i]];
    shape->since = now;
    shape->follows = false;
    base->jobs -= shape->jobs;
    if (base->cause != CAUSE_QUOTA)
        causes_count(causes, crowd, shape, shape->jobs, base->cause, CAUSE_QUOTA);
}

static void follow(struct causes *causes, const struct crowd *crowd, struct shape *base,
                   struct shape *shape, simtime now)
{
    shape_advance(base, now);
    shape_advance(shape, now);
    for (size_t i = 0; i < causes->n_kinds; i++)
        shape->total[causes->kinds[i]] -= base->total[causes->kinds[i]];
    shape->follows = true;
    base->jobs += shape->jobs;
    if (base->cause != CAUSE_QUOTA)
        causes_count(causes, crowd, shape, shape->jobs, CAUSE_QUOTA, base->cause);
}

void family_move(struct causes *causes, const struct crowd *crowd, struct family *family,
                 simtime now)
{
    struct shape *shapes = causes->shapes.items, *base = &shapes[family->base];
    const simtime longest = longest_of(causes, crowd, &base->want);
    const uint32_t *order = family->order;
    while (family->within > 0 && shapes[order[family->within - 1]].want.request > longest)
        hold(causes, crowd, base, &shapes[order[--family->within]], now);
    while (family->within < family->len && shapes[order[family->within]].want.request <= longest)
        follow(causes, crowd, base, &shapes[order[family->within++]], now);
}

/* A family with its base; nobody is of it yet. */
static uint32_t add_family(struct causes *causes, struct crowd *crowd, size_t at,
                           const struct cause_want *want, simtime now)
{
    const uint32_t base = causes_add_shape(causes, crowd, at, want, now);
    uint32_t f;
    if (causes->spare_families.len > 0) {
        f = causes->spare_families.items[--causes->spare_families.len];
    } else {
        MEM_GROW(&causes->families);
        f = (uint32_t)causes->families.len++;
    }
    causes->families.items[f] = (struct family){.base = base};
    causes->shapes.items[base].family = f;
    return base;
}

/* Where the first of the family stands that asks for no less. */
static size_t place_in(const struct causes *causes, const struct family *family, simtime request)
{
    size_t low = 0, high = family->len;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (causes->shapes.items[family->order[middle]].want.request < request)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t family_shape(struct causes *causes, struct crowd *crowd, const struct cause_want *want,
                      simtime now)
{
    struct cause_want any = *want;
    any.request = REQUEST_NONE;
    bool same;
    const size_t to = causes_place(causes, crowd, &any, &same);
    const uint32_t base = same ? crowd->order[to] : add_family(causes, crowd, to, &any, now);
    const uint32_t f = causes->shapes.items[base].family;
    struct family *family = &causes->families.items[f];
    const size_t at = place_in(causes, family, want->request);
    if (at < family->len && causes->shapes.items[family->order[at]].want.request == want->request)
        return family->order[at];
    const uint32_t i = causes_free_shape(causes);
    const bool within = want->request <= longest_of(causes, crowd, &any);
    causes->shapes.items[i] = (struct shape){.want = *want,
                                             .crowd = (uint32_t)(crowd - causes->crowds.items),
                                             .cause = CAUSE_QUOTA,
                                             .family = f,
                                             .follows = within,
                                             .since = now};
    if (family->len == family->cap) {
        family->cap = family->cap ? 2 * family->cap : 8;
        family->order = mem_resize(family->order, family->cap, sizeof(*family->order));
    }
    memmove(&family->order[at + 1], &family->order[at],
            (family->len - at) * sizeof(*family->order));
    family->order[at] = i;
    crowd->n_empty -= family->len++ == 0;
    family->within += within;
    return i;
}

/* A shape without jobs leaves its family. */
static void leave_family(struct causes *causes, struct crowd *crowd, uint32_t i)
{
    struct shape *shape = &causes->shapes.items[i];
    struct family *family = &causes->families.items[shape->family];
    const size_t at = place_in(causes, family, shape->want.request);
    family->len--;
    family->within -= shape->follows;
    memmove(&family->order[at], &family->order[at + 1],
            (family->len - at) * sizeof(*family->order));
    crowd->n_empty += family->len == 0;
    shape->crowd = SHAPE_FREE;
    rows32_push(&causes->spare, i);
}

void family_free(struct causes *causes, uint32_t f)
{
    free(causes->families.items[f].order);
    causes->families.items[f] = (struct family){0};
    rows32_push(&causes->spare_families, f);
}

void family_count(struct causes *causes, struct crowd *crowd, uint32_t i, int64_t jobs)
{
    struct shape *shape = &causes->shapes.items[i];
    shape->jobs += jobs;
    if (shape->follows)
        causes->shapes.items[causes->families.items[shape->family].base].jobs += jobs;
    if (shape->jobs == 0)
        leave_family(causes, crowd, i);
}
