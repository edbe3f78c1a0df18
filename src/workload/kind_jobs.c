/* Jobs written out in the scenario. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/date.h"
#include "util/mem.h"
#include "workload/generate.h"
#include "workload/kinds.h"
#include "workload/work.h"

#include <math.h>
#include <stdlib.h>

struct written {
    char *name;
    struct date_value submit;
    int64_t processors, nodes, count;
    simtime runtime, request; /* SIMTIME_NEVER: by its work; as long as it runs */
    struct kinded work;
    simtime deadline; /* after the submission; 0: none of its own */
    double memory, memory_per_node;
};

struct written_list {
    struct items jobs; /* struct written */
};

static const struct field job_fields[] = {
    {.key = "name",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct written, name),
     .help = "for people"},
    {.key = "submit",
     .kind = FIELD_DATE,
     .offset = offsetof(struct written, submit),
     .flags = FIELD_REQUIRED,
     .help = "when: a time since the start, or a date"},
    {.key = "processors",
     .kind = FIELD_INT,
     .offset = offsetof(struct written, processors),
     .min = 1,
     .max = INT32_MAX,
     .help = "how many it needs, on shared nodes"},
    {.key = "nodes",
     .kind = FIELD_INT,
     .offset = offsetof(struct written, nodes),
     .min = 1,
     .max = INT32_MAX,
     .help = "whole nodes it needs, instead of processors"},
    {.key = "memory",
     .kind = FIELD_QUANTITY,
     .unit = UNIT_BYTES,
     .offset = offsetof(struct written, memory),
     .min = 0,
     .max = 1e15,
     .help = "memory it needs for each of its processors, on the node where that is"},
    {.key = "memory_per_node",
     .kind = FIELD_QUANTITY,
     .unit = UNIT_BYTES,
     .offset = offsetof(struct written, memory_per_node),
     .min = 0,
     .max = 1e15,
     .help = "memory that each of its whole nodes must have"},
    {.key = "runtime",
     .kind = FIELD_DURATION,
     .offset = offsetof(struct written, runtime),
     .def = "unlimited",
     .flags = FIELD_UNLIMITED,
     .min = 0,
     .max = 1e10,
     .help = "how long it runs; needed unless it is given by work"},
    {.key = "work",
     .kind = FIELD_KIND,
     .offset = offsetof(struct written, work),
     .kinds = &work_kinds,
     .help = "how much it computes, instead of runtime"},
    {.key = "request",
     .kind = FIELD_DURATION,
     .offset = offsetof(struct written, request),
     .def = "unlimited",
     .flags = FIELD_UNLIMITED,
     .min = 0,
     .max = 1e10,
     .help = "the wall time it asks for; as long as it runs if not given"},
    {.key = "deadline",
     .kind = FIELD_DURATION,
     .offset = offsetof(struct written, deadline),
     .min = 1e-6,
     .max = 1e10,
     .help = "how long after its submission it ought to have ended; the workload's if not given"},
    {.key = "count",
     .kind = FIELD_INT,
     .offset = offsetof(struct written, count),
     .def = "1",
     .min = 1,
     .max = AT_ONCE_MAX,
     .help = "so many equal jobs"},
    {.kind = FIELD_END},
};

static int check_size(const void *item, struct error *err)
{
    const struct written *job = item;
    if ((job->processors > 0) == (job->nodes > 0))
        return error_set(err, job->nodes > 0 ? "give either processors or nodes, not both"
                                             : "processors is missing (or nodes, whole)");
    return 0;
}

static int check_time(const void *item, struct error *err)
{
    const struct written *job = item;
    const bool timed = job->runtime < SIMTIME_NEVER, worked = job->work.kind != NULL;
    if (timed == worked)
        return error_set(err, timed ? "give either runtime or work, not both"
                                    : "runtime is missing (or work)");
    return 0;
}

static int check_memory(const void *item, struct error *err)
{
    const struct written *job = item;
    const bool either = (job->processors > 0) != (job->nodes > 0);
    if (either && (job->nodes > 0 ? job->memory > 0 : job->memory_per_node > 0))
        return error_set(err, "%s",
                         job->nodes > 0 ? ask_memory_of_nodes : ask_memory_of_processors);
    return 0;
}

static field_check *const job_checks[] = {check_size, check_time, check_memory, NULL};

static const struct field fields[] = {
    {.key = "jobs",
     .kind = FIELD_LIST,
     .offset = offsetof(struct written_list, jobs),
     .table = job_fields,
     .size = sizeof(struct written),
     .flags = FIELD_REQUIRED,
     .checks = job_checks,
     .help = "jobs written out"},
    {.kind = FIELD_END},
};

static bool asks_memory(const void *params)
{
    const struct written_list *list = params;
    const struct written *jobs = list->jobs.items;
    for (size_t i = 0; i < list->jobs.len; i++)
        if (jobs[i].memory > 0 || jobs[i].memory_per_node > 0)
            return true;
    return false;
}

static bool asks_nodes(const void *params)
{
    const struct written_list *list = params;
    const struct written *jobs = list->jobs.items;
    for (size_t i = 0; i < list->jobs.len; i++)
        if (jobs[i].nodes > 0)
            return true;
    return false;
}

static unsigned works(const void *params)
{
    const struct written_list *list = params;
    const struct written *jobs = list->jobs.items;
    unsigned bits = 0;
    for (size_t i = 0; i < list->jobs.len; i++)
        if (jobs[i].work.kind)
            bits |= 1u << work_precision(&jobs[i].work);
    return bits;
}

static bool has_deadlines(const void *params)
{
    const struct written_list *list = params;
    const struct written *jobs = list->jobs.items;
    for (size_t i = 0; i < list->jobs.len; i++)
        if (jobs[i].deadline > 0)
            return true;
    return false;
}

/* One line of the list, at its instant. */
struct line {
    simtime submit;
    uint64_t first; /* ordinal of its first job */
    const struct written *job;
    struct work *work; /* owned; NULL: by run time */
};

struct jobs_source {
    struct source source;
    struct job_spec base;
    struct line *lines; /* in order of submission */
    size_t len, at;
    int64_t done; /* jobs of lines[at] */
};

static int next(struct source *source, struct job_spec *ret, struct error *err)
{
    (void)err;
    struct jobs_source *list = (struct jobs_source *)source;
    if (list->at == list->len)
        return SOURCE_END;
    const struct line *line = &list->lines[list->at];
    const struct written *job = line->job;
    *ret = list->base;
    ret->ordinal = line->first + (uint64_t)list->done;
    ret->submit = line->submit;
    ret->ask = (struct ask){.procs = (int32_t)job->processors,
                            .nodes = (int32_t)job->nodes,
                            .memory = llround(job->memory + job->memory_per_node)};
    ret->deadline = job->deadline > 0 ? ret->submit + job->deadline : 0;
    if (line->work) {
        work_draw(line->work, ret->ordinal, ret);
        ret->request_factor = job->request < SIMTIME_NEVER ? -1 : 1;
        ret->request = job->request < SIMTIME_NEVER ? job->request : 0;
    } else {
        ret->runtime = job->runtime;
        ret->request = job->request < SIMTIME_NEVER ? job->request : job->runtime;
    }
    if (++list->done == job->count) {
        list->done = 0;
        list->at++;
    }
    return SOURCE_JOB;
}

static void release(struct source *source)
{
    struct jobs_source *list = (struct jobs_source *)source;
    for (size_t i = 0; i < list->len; i++)
        work_free(list->lines[i].work);
    free(list->lines);
    free(list);
}

static const struct source_class jobs_class = {.next = next, .free = release};

static int compare(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    if (x->submit != y->submit)
        return x->submit < y->submit ? -1 : 1;
    return x->first < y->first ? -1 : x->first > y->first;
}

static simtime instant(const struct date_value *date, const struct workload_context *context)
{
    if (date->relative)
        return date->instant;
    const simtime zone = date->zoned ? 0 : context->offset * SIMTIME_SECOND;
    return date->instant - zone - context->start;
}

/* Those of one instant are all held in memory. Lines in order of submission. */
static int check_at_once(const struct jobs_source *list, const struct written *jobs,
                         struct error *err)
{
    int64_t sum = 0;
    for (size_t i = 0; i < list->len; i++) {
        const struct line *line = &list->lines[i];
        sum = i > 0 && line[-1].submit == line->submit ? sum + line->job->count : line->job->count;
        if (sum > AT_ONCE_MAX)
            return error_set(err,
                             "jobs[%zu].count: with it %lld jobs come at once; at most %d are "
                             "possible",
                             (size_t)(line->job - jobs), (long long)sum, AT_ONCE_MAX);
    }
    return 0;
}

static bool fault(const void *params, const struct workload_context *context, size_t *at,
                  struct error *err)
{
    const struct written_list *list = params;
    const struct written *jobs = list->jobs.items;
    while (*at < list->jobs.len) {
        const size_t i = (*at)++;
        if (instant(&jobs[i].submit, context) < 0) {
            error_set(err, "jobs[%zu].submit: before the start of the scenario", i);
            return true;
        }
    }
    return false;
}

static struct source *open_jobs(const struct workload_epoch *epochs, size_t n_epochs,
                                const struct workload_context *context, struct error *err)
{
    (void)n_epochs;
    const struct written_list *params = epochs[0].params;
    const struct written *jobs = params->jobs.items;
    size_t at = 0;
    if (fault(params, context, &at, err))
        return NULL;
    struct jobs_source *list = mem_new(1, sizeof(*list));
    list->source.class = &jobs_class;
    list->base = context->base;
    list->len = params->jobs.len;
    list->lines = mem_new(list->len, sizeof(*list->lines));
    uint64_t ordinal = 0;
    for (size_t i = 0; i < list->len; i++) {
        list->lines[i] = (struct line){instant(&jobs[i].submit, context), ordinal, &jobs[i], NULL};
        if (jobs[i].work.kind)
            list->lines[i].work = work_new(&jobs[i].work, context->seed, context->path);
        ordinal += (uint64_t)jobs[i].count;
    }
    qsort(list->lines, list->len, sizeof(*list->lines), compare);
    if (check_at_once(list, jobs, err) < 0) {
        release(&list->source);
        return NULL;
    }
    return &list->source;
}

static bool fits(const struct written *job, const struct workload_context *context)
{
    const int64_t most = job->nodes > 0 ? context->fits_nodes : context->fits_procs;
    return most == 0 || (job->nodes > 0 ? job->nodes : job->processors) <= most;
}

/* Processor-seconds one of the equal jobs needs on average, of `size` processors. */
static double mean_of(const struct written *job, int64_t size,
                      const struct workload_context *context)
{
    const double cut = context->kills ? simtime_seconds(job->request) : HUGE_VAL;
    if (!job->work.kind)
        return (double)size * fmin(simtime_seconds(job->runtime), cut);
    enum { WORKS = 32 };
    double works[WORKS * WORKS], sum = 0;
    const double speed = context->speeds[work_precision(&job->work)];
    if (speed <= 0 || cut >= simtime_seconds(SIMTIME_NEVER))
        return speed > 0 ? work_mean(&job->work) / speed : 0;
    work_spread(&job->work, works, WORKS);
    for (size_t i = 0; i < ARRAY_LEN(works); i++)
        sum += fmin(works[i] / speed, (double)size * cut);
    return sum / (double)ARRAY_LEN(works);
}

static int outlook(const void *params, const struct workload_context *context,
                   struct workload_outlook *ret, struct error *err)
{
    (void)err;
    const struct written_list *list = params;
    const struct written *jobs = list->jobs.items;
    simtime first = SIMTIME_NEVER, last = 0;
    double all = 0;
    *ret = (struct workload_outlook){0};
    for (size_t i = 0; i < list->jobs.len; i++) {
        const struct written *job = &jobs[i];
        const int64_t size =
            job->nodes > 0 ? job->nodes * context->procs_per_node : job->processors;
        const simtime submit = instant(&job->submit, context);
        if (submit >= context->limit) {
            ret->late += job->count;
            continue;
        }
        all += (double)job->count;
        ret->largest = size > ret->largest ? size : ret->largest;
        if (!fits(job, context))
            continue;
        first = submit < first ? submit : first;
        last = submit > last ? submit : last;
        ret->jobs += (double)job->count;
        ret->processor_seconds += (double)job->count * mean_of(job, size, context);
    }
    ret->too_large = all > 0 ? (all - ret->jobs) / all : 0;
    ret->first = ret->jobs > 0 ? simtime_seconds(first) : 0;
    ret->span = last > first ? simtime_seconds(last - first) : 0;
    return 0;
}

static int64_t written(const void *params)
{
    const struct written_list *list = params;
    const struct written *jobs = list->jobs.items;
    int64_t sum = 0;
    for (size_t i = 0; i < list->jobs.len; i++)
        sum += jobs[i].count;
    return sum;
}

static bool draws(const void *params)
{
    (void)params;
    return false;
}

const struct workload_kind workload_jobs = {
    .key = "jobs",
    .summary = "jobs written out",
    .fields = fields,
    .size = sizeof(struct written_list),
    .asks_nodes = asks_nodes,
    .works = works,
    .has_deadlines = has_deadlines,
    .asks_memory = asks_memory,
    .draws = draws,
    .written = written,
    .fault = fault,
    .open = open_jobs,
    .outlook = outlook,
};
