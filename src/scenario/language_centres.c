/* The part of the language that describes machines: processors, centres, partitions, schedulers. */
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

const struct field processor_fields[] = {
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
     .min = 1,
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
     .lasts = LASTS_MEMORY,
     .help = "memory of each, which jobs that ask memory share; never short if not given"},
    {.kind = FIELD_END},
};

static int check_every(const void *item, struct error *err)
{
    struct date_interval interval;
    return date_interval_parse(item, &interval, err);
}

static field_check *const every_checks[] = {check_every, NULL};

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
     .checks = every_checks,
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
     .min = 0,
     .max = PARTITION_GROUPS_MAX,
     .help = "of which group of nodes, from 0; of all if neither this nor nodes is given"},
    {.kind = FIELD_END},
};

static const struct field reservation_fields[] = {
    {.key = "name",
     .kind = FIELD_TEXT,
     .offset = IN(reservation, name),
     .help = "what it is called, behind that of the partition: p+r; its number if not given"},
    {.key = "tenant",
     .kind = FIELD_TEXT,
     .offset = IN(reservation, tenant),
     .help = "path of the tenant whose jobs, and those of all below it, may run there"},
    {.key = "tenants",
     .kind = FIELD_TEXTS,
     .offset = IN(reservation, tenants),
     .help = "several, instead of tenant"},
    {.key = "processors",
     .kind = FIELD_INT,
     .offset = IN(reservation, processors),
     .min = 1,
     .max = 2147483647,
     .help = "how many, rounded up to whole nodes"},
    {.key = "nodes",
     .kind = FIELD_INT,
     .offset = IN(reservation, window.nodes),
     .min = 1,
     .max = 1e6,
     .help = "how many nodes, instead of processors"},
    {.key = "group",
     .kind = FIELD_INT,
     .offset = IN(reservation, window.group),
     .def = "0",
     .min = 0,
     .max = PARTITION_GROUPS_MAX,
     .help = "of which group of nodes, from 0"},
    {.key = "from",
     .kind = FIELD_DATE,
     .offset = IN(reservation, window.from),
     .flags = FIELD_REQUIRED,
     .help = "when it begins: a date, or a time since the start"},
    {.key = "until",
     .kind = FIELD_DATE,
     .offset = IN(reservation, window.until),
     .help = "when it ends"},
    {.key = "length",
     .kind = FIELD_DURATION,
     .offset = IN(reservation, window.length),
     .min = 0,
     .max = 1e9,
     .help = "how long it lasts, instead of until"},
    {.key = "every",
     .kind = FIELD_TEXT,
     .offset = IN(reservation, window.every),
     .checks = every_checks,
     .help = "again at this interval: 1 week, 3 months (calendar months)"},
    {.kind = FIELD_END},
};

static const struct field partition_fields[] = {
    {.key = "processor",
     .kind = FIELD_TEXT,
     .offset = IN(partition_plan, processor),
     .lasts = LASTS_PROCESSORS,
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
     .lasts = LASTS_MEMORY,
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
    {.key = "tenants",
     .kind = FIELD_TEXTS,
     .offset = IN(partition_plan, tenants),
     .lasts = LASTS,
     .help = "paths of the tenants it is kept for, with all below them; everybody's if not given"},
    {.key = "reservations",
     .kind = FIELD_LIST,
     .offset = IN(partition_plan, reservations),
     .table = reservation_fields,
     .size = sizeof(struct reservation),
     .lasts = "reservations have dates of their own: list them from the start",
     .help = "parts of it that are some tenants' alone for a time, known ahead to the scheduler"},
    {.key = "scheduler",
     .kind = FIELD_NODE,
     .offset = IN(partition_plan, scheduler_node),
     .table = scheduler_fields,
     .help = "its own scheduler, instead of its centre's: what it does not say has its default"},
    {.kind = FIELD_END},
};

const struct field centre_fields[] = {
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
