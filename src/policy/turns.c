/* What planning passes share: the draft in which their reservations stand, the jobs in turn, and
 * when to stop. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/sched.h"

#include "util/mem.h"

#include <stdlib.h>

void sched_plan_deinit(struct sched *sched)
{
    if (sched->draft)
        draft_deinit(sched->draft);
    free(sched->draft);
}

void sched_plan_begin(struct sched *sched, simtime now, struct turns *ret_turns)
{
    if (!sched->draft)
        sched->draft = mem_new(1, sizeof(*sched->draft));
    draft_begin(sched->draft, sched->partition->profile, now);
    ret_turns->hopes = ret_turns->begun = false;
    ret_turns->window = SIMTIME_NEVER;
    ret_turns->spare = 0;
    ret_turns->len = ret_turns->next = 0;
    ret_turns->some = TURNS_SOME / 8;
}

void sched_plan_end(struct sched *sched)
{
    draft_end(sched->draft);
}

int64_t sched_free_beside(const struct sched *sched, simtime now)
{
    const int64_t planned = draft_at(sched->draft, now), free = sched_free(sched, now);
    return planned < free ? planned : free;
}

simtime sched_earliest(struct sched *sched, const struct jobitem *item, simtime now, simtime last)
{
    struct draft *draft = sched->draft;
    const simtime at = draft_earliest(draft, now, last, item->request, item->procs);
    if (at > now || !sched->partition->constrained || sched_can_start(sched, item, now))
        return at;
    const simtime next = draft_next_step(draft, now);
    if (next > last)
        return SIMTIME_NEVER;
    return draft_earliest(draft, next, last, item->request, item->procs);
}

/* Is there one behind the job at hand that may start now? What was found stays so unless something
 * was taken until its end. */
static bool hopes(struct sched *sched, struct turns *turns, simtime now)
{
    struct draft *draft = sched->draft;
    struct jobitem *item = &turns->hope;
    struct jobkey last = turns->last;
    const struct jobkey *after = turns->begun ? &last : NULL;
    turns->hopes &= !after || !jobkey_upto(&item->key, after);
    if (turns->hopes && draft->touched - now >= item->request)
        return true;
    const int64_t free = sched_free_beside(sched, now);
    draft->touched = SIMTIME_NEVER;
    while (turns->hopes ||
           queue_next_fit(&sched->queue, after, free, turns->window, turns->spare, item)) {
        const simtime until = draft_until(draft, now, item->procs);
        turns->hopes = item->procs <= free && until - now >= item->request;
        if (turns->hopes)
            return true;
        turns->window = until - now;
        turns->spare = item->procs - 1;
        last = item->key;
        after = &last;
    }
    return false;
}

bool sched_plan_next(struct sched *sched, struct turns *turns, simtime now, struct jobitem *ret)
{
    if (!hopes(sched, turns, now))
        return false;
    if (turns->next == turns->len) {
        turns->len = queue_some(&sched->queue, turns->begun ? &turns->last : NULL, turns->some,
                                turns->items);
        turns->some = turns->some < TURNS_SOME ? 2 * turns->some : TURNS_SOME;
        turns->next = 0;
        if (turns->len == 0)
            return false;
    }
    *ret = turns->items[turns->next++];
    turns->last = ret->key;
    turns->begun = true;
    return true;
}

void sched_plan_start(struct sched *sched, struct turns *turns, const struct jobitem *item,
                      simtime now)
{
    sched_start(sched, item);
    const struct job *job = jobs_at(sched->jobs, item->slot);
    draft_started(sched->draft, now, job->due, job->procs);
    if (sched->tenancy.gates)
        turns->len = turns->next = 0;
}
