/* Why jobs wait: each instant of a wait has one cause, the first that holds in the order of enum
 * wait_cause. Waiting jobs are not touched one by one: those of a partition that ask the same (and
 * belong to the same class of the gates) make a shape, which adds up microseconds by cause; a job
 * notes the sums of its shape when it joins the queue and takes the difference when it leaves. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_CAUSES_H
#define MODEL_CAUSES_H

#include "model/gates.h"
#include "model/partition.h"
#include "model/touched.h"

/* How the scheduler of a partition left what would fit. */
struct cause_place {
    const struct partition *partition; /* borrowed */
    enum wait_cause fits;              /* CAUSE_RESERVED or CAUSE_ORDER */
};

/* No job's: what a job would wait for that asks for no time. */
#define REQUEST_NONE (-1)

/* Passes the gates freely, or there are none; no job's: is bounded by what others keep. */
enum { CLASS_FREE = -1, CLASS_TIDE = -2 };

/* What makes jobs wait alike. */
struct cause_want {
    int32_t class;   /* of the gates; CLASS_FREE */
    simtime request; /* above 0 where the gates ask for it, else 0; REQUEST_NONE */
    struct ask ask;
    /* Where the gates ask for a request that differs among the partitions it waits in (`request`
     * is 0 then): what it follows from, as in struct job_spec. Else 0. */
    double work, request_factor;
    int16_t precision;
};

/* What tenants may have. */
struct cause_gates {
    void *ctx;
    /* Whose news tell which classes to ask about again; they are forgotten at each causes_settle.
     * NULL: ask about all after each instant. Classes are gates then, else any numbers. */
    struct gates *gates;
    /* Fill in class and request: jobs with the same and one ask pass the same gates. */
    void (*fill)(void *ctx, const struct job *job, struct cause_want *want);
    /* CAUSE_QUOTA, CAUSE_BUDGET, CAUSE_GUARANTEE; WAIT_CAUSES: nothing holds it there. Asked after
     * every instant where the answer may differ among partitions that one job waits in. */
    enum wait_cause (*cause)(void *ctx, const struct partition *partition,
                             const struct cause_want *want);
    /* What `cause` follows from elsewhere, of all of a class. */
    struct gates_opening (*opening)(void *ctx, const struct partition *partition, int32_t class);
};

struct causes;

/* `places` (one a row of world.partitions) is borrowed and may be changed until causes_settle is
 * told; `gates` is copied, NULL: there are none. `touched` is borrowed: those that may have changed
 * at this instant, or what their schedulers make of them. */
struct causes *causes_new(const struct world *world, const struct cause_place *places,
                          const struct jobs *jobs, const struct cause_gates *gates,
                          struct touched *touched);
void causes_free(struct causes *causes); /* takes NULL */

/* A job joins queues (job->waits_in). It is looked at when the instant is over. O(1). */
void causes_join(struct causes *causes, const struct job *job);

/* It leaves them: adds what it waited to job->wait_by. Nothing if it joined at this very instant.
 * O(log shapes), and a move of small entries if it was the last of its shape: of those that differ
 * by their request alone; with gates of all in its partition. */
void causes_leave(struct causes *causes, const struct job *job, simtime now);

/* Time that the job spent before it joined a queue. */
void causes_add(struct causes *causes, struct job *job, enum wait_cause cause, simtime span);

/* All that happens at `now` has happened. Those where causes_queued changed are among the touched
 * from now on. Counts only and no gates: O(log shapes) and the shapes between the free processors
 * before and now; else O(shapes) of the partitions touched (with gates: of all). Where requests
 * tell shapes apart, all of one class and ask count as one, and each whose request came within the
 * longest, or no longer is, as one more; but each work whose request differs by the partition. */
void causes_settle(struct causes *causes, simtime now);

/* Processors asked by the waiting jobs of a partition, by cause; a job that waits in several counts
 * in each. */
const int64_t *causes_queued(const struct causes *causes, int32_t partition);

/* REQUIREs that all that ask the same have the cause that holds, and that sums agree; and (`jobs`)
 * that each waiting job is counted where it belongs. After causes_settle. O(what is asked), and
 * O(live jobs). */
void causes_check(const struct causes *causes, bool jobs);

#endif
