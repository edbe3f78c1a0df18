/* The tables of the scenario language: every key, what it means, its unit, bounds and default. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/scenario.h"

#include <float.h>

#define IN(type, member) offsetof(struct type, member)

/* --- processors --- */

#define PRECISION(index, text)                                                                     \
    {                                                                                              \
        .key = text, .kind = FIELD_QUANTITY, .unit = UNIT_FLOPS,                                   \
        .offset = IN(processor, flops) + (index) * sizeof(double), .min = 0, .max = 1e21,          \
        .help = "peak speed of one processor in " text                                             \
    }

static const struct field processor_fields[] = {
    PRECISION(PRECISION_FP64, "fp64"),
    PRECISION(PRECISION_FP32, "fp32"),
    PRECISION(PRECISION_FP16, "fp16"),
    PRECISION(PRECISION_INT8, "int8"),
    {.kind = FIELD_END},
};

/* --- schedulers --- */

static const struct field every_fields[] = {
    {.key = "every",
     .kind = FIELD_DURATION,
     .offset = IN(decide_every, every),
     .help = "the interval; passes fall on its multiples since the start",
     .flags = FIELD_REQUIRED,
     .min = 1e-6,
     .max = 1e9},
    {.kind = FIELD_END},
};

static const struct kind decide_instant = {
    .name = "each-instant", .summary = "one pass an instant, after all that happens then"};
static const struct kind decide_event = {
    .name = "each-event",
    .summary = "a pass after every event, submissions first, as published simulators do"};
static const struct kind decide_periodic = {.name = "every",
                                            .summary = "a pass at each multiple of an interval",
                                            .params = every_fields,
                                            .size = sizeof(struct decide_every),
                                            .shorthand = "every"};
static const struct kind *const decides[] = {&decide_instant, &decide_event, &decide_periodic,
                                             NULL};
const struct kind_list decide_kinds = {.what = "decide", .whats = "decides", .items = decides};

static const char *const overruns[] = {"kill", "extend", NULL};
static const char *const preemptions[] = {"none", NULL};
static const char *const reclaims[] = {"none", "newest", NULL};

static const struct field scheduler_fields[] = {
    {.key = "slurm",
     .kind = FIELD_PATH,
     .offset = IN(scheduler, slurm),
     .help = "a slurm.conf that says what is not said here, with Slurm's names"},
    {.key = "order",
     .kind = FIELD_KIND,
     .offset = IN(scheduler, order),
     .kinds = &order_kinds,
     .def = "fcfs",
     .help = "who goes first in the queue"},
    {.key = "backfill",
     .kind = FIELD_KIND,
     .offset = IN(scheduler, backfill),
     .kinds = &backfill_kinds,
     .def = "easy",
     .help = "how jobs may pass a blocked head"},
    {.key = "placement",
     .kind = FIELD_KIND,
     .offset = IN(scheduler, placement),
     .kinds = &placement_kinds,
     .def = "any",
     .help = "which nodes a job gets"},
    {.key = "decide",
     .kind = FIELD_KIND,
     .offset = IN(scheduler, decide),
     .kinds = &decide_kinds,
     .def = "each-instant",
     .help = "when the scheduler decides"},
    {.key = "commit_head",
     .kind = FIELD_BOOL,
     .offset = IN(scheduler, commit_head),
     .def = "false",
     .help = "keep a blocked head chosen until it starts, and backfill as published with it"},
    {.key = "overrun",
     .kind = FIELD_CHOICE,
     .offset = IN(scheduler, overrun),
     .choices = overruns,
     .def = "kill",
     .help = "what becomes of a job that outlives its request"},
    {.key = "preemption",
     .kind = FIELD_CHOICE,
     .offset = IN(scheduler, preemption),
     .choices = preemptions,
     .def = "none",
     .help = "whether running jobs give way"},
    {.key = "reclaim",
     .kind = FIELD_CHOICE,
     .offset = IN(scheduler, reclaim),
     .choices = reclaims,
     .def = "none",
     .help = "whether a tenant gets back what it is guaranteed by stopping the jobs of borrowers, "
             "those that started last first; they wait again and begin anew"},
    {.key = "max_queued",
     .kind = FIELD_INT,
     .offset = IN(scheduler, max_queued),
     .def = "unlimited",
     .flags = FIELD_UNLIMITED,
     .min = 0,
     .max = 1e15,
     .help = "jobs that may wait; those beyond are rejected"},
    {.key = "max_processors",
     .kind = FIELD_INT,
     .offset = IN(scheduler, max_processors),
     .def = "unlimited",
     .flags = FIELD_UNLIMITED,
     .min = 1,
     .max = 2147483647,
     .help = "processors a job may ask for; larger jobs are rejected"},
    {.kind = FIELD_END},
};
const struct field *const scheduler_table = scheduler_fields;

/* --- centres --- */

static const struct field group_fields[] = {
    {.key = "nodes",
     .kind = FIELD_INT,
     .offset = IN(group, nodes),
     .flags = FIELD_REQUIRED,
     .min = 0,
     .max = 1e6,
     .help = "equal nodes of this group"},
    {.key = "processors_per_node",
     .kind = FIELD_INT,
     .offset = IN(group, processors_per_node),
     .def = "1",
     .min = 1,
     .max = 4096,
     .help = "processors of each"},
    {.key = "memory_per_node",
     .kind = FIELD_QUANTITY,
     .unit = UNIT_BYTES,
     .offset = IN(group, memory_per_node),
     .min = 1,
     .max = 1e15,
     .help = "memory of each, which jobs that ask memory share; never short if not given"},
    {.kind = FIELD_END},
};

static const struct field window_fields[] = {
    {.key = "from",
     .kind = FIELD_DATE,
     .offset = IN(window, from),
     .flags = FIELD_REQUIRED,
     .help = "when it begins: a date, or a time since the start"},
    {.key = "until", .kind = FIELD_DATE, .offset = IN(window, until), .help = "when it ends"},
    {.key = "length",
     .kind = FIELD_DURATION,
     .offset = IN(window, length),
     .min = 0,
     .max = 1e9,
     .help = "how long it lasts, instead of until"},
    {.key = "every",
     .kind = FIELD_TEXT,
     .offset = IN(window, every),
     .help = "again at this interval: 2 weeks, 3 months (calendar months)"},
    {.key = "nodes",
     .kind = FIELD_INT,
     .offset = IN(window, nodes),
     .def = "unlimited",
     .flags = FIELD_UNLIMITED,
     .min = 1,
     .max = 1e6,
     .help = "nodes out of service; all if not given"},
    {.key = "group",
     .kind = FIELD_INT,
     .offset = IN(window, group),
     .def = "0",
     .min = 0,
     .max = PARTITION_GROUPS_MAX,
     .help = "of which group of nodes, from 0"},
    {.kind = FIELD_END},
};

static const struct field partition_fields[] = {
    {.key = "processor",
     .kind = FIELD_TEXT,
     .offset = IN(partition_plan, processor),
     .help = "its kind of processor, one of `processors`"},
    {.key = "nodes",
     .kind = FIELD_INT,
     .offset = IN(partition_plan, nodes),
     .min = 0,
     .max = 1e6,
     .def = "0",
     .help = "equal nodes"},
    {.key = "processors_per_node",
     .kind = FIELD_INT,
     .offset = IN(partition_plan, processors_per_node),
     .def = "1",
     .min = 1,
     .max = 4096,
     .help = "processors of each"},
    {.key = "weight",
     .kind = FIELD_QUANTITY,
     .offset = IN(partition_plan, weight),
     .def = "1",
     .min = 0,
     .max = 1,
     .help = "its factor in orders that weigh partitions (Slurm's PriorityJobFactor, over the "
             "largest)"},
    {.key = "memory_per_node",
     .kind = FIELD_QUANTITY,
     .unit = UNIT_BYTES,
     .offset = IN(partition_plan, memory_per_node),
     .min = 1,
     .max = 1e15,
     .help = "memory of each, which jobs that ask memory share; never short if not given"},
    {.key = "groups",
     .kind = FIELD_LIST,
     .offset = IN(partition_plan, groups),
     .table = group_fields,
     .size = sizeof(struct group),
     .help = "groups of nodes of different size, instead of nodes"},
    {.key = "maintenance",
     .kind = FIELD_LIST,
     .offset = IN(partition_plan, maintenance),
     .table = window_fields,
     .size = sizeof(struct window),
     .help = "when nodes are out of service, known ahead to the scheduler"},
    {.key = "scheduler",
     .kind = FIELD_NODE,
     .offset = IN(partition_plan, scheduler_node),
     .table = scheduler_fields,
     .help = "its own scheduler, instead of its centre's"},
    {.kind = FIELD_END},
};

static const struct field centre_fields[] = {
    {.key = "partitions",
     .kind = FIELD_MAP,
     .offset = IN(centre, partitions),
     .table = partition_fields,
     .size = sizeof(struct partition_plan),
     .flags = FIELD_REQUIRED,
     .help = "nodes with one queue and one scheduler, by name"},
    {.key = "scheduler",
     .kind = FIELD_NODE,
     .offset = IN(centre, scheduler_node),
     .table = scheduler_fields,
     .help = "of all partitions that do not have their own"},
    {.kind = FIELD_END},
};

/* --- workloads; tenants are in language_tenants.c --- */

const char *const priority_names[] = {"high", "medium", "low", NULL};

/* What any workload may say; its kind adds the rest. */
const struct field workload_common_fields[] = {
    {.key = "partition",
     .kind = FIELD_TEXT,
     .offset = IN(workload, partition),
     .help = "where its jobs run: a partition of the tenant's home, or any; needed where there are "
             "several"},
    {.key = "priority",
     .kind = FIELD_CHOICE,
     .offset = IN(workload, priority),
     .choices = priority_names,
     .def = "medium",
     .help = "class of its jobs; the tenant's if not given"},
    {.key = "deadline",
     .kind = FIELD_DIST,
     .offset = IN(workload, deadline),
     .unit = UNIT_TIME,
     .help = "how long after its submission a job ought to have ended; no deadlines if not given"},
    {.kind = FIELD_END},
};

/* Stands for "workloads by name" where a field is left undecoded. */
const struct field workload_fields[] = {
    {.kind = FIELD_END},
};
const struct field *const workloads_table = workload_fields;

/* --- the whole --- */

static const struct field time_fields[] = {
    {.key = "start",
     .kind = FIELD_DATE,
     .offset = offsetof(struct scenario, time.start) - offsetof(struct scenario, time),
     .help = "date of the start; a log's own, else 1970-01-01Z"},
    {.key = "length",
     .kind = FIELD_DURATION,
     .offset = offsetof(struct scenario, time.length) - offsetof(struct scenario, time),
     .def = "unlimited",
     .flags = FIELD_UNLIMITED,
     .min = 0,
     .max = 1e11,
     .help = "of the run, warm-up included; to the last end if not given"},
    {.key = "warmup",
     .kind = FIELD_DURATION,
     .offset = offsetof(struct scenario, time.warmup) - offsetof(struct scenario, time),
     .def = "0s",
     .min = 0,
     .max = 1e11,
     .help = "short for measure.from"},
    {.kind = FIELD_END},
};

static const char *const measure_bys[] = {"submit", NULL};
static const char *const afters[] = {"stop", "drain", NULL};
static const char *const period_names[] = {"none", "year", "month", NULL};

#define IN_MEASURE(member)                                                                         \
    (offsetof(struct scenario, measure.member) - offsetof(struct scenario, measure))

static const struct field measure_fields[] = {
    {.key = "from",
     .kind = FIELD_DATE,
     .offset = IN_MEASURE(from),
     .help = "jobs submitted from here on are counted"},
    {.key = "until",
     .kind = FIELD_DATE,
     .offset = IN_MEASURE(until),
     .help = "jobs submitted before here are counted"},
    {.key = "by",
     .kind = FIELD_CHOICE,
     .offset = IN_MEASURE(by),
     .choices = measure_bys,
     .def = "submit",
     .help = "which instant of a job decides whether it is counted"},
    {.key = "after",
     .kind = FIELD_CHOICE,
     .offset = IN_MEASURE(after),
     .choices = afters,
     .def = "stop",
     .help = "drain: go on after the length, arrivals too, until all counted jobs have ended"},
    {.key = "tau",
     .kind = FIELD_DURATION,
     .offset = IN_MEASURE(tau),
     .def = "10s",
     .min = 1e-6,
     .max = 1e9,
     .help = "bound of the bounded slowdown"},
    {.key = "periods",
     .kind = FIELD_CHOICE,
     .offset = IN_MEASURE(periods),
     .choices = period_names,
     .def = "none",
     .help = "metrics for each calendar year, or year and month, too"},
    {.kind = FIELD_END},
};

static const struct field series_fields[] = {
    {.key = "step",
     .kind = FIELD_DURATION,
     .offset = 0,
     .def = "1h",
     .min = 1,
     .max = 1e9,
     .help = "step of the time series"},
    {.kind = FIELD_END},
};

static const struct field change_fields[] = {
    {.key = "at",
     .kind = FIELD_DATE,
     .offset = IN(change, at),
     .flags = FIELD_REQUIRED,
     .help = "when: a date, or a time since the start"},
    {.key = "set",
     .kind = FIELD_NODE,
     .offset = IN(change, set),
     .flags = FIELD_REQUIRED,
     .help = "paths and their values from then on; +49 and -49 are relative"},
    {.kind = FIELD_END},
};
const struct field *const change_table = change_fields;

const char *const confidence_names[] = {"not-said", "low", "medium", "high", NULL};
const char *const analysis_names[] = {"transient", "steady", NULL};
const char *const better_names[] = {"lower", "higher", NULL};

/* Beside the distribution. */
const struct field uncertain_fields[] = {
    {.key = "confidence",
     .kind = FIELD_CHOICE,
     .offset = IN(uncertain, confidence),
     .choices = confidence_names,
     .def = "not-said",
     .help = "how sure the source is"},
    {.key = "source",
     .kind = FIELD_TEXT,
     .offset = IN(uncertain, source),
     .help = "where the value comes from"},
    {.kind = FIELD_END},
};

#define IN_QUESTION(member)                                                                        \
    (offsetof(struct scenario, question.member) - offsetof(struct scenario, question))

static const struct field question_fields[] = {
    {.key = "metric",
     .kind = FIELD_TEXT,
     .offset = IN_QUESTION(metric),
     .flags = FIELD_REQUIRED,
     .help = "the number that decides, as in `metrics`"},
    {.key = "better",
     .kind = FIELD_CHOICE,
     .offset = IN_QUESTION(better),
     .choices = better_names,
     .def = "lower",
     .help = "which way is better"},
    {.key = "matters",
     .kind = FIELD_TEXT,
     .offset = IN_QUESTION(matters),
     .help = "the smallest difference that matters, in the unit of the metric"},
    {.kind = FIELD_END},
};

const struct field scenario_fields[] = {
    {.key = "jishi",
     .kind = FIELD_INT,
     .offset = IN(scenario, version),
     .flags = FIELD_REQUIRED,
     .min = 1,
     .max = 1,
     .help = "version of the scenario language: 1"},
    {.key = "title", .kind = FIELD_TEXT, .offset = IN(scenario, title), .help = "for people"},
    {.key = "seed",
     .kind = FIELD_INT,
     .offset = IN(scenario, seed),
     .def = "1",
     .min = 0,
     .max = 9e18,
     .help = "enters every random draw"},
    {.key = "time",
     .kind = FIELD_TABLE,
     .offset = IN(scenario, time),
     .table = time_fields,
     .size = sizeof(((struct scenario *)0)->time),
     .help = "start and length of the run"},
    {.key = "measure",
     .kind = FIELD_TABLE,
     .offset = IN(scenario, measure),
     .table = measure_fields,
     .size = sizeof(((struct scenario *)0)->measure),
     .help = "what is counted"},
    {.key = "series",
     .kind = FIELD_TABLE,
     .offset = IN(scenario, series),
     .table = series_fields,
     .size = sizeof(((struct scenario *)0)->series),
     .help = "the time series of the trace"},
    {.key = "metrics",
     .kind = FIELD_TEXTS,
     .offset = IN(scenario, metrics),
     .help = "further metrics, such as wait.p95[processors>=64]"},
    {.key = "processors",
     .kind = FIELD_MAP,
     .offset = IN(scenario, processors),
     .table = processor_fields,
     .size = sizeof(struct processor),
     .help = "kinds of processor, by name"},
    {.key = "centres",
     .kind = FIELD_MAP,
     .offset = IN(scenario, centres),
     .table = centre_fields,
     .size = sizeof(struct centre),
     .flags = FIELD_REQUIRED,
     .help = "sites, by name"},
    {.key = "templates",
     .kind = FIELD_MAP,
     .offset = IN(scenario, templates),
     .table = tenant_fields,
     .size = sizeof(struct tenant),
     .help = "what tenants may be like, by name: each is a tenant"},
    {.key = "tenants",
     .kind = FIELD_MAP,
     .offset = IN(scenario, tenants),
     .table = tenant_fields,
     .size = sizeof(struct tenant),
     .flags = FIELD_REQUIRED,
     .help = "who asks for machine time, by name"},
    {.key = "uncertain",
     .kind = FIELD_NODE,
     .offset = IN(scenario, uncertain_node),
     .help =
         "values that are not sure: a map PATH: distribution, with confidence and source; a run "
         "does not heed it"},
    {.key = "analysis",
     .kind = FIELD_CHOICE,
     .offset = IN(scenario, analysis),
     .choices = analysis_names,
     .def = "transient",
     .help = "steady: a long-run number is wanted; a run does not heed it"},
    {.key = "question",
     .kind = FIELD_TABLE,
     .offset = IN(scenario, question),
     .table = question_fields,
     .size = sizeof(((struct scenario *)0)->question),
     .help = "what the scenario is to answer; a run does not heed it"},
    {.key = "changes",
     .kind = FIELD_NODE,
     .offset = IN(scenario, changes),
     .help = "values that change at a date: a list of {at, set}"},
    {.kind = FIELD_END},
};
