/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/opaque.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

struct standing {
    uint64_t round; /* in which it was given; 0: none stands */
    double score;
};

struct opaque {
    const struct order_script *script;
    void *state;
    simtime refresh, next; /* next: when scores are taken anew */
    uint64_t round;
    struct standing *standings; /* by slot of the job */
    size_t len;
    bool failed;
    struct error err;
};

struct opaque *opaque_new(const struct order_type *order, const void *params,
                          const struct tenancy *tenancy, const struct jobs *jobs)
{
    struct opaque *opaque = mem_new(1, sizeof(*opaque));
    opaque->script = order->script;
    opaque->refresh = order->script->refresh(params);
    opaque->state = order->script->open(params, tenancy, jobs, &opaque->err);
    opaque->failed = !opaque->state;
    return opaque;
}

void opaque_free(struct opaque *opaque)
{
    if (!opaque)
        return;
    if (opaque->state)
        opaque->script->close(opaque->state);
    free(opaque->standings);
    free(opaque);
}

void opaque_settle(struct opaque *opaque, simtime now)
{
    if (opaque->failed)
        return;
    opaque->script->begin(opaque->state, now);
    if (now < opaque->next)
        return;
    opaque->round++;
    opaque->next = now + opaque->refresh;
}

static struct standing *standing_of(struct opaque *opaque, const struct job *job)
{
    if (job->slot >= opaque->len) {
        const size_t old = opaque->len;
        opaque->len = 2 * (size_t)job->slot + 64;
        opaque->standings = mem_resize(opaque->standings, opaque->len, sizeof(*opaque->standings));
        memset(&opaque->standings[old], 0, (opaque->len - old) * sizeof(*opaque->standings));
    }
    return &opaque->standings[job->slot];
}

double opaque_score(struct opaque *opaque, const struct job *job, const struct score_input *in)
{
    if (opaque->failed)
        return 0;
    struct standing *standing = standing_of(opaque, job);
    if (standing->round == opaque->round && opaque->round > 0)
        return standing->score;
    double score = 0;
    opaque->failed = opaque->script->score(opaque->state, job, in, &score, &opaque->err) < 0;
    if (opaque->failed)
        return 0;
    *standing = (struct standing){opaque->round, score};
    return score;
}

void opaque_forget(struct opaque *opaque, const struct job *job)
{
    standing_of(opaque, job)->round = 0;
}

const struct error *opaque_error(const struct opaque *opaque)
{
    return opaque->failed ? &opaque->err : NULL;
}
