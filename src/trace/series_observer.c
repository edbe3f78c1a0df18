/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/series_observer.h"

#include "trace/series.h"
#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

/* 2^63 us x processors is 10 million processors over 10 days: too little for a step of a year. */
__extension__ typedef __int128 int128;

static const struct column columns[] = {
    {"time", COLUMN_F64, 0, "s", "start of the step, since the start of the run"},
    {"capacity", COLUMN_F64, 0, "processors", "installed, mean over the step"},
    {"up", COLUMN_F64, 0, "processors", "installed and not down, mean over the step"},
    {"busy", COLUMN_F64, 0, "processors", "held by running jobs, mean over the step"},
    {"queued_jobs", COLUMN_F64, 0, "jobs", "waiting, mean over the step"},
    {"queued_procs", COLUMN_F64, 0, "processors", "asked by waiting jobs, mean over the step"},
};

#define CAUSE(cause, name, what)                                                                   \
    [cause] = {"queued_procs_" name, COLUMN_F64, 0, "processors",                                  \
               "the part of queued_procs held by: " what},
static const struct column cause_columns[WAIT_CAUSES] = {WAIT_CAUSE_LIST(CAUSE)};

#define COMING(name, what)                                                                         \
    {                                                                                              \
        {"coming_jobs_" name, COLUMN_F64, 0, "jobs",                                               \
         "on their way here, mean over the step: " what},                                          \
        {                                                                                          \
            "coming_procs_" name, COLUMN_F64, 0, "processors",                                     \
                "asked by jobs on their way here, mean over the step: " what                       \
        }                                                                                          \
    }
static const struct column coming_columns[COMINGS][2] = {
    [COMING_DATA] = COMING("data", "their data move"),
    [COMING_BROKER] = COMING("broker", "the broker's delay is not over"),
};
static const enum wait_cause coming_causes[COMINGS] = {
    [COMING_DATA] = CAUSE_DATA,
    [COMING_BROKER] = CAUSE_BROKER,
};

/* Idle steps between looks at whether to stop: some milliseconds of them. */
enum { LOOK_EVERY = 4096 };

/* Those of every partition, and at most. */
enum { CORE = ARRAY_LEN(columns) - 1, MEASURES = CORE + WAIT_CAUSES + 2 * COMINGS };

struct partition {
    struct series *series;
    char *path;
    size_t n;                 /* measures */
    simtime begin;            /* of the step; SIMTIME_NEVER: the series was cut short */
    simtime end;              /* of the series */
    simtime at;               /* integrated up to here */
    int64_t values[MEASURES]; /* from `at` on */
    int128 sums[MEASURES];    /* value x us over [begin, at) */
};

struct series_observer {
    struct h5 *h5;
    simtime step;
    const volatile sig_atomic_t *interrupted; /* may be NULL */
    bool cut;
    struct column columns[MEASURES + 1];
    size_t n_measures;
    uint8_t causes[WAIT_CAUSES]; /* that have a measure */
    size_t n_causes;
    uint8_t comings[COMINGS]; /* the same, behind the causes: jobs, processors of each */
    size_t n_comings;
    size_t len;
    struct partition partitions[];
};

static void list_columns(struct series_observer *observer)
{
    memcpy(observer->columns, columns, sizeof(columns));
    observer->n_measures = CORE;
    for (size_t i = 0; i < observer->n_causes; i++)
        observer->columns[++observer->n_measures] = cause_columns[observer->causes[i]];
    for (size_t i = 0; i < observer->n_comings; i++)
        for (size_t k = 0; k < 2; k++)
            observer->columns[++observer->n_measures] = coming_columns[observer->comings[i]][k];
}

struct series_observer *series_observer_new(struct h5 *h5, const struct world *world, simtime step,
                                            int level)
{
    REQUIRE(step > 0);
    struct series_observer *observer =
        mem_new(1, sizeof(*observer) + world->n_partitions * sizeof(observer->partitions[0]));
    observer->h5 = h5;
    observer->step = step;
    observer->len = world->n_partitions;
    /* On its way a job stands in no queue. */
    const uint32_t causes = world->causes & ~(1u << CAUSE_DATA | 1u << CAUSE_BROKER);
    for (unsigned c = 0; c < WAIT_CAUSES; c++)
        if (causes >> c & 1)
            observer->causes[observer->n_causes++] = (uint8_t)c;
    for (unsigned c = 0; c < COMINGS; c++)
        if (world->causes >> coming_causes[c] & 1)
            observer->comings[observer->n_comings++] = (uint8_t)c;
    list_columns(observer);
    for (size_t i = 0; i < observer->len; i++) {
        const struct partition_info *info = &world->partitions[i];
        char *centre = h5_component(world->centres[info->centre].name);
        char *name = h5_component(info->name);
        char *path = mem_format("/series/%s/%s", centre, name);
        observer->partitions[i].series =
            series_new(h5, &(struct series_type){.path = path,
                                                 .columns = observer->columns,
                                                 .len = observer->n_measures + 1,
                                                 .level = level});
        observer->partitions[i].n = observer->n_measures;
        observer->partitions[i].begin = observer->partitions[i].at =
            world->begins - world->begins % step;
        observer->partitions[i].path = path;
        free(centre);
        free(name);
    }
    return observer;
}

static inline void integrate(struct partition *partition, simtime until)
{
    const simtime length = until - partition->at;
    for (size_t i = 0; i < CORE; i++)
        partition->sums[i] += (int128)partition->values[i] * length;
    for (size_t i = CORE; i < partition->n; i++)
        partition->sums[i] += (int128)partition->values[i] * length;
    partition->at = until;
}

/* Whole part and remainder apart: a constant comes out exact however long the step. */
static double mean(int128 sum, simtime length)
{
    const int64_t whole = (int64_t)(sum / length);
    return (double)whole + (double)(int64_t)(sum % length) / (double)length;
}

static void append_means(struct partition *partition)
{
    const simtime length = partition->at - partition->begin;
    double row[MEASURES + 1] = {simtime_seconds(partition->begin)};
    for (size_t i = 0; i < partition->n; i++) {
        row[i + 1] = mean(partition->sums[i], length);
        partition->sums[i] = 0;
    }
    series_append(partition->series, row);
    partition->begin = partition->at;
}

static void cut(struct series_observer *observer, struct partition *partition)
{
    observer->cut = true;
    partition->end = partition->begin;
    partition->begin = SIMTIME_NEVER;
}

/* Whole steps in which nothing happened need no integrals. There may be so many of them that the
 * run is told to stop in between. */
static void append_constant(struct series_observer *observer, struct partition *partition,
                            simtime until)
{
    double row[MEASURES + 1];
    for (size_t i = 0; i < partition->n; i++)
        row[i + 1] = (double)partition->values[i];
    for (size_t rows = 1; until - partition->begin >= observer->step; rows++) {
        row[0] = simtime_seconds(partition->begin);
        series_append(partition->series, row);
        partition->begin += observer->step;
        if (rows % LOOK_EVERY == 0 && observer->interrupted && *observer->interrupted) {
            cut(observer, partition);
            return;
        }
    }
    partition->at = partition->begin;
}

static NOINLINE void end_steps(struct series_observer *observer, struct partition *partition,
                               simtime until)
{
    if (partition->at > partition->begin) {
        integrate(partition, partition->begin + observer->step);
        append_means(partition);
    }
    append_constant(observer, partition, until);
}

static inline void advance(struct series_observer *observer, struct partition *partition,
                           simtime until)
{
    if (UNLIKELY(until - partition->begin >= observer->step))
        end_steps(observer, partition, until);
    integrate(partition, until);
}

void series_observer_see(struct series_observer *observer, const struct fact *fact)
{
    if (fact->partition < 0 || (size_t)fact->partition >= observer->len ||
        !(fact->counts || fact->queued_by))
        return;
    struct partition *partition = &observer->partitions[fact->partition];
    if (LIKELY(fact->at >= partition->begin))
        advance(observer, partition, fact->at);
    if (fact->queued_by)
        for (size_t i = 0, n = observer->n_causes; i < n; i++)
            partition->values[CORE + i] = fact->queued_by[observer->causes[i]];
    const struct partition_counts *counts = fact->counts;
    if (!counts)
        return;
    const int64_t values[CORE] = {counts->capacity, counts->capacity - counts->down, counts->busy,
                                  counts->queued_jobs, counts->queued_procs};
    memcpy(partition->values, values, sizeof(values));
    int64_t *coming = &partition->values[CORE + observer->n_causes];
    for (size_t i = 0, n = observer->n_comings; i < n; i++) {
        *coming++ = counts->coming_jobs[observer->comings[i]];
        *coming++ = counts->coming_procs[observer->comings[i]];
    }
}

void series_observer_finish(struct series_observer *observer, simtime end)
{
    for (size_t i = 0; i < observer->len; i++) {
        struct partition *partition = &observer->partitions[i];
        if (partition->begin == SIMTIME_NEVER)
            continue;
        partition->end = end;
        if (end < partition->begin) /* stopped before anything came */
            continue;
        advance(observer, partition, end);
        if (partition->at > partition->begin)
            append_means(partition);
    }
}

void series_observer_heed(struct series_observer *observer,
                          const volatile sig_atomic_t *interrupted)
{
    observer->interrupted = interrupted;
}

bool series_observer_is_cut(const struct series_observer *observer)
{
    return observer->cut;
}

void series_observer_free(struct series_observer *observer)
{
    if (!observer)
        return;
    for (size_t i = 0; i < observer->len; i++) {
        struct partition *partition = &observer->partitions[i];
        series_free(partition->series);
        const hid_t group = h5_group(observer->h5, partition->path);
        h5_attr_double(observer->h5, group, "step", simtime_seconds(observer->step));
        h5_attr_double(observer->h5, group, "end", simtime_seconds(partition->end));
        h5_release(observer->h5, group);
        free(partition->path);
    }
    free(observer);
}
