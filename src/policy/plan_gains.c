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

/* The hole of so much that step i, which has it, is in; *ret_end: the step that ends it. */
static inline simtime hole_around(const struct plan *plan, uint32_t i, int64_t procs,
                                  uint32_t *ret_end)
{
    const struct plan_step *steps = plan->steps;
    uint32_t end = steps[i].next;
    while (steps[end].free >= procs)
        end = steps[end].next;
    while (steps[steps[i].prev].free >= procs)
        i = steps[i].prev;
    *ret_end = end;
    return steps[end].time - steps[i].time;
}

/* The longest stretch with so much free that some of [step i, `to`) is in. */
static inline simtime longest_hole(const struct plan *plan, uint32_t i, simtime to, int64_t procs)
{
    const struct plan_step *steps = plan->steps;
    simtime longest = 0;
    do {
        simtime length = 0;
        if (steps[i].free >= procs)
            length = hole_around(plan, i, procs, &i);
        else
            i = steps[i].next;
        longest = length > longest ? length : longest;
    } while (steps[i].time < to);
    return longest;
}

static void note(struct plan *plan, int class, const struct plan_gain *gain)
{
    const int age = plan->recent, length = plan_length(gain->length);
    struct plan_gains *gains = &plan->gains[age][class];
    plan->noted[age] |= UINT64_C(1) << class;
    MEM_GROW(gains);
    gains->items[gains->len] = *gain;
    gains->items[gains->len].class = length;
    gains->items[gains->len++].when = ++plan->clock;
    simtime(*soonest)[2] = plan->soonest[class];
    for (int l = length; l >= 0 && soonest[l][age] > gain->from; l--)
        soonest[l][age] = gain->from;
}

/* The least size in the class that had not been free before. */
static inline int64_t least_news(int class, const struct plan_gain *gain)
{
    const int64_t least = plan_class_least(class);
    return least > gain->before ? least : gain->before + 1;
}

/* For those of these classes to which it is of use. Its length is known for sizes of `fewest`. The
 * larger the class, the shorter the hole: each that was measured bounds the next. */
static NOINLINE void note_all(struct plan *plan, uint64_t classes, struct plan_gain *gain,
                              int64_t fewest)
{
    const int part = plan_part(plan, gain->from);
    for (; classes; classes &= classes - 1) {
        const int c = __builtin_ctzll(classes);
        if (gain->length < plan->shortest[part][c])
            continue;
        const int64_t least = least_news(c, gain);
        if (least > fewest) {
            gain->length = longest_hole(plan, gain->near, gain->to, least);
            classes &= plan->useful[part][plan_length(gain->length)] | (classes & -classes);
        }
        if (gain->length >= plan->shortest[part][c])
            note(plan, c, gain);
    }
}

void plan_gains_note(struct plan *plan, uint32_t i, uint32_t end, int64_t change)
{
    const struct plan_step *steps = plan->steps;
    int64_t low = steps[i].free, most = low;
    for (uint32_t k = steps[i].next; k != end; k = steps[k].next) {
        most = steps[k].free > most ? steps[k].free : most;
        low = steps[k].free < low ? steps[k].free : low;
    }
    if (most <= 0)
        return;
    const int64_t before = low - change, fewest = before > 0 ? before + 1 : 1;
    const simtime from = steps[i].time, to = steps[end].time;
    uint32_t next;
    const simtime length = steps[i].next == end ? hole_around(plan, i, fewest, &next)
                                                : longest_hole(plan, i, to, fewest);
    /* Too short for all in most cases. */
    const uint64_t fit = (UINT64_C(2) << plan_class(most)) - (UINT64_C(1) << plan_class(fewest));
    const uint64_t classes = fit & plan->useful[plan_part(plan, from)][plan_length(length)];
    if (classes)
        note_all(plan, classes,
                 &(struct plan_gain){.from = from,
                                     .to = to,
                                     .before = before,
                                     .most = most,
                                     .length = length,
                                     .near = i},
                 fewest);
}

/* There are jobs of this class. */
static inline void know_class(struct plan *plan, int class)
{
    for (; plan->classes <= class; plan->classes++)
        for (int part = 0; part < plan->parts; part++)
            plan->shortest[part][plan->classes] = INT64_MAX;
}

void plan_gains_expect(struct plan *plan, simtime start, simtime duration, int64_t procs)
{
    const int c = plan_class(procs), length = plan_length(duration);
    const uint64_t class = UINT64_C(1) << c;
    know_class(plan, c);
    for (int part = plan_part(plan, start); part >= 0 && plan->shortest[part][c] > duration;
         part--) {
        plan->shortest[part][c] = duration;
        for (int l = length; l < PLAN_LENGTHS && !(plan->useful[part][l] & class); l++)
            plan->useful[part][l] |= class;
    }
}

void plan_survey(struct plan *plan, simtime last, size_t n)
{
    plan->walks = WALKS;
    plan->origin = plan->steps[plan->head].time;
    /* Where few wait, parts cost more than they tell apart. */
    plan->parts = n < PLAN_PARTS ? (int)n + 1 : PLAN_PARTS;
    plan->shift = 0;
    while ((last - plan->origin) >> plan->shift >= plan->parts)
        plan->shift++;
    memset(plan->useful, 0, (size_t)plan->parts * sizeof(plan->useful[0]));
    plan->classes = 0;
}

void plan_see(struct plan *plan, simtime start, simtime duration, int64_t procs)
{
    const int c = plan_class(procs), part = plan_part(plan, start);
    know_class(plan, c);
    plan->useful[part][plan_length(duration)] |= UINT64_C(1) << c;
    simtime *shortest = &plan->shortest[part][c];
    *shortest = duration < *shortest ? duration : *shortest;
}

void plan_surveyed(struct plan *plan)
{
    for (int part = plan->parts - 2; part >= 0; part--) {
        for (int l = 0; l < PLAN_LENGTHS; l++)
            plan->useful[part][l] |= plan->useful[part + 1][l];
        const simtime *later = plan->shortest[part + 1];
        simtime *shortest = plan->shortest[part];
        for (int c = 0; c < plan->classes; c++)
            shortest[c] = later[c] < shortest[c] ? later[c] : shortest[c];
    }
    for (int part = 0; part < plan->parts; part++) {
        uint64_t classes = 0;
        for (int l = 0; l < PLAN_LENGTHS; l++)
            plan->useful[part][l] = classes |= plan->useful[part][l];
    }
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
    if (length < gain->length) {
        gain->length = length;
        gain->class = plan_length(length);
    }
    if (gain->length < plan->shortest[plan_part(plan, gain->from)][seeker->class])
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

/* Those of one age. Where the first of them begins is known better afterwards. */
static void try_gains(struct plan *plan, int age, struct plan_seeker *seeker)
{
    struct plan_gains *gains = &plan->gains[age][seeker->class];
    const int length = plan_length(seeker->duration);
    simtime(*soonest)[2] = plan->soonest[seeker->class], first = INT64_MAX;
    if (soonest[length][age] >= seeker->start)
        return;
    for (size_t k = 0; k < gains->len;) {
        struct plan_gain *gain = &gains->items[k];
        /* One branch: none of the five can be foreseen, all five together hardly ever. */
        const bool hope = (gain->from < seeker->start) & (gain->length >= seeker->duration) &
                          (gain->when >= seeker->seen) & (gain->most >= seeker->procs) &
                          (gain->before < seeker->procs);
        if (hope && !try_gain(plan, gain, seeker)) {
            *gain = gains->items[--gains->len];
            continue;
        }
        /* Never, if it is too short: a branch on that could not be foreseen either. */
        const simtime from = gain->from | (INT64_MAX & -(simtime)(gain->class < length));
        first = from < first ? from : first;
        k++;
    }
    for (int l = length; l < PLAN_LENGTHS && soonest[l][age] < first; l++)
        soonest[l][age] = first;
}

void plan_gains_try(struct plan *plan, struct plan_seeker *seeker)
{
    try_gains(plan, 0, seeker);
    try_gains(plan, 1, seeker);
}
