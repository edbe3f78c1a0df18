/* What planning passes share: the draft in which their reservations stand, the jobs in turn, and
 * when to stop. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/sched.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

void sched_plan_deinit(struct sched *sched)
{
    if (sched->draft)
        draft_deinit(sched->draft);
    free(sched->draft);
}

/* The job at hand is the last one that was taken. */
static const struct jobkey *at_hand(struct turns *turns)
{
    if (turns->next > turns->items) {
        turns->last = turns->next[-1].key;
        turns->begun = true;
    }
    return turns->begun ? &turns->last : NULL;
}

static void begin_search(struct turns *turns)
{
    sched_plan_forget_hope(turns);
    turns->hoped = false;
    turns->window = SIMTIME_NEVER;
    turns->spare = 0;
}

/* What was read ahead is read again. */
static void forget_ahead(struct turns *turns)
{
    turns->next = turns->end = turns->items;
    turns->early = NULL;
}

void sched_plan_begin(struct sched *sched, simtime now)
{
    if (!sched->draft)
        sched->draft = mem_new(1, sizeof(*sched->draft));
    draft_begin(sched->draft, sched->partition->profile, now);
    sched->turns.begun = false;
    sched->turns.base = queue_base(&sched->queue);
    begin_search(&sched->turns);
    forget_ahead(&sched->turns);
}

/* Keys that were kept become what they are now. */
static void renew_keys(struct turns *turns, double base)
{
    const double step = base - turns->base;
    turns->base = base;
    turns->last.score += step;
    for (struct jobitem *item = turns->items; item < turns->end; item++)
        item->key.score += step;
}

void sched_plan_resume(struct sched *sched, simtime now)
{
    draft_advance(sched->draft, now);
    renew_keys(&sched->turns, queue_base(&sched->queue));
    begin_search(&sched->turns);
}

void sched_plan_end(struct sched *sched)
{
    struct turns *turns = &sched->turns;
    at_hand(turns);
    if (turns->early > turns->next)
        turns->end = turns->next + (turns->early - turns->next);
    else
        forget_ahead(turns);
    draft_end(sched->draft);
}

bool sched_plan_reached(const struct sched *sched, const struct jobkey *key)
{
    const struct turns *turns = &sched->turns;
    const double step = queue_base(&sched->queue) - turns->base;
    const struct jobkey then = {key->score - step, key->seq};
    if (turns->end > turns->next)
        return jobkey_upto(&then, &turns->end[-1].key);
    return turns->begun && jobkey_upto(&then, &turns->last);
}

int64_t sched_free_beside(const struct sched *sched, simtime now)
{
    const int64_t planned = draft_at(sched->draft, now), free = sched_free(sched, now);
    return planned < free ? planned : free;
}

/* As far ahead as it takes. */
static inline simtime earliest(struct sched *sched, const struct jobitem *item, simtime after,
                               simtime last)
{
    struct draft *draft = sched->draft;
    simtime at;
    while ((at = draft_earliest(draft, after, last, item->request, item->procs)) == SIMTIME_NEVER &&
           UNLIKELY(sched->partition->horizon < SIMTIME_NEVER) &&
           sched_look(sched, item, after, last))
        draft_extended(draft);
    return at;
}

simtime sched_earliest(struct sched *sched, const struct jobitem *item, simtime now, simtime last)
{
    struct draft *draft = sched->draft;
    const simtime at = earliest(sched, item, now, last);
    if (at > now || !sched->partition->constrained || sched_can_start(sched, item, now))
        return at;
    const simtime next = draft_next_step(draft, now);
    if (next > last)
        return SIMTIME_NEVER;
    return earliest(sched, item, next, last);
}

/* What was found stays so unless something was taken until its end. */
bool sched_plan_hopes(struct sched *sched, simtime now)
{
    struct turns *turns = &sched->turns;
    struct draft *draft = sched->draft;
    struct jobitem *item = &turns->hope;
    const int64_t free = sched_free_beside(sched, now);
    struct jobkey last = item->key;
    const struct jobkey *after = turns->hoped ? &last : at_hand(turns);
    draft->touched = SIMTIME_NEVER;
    while (turns->hopes ||
           queue_next_fit(&sched->queue, after, free, turns->window, turns->spare, item)) {
        const simtime until = draft_until(draft, now, item->procs);
        turns->hoped = true;
        turns->hopes = item->procs <= free && until - now >= item->request;
        if (turns->hopes) {
            draft->wanted = item->procs;
            turns->until = now + item->request;
            return true;
        }
        turns->window = until - now;
        turns->spare = item->procs - 1;
        turns->clear = turns->behind = NULL;
        last = item->key;
        after = &last;
    }
    return false;
}

/* Where it stands once the next one stands first. */
static const struct jobitem *moved(const struct turns *turns, const struct jobitem *item)
{
    return item >= turns->next ? turns->items + (item - turns->next) : NULL;
}

/* Room for more behind those that are read ahead. */
static void make_room(struct turns *turns)
{
    const size_t ahead = (size_t)(turns->end - turns->next);
    at_hand(turns);
    turns->early = moved(turns, turns->early);
    turns->clear = moved(turns, turns->clear);
    turns->behind = moved(turns, turns->behind);
    if (ahead > 0)
        memmove(turns->items, turns->next, ahead * sizeof(*turns->items));
    turns->next = turns->items;
    turns->end = turns->items + ahead;
}

static bool is_full(const struct turns *turns)
{
    return turns->items + TURNS_MOST - turns->end < TURNS_SOME;
}

bool sched_plan_read(struct sched *sched)
{
    struct turns *turns = &sched->turns;
    if (turns->end == turns->next || is_full(turns))
        make_room(turns);
    if (is_full(turns))
        return false;
    const struct jobkey *after = turns->end > turns->next ? &turns->end[-1].key : at_hand(turns);
    const size_t len = queue_some(&sched->queue, after, TURNS_SOME, turns->end);
    turns->end += len;
    return len > 0;
}

void sched_plan_start(struct sched *sched, const struct jobitem *item, simtime now)
{
    struct turns *turns = &sched->turns;
    sched_start(sched, item);
    const struct job *job = jobs_at(sched->jobs, item->slot);
    draft_started(sched->draft, now, job->due, job->procs);
    if (sched->tenancy.gates) {
        at_hand(turns);
        forget_ahead(turns);
        sched_plan_forget_hope(turns);
        turns->hoped = false;
    }
}
