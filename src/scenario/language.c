/* The tables of the scenario language: every key, what it means, its unit, bounds and default. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/scenario.h"

#include <float.h>

#define IN(type, member) offsetof(struct type, member)

/* --- workloads; centres and tenants have files of their own --- */

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
     .offset = IN(workload, service.priority),
     .choices = priority_names,
     .def = "medium",
     .help = "class of its jobs; that of its QOS, else the tenant's if not given"},
    {.key = "qos",
     .kind = FIELD_TEXT,
     .offset = IN(workload, service.qos),
     .help = "QOS of its jobs, or none; the tenant's if not given"},
    {.key = "deadline",
     .kind = FIELD_DIST,
     .offset = IN(workload, deadline),
     .unit = UNIT_TIME,
     .help = "how long after its submission a job ought to have ended; no deadlines if not given"},
    {.key = "data",
     .kind = FIELD_DIST,
     .offset = IN(workload, freight.data),
     .unit = UNIT_BYTES,
     .help = "data of a job, which move to the centre it runs in before it can start"},
    {.key = "data_at",
     .kind = FIELD_TEXT,
     .offset = IN(workload, freight.data_at),
     .help = "the centre where they lie; the tenant's home if not given"},
    {.key = "data_may_leave",
     .kind = FIELD_BOOL,
     .offset = IN(workload, freight.data_may_leave),
     .def = "true",
     .help = "false: its jobs run where their data lie; the tenant's if not given"},
    {.key = "centres",
     .kind = FIELD_TEXTS,
     .offset = IN(workload, freight.centres),
     .help = "where the broker may send its jobs; anywhere if not given"},
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
     .min = DBL_MIN,
     .max = 1e11,
     .help = "of the run, warm-up included: jobs are submitted before it is over; to the last end "
             "if not given"},
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
     .max = INT64_BOUND,
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
    {.key = "qos",
     .kind = FIELD_MAP,
     .offset = IN(scenario, qos),
     .table = qos_fields,
     .size = sizeof(struct qos_plan),
     .help = "qualities of service, by name: limits on jobs of any tenants, and their priority"},
    {.key = "links",
     .kind = FIELD_LIST,
     .offset = IN(scenario, links),
     .table = link_fields,
     .size = sizeof(struct link_plan),
     .help = "over which data move between centres"},
    {.key = "broker",
     .kind = FIELD_TABLE,
     .offset = IN(scenario, broker),
     .table = broker_fields,
     .size = sizeof(struct broker_plan),
     .help = "who chooses the centre of a job; without one all jobs run at home"},
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
