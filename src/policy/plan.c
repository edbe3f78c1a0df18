/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/plan_inner.h"

#include "util/mem.h"

#include <stdlib.h>

/* --- the list --- */

static uint32_t step_new(struct plan *plan)
{
    if (plan->spare != TAIL) {
        const uint32_t i = plan->spare;
        plan->spare = plan->steps[i].next;
        return i;
    }
    if (plan->used == plan->cap) {
        plan->cap = plan->cap ? 2 * plan->cap : 64;
        plan->steps = mem_resize(plan->steps, plan->cap, sizeof(*plan->steps));
    }
    return plan->used++;
}

/* A step after step i, with as much free. */
static uint32_t step_after(struct plan *plan, uint32_t i, simtime time)
{
    const uint32_t k = step_new(plan), next = plan->steps[i].next;
    plan->steps[k] =
        (struct plan_step){.time = time, .free = plan->steps[i].free, .prev = i, .next = next};
    plan->steps[i].next = k;
    plan->steps[next].prev = k;
    return k;
}

static void step_unlink(struct plan *plan, uint32_t i)
{
    struct plan_step *step = &plan->steps[i];
    plan->steps[step->prev].next = step->next;
    plan->steps[step->next].prev = step->prev;
    if (plan->head == i)
        plan->head = step->next;
    step->next = plan->spare;
    step->time = INT64_MIN; /* no gain is there */
    plan->spare = i;
}

/* A step that nobody holds on to and that changes nothing goes. */
static inline void step_settle(struct plan *plan, uint32_t i)
{
    const struct plan_step *step = &plan->steps[i];
    if (step->starts + step->ends == 0 && step->free == plan->steps[step->prev].free && i != TAIL)
        step_unlink(plan, i);
}

/* The step at `time`, from step i on, which is no later; made if there is none. */
static uint32_t step_at(struct plan *plan, uint32_t i, simtime time)
{
    while (plan->steps[plan->steps[i].next].time <= time && plan->steps[i].next != TAIL)
        i = plan->steps[i].next;
    if (time >= SIMTIME_NEVER)
        return TAIL;
    return plan->steps[i].time == time ? i : step_after(plan, i, time);
}

/* The tail ends every search to the left, too: nothing is free there. */
static void reset(struct plan *plan, simtime now, int64_t free)
{
    plan->used = 0;
    plan->spare = TAIL;
    step_new(plan);
    plan->head = step_new(plan);
    plan->steps[TAIL] = (struct plan_step){
        .time = SIMTIME_NEVER, .free = INT64_MIN, .prev = plan->head, .next = plan->head};
    plan->steps[plan->head] =
        (struct plan_step){.time = now, .free = free, .prev = TAIL, .next = TAIL};
    plan->walks = 0;
    plan->forgot = true;
    plan_gains_clear(plan, 0);
    plan_gains_clear(plan, 1);
}

struct plan *plan_new(void)
{
    struct plan *plan = mem_new(1, sizeof(*plan));
    for (int c = 0; c < PLAN_CLASSES; c++)
        for (int l = 0; l < PLAN_LENGTHS; l++)
            plan->soonest[c][l][0] = plan->soonest[c][l][1] = INT64_MAX;
    plan->parts = 1;
    reset(plan, 0, 0);
    return plan;
}

void plan_free(struct plan *plan)
{
    if (!plan)
        return;
    free(plan->steps);
    for (int c = 0; c < PLAN_CLASSES; c++) {
        free(plan->gains[0][c].items);
        free(plan->gains[1][c].items);
    }
    free(plan);
}

/* The profile's steps after step i, which is the last. */
static void follow(struct plan *plan, uint32_t i, const struct profile *profile)
{
    for (simtime t = profile_next_step(profile, plan->steps[i].time); t < SIMTIME_NEVER;
         t = profile_next_step(profile, t)) {
        i = step_after(plan, i, t);
        plan->steps[i].free = profile_at(profile, t);
    }
}

void plan_remake(struct plan *plan, const struct profile *profile, simtime now)
{
    reset(plan, now, profile_at(profile, now));
    follow(plan, plan->head, profile);
}

void plan_extend(struct plan *plan, const struct profile *profile, simtime from)
{
    const uint32_t i = step_at(plan, plan->head, from);
    REQUIRE(plan->steps[i].next == TAIL);
    plan->steps[i].free = profile_at(profile, from);
    follow(plan, i, profile);
    step_settle(plan, i);
}

void plan_advance(struct plan *plan, simtime now)
{
    for (;;) {
        struct plan_step *head = &plan->steps[plan->head];
        if (head->time >= now || head->starts + head->ends > 0)
            return;
        if (plan->steps[head->next].time > now) {
            head->time = now;
            return;
        }
        step_unlink(plan, plan->head);
    }
}

/* --- changes --- */

static void lift(struct plan *plan, uint32_t from, uint32_t to, int64_t change)
{
    for (; from != to; from = plan->steps[from].next)
        plan->steps[from].free += change;
}

static void hold_on(struct plan *plan, struct booking booking)
{
    plan->steps[booking.from].starts++;
    plan->steps[booking.to].ends++;
}

static struct booking reserve(struct plan *plan, uint32_t near, simtime start, simtime duration,
                              int64_t procs)
{
    struct booking booking;
    booking.from = step_at(plan, near, start);
    booking.to = step_at(plan, booking.from, plan_end(start, duration));
    hold_on(plan, booking);
    booking.class = (uint8_t)plan_class(procs);
    booking.length = (uint8_t)plan_length(duration);
    booking.seen = ++plan->clock;
    lift(plan, booking.from, booking.to, -procs);
    return booking;
}

void plan_change(struct plan *plan, simtime from, simtime to, int64_t change)
{
    if (from < plan->steps[plan->head].time)
        from = plan->steps[plan->head].time;
    if (from >= to || change == 0)
        return;
    const uint32_t first = step_at(plan, plan->head, from), last = step_at(plan, first, to);
    lift(plan, first, last, change);
    if (change > 0)
        plan_gains_note(plan, first, last, change);
    step_settle(plan, last);
    step_settle(plan, first);
}

uint32_t plan_search(const struct plan *plan, uint32_t i, simtime after, simtime last,
                     simtime duration, int64_t procs, simtime *ret_t)
{
    const struct plan_step *steps = plan->steps;
    while (steps[steps[i].next].time <= after && steps[i].next != TAIL)
        i = steps[i].next;
    simtime t = after > steps[i].time ? after : steps[i].time;
    for (;;) {
        while (steps[i].free < procs && i != TAIL) {
            i = steps[i].next;
            t = steps[i].time;
        }
        if (t >= last)
            return TAIL;
        const simtime end = plan_end(t, duration);
        uint32_t k = steps[i].next;
        while (steps[k].time < end && steps[k].free >= procs)
            k = steps[k].next;
        if (steps[k].time >= end) {
            *ret_t = t;
            return i;
        }
        i = k;
    }
}

simtime plan_take(struct plan *plan, simtime after, simtime duration, int64_t procs,
                  struct booking *ret_booking)
{
    simtime t;
    const uint32_t i = plan_search(plan, plan->head, after, SIMTIME_NEVER, duration, procs, &t);
    if (i == TAIL)
        return SIMTIME_NEVER;
    *ret_booking = reserve(plan, i, t, duration, procs);
    plan_gains_expect(plan, t, duration, procs);
    return t;
}

void plan_enter(struct plan *plan, simtime start, simtime duration, int64_t procs,
                struct booking *ret_booking)
{
    *ret_booking = reserve(plan, plan->head, start, duration, procs);
    plan_gains_expect(plan, start, duration, procs);
}

static void let_go(struct plan *plan, struct booking booking)
{
    plan->steps[booking.from].starts--;
    plan->steps[booking.to].ends--;
    step_settle(plan, booking.to);
    step_settle(plan, booking.from);
}

void plan_leave(struct plan *plan, struct booking booking, int64_t procs)
{
    lift(plan, booking.from, booking.to, procs);
    plan_gains_note(plan, booking.from, booking.to, procs);
    let_go(plan, booking);
}

void plan_keep(struct plan *plan, struct booking booking)
{
    let_go(plan, booking);
}

bool plan_holds(const struct plan *plan, struct booking booking)
{
    for (; booking.from != booking.to; booking.from = plan->steps[booking.from].next)
        if (plan->steps[booking.from].free < 0)
            return false;
    return true;
}

simtime plan_next_start(const struct plan *plan, simtime after)
{
    uint32_t i = plan->head;
    while (i != TAIL && (plan->steps[i].starts == 0 || plan->steps[i].time <= after))
        i = plan->steps[i].next;
    return plan->steps[i].time;
}

/* --- the walk --- */

bool plan_walk(struct plan *plan)
{
    plan->recent = !plan->recent;
    plan_gains_clear(plan, plan->recent);
    plan->blind = plan->forgot;
    plan->forgot = false;
    return plan->walks-- <= 0;
}

/* Elsewhere, without a step in common. */
static simtime jump(struct plan *plan, struct booking *booking, uint32_t near, simtime t,
                    simtime duration, int64_t procs)
{
    const struct booking old = *booking;
    *booking = reserve(plan, near, t, duration, procs);
    plan_leave(plan, old, procs);
    return t;
}

/* Its new end. */
static void shift_end(struct plan *plan, struct booking *booking, simtime end, int64_t procs)
{
    struct plan_step *steps = plan->steps;
    const uint32_t old = booking->to;
    uint32_t i = steps[old].prev;
    /* One that only this job made moves with it. */
    if (steps[i].time < end && steps[old].starts == 0 && steps[old].ends == 1 &&
        steps[old].free == steps[i].free + procs) {
        steps[old].time = end;
        plan_gains_note(plan, old, steps[old].next, procs);
        return;
    }
    while (steps[i].time >= end) {
        steps[i].free += procs;
        i = steps[i].prev;
    }
    uint32_t to = steps[i].next;
    if (steps[to].time != end) {
        to = step_after(plan, i, end);
        plan->steps[to].free += procs;
    }
    booking->to = to;
    plan->steps[to].ends++;
    plan->steps[old].ends--;
    plan_gains_note(plan, to, old, procs);
    step_settle(plan, old);
}

/* To a step from which on it has room to where it starts now. */
static simtime shift(struct plan *plan, struct booking *booking, uint32_t first, simtime duration,
                     int64_t procs)
{
    const uint32_t start = booking->from;
    const simtime t = plan->steps[first].time, end = plan_end(t, duration);
    if (end <= plan->steps[start].time)
        return jump(plan, booking, first, t, duration, procs);
    lift(plan, first, start, -procs);
    plan->steps[first].starts++;
    plan->steps[start].starts--;
    booking->from = first;
    step_settle(plan, start);
    if (end < plan->steps[booking->to].time)
        shift_end(plan, booking, end, procs);
    return t;
}

simtime plan_earlier(struct plan *plan, struct booking *booking, simtime duration, int64_t procs)
{
    const struct plan_step *steps = plan->steps;
    uint32_t first = booking->from;
    while (steps[steps[first].prev].free >= procs)
        first = steps[first].prev;
    const uint64_t seen = booking->seen;
    booking->seen = ++plan->clock;
    const simtime *soonest = plan->soonest[booking->class][booking->length];
    if (UNLIKELY((soonest[0] < steps[first].time) | (soonest[1] < steps[first].time) |
                 plan->blind)) {
        struct plan_seeker seeker = {.start = steps[first].time,
                                     .duration = duration,
                                     .procs = procs,
                                     .class = booking->class,
                                     .near = first,
                                     .seen = seen,
                                     .t = SIMTIME_NEVER};
        if (UNLIKELY(plan->blind))
            seeker.step =
                plan_search(plan, plan->head, INT64_MIN, seeker.start, duration, procs, &seeker.t);
        else
            plan_gains_try(plan, &seeker);
        if (seeker.step != TAIL)
            return jump(plan, booking, seeker.step, seeker.t, duration, procs);
    }
    return first == booking->from ? steps[first].time
                                  : shift(plan, booking, first, duration, procs);
}

/* --- checks --- */

void plan_check(const struct plan *plan, const struct profile *profile, simtime now)
{
    const struct plan_step *steps = plan->steps;
    uint32_t count = 0;
    for (uint32_t i = plan->head; i != TAIL; i = steps[i].next) {
        const uint32_t next = steps[i].next;
        REQUIRE(steps[next].prev == i && steps[i].time < steps[next].time);
        REQUIRE(++count < plan->used);
        const simtime t = steps[i].time > now ? steps[i].time : now;
        if (t < steps[next].time)
            REQUIRE(profile_at(profile, t) == steps[i].free);
        if (t < steps[next].time)
            REQUIRE(profile_next_step(profile, t) >= steps[next].time ||
                    steps[next].time == SIMTIME_NEVER);
    }
}
