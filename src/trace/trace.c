/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/trace.h"

#include "trace/series_observer.h"
#include "util/mem.h"

#include <stdlib.h>

struct trace {
    struct h5 *h5;
    const struct world *world;
    int level;
    struct {
        struct column_group *items;
        size_t len, cap;
    } groups;
    struct column causes[WAIT_CAUSES]; /* columns of /jobs; as many as can occur */
    size_t *sizes;                     /* of the groups, in bytes; once jobs is there */
    struct table *jobs;                /* NULL until the first row */
    struct series_observer *series;    /* NULL: not wanted */
};

/* The columns that every run has. `wait` and the like are what the job itself counted. */
static const struct column core_columns[] = {
    {"id", COLUMN_I64, 0, NULL, "the log's own, else in order of submission from 1"},
    {"tenant", COLUMN_I32, 0, NULL, "row of /names/tenants"},
    {"workload", COLUMN_I32, 0, NULL, "row of /names/workloads"},
    {"centre", COLUMN_I32, 0, NULL, "row of /names/centres"},
    {"partition", COLUMN_I32, 0, NULL, "row of /names/partitions; -1: none yet"},
    {"submit", COLUMN_F64, 0, "s", "since the start of the run"},
    {"start", COLUMN_F64, 0, "s", "first start, since the start of the run; NaN: never"},
    {"end", COLUMN_F64, 0, "s", "last end, since the start of the run; NaN: never"},
    {"wait", COLUMN_F64, 0, "s", "time pending, over all attempts"},
    {"procs", COLUMN_I32, 0, "processors", "asked; of whole nodes: held"},
    {"request", COLUMN_F64, 0, "s", "wall time asked for"},
    {"runtime", COLUMN_F64, 0, "s", "needed on the reference processor, not what it got"},
    {"state", COLUMN_I32, 0, NULL, "row of /names/states"},
    {"reason", COLUMN_I32, 0, NULL, "why rejected: row of /names/reasons"},
};

static double seconds_or_nan(simtime t)
{
    return t == SIMTIME_NEVER ? (double)NAN : simtime_seconds(t);
}

static void fill_core(void *ctx, const struct job *job, void *row)
{
    (void)ctx;
    unsigned char *at = row;
    const struct job_spec *spec = &job->spec;
    row_i64(&at, spec->id);
    row_i32(&at, spec->tenant);
    row_i32(&at, spec->workload);
    row_i32(&at, spec->centre);
    row_i32(&at, job->partition >= 0 ? job->partition : spec->partition);
    row_f64(&at, simtime_seconds(spec->submit));
    row_f64(&at, seconds_or_nan(job->start));
    row_f64(&at, seconds_or_nan(job->end));
    row_f64(&at, simtime_seconds(job->wait));
    row_i32(&at, job->procs > 0 ? job->procs : spec->ask.procs);
    row_f64(&at, simtime_seconds(spec->request));
    row_f64(&at, simtime_seconds(spec->runtime));
    row_i32(&at, job->state);
    row_i32(&at, job->reason);
}

#define CAUSE(cause, name, what)                                                                   \
    [cause] = {"wait_" name, COLUMN_F64, 0, "s", "the part of wait in which: " what},
static const struct column cause_columns[WAIT_CAUSES] = {WAIT_CAUSE_LIST(CAUSE)};

static void fill_causes(void *ctx, const struct job *job, void *row)
{
    const struct world *world = ctx;
    unsigned char *at = row;
    for (uint32_t left = world->causes & ((1u << WAIT_CAUSES) - 1); left; left &= left - 1)
        row_f64(&at, job->wait_by ? simtime_seconds(job->wait_by[__builtin_ctz(left)]) : 0);
}

static const struct column stop_columns[] = {
    {"preemptions", COLUMN_I32, 0, NULL, "times it was stopped for others, to wait and begin anew"},
    {"lost", COLUMN_F64, 0, "processor s", "processor-seconds that it had to do again"},
};

static void fill_stops(void *ctx, const struct job *job, void *row)
{
    (void)ctx;
    unsigned char *at = row;
    row_i32(&at, job->preemptions);
    row_f64(&at, (double)job->lost / SIMTIME_SECOND);
}

static void add_stops(struct trace *trace)
{
    const struct column_group group = {
        .columns = stop_columns, .len = ARRAY_LEN(stop_columns), .fill = fill_stops};
    if (trace->world->stops)
        trace_add_columns(trace, &group);
}

static void add_causes(struct trace *trace)
{
    struct column_group group = {
        .columns = trace->causes, .ctx = (void *)(uintptr_t)trace->world, .fill = fill_causes};
    for (int c = 0; c < WAIT_CAUSES; c++)
        if (trace->world->causes >> c & 1)
            trace->causes[group.len++] = cause_columns[c];
    if (group.len > 0)
        trace_add_columns(trace, &group);
}

static const struct column deadline_column = {
    "deadline", COLUMN_F64, 0, "s",
    "when it ought to have ended, since the start of the run; NaN: no deadline"};

static void fill_deadline(void *ctx, const struct job *job, void *row)
{
    (void)ctx;
    unsigned char *at = row;
    row_f64(&at, job->spec.deadline > 0 ? simtime_seconds(job->spec.deadline) : (double)NAN);
}

static const struct column qos_column = {"qos", COLUMN_I32, 0, NULL, "row of /names/qos"};

static void fill_qos(void *ctx, const struct job *job, void *row)
{
    (void)ctx;
    unsigned char *at = row;
    row_i32(&at, job->spec.qos);
}

static void write_root(struct h5 *h5, const struct trace_setup *setup)
{
    const hid_t root = h5_root(h5);
    h5_attr_text(h5, root, "jishi_version", JISHI_VERSION);
    h5_attr_int(h5, root, "format", TRACE_FORMAT);
    h5_attr_int(h5, root, "seed", setup->seed);
    h5_attr_int(h5, root, "replication", setup->replication);
    h5_attr_text(h5, root, "start", setup->start);
    h5_attr_text(h5, root, "title", setup->title ? setup->title : "");
    h5_text(h5, "/scenario/given", setup->given);
    h5_text(h5, "/scenario/resolved", setup->resolved);
    h5_text(h5, "/scenario/sets", setup->sets);
    h5_text(h5, "/scenario/hashes", setup->hashes);
}

/* All but the tenants, which come while the run goes: a killed run's codes can be read too. */
static void write_names(struct h5 *h5, const struct world *world)
{
    size_t most = world->n_centres;
    most = world->n_partitions > most ? world->n_partitions : most;
    most = world->n_workloads > most ? world->n_workloads : most;
    most = world->n_qos > most ? world->n_qos : most;
    const char **names = mem_new(most, sizeof(*names));
    for (size_t i = 0; i < world->n_centres; i++)
        names[i] = world->centres[i].name;
    h5_names(h5, "/names/centres", names, world->n_centres);
    for (size_t i = 0; i < world->n_partitions; i++)
        names[i] = world->partitions[i].path;
    h5_names(h5, "/names/partitions", names, world->n_partitions);
    for (size_t i = 0; i < world->n_workloads; i++)
        names[i] = world->workloads[i].path;
    h5_names(h5, "/names/workloads", names, world->n_workloads);
    for (size_t i = 0; i < world->n_qos; i++)
        names[i] = world->qos[i].name;
    if (world->n_qos > 0)
        h5_names(h5, "/names/qos", names, world->n_qos);
    free(names);
    h5_names(h5, "/names/states", job_state_names, JOB_STATES);
    h5_names(h5, "/names/reasons", job_reason_names, JOB_REASONS);
}

static void write_tenants(struct h5 *h5, const struct world *world)
{
    const char **names = mem_new(world->tenants.len, sizeof(*names));
    for (size_t i = 0; i < world->tenants.len; i++)
        names[i] = world->tenants.items[i].path;
    h5_names(h5, "/names/tenants", names, world->tenants.len);
    free(names);
}

struct trace *trace_new(const struct trace_setup *setup, struct error *err)
{
    struct h5 *h5 = h5_open(setup->path, err);
    if (!h5)
        return NULL;
    write_root(h5, setup);
    write_names(h5, setup->world);
    h5_flush(h5);
    if (h5_status(h5, err)) {
        h5_abandon(h5);
        return NULL;
    }
    struct trace *trace = mem_new(1, sizeof(*trace));
    trace->h5 = h5;
    trace->world = setup->world;
    trace->level = setup->level;
    if (setup->step > 0)
        trace->series = series_observer_new(h5, setup->world, setup->step, setup->level);
    trace_add_columns(trace, &(struct column_group){.columns = core_columns,
                                                    .len = ARRAY_LEN(core_columns),
                                                    .fill = fill_core});
    add_stops(trace);
    add_causes(trace);
    if (setup->world->deadlines)
        trace_add_columns(trace, &(struct column_group){
                                     .columns = &deadline_column, .len = 1, .fill = fill_deadline});
    if (setup->world->n_qos > 0)
        trace_add_columns(
            trace, &(struct column_group){.columns = &qos_column, .len = 1, .fill = fill_qos});
    return trace;
}

void trace_add_columns(struct trace *trace, const struct column_group *group)
{
    REQUIRE(!trace->jobs);
    MEM_GROW(&trace->groups);
    trace->groups.items[trace->groups.len++] = *group;
}

static void make_jobs(struct trace *trace)
{
    size_t len = 0;
    for (size_t i = 0; i < trace->groups.len; i++)
        len += trace->groups.items[i].len;
    struct column *columns = mem_new(len, sizeof(*columns));
    trace->sizes = mem_new(trace->groups.len, sizeof(*trace->sizes));
    size_t at = 0;
    for (size_t i = 0; i < trace->groups.len; i++) {
        const struct column_group *group = &trace->groups.items[i];
        memcpy(columns + at, group->columns, group->len * sizeof(*columns));
        trace->sizes[i] = columns_size(group->columns, group->len);
        at += group->len;
    }
    trace->jobs = table_new(trace->h5, &(struct table_type){.path = "/jobs",
                                                            .title = "jobs in order of end",
                                                            .columns = columns,
                                                            .len = len,
                                                            .level = trace->level});
    free(columns);
}

static NOINLINE void write_job(void *ctx, const struct job *job)
{
    struct trace *trace = ctx;
    if (UNLIKELY(!trace->jobs))
        make_jobs(trace);
    unsigned char *row = table_row(trace->jobs);
    for (size_t i = 0; i < trace->groups.len; i++) {
        const struct column_group *group = &trace->groups.items[i];
        group->fill(group->ctx, job, row);
        row += trace->sizes[i];
    }
}

static void see(void *ctx, const struct fact *fact)
{
    struct trace *trace = ctx;
    if (fact->kind == FACT_END || fact->kind == FACT_REJECT)
        write_job(trace, fact->job);
    else if (trace->series)
        series_observer_see(trace->series, fact);
}

static void unfinished(void *ctx, const struct job *job, simtime end)
{
    (void)end;
    write_job(ctx, job);
}

static void finish(void *ctx, simtime end)
{
    struct trace *trace = ctx;
    if (trace->series)
        series_observer_finish(trace->series, end);
}

struct observer trace_observer(struct trace *trace)
{
    return (struct observer){.ctx = trace,
                             .hears = FACT_BIT(FACT_END) | FACT_BIT(FACT_REJECT) |
                                      (trace->series ? FACT_BIT(FACT_SETTLED) : 0),
                             .see = see,
                             .unfinished = unfinished,
                             .finish = finish};
}

void trace_heed(struct trace *trace, const volatile sig_atomic_t *interrupted)
{
    if (trace->series)
        series_observer_heed(trace->series, interrupted);
}

bool trace_is_cut(const struct trace *trace)
{
    return trace->series && series_observer_is_cut(trace->series);
}

int trace_status(const struct trace *trace, struct error *err)
{
    return h5_status(trace->h5, err);
}

struct h5 *trace_h5(struct trace *trace)
{
    return trace->h5;
}

void trace_table(struct trace *trace, const struct table_type *type, const void *rows, size_t len)
{
    struct table *table = table_new(trace->h5, type);
    table_append(table, rows, len);
    table_free(table);
}

static void trace_free(struct trace *trace)
{
    free(trace->groups.items);
    free(trace->sizes);
    free(trace);
}

static void free_parts(struct trace *trace)
{
    table_free(trace->jobs);
    series_observer_free(trace->series);
    trace->jobs = NULL;
    trace->series = NULL;
}

int trace_close(struct trace *trace, bool complete, struct error *err)
{
    if (!trace->jobs)
        make_jobs(trace);
    free_parts(trace);
    write_tenants(trace->h5, trace->world);
    const int status = h5_close(trace->h5, complete, err);
    trace_free(trace);
    return status;
}

void trace_abandon(struct trace *trace)
{
    if (!trace)
        return;
    free_parts(trace);
    h5_abandon(trace->h5);
    trace_free(trace);
}
