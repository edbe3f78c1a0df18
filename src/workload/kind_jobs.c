/* Jobs written out in the scenario. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/date.h"
#include "util/mem.h"
#include "workload/kinds.h"

#include <stdlib.h>

struct written {
    char *name;
    struct date_value submit;
    int64_t processors, nodes, count;
    simtime runtime, request; /* request SIMTIME_NEVER: as long as it runs */
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
    {.key = "runtime",
     .kind = FIELD_DURATION,
     .offset = offsetof(struct written, runtime),
     .flags = FIELD_REQUIRED,
     .min = 0,
     .max = 1e10,
     .help = "how long it runs"},
    {.key = "request",
     .kind = FIELD_DURATION,
     .offset = offsetof(struct written, request),
     .def = "unlimited",
     .flags = FIELD_UNLIMITED,
     .min = 0,
     .max = 1e10,
     .help = "the wall time it asks for; as long as it runs if not given"},
    {.key = "count",
     .kind = FIELD_INT,
     .offset = offsetof(struct written, count),
     .def = "1",
     .min = 1,
     .max = 1e9,
     .help = "so many equal jobs"},
    {.kind = FIELD_END},
};

static const struct field fields[] = {
    {.key = "jobs",
     .kind = FIELD_LIST,
     .offset = offsetof(struct written_list, jobs),
     .table = job_fields,
     .size = sizeof(struct written),
     .flags = FIELD_REQUIRED,
     .help = "jobs written out"},
    {.kind = FIELD_END},
};

static int check(const void *params, struct error *err)
{
    const struct written_list *list = params;
    const struct written *jobs = list->jobs.items;
    for (size_t i = 0; i < list->jobs.len; i++)
        if ((jobs[i].processors > 0) == (jobs[i].nodes > 0))
            return error_set(err, "jobs[%zu]: %s", i,
                             jobs[i].nodes > 0 ? "give either processors or nodes, not both"
                                               : "processors is missing (or nodes, whole)");
    return 0;
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

/* One line of the list, at its instant. */
struct line {
    simtime submit;
    uint64_t first; /* ordinal of its first job */
    const struct written *job;
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
    ret->ask = (struct ask){.procs = (int32_t)job->processors, .nodes = (int32_t)job->nodes};
    ret->runtime = job->runtime;
    ret->request = job->request < SIMTIME_NEVER ? job->request : job->runtime;
    if (++list->done == job->count) {
        list->done = 0;
        list->at++;
    }
    return SOURCE_JOB;
}

static void release(struct source *source)
{
    free(((struct jobs_source *)source)->lines);
    free(source);
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

static struct source *open_jobs(const struct workload_epoch *epochs, size_t n_epochs,
                                const struct workload_context *context, struct error *err)
{
    (void)n_epochs;
    const struct written_list *params = epochs[0].params;
    const struct written *jobs = params->jobs.items;
    struct jobs_source *list = mem_new(1, sizeof(*list));
    list->source.class = &jobs_class;
    list->base = context->base;
    list->len = params->jobs.len;
    list->lines = mem_new(list->len, sizeof(*list->lines));
    uint64_t ordinal = 0;
    for (size_t i = 0; i < list->len; i++) {
        list->lines[i] = (struct line){instant(&jobs[i].submit, context), ordinal, &jobs[i]};
        ordinal += (uint64_t)jobs[i].count;
        if (list->lines[i].submit < 0) {
            error_set(err, "jobs[%zu].submit: before the start of the scenario", i);
            release(&list->source);
            return NULL;
        }
    }
    qsort(list->lines, list->len, sizeof(*list->lines), compare);
    return &list->source;
}

static bool fits(const struct written *job, const struct workload_context *context)
{
    const int64_t most = job->nodes > 0 ? context->fits_nodes : context->fits_procs;
    return most == 0 || (job->nodes > 0 ? job->nodes : job->processors) <= most;
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
        const simtime runtime =
            context->kills && job->request < job->runtime ? job->request : job->runtime;
        if (submit >= context->limit)
            continue;
        all += (double)job->count;
        ret->largest = size > ret->largest ? size : ret->largest;
        if (!fits(job, context))
            continue;
        first = submit < first ? submit : first;
        last = submit > last ? submit : last;
        ret->jobs += (double)job->count;
        ret->processor_seconds += (double)job->count * (double)size * simtime_seconds(runtime);
    }
    ret->too_large = all > 0 ? (all - ret->jobs) / all : 0;
    ret->first = ret->jobs > 0 ? simtime_seconds(first) : 0;
    ret->span = last > first ? simtime_seconds(last - first) : 0;
    return 0;
}

const struct workload_kind workload_jobs = {
    .key = "jobs",
    .summary = "jobs written out",
    .fields = fields,
    .size = sizeof(struct written_list),
    .check = check,
    .asks_nodes = asks_nodes,
    .open = open_jobs,
    .outlook = outlook,
};
