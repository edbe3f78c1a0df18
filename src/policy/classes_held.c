/* Which classes gates hold: what they would answer again need not be asked. A search passes them
 * over, LANES at once, until a job ends, or so much is left in the centre, that it may be another.
 */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/classes_inner.h"

#include "util/mem.h"

#include <stdlib.h>

/* By gate: the first of those that watch it. */
struct watched {
    uint32_t first[SEARCH_SCOPES]; /* NO_CLASS */
};

struct class_holds {
    struct watched *gates;
    size_t len;
    uint64_t heard; /* of the ends that the gates tell */
    int64_t kept;   /* when no more is kept in the centre some may start, whatever is left there */
};

void classes_begin_holds(struct classes *classes)
{
    const struct gates *gates = classes->tenancy.gates;
    classes->holds = mem_new(1, sizeof(*classes->holds));
    classes->holds->heard = gates_ends(gates);
    classes->n_scopes = gates_guarantee(gates) ? SEARCH_SCOPES : 1;
}

void classes_end_holds(struct classes *classes)
{
    if (classes->holds)
        free(classes->holds->gates);
    free(classes->holds);
}

static void watch(const struct classes *classes, enum search_scope scope, uint32_t id, int32_t gate)
{
    struct class_holds *holds = classes->holds;
    if ((size_t)gate >= holds->len) {
        const size_t len = 2 * (size_t)gate + 16;
        holds->gates = mem_resize(holds->gates, len, sizeof(*holds->gates));
        while (holds->len < len)
            holds->gates[holds->len++] = (struct watched){{NO_CLASS, NO_CLASS, NO_CLASS}};
    }
    struct class *all = classes->all.items;
    uint32_t *first = &holds->gates[gate].first[scope];
    if (*first != NO_CLASS)
        all[*first].watches[scope].before = id;
    all[id].watches[scope] = (struct watch){gate, NO_CLASS, *first};
    *first = id;
}

static void unwatch(const struct classes *classes, enum search_scope scope, uint32_t id)
{
    struct class *all = classes->all.items;
    struct watch *watch = &all[id].watches[scope];
    if (watch->gate < 0)
        return;
    if (watch->behind != NO_CLASS)
        all[watch->behind].watches[scope].before = watch->before;
    if (watch->before != NO_CLASS)
        all[watch->before].watches[scope].behind = watch->behind;
    else
        classes->holds->gates[watch->gate].first[scope] = watch->behind;
    watch->gate = GATE_NONE;
}

static int16_t held_until(int64_t level)
{
    if (level == INT64_MAX)
        return HELD_FAST;
    if (level <= HELD_NOT)
        return HELD_NOT;
    return level < HELD_FAST - 1 ? (int16_t)level : HELD_FAST - 1;
}

void classes_hold(const struct classes *classes, enum search_scope scope, size_t at)
{
    const struct stand *stand = &classes->stands.items[at];
    const int32_t gate = classes->all.items[stand->id].gate;
    const struct tenancy *tenancy = &classes->tenancy;
    struct gates_hold hold = {GATE_NONE, INT64_MAX, 0};
    bool known = true;
    if (scope == SEARCH_ALL)
        known = gates_hold(tenancy->gates, gate, tenancy->centre, stand->least, &hold);
    else if (gate >= 0)
        hold.gate = gates_hold_claim(tenancy->gates, gate, tenancy->centre, stand->least,
                                     scope == SEARCH_OWED);
    unwatch(classes, scope, stand->id);
    if (hold.gate >= 0)
        watch(classes, scope, stand->id, hold.gate);
    if (known && hold.kept > classes->holds->kept)
        classes->holds->kept = hold.kept;
    classes->held[scope][at] = known ? held_until(hold.level) : HELD_NOT;
    classes->ranks.items[stand->id].held[scope] = classes->held[scope][at];
}

static void let_go(const struct classes *classes, enum search_scope scope, size_t at)
{
    const uint32_t id = classes->stands.items[at].id;
    unwatch(classes, scope, id);
    classes->ranks.items[id].held[scope] = classes->held[scope][at] = HELD_NOT;
}

void classes_let_go(const struct classes *classes, uint32_t id)
{
    for (int scope = 0; scope < classes->n_scopes; scope++)
        if (classes->ranks.items[id].held[scope] != HELD_NOT)
            let_go(classes, scope, classes_stand_of(classes, id));
}

static NOINLINE void let_all_go(const struct classes *classes)
{
    classes->holds->kept = 0;
    for (int scope = 0; scope < classes->n_scopes; scope++)
        for (size_t i = 0; i < classes->stands.len; i++)
            let_go(classes, scope, i);
}

/* A job that came in by the gate ended. */
static void hear_end(const struct classes *classes, int32_t gate)
{
    const struct class_holds *holds = classes->holds;
    for (int32_t i = gate; i >= 0; i = gates_next(classes->tenancy.gates, i, gate))
        for (int scope = 0; scope < classes->n_scopes && (size_t)i < holds->len; scope++)
            while (holds->gates[i].first[scope] != NO_CLASS)
                let_go(classes, scope, classes_stand_of(classes, holds->gates[i].first[scope]));
}

int16_t classes_hear(const struct classes *classes, enum search_scope scope)
{
    const struct gates *gates = classes->tenancy.gates;
    struct class_holds *holds = classes->holds;
    if (!holds)
        return HELD_FAST;
    for (const uint64_t ends = gates_ends(gates); holds->heard < ends; holds->heard++) {
        const int32_t gate = gates_ended(gates, holds->heard);
        if (gate == GATE_ANY) {
            let_all_go(classes);
            holds->heard = ends;
            break;
        }
        hear_end(classes, gate);
    }
    if (holds->kept > 0 && gates_kept(gates, classes->tenancy.centre) <= holds->kept)
        let_all_go(classes);
    if (scope != SEARCH_ALL)
        return HELD_FAST - 1;
    const int64_t level = gates_level(gates, classes->tenancy.centre);
    return level < HELD_NOT ? HELD_NOT : level < HELD_FAST ? (int16_t)level : HELD_FAST - 1;
}

static void check_watchers(const struct classes *classes, enum search_scope scope)
{
    const struct class_holds *holds = classes->holds;
    size_t watching = 0;
    for (size_t i = 0; i < classes->stands.len; i++) {
        const uint32_t id = classes->stands.items[i].id;
        const bool watches = classes->all.items[id].watches[scope].gate >= 0;
        REQUIRE(classes->held[scope][i] == classes->ranks.items[id].held[scope]);
        REQUIRE(!watches || classes->held[scope][i] != HELD_NOT);
        watching += watches;
    }
    for (size_t g = 0; g < holds->len; g++)
        for (uint32_t id = holds->gates[g].first[scope]; id != NO_CLASS;
             id = classes->all.items[id].watches[scope].behind) {
            REQUIRE(classes->all.items[id].watches[scope].gate == (int32_t)g);
            watching--;
        }
    REQUIRE(watching == 0);
}

void classes_check_holds(const struct classes *classes)
{
    for (int scope = 0; scope < classes->n_scopes; scope++)
        check_watchers(classes, scope);
}
