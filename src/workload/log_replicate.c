/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/log_replicate.h"

#include "util/mem.h"
#include "workload/keymap.h"

#include <stdlib.h>

struct log_replicate {
    simtime shake;
    enum log_resample resample;
    simtime cycle; /* a day or a week */
    struct rng_stream draws;
    bool begun, ended; /* reading of the log as it is */
    simtime first, last;
    struct entries jobs; /* shake: a heap of those that others may come before; resample: all, in
                            order */
    size_t next;         /* resample: in jobs */
};

struct log_replicate *log_replicate_new(const struct log_params *params, struct rng_seed seed,
                                        const char *path)
{
    const enum log_resample resample = (enum log_resample)params->replicate.resample;
    if (params->replicate.shake == 0 && resample == LOG_RESAMPLE_NONE)
        return NULL;
    struct log_replicate *replicate = mem_new(1, sizeof(*replicate));
    replicate->shake = params->replicate.shake;
    replicate->resample = resample;
    replicate->cycle = params->replicate.by == LOG_BY_DAY ? SIMTIME_DAY : 7 * SIMTIME_DAY;
    rng_stream_init(&replicate->draws, seed, path, "replicate");
    return replicate;
}

void log_replicate_free(struct log_replicate *replicate)
{
    if (!replicate)
        return;
    rng_stream_deinit(&replicate->draws);
    entries_deinit(&replicate->jobs);
    free(replicate);
}

/* ---- shake ---- */

static void shake_job(struct log_replicate *replicate, struct entry job)
{
    gsl_rng *const draw = rng_at(&replicate->draws, job.ordinal);
    const double part = 2 * gsl_rng_uniform(draw) - 1;
    job.submit += (simtime)llround(part * (double)replicate->shake);
    if (job.submit < replicate->first)
        job.submit = replicate->first;
    entries_push(&replicate->jobs, &job);
}

/* Jobs not yet read are submitted at `last` or later as the log has them. */
static bool shaken_ready(const struct log_replicate *replicate)
{
    return replicate->jobs.len > 0 && (replicate->ended || replicate->jobs.items[0].submit <
                                                               replicate->last - replicate->shake);
}

static int next_shaken(struct log_replicate *replicate, log_pull_fn *pull, void *ctx,
                       struct entry *ret, struct error *err)
{
    while (!replicate->ended && !shaken_ready(replicate)) {
        struct entry job;
        const int got = pull(ctx, &job, err);
        if (got < 0)
            return got;
        replicate->ended = got == SOURCE_END;
        if (replicate->ended)
            break;
        if (!replicate->begun)
            replicate->first = job.submit;
        replicate->begun = true;
        replicate->last = job.submit;
        shake_job(replicate, job);
    }
    if (replicate->jobs.len == 0)
        return SOURCE_END;
    *ret = entries_pop(&replicate->jobs);
    return SOURCE_JOB;
}

/* ---- resample ---- */

/* The jobs of the log by user: those of user u are order[from[u]] ... order[from[u + 1] - 1]. */
struct users {
    size_t len;
    size_t *from, *order;
};

static void users_init(struct users *users, const struct entries *jobs)
{
    struct keymap rows = {0};
    int32_t *row = mem_new(jobs->len, sizeof(*row));
    *users = (struct users){0};
    for (size_t i = 0; i < jobs->len; i++) {
        const int64_t user = jobs->items[i].user;
        const int32_t *known = keymap_find(&rows, user);
        row[i] = known ? *known : (int32_t)users->len;
        if (!known)
            keymap_add(&rows, user, (int32_t)users->len++);
    }
    users->from = mem_new(users->len + 2, sizeof(*users->from));
    users->order = mem_new(jobs->len, sizeof(*users->order));
    for (size_t i = 0; i < jobs->len; i++)
        users->from[row[i] + 2]++;
    for (size_t u = 0; u < users->len; u++)
        users->from[u + 2] += users->from[u + 1];
    for (size_t i = 0; i < jobs->len; i++)
        users->order[users->from[row[i] + 1]++] = i;
    free(row);
    keymap_deinit(&rows);
}

static void users_deinit(struct users *users)
{
    free(users->from);
    free(users->order);
}

/* Days or weeks that the log spans. */
static simtime cycles_of(const struct log_replicate *replicate)
{
    return (replicate->last - replicate->first) / replicate->cycle + 1;
}

/* Where nobody can move and nobody be drawn for another, each replication would be the log. */
static int check_chance(const struct log_replicate *replicate, const struct users *users,
                        struct error *err)
{
    if (cycles_of(replicate) > 1 || (replicate->resample == LOG_RESAMPLE_USERS && users->len > 1))
        return 0;
    const bool weeks = replicate->cycle > SIMTIME_DAY;
    return error_set(err,
                     "replicate: resample: the jobs%s span less than a %s, by which they would "
                     "move: there is nothing to resample, and each replication would be the same; "
                     "see %s`shake: 60s`",
                     users->len == 1 ? ", of one user," : "", weeks ? "week" : "day",
                     replicate->last - replicate->first >= SIMTIME_DAY ? "`by: day` and " : "");
}

/* Where a job comes whose user moves by so many cycles. The last cycle ends where the log does:
 * what would come after that goes where the cut cycle, which moves too, leaves as much open. */
static simtime move_round(const struct log_replicate *replicate, simtime submit, simtime moved)
{
    const simtime cycle = replicate->cycle, cycles = cycles_of(replicate);
    const simtime at = (submit - replicate->first + moved * cycle) % (cycles * cycle);
    const bool within = at <= replicate->last - replicate->first;
    return replicate->first + (within ? at : at - (cycles - moved) * cycle);
}

/* The `place`-th user of the other log has the jobs of one of this log, so many cycles later. */
static void place_user(struct log_replicate *replicate, const struct entries *jobs,
                       const struct users *users, size_t place, struct entries *ret)
{
    gsl_rng *const draw = rng_at(&replicate->draws, place);
    const simtime moved = (simtime)gsl_rng_uniform_int(draw, (unsigned long)cycles_of(replicate));
    const size_t user = replicate->resample == LOG_RESAMPLE_USERS
                            ? gsl_rng_uniform_int(draw, (unsigned long)users->len)
                            : place;
    for (size_t i = users->from[user]; i < users->from[user + 1]; i++) {
        struct entry job = jobs->items[users->order[i]];
        job.submit = move_round(replicate, job.submit, moved);
        job.ordinal = job.ordinal * users->len + place;
        entries_append(ret, &job);
    }
}

static int read_and_resample(struct log_replicate *replicate, log_pull_fn *pull, void *ctx,
                             struct error *err)
{
    struct entries jobs = {0};
    struct entry job;
    int got;
    while ((got = pull(ctx, &job, err)) == SOURCE_JOB)
        entries_append(&jobs, &job);
    if (got == SOURCE_END && jobs.len > 0) {
        struct users users;
        users_init(&users, &jobs);
        replicate->first = jobs.items[0].submit;
        replicate->last = jobs.items[jobs.len - 1].submit;
        if (check_chance(replicate, &users, err) < 0)
            got = SOURCE_ERROR;
        for (size_t place = 0; got == SOURCE_END && place < users.len; place++)
            place_user(replicate, &jobs, &users, place, &replicate->jobs);
        entries_sort(&replicate->jobs);
        users_deinit(&users);
    }
    entries_deinit(&jobs);
    replicate->begun = true;
    return got;
}

static int next_resampled(struct log_replicate *replicate, log_pull_fn *pull, void *ctx,
                          struct entry *ret, struct error *err)
{
    const int got = replicate->begun ? SOURCE_END : read_and_resample(replicate, pull, ctx, err);
    if (got != SOURCE_END)
        return got;
    if (replicate->next == replicate->jobs.len)
        return SOURCE_END;
    *ret = replicate->jobs.items[replicate->next++];
    return SOURCE_JOB;
}

int log_replicate_next(struct log_replicate *replicate, log_pull_fn *pull, void *ctx,
                       struct entry *ret, struct error *err)
{
    return replicate->resample == LOG_RESAMPLE_NONE
               ? next_shaken(replicate, pull, ctx, ret, err)
               : next_resampled(replicate, pull, ctx, ret, err);
}
