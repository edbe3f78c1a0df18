/* What came free, for jobs that may start earlier because of it.
 *
 * A job was refused every start before its own when it was last searched, and what has been taken
 * since cannot help it: an earlier start must use a stretch that came free since, and that had
 * been too little for it before. So for each class of sizes the stretches that gained are kept,
 * with the length of the hole that each is part of, and a job looks there alone: nearly always the
 * first hole of about its length begins after its start, and it need not look at any. Of no use is
 * a hole that is too short for all jobs of that class which start later: it is not kept. A hole
 * that others have filled since is found out by the first that tries it. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/plan_inner.h"

#include "util/mem.h"

#include <string.h>

#define WALKS 16 /* between surveys */

void plan_gains_clear(struct plan *plan, int age)
{
    for (uint64_t rest = plan->noted[age]; rest; rest &= rest - 1) {
        const int c = __builtin_ctzll(rest);
        plan->gains[age][c].len = 0;
        for (int l = 0; l < PLAN_LENGTHS; l++)
            plan->soonest[c][l][age] = INT64_MAX;
    }
    plan->noted[age] = 0;
}

void plan_forget(struct plan *plan)
{
    plan->forgot = true;
}

/* The longest stretch with so much free that some of [step i, `to`) is in. */
static inline simtime longest_hole(const struct plan *plan, uint32_t i, simtime to, int64_t procs)
{
    const struct plan_step *steps = plan->steps;
    simtime longest = 0;
    do {
        uint32_t left = i;
        while (steps[i].free >= procs)
            i = steps[i].next;
        if (i == left) {
            i = steps[i].next;
            continue;
        }
        while (steps[steps[left].prev].free >= procs)
            left = steps[left].prev;
        if (steps[i].time - steps[left].time > longest)
            longest = steps[i].time - steps[left].time;
    } while (steps[i].time < to);
    return longest;
}

static void note(struct plan *plan, int class, const struct plan_gain *gain)
{
    const int age = plan->recent;
    struct plan_gains *gains = &plan->gains[age][class];
    plan->noted[age] |= UINT64_C(1) << class;
    MEM_GROW(gains);
    gains->items[gains->len] = *gain;
    gains->items[gains->len++].when = ++plan->clock;
    simtime(*soonest)[2] = plan->soonest[class];
    for (int l = plan_length(gain->length); l >= 0 && soonest[l][age] > gain->from; l--)
        soonest[l][age] = gain->from;
}

/* The least size in the class that had not been free before. */
static inline int64_t least_news(int class, const struct plan_gain *gain)
{
    const int64_t least = plan_class_least(class);
    return least > gain->before ? least : gain->before + 1;
}

/* As bits; none if last < first. */
static inline uint64_t classes_between(int first, int last)
{
    return first > last ? 0 : (UINT64_C(2) << last) - (UINT64_C(1) << first);
}

void plan_gains_note(struct plan *plan, uint32_t i, uint32_t end, int64_t change)
{
    const struct plan_step *steps = plan->steps;
    struct plan_gain gain = {.from = steps[i].time, .to = steps[end].time, .near = i};
    const uint64_t *useful = plan->useful[plan_part(plan, gain.from)];
    int64_t low = INT64_MAX;
    for (uint32_t k = i; k != end; k = steps[k].next) {
        gain.most = steps[k].free > gain.most ? steps[k].free : gain.most;
        low = steps[k].free < low ? steps[k].free : low;
    }
    if (gain.most <= 0)
        return;
    gain.before = low - change;
    const int64_t fewest = gain.before > 0 ? gain.before + 1 : 1;
    /* The larger the class, the shorter the hole: each that was measured bounds the next. */
    uint64_t rest =
        useful[PLAN_LENGTHS - 1] & classes_between(plan_class(fewest), plan_class(gain.most));
    while (rest) {
        const int c = __builtin_ctzll(rest);
        gain.length = longest_hole(plan, i, gain.to, least_news(c, &gain));
        rest &= useful[plan_length(gain.length)];
        if (rest >> c & 1)
            note(plan, c, &gain);
        rest &= ~(UINT64_C(1) << c);
    }
}

void plan_gains_expect(struct plan *plan, simtime start, simtime duration, int64_t procs)
{
    const uint64_t class = UINT64_C(1) << plan_class(procs);
    const int length = plan_length(duration);
    for (int part = plan_part(plan, start); part >= 0 && !(plan->useful[part][length] & class);
         part--)
        for (int l = length; l < PLAN_LENGTHS && !(plan->useful[part][l] & class); l++)
            plan->useful[part][l] |= class;
}

void plan_survey(struct plan *plan, simtime last)
{
    plan->walks = WALKS;
    plan->origin = plan->steps[plan->head].time;
    plan->shift = 0;
    while ((last - plan->origin) >> plan->shift >= PLAN_PARTS)
        plan->shift++;
    memset(plan->useful, 0, sizeof(plan->useful));
}

void plan_see(struct plan *plan, simtime start, simtime duration, int64_t procs)
{
    plan->useful[plan_part(plan, start)][plan_length(duration)] |= UINT64_C(1) << plan_class(procs);
}

void plan_surveyed(struct plan *plan)
{
    for (int part = PLAN_PARTS - 1; part >= 0; part--)
        for (int l = 0; l < PLAN_LENGTHS; l++)
            plan->useful[part][l] |= (l > 0 ? plan->useful[part][l - 1] : 0) |
                                     (part < PLAN_PARTS - 1 ? plan->useful[part + 1][l] : 0);
}

/* The step at `from`, or the last before it. Step i is no earlier. */
static uint32_t step_near(const struct plan *plan, const struct plan_gain *gain, uint32_t i)
{
    const struct plan_step *steps = plan->steps;
    if (steps[gain->near].time == gain->from)
        return gain->near;
    while (steps[i].time > gain->from && i != plan->head)
        i = steps[i].prev;
    return i;
}

/* Can it start so that it uses this gain? False if the gain is of no use to any job of its class.
 */
static bool try_gain(struct plan *plan, struct plan_gain *gain, struct plan_seeker *seeker)
{
    const int64_t least = least_news(seeker->class, gain);
    const uint32_t i = step_near(plan, gain, seeker->near);
    gain->near = i;
    gain->from = plan->steps[i].time;
    /* If it has become longer, a later gain did that, and has it on its own account. */
    const simtime length = longest_hole(plan, i, gain->to, least);
    gain->length = length < gain->length ? length : gain->length;
    if (!(plan->useful[plan_part(plan, gain->from)][plan_length(gain->length)] >> seeker->class &
          1))
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
    for (size_t k = 0; k < gains->len;) {
        struct plan_gain *gain = &gains->items[k];
        /* One branch: none of the five can be foreseen, all five together hardly ever. */
        const bool hope = (gain->from < seeker->start) & (gain->length >= seeker->duration) &
                          (gain->when >= seeker->seen) & (gain->most >= seeker->procs) &
                          (gain->before < seeker->procs);
        if (!hope || try_gain(plan, gain, seeker))
            k++;
        else
            *gain = gains->items[--gains->len];
    }
}

void plan_gains_try(struct plan *plan, struct plan_seeker *seeker)
{
    try_gains(plan, &plan->gains[0][seeker->class], seeker);
    try_gains(plan, &plan->gains[1][seeker->class], seeker);
}
