/* Doors: what one gate does to all that come in by it, asked about when that may be another. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/causes_inner.h"

#include <stdlib.h>

static struct gates_opening ask(const struct causes *causes, const struct door *door)
{
    const size_t p = causes->crowds.items[door->crowd].from;
    return causes->gates.opening(causes->gates.ctx, causes->places[p].partition, door->class);
}

/* The longest request of so many processors that what is left of processor-hours pays for. */
static simtime longest_of(const struct door *door, int32_t procs)
{
    const wide longest = door->opening.left < 0 ? -1 : door->opening.left / procs;
    return longest < INT64_MAX ? (simtime)longest : INT64_MAX;
}

/* --- where shapes lead --- */

static void lead_to_plain(struct causes *causes, uint32_t i, simtime now)
{
    const struct shape *shape = &causes->shapes.items[i];
    const struct cause_want want = {.class = CLASS_FREE, .ask = shape->want.ask};
    if (shape->lead == NO_SHAPE || !shape_is_plain(&causes->shapes.items[shape->lead]))
        causes_lead(causes, i, causes_plain(causes, shape->crowd, &want, now), CAUSE_QUOTA, now);
}

static void lead_to_tide(struct causes *causes, uint32_t i, const struct gates_opening *opening,
                         int32_t procs, simtime now)
{
    const struct shape *shape = &causes->shapes.items[i];
    const struct ask of = shape->want.ask;
    if (shape->lead != NO_SHAPE && causes->shapes.items[shape->lead].tide != NONE_SUCH) {
        const struct shape *lead = &causes->shapes.items[shape->lead];
        const struct tide *tide = &causes->tides.items[lead->tide];
        if (tide->pot == opening->pot && tide->relief == opening->relief && lead->procs == procs)
            return;
    }
    const uint32_t to = tide_shape(causes, shape->crowd, opening, &of, procs, now);
    causes_lead(causes, i, to, CAUSE_QUOTA, now);
}

/* By what its door was found to do. */
static void judge(struct causes *causes, const struct door *door, uint32_t i, simtime now)
{
    const struct shape *shape = &causes->shapes.items[i];
    const struct gates_opening *opening = &door->opening;
    const uint32_t family = shape->family;
    const int32_t procs =
        causes_procs(causes, &causes->crowds.items[shape->crowd], &shape->want.ask);
    if (procs > opening->quota)
        causes_lead(causes, i, NO_SHAPE, CAUSE_QUOTA, now);
    else if (procs <= opening->claim || (procs <= opening->most && opening->pot < 0))
        lead_to_plain(causes, i, now);
    else if (procs > opening->most)
        causes_lead(causes, i, NO_SHAPE, CAUSE_GUARANTEE, now);
    else
        lead_to_tide(causes, i, opening, procs, now);
    if (family != NONE_SUCH)
        family_move(causes, family, longest_of(door, procs), now);
}

static void renew(struct causes *causes, struct door *door, simtime now)
{
    causes->n_restless -= door->opening.restless;
    door->opening = ask(causes, door);
    causes->n_restless += door->opening.restless;
    for (size_t i = 0; i < door->order.len; i++)
        judge(causes, door, door->order.items[i], now);
}

/* --- which are in doubt --- */

static void doubt(struct causes *causes, uint32_t d)
{
    if (causes->doors.items[d].doubted)
        return;
    causes->doors.items[d].doubted = true;
    rows32_push(&causes->doubted, d);
}

static bool is_used(const struct door *door)
{
    return door->crowd != DOOR_FREE;
}

static void doubt_all(struct causes *causes, bool restless)
{
    for (uint32_t d = 0; d < causes->doors.len; d++) {
        const struct door *door = &causes->doors.items[d];
        if (is_used(door) && (!restless || door->opening.restless))
            doubt(causes, d);
    }
}

static void doubt_class(struct causes *causes, int32_t class)
{
    if ((size_t) class >= causes->by_class.len)
        return;
    for (uint32_t d = causes->by_class.items[class]; d != NONE_SUCH;
         d = causes->doors.items[d].next)
        doubt(causes, d);
}

/* How the gate looks now from below. */
static void see(struct causes *causes, int32_t gate)
{
    const struct gates *gates = causes->gates.gates;
    while (causes->seen.len <= (size_t)gate) {
        MEM_GROW(&causes->seen);
        causes->seen.items[causes->seen.len++] = (struct seen_gate){0};
    }
    struct seen_gate *seen = &causes->seen.items[gate];
    if (gates_grows(gates, gate) && !seen->grows) {
        seen->grows = true;
        rows32_push(&causes->growing, (uint32_t)gate);
    }
    if (!gates_passed(gates, gate))
        return;
    const struct gates_face face = gates_face(gates, gate, causes->most_procs, causes->most_area);
    if (seen->known && memcmp(&face, &seen->face, sizeof(face)) == 0)
        return;
    seen->face = face;
    seen->known = true;
    if (!seen->moved)
        rows32_push(&causes->moved, (uint32_t)gate);
    seen->moved = true;
}

static bool has_moved(const struct causes *causes, const struct door *door)
{
    const struct gates *gates = causes->gates.gates;
    for (int32_t i = gates_next(gates, door->class, door->class); i >= 0;
         i = gates_next(gates, i, door->class))
        if ((size_t)i < causes->seen.len && causes->seen.items[i].moved)
            return true;
    return false;
}

static void doubt_below(struct causes *causes)
{
    for (uint32_t d = 0, n = causes->moved.len > 0 ? (uint32_t)causes->doors.len : 0; d < n; d++)
        if (is_used(&causes->doors.items[d]) && !causes->doors.items[d].doubted &&
            has_moved(causes, &causes->doors.items[d]))
            doubt(causes, d);
    for (size_t i = 0; i < causes->moved.len; i++)
        causes->seen.items[causes->moved.items[i]].moved = false;
    causes->moved.len = 0;
}

/* Time alone has changed what these leave. */
static void hear_growing(struct causes *causes)
{
    size_t kept = 0;
    for (size_t i = 0, n = causes->growing.len; i < n; i++) {
        const uint32_t gate = causes->growing.items[i];
        see(causes, (int32_t)gate);
        doubt_class(causes, (int32_t)gate);
        causes->seen.items[gate].grows = gates_grows(causes->gates.gates, (int32_t)gate);
        if (causes->seen.items[gate].grows)
            causes->growing.items[kept++] = gate;
    }
    causes->growing.len = kept;
}

static void hear_all(struct causes *causes)
{
    for (size_t i = 0, n = causes->gates.gates ? gates_count(causes->gates.gates) : 0; i < n; i++)
        see(causes, (int32_t)i);
    doubt_all(causes, false);
}

static void hear(struct causes *causes)
{
    size_t len;
    bool all;
    const int32_t *news = gates_news(causes->gates.gates, &len, &all);
    hear_growing(causes);
    if (all)
        hear_all(causes);
    for (size_t i = 0; i < len; i++) {
        see(causes, news[i]);
        doubt_class(causes, news[i]);
    }
    doubt_below(causes);
    if (causes->n_restless > 0)
        doubt_all(causes, true);
    gates_forget_news(causes->gates.gates);
}

static void renew_doubted(struct causes *causes, simtime now)
{
    for (size_t i = 0; i < causes->doubted.len; i++) {
        struct door *door = &causes->doors.items[causes->doubted.items[i]];
        door->doubted = false;
        if (is_used(door))
            renew(causes, door, now);
    }
    causes->doubted.len = 0;
}

void doors_settle(struct causes *causes, simtime now)
{
    if (causes->gates.gates)
        hear(causes);
    else
        doubt_all(causes, false);
    renew_doubted(causes, now);
}

/* Gates were looked at as far as matters to those who wait: more is asked now. */
static void widen(struct causes *causes, int32_t procs, simtime request, simtime now)
{
    const wide area = (wide)procs * request;
    if (LIKELY(procs <= causes->most_procs && area <= causes->most_area))
        return;
    while (causes->most_procs < procs)
        causes->most_procs = 2 * causes->most_procs + 1;
    while (causes->most_area < area)
        causes->most_area = 2 * causes->most_area + 1;
    hear_all(causes);
    doubt_below(causes);
    renew_doubted(causes, now);
}

/* --- which there are --- */

static uint32_t new_door(struct causes *causes, size_t c, int32_t class)
{
    uint32_t d;
    if (causes->spare_doors.len > 0) {
        d = causes->spare_doors.items[--causes->spare_doors.len];
    } else {
        MEM_GROW(&causes->doors);
        d = (uint32_t)causes->doors.len++;
        causes->doors.items[d] = (struct door){0};
    }
    while (causes->by_class.len <= (size_t) class)
        rows32_push(&causes->by_class, NONE_SUCH);
    struct door *door = &causes->doors.items[d];
    door->class = class;
    door->crowd = (uint32_t)c;
    door->next = causes->by_class.items[class];
    causes->by_class.items[class] = d;
    door->opening = ask(causes, door);
    causes->n_restless += door->opening.restless;
    return d;
}

static void free_door(struct causes *causes, uint32_t d)
{
    struct door *door = &causes->doors.items[d];
    uint32_t *at = &causes->by_class.items[door->class];
    while (*at != d)
        at = &causes->doors.items[*at].next;
    *at = door->next;
    causes->n_restless -= door->opening.restless;
    door->crowd = DOOR_FREE;
    rows32_push(&causes->spare_doors, d);
}

static uint32_t door_of(struct causes *causes, size_t c, int32_t class)
{
    uint32_t d = (size_t) class < causes->by_class.len ? causes->by_class.items[class] : NONE_SUCH;
    while (d != NONE_SUCH && causes->doors.items[d].crowd != c)
        d = causes->doors.items[d].next;
    return d != NONE_SUCH ? d : new_door(causes, c, class);
}

/* Where the first shape stands that does not ask for less. */
static size_t place_in(const struct causes *causes, const struct door *door, const struct ask *ask)
{
    size_t low = 0, high = door->order.len;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        const struct shape *shape = &causes->shapes.items[door->order.items[middle]];
        if (causes_compare_ask(&shape->want.ask, ask) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Its shape for the ask, whatever the request. */
static uint32_t shape_of(struct causes *causes, uint32_t d, const struct cause_want *want,
                         simtime now)
{
    struct door *door = &causes->doors.items[d];
    const size_t at = place_in(causes, door, &want->ask);
    if (at < door->order.len &&
        causes_compare_ask(&causes->shapes.items[door->order.items[at]].want.ask, &want->ask) == 0)
        return door->order.items[at];
    struct cause_want any = *want;
    any.request = want->request > 0 ? REQUEST_NONE : 0;
    const uint32_t i = causes_new_shape(causes, door->crowd, &any, CAUSE_QUOTA, now);
    causes->shapes.items[i].door = d;
    if (want->request > 0)
        causes->shapes.items[i].family = family_new(causes, i);
    rows32_insert(&door->order, at, i);
    judge(causes, door, i, now);
    return i;
}

uint32_t door_shape(struct causes *causes, size_t c, const struct cause_want *want, simtime now)
{
    const int32_t procs = causes_procs(causes, &causes->crowds.items[c], &want->ask);
    widen(causes, procs, want->request, now);
    const uint32_t d = door_of(causes, c, want->class);
    const uint32_t i = shape_of(causes, d, want, now);
    if (want->request <= 0)
        return i;
    const simtime longest = longest_of(&causes->doors.items[d], procs);
    return family_shape(causes, causes->shapes.items[i].family, want, longest, now);
}

void door_drop(struct causes *causes, uint32_t i)
{
    const struct shape *shape = &causes->shapes.items[i];
    struct door *door = &causes->doors.items[shape->door];
    rows32_remove(&door->order, place_in(causes, door, &shape->want.ask));
    if (door->order.len == 0)
        free_door(causes, shape->door);
}

void doors_free(struct causes *causes)
{
    for (size_t d = 0; d < causes->doors.len; d++)
        free(causes->doors.items[d].order.items);
    free(causes->doors.items);
    free(causes->spare_doors.items);
    free(causes->by_class.items);
    free(causes->doubted.items);
    free(causes->seen.items);
    free(causes->growing.items);
    free(causes->moved.items);
}

/* --- checks --- */

static bool is_alike(int64_t a, int64_t b, int64_t most)
{
    return a == b || (a <= 0 && b <= 0) || (a >= most && b >= most);
}

static void check_door(const struct causes *causes, const struct door *door)
{
    const struct gates_opening now = ask(causes, door), *then = &door->opening;
    const int64_t most = causes->most_procs;
    REQUIRE(door->order.len > 0);
    REQUIRE(is_alike(now.quota, then->quota, most));
    REQUIRE(is_alike(now.claim, then->claim, most));
    REQUIRE(is_alike(now.most, then->most, most));
    REQUIRE(now.left == then->left || (now.left < 0 && then->left < 0) ||
            (now.left >= causes->most_area && then->left >= causes->most_area));
    REQUIRE(now.pot == then->pot && now.relief == then->relief);
    REQUIRE(now.restless == then->restless);
}

void doors_check(const struct causes *causes)
{
    size_t restless = 0;
    for (size_t d = 0; d < causes->doors.len; d++) {
        if (!is_used(&causes->doors.items[d]))
            continue;
        check_door(causes, &causes->doors.items[d]);
        restless += causes->doors.items[d].opening.restless;
    }
    REQUIRE(restless == causes->n_restless);
}
