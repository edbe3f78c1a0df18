/* What tenants may have: quotas at every level of the tree, and guarantees among brothers; and
 * quotas of a QOS across tenants. A gate answers how many processors its jobs may take now; it
 * holds jobs by answering less than they ask.
 *
 * Quotas (Slurm's GrpTRES, GrpJobs, GrpTRESMins) count what runs below a tenant in all centres;
 * those of a QOS all its jobs, and what each tenant that submits has of them (MaxTRESPerUser).
 * Guarantees (the nominal quotas of Kueue's cohorts) are of the processors of the tenant's home and
 * shared among the children of one parent that have this home: what one leaves idle others may
 * borrow, but for what it does not lend. The rest of the centre is open to all. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_GATES_H
#define MODEL_GATES_H

#include "model/observe.h"

struct gates;

/* What stands for no gate; for whichever it may be. */
enum { GATE_NONE = -1, GATE_ANY = -4 };

/* What a tenant has, now or after a dated change. */
struct gate_need {
    bool quota, guarantee;
    bool hours; /* the quota is of processor-hours, now or later */
};

/* The same of a QOS; without guarantees. */
struct qos_need {
    struct gate_need all, each;
};

/* `needs`: one a row of the world's tenants; `qos`: of its QOS, NULL where it has none. The world
 * is borrowed; its tenants may grow meanwhile: those have the quota that they come with, for good.
 */
struct gates *gates_new(const struct world *world, const struct gate_need *needs,
                        const struct qos_need *qos);
void gates_free(struct gates *gates); /* takes NULL */
AUTO_DEFINE(struct gates *, gates_free)

/* Has any tenant a guarantee, now or later? O(1). */
bool gates_guarantee(const struct gates *gates);

/* The gate by which jobs of the tenant in a QOS (row; 0: none) come in; -1: they pass freely. Those
 * with the same gate are held alike. On its way a job passes all that hold it: its tenant's, those
 * above, its QOS's. O(1). */
int32_t gates_of(struct gates *gates, int32_t tenant, int32_t qos);

/* The tenant whose gate it is (-1: a QOS's), and the next gate of tenants above (below 0: none).
 * O(1). */
int32_t gates_tenant(const struct gates *gates, int32_t gate);
int32_t gates_up(const struct gates *gates, int32_t gate);

/* The tenant has these terms from now on (NULL: none; borrowed); the world's quotas of the QOS have
 * changed. O(depth), O(gates). */
void gates_set(struct gates *gates, int32_t tenant, const struct tenant_quota *quota,
               const struct tenant_guarantee *guarantee, simtime now);
void gates_set_qos(struct gates *gates, int32_t qos, simtime now);

/* Processors of the centre that are in service. */
void gates_capacity(struct gates *gates, int32_t centre, int64_t procs);

/* Time goes on to `now`: what jobs run beyond their requests counts up to it. O(1). */
void gates_advance(struct gates *gates, simtime now);

/* A job takes, or gives back, processors that it asked for until `due`; it has reached its request
 * (job->overdue) and runs on; so many more wait behind the gate. O(depth). */
void gates_start(struct gates *gates, const struct job *job, simtime now);
void gates_end(struct gates *gates, const struct job *job, simtime now);

/* A job that began at this instant is out of the gates (or in them again) while jobs are chosen to
 * be stopped: it makes nobody a borrower. What it runs on is not to be claimed all the same.
 * O(depth). */
void gates_set_apart(struct gates *gates, const struct job *job, bool apart, simtime now);
void gates_overdue(struct gates *gates, const struct job *job);
void gates_wait(struct gates *gates, int32_t gate, int jobs);

/* Guarantees take so many processors more (or fewer) of the centre for used behind the gate, until
 * the same is undone. O(depth). */
void gates_suppose(struct gates *gates, int32_t gate, int32_t centre, int64_t procs);

/* A copy of the gates as they are; the same, put into a copy. O(gates + tenants). */
struct gates *gates_copy(const struct gates *gates);
void gates_assign(struct gates *copy, const struct gates *gates);

/* Where it may matter that a job behind the gate starts or ends: nowhere else, in its centre, or
 * everywhere. O(depth). */
enum gates_reach { GATES_NOWHERE, GATES_CENTRE, GATES_EVERYWHERE };
enum gates_reach gates_reach(const struct gates *gates, int32_t gate);

/* Processors that jobs behind the gate may take now in the centre. The two kinds apart: causes tell
 * them apart. Never negative. O(depth). */
struct room {
    int64_t quota, guarantee;
};
struct room gates_room(const struct gates *gates, int32_t gate, int32_t centre);

/* Processor-microseconds that a job behind the gate may ask for and stay within the processor-hours
 * of its period: all that are left, or less than 0. What runs counts as if it ran to its request,
 * and beyond it what it ran so far. WIDE_MAX: no time is counted. O(depth). */
wide gates_left(const struct gates *gates, int32_t gate);

/* Are so many processors for so long no more than that? O(depth). */
bool gates_affords(const struct gates *gates, int32_t gate, int32_t procs, simtime request);

/* May that ever be a bound? The same throughout a run, as what waits is kept by it. O(depth). */
bool gates_counts_time(const struct gates *gates, int32_t gate);

/* Does the gate let a job of so many processors start in the centre now, by what they leave to all
 * or by a claim? O(depth). */
bool gates_admit(const struct gates *gates, int32_t gate, int32_t centre, int32_t procs,
                 simtime request);

/* What the gate may still claim of the nearest guarantee in the centre, its own or of one above,
 * but for what others below that keep, and as far as those above let it; 0: nothing, or there is
 * none. O(depth). */
int64_t gates_claim(const struct gates *gates, int32_t gate, int32_t centre);

/* The same as if those above the tenant that the claim is one of might run on more, by quotas of
 * processors and by what they may borrow; and no more than the quotas of all others leave. What is
 * owed but no claim others use up above. O(depth). */
int64_t gates_owed(const struct gates *gates, int32_t gate, int32_t centre);

/* Does a claim cover so many processors for so long, and no quota hold them? Or is as much owed, of
 * processors, and of processor-hours left? O(depth). */
bool gates_claims(const struct gates *gates, int32_t gate, int32_t centre, int32_t procs,
                  simtime request);
bool gates_owes(const struct gates *gates, int32_t gate, int32_t centre, int32_t procs,
                simtime request);

/* The gate of the tenant that such a claim is one of; -1: there is no guarantee. O(depth). */
int32_t gates_claimer(const struct gates *gates, int32_t gate, int32_t centre);

/* Do guarantees let so many processors in now, as room or as a claim? O(depth). */
bool gates_allow(const struct gates *gates, int32_t gate, int32_t centre, int64_t procs);

/* The most that they would let in, if nothing ran in the centre. O(depth). */
int64_t gates_largest(const struct gates *gates, int32_t gate, int32_t centre);

/* Processors of the centre that the tenant of the gate, with all below it, may have at most: what
 * it may borrow, and what brothers, its own and of those above, keep whatever runs. INT64_MAX: no
 * bound but the centre. O(depth). */
int64_t gates_most(const struct gates *gates, int32_t gate, int32_t centre);

/* What has to happen before a job of so many processors may start, which the gate does not let
 * start in the centre now: one ends that came in behind `gate` (GATE_NONE: that is not it), or
 * gates_level is no less than `level` (INT64_MAX: whatever it is), or gates_kept no more than
 * `kept`. Terms that change may let it in all the same. */
struct gates_hold {
    int32_t gate;
    int64_t level, kept;
};

/* False: nothing of the kind is known. O(depth^2). */
bool gates_hold(const struct gates *gates, int32_t gate, int32_t centre, int32_t procs,
                struct gates_hold *ret);

/* The same of a job that no claim covers, or to which not so much is owed: the gate behind which
 * one has to end; GATE_NONE: terms have to change. O(depth^2). */
int32_t gates_hold_claim(const struct gates *gates, int32_t gate, int32_t centre, int32_t procs,
                         bool owed);

/* Processors of the centre that those at the top of the tree keep, all together; and those that are
 * neither in use nor so kept (INT64_MAX where nothing is kept). O(1). */
int64_t gates_kept(const struct gates *gates, int32_t centre);
int64_t gates_level(const struct gates *gates, int32_t centre);

/* So many times somebody may have been let in: a job ended, or terms changed. By which gate the job
 * of the one with this number came in (-1: it passed freely); GATE_ANY: terms changed, or it is
 * known no more. O(1). */
uint64_t gates_ends(const struct gates *gates);
int32_t gates_ended(const struct gates *gates, uint64_t end);

/* The gates behind which a job started, ended or outlived its request since they were last
 * forgotten, each once; borrowed. `ret_all`: terms changed, or the capacity of a centre; all may be
 * different. O(1), O(news). */
const int32_t *gates_news(const struct gates *gates, size_t *ret_len, bool *ret_all);
void gates_forget_news(struct gates *gates);

/* Does the time that jobs run beyond their requests use up the quota of the gate? Then it changes
 * without news. O(1). */
bool gates_grows(const struct gates *gates, int32_t gate);

/* Do jobs come in below it, or by it as their QOS? O(1). */
bool gates_passed(const struct gates *gates, int32_t gate);

/* How many gates there are. O(1). */
size_t gates_count(const struct gates *gates);

/* What those behind a gate may have now in a centre, as gates_room, gates_left and gates_claim say,
 * but with what guarantees leave of the centre kept apart: that changes with each start and end of
 * anybody. `most` is what they leave otherwise; and where there is a pot, gates_beyond of it and of
 * `relief` are the other bound. */
struct gates_opening {
    int64_t quota, claim, most;
    wide left;
    int32_t pot; /* -1: none */
    int64_t relief;
    bool restless; /* it may change with each start and end of anybody: the path is of several homes
                    */
};

/* O(depth). */
struct gates_opening gates_opening(const struct gates *gates, int32_t gate, int32_t centre);

/* Processors of a centre that are neither in use nor kept by those of a pot for others than them to
 * whom so much of it is no bar. INT64_MAX: nothing is kept for others. O(1). */
int64_t gates_beyond(const struct gates *gates, int32_t pot, int64_t relief);

/* What a gate does to openings below it. As long as this is the same, there or at all others of
 * their paths, so are these, for jobs of no more than `procs` processors and `area`
 * processor-microseconds, unless they are restless. O(1). */
struct gates_face {
    int64_t own[2], parts, room, bound, unkept, claim, spare, borrowing;
    wide left;
};
struct gates_face gates_face(const struct gates *gates, int32_t gate, int64_t procs, wide area);

/* What a job that came in by `first` passes behind `gate`, which it passes: below 0 nothing. O(1).
 */
int32_t gates_next(const struct gates *gates, int32_t gate, int32_t first);

/* May a running job be stopped for a claim of `gate` on so many processors: does its tenant, with
 * each above it, run on more than it is guaranteed, up to a brother of the nearest guaranteed
 * tenant upwards, or of one further up whose own guarantee covers the claim? `procs` of 0: whatever
 * it covers. O(depth^2). */
bool gates_borrows(struct gates *gates, const struct job *job, int32_t gate, int32_t centre,
                   int32_t procs);

/* How many guarantees, from the gate upwards, cover a claim on so many processors. O(depth). */
int gates_covering(const struct gates *gates, int32_t gate, int32_t centre, int32_t procs);

/* Do more jobs wait than a limit behind the gate allows? O(depth). */
bool gates_crowded(const struct gates *gates, int32_t gate);

/* Can the quota (NULL: none) ever hold a job that waits? Else it is of single jobs alone. O(1). */
bool quota_holds(const struct tenant_quota *quota);

/* Does the quota (NULL: none) let a job of so many processors for so long run when nothing else
 * does? */
bool quota_could(const struct tenant_quota *quota, int32_t procs, simtime request);

/* Could a guarantee and what may be borrowed beyond it ever hold a job of so many processors? NULL:
 * yes. O(1). */
bool guarantee_could(const struct tenant_guarantee *guarantee, int32_t procs);

/* Has any tenant spent processor-hours of a period that ends? Else the next period brings nobody
 * more. O(gates). */
bool gates_spent(const struct gates *gates);

/* The next instant at which a period of processor-hours begins; SIMTIME_NEVER: none. Turn the
 * periods that begin at `now`. */
simtime gates_next_turn(const struct gates *gates);
void gates_turn(struct gates *gates, simtime now);

/* Before they turn: is such a job held by what was spent in a period that ends now? O(depth). */
bool gates_turn_frees(const struct gates *gates, int32_t gate, int32_t procs, simtime request);

/* REQUIREs that no limit is exceeded but by what ran before it was lowered. */
void gates_check(const struct gates *gates);

#endif
