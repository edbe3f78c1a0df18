/* What came free, for jobs that may start earlier because of it.
 *
 * A job was refused every start before its own when it was last searched, and what has been taken
 * since cannot help it: an earlier start must use a stretch that came free since, and that had
 * been too little for it before. So for each class of sizes the stretches that gained are kept,
 * with the length of the hole that each is part of, and a job looks there alone. Of no use is a
 * hole that is shorter than the least request of the jobs of that class which start later: it is
 * not kept. A hole that others have filled since is found out by the first that tries it. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/plan_inner.h"

#include "util/mem.h"

#define WALKS 16 /* between surveys */

void plan_gains_clear(struct plan_gains *gains)
{
    for (int c = 0; c < PLAN_CLASSES; c++)
        gains[c].len = gains[c].longest = 0;
}

void plan_forget(struct plan *plan)
{
    plan->forgot = true;
}

/* The longest stretch with so much free that some of [step i, `to`) is in. */
static simtime longest_hole(const struct plan *plan, uint32_t i, simtime to, int64_t procs)
{
    const struct plan_step *steps = plan->steps;
    simtime longest = 0;
    uint32_t left = i;
    while (steps[left].free >= procs)
        left = steps[left].prev;
    left = left == i ? i : steps[left].next;
    while (steps[i].time < to) {
        if (steps[i].free < procs) {
            left = i = steps[i].next;
            continue;
        }
        while (steps[i].free >= procs)
            i = steps[i].next;
        if (steps[i].time - steps[left].time > longest)
            longest = steps[i].time - steps[left].time;
        left = i;
    }
    return longest;
}

/* Item k has become shorter: put it where it belongs. True if that is elsewhere. */
static bool sink(struct plan_gains *gains, size_t k)
{
    const size_t old = k;
    const struct plan_gain gain = gains->items[k];
    for (; k + 1 < gains->len && gains->items[k + 1].length > gain.length; k++)
        gains->items[k] = gains->items[k + 1];
    gains->items[k] = gain;
    gains->longest = gains->items[0].length;
    return k != old;
}

static void strike(struct plan_gains *gains, size_t k)
{
    gains->len--;
    for (; k < gains->len; k++)
        gains->items[k] = gains->items[k + 1];
    gains->longest = gains->len > 0 ? gains->items[0].length : 0;
}

static void note(struct plan *plan, int class, const struct plan_gain *gain)
{
    struct plan_gains *gains = &plan->gains[plan->recent][class];
    MEM_GROW(gains);
    size_t k = gains->len++;
    for (; k > 0 && gains->items[k - 1].length < gain->length; k--)
        gains->items[k] = gains->items[k - 1];
    gains->items[k] = *gain;
    gains->items[k].when = ++plan->clock;
    gains->longest = gains->items[0].length;
}

/* The least class that a stretch is news to, where so much was free before. */
static inline int first_class(int64_t before)
{
    return plan_class(before > 0 ? before + 1 : 1);
}

/* One step has gained. As plan_gains_note; what is free at a smaller size includes what is at a
 * larger. */
static void note_step(struct plan *plan, uint32_t i, int64_t change)
{
    const struct plan_step *steps = plan->steps;
    uint32_t left = i, right = steps[i].next;
    struct plan_gain gain = {.from = steps[i].time,
                             .to = steps[right].time,
                             .near = i,
                             .before = steps[i].free - change,
                             .most = steps[i].free};
    const simtime *least = plan->least[plan_part(plan, gain.from)];
    const int first = first_class(gain.before);
    for (int c = plan_class(gain.most); c >= first; c--) {
        if (least[c] == INT64_MAX)
            continue;
        const int64_t procs = plan_class_least(c);
        while (steps[steps[left].prev].free >= procs)
            left = steps[left].prev;
        while (steps[right].free >= procs)
            right = steps[right].next;
        gain.length = steps[right].time - steps[left].time;
        if (gain.length >= least[c])
            note(plan, c, &gain);
    }
}

void plan_gains_note(struct plan *plan, uint32_t i, uint32_t end, int64_t change)
{
    const struct plan_step *steps = plan->steps;
    if (steps[i].next == end) {
        if (steps[i].free > 0)
            note_step(plan, i, change);
        return;
    }
    struct plan_gain gain = {.from = steps[i].time, .to = steps[end].time, .near = i};
    const simtime *least = plan->least[plan_part(plan, gain.from)];
    int64_t low = INT64_MAX;
    for (uint32_t k = i; k != end; k = steps[k].next) {
        gain.most = steps[k].free > gain.most ? steps[k].free : gain.most;
        low = steps[k].free < low ? steps[k].free : low;
    }
    gain.before = low - change;
    const int first = first_class(gain.before);
    for (int c = gain.most > 0 ? plan_class(gain.most) : -1; c >= first; c--) {
        if (least[c] == INT64_MAX)
            continue;
        gain.length = longest_hole(plan, i, gain.to, plan_class_least(c));
        if (gain.length >= least[c])
            note(plan, c, &gain);
    }
}

void plan_gains_expect(struct plan *plan, simtime start, simtime duration, int64_t procs)
{
    const int class = plan_class(procs);
    for (int part = plan_part(plan, start); part >= 0; part--) {
        if (plan->least[part][class] <= duration)
            return;
        plan->least[part][class] = duration;
    }
}

void plan_survey(struct plan *plan, simtime last)
{
    plan->walks = WALKS;
    plan->origin = plan->steps[plan->head].time;
    plan->shift = 0;
    while ((last - plan->origin) >> plan->shift >= PLAN_PARTS)
        plan->shift++;
    for (int part = 0; part < PLAN_PARTS; part++)
        for (int c = 0; c < PLAN_CLASSES; c++)
            plan->least[part][c] = INT64_MAX;
}

void plan_see(struct plan *plan, simtime start, simtime duration, int64_t procs)
{
    simtime *least = &plan->least[plan_part(plan, start)][plan_class(procs)];
    if (duration < *least)
        *least = duration;
}

void plan_surveyed(struct plan *plan)
{
    for (int part = PLAN_PARTS - 2; part >= 0; part--)
        for (int c = 0; c < PLAN_CLASSES; c++)
            if (plan->least[part + 1][c] < plan->least[part][c])
                plan->least[part][c] = plan->least[part + 1][c];
}

/* The step at `from`, or the last before it. */
static uint32_t step_near(const struct plan *plan, const struct plan_gain *gain)
{
    const struct plan_step *steps = plan->steps;
    if (steps[gain->near].time == gain->from)
        return gain->near;
    uint32_t i = plan->head;
    while (steps[steps[i].next].time <= gain->from)
        i = steps[i].next;
    return i;
}

/* Can it start so that it uses this gain? False if the gain is of no use to any job of its class.
 */
static bool try_gain(struct plan *plan, struct plan_gain *gain, struct plan_seeker *seeker)
{
    const int64_t least = plan_class_least(seeker->class);
    const uint32_t i = step_near(plan, gain);
    gain->near = i;
    gain->from = plan->steps[i].time;
    /* If it has become longer, a later gain did that, and has it on its own account. */
    const simtime length = longest_hole(plan, i, gain->to, least);
    gain->length = length < gain->length ? length : gain->length;
    if (gain->length < plan->least[plan_part(plan, gain->from)][seeker->class])
        return false;
    if (gain->length < seeker->duration)
        return true;
    const struct plan_step *steps = plan->steps;
    uint32_t first = i;
    while (steps[steps[first].prev].free >= seeker->procs)
        first = steps[first].prev;
    simtime t;
    const simtime last = gain->to < seeker->start ? gain->to : seeker->start;
    const uint32_t found =
        plan_search(plan, first, INT64_MIN, last, seeker->duration, seeker->procs, &t);
    if (found != TAIL && t < seeker->t) {
        seeker->t = t;
        seeker->step = found;
    }
    return true;
}

static void try_gains(struct plan *plan, struct plan_gains *gains, struct plan_seeker *seeker)
{
    for (size_t k = 0; k < gains->len && gains->items[k].length >= seeker->duration;) {
        struct plan_gain *gain = &gains->items[k];
        if (gain->when < seeker->seen || gain->from >= seeker->start ||
            gain->most < seeker->procs || gain->before >= seeker->procs) {
            k++;
        } else if (!try_gain(plan, gain, seeker)) {
            strike(gains, k);
        } else if (!sink(gains, k)) {
            k++;
        }
    }
}

void plan_gains_try(struct plan *plan, struct plan_seeker *seeker)
{
    try_gains(plan, &plan->gains[0][seeker->class], seeker);
    try_gains(plan, &plan->gains[1][seeker->class], seeker);
}
